/* cards: rankings and single cards as people read them, from messages as the daemon sends them. */
#include "daemon/cli/cards.h"

#include "core/event.h"
#include "proto/card.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>

static struct settings settings;
static struct scorecard card;
static struct cards sut;
static bool hit; /* the gate of the second item */
static char *text;
static size_t text_n;

static void setup(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    hit = false;
    settings_default(&settings);
    card = (struct scorecard){
        .id = "month", .scope = SCOPE_AGENT, .window = 6, .valid_from = MS_NONE, .items = 2};
    card.item[0] = (struct score_item){.id = "first_response.mean",
                                       .of = {IND_FIRST_RESPONSE, IF_MEAN, 0},
                                       .weight = 2500,
                                       .has_marks = true,
                                       .baseline = 7200000,
                                       .target = 5400000};
    card.item[1] = (struct score_item){
        .id = "calls", .title = "Calls", .of = {IND_ANSWER_RATE, IF_VALUE, 0}, .weight = 7500};
}

static void teardown(void)
{
    free(text);
}

TestSuite(cards, .init = setup, .fini = teardown);

/* One message of a name; place 0: without a rank. */
static void take(const char *name, int32_t total, uint32_t place, enum score_state state)
{
    static char bytes[CARD_BYTES_MAX];
    static struct node nodes[1024];
    struct score score = {
        .scored = true, .total = total, .grade = (uint8_t)score_grade(total), .counted = 750000};
    score.line[0] = (struct score_line){
        .state = LINE_COUNTED, .standing = LINE_WEAK, .has_value = true, .value = 9000000, .n = 3};
    score.line[1] = (struct score_line){.state = (uint8_t)state,
                                        .standing = LINE_STRONG,
                                        .hit = hit,
                                        .has_value = true,
                                        .value = 937500,
                                        .n = 16,
                                        .points = 7500};
    struct card_result r = {
        .card = &card, .score = &score, .name = str_of(name), .place = place, .of = 3};
    struct message m;
    struct emitter em;
    emit_start(&em, SINK_MSGPACK, bytes, sizeof bytes);
    encode_card(&em, NULL, NULL, &settings, &r, LANG_EN);
    int n = emit_finish(&em);
    cr_assert_eq(message_parse(&m, nodes, ARRAY_LEN(nodes), bytes, (size_t)n), 0);
    cards_take(&sut, &m, m.node);
}

static void begin(bool whole, enum lang lang)
{
    words_use(lang);
    cards_begin(&sut, open_memstream(&text, &text_n), whole);
}

static const char *end(void)
{
    cards_end(&sut);
    fclose(sut.out);
    return text;
}

Test(cards, rank_names)
{
    begin(false, LANG_EN);
    take("bob", 6694, 2, LINE_COUNTED);
    take("cyd", 3824, 3, LINE_FEW);
    take("ada", 8400, 1, LINE_COUNTED);
    cr_assert_str_eq(
        end(), "month · agent · month\n"
               "rank  medal   name  score  grade        counted  strengths  weak spots\n"
               "   1  gold    ada   84.00  good           75.0%  Calls      first response mean\n"
               "   2  silver  bob   66.94  qualified      75.0%  Calls      first response mean\n"
               "   3  bronze  cyd   38.24  unqualified    75.0%  Calls      first response mean\n"
               "\n");
}

