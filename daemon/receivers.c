#include "daemon/receivers.h"

#include "proto/topic.h"

#include <stdlib.h>

static bool read_name(struct reading *r, void *item)
{
    struct receiver *receiver = item;
    if (!read_text(r, receiver->name, sizeof receiver->name))
        return false;
    if (receiver->name[0] == 0)
        return refuse(r, "empty; give the receiver a name, the log carries it");
    const struct receivers *all = r->config->receivers;
    for (uint32_t i = 0; i < all->n; i++)
        if (strcmp(all->at[i].name, receiver->name) == 0)
            return refuse(r, "two receivers are called %s; rename one", receiver->name);
    return true;
}

static bool read_url(struct reading *r, struct receiver *receiver, enum receiver_kind kind)
{
    if (receiver->kind != RECEIVER_NONE)
        return refuse(r, "a receiver is either an alertmanager or a webhook; make two of it");
    if (!read_text(r, receiver->url, sizeof receiver->url))
        return false;
    const char *host = strncmp(receiver->url, "http://", 7) == 0    ? receiver->url + 7
                       : strncmp(receiver->url, "https://", 8) == 0 ? receiver->url + 8
                                                                    : "";
    for (const char *p = host; *p != 0; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7F)
            host = "";
    if (host[0] == 0 || host[0] == '/')
        return refuse(r, "'%s' is no address; write http://HOST:PORT or https://HOST/PATH",
                      receiver->url);
    receiver->kind = (uint8_t)kind;
    return true;
}

static bool read_alertmanager(struct reading *r, void *item)
{
    return read_url(r, item, RECEIVER_ALERTMANAGER);
}

static bool read_webhook(struct reading *r, void *item)
{
    return read_url(r, item, RECEIVER_WEBHOOK);
}

static bool read_token(struct reading *r, void *item)
{
    struct receiver *receiver = item;
    return read_file_name(r, receiver->token_file, sizeof receiver->token_file);
}

static bool read_prefix(struct reading *r, uint32_t i, void *item)
{
    struct receiver *receiver = item;
    if (!read_text(r, receiver->prefix[i], sizeof receiver->prefix[i]))
        return false;
    receiver->prefixes = i + 1;
    return topic_matches(str_of("alert."), str_of(receiver->prefix[i])) ||
           refuse(r, "'%s' is no prefix of alerts; they begin with alert.", receiver->prefix[i]);
}

static bool read_prefixes(struct reading *r, void *item)
{
    return entries_read(r, RECEIVER_PREFIXES_MAX, read_prefix, item);
}

static bool read_timeout(struct reading *r, void *item)
{
    return read_duration(r, 100, 5 * (ms_t)MS_MINUTE, &((struct receiver *)item)->timeout);
}

static bool read_resend(struct reading *r, void *item)
{
    return read_duration(r, MS_SECOND, MS_HOUR, &((struct receiver *)item)->resend);
}

static bool read_failing_after(struct reading *r, void *item)
{
    return read_duration(r, 0, MS_DAY, &((struct receiver *)item)->failing_after);
}

static const struct member table[] = {
    {"name", NULL, "Its name; log and status carry it.", read_name},
    {"alertmanager", "",
     "Where an Alertmanager is, http://HOST:9093: alerts go to its API v2 and are resolved there.",
     read_alertmanager},
    {"webhook", "", "Or a URL that alerts are posted to as JSON, the fields of PROTOCOL.md.",
     read_webhook},
    {"token_file", "none", "File (or credential:NAME) with the bearer token it wants.", read_token},
    {"prefixes", "[alert.]", "Only alerts whose topic begins with one of these, at most 8.",
     read_prefixes},
    {"timeout", "10s", "A delivery that takes longer has failed and is tried again.", read_timeout},
    {"resend", "1m",
     "How often Alertmanager is told again of what is active; without news it takes alerts for "
     "resolved after four times this.",
     read_resend},
    {"failing_after", "5m",
     "When every delivery failed for so long, an alert of kind ops (`receiver`) tells everybody "
     "else. 0: never.",
     read_failing_after},
};
const struct members receiver_members = {
    "receiver", "- {name: ..., alertmanager: ...}",
    "receivers:\n"
    "  - {name: ops, alertmanager: \"http://127.0.0.1:9093\"}\n"
    "  - {name: chat, webhook: \"https://chat.example.org/hook\", prefixes: "
    "[alert.sla.breached.]}\n",
    ARRAY_LEN(table), table};

bool receiver_read(struct reading *r, uint32_t i)
{
    struct config *c = r->config;
    if (c->receivers == NULL)
        c->receivers = calloc(1, sizeof *c->receivers);
    if (c->receivers == NULL)
        return refuse(r, "no memory");
    struct receiver *receiver = &c->receivers->at[i];
    *receiver = (struct receiver){.timeout = 10 * (ms_t)MS_SECOND,
                                  .resend = MS_MINUTE,
                                  .failing_after = 5 * (ms_t)MS_MINUTE,
                                  .prefixes = 1,
                                  .prefix = {"alert."}};
    if (!members_read(r, &receiver_members, receiver))
        return false;
    if (receiver->kind == RECEIVER_NONE)
        return refuse(r, "a receiver without `alertmanager` or `webhook`; add one");
    c->receivers->n = i + 1;
    return true;
}

bool receiver_wants(const struct receiver *r, struct str topic)
{
    for (uint32_t i = 0; i < r->prefixes; i++)
        if (topic_matches(str_of(r->prefix[i]), topic))
            return true;
    return false;
}
