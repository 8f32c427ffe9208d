#include "proto/text.h"

#include <jansson.h>

void text_reader_init(struct text_reader *r, bool csv)
{
    r->root = NULL;
    r->csv = csv;
    r->columns = 0;
}

void text_reader_fini(struct text_reader *r)
{
    json_decref(r->root);
    r->root = NULL;
}

/* --- times -------------------------------------------------------------------------------- */

/* Days since 1970-01-01 of a date of the Gregorian calendar (Hinnant, days_from_civil). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes exactly `digits` digits off the front of *rest. */
static bool take_number(struct str *rest, uint32_t digits, int64_t *ret)
{
    if (rest->len < digits)
        return false;
    int64_t v = 0;
    for (uint32_t i = 0; i < digits; i++) {
        if (!is_digit(rest->p[i]))
            return false;
        v = v * 10 + (rest->p[i] - '0');
    }
    rest->p += digits;
    rest->len -= digits;
    *ret = v;
    return true;
}

/* Takes one byte off the front when it is one of these; 0 when it is none. */
static char take_one(struct str *rest, const char *of)
{
    if (rest->len == 0 || rest->p[0] == '\0' || strchr(of, rest->p[0]) == NULL)
        return '\0';
    rest->len--;
    return *rest->p++;
}

static bool take_date(struct str *rest, int64_t *ret_days)
{
    static const uint8_t lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year, month, day;
    if (!take_number(rest, 4, &year) || !take_one(rest, "-") || !take_number(rest, 2, &month) ||
        !take_one(rest, "-") || !take_number(rest, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1])
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (month == 2 && day == 29 && !leap)
        return false;
    *ret_days = days_of(year, month, day);
    return true;
}

/* Seconds may be missing; 60 is a leap second. Digits past the millisecond are dropped. */
static bool take_clock(struct str *rest, ms_t *ret)
{
    int64_t hour, minute, second = 0, fraction = 0;
    if (!take_number(rest, 2, &hour) || !take_one(rest, ":") || !take_number(rest, 2, &minute))
        return false;
    if (take_one(rest, ":") != '\0') {
        if (!take_number(rest, 2, &second))
            return false;
        if (take_one(rest, ".,") != '\0') {
            int64_t unit = 100, digit;
            if (rest->len == 0 || !is_digit(rest->p[0]))
                return false;
            for (; take_number(rest, 1, &digit); unit /= 10)
                fraction += digit * unit;
        }
    }
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    *ret = hour * MS_HOUR + minute * MS_MINUTE + second * MS_SECOND + fraction;
    return true;
}

static bool take_offset(struct str *rest, ms_t *ret)
{
    char sign = take_one(rest, "Zz+-");
    *ret = 0;
    if (sign == '\0')
        return false;
    if (sign == 'Z' || sign == 'z')
        return true;
    int64_t hours, minutes = 0;
    if (!take_number(rest, 2, &hours))
        return false;
    bool colon = take_one(rest, ":") != '\0';
    if ((colon || rest->len > 0) && !take_number(rest, 2, &minutes))
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    ms_t offset = hours * MS_HOUR + minutes * MS_MINUTE;
    *ret = sign == '-' ? -offset : offset;
    return true;
}

bool iso8601_parse(struct str text, ms_t *ret)
{
    int64_t days;
    ms_t clock, offset;
    if (!take_date(&text, &days) || take_one(&text, "Tt ") == '\0' || !take_clock(&text, &clock) ||
        !take_offset(&text, &offset) || text.len > 0)
        return false;
    *ret = days * MS_DAY + clock - offset;
    return true;
}

static struct value value_of_text(enum event_field f, struct str text)
{
    ms_t ms;
    if (schema_type(f) == TYPE_TIME && iso8601_parse(text, &ms))
        return (struct value){.kind = VALUE_INT, .i = ms};
    return (struct value){.kind = VALUE_TEXT, .p = text.p, .len = text.len};
}

/* --- NDJSON ------------------------------------------------------------------------------- */

