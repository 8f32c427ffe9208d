#include "daemon/keys.h"

#include "daemon/calendars.h"
#include "daemon/endpoint.h"
#include "daemon/policies.h"
#include "daemon/rules.h"
#include "daemon/scorecards.h"
#include "daemon/security.h"
#include "daemon/tz.h"

#include <stdio.h>

#define PLACE(field) sizeof(((struct config *)0)->field), offsetof(struct config, field)
#define ON_HEAP 0, 0 /* what reads it finds the place; none that config_fixed could compare */
#define TARGET(name, row)                                                                          \
    {                                                                                              \
        "targets." name, KEY_TARGET, false, PLACE(settings.target[TARGET_##row]), 1000,            \
            400 * MS_DAY, "none", "Longer is missed, up to this is met."                           \
    }
#define LIMIT(name, most, preset, text)                                                            \
    {                                                                                              \
        "limits." #name, KEY_COUNT, true, PLACE(limits.name), 1, most, preset, text                \
    }

/* Order is the order of reading: calendars refer to the zone, policies to calendars, rules to
 * windows, scopes and scorecards. */
const struct key keys[] = {
    {"insecure", KEY_FLAG, true, PLACE(insecure), 0, 0, "false",
     "true allows TCP endpoints beyond loopback, on which anybody can send and read."},
    {"security.server_key", KEY_PAIR, true, PLACE(server_key), 0, 0, "\"\"",
     "File of our CURVE key pair (`ticketpulse keygen`), or credential:NAME of systemd. With it "
     "every TCP endpoint is encrypted and open to the clients below only; ipc:// ones are left to "
     "the permissions of their directory."},
    {"security.clients", KEY_CLIENTS, false, ON_HEAP, 0, SECURITY_CLIENTS_MAX, "[]",
     "Who may connect, by public key. A reload takes changes over; when it takes rights away, "
     "every connection is cut and made anew."},
    {"security.publishers", KEY_PUBLISHERS, true, ON_HEAP, 0, SECURITY_PUBLISHERS_MAX, "[]",
     "Keys of publishers in sockets.events.connect, who are the servers there; to them we show "
     "the key pair of server_key."},
    {"sockets.events.bind", KEY_ENDPOINTS, true, PLACE(events_bind), 0, CONFIG_TEXTS_MAX,
     "[\"tcp://127.0.0.1:5560\"]", "SUB: where platforms connect to and publish events."},
    {"sockets.events.connect", KEY_ENDPOINTS, true, PLACE(events_connect), 0, CONFIG_TEXTS_MAX,
     "[]", "SUB: publishers that we connect to."},
    {"sockets.events.topics", KEY_TOPICS, true, PLACE(events_topics), 1, CONFIG_TEXTS_MAX,
     "[ticket]", "Topic prefixes of events; \"\" takes every topic."},
    {"sockets.out", KEY_ENDPOINTS, true, PLACE(out), 1, CONFIG_TEXTS_MAX,
     "[\"tcp://127.0.0.1:5570\"]", "XPUB: alerts, snapshots and heartbeats are published here."},
    {"sockets.query", KEY_ENDPOINTS, true, PLACE(query), 1, CONFIG_TEXTS_MAX,
     "[\"tcp://127.0.0.1:5571\"]", "ROUTER: requests for snapshots, alerts and status."},
    {"state.dir", KEY_PATH, true, PLACE(state_dir), 0, 0, "\"\"",
     "Directory in which events, state and alerts outlive a restart; \"\" keeps nothing. It is "
     "made "
     "when its parent is there, and belongs to one daemon."},
    {"zone", KEY_ZONE, true, PLACE(zone), 0, 0, "UTC",
     "The site's time zone (IANA name); today, week and month begin at its midnight."},
    {"week_start", KEY_WEEKDAY, true, PLACE(settings.week_start), 0, 0, "monday",
     "First day of the window `week`."},
    {"windows", KEY_WINDOWS, true, PLACE(settings.window), 1, WINDOWS_MAX,
     "[5m, 1h, 24h, 7d, 30d, today, month]",
     "Windows of every number: durations from 10s to 400d, today, week, month."},
    {"scopes", KEY_SCOPES, true, PLACE(settings.scopes), 1, SCOPE_N,
     "[all, agent, team, channel, priority, category]",
     "For what numbers are kept; all always is."},
    {"exact_samples", KEY_COUNT, true, PLACE(settings.exact_samples), 1000, 10000000, "100000",
     "Samples of one series kept one by one; a busier series is merged into time slots."},
    TARGET("first_response", FIRST_RESPONSE),
    TARGET("next_response", NEXT_RESPONSE),
    TARGET("assignee_response", ASSIGNEE_RESPONSE),
    TARGET("first_response_from_handoff", HANDOFF),
    TARGET("first_resolution", FIRST_RESOLUTION),
    TARGET("resolution", RESOLUTION),
    TARGET("requester_wait", REQUESTER_WAIT),
    TARGET("agent_work", AGENT_WORK),
    TARGET("wait", WAIT),
    TARGET("talk", TALK),
    {"lateness", KEY_DURATION, false, PLACE(settings.lateness), 0, MS_DAY, "120s",
     "How far behind its ticket's newest event an event may come and still be put in order."},
    {"skew", KEY_DURATION, false, PLACE(settings.skew), 0, MS_HOUR, "5s",
     "How far a ts may be ahead of our clock; one further ahead is set to the time of receipt."},
    {"fcr_horizon", KEY_DURATION, true, PLACE(settings.fcr_horizon), 0, 400 * MS_DAY, "72h",
     "A reopening within this time takes back the first contact resolution."},
    {"reopen_horizon", KEY_DURATION, true, PLACE(settings.reopen_horizon), 0, 400 * MS_DAY, "7d",
     "A reopening within this time counts in reopen_rate."},
    {"resolved_within", KEY_DURATION, true, PLACE(settings.resolved_within), 1000, 400 * MS_DAY,
     "24h", "The time of the indicator resolved_within."},
    {"complaint_horizon", KEY_DURATION, true, PLACE(settings.complaint_horizon), 0, 400 * MS_DAY,
     "30d", "A complaint up to so long after the resolve counts in complaint_rate."},
    {"return_horizon", KEY_DURATION, true, PLACE(settings.return_horizon), 0, 400 * MS_DAY, "30d",
     "A return or rework within this time after the resolve counts in return_rate, rework_rate."},
    {"follow_up_rounds", KEY_ROUNDS, true, PLACE(settings.follow_up), 0, FOLLOW_UPS_MAX,
     "[7d, 30d, 90d]",
     "Times after the resolve: follow_up_rate is of tickets followed up within the first, "
     "follow_up_rate_2 within the second, follow_up_rate_3 within the third."},
    {"short_abandon", KEY_DURATION, false, PLACE(settings.short_abandon), 0, MS_HOUR, "5s",
     "A call abandoned sooner than this after its offer is a short one and no lost call."},
    {"service_level_within", KEY_DURATION, false, PLACE(settings.service_level_within), 1, MS_HOUR,
     "20s", "A call answered within this time of its offer counts in service_level."},
    {"remember_closed", KEY_DURATION, false, PLACE(settings.remember_closed), MS_HOUR, 400 * MS_DAY,
     "90d", "How long a closed ticket is remembered."},
    {"remember_ids", KEY_DURATION, false, PLACE(settings.remember_ids), MS_MINUTE, 30 * MS_DAY,
     "24h", "How long ids of events are remembered for sources that do not number theirs."},
    {"hold_after", KEY_DURATION, false, PLACE(settings.hold_after), 1000, MS_DAY, "60s",
     "An event that arrives so long after its ts shows that its source is behind."},
    {"hold_max", KEY_DURATION, false, PLACE(settings.hold_max), 0, MS_HOUR, "5m",
     "So long at most deadlines of tickets wait whose source is behind, from the deadline on or "
     "from when the late event came; 0s: never."},
    {"snapshot_every", KEY_DURATION, false, PLACE(snapshot_every), 100, MS_HOUR, "5s",
     "How often subscribed snapshots that changed are published."},
    {"full_every", KEY_DURATION, false, PLACE(full_every), 1000, 24 * (ms_t)MS_HOUR, "60s",
     "How often every snapshot is published, changed or not."},
    {"alerts_kept", KEY_COUNT, true, PLACE(alerts_kept), 1, 1000000, "10000",
     "Published alerts kept in memory for `query alerts`."},
    {"language", KEY_LANGUAGE, false, PLACE(language), 0, 0, "en",
     "Of the sentence in each alert."},
    {"log_level", KEY_LEVEL, false, PLACE(log_level), 0, 0, "info",
     "Least important lines that are logged."},
    LIMIT(tickets, LIMIT_TICKETS_MAX, "2000000", "Tickets remembered, open and closed."),
    LIMIT(history, (1 << 24) - 1, "8000000", "64-byte chunks of ticket history."),
    LIMIT(ticket_events, 4096, "1024", "Recent events kept of one ticket."),
    LIMIT(calls, 1 << 20, "100000", "Telephone calls remembered."),
    LIMIT(agents, LIMIT_AGENTS_MAX, "20000", "Agents; further ones are counted as (other)."),
    LIMIT(teams, LIMIT_NAMES_MAX, "2000", "Teams, likewise."),
    LIMIT(channels, LIMIT_NAMES_MAX, "200", "Channels, likewise."),
    LIMIT(priorities, LIMIT_NAMES_MAX, "100", "Priorities, likewise."),
    LIMIT(categories, LIMIT_NAMES_MAX, "5000", "Categories, likewise."),
    LIMIT(sources, LIMIT_NAMES_MAX, "256", "Event sources with a sequence memory of their own."),
    LIMIT(chunks, LIMIT_CHUNKS_MAX, "8000000", "256-byte chunks of samples in windows."),
    LIMIT(ids, (1 << 24) - 1, "1000000", "Event ids remembered of sources without seq."),
    LIMIT(alerts, 1 << 22, "100000", "Pairs of rule and name under watch."),
    {"calendars", KEY_CALENDARS, false, ON_HEAP, 0, CALENDARS_GIVEN_MAX, "[]",
     "Business hours: in their time clocks of policies run. Local times; holidays are closed all "
     "day; what passes midnight belongs to the day on which it begins."},
    {"policies", KEY_POLICIES, false, ON_HEAP, 0, POLICIES_MAX, "[]",
     "Service levels: the first policy whose match holds for a ticket is in force for it."},
    {"scorecards", KEY_SCORECARDS, false, ON_HEAP, 0, SCORECARDS_MAX, "[]",
     "Weighted evaluations of agents, teams, ...: a score from 0 to 100, a grade, a rank."},
    {"rules", KEY_RULES, false, PLACE(settings.rule), 0, RULES_MAX, RULES_PRESET,
     "Threshold alerts on indicators, their trends, and scorecards. A list replaces the built-in "
     "one; [] is none. Built-in rules "
     "about a window or scope that is not kept are left out."},
};
const uint32_t keys_n = ARRAY_LEN(keys);

static const char *const flags[] = {"false", "true"};
static const char *const languages[] = {"en", "zh"};
static const char *const weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};

const char *key_type_text(enum key_type type)
{
    static const char *const texts[KEY_TYPES] = {
        [KEY_DURATION] = "a duration (250ms, 90s, 5m, 1h30m, 7d)",
        [KEY_TARGET] = "a duration, or none",
        [KEY_COUNT] = "a number",
        [KEY_FLAG] = "true or false",
        [KEY_ENDPOINTS] = "a list of endpoints (tcp://ADDRESS:PORT or :*, ipc://PATH)",
        [KEY_TOPICS] = "a list of topic prefixes",
        [KEY_WINDOWS] = "a list of windows",
        [KEY_ROUNDS] = "a list of durations, the shortest first",
        [KEY_SCOPES] = "a list of all, agent, team, channel, priority, category",
        [KEY_ZONE] = "a zone name such as Europe/Berlin",
        [KEY_PATH] = "a path",
        [KEY_WEEKDAY] = "monday to sunday",
        [KEY_LANGUAGE] = "en or zh",
        [KEY_LEVEL] = "error, warning, info or debug",
        [KEY_RULES] = "a list of rules",
        [KEY_CALENDARS] = "a list of calendars",
        [KEY_POLICIES] = "a list of policies",
        [KEY_SCORECARDS] = "a list of scorecards",
        [KEY_PAIR] = "the path of a key file, credential:NAME, or empty",
        [KEY_CLIENTS] = "a list of clients",
        [KEY_PUBLISHERS] = "a list of publishers",
    };
    CHECK(type < KEY_TYPES);
    return texts[type];
}

const char *duration_text(char ret[DURATION_TEXT], ms_t ms)
{
    static const struct {
        const char *unit;
        ms_t ms;
    } units[] = {{"d", MS_DAY}, {"h", MS_HOUR}, {"m", MS_MINUTE}, {"s", MS_SECOND}, {"ms", 1}};
    size_t i = 0;
    while (ms == 0 ? i < 3 : ms % units[i].ms != 0)
        i++;
    snprintf(ret, DURATION_TEXT, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
    return ret;
}

/* --- pieces --------------------------------------------------------------------------------- */

static bool want_scalar(const struct reading *r, const char *what)
{
    if (r->node->kind == TREE_SCALAR && r->node->text.len > 0)
        return true;
    return refuse(r, "%s is wanted here", what);
}

bool read_text(const struct reading *r, char *ret, size_t cap)
{
    struct str text = r->node->text;
    if (r->node->kind != TREE_SCALAR)
        return refuse(r, "one text is wanted here");
    if (text.len >= cap || memchr(text.p, 0, text.len) != NULL)
        return refuse(r, "%u bytes, at most %zu fit; make it shorter", text.len, cap - 1);
    memcpy(ret, text.p, text.len + 1);
    return true;
}

bool read_path(const struct reading *r, char *ret, size_t cap)
{
    char text[CONFIG_PATH_BYTES_MAX + 1];
    const char *name = r->tree->name, *slash = strrchr(name, '/');
    if (!read_text(r, text, sizeof text))
        return false;
    if (strcmp(name, CONFIG_NO_FILE) == 0)
        return refuse(r, "no file can be named here");
    int directory = slash == NULL || text[0] == '/' ? 0 : (int)(slash - name) + 1;
    int n = snprintf(ret, cap, "%.*s%s", directory, name, text);
    return (n >= 0 && (size_t)n < cap) ||
           refuse(r, "the path is longer than %zu bytes; make it shorter", cap - 1);
}

bool read_duration(const struct reading *r, ms_t min, ms_t max, ms_t *ret)
{
    ms_t ms;
    if (!want_scalar(r, "a duration like 5m or 1h30m"))
        return false;
    if (!duration_parse(r->node->text, &ms))
        return refuse(r, "'%s' is no duration; write 250ms, 90s, 5m, 1h30m or 7d", r->node->text.p);
    char low[DURATION_TEXT], high[DURATION_TEXT];
    if (ms < min || ms > max)
        return refuse(r, "%s is outside of %s to %s", r->node->text.p, duration_text(low, min),
                      duration_text(high, max));
    *ret = ms;
    return true;
}

bool read_count(const struct reading *r, int64_t min, int64_t max, uint32_t *ret)
{
    if (!want_scalar(r, "a number"))
        return false;
    struct str text = r->node->text;
    int64_t value = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || text.len > 10)
            return refuse(r, "'%s' is no number; write it in digits", text.p);
        value = value * 10 + (text.p[i] - '0');
    }
    if (value < min || value > max)
        return refuse(r, "%s is outside of %lld to %lld", text.p, (long long)min, (long long)max);
    *ret = (uint32_t)value;
    return true;
}

