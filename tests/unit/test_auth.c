/* Who may connect where, and ask for what. The handler itself has real peers in the integration
 * tests. */
#include "daemon/auth.h"

#include <criterion/criterion.h>

static struct security sut = {
    .clients = 3,
    .client = {{.name = "chief", .key = {1}, .roles = ROLE_OPERATE},
               {.name = "crm", .key = {2}, .roles = ROLE_EMIT},
               {.name = "pager",
                .key = {3},
                .roles = ROLE_SUBSCRIBE,
                .prefixes = 1,
                .prefix = {"alert."}}},
};

static const char *refusal(const char *socket, uint8_t key)
{
    const struct security_client *client = NULL;
    const uint8_t bytes[CURVE_BYTES] = {key};
    const char *why = auth_refusal(&sut, str_of(socket), bytes, &client);
    cr_assert_eq(client != NULL, why == NULL);
    return why == NULL ? client->name : why;
}

Test(auth, roles_open_sockets)
{
    cr_assert_str_eq(refusal("events", 2), "crm");
    cr_assert_str_eq(refusal("ingest", 2), "crm");
    cr_assert_str_eq(refusal("ingest" AUTH_PREVIOUS, 2), "crm");
    cr_assert_str_eq(refusal("events" AUTH_PREVIOUS, 3), "wrong role");
    cr_assert_str_eq(refusal("out" AUTH_PREVIOUS, 3), "pager");
    cr_assert_str_eq(refusal("out", 2), "wrong role");
    cr_assert_str_eq(refusal("query", 2), "wrong role");
    cr_assert_str_eq(refusal("out", 3), "pager");
    cr_assert_str_eq(refusal("query", 3), "pager");
    cr_assert_str_eq(refusal("events", 3), "wrong role");
    cr_assert_str_eq(refusal("out", 1), "chief");
    cr_assert_str_eq(refusal("query", 1), "chief");
    cr_assert_str_eq(refusal("events", 1), "wrong role");
    cr_assert_str_eq(refusal("out", 9), "unknown key");
    sut.clients = 0;
    cr_assert_str_eq(refusal("events", 2), "unknown key");
}

static bool may(uint32_t client, enum request_op op, const char *prefix)
{
    struct request r = {.op = (uint8_t)op, .scope = -1, .prefix = str_of(prefix)};
    return auth_may_ask(client < 3 ? &sut.client[client] : NULL, &r);
}

Test(auth, readers_read_and_operators_do_all)
{
    for (enum request_op op = 0; op < OP_N; op++) {
        cr_assert(may(0, op, ""), "the operator, op %d", op);
        cr_assert(may(9, op, ""), "where no keys are asked for, op %d", op);
    }
    cr_assert(may(2, OP_HOLD, "alert.sla."));
    cr_assert(may(2, OP_ALERTS, "alert."));
    cr_assert(may(2, OP_STATUS, ""));
    cr_assert_not(may(2, OP_HOLD, ""));
    cr_assert_not(may(2, OP_HOLD, "kpi."));
    cr_assert_not(may(2, OP_SNAPSHOT, ""), "it would answer across prefixes");
    cr_assert_not(may(2, OP_COMPARE, ""));
    sut.client[2].prefixes = 0;
    cr_assert(may(2, OP_SNAPSHOT, "") && may(2, OP_SCORECARD, "") && may(2, OP_HISTORY, ""));
    cr_assert(may(2, OP_HOLD, ""));
    cr_assert(may(2, OP_SNAPSHOT, ""));
    cr_assert(may(2, OP_EXPLAIN, ""));
    cr_assert_not(may(2, OP_COMPARE, ""));
}

/* Exactly what its prefixes cover: no more, and no less. */
Test(auth, numbers_of_its_own_topics)
{
    static const struct {
        enum request_op op;
        int8_t scope;
        const char *name, *prefix;
        bool may;
    } cases[] = {
        {OP_SNAPSHOT, SCOPE_ALL, "", "", true},
        {OP_SNAPSHOT, SCOPE_ALL, "", "kpi.", true},
        {OP_SNAPSHOT, -1, "", "", false},
        {OP_SNAPSHOT, -1, "", "kpi.all.", true},
        {OP_SNAPSHOT, -1, "", "kpi.al", false},
        {OP_SNAPSHOT, SCOPE_TEAM, "", "", false},
        {OP_SNAPSHOT, SCOPE_TEAM, "a.b", "", true},
        {OP_SNAPSHOT, SCOPE_TEAM, "a", "", false},
        {OP_SNAPSHOT, SCOPE_TEAM, "a", "kpi.all.", false}, /* is there such a name? */
        {OP_SNAPSHOT, SCOPE_TEAM, "", "kpi.team.a%2Eb.", true},
        {OP_SNAPSHOT, SCOPE_AGENT, "a.b", "", false},
        {OP_SCORECARD, SCOPE_AGENT, "", "", true},
        {OP_SCORECARD, SCOPE_AGENT, "ada", "", true},
        {OP_SCORECARD, SCOPE_TEAM, "", "", false},
        {OP_SCORECARD, -1, "", "", false},
        {OP_SCORECARD, -1, "", "score.agent.", true},
        {OP_HISTORY, -1, "", "", true},
        {OP_HISTORY, SCOPE_ALL, "", "", true},
        {OP_HISTORY, SCOPE_TEAM, "a.b", "", true},
        {OP_HISTORY, SCOPE_TEAM, "b", "", false},
        {OP_HISTORY, SCOPE_TEAM, "", "kpi.all.", false}, /* it has no prefix */
        {OP_EXPLAIN, -1, "", "kpi.all.", false},
        {OP_WORKLIST, -1, "", "kpi.all.", false},
    };
    const struct security_client c = {
        .roles = ROLE_SUBSCRIBE,
        .prefixes = 3,
        .prefix = {"kpi.all.", "kpi.team.a%2Eb.", "score.agent."},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct request r = {.op = (uint8_t)cases[i].op,
                            .scope = cases[i].scope,
                            .name = str_of(cases[i].name),
                            .prefix = str_of(cases[i].prefix)};
        cr_assert_eq(auth_may_ask(&c, &r), cases[i].may, "case %zu", i);
    }
}