static bool deeper(const json_t *json, int levels)
{
    if (!json_is_object(json) && !json_is_array(json))
        return false;
    if (levels == 0)
        return true;
    const char *key;
    json_t *each;
    size_t i;
    json_object_foreach((json_t *)json, key, each) if (deeper(each, levels - 1)) return true;
    json_array_foreach(json, i, each) if (deeper(each, levels - 1)) return true;
    return false;
}

static struct value value_of_json(enum event_field f, const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_STRING:
        return value_of_text(
            f, (struct str){json_string_value(json), (uint32_t)json_string_length(json)});
    case JSON_INTEGER:
        return (struct value){.kind = VALUE_INT, .i = json_integer_value(json)};
    case JSON_REAL:
        return (struct value){.kind = VALUE_FLOAT, .f = json_real_value(json)};
    case JSON_TRUE:
    case JSON_FALSE:
        return (struct value){.kind = VALUE_BOOL, .yes = json_is_true(json)};
    case JSON_NULL:
        return (struct value){.kind = VALUE_NIL};
    case JSON_ARRAY:
        return (struct value){.kind = VALUE_ARRAY};
    case JSON_OBJECT:
        break;
    }
    return (struct value){.kind = VALUE_MAP};
}

static int read_json(struct text_reader *r, const char *line, size_t len)
{
    json_decref(r->root);
    r->root = json_loadb(line, len, JSON_DECODE_ANY, NULL);
    if (r->root == NULL)
        return ERR_BAD_TEXT;
    if (!json_is_object(r->root))
        return ERR_NOT_A_MAP;
    const char *key;
    json_t *json;
    json_object_foreach(r->root, key, json)
    {
        if (deeper(json, DEPTH_MAX - 1))
            return ERR_TOO_DEEP;
        enum event_field f = schema_field(key, (uint32_t)strlen(key));
        if (f == F_N)
            continue;
        struct value v = value_of_json(f, json);
        draft_set_field(&r->draft, f, &v);
    }
    return 0;
}

/* --- CSV ---------------------------------------------------------------------------------- */

struct cell {
    struct str text; /* in the reader's line buffer, quotes taken off */
    bool quoted;
    bool last;
};

struct csv_line {
    const char *p, *end;
    char *to;
};

/* RFC 4180, section 2, rules 4 to 7. */
static int take_cell(struct csv_line *in, struct cell *ret)
{
    char *start = in->to;
    ret->quoted = in->p < in->end && *in->p == '"';
    if (ret->quoted) {
        in->p++;
        for (;; in->p++) {
            if (in->p == in->end)
                return ERR_BAD_TEXT;
            if (*in->p == '"' && (++in->p == in->end || *in->p != '"'))
                break;
            *in->to++ = *in->p;
        }
        if (in->p < in->end && *in->p != ',')
            return ERR_BAD_TEXT;
    } else {
        while (in->p < in->end && *in->p != ',') {
            if (*in->p == '"')
                return ERR_BAD_TEXT;
            *in->to++ = *in->p++;
        }
    }
    ret->text = (struct str){start, (uint32_t)(in->to - start)};
    ret->last = in->p == in->end;
    in->p++;
    return 0;
}

static int read_header(struct text_reader *r, struct csv_line *in)
{
    struct cell cell = {.last = false};
    uint16_t columns = 0;
    if (in->end - in->p >= 3 && memcmp(in->p, "\xef\xbb\xbf", 3) == 0)
        in->p += 3; /* a byte order mark, as spreadsheets write it */
    while (!cell.last) {
        if (columns == CSV_COLUMNS_MAX)
            return ERR_TOO_MANY;
        int err = take_cell(in, &cell);
        if (err != 0)
            return err;
        r->column[columns++] = (uint8_t)schema_field(cell.text.p, cell.text.len);
    }
    r->columns = columns;
    return 0;
}

static struct value value_of_number(struct str text)
{
    json_t *json = json_loadb(text.p, text.len, JSON_DECODE_ANY, NULL);
    struct value v = {.kind = VALUE_TEXT, .p = text.p, .len = text.len};
    if (json_is_number(json))
        v = value_of_json(F_VALUE, json);
    json_decref(json);
    return v;
}

