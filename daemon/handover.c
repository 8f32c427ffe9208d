#include "daemon/handover.h"

#include "proto/alert_words.h"

#include <stdio.h>

static const struct recent *ring_of(const struct handover *h)
{
    return &h->delivery->bus->recent;
}

/* The message with that number; false: it is not kept. */
static bool parse(const struct handover *h, uint64_t number, struct message *ret)
{
    struct str topic, bytes;
    return recent_get(ring_of(h), number, &topic, &bytes) &&
           message_parse(ret, h->delivery->nodes, MESSAGE_NODES_MAX, bytes.p, bytes.len) == 0;
}

static bool key_of(const struct message *m, uint64_t *ret_id, uint64_t *ret_rev)
{
    int64_t rev = 0;
    if (!alert_id_parse(message_text(m, "alert_id"), ret_id) || !message_int(m, "rev", &rev))
        return false; /* a digest */
    *ret_rev = (uint64_t)rev;
    return true;
}

/* --- as the primary ------------------------------------------------------------------------- */

/* Alerts of kind ops are a daemon's own: a standby has no such one. */
static bool is_shared(const struct message *m)
{
    return !str_equal(message_text(m, "kind"), str_of("ops"));
}

static void look(void *data)
{
    struct handover *h = data;
    const struct recent *ring = ring_of(h);
    struct message m;
    h->own.n = 0;
    for (uint32_t i = 0; i < h->delivery->n; i++) {
        const struct delivery_to *to = h->delivery->to[i];
        struct undelivered *u = &h->own.at[h->own.n];
        uint64_t n = to->next < ring->first ? ring->first : to->next;
        for (int k = 0; k < HANDOVER_SCANNED && n < ring->next; k++, n++)
            if (parse(h, n, &m) && is_shared(&m) && key_of(&m, &u->alert_id, &u->rev)) {
                snprintf(u->receiver, sizeof u->receiver, "%s", to->receiver.name);
                h->own.n++;
                break;
            }
    }
}

/* --- as the standby that takes over --------------------------------------------------------- */

/* Where the ring has that alert, or what was told shortly before it; its beginning, if it is older
 * than that. */
static uint64_t place_of(const struct handover *h, const struct undelivered *u)
{
    const struct recent *ring = ring_of(h);
    struct message m;
    uint64_t n = ring->next, id = 0, rev = 0;
    int64_t at = 0, then = 0;
    while (n > ring->first) {
        n--;
        if (!parse(h, n, &m) || !key_of(&m, &id, &rev) || id != u->alert_id || rev != u->rev)
            continue;
        (void)message_int(&m, "at", &at);
        while (n > ring->first && parse(h, n - 1, &m) && message_int(&m, "at", &then) &&
               then + HANDOVER_SLACK_MS >= at)
            n--;
        break;
    }
    return n;
}

static void resume(struct handover *h)
{
    const struct undelivered_list *theirs = &h->standby->undelivered;
    for (uint32_t i = 0; i < h->delivery->n; i++) {
        struct delivery_to *to = h->delivery->to[i];
        for (uint32_t k = 0; k < theirs->n; k++) {
            if (strcmp(theirs->at[k].receiver, to->receiver.name) != 0)
                continue;
            uint64_t place = place_of(h, &theirs->at[k]);
            to->next = place < to->next ? place : to->next;
            log_info(h->delivery->log, "receiver waited", "receiver=%s alerts=%llu",
                     to->receiver.name, (unsigned long long)(ring_of(h)->next - to->next));
        }
    }
}

/* --- turns ---------------------------------------------------------------------------------- */

void handover_init(struct handover *h, struct delivery *d, struct standby *s)
{
    *h = (struct handover){.delivery = d, .standby = s};
    d->outlet->undelivered = &h->own;
    d->outlet->beats = look;
    d->outlet->beats_data = h;
}

void handover_work(struct handover *h, ms_t at, uint64_t now)
{
    if (h->standby->on) {
        delivery_skip(h->delivery, h->standby->upto);
        h->stood_by = true;
        return;
    }
    if (h->stood_by)
        resume(h);
    h->stood_by = false;
    delivery_work(h->delivery, at, now);
}