bool read_word(const struct reading *r, const char *const *words, uint32_t n, uint8_t *ret)
{
    char all[128] = "";
    size_t used = 0;
    if (!want_scalar(r, "a word"))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (str_equal(str_of(words[i]), r->node->text)) {
            *ret = (uint8_t)i;
            return true;
        }
        used +=
            (size_t)snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", words[i]);
        CHECK(used < sizeof all);
    }
    return refuse(r, "'%s' is none of %s", r->node->text.p, all);
}

/* --- lists ---------------------------------------------------------------------------------- */

/* Calls each for every member; each is told which one it is. */
static bool read_list(const struct key *key, struct reading *r,
                      bool (*each)(struct reading *r, uint32_t i), uint32_t *ret_n)
{
    const struct tree_node *list = r->node;
    uint32_t n = 0;
    if (list->kind != TREE_LIST)
        return refuse(r, "%s is wanted here; write [a, b]", key_type_text(key->type));
    for (const struct tree_node *m = list->first; m != NULL; m = m->next) {
        r->node = m;
        if (n == key->max)
            return refuse(r, "more than %lld entries; remove some", (long long)key->max);
        if (!each(r, n++))
            return false;
    }
    r->node = list;
    if (n < key->min)
        return refuse(r, "an empty list; at least %lld is needed", (long long)key->min);
    *ret_n = n;
    return true;
}

