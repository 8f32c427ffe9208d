/* Clients and publishers in the configuration: what they become, what is refused where. */
#include "daemon/security.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KEY_A "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define KEY_B "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define CLIENT(name, key, rest) "    - {name: " name ", key: '" key "', " rest "}\n"

static char directory[] = "/tmp/ticketpulse-security-XXXXXX", file[64], name[64];
static struct config config;
static struct tree_error why;

static void begin(void)
{
    struct curve_pair pair;
    cr_assert_not_null(mkdtemp(directory));
    snprintf(file, sizeof file, "%s/server.key", directory);
    snprintf(name, sizeof name, "%s/f.yaml", directory);
    cr_assert(curve_make(&pair));
    cr_assert(curve_write(file, &pair));
}

static void end(void)
{
    config_fini(&config);
    unlink(file);
    rmdir(directory);
}

TestSuite(security, .init = begin, .fini = end);

static bool load(const char *text)
{
    config_fini(&config);
    return config_parse(name, text, strlen(text), &config, &why);
}

/* Below the server's key, which is line 2. */
static bool load_below(const char *text)
{
    char all[4096];
    snprintf(all, sizeof all, "security:\n  server_key: server.key\n%s", text);
    return load(all);
}

static void refused(const char *text, const char *complaint)
{
    cr_assert_not(load_below(text), "accepted: %s", text);
    cr_assert_not_null(strstr(why.text, complaint), "%s", why.text);
}

Test(security, clients_have_what_was_said)
{
    cr_assert(load_below("  clients:\n" CLIENT(
                  "pager", KEY_B, "roles: [subscribe, operate], prefixes: [alert., kpi.all.]")
                             CLIENT("crm", KEY_A, "roles: emit, sources: [crm, shop]")),
              "%s", why.text);
    cr_assert_str_eq(config.server_key, file);
    const struct security *s = config.security;
    cr_assert_eq(s->clients, 2);
    const struct security_client *crm = security_by_name(s, "crm");
    cr_assert_not_null(crm);
    cr_assert_eq(crm, &s->client[0], "sorted by name");
    cr_assert_eq(crm->roles, ROLE_EMIT);
    cr_assert_eq(crm->own.n, 2);
    cr_assert_str_eq(crm->own.at[1], "shop");
    const struct security_client *pager = security_by_name(s, "pager");
    cr_assert_eq(pager->roles, ROLE_SUBSCRIBE | ROLE_OPERATE);
    cr_assert_eq(security_by_key(s, pager->key), pager);
    cr_assert_null(security_by_name(s, "nobody"));
    cr_assert_null(security_by_name(NULL, "crm"));
    cr_assert(security_may_read(crm, str_of("")), "bound to no prefix");
    cr_assert(security_may_read(pager, str_of("alert.")));
    cr_assert(security_may_read(pager, str_of("alert.sla.")));
    cr_assert_not(security_may_read(pager, str_of("alert")));
    cr_assert_not(security_may_read(pager, str_of("")));
    cr_assert_not(security_may_read(pager, str_of("kpi.agent.")));
}

Test(security, faults_are_told_with_their_place)
{
    refused("  clients:\n" CLIENT("a", "short", "roles: emit"),
            "f.yaml:4: security.clients.key: no public key");
    refused("  clients:\n" CLIENT("a", KEY_A, "roles: admin"),
            "f.yaml:4: security.clients.roles: 'admin' is none of emit, subscribe, operate");
    refused("  clients:\n    - {name: a, roles: emit}\n", "a client without `key`; add it");
    refused("  clients:\n" CLIENT("a", KEY_A, "roles: emit") CLIENT("a", KEY_B, "roles: emit"),
            "f.yaml:5: security.clients: two clients are called a; rename one");
    refused("  clients:\n" CLIENT("a", KEY_A, "roles: emit") CLIENT("b", KEY_A, "roles: emit"),
            "f.yaml:5: security.clients: b has the same key as a");
    refused("  clients:\n" CLIENT("a b", KEY_A, "roles: emit"), "no spaces");
    refused("  clients:\n" CLIENT("a", KEY_A, "roles: subscribe, sources: x"),
            "sources without the role emit");
    refused("  clients:\n" CLIENT("a", KEY_A, "roles: emit, prefixes: x"),
            "prefixes without the role subscribe or operate");
    refused("  publishers:\n    - {endpoint: 'tcp://h:1', key: '" KEY_A "'}\n",
            "f.yaml:4: security.publishers: tcp://h:1 is none of sockets.events.connect");
    cr_assert_not(load("security:\n  clients:\n" CLIENT("a", KEY_A, "roles: emit")));
    cr_assert_not_null(strstr(why.text, "of no use without security.server_key"), "%s", why.text);
    cr_assert_not(load("security: {server_key: missing.key}\n"));
    cr_assert_not_null(strstr(why.text, "missing.key does not exist"), "%s", why.text);
}

