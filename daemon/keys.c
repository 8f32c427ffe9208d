#include "daemon/keys.h"

#include "daemon/calendars.h"
#include "daemon/credential.h"
#include "daemon/customs.h"
#include "daemon/endpoint.h"
#include "daemon/policies.h"
#include "daemon/receivers.h"
#include "daemon/rules.h"
#include "daemon/scorecards.h"
#include "daemon/security.h"
#include "daemon/tz.h"

#include <stdio.h>

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
        [KEY_PERCENT] = "a share in whole percent (20%)",
        [KEY_FLAG] = "true or false",
        [KEY_ENDPOINTS] = "a list of endpoints (tcp://ADDRESS:PORT or :*, ipc://PATH)",
        [KEY_ADDRESS] = "ADDRESS:PORT or ADDRESS:*, or none",
        [KEY_FILE] = "a path, or credential:NAME",
        [KEY_TOPICS] = "a list of topic prefixes",
        [KEY_NAMED] = "a list of endpoints that are named under sockets",
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
        [KEY_CUSTOMS] = "a list of indicators",
        [KEY_PAIR] = "the path of a key file, credential:NAME, or empty",
        [KEY_CLIENTS] = "a list of clients",
        [KEY_PUBLISHERS] = "a list of publishers",
        [KEY_RECEIVERS] = "a list of receivers",
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

bool read_full_name(const struct reading *r, char *ret)
{
    return read_text(r, ret, NAME_BYTES_MAX + 1) &&
           (ret[0] != 0 || refuse(r, "an empty name; write one, or leave the key out"));
}

/* "~" is the shell's, and no null either. */
static bool refuse_tilde(const struct reading *r)
{
    const char *p = r->node->text.p;
    if (r->node->kind != TREE_SCALAR || p[0] != '~' || (p[1] != 0 && p[1] != '/'))
        return true;
    return refuse(r, "'%s' is a path only in a shell; write the whole one", p);
}

