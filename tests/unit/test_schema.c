/* test_schema: keys, kinds and words are found, and a draft judges an event when it has ended. */
#include "proto/schema.h"

#include "proto/answer.h"
#include "proto/request.h"
#include "proto/topic.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/indicator.h"
#include "tests/lib/random_event.h"

static struct event event;
static struct digits digits;
static struct draft draft;

static struct value text(const char *p)
{
    return (struct value){.kind = VALUE_TEXT, .p = p, .len = (uint32_t)strlen(p)};
}

static struct value number(int64_t i)
{
    return (struct value){.kind = VALUE_INT, .i = i};
}

static void set(const char *key, struct value v)
{
    draft_set(&draft, key, (uint32_t)strlen(key), &v);
}

/* A draft that would be accepted as it is. */
static void begin(const char *type)
{
    draft_begin(&draft, &event, &digits);
    set("type", text(type));
    set("ts", number(1700000000000));
    set("ticket", text("T-1"));
}

static void refused(int err, enum event_field field)
{
    enum event_field got;
    cr_assert_eq(draft_end(&draft, &got), err);
    cr_assert_eq(got, field);
}

static void accepted(void)
{
    refused(0, F_N);
}

Test(schema, every_key_and_kind_is_found)
{
    for (enum event_field f = 0; f < F_N; f++) {
        const char *key = schema_key(f);
        cr_assert_eq(schema_field(key, (uint32_t)strlen(key)), f, "%s", key);
    }
    for (enum event_kind k = 0; k < EV_N; k++) {
        const char *name = event_kind_name(k);
        cr_assert_eq(schema_kind(name, (uint32_t)strlen(name)), k, "%s", name);
    }
}

/* Against the naive search, on keys with one byte changed, cut or added. */
Test(schema, nothing_else_is_found)
{
    struct random r = {7};
    for (int round = 0; round < 200000; round++) {
        char key[24];
        const char *from = schema_key((enum event_field)random_below(&r, F_N));
        uint32_t len = (uint32_t)strlen(from);
        memcpy(key, from, len);
        key[random_below(&r, len)] = (char)random_below(&r, 256);
        len = len - 1 + random_below(&r, 3);
        if (len > strlen(from))
            key[len - 1] = 'e';
        enum event_field naive = F_N;
        for (enum event_field f = 0; f < F_N; f++)
            if (str_equal(str_of(schema_key(f)), (struct str){key, len}))
                naive = f;
        cr_assert_eq(schema_field(key, len), naive, "%.*s", (int)len, key);
    }
    cr_assert_eq(schema_field("", 0), F_N);
    cr_assert_eq(schema_kind("tick", 4), EV_NONE);
    cr_assert_eq(schema_kind("a_name_that_is_far_too_long", 27), EV_NONE);
}

Test(schema, words_have_the_order_of_their_enums)
{
    cr_assert_str_eq(schema_word(F_BY, BY_SYSTEM), "system");
    cr_assert_str_eq(schema_word(F_OUTCOME, OUTCOME_DUPLICATE), "duplicate");
    cr_assert_str_eq(schema_word(F_DIRECTION, DIRECTION_OUT), "out");
    cr_assert_str_eq(schema_word(F_STATE, PRESENCE_OFFLINE), "offline");
    cr_assert_str_eq(schema_word(F_STATUS, STATUS_CLOSED), "closed");
    cr_assert_str_eq(schema_word(F_KIND, COMPLAINT_DISPUTE), "dispute");
    cr_assert_null(schema_word(F_KIND, 2));
}

Test(schema, values_land_in_their_members)
{
    begin("opened");
    set("by", text("bot"));
    set("team", text("billing"));
    set("id", number(0));
    set("seq", (struct value){.kind = VALUE_UINT, .u = UINT64_MAX});
    accepted();
    cr_assert_eq(event.kind, EV_OPENED);
    cr_assert_eq(event.ts, 1700000000000);
    cr_assert_eq(event.by, BY_BOT);
    cr_assert_eq(event.seq, UINT64_MAX);
    cr_assert(str_equal(event.ticket, str_of("T-1")));
    cr_assert(str_equal(event.team, str_of("billing")));
    cr_assert(str_equal(event.id, str_of("0")));
    cr_assert_eq(event.has, F1(TYPE) | F1(TS) | F1(TICKET) | F1(BY) | F1(TEAM) | F1(ID) | F1(SEQ));
    cr_assert_eq(event.nil, 0);
}

Test(schema, integer_ids_and_levels_are_their_decimals)
{
    begin("escalated");
    set("id", (struct value){.kind = VALUE_UINT, .u = UINT64_MAX});
    set("level", (struct value){.kind = VALUE_FLOAT, .f = 2.0});
    accepted();
    cr_assert(str_equal(event.id, str_of("18446744073709551615")));
    cr_assert(str_equal(event.level, str_of("2")));
    set("id", number(-1));
    refused(ERR_OUT_OF_RANGE, F_ID);
    set("id", (struct value){.kind = VALUE_FLOAT, .f = 1.5});
    refused(ERR_WRONG_TYPE, F_ID);
    set("id", text("(auto)"));
    accepted();
}

Test(schema, the_last_of_double_keys_wins)
{
    begin("opened");
    set("team", text("a"));
    set("team", number(5));
    refused(ERR_WRONG_TYPE, F_TEAM);
    set("team", text("b"));
    accepted();
    cr_assert(str_equal(event.team, str_of("b")));
    set("team", (struct value){.kind = VALUE_NIL});
    accepted();
    cr_assert(event_names(&event, F_TEAM) && !event_has(&event, F_TEAM));
    set("team", text("c"));
    accepted();
    cr_assert(event_has(&event, F_TEAM));
}