Test(cards, of_one_name)
{
    begin(true, LANG_ZH);
    take("ada", 8400, 1, LINE_COUNTED);
    const char *said = end();
    static const char *const parts[] = {
        "month · 客服 · month\nada  84.00 良好 · 第 1 名，共 3 名 · 金牌\n",
        "首次响应时长 平均",
        "2小时30分",
        "93.75%",
        "短板",
        "75.00"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        cr_assert(strstr(said, parts[i]) != NULL, "%s: %s", parts[i], said);
}

Test(cards, say_what_is_left_out_and_void)
{
    begin(true, LANG_EN);
    take("ada", 8400, 0, LINE_FEW);
    card.item[1].title[0] = '\0';
    take("bob", 8400, 0, LINE_VOID);
    const char *said = end();
    cr_assert(strstr(said, "left out: too few") != NULL, "%s", said);
    cr_assert(strstr(said, "void") != NULL, "%s", said);
    cr_assert(strstr(said, "calls ") != NULL, "%s", said); /* an id of its own stays */
    cr_assert(strstr(said, " of 3") == NULL, "%s", said);
}

Test(cards, one_card_after_the_other)
{
    begin(false, LANG_EN);
    take("ada", 8400, 1, LINE_COUNTED);
    memcpy(card.id, "other", 6);
    take("ada", 8400, 1, LINE_COUNTED);
    const char *said = end();
    const char *first = strstr(said, "month · agent"), *second = strstr(said, "other · agent");
    cr_assert(first != NULL && second > first, "%s", said);
}

/* By the id: what variants are called is no matter, nor that two cards are called alike. */
Test(cards, one_table_for_each_id)
{
    begin(false, LANG_EN);
    memcpy(card.title, "First", 6);
    take("bob", 6694, 2, LINE_COUNTED);
    memcpy(card.title, "Other", 6);
    take("ada", 8400, 1, LINE_COUNTED);
    memcpy(card.title, "First", 6);
    memcpy(card.id, "other", 6);
    take("cyd", 9000, 1, LINE_COUNTED);
    const char *said = end();
    const char *first = strstr(said, "First · agent · month\n");
    const char *second = strstr(said, "First · agent · month (other)\n");
    cr_assert(first != NULL && second > first, "%s", said);
    cr_assert_null(strstr(said, "Other"), "%s", said);
    const char *ada = strstr(said, "ada"), *bob = strstr(said, "bob"), *cyd = strstr(said, "cyd");
    cr_assert(first < ada && ada < bob && bob < second && second < cyd, "%s", said);
}

Test(cards, say_which_gate_made_a_score_void)
{
    hit = true;
    begin(false, LANG_EN);
    take("ada", 0, 3, LINE_VOID);
    cr_assert_not_null(strstr(end(), "unqualified · void by Calls"), "%s", text);
    free(text);
    begin(true, LANG_ZH);
    take("ada", 0, 3, LINE_VOID);
    cr_assert_not_null(strstr(end(), "0.00 不合格 · 作废：Calls"), "%s", text);
}

/* A mean of ratings is plain, an aspect is named, the site's own by its name. */
Test(cards, names_of_items)
{
    static const struct {
        struct figure_source of;
        const char *id, *zh, *en;
    } items[] = {
        {{IND_CSAT, IF_MEAN, 0}, "csat.mean", "满意度 ", "satisfaction "},
        {{IND_CSAT, IF_N, 0}, "csat.n", "满意度 样本数", "satisfaction n"},
        {{IND_CSAT, IF_MEAN, 1}, "csat.skill.mean", "满意度（skill） ", "satisfaction (skill) "},
        {{IND_FIRST_RESPONSE, IF_P50, 0},
         "first_response.p50",
         "首次响应时长 中位数",
         "first response p50"},
        {{IND_CUSTOM_0, IF_NUM, 0}, "orders.num", "订单数 ", "orders "}};
    settings.customs.n = 1;
    memcpy(settings.customs.at[0].id, "orders", 7);
    memcpy(settings.customs.at[0].name[LANG_ZH], "订单数", sizeof "订单数");
    settings.aspects = 1;
    memcpy(settings.aspect[0], "csat.skill", 11);
    for (size_t i = 0; i < ARRAY_LEN(items); i++)
        for (int lang = LANG_EN; lang <= LANG_ZH; lang++) {
            card.item[0] = (struct score_item){.of = items[i].of, .weight = 100};
            snprintf(card.item[0].id, sizeof card.item[0].id, "%s", items[i].id);
            begin(true, (enum lang)lang);
            take("ada", 8400, 1, LINE_COUNTED);
            cr_assert_not_null(strstr(end(), lang == LANG_ZH ? items[i].zh : items[i].en), "%s: %s",
                               items[i].id, text);
            free(text);
        }
    text = NULL;
}

Test(cards, of_nobody)
{
    begin(false, LANG_EN);
    cr_assert_str_eq(end(), "no scores\n");
}