Test(security, two_keys_of_the_server_belong_to_endpoints)
{
    static const char good[] = "  previous: {server_key: server.key, endpoints: "
                               "['tcp://127.0.0.1:5571', 'tcp://127.0.0.1:5570']}\n";
    cr_assert(load_below(good), "%s", why.text);
    cr_assert_str_eq(config.previous_key, file);
    cr_assert_eq(config.previous_endpoints.n, 2);
    cr_assert(config_has_text(&config.previous_endpoints, "tcp://127.0.0.1:5570"));
    cr_assert_not(config_has_text(&config.previous_endpoints, "tcp://127.0.0.1:5560"));
    refused("  previous: {server_key: server.key}\n",
            "f.yaml:1: security.previous.endpoints: belongs together with "
            "security.previous.server_key; give both");
    refused("  previous: {endpoints: ['tcp://127.0.0.1:5571']}\n", "f.yaml:3: security.previous.");
    refused("  previous: {server_key: server.key, endpoints: ['tcp://127.0.0.1:1']}\n",
            "f.yaml:3: security.previous.endpoints: tcp://127.0.0.1:1 is no TCP endpoint of "
            "sockets; name it there too");
    refused("  previous: {server_key: server.key, endpoints: ['ipc:///tmp/q']}\n"
            "sockets: {query: ['ipc:///tmp/q']}\n",
            "ipc:///tmp/q is no TCP endpoint");
    refused("  previous: {server_key: missing.key, endpoints: ['tcp://127.0.0.1:5571']}\n",
            "f.yaml:3: security.previous.server_key: ");
    cr_assert_not(load("security: {previous: {server_key: server.key, endpoints: "
                       "['tcp://127.0.0.1:5571']}}\n"));
    cr_assert_not_null(strstr(why.text, "of no use without security.server_key"), "%s", why.text);
}

Test(security, endpoints_beyond_this_machine_need_keys)
{
    static const char out[] = "sockets: {out: ['tcp://0.0.0.0:5570']}\n";
    static const char connect[] = "sockets: {events: {connect: ['tcp://h:1']}}\n";
    cr_assert_not(load(out));
    cr_assert_not_null(strstr(why.text, "give security.server_key"), "%s", why.text);
    cr_assert(load_below(out), "%s", why.text);
    refused(connect, "give its key in security.publishers");
    char all[512];
    snprintf(all, sizeof all, "  publishers:\n    - {endpoint: 'tcp://h:1', key: '%s'}\n%s", KEY_A,
             connect);
    cr_assert(load_below(all), "%s", why.text);
    cr_assert_str_eq(security_publisher(config.security, "tcp://h:1")->key, KEY_A);
    cr_assert_null(security_publisher(config.security, "tcp://h:2"));
}

static struct security *loaded(const char *text)
{
    cr_assert(load_below(text), "%s", why.text);
    struct security *s = config.security;
    config.security = NULL;
    return s;
}

Test(security, what_is_taken_away_is_noticed)
{
    struct security *now = loaded("  clients:\n" CLIENT("a", KEY_A, "roles: [emit, subscribe]"));
    struct security *same = loaded("  clients:\n" CLIENT("a", KEY_A, "roles: [subscribe, emit]"));
    struct security *more = loaded("  clients:\n" CLIENT("a", KEY_A, "roles: [emit, subscribe]")
                                       CLIENT("b", KEY_B, "roles: emit"));
    struct security *less = loaded("  clients:\n" CLIENT("a", KEY_A, "roles: emit"));
    struct security *other = loaded("  clients:\n" CLIENT("a", KEY_B, "roles: [emit, subscribe]"));
    struct security *bound =
        loaded("  clients:\n" CLIENT("a", KEY_A, "roles: [emit, subscribe], prefixes: alert."));
    cr_assert_not(security_revokes(now, same));
    cr_assert_not(security_revokes(now, more));
    cr_assert_not(security_revokes(NULL, now));
    cr_assert(security_revokes(more, now));
    cr_assert(security_revokes(now, less));
    cr_assert(security_revokes(now, other));
    cr_assert(security_revokes(now, bound));
    cr_assert(security_revokes(now, NULL));
    struct security *all[] = {now, same, more, less, other, bound};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        free(all[i]);
}
