/* The configuration: defaults, values, and the one line that says what is wrong and where. */
#include "daemon/config.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

static struct config config;

static void load(const char *text)
{
    struct tree_error why;
    cr_assert(config_parse("f", text, strlen(text), &config, &why), "%s", why.text);
}

static void refused(const char *text, const char *complaint)
{
    static struct config untouched;
    struct tree_error why;
    config_default(&config);
    memcpy(&untouched, &config, sizeof config);
    cr_assert_not(config_parse("f", text, strlen(text), &config, &why), "accepted: %s", text);
    cr_assert_str_eq(why.text, complaint);
    cr_assert_eq(memcmp(&config, &untouched, sizeof config), 0);
}

Test(config, defaults_are_those_of_the_core)
{
    static struct settings s;
    struct limits limits = limits_default();
    config_default(&config);
    settings_default(&s);
    s.rules = config.settings.rules; /* the rules are the only default of our own */
    memcpy(s.rule, config.settings.rule, sizeof s.rule);
    s.zone = config.settings.zone; /* UTC either way, see tz */
    cr_assert_eq(memcmp(&config.settings, &s, sizeof s), 0);
    cr_assert_eq(memcmp(&config.limits, &limits, sizeof limits), 0);
    cr_assert_str_eq(config.events_bind.at[0], "tcp://127.0.0.1:5560");
    cr_assert_str_eq(config.events_topics.at[0], "ticket");
    cr_assert_eq(config.events_connect.n, 0);
    cr_assert_str_eq(config.out.at[0], "tcp://127.0.0.1:5570");
    cr_assert_str_eq(config.query.at[0], "tcp://127.0.0.1:5571");
    cr_assert_eq(config.snapshot_every, 5000);
    cr_assert_eq(config.full_every, 60000);
    cr_assert_eq(config.log_level, LOG_INFO);
    cr_assert_gt(config.settings.rules, 0);
    const char *why = "";
    cr_assert_eq(settings_check(&config.settings, &why), 0, "%s", why);
}

Test(config, reads_every_kind_of_value)
{
    load("insecure: true\n"
         "sockets:\n"
         "  events: {bind: [], connect: ['tcp://10.0.0.1:1', 'ipc:///run/x'], topics: ['', a]}\n"
         "  out: ['tcp://127.0.0.1:*']\n"
         "zone: Europe/Berlin\nweek_start: sunday\nwindows: [1h, today]\nscopes: [team]\n"
         "targets: {first_response: 15m, wait: none, talk: 90s}\n"
         "lateness: 0s\nexact_samples: 2000\nlanguage: zh\nlog_level: debug\n"
         "limits: {tickets: 7}\nrules: []\n");
    cr_assert(config.insecure);
    cr_assert_eq(config.events_bind.n, 0);
    cr_assert_eq(config.events_connect.n, 2);
    cr_assert_str_eq(config.events_connect.at[1], "ipc:///run/x");
    cr_assert_eq(config.events_topics.n, 2);
    cr_assert_str_eq(config.events_topics.at[0], "");
    cr_assert_eq(config.settings.week_start, 6);
    cr_assert_gt(config.settings.zone.n, 100);
    cr_assert_eq(config.settings.windows, 2);
    cr_assert_str_eq(config.settings.window[1].name, "today");
    cr_assert_eq(config.settings.scopes, 1u << SCOPE_ALL | 1u << SCOPE_TEAM);
    cr_assert_eq(config.settings.target[TARGET_FIRST_RESPONSE], 15 * MS_MINUTE);
    cr_assert_eq(config.settings.target[TARGET_WAIT], 0);
    cr_assert_eq(config.settings.target[TARGET_TALK], 90000);
    cr_assert_eq(config.settings.lateness, 0);
    cr_assert_eq(config.language, LANG_ZH);
    cr_assert_eq(config.log_level, LOG_DEBUG);
    cr_assert_eq(config.limits.tickets, 7);
    cr_assert_eq(config.settings.rules, 0);
    cr_assert_eq(config.settings.fcr_horizon, 72 * (ms_t)MS_HOUR); /* not in the file */
}