static bool read_window(struct reading *r, uint32_t i)
{
    struct window_setting *w = r->config->settings.window;
    if (!want_scalar(r, "a window"))
        return false;
    if (!window_setting_parse(r->node->text, &w[i]))
        return refuse(r,
                      "'%s' is no window; write 10s to 400d in whole seconds, today, week or "
                      "month",
                      r->node->text.p);
    for (uint32_t j = 0; j < i; j++)
        if (strcmp(w[i].name, w[j].name) == 0)
            return refuse(r, "window %s is listed twice; remove one", w[i].name);
    return true;
}

static bool read_round(struct reading *r, uint32_t i)
{
    ms_t *round = r->config->settings.follow_up;
    if (!read_duration(r, MS_SECOND, 400 * MS_DAY, &round[i]))
        return false;
    if (i > 0 && round[i] <= round[i - 1])
        return refuse(r, "a round is longer than the one before it; write the shortest first");
    return true;
}

static bool read_scope(struct reading *r, uint32_t i)
{
    int scope = scope_find(r->node->text);
    if (i == 0)
        r->config->settings.scopes = 1u << SCOPE_ALL;
    if (scope < 0)
        return refuse(r,
                      "'%s' is no scope; there are all, agent, team, channel, priority, "
                      "category",
                      r->node->text.p);
    r->config->settings.scopes |= 1u << scope;
    return true;
}

