#include "daemon/terms.h"

#include <stdlib.h>
#include <zstd.h>

enum { LEVEL = 3, TERMS_VERSION = 1 };

/* In front of the compressed structs. */
struct head {
    char magic[8];
    uint64_t layout;
    uint32_t raw; /* bytes of the structs */
    uint32_t has_sla;
};

static const char magic[8] = {'T', 'P', 'T', 'E', 'R', 'M', 'S', '\n'};

/* Where every field lies: a daemon with other structs must not believe these bytes. */
static uint64_t layout(void)
{
#define AT(type, field) offsetof(struct type, field)
    const uint64_t places[] = {
        TERMS_VERSION,
        sizeof(struct limits),
        AT(limits, history),
        AT(limits, ticket_events),
        AT(limits, calls),
        AT(limits, chunks),
        AT(limits, ids),
        AT(limits, alerts),
        sizeof(struct settings),
        AT(settings, scopes),
        AT(settings, window),
        AT(settings, week_start),
        AT(settings, zone),
        AT(settings, target),
        AT(settings, lateness),
        AT(settings, fcr_horizon),
        AT(settings, short_abandon),
        AT(settings, remember_ids),
        AT(settings, exact_samples),
        AT(settings, hold_max),
        AT(settings, sla),
        AT(settings, rules),
        AT(settings, rule),
        sizeof(struct rule_setting),
        AT(rule_setting, fire),
        AT(rule_setting, hold),
        AT(rule_setting, name),
        AT(rule_setting, label),
        TARGET_N,
        IND_N,
        sizeof(struct sla_setting),
        AT(sla_setting, policy),
        sizeof(struct calendar_setting),
        sizeof(struct policy_setting),
        AT(policy_setting, calendar),
        AT(policy_setting, metric),
        sizeof(struct policy_metric),
        AT(policy_metric, overdue),
        AT(policy_metric, pause),
        SLA_METRICS,
        POLICY_ATTRIBUTES,
    };
#undef AT
    return hash_bytes(1, places, sizeof places);
}

bool terms_copy(struct terms *ret, const struct limits *limits, const struct settings *settings,
                ms_t started_at)
{
    memset(ret, 0, sizeof *ret);
    ret->limits = *limits;
    memcpy(&ret->settings, settings, sizeof *settings);
    ret->started_at = started_at;
    if (settings->sla != NULL && settings->sla->policies > 0) {
        ret->sla = malloc(sizeof *ret->sla);
        if (ret->sla == NULL)
            return false;
        memcpy(ret->sla, settings->sla, sizeof *ret->sla);
    }
    ret->settings.sla = ret->sla;
    return true;
}

void terms_fini(struct terms *t)
{
    free(t->sla);
    memset(t, 0, sizeof *t);
}

bool terms_fit(const struct terms *a, const struct terms *b)
{
    return memcmp(&a->limits, &b->limits, sizeof a->limits) == 0 &&
           a->settings.seed == b->settings.seed &&
           settings_differ(&a->settings, &b->settings) == NULL;
}

bool terms_same(const struct terms *a, const struct terms *b)
{
    struct settings left, right;
    memcpy(&left, &a->settings, sizeof left);
    memcpy(&right, &b->settings, sizeof right);
    left.sla = right.sla = NULL;
    return memcmp(&a->limits, &b->limits, sizeof a->limits) == 0 &&
           memcmp(&left, &right, sizeof left) == 0 && (a->sla == NULL) == (b->sla == NULL) &&
           (a->sla == NULL || memcmp(a->sla, b->sla, sizeof *a->sla) == 0);
}

/* limits, started_at, settings, then sla if there is one. */
static uint32_t raw_bytes(bool has_sla)
{
    return (uint32_t)(sizeof(struct limits) + sizeof(ms_t) + sizeof(struct settings) +
                      (has_sla ? sizeof(struct sla_setting) : 0));
}

void *terms_pack(const struct terms *t, uint32_t *ret_n)
{
    struct head head = {.layout = layout(), .has_sla = t->sla != NULL};
    memcpy(head.magic, magic, sizeof magic);
    head.raw = raw_bytes(t->sla != NULL);
    size_t most = ZSTD_compressBound(head.raw);
    uint8_t *raw = malloc(head.raw), *p = raw, *bytes = malloc(sizeof head + most);
    if (raw != NULL && bytes != NULL) {
        struct settings s;
        memcpy(&s, &t->settings, sizeof s);
        s.sla = NULL;
        memcpy(p, &t->limits, sizeof t->limits);
        p += sizeof t->limits;
        memcpy(p, &t->started_at, sizeof t->started_at);
        p += sizeof t->started_at;
        memcpy(p, &s, sizeof s);
        if (t->sla != NULL)
            memcpy(p + sizeof s, t->sla, sizeof *t->sla);
        size_t n = ZSTD_compress(bytes + sizeof head, most, raw, head.raw, LEVEL);
        CHECK(!ZSTD_isError(n)); /* there was room */
        memcpy(bytes, &head, sizeof head);
        *ret_n = (uint32_t)(sizeof head + n);
    } else {
        free(bytes);
        bytes = NULL;
    }
    free(raw);
    return bytes;
}

static bool unpack(struct terms *ret, const uint8_t *raw, bool has_sla)
{
    const char *why;
    memcpy(&ret->limits, raw, sizeof ret->limits);
    raw += sizeof ret->limits;
    memcpy(&ret->started_at, raw, sizeof ret->started_at);
    raw += sizeof ret->started_at;
    memcpy(&ret->settings, raw, sizeof ret->settings);
    raw += sizeof ret->settings;
    ret->settings.sla = NULL;
    if (has_sla) {
        ret->sla = malloc(sizeof *ret->sla);
        if (ret->sla == NULL)
            return false;
        memcpy(ret->sla, raw, sizeof *ret->sla);
        ret->settings.sla = ret->sla;
    }
    return settings_check(&ret->settings, &why) == 0;
}

bool terms_unpack(struct terms *ret, const void *bytes, uint64_t n)
{
    struct head head;
    memset(ret, 0, sizeof *ret);
    if (n < sizeof head)
        return false;
    memcpy(&head, bytes, sizeof head);
    if (memcmp(head.magic, magic, sizeof magic) != 0 || head.layout != layout() ||
        head.has_sla > 1 || head.raw != raw_bytes(head.has_sla == 1))
        return false;
    uint8_t *raw = malloc(head.raw);
    size_t got = raw == NULL ? 0
                             : ZSTD_decompress(raw, head.raw, (const uint8_t *)bytes + sizeof head,
                                               n - sizeof head);
    bool fine = raw != NULL && got == head.raw && unpack(ret, raw, head.has_sla == 1);
    free(raw);
    if (!fine)
        terms_fini(ret);
    return fine;
}
