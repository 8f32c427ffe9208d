/* card: every member of a scorecard's message, in both sinks. */
#include "proto/card.h"

#include "core/event.h"
#include "proto/message.h"

#include <criterion/criterion.h>

static struct settings settings;
static struct scorecard card;
static struct score score;
static char json[CARD_BYTES_MAX + 1];

static const struct envelope envelope = {
    .run = {"r1", 2}, .at = 1770391800000, .stream = STREAM_SCORE, .seq = 7};

static void setup(void)
{
    settings_default(&settings);
    card = (struct scorecard){.id = "month",
                              .title = "月度考核",
                              .scope = SCOPE_AGENT,
                              .window = 6,
                              .valid_from = 1767225600000,
                              .groups = 2,
                              .items = 3};
    card.group[0].weight = 8500;
    memcpy(card.group[0].name, "results", 8);
    card.group[1].weight = 1500;
    memcpy(card.group[1].name, "conduct", 8);
    card.item[0] = (struct score_item){.id = "speed",
                                       .title = "响应",
                                       .of = {IND_FIRST_RESPONSE, IF_MEAN, 0},
                                       .weight = 2550,
                                       .has_marks = true,
                                       .baseline = 7200000,
                                       .target = 5400000,
                                       .has_industry = true,
                                       .industry = 6000000};
    card.item[1] =
        (struct score_item){.id = "csat.mean", .of = {IND_CSAT, IF_MEAN, 0}, .weight = 100};
    card.item[2] = (struct score_item){
        .id = "complaints.num", .of = {IND_COMPLAINTS, IF_NUM, 0}, .weight = 100, .group = 1};
    score = (struct score){.scored = true,
                           .total = 8267,
                           .grade = GRADE_GOOD,
                           .counted = 850000,
                           .group_counted = {true, false},
                           .group_points = {8267, 0}};
    score.line[0] = (struct score_line){.state = LINE_COUNTED,
                                        .band = 5,
                                        .standing = LINE_STRONG,
                                        .has_value = true,
                                        .value = 3000000,
                                        .n = 12,
                                        .points = 10000,
                                        .share = 500000};
    score.line[1] = (struct score_line){.state = LINE_FEW, .n = 0};
    score.line[2] = (struct score_line){.state = LINE_VOID,
                                        .standing = LINE_WEAK,
                                        .has_value = true,
                                        .value = 2 * NUMBER_ONE,
                                        .n = 2};
}

TestSuite(card, .init = setup);

static const char *say(enum sink sink, const struct card_result *r, enum lang lang, int *ret_n)
{
    struct emitter em;
    emit_start(&em, sink, json, CARD_BYTES_MAX);
    encode_card(&em, NULL, &envelope, &settings, r, lang);
    *ret_n = emit_finish(&em);
    cr_assert_gt(*ret_n, 0);
    json[*ret_n] = '\0';
    return json;
}

static struct card_result result(void)
{
    return (struct card_result){.card = &card,
                                .score = &score,
                                .name = str_of("ada"),
                                .title = str_of("Ada L."),
                                .from = 1769904000000,
                                .covered_from = 1770000000000,
                                .place = 2,
                                .of = 24};
}

Test(card, has_all_members)
{
    struct card_result r = result();
    int n;
    cr_assert_str_eq(
        say(SINK_JSON, &r, LANG_ZH, &n),
        "{\"v\":1,\"run\":\"r1\",\"at\":1770391800000,\"stream\":\"score\",\"seq\":7,"
        "\"card\":\"month\",\"card_title\":\"月度考核\",\"scope\":\"agent\",\"name\":\"ada\","
        "\"title\":\"Ada L.\",\"window\":\"month\",\"from\":1769904000000,"
        "\"covered_from\":1770000000000,\"valid_from\":1767225600000,\"score\":82.67,"
        "\"grade\":\"good\",\"grade_text\":\"良好\",\"rank\":2,\"of\":24,\"medal\":\"silver\","
        "\"counted\":0.85,"
        "\"groups\":[{\"group\":\"results\",\"weight\":85.0,\"points\":82.67},"
        "{\"group\":\"conduct\",\"weight\":15.0,\"points\":null}],"
        "\"items\":[{\"item\":\"speed\",\"title\":\"响应\",\"indicator\":\"first_response\","
        "\"field\":\"mean\",\"group\":\"results\",\"weight\":25.5,\"share\":0.5,\"n\":12,"
        "\"value\":3000000,\"points\":100.0,\"band\":5,\"baseline\":7200000,\"target\":5400000,"
        "\"industry\":6000000},"
        "{\"item\":\"csat.mean\",\"indicator\":\"csat\",\"field\":\"mean\",\"group\":\"results\","
        "\"weight\":1.0,\"share\":0.0,\"n\":0,\"value\":null,\"left_out\":true},"
        "{\"item\":\"complaints.num\",\"indicator\":\"complaints\",\"field\":\"num\","
        "\"group\":\"conduct\",\"weight\":1.0,\"share\":0.0,\"n\":2,\"value\":2,\"points\":0.0,"
        "\"voided\":true}],"
        "\"strengths\":[\"speed\"],\"weak_spots\":[\"complaints.num\"],\"def_version\":1}");
}