bool read_path(const struct reading *r, char *ret, size_t cap)
{
    char text[CONFIG_PATH_BYTES_MAX + 1] = "";
    const char *name = r->tree->name, *slash = strrchr(name, '/');
    if (!read_text(r, text, sizeof text) || !refuse_tilde(r))
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
    if (text.len > 1 && text.p[0] == '0')
        return refuse(r, "'%s' begins with 0, which some read as octal; write it without", text.p);
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

/* "20%". */
static bool read_percent(const struct reading *r, int64_t min, int64_t max, uint32_t *ret)
{
    struct str text = r->node->text;
    uint32_t value = 0, digits = text.len - 1;
    if (!want_scalar(r, "a share like 20%"))
        return false;
    bool fine = digits >= 1 && digits <= 3 && text.p[digits] == '%';
    for (uint32_t i = 0; fine && i < digits; i++) {
        fine = text.p[i] >= '0' && text.p[i] <= '9';
        value = value * 10 + (uint32_t)(text.p[i] - '0');
    }
    if (!fine || value < min || value > max)
        return refuse(r, "'%s' is no share; write %lld%% to %lld%% in whole percent", text.p,
                      (long long)min, (long long)max);
    *ret = value;
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

/* Is the other side the server there? */
static bool we_connect(const struct key *key)
{
    return key->place == offsetof(struct config, events_connect) ||
           key->place == offsetof(struct config, primary);
}

/* May the daemon use the endpoint as things are? */
static bool is_guarded(const struct key *key, const struct reading *r, const char *endpoint)
{
    const struct config *c = r->config;
    if (endpoint_is_local(endpoint) || c->insecure)
        return true;
    return we_connect(key) ? security_publisher(c->security, endpoint) != NULL
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
            return refuse(
                r,
                "%s lies beyond this machine, and nothing on it is encrypted or "
                "checked; use 127.0.0.1, give %s, or say `insecure: true`",
                text, we_connect(key) ? "its key in security.publishers" : "security.server_key");
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

bool read_file_name(const struct reading *r, char *ret, size_t cap)
{
    bool text = r->node->kind == TREE_SCALAR;
    bool credential = text && credential_is(r->node->text.p);
    ret[0] = 0;
    if (text && r->node->text.len == 0)
        return true;
    bool elsewhere = strcmp(r->tree->name, CONFIG_NO_FILE) == 0;
    return elsewhere || credential ? read_text(r, ret, cap) : read_path(r, ret, cap);
}

static bool read_pair(struct reading *r, char *file, size_t cap)
{
    struct curve_pair pair;
    const char *why;
    if (!read_file_name(r, file, cap))
        return false;
    if (file[0] == 0 || strcmp(r->tree->name, CONFIG_NO_FILE) == 0) /* nothing here is meant */
        return true;
    bool fine = curve_read(file, &pair, &why);
    curve_forget(&pair);
    return fine || refuse(r, "%s %s", file, why);
}

/* Checked as the TCP endpoint that it is. */
static bool read_address(const struct reading *r, char *ret, size_t cap)
{
    char endpoint[CONFIG_TEXT_BYTES_MAX + sizeof "tcp://"];
    if (!want_scalar(r, "an address, or none") || !read_text(r, ret, cap))
        return false;
    if (strcmp(ret, "none") == 0) {
        ret[0] = 0;
        return true;
    }
    snprintf(endpoint, sizeof endpoint, "tcp://%s", ret);
    const char *wrong = endpoint_check(endpoint);
    if (wrong != NULL)
        return refuse(r, "'%s': %s (without tcp://)", ret, wrong);
    if (!endpoint_is_local(endpoint) && r->config->http.token_file[0] == 0)
        return refuse(r,
                      "%s can be reached from other machines; name a file with a bearer token in "
                      "http.token_file, or use 127.0.0.1",
                      ret);
    return true;
}

static bool read_customs(const struct key *key, struct reading *r)
{
    struct customs *all = &r->config->settings.customs;
    uint32_t n;
    memset(all, 0, sizeof *all);
    if (!read_list(key, r, custom_read_entry, &n))
        return false;
    custom_settle(all);
    return true;
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
    case KEY_PERCENT:
        return read_percent(r, key->min, key->max, place);
    case KEY_FLAG:
        return read_word(r, flags, ARRAY_LEN(flags), place);
    case KEY_WEEKDAY:
        return read_word(r, weekdays, ARRAY_LEN(weekdays), place);
    case KEY_LANGUAGE:
        return read_word(r, languages, ARRAY_LEN(languages), place);
    case KEY_LEVEL:
        return read_word(r, log_level_names, LOG_LEVELS, place);
    case KEY_ADDRESS:
        return read_address(r, place, key->size);
    case KEY_FILE:
        return read_file_name(r, place, key->size);
    case KEY_ENDPOINTS:
    case KEY_TOPICS:
    case KEY_NAMED:
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
        return read_text(r, place, key->size) && refuse_tilde(r);
    case KEY_RULES:
        memset(place, 0, key->size);
        return read_list(key, r, rule_read, &r->config->settings.rules);
    case KEY_CUSTOMS:
        return read_customs(key, r);
    case KEY_CALENDARS:
        return read_list(key, r, calendar_read, &n);
    case KEY_POLICIES:
        return read_list(key, r, policy_read, &n);
    case KEY_SCORECARDS:
        return read_list(key, r, scorecard_read, &n);
    case KEY_PAIR:
        return read_pair(r, place, key->size);
    case KEY_CLIENTS:
        return read_list(key, r, security_client_read, &n);
    case KEY_RECEIVERS:
        return read_list(key, r, receiver_read, &n);
    case KEY_PUBLISHERS:
        return read_list(key, r, security_publisher_read, &n);
    case KEY_TYPES:
        break;
    }
    CHECK(false); /* a key without a type */
    return false;
}
