/* What a daemon with a state directory tells of that. */
#include "daemon/durable.h"

void durable_status(const struct durable *s, struct status_journal *ret)
{
    uint64_t acks = ret->acks, nacks = ret->nacks; /* their owner counts them here */
    *ret = (struct status_journal){.on = s->running, .acks = acks, .nacks = nacks};
    if (!s->running)
        return;
    ret->written = s->health == STORE_FINE;
    ret->entries = s->journal.seq;
    ret->committed = journal_committed(&s->journal);
    ret->commits = atomic_load(&s->journal.commits);
    ret->waiting_bytes = journal_backlog(&s->journal);
    ret->held = s->held.n;
    ret->lost = s->journal.lost;
    ret->checkpoint = s->checkpoint_seq;
    ret->checkpoints = s->checkpoints;
}

void durable_fill(const struct durable *s, struct status *ret)
{
    if (s == NULL)
        return;
    durable_status(s, &ret->journal);
    recorder_status(&s->record, &ret->record);
}

void durable_trouble(const struct durable *s, uint64_t now, struct durable_trouble *ret)
{
    *ret = (struct durable_trouble){
        .unwritten = s->running && s->health != STORE_FINE,
        .why = s->why,
        .waiting_bytes = s->running ? journal_backlog(&s->journal) : 0,
        .lost = s->lost - s->whole,
        .damaged = s->damage[0] != 0 && s->checkpoints == 0,
        .damage = s->damage,
        .damage_lost = s->recover.lost,
        .failing_ms = s->failing == 0 ? 0 : now - s->failing + 1,
        .failing_why = strerror(s->checkpoint.error),
        .unrecorded = s->running && s->record_health != STORE_FINE,
        .unrecorded_why = s->record_why,
        .unrecorded_bytes = s->running ? recorder_backlog(&s->record) : 0,
    };
}
