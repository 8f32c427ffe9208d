#include "core/custom.h"

#include "core/event.h"
#include "core/settings.h"

STATIC_ASSERT(MEASURED_NAMES_MAX % MEASURES_COLUMNS == 0, "full families");
STATIC_ASSERT(MEASURED_SPAN > MEASURED_MAX, "what is negative is told from what is not");
STATIC_ASSERT((int)IND_GAUGE_FIRST - (int)IND_CUSTOM_FIRST == (int)CUSTOMS_MAX, "one row each");

/* --- settings ----------------------------------------------------------------------------- */

int measured_find(const struct customs *c, struct str name)
{
    for (uint32_t i = 0; i < c->measures; i++)
        if (str_equal(str_of(c->measure[i]), name))
            return (int)i;
    return -1;
}

int custom_measure(struct customs *c, struct str name)
{
    int known = measured_find(c, name);
    CHECK(name.len > 0 && name.len <= NAME_BYTES_MAX);
    if (known >= 0 || c->measures == MEASURED_NAMES_MAX)
        return known;
    memcpy(c->measure[c->measures], name.p, name.len);
    return (int)c->measures++;
}

static struct indicator_term term(uint32_t family, uint32_t number, enum term_of of)
{
    return (struct indicator_term){
        .sign = 1, .family = (uint8_t)family, .flag = (uint8_t)number, .of = (uint8_t)of};
}

static void settle_side(const struct custom_side *side, struct indicator_term *to)
{
    memset(to, 0, INDICATOR_TERMS_MAX * sizeof *to);
    if (side->kind == SIDE_COUNT)
        memcpy(to, indicator_rows[side->indicator].num, INDICATOR_TERMS_MAX * sizeof *to);
    else if (side->kind != SIDE_NONE)
        to[0] = term(measured_family(side->measure), side->measure % MEASURES_COLUMNS,
                     side->kind == SIDE_SUM ? TERM_SUM : TERM_NUMBER);
}

static void settle_row(struct custom_setting *c)
{
    memset(&c->row, 0, sizeof c->row);
    c->row.target = TARGET_NONE;
    settle_side(&c->num, c->row.num);
    settle_side(&c->den, c->row.den);
}

static int compare(const char *a, const char *b)
{
    for (; *a != 0 && *a == *b; a++)
        b++;
    return (uint8_t)*a - (uint8_t)*b;
}

static void swap_measures(struct customs *c, uint32_t a)
{
    char kept[NAME_BYTES_MAX + 1];
    memcpy(kept, c->measure[a], sizeof kept);
    memcpy(c->measure[a], c->measure[a + 1], sizeof kept);
    memcpy(c->measure[a + 1], kept, sizeof kept);
    for (uint32_t i = 0; i < 2 * c->n; i++) {
        struct custom_side *side = i % 2 == 0 ? &c->at[i / 2].num : &c->at[i / 2].den;
        if (side->kind != SIDE_SUM && side->kind != SIDE_NUMBER)
            continue;
        if (side->measure == a)
            side->measure = (uint8_t)(a + 1);
        else if (side->measure == a + 1)
            side->measure = (uint8_t)a;
    }
}

void custom_settle(struct customs *c)
{
    for (uint32_t n = c->measures; n > 1; n--)
        for (uint32_t i = 0; i + 1 < n; i++)
            if (compare(c->measure[i], c->measure[i + 1]) > 0)
                swap_measures(c, i);
    for (uint32_t i = 0; i < c->n; i++)
        settle_row(&c->at[i]);
}

static bool side_fits(const struct customs *c, const struct custom_side *side)
{
    switch (side->kind) {
    case SIDE_SUM:
    case SIDE_NUMBER:
        return side->measure < c->measures;
    case SIDE_COUNT:
        return side->indicator < IND_N &&
               indicator_kind((enum indicator)side->indicator) == IND_COUNT;
    default:
        return false;
    }
}

static bool sides_fit(const struct customs *c, const struct custom_setting *one)
{
    const struct custom_side *num = &one->num, *den = &one->den;
    switch (one->kind) {
    case CUSTOM_COUNT:
        return side_fits(c, num) && num->kind != SIDE_SUM && den->kind == SIDE_NONE;
    case CUSTOM_SUM:
        return side_fits(c, num) && num->kind == SIDE_SUM && den->kind == SIDE_NONE;
    case CUSTOM_MEAN:
        return side_fits(c, num) && side_fits(c, den) && num->kind == SIDE_SUM &&
               den->kind == SIDE_NUMBER && num->measure == den->measure;
    case CUSTOM_RATIO:
        return side_fits(c, num) && side_fits(c, den);
    default:
        return false;
    }
}

