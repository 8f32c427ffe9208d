/* Targets that were missed, each at its deadline, whenever it is noticed. */
#include "core/move.h"

/* When the running clock of a target is used up; MS_NEVER while it does not run. */
static ms_t deadline_of(const struct fold *f, enum target k, ms_t target)
{
    bool open = !fold_ended(f), replied = (f->flags & FOLD_REPLIED) != 0;
    ms_t since = MS_NONE;
    switch (k) {
    case TARGET_FIRST_RESPONSE:
    case TARGET_NEXT_RESPONSE:
        since = open && replied == (k == TARGET_NEXT_RESPONSE) ? f->waiting : MS_NONE;
        break;
    case TARGET_ASSIGNEE_RESPONSE:
        since = open ? f->assigned : MS_NONE;
        break;
    case TARGET_HANDOFF:
        since = open && !replied ? f->handed : MS_NONE;
        break;
    case TARGET_FIRST_RESOLUTION:
        since = open && (f->flags & FOLD_FIRST_RESOLVED) == 0 ? f->opened : MS_NONE;
        break;
    case TARGET_RESOLUTION:
        since = open && f->opened != MS_NONE ? f->opened + f->gap : MS_NONE;
        break;
    case TARGET_REQUESTER_WAIT:
        if (open && f->opened != MS_NONE &&
            !(f->paused != MS_NONE && f->reason == FOLD_REASON_PENDING))
            since = f->opened + f->gap + f->pending;
        break;
    case TARGET_AGENT_WORK:
        if (open && f->opened != MS_NONE && f->paused == MS_NONE)
            since = f->opened + f->gap + f->held;
        break;
    case TARGET_WAIT:
    case TARGET_TALK:
    case TARGET_N:
        break;
    }
    return since == MS_NONE ? MS_NEVER : since + target;
}

static ms_t next_deadline(const struct fold *f, const struct sla *sla,
                          const struct fold_terms *terms, enum target *ret_target)
{
    ms_t next = MS_NEVER;
    for (uint32_t left = terms->targets & ~(uint32_t)f->missed; left != 0; left &= left - 1) {
        enum target k = (enum target)__builtin_ctz(left);
        if (sla != NULL && sla_covers(sla, f, k, terms))
            continue;
        ms_t due = deadline_of(f, k, terms->s->target[k]);
        if (due < next) {
            next = due;
            *ret_target = k;
        }
    }
    return next;
}

void fold_until(struct fold *f, struct sla *sla, ms_t until, const struct fold_terms *terms,
                struct sink *out)
{
    if (sla != NULL && sla->generation < terms->agreements->first)
        sla_outlive(sla, f, terms);
    for (;;) {
        enum target k = TARGET_N;
        ms_t due = terms->targets == 0 ? MS_NEVER : next_deadline(f, sla, terms, &k);
        ms_t level = sla == NULL ? MS_NEVER : sla_deadline(sla, terms);
        if (ms_min(due, level) >= until)
            return;
        if (level <= due) {
            sla_pass(sla, f, level, terms, out);
            continue;
        }
        struct window_sample s = {.ts = due, .flags = BIT(MARKS_MISSED + k)};
        sink_sample(out, FAM_MARKS, &s, &f->tags, ALL_SCOPES, 1);
        f->missed |= (uint16_t)BIT(k);
        f->last_miss = f->last_miss == MS_NONE ? due : ms_max(f->last_miss, due);
    }
}

ms_t fold_deadline(const struct fold *f, const struct sla *sla, const struct fold_terms *terms)
{
    enum target k;
    if ((f->flags & FOLD_VOID) != 0)
        return MS_NEVER;
    ms_t level = sla == NULL || fold_ended(f) ? MS_NEVER : sla_deadline(sla, terms);
    return terms->targets == 0 ? level : ms_min(next_deadline(f, sla, terms, &k), level);
}