Test(config, refuses_unknown_and_misplaced_keys)
{
    refused(
        "lateness: 5s\nlatenes: 5s\n",
        "f:2: latenes: unknown key; did you mean lateness? ticketpulsed --print-config lists all");
    refused("sockets:\n  in: []\n",
            "f:2: sockets.in: unknown key; ticketpulsed --print-config lists all");
    refused("sockets: 5\n", "f:1: sockets: a group of keys; write them below it");
    refused("- a\n", "f:1: the file must be a map of keys; write `key: value`");
    refused("lateness: 1s\nlateness: 2s\n",
            "f:2: lateness: the key stands twice (first in line 1); remove one of them");
    refused("a_key_that_is_longer_than_any_key_of_ours_could_ever_be_in_any_version: 1\n",
            "f:1: a_key_that_is_longer_than_any_key_of_ours_could_ever_be_in_any_: unknown key; "
            "ticketpulsed --print-config lists all");
}

Test(config, refuses_wrong_types)
{
    refused("lateness: 5\n",
            "f:1: lateness: '5' is no duration; write 250ms, 90s, 5m, 1h30m or 7d");
    refused("lateness: [5s]\n", "f:1: lateness: a duration like 5m or 1h30m is wanted here");
    refused("lateness:\n", "f:1: lateness: a duration like 5m or 1h30m is wanted here");
    refused("exact_samples: 5m\n", "f:1: exact_samples: '5m' is no number; write it in digits");
    refused("insecure: maybe\n", "f:1: insecure: 'maybe' is none of false, true");
    refused("language: de\n", "f:1: language: 'de' is none of en, zh");
    refused("windows: 5m\n", "f:1: windows: a list of windows is wanted here; write [a, b]");
    refused("windows: [5m, 7y]\n",
            "f:1: windows: '7y' is no window; write 10s to 400d in whole seconds, today, week or "
            "month");
    refused("scopes: [agent, group]\n",
            "f:1: scopes: 'group' is no scope; there are all, agent, team, channel, priority, "
            "category");
    refused("zone: Mars/Olympus\n",
            "f:1: zone: 'Mars/Olympus': the system's tz database has no such zone (is the package "
            "tzdata there?)");
    refused("rules: 5\n", "f:1: rules: a list of rules is wanted here; write [a, b]");
}

Test(config, refuses_impossible_values)
{
    refused("lateness: 25h\n", "f:1: lateness: 25h is outside of 0s to 1d");
    refused("limits:\n  tickets: 0\n", "f:2: limits.tickets: 0 is outside of 1 to 8388608");
    refused("limits: {tickets: 99999999999999999999}\n",
            "f:1: limits.tickets: '99999999999999999999' is no number; write it in digits");
    refused("windows: []\n", "f:1: windows: an empty list; at least 1 is needed");
    refused("windows: [1h, 1h]\n", "f:1: windows: window 1h is listed twice; remove one");
    refused("windows: [1m,2m,3m,4m,5m,6m,7m,8m,9m,10m,11m,12m,13m]\n",
            "f:1: windows: more than 12 entries; remove some");
    refused("snapshot_every: 10s\nfull_every: 5s\n",
            "f:1: full_every: shorter than snapshot_every; make it longer");
    refused("sockets: {out: [x]}\n",
            "f:1: sockets.out: 'x': neither tcp://ADDRESS:PORT nor ipc://PATH");
    refused("sockets: {out: []}\n", "f:1: sockets.out: an empty list; at least 1 is needed");
    refused("sockets: {events: {bind: []}}\n",
            "f:1: sockets.events: neither bind nor connect; events could never arrive");
    refused("sockets: {query: ['tcp://0.0.0.0:5571']}\n",
            "f:1: sockets.query: tcp://0.0.0.0:5571 lies beyond this machine, and nothing on it is "
            "encrypted or checked; use 127.0.0.1, give security.server_key, or say "
            "`insecure: true`");
}