static bool is_text(const char *text, size_t cap)
{
    return memchr(text, 0, cap) != NULL;
}

static const char *wrong_with(const struct customs *c, uint32_t i)
{
    const struct custom_setting *one = &c->at[i];
    struct custom_setting again = *one;
    if (!is_text(one->id, sizeof one->id) || !is_text(one->unit, sizeof one->unit) ||
        !is_text(one->name[0], sizeof one->name[0]) || !is_text(one->name[1], sizeof one->name[1]))
        return "a text of an indicator has no end";
    if (one->id[0] == 0)
        return "an indicator has no id";
    if (indicator_find(str_of(one->id)) >= 0)
        return "an indicator has the id of a built-in one";
    for (uint32_t k = 0; k < i; k++)
        if (str_equal(str_of(c->at[k].id), str_of(one->id)))
            return "two indicators have the same id";
    if (!sides_fit(c, one))
        return "an indicator is made of what its kind cannot be made of";
    settle_row(&again);
    if (memcmp(again.row.num, one->row.num, sizeof one->row.num) != 0 ||
        memcmp(again.row.den, one->row.den, sizeof one->row.den) != 0 || one->row.rather != NULL ||
        one->row.target != TARGET_NONE || one->row.horizon != HORIZON_NONE)
        return "an indicator's row is not what it is made of";
    return NULL;
}

const char *custom_wrong(const struct customs *c)
{
    if (c->n > CUSTOMS_MAX || c->measures > MEASURED_NAMES_MAX)
        return "too many indicators or measures";
    for (uint32_t i = 0; i < c->measures; i++) {
        if (!is_text(c->measure[i], sizeof c->measure[i]) || c->measure[i][0] == 0)
            return "a measure has no name";
        if (i > 0 && compare(c->measure[i - 1], c->measure[i]) >= 0)
            return "measures are not in order";
    }
    for (uint32_t i = 0; i < c->n; i++) {
        const char *why = wrong_with(c, i);
        if (why != NULL)
            return why;
    }
    return NULL;
}

bool custom_same_measures(const struct customs *a, const struct customs *b)
{
    bool same = a->measures == b->measures;
    for (uint32_t i = 0; i < a->measures && same; i++)
        same = str_equal(str_of(a->measure[i]), str_of(b->measure[i]));
    return same;
}

bool custom_alike(const struct customs *a, const struct customs *b, enum indicator i)
{
    if (!indicator_is_custom(i))
        return true;
    uint32_t at = (uint32_t)(i - IND_CUSTOM_FIRST);
    if (at >= a->n || at >= b->n || !custom_same_measures(a, b))
        return false;
    const struct custom_setting *x = &a->at[at], *y = &b->at[at];
    return x->kind == y->kind && str_equal(str_of(x->id), str_of(y->id)) &&
           memcmp(&x->num, &y->num, sizeof x->num) == 0 &&
           memcmp(&x->den, &y->den, sizeof x->den) == 0;
}

/* --- the catalogue with them -------------------------------------------------------------- */

const struct custom_setting *custom_of(const struct settings *s, enum indicator i)
{
    CHECK(i < IND_N);
    uint32_t at = (uint32_t)i - IND_CUSTOM_FIRST;
    return indicator_is_custom(i) && at < s->customs.n ? &s->customs.at[at] : NULL;
}

const struct indicator_row *custom_row(const struct settings *s, enum indicator i)
{
    const struct custom_setting *c = custom_of(s, i);
    return c == NULL ? &indicator_rows[i] : &c->row;
}

const char *custom_name(const struct settings *s, enum indicator i)
{
    const struct custom_setting *c = custom_of(s, i);
    return c == NULL ? indicator_name(i) : c->id;
}

int custom_find(const struct settings *s, struct str name)
{
    for (uint32_t i = 0; i < s->customs.n; i++)
        if (str_equal(str_of(s->customs.at[i].id), name))
            return IND_CUSTOM_FIRST + (int)i;
    return indicator_find(name);
}

bool custom_has_field(const struct settings *s, enum indicator i, enum indicator_field f)
{
    static const uint32_t has[CUSTOM_KINDS] = {
        [CUSTOM_COUNT] = 1u << IF_NUM,
        [CUSTOM_SUM] = 1u << IF_NUM | 1u << IF_N,
        [CUSTOM_MEAN] = 1u << IF_MEAN | 1u << IF_N,
        [CUSTOM_RATIO] = 1u << IF_NUM | 1u << IF_DEN | 1u << IF_VALUE,
    };
    const struct custom_setting *c = custom_of(s, i);
    if (c == NULL)
        return !indicator_is_custom(i) && indicator_has_field(i, f);
    return (has[c->kind] >> f & 1) != 0;
}