static struct config_texts *texts_of(const struct key *key, struct config *c)
{
    return (struct config_texts *)(void *)((char *)c + key->place);
}

/* May the daemon use the endpoint as things are? */
static bool is_guarded(const struct key *key, const struct reading *r, const char *endpoint)
{
    const struct config *c = r->config;
    if (endpoint_is_local(endpoint) || c->insecure)
        return true;
    return key->place == offsetof(struct config, events_connect)
               ? security_publisher(c->security, endpoint) != NULL
               : c->server_key[0] != 0;
}

static bool read_texts(const struct key *key, struct reading *r)
{
    struct config_texts *texts = texts_of(key, r->config);
    const struct tree_node *list = r->node;
    memset(texts, 0, sizeof *texts);
    if (list->kind != TREE_LIST)
        return refuse(r, "%s is wanted here; write [a, b]", key_type_text(key->type));
    for (const struct tree_node *m = list->first; m != NULL; m = m->next) {
        r->node = m;
        if (texts->n == CONFIG_TEXTS_MAX)
            return refuse(r, "more than %d entries; remove some", CONFIG_TEXTS_MAX);
        char *text = texts->at[texts->n++];
        if (!read_text(r, text, sizeof texts->at[0]))
            return false;
        if (key->type != KEY_ENDPOINTS)
            continue;
        const char *wrong = endpoint_check(text);
        if (wrong != NULL)
            return refuse(r, "'%s': %s", text, wrong);
        if (!is_guarded(key, r, text))
            return refuse(r,
                          "%s lies beyond this machine, and nothing on it is encrypted or "
                          "checked; use 127.0.0.1, give %s, or say `insecure: true`",
                          text,
                          key->place == offsetof(struct config, events_connect)
                              ? "its key in security.publishers"
                              : "security.server_key");
    }
    r->node = list;
    if (texts->n < key->min)
        return refuse(r, "an empty list; at least %lld is needed", (long long)key->min);
    return true;
}

