/* Receivers in the configuration: what they become, what is refused where. */
#include "daemon/receivers.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct config config;
static struct tree_error why;

static bool load(const char *text)
{
    char all[1024];
    snprintf(all, sizeof all, "receivers:\n%s", text);
    config_fini(&config);
    return config_parse("f", all, strlen(all), &config, &why);
}

static void refused(const char *text, const char *complaint)
{
    cr_assert_not(load(text), "accepted: %s", text);
    cr_assert_str_eq(why.text, complaint);
}

Test(receivers, have_what_was_said)
{
    cr_assert(
        load("  - {name: am, alertmanager: 'http://am:9093', resend: 30s}\n"
             "  - {name: hook, webhook: 'https://h/x?y=1', prefixes: [alert.sla., alert.ops.],"
             " timeout: 3s, token_file: t}\n"),
        "%s", why.text);
    cr_assert_eq(config.receivers->n, 2);
    const struct receiver *am = &config.receivers->at[0], *hook = &config.receivers->at[1];
    cr_assert_eq(am->kind, RECEIVER_ALERTMANAGER);
    cr_assert_eq(am->resend, 30 * MS_SECOND);
    cr_assert_eq(am->timeout, 10 * MS_SECOND);
    cr_assert_str_eq(am->token_file, "");
    cr_assert(receiver_wants(am, str_of("alert.kpi.cleared.-.-.")));
    cr_assert_eq(hook->kind, RECEIVER_WEBHOOK);
    cr_assert_str_eq(hook->url, "https://h/x?y=1");
    cr_assert_str_eq(hook->token_file, "t");
    cr_assert_eq(hook->timeout, 3 * MS_SECOND);
    cr_assert(receiver_wants(hook, str_of("alert.ops.breached.-.-.")));
    cr_assert_not(receiver_wants(hook, str_of("alert.kpi.breached.-.-.")));
    config_fini(&config);
    cr_assert_null(config.receivers);
}

Test(receivers, faults_are_told_with_their_place)
{
    refused("  - {name: a}\n",
            "f:2: receivers: a receiver without `alertmanager` or `webhook`; add one");
    refused("  - {name: a, webhook: 'ftp://h/'}\n",
            "f:2: receivers.webhook: 'ftp://h/' is no address; write http://HOST:PORT or "
            "https://HOST/PATH");
    refused("  - {name: a, webhook: 'http://'}\n",
            "f:2: receivers.webhook: 'http://' is no address; write http://HOST:PORT or "
            "https://HOST/PATH");
    refused("  - {name: a, webhook: 'http://h', alertmanager: 'http://h'}\n",
            "f:2: receivers.webhook: a receiver is either an alertmanager or a webhook; make two "
            "of it");
    refused("  - {name: a, webhook: 'http://h', prefixes: [kpi.]}\n",
            "f:2: receivers.prefixes: 'kpi.' is no prefix of alerts; they begin with alert.");
    refused("  - {name: a, webhook: 'http://h'}\n  - {name: a, webhook: 'http://i'}\n",
            "f:3: receivers.name: two receivers are called a; rename one");
}