enum indicator_field custom_field(const struct custom_setting *c)
{
    return c->kind == CUSTOM_RATIO ? IF_VALUE : c->kind == CUSTOM_MEAN ? IF_MEAN : IF_NUM;
}

const char *custom_unit(const struct settings *s, enum indicator i, enum indicator_field f)
{
    const struct custom_setting *c = custom_of(s, i);
    return c == NULL || f != custom_field(c) ? "" : c->unit;
}

bool custom_is_part(const struct settings *s, enum indicator i, enum indicator_field f)
{
    const struct custom_setting *c = custom_of(s, i);
    if (c == NULL)
        return indicator_field_is_part(i, f);
    return c->kind == CUSTOM_RATIO && f == IF_VALUE && str_equal(str_of(c->unit), str_of("%"));
}

struct span custom_span(const struct settings *s, enum indicator i, enum indicator_field f)
{
    const struct custom_setting *c = custom_of(s, i);
    if (c == NULL)
        return indicator_span(i, f);
    const struct custom_side *side = f == IF_DEN ? &c->den : &c->num;
    bool any = side->kind == SIDE_SUM && f != IF_N;
    return (struct span){any ? INT64_MIN : 0, INT64_MAX};
}

/* Values that are measured name an agent and a team at most. */
static uint32_t side_scopes(const struct custom_side *side)
{
    if (side->kind == SIDE_COUNT)
        return indicator_scopes((enum indicator)side->indicator);
    return side->kind == SIDE_NONE ? SCOPES_EVERY : SCOPES_PEOPLE;
}

uint32_t custom_scopes(const struct settings *s, enum indicator i)
{
    const struct custom_setting *c = custom_of(s, i);
    return c == NULL ? indicator_scopes(i) : side_scopes(&c->num) & side_scopes(&c->den);
}

enum direction custom_direction(const struct settings *s, enum indicator i)
{
    const struct custom_setting *c = custom_of(s, i);
    if (c == NULL)
        return indicator_direction(i);
    return c->lower ? DIRECTION_LESS : DIRECTION_MORE;
}

bool custom_is_of_cases(const struct custom_setting *c)
{
    return c->kind == CUSTOM_RATIO && c->num.kind != SIDE_SUM && c->den.kind != SIDE_SUM;
}

/* Numbers of samples are whole ones, sums are in millionths already. */
static int64_t side_of(const struct custom_side *side, const struct indicator_term *terms,
                       const struct window_numbers *by_family)
{
    return indicator_terms(terms, by_family) * (side->kind == SIDE_SUM ? 1 : NUMBER_ONE);
}

struct custom_value custom_read(const struct custom_setting *c,
                                const struct window_numbers *by_family)
{
    struct custom_value v = {.num = side_of(&c->num, c->row.num, by_family)};
    if (c->kind == CUSTOM_RATIO)
        v.den = side_of(&c->den, c->row.den, by_family);
    else if (c->num.kind != SIDE_COUNT)
        v.n = by_family[measured_family(c->num.measure)].n[c->num.measure % MEASURES_COLUMNS];
    return v;
}

/* --- samples ------------------------------------------------------------------------------ */

void measured_sample(struct window_sample *s, ms_t ts, uint32_t measure, int64_t v)
{
    CHECK(measure < MEASURED_NAMES_MAX && v >= -MEASURED_MAX && v <= MEASURED_MAX);
    memset(s, 0, sizeof *s);
    s->ts = ts;
    uint32_t column = measure % MEASURES_COLUMNS;
    s->present = 1u << column;
    s->value[column] = v < 0 ? MEASURED_SPAN + v : v;
    if (v < 0)
        s->flags = 1u << (MEASURES_NEGATIVE + column);
}

int64_t measured_value(const struct window_sample *s, uint32_t column)
{
    bool negative = (s->flags >> (MEASURES_NEGATIVE + column) & 1) != 0;
    return s->value[column] - (negative ? MEASURED_SPAN : 0);
}

void measured_settle(struct window_numbers *n)
{
    for (uint32_t c = 0; c < MEASURES_COLUMNS; c++) /* modulo 2^64, as the windows add them */
        n->sum[c] = (int64_t)((uint64_t)n->sum[c] -
                              (uint64_t)n->flag[MEASURES_NEGATIVE + c] * (uint64_t)MEASURED_SPAN);
}
