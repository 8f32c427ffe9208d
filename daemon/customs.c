#include "daemon/customs.h"

#include "proto/phrase.h"

static const char *const kinds[CUSTOM_KINDS] = {
    [CUSTOM_COUNT] = "count",
    [CUSTOM_SUM] = "sum",
    [CUSTOM_MEAN] = "mean",
    [CUSTOM_RATIO] = "ratio",
};

static bool is_id(struct str text)
{
    bool fine = text.len > 0 && text.p[0] >= 'a' && text.p[0] <= 'z';
    for (uint32_t i = 0; i < text.len && fine; i++) {
        char c = text.p[i];
        fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    }
    return fine;
}

static bool read_id(struct reading *r, void *item)
{
    struct custom_setting *c = item;
    if (!read_text(r, c->id, sizeof c->id))
        return false;
    if (!is_id(r->node->text))
        return refuse(r, "'%s' is no id; write a-z, 0-9 and _, a letter first", c->id);
    /* What stands in a window's map besides its indicators. */
    static const char *const taken[] = {"from", "covered_from", "slot_ms", "aspects", "mix"};
    bool is_taken = custom_find(&r->config->settings, r->node->text) >= 0;
    for (size_t i = 0; i < ARRAY_LEN(taken); i++)
        is_taken |= str_equal(str_of(taken[i]), r->node->text);
    return !is_taken || refuse(r, "%s is taken; call it something else", c->id);
}

static bool read_kind(struct reading *r, void *item)
{
    return read_word(r, kinds, CUSTOM_KINDS, &((struct custom_setting *)item)->kind);
}

static bool read_measured(struct reading *r, enum custom_side_kind kind, struct custom_side *ret)
{
    char name[NAME_BYTES_MAX + 1];
    if (!read_text(r, name, sizeof name))
        return false;
    if (name[0] == 0)
        return refuse(r, "the name that `measured` events carry is wanted here");
    int i = custom_measure(&r->config->settings.customs, str_of(name));
    if (i < 0)
        return refuse(r, "more than %d measures; remove some", MEASURED_NAMES_MAX);
    *ret = (struct custom_side){.kind = (uint8_t)kind, .measure = (uint8_t)i};
    return true;
}

static bool read_count_of(const struct reading *r, struct custom_side *ret)
{
    int i = r->node->kind == TREE_SCALAR ? indicator_find(r->node->text) : -1;
    if (i < 0 || indicator_kind((enum indicator)i) != IND_COUNT)
        return refuse(r,
                      "'%s' is no built-in count such as resolved; of what is measured write "
                      "{sum: NAME} or {count: NAME}",
                      r->node->kind == TREE_SCALAR ? r->node->text.p : "");
    *ret = (struct custom_side){.kind = SIDE_COUNT, .indicator = (uint16_t)i};
    return true;
}

/* {sum: NAME}, {count: NAME}. */
static bool read_side_of(struct reading *r, void *item)
{
    bool sum = str_equal(r->node->key, str_of("sum"));
    if (!sum && !str_equal(r->node->key, str_of("count")))
        return refuse(r, "neither sum nor count; write {sum: NAME} or {count: NAME}");
    return read_measured(r, sum ? SIDE_SUM : SIDE_NUMBER, item);
}

static bool read_side(struct reading *r, struct custom_side *ret)
{
    if (r->node->kind != TREE_MAP)
        return read_count_of(r, ret);
    if (r->node->first == NULL || r->node->first->next != NULL)
        return refuse(r, "one of both is wanted here; write {sum: NAME} or {count: NAME}");
    return map_read(r, read_side_of, ret);
}

static bool wants(const struct reading *r, const struct custom_setting *c, bool fits)
{
    return fits ||
           refuse(r, "nothing for an indicator of kind %s; see --print-config", kinds[c->kind]);
}

static bool read_measure(struct reading *r, void *item)
{
    struct custom_setting *c = item;
    if (!wants(r, c, c->kind != CUSTOM_RATIO) ||
        !read_measured(r, c->kind == CUSTOM_COUNT ? SIDE_NUMBER : SIDE_SUM, &c->num))
        return false;
    if (c->kind == CUSTOM_MEAN)
        c->den = (struct custom_side){.kind = SIDE_NUMBER, .measure = c->num.measure};
    return true;
}