static bool read_zone(struct reading *r)
{
    const char *why = NULL;
    if (!want_scalar(r, "a zone name") || !read_text(r, r->config->zone, sizeof r->config->zone))
        return false;
    return tz_compile(r->config->zone, &r->config->settings.zone, &why) == 0 ||
           refuse(r, "'%s': %s", r->config->zone, why);
}

static bool read_pair(struct reading *r)
{
    struct curve_pair pair;
    const char *why;
    char *place = r->config->server_key;
    place[0] = 0;
    if (r->node->kind == TREE_SCALAR && r->node->text.len == 0)
        return true;
    bool elsewhere = strcmp(r->tree->name, CONFIG_NO_FILE) == 0; /* nothing here is meant */
    bool credential = r->node->kind == TREE_SCALAR &&
                      strncmp(r->node->text.p, CURVE_CREDENTIAL, strlen(CURVE_CREDENTIAL)) == 0;
    bool fine = elsewhere || credential ? read_text(r, place, CONFIG_PATH_BYTES_MAX + 1)
                                        : read_path(r, place, CONFIG_PATH_BYTES_MAX + 1);
    if (elsewhere || !fine)
        return fine;
    fine = curve_read(place, &pair, &why);
    curve_forget(&pair);
    return fine || refuse(r, "%s %s", place, why);
}

