#include "daemon/web/resume.h"

#include <stdio.h>
#include <stdlib.h>

/* Where that number stands in the stream: of which run, and its seq there. */
static const char *run_of(const struct bus *bus, uint64_t number, uint64_t *ret_seq)
{
    const struct runs_of *run = bus->runs == NULL ? NULL : runs_find(bus->runs, number);
    uint64_t base = run == NULL ? bus->base : run->base;
    *ret_seq = number > base ? number - base : 0;
    return run == NULL ? bus->run : run->id;
}

/* "RUN-SEQ" of a run that we know? */
static bool place_of(const struct bus *bus, const char *id, uint64_t *ret_next)
{
    char *end = NULL;
    size_t n = strcspn(id, "-");
    struct str run = {id, (uint32_t)n};
    if (id[n] != '-' || id[n + 1] < '0' || id[n + 1] > '9')
        return false;
    unsigned long long seq = strtoull(id + n + 1, &end, 10);
    uint64_t seen = bus->base + seq;
    bool known = str_equal(run, str_of(bus->run))
                     ? seq <= bus->seq[STREAM_ALERT]
                     : bus->runs != NULL && runs_number(bus->runs, run, seq, &seen);
    if (!known || *end != 0)
        return false;
    *ret_next = seen + 1;
    return true;
}

void resume_begin(struct resume *r, const struct bus *bus, const char *last_id)
{
    *r = (struct resume){.upto = bus->base + bus->seq[STREAM_ALERT]};
    r->next = r->upto + 1;
    r->known = last_id != NULL && place_of(bus, last_id, &r->next);
}

/* What a reader hears first: whether it has missed nothing (resumed), or begins anew. */
static int greet(struct resume *r, const struct bus *bus, char *buf, size_t cap)
{
    uint64_t seq;
    r->greeted = true;
    r->next = r->known ? r->next : r->upto + 1;
    const char *run = run_of(bus, r->known ? r->next - 1 : r->upto, &seq);
    int n = snprintf(buf, cap,
                     "retry: 2000\nid: %s-%llu\nevent: hello\n"
                     "data: {\"run\":\"%s\",\"upto_seq\":%llu,\"resumed\":%s}\n\n",
                     run, (unsigned long long)seq, bus->run,
                     (unsigned long long)(r->upto - bus->base), r->known ? "true" : "false");
    CHECK(n > 0 && (size_t)n < cap);
    return n;
}

static int write_alert(const struct resume_parts *parts, const struct lookup_alert *alert,
                       char *buf, size_t cap)
{
    struct outlet *o = parts->outlet;
    uint64_t seq;
    int n = render_message(parts->render, &o->config->settings, 0, alert->topic, alert->message.p,
                           alert->message.len);
    if (n < 0)
        return 0;
    const char *run = run_of(o->bus, alert->number, &seq);
    int all = snprintf(buf, cap, "id: %s-%llu\nevent: alert\ndata: %.*s\n\n", run,
                       (unsigned long long)seq, n, parts->render->text);
    return all < 0 || (size_t)all >= cap ? -1 : all;
}

int resume_read(struct resume *r, const struct resume_parts *parts, char *buf, size_t cap)
{
    struct outlet *o = parts->outlet;
    struct lookup_alert alert;
    r->waits = false;
    while (r->next <= r->upto) {
        r->waits = parts->full && r->backlog.lookup == NULL && r->next < o->bus->recent.first;
        if (r->waits)
            return 0;
        enum backlog_end end = backlog_read(&r->backlog, o, parts->loop, r->next, &alert);
        r->waits = end == BACKLOG_WAITS;
        if (r->waits)
            return 0;
        if (!r->greeted) {
            r->known = r->known && end != BACKLOG_GAP;
            return greet(r, o->bus, buf, cap);
        }
        if (end != BACKLOG_ALERT)
            return -1;
        int n = parts->wants(parts->data, alert.topic) ? write_alert(parts, &alert, buf, cap) : 0;
        if (n < 0)
            return -1;
        r->next++;
        if (n > 0)
            return n;
    }
    backlog_stop(&r->backlog);
    return r->greeted ? 0 : greet(r, o->bus, buf, cap);
}