static bool read_of(struct reading *r, void *item)
{
    struct custom_setting *c = item;
    if (!wants(r, c, c->kind == CUSTOM_COUNT))
        return false;
    if (c->num.kind != SIDE_NONE)
        return refuse(r, "`measure` is there already; leave one of both out");
    return read_count_of(r, &c->num);
}

static bool read_num(struct reading *r, void *item)
{
    struct custom_setting *c = item;
    return wants(r, c, c->kind == CUSTOM_RATIO) && read_side(r, &c->num);
}

static bool read_den(struct reading *r, void *item)
{
    struct custom_setting *c = item;
    return wants(r, c, c->kind == CUSTOM_RATIO) && read_side(r, &c->den);
}

static bool read_unit(struct reading *r, void *item)
{
    struct custom_setting *c = item;
    return read_text(r, c->unit, sizeof c->unit);
}

static bool read_better(struct reading *r, void *item)
{
    static const char *const words[] = {"higher", "lower"};
    uint8_t word;
    if (!read_word(r, words, ARRAY_LEN(words), &word))
        return false;
    ((struct custom_setting *)item)->lower = word == 1;
    return true;
}

static bool read_name_en(struct reading *r, void *item)
{
    struct custom_setting *c = item;
    return read_text(r, c->name[LANG_EN], sizeof c->name[LANG_EN]);
}

static bool read_name_zh(struct reading *r, void *item)
{
    struct custom_setting *c = item;
    return read_text(r, c->name[LANG_ZH], sizeof c->name[LANG_ZH]);
}

static const struct member name_table[] = {
    {"en", "the id", "English.", read_name_en},
    {"zh", "the id", "Chinese.", read_name_zh},
};
const struct members custom_name_members = {"name", "{en: conversion, zh: 转化率}", NULL,
                                            ARRAY_LEN(name_table), name_table};

static bool read_name(struct reading *r, void *item)
{
    return members_read(r, &custom_name_members, item);
}

static const struct member table[] = {
    {"id", NULL, "Its name in messages, rules and scorecards: a-z, 0-9 and _; no built-in one.",
     read_id},
    {"kind", NULL,
     "sum, mean or count of a measure (count also of a built-in count), or ratio of two such.",
     read_kind},
    {"measure", "", "Of sum, mean and count: the name that its `measured` events carry.",
     read_measure},
    {"of", "", "Of count, instead of measure: a built-in count such as resolved.", read_of},
    {"num", "", "Of ratio: {sum: NAME}, {count: NAME} of what is measured, or a built-in count.",
     read_num},
    {"den", "", "Of ratio: likewise; while it is not above 0 the ratio has no value.", read_den},
    {"unit", "",
     "What it is counted in, for people: CNY, h; at most 15 bytes. % of a ratio: 0.067 reads 6.7%.",
     read_unit},
    {"better", "higher", "Which way is good: higher or lower.", read_better},
    {"name", "the id", "For people: {en: conversion, zh: 转化率}; at most 48 bytes each.",
     read_name},
};
static const char example[] =
    "- {id: orders, kind: sum, measure: orders, name: {en: orders, zh: 订单数}}\n"
    "- {id: order_size, kind: mean, measure: order_value, unit: CNY}\n"
    "- {id: conversion, kind: ratio, num: {sum: orders}, den: {sum: contacts}, unit: '%'}\n"
    "- id: cost_per_resolve\n"
    "  kind: ratio\n"
    "  num: {sum: cost}\n"
    "  den: resolved\n"
    "  unit: CNY\n"
    "  better: lower\n";
const struct members custom_members = {"indicator", "- {id: orders, kind: sum, measure: orders}",
                                       example, ARRAY_LEN(table), table};

bool custom_read_entry(struct reading *r, uint32_t i)
{
    struct customs *all = &r->config->settings.customs;
    struct custom_setting *c = &all->at[i];
    if (!members_read(r, &custom_members, c))
        return false;
    bool ratio = c->kind == CUSTOM_RATIO;
    if (c->num.kind == SIDE_NONE || (ratio && c->den.kind == SIDE_NONE))
        return refuse(r, "made of nothing; write %s",
                      ratio                     ? "num and den"
                      : c->kind == CUSTOM_COUNT ? "measure or of"
                                                : "measure");
    all->n = i + 1;
    return true;
}