bool key_read(const struct key *key, struct reading *r)
{
    void *place = (char *)r->config + key->place;
    uint32_t n;
    switch ((enum key_type)key->type) {
    case KEY_TARGET:
        if (str_equal(r->node->text, str_of("none"))) {
            *(ms_t *)place = 0;
            return true;
        }
        return read_duration(r, key->min, key->max, place);
    case KEY_DURATION:
        return read_duration(r, key->min, key->max, place);
    case KEY_COUNT:
        return read_count(r, key->min, key->max, place);
    case KEY_FLAG:
        return read_word(r, flags, ARRAY_LEN(flags), place);
    case KEY_WEEKDAY:
        return read_word(r, weekdays, ARRAY_LEN(weekdays), place);
    case KEY_LANGUAGE:
        return read_word(r, languages, ARRAY_LEN(languages), place);
    case KEY_LEVEL:
        return read_word(r, log_level_names, LOG_LEVELS, place);
    case KEY_ENDPOINTS:
    case KEY_TOPICS:
        return read_texts(key, r);
    case KEY_WINDOWS:
        memset(place, 0, key->size);
        return read_list(key, r, read_window, &r->config->settings.windows);
    case KEY_ROUNDS:
        memset(place, 0, key->size);
        return read_list(key, r, read_round, &n);
    case KEY_SCOPES:
        return read_list(key, r, read_scope, &n);
    case KEY_ZONE:
        return read_zone(r);
    case KEY_PATH:
        return read_text(r, place, key->size);
    case KEY_RULES:
        memset(place, 0, key->size);
        return read_list(key, r, rule_read, &r->config->settings.rules);
    case KEY_CALENDARS:
        return read_list(key, r, calendar_read, &n);
    case KEY_POLICIES:
        return read_list(key, r, policy_read, &n);
    case KEY_SCORECARDS:
        return read_list(key, r, scorecard_read, &n);
    case KEY_PAIR:
        return read_pair(r);
    case KEY_CLIENTS:
        return read_list(key, r, security_client_read, &n);
    case KEY_PUBLISHERS:
        return read_list(key, r, security_publisher_read, &n);
    case KEY_TYPES:
        break;
    }
    CHECK(false); /* a key without a type */
    return false;
}