Test(card, tells_its_hours)
{
    struct card_result r = result();
    int n;
    memcpy(card.when, "night", 6);
    cr_assert_not_null(strstr(say(SINK_JSON, &r, LANG_EN, &n),
                              "\"window\":\"month\",\"when\":\"night\",\"from\":"));
}

Test(card, tells_which_gate_was_hit)
{
    struct card_result r = result();
    int n;
    score.line[2].hit = true;
    cr_assert_not_null(strstr(say(SINK_JSON, &r, LANG_EN, &n),
                              "\"points\":0.0,\"voided\":true,\"gate_hit\":true}"));
    cr_assert_null(strstr(json, "\"points\":100.0,\"gate_hit\""));
}

/* The site's own have names that only the configuration knows. */
Test(card, tells_the_names_of_the_sites_own)
{
    struct card_result r = result();
    int n;
    settings.customs.n = 1;
    struct custom_setting *own = &settings.customs.at[0];
    *own = (struct custom_setting){.id = "orders", .kind = CUSTOM_SUM};
    memcpy(own->name[LANG_ZH], "订单数", sizeof "订单数");
    card.item[1].of = (struct figure_source){IND_CUSTOM_0, IF_NUM, 0};
    cr_assert_not_null(strstr(say(SINK_JSON, &r, LANG_EN, &n),
                              "\"indicator\":\"orders\",\"names\":{\"zh\":\"订单数\"},"));
    memset(own->name[LANG_ZH], 0, sizeof own->name[LANG_ZH]);
    cr_assert_null(strstr(say(SINK_JSON, &r, LANG_EN, &n), "names"));
}

Test(card, leaves_out_what_is_not_there)
{
    struct card_result r = result();
    struct message m;
    struct node nodes[256];
    int64_t v;
    int n;
    r.place = 0;
    r.covered_from = r.from;
    r.title.len = 0;
    card.valid_from = MS_NONE;
    card.title[0] = '\0';
    card.groups = 0;
    score.scored = false;
    say(SINK_MSGPACK, &r, LANG_EN, &n);
    cr_assert_eq(message_parse(&m, nodes, ARRAY_LEN(nodes), json, (size_t)n), 0);
    static const char *const absent[] = {"card_title", "title", "covered_from", "valid_from",
                                         "grade",      "rank",  "medal",        "groups"};
    for (size_t i = 0; i < ARRAY_LEN(absent); i++)
        cr_assert_null(message_find(&m, absent[i]), "%s", absent[i]);
    cr_assert_eq(message_find(&m, "score")->v.kind, VALUE_NIL);
    cr_assert(message_int(&m, "seq", &v) && v == 7);
}

Test(card, the_largest_fits)
{
    struct card_result r = result();
    int n;
    memset(card.id, '\x01', NAME_BYTES_MAX);
    memset(card.title, '\x01', NAME_BYTES_MAX);
    card.groups = SCORE_GROUPS_MAX;
    card.items = SCORE_ITEMS_MAX;
    for (uint32_t g = 0; g < SCORE_GROUPS_MAX; g++)
        memset(card.group[g].name, '\x01', NAME_BYTES_MAX);
    settings.customs.n = 1;
    struct custom_setting *own = &settings.customs.at[0];
    memset(own->id, '\x01', CUSTOM_ID_BYTES_MAX);
    memset(own->unit, '\x01', CUSTOM_UNIT_BYTES_MAX);
    memset(own->name, '\x01', sizeof own->name);
    own->name[LANG_EN][CUSTOM_NAME_BYTES_MAX] = own->name[LANG_ZH][CUSTOM_NAME_BYTES_MAX] = 0;
    card.item[0].of = (struct figure_source){IND_CUSTOM_0, IF_NUM, 0};
    for (uint32_t i = 0; i < SCORE_ITEMS_MAX; i++) {
        card.item[i] = card.item[0];
        memset(card.item[i].id, '\x01', sizeof card.item[i].id - 1);
        memset(card.item[i].title, '\x01', NAME_BYTES_MAX);
        score.line[i] = score.line[0];
    }
    say(SINK_JSON, &r, LANG_EN, &n);
    cr_assert_gt(n, CARD_BYTES_MAX / 2);
}

Test(card, topics)
{
    struct topic t;
    topic_card(&t, SCOPE_AGENT, str_of("ada.l"));
    cr_assert(str_equal(topic_str(&t), str_of("score.agent.ada%2El.")));
    topic_card(&t, SCOPE_ALL, str_of("-"));
    cr_assert(str_equal(topic_str(&t), str_of("score.all.-.")));
}
