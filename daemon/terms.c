#include "daemon/terms.h"

#include "core/slice.h"

#include <stdlib.h>
#include <zstd.h>

enum { LEVEL = 3, TERMS_VERSION = 1 };

/* In front of the compressed structs. */
struct head {
    char magic[8];
    uint64_t layout;
    uint32_t raw; /* bytes of the structs */
    uint8_t has_sla, has_cards;
    uint8_t pad[2]; /* 0 */
    uint64_t sum;   /* of the structs: damage must not be believed, not for one bool */
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
        sizeof(struct scorecards),
        sizeof(struct scorecard),
        AT(settings, compared),
        AT(settings, cards),
        AT(settings, customs),
        AT(customs, measure),
        AT(customs, at),
        sizeof(struct custom_setting),
        AT(custom_setting, unit),
        AT(custom_setting, name),
        AT(custom_setting, kind),
        AT(custom_setting, num),
        AT(custom_setting, row),
        SIDE_COUNT,
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

/* A copy of something on the heap; NULL stays NULL. */
static bool copy_of(void *ret, const void *from, size_t n)
{
    void *p = from == NULL ? NULL : malloc(n);
    if (p != NULL)
        memcpy(p, from, n);
    memcpy(ret, &p, sizeof p);
    return from == NULL || p != NULL;
}

bool terms_copy(struct terms *ret, const struct limits *limits, const struct settings *settings,
                ms_t started_at)
{
    memset(ret, 0, sizeof *ret);
    ret->limits = *limits;
    memcpy(&ret->settings, settings, sizeof *settings);
    ret->settings.sla = NULL;
    ret->settings.cards = NULL;
    ret->started_at = started_at;
    struct time_slice slice[SLICES_MAX];
    /* Without policies its calendars still say by which hours rules and cards count. */
    bool any =
        settings->sla != NULL && (settings->sla->policies > 0 || slices_of(settings, slice) > 0);
    if (!copy_of(&ret->sla, any ? settings->sla : NULL, sizeof *ret->sla) ||
        !copy_of(&ret->cards, settings->cards, sizeof *ret->cards)) {
        terms_fini(ret);
        return false;
    }
    ret->settings.sla = ret->sla;
    ret->settings.cards = ret->cards;
    return true;
}

void terms_fini(struct terms *t)
{
    free(t->sla);
    free(t->cards);
    memset(t, 0, sizeof *t);
}

bool terms_fit(const struct terms *a, const struct terms *b)
{
    return memcmp(&a->limits, &b->limits, sizeof a->limits) == 0 &&
           a->settings.seed == b->settings.seed &&
           settings_differ(&a->settings, &b->settings) == NULL;
}

static bool alike(const void *a, const void *b, size_t n)
{
    return (a == NULL) == (b == NULL) && (a == NULL || memcmp(a, b, n) == 0);
}

bool terms_same(const struct terms *a, const struct terms *b)
{
    struct settings left, right;
    memcpy(&left, &a->settings, sizeof left);
    memcpy(&right, &b->settings, sizeof right);
    left.sla = right.sla = NULL;
    left.cards = right.cards = NULL;
    return memcmp(&a->limits, &b->limits, sizeof a->limits) == 0 &&
           alike(&left, &right, sizeof left) && alike(a->sla, b->sla, sizeof *a->sla) &&
           alike(a->cards, b->cards, sizeof *a->cards);
}

/* limits, started_at, settings, then sla and cards where they are. */
static uint32_t raw_bytes(const struct head *h)
{
    return (uint32_t)(sizeof(struct limits) + sizeof(ms_t) + sizeof(struct settings) +
                      (h->has_sla ? sizeof(struct sla_setting) : 0) +
                      (h->has_cards ? sizeof(struct scorecards) : 0));
}

static uint8_t *put(uint8_t *to, const void *from, size_t n)
{
    memcpy(to, from, n);
    return to + n;
}

static void put_all(uint8_t *raw, const struct terms *t)
{
    struct settings s;
    memcpy(&s, &t->settings, sizeof s);
    s.sla = NULL;
    s.cards = NULL;
    raw = put(raw, &t->limits, sizeof t->limits);
    raw = put(raw, &t->started_at, sizeof t->started_at);
    raw = put(raw, &s, sizeof s);
    if (t->sla != NULL)
        raw = put(raw, t->sla, sizeof *t->sla);
    if (t->cards != NULL)
        put(raw, t->cards, sizeof *t->cards);
}

void *terms_pack(const struct terms *t, uint32_t *ret_n)
{
    struct head head = {
        .layout = layout(), .has_sla = t->sla != NULL, .has_cards = t->cards != NULL};
    memcpy(head.magic, magic, sizeof magic);
    head.raw = raw_bytes(&head);
    size_t most = ZSTD_compressBound(head.raw);
    uint8_t *raw = malloc(head.raw), *bytes = malloc(sizeof head + most);
    if (raw != NULL && bytes != NULL) {
        put_all(raw, t);
        head.sum = hash_bytes(head.raw, raw, head.raw);
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

static const uint8_t *get(void *to, const uint8_t *from, size_t n)
{
    memcpy(to, from, n);
    return from + n;
}

static bool unpack(struct terms *ret, const uint8_t *raw, const struct head *h)
{
    const char *why;
    raw = get(&ret->limits, raw, sizeof ret->limits);
    raw = get(&ret->started_at, raw, sizeof ret->started_at);
    raw = get(&ret->settings, raw, sizeof ret->settings);
    if (!copy_of(&ret->sla, h->has_sla ? raw : NULL, sizeof *ret->sla))
        return false;
    raw += h->has_sla ? sizeof *ret->sla : 0;
    if (!copy_of(&ret->cards, h->has_cards ? raw : NULL, sizeof *ret->cards))
        return false;
    ret->settings.sla = ret->sla;
    ret->settings.cards = ret->cards;
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
        head.has_sla > 1 || head.has_cards > 1 || head.raw != raw_bytes(&head) ||
        head.pad[0] != 0 || head.pad[1] != 0)
        return false;
    uint8_t *raw = malloc(head.raw);
    size_t got = raw == NULL ? 0
                             : ZSTD_decompress(raw, head.raw, (const uint8_t *)bytes + sizeof head,
                                               n - sizeof head);
    bool fine = raw != NULL && got == head.raw && hash_bytes(head.raw, raw, head.raw) == head.sum &&
                unpack(ret, raw, &head);
    free(raw);
    if (!fine)
        terms_fini(ret);
    return fine;
}