Test(config, names_a_changed_key_that_needs_a_restart)
{
    uint32_t at;
    static struct config next;
    load("");
    memcpy(&next, &config, sizeof next);
    at = 0;
    cr_assert_null(config_fixed(&config, &next, &at));
    load("lateness: 10s\nrules: []\ntargets: {wait: 20s}\nsnapshot_every: 1s\n");
    at = 0;
    cr_assert_null(config_fixed(&next, &config, &at));
    load("windows: [1h]\nrules: []\n");
    at = 0;
    cr_assert_str_eq(config_fixed(&next, &config, &at), "windows");
    cr_assert_null(config_fixed(&next, &config, &at));
    load("limits: {agents: 5}\nzone: Europe/Berlin\n");
    at = 0;
    cr_assert_str_eq(config_fixed(&next, &config, &at), "zone");
    cr_assert_str_eq(config_fixed(&next, &config, &at), "limits.agents");
    cr_assert_null(config_fixed(&next, &config, &at));
    load("sockets: {events: {topics: [x]}}\n");
    at = 0;
    cr_assert_str_eq(config_fixed(&next, &config, &at), "sockets.events.topics");
    load("policies: [{id: p, resolution: 1h}]\nhold_after: 2m\nhold_max: 0s\n");
    at = 0;
    cr_assert_null(config_fixed(&next, &config, &at));
    config_fini(&config);
}

Test(config, a_text_from_elsewhere_names_no_files)
{
    static const char text[] = "calendars: [{id: a, hours: always, holidays: [/etc/passwd.ics]}]\n";
    struct tree_error why;
    cr_assert(!config_parse(CONFIG_NO_FILE, text, sizeof text - 1, &config, &why));
    cr_assert_str_eq(why.text, "-:1: calendars.holidays: no file can be named here; write its "
                               "dates out");
}

Test(config, owns_calendars_and_policies)
{
    static struct config other;
    struct tree_error why;
    load("calendars: [{id: a, hours: always}]\n");
    cr_assert_not_null(config.sla);
    cr_assert_null(config.settings.sla); /* the engine has no use for them without policies */
    config_fini(&config);
    load("policies: [{id: p, resolution: 1h}]\nhold_after: 2m\nhold_max: 0s\n");
    const struct sla_setting *sla = config.sla;
    cr_assert_eq(config.settings.sla, sla);
    cr_assert_eq(config.settings.hold_after, 2 * MS_MINUTE);
    cr_assert_eq(config.settings.hold_max, 0);
    config_move(&other, &config);
    cr_assert_null(config.sla);
    cr_assert_null(config.settings.sla);
    cr_assert_eq(other.sla, sla);
    cr_assert_eq(other.settings.sla, sla);
    config_fini(&config); /* nothing is left in it */
    static const char bad[] = "policies: [{id: q, resolution: 1h}, {id: q, resolution: 1h}]\n";
    cr_assert_not(config_parse("f", bad, strlen(bad), &other, &why));
    cr_assert_eq(other.sla, sla);
    cr_assert_str_eq(other.sla->policy[0].id, "p");
    config_fini(&other);
    cr_assert_null(other.settings.sla);
}

Test(config, loads_files)
{
    char path[] = "/tmp/ticketpulse-config-XXXXXX";
    int fd = mkstemp(path);
    struct tree_error why;
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, "lateness: 7s\n", 13), 13);
    cr_assert(config_load(path, &config, &why));
    cr_assert_eq(config.settings.lateness, 7000);
    cr_assert_eq(write(fd, "nonsense: 1\n", 12), 12);
    cr_assert_not(config_load(path, &config, &why));
    char complaint[128];
    snprintf(complaint, sizeof complaint,
             "%s:2: nonsense: unknown key; ticketpulsed --print-config lists all", path);
    cr_assert_str_eq(why.text, complaint);
    close(fd);
    unlink(path);
    cr_assert_not(config_load(path, &config, &why));
    cr_assert_not_null(strstr(why.text, "cannot be opened: No such file"));
    cr_assert(config_load(NULL, &config, &why));
}
