#include "daemon/backlog.h"

#include "daemon/recorder.h"

/* Reads what the ring no longer has. false: no memory. */
static bool begin(struct backlog *b, struct outlet *o, uv_loop_t *loop, uint64_t number)
{
    b->behind = recorder_backlog(o->record) > 0 && recorder_health(o->record) != STORE_BROKEN;
    b->at = number;
    b->lookup = lookup_published(loop, o->config->state_dir, number - 1, o->bus->recent.first - 1);
    return b->lookup != NULL;
}

static enum backlog_end gap(struct backlog *b, uint64_t next, struct lookup_alert *ret)
{
    backlog_stop(b);
    ret->number = next;
    return BACKLOG_GAP;
}

/* The end of what was found, and this one is not there. */
static enum backlog_end miss(struct backlog *b, uint64_t next, struct lookup_alert *ret)
{
    if (!b->behind)
        return gap(b, next, ret);
    backlog_stop(b); /* it is on its way to the file: the writer wakes the loop up */
    return BACKLOG_WAITS;
}

static enum backlog_end read_record(struct backlog *b, struct outlet *o, uv_loop_t *loop,
                                    uint64_t number, struct lookup_alert *ret)
{
    if (b->lookup != NULL && b->at + 1 == number && lookup_work(b->lookup) == LOOKUP_PAGE) {
        lookup_turn(b->lookup);
        b->at = number;
    }
    if (b->lookup != NULL && (b->at != number || number > lookup_upto(b->lookup)))
        backlog_stop(b);
    if (b->lookup == NULL && !begin(b, o, loop, number))
        return gap(b, o->bus->recent.first, ret);
    switch (lookup_work(b->lookup)) {
    case LOOKUP_WAITS:
        return BACKLOG_WAITS;
    case LOOKUP_PAGE:
        *ret = lookup_alert(b->lookup);
        return ret->number == number ? BACKLOG_ALERT : miss(b, ret->number, ret);
    case LOOKUP_DONE:
        return miss(b, lookup_upto(b->lookup) + 1, ret);
    case LOOKUP_FAILED:
        log_error(o->log, "record not read", "error=\"%s\"", lookup_why(b->lookup));
        break;
    }
    return gap(b, o->bus->recent.first, ret);
}

enum backlog_end backlog_read(struct backlog *b, struct outlet *o, uv_loop_t *loop, uint64_t number,
                              struct lookup_alert *ret)
{
    const struct recent *recent = &o->bus->recent;
    if (number < recent->first && o->record != NULL)
        return read_record(b, o, loop, number, ret);
    backlog_stop(b);
    if (number < recent->first)
        return gap(b, recent->first, ret);
    ret->number = number;
    return recent_get(recent, number, &ret->topic, &ret->message) ? BACKLOG_ALERT : BACKLOG_END;
}

bool backlog_is_ready(const struct backlog *b)
{
    return b->lookup == NULL || !lookup_reads(b->lookup);
}

void backlog_stop(struct backlog *b)
{
    if (b->lookup != NULL)
        lookup_free(b->lookup);
    b->lookup = NULL;
}