static struct value value_of_bool(struct str text)
{
    static const char *const words[] = {"false", "true", "FALSE", "TRUE", "0", "1"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_equal(text, str_of(words[i])))
            return (struct value){.kind = VALUE_BOOL, .yes = i % 2 == 1};
    return (struct value){.kind = VALUE_TEXT, .p = text.p, .len = text.len};
}

static struct value value_of_cell(enum event_field f, const struct cell *cell)
{
    if (!cell->quoted && str_equal(cell->text, str_of("\\N")))
        return (struct value){.kind = VALUE_NIL};
    switch (schema_type(f)) {
    case TYPE_BOOL:
        return value_of_bool(cell->text);
    case TYPE_UINT:
    case TYPE_NUMBER:
        return value_of_number(cell->text);
    case TYPE_TIME: {
        struct value v = value_of_text(f, cell->text);
        return v.kind == VALUE_TEXT ? value_of_number(cell->text) : v;
    }
    case TYPE_WORD:
    case TYPE_ID:
    case TYPE_NAME:
        break;
    }
    return value_of_text(f, cell->text);
}

static int read_row(struct text_reader *r, struct csv_line *in)
{
    struct cell cell = {.last = false};
    uint16_t column = 0;
    for (; !cell.last; column++) {
        if (column == r->columns)
            return ERR_BAD_TEXT;
        int err = take_cell(in, &cell);
        if (err != 0)
            return err;
        enum event_field f = r->column[column];
        if (f == F_N || (cell.text.len == 0 && !cell.quoted))
            continue;
        struct value v = value_of_cell(f, &cell);
        draft_set_field(&r->draft, f, &v);
    }
    return column == r->columns ? 0 : ERR_BAD_TEXT;
}

/* --- lines -------------------------------------------------------------------------------- */

static bool is_blank(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (line[i] != ' ' && line[i] != '\t')
            return false;
    return true;
}

int text_read(struct text_reader *r, const char *line, size_t len, ms_t rts, struct event *ret,
              enum event_field *ret_field)
{
    *ret_field = F_N;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (len > TEXT_LINE_MAX)
        return ERR_TOO_LARGE;
    if (is_blank(line, len))
        return 0;
    struct csv_line in = {line, line + len, r->line};
    if (r->csv && r->columns == 0)
        return read_header(r, &in);
    draft_begin(&r->draft, ret, &r->digits);
    int err = r->csv ? read_row(r, &in) : read_json(r, line, len);
    if (err == 0)
        err = draft_end(&r->draft, ret_field);
    if (err != 0)
        return err;
    ret->rts = rts;
    return 1;
}

/* --- writing ------------------------------------------------------------------------------ */

static void emit_number(struct emitter *em, const char *key, int64_t millionths)
{
    if (millionths % NUMBER_ONE == 0)
        emit_int(em, key, millionths / NUMBER_ONE);
    else
        emit_float(em, key, (double)millionths / NUMBER_ONE);
}

static void emit_field(struct emitter *em, const struct event *e, enum event_field f)
{
    const char *key = schema_key(f);
    const void *at = schema_member(e, f);
    if (!event_has(e, f)) {
        emit_nil(em, key);
        return;
    }
    switch (schema_type(f)) {
    case TYPE_WORD:
        emit_text(em, key, schema_word(f, *(const uint8_t *)at));
        break;
    case TYPE_ID:
    case TYPE_NAME:
        emit_str(em, key, *(const struct str *)at);
        break;
    case TYPE_UINT:
        emit_uint(em, key, *(const uint64_t *)at);
        break;
    case TYPE_TIME:
        emit_int(em, key, *(const ms_t *)at);
        break;
    case TYPE_BOOL:
        emit_bool(em, key, *(const bool *)at);
        break;
    case TYPE_NUMBER:
        emit_number(em, key, *(const int64_t *)at);
        break;
    }
}

void event_emit(struct emitter *em, const char *key, const struct event *e)
{
    emit_map(em, key);
    for (enum event_field f = 0; f < F_N; f++) {
        if (f == F_TYPE)
            emit_text(em, "type", event_kind_name((enum event_kind)e->kind));
        else if (event_names(e, f))
            emit_field(em, e, f);
    }
    emit_end(em);
}