Test(schema, fields_of_other_kinds_are_no_fault)
{
    begin("confirmed");
    set("score", text("five"));
    set("by", text("nobody"));
    set("team", text("x"));
    set("colour", text("red"));
    accepted();
    cr_assert_eq(event.has, F1(TYPE) | F1(TS) | F1(TICKET));
}

Test(schema, the_type_may_come_last_and_must_come)
{
    draft_begin(&draft, &event, &digits);
    set("ticket", text("T-1"));
    set("ts", number(1700000000000));
    refused(ERR_NO_TYPE, F_TYPE);
    set("type", text("exploded"));
    refused(ERR_UNKNOWN_TYPE, F_TYPE);
    set("type", number(1));
    refused(ERR_WRONG_TYPE, F_TYPE);
    set("type", (struct value){.kind = VALUE_NIL});
    refused(ERR_NO_TYPE, F_TYPE);
    set("type", text("confirmed"));
    accepted();
}

Test(schema, faults_have_their_reason_and_field)
{
    begin("message");
    refused(ERR_MISSING, F_BY);
    set("by", text("robot"));
    refused(ERR_BAD_WORD, F_BY);
    set("by", (struct value){.kind = VALUE_BOOL});
    refused(ERR_WRONG_TYPE, F_BY);
    set("by", text("agent"));
    set("agent", text("(customer)"));
    refused(ERR_RESERVED, F_AGENT);
    set("agent", text(""));
    refused(ERR_NAME_EMPTY, F_AGENT);
    set("agent", number(17));
    refused(ERR_WRONG_TYPE, F_AGENT);
    set("agent", text("(autopilot)"));
    set("public", number(1));
    refused(ERR_WRONG_TYPE, F_PUBLIC);
    set("public", (struct value){.kind = VALUE_BOOL, .yes = false});
    set("ts", number(1700000000));
    refused(ERR_TS_UNIT, F_TS);
    set("ts", number(MS_MAX_TS + 1));
    refused(ERR_TS_RANGE, F_TS);
    set("ts", text("now"));
    refused(ERR_WRONG_TYPE, F_TS);
    set("ts", number(MS_MAX_TS));
    accepted();
    cr_assert(!event.is_public);
}

Test(schema, times_of_every_kind_are_plausible)
{
    begin("shift");
    set("agent", text("ada"));
    set("from", number(1700000000));
    set("to", number(1700000000000));
    refused(ERR_TS_UNIT, F_FROM);
    set("from",
        (struct value){.kind = VALUE_EXT, .ext = TIMESTAMP_EXT, .len = 4, .p = "\x60\0\0\0"});
    accepted();
    cr_assert_eq(event.from, 0x60000000LL * 1000);
    set("from", (struct value){.kind = VALUE_EXT, .ext = 5, .len = 4, .p = "\x60\0\0\0"});
    refused(ERR_WRONG_TYPE, F_FROM);
}

Test(schema, a_fault_of_the_event_comes_first)
{
    begin("confirmed");
    draft.err = ERR_BAD_KEY;
    refused(ERR_BAD_KEY, F_N);
}

static void documented(const char *page, const char *word)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "`%s`", word);
    cr_assert_not_null(strstr(page, quoted), "PROTOCOL.md does not have %s", quoted);
}

/* The page that clients are written from names every key, type, reason, indicator and word. */
Test(schema, the_protocol_page_is_complete)
{
    static char page[1 << 16];
    char path[4096];
    const char *source = getenv("TP_SOURCE"); /* set by ctest; by hand: the current directory */
    snprintf(path, sizeof path, "%s/proto/PROTOCOL.md", source != NULL ? source : ".");
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    size_t n = fread(page, 1, sizeof page - 1, file);
    fclose(file);
    cr_assert(n > 0 && n < sizeof page - 1);
    for (enum event_field f = 0; f < F_N; f++)
        documented(page, schema_key(f));
    for (enum event_kind k = 0; k < EV_N; k++)
        documented(page, event_kind_name(k));
    for (int err = 1; err < ERR_N; err++)
        documented(page, err_name(-err));
    for (int i = 0; i < IND_N; i++)
        if (!indicator_is_custom((enum indicator)i))
            documented(page, indicator_name((enum indicator)i));
    for (int i = ALERT_WARNING; i <= ALERT_CANCELLED; i++)
        documented(page, alert_state_name((enum alert_state)i));
    for (int i = CAUSE_NONE + 1; i < CAUSE_N; i++)
        documented(page, alert_cause_name((enum alert_cause)i));
    for (int i = CLOCK_NONE + 1; i < CLOCK_N; i++)
        documented(page, clock_state_name((enum clock_state)i));
    for (int i = 0; i < EXPLAIN_KINDS; i++)
        documented(page, explain_kind_name((enum explain_kind)i));
#define REQUEST_OP_DOCUMENTED(name, wire) documented(page, wire);
    REQUEST_OPS(REQUEST_OP_DOCUMENTED)
#undef REQUEST_OP_DOCUMENTED
    for (enum event_field f = 0; f < F_N; f++)
        for (uint32_t i = 0; f != F_TYPE && schema_type(f) == TYPE_WORD; i++) {
            if (schema_word(f, i) == NULL)
                break;
            cr_assert_not_null(strstr(page, schema_word(f, i)), "%s", schema_word(f, i));
        }
}
