#include "daemon/echoes.h"

#include <stdlib.h>

bool echoes_init(struct echoes *e)
{
    *e = (struct echoes){.ring = calloc(ECHOES_MAX, sizeof *e->ring),
                         .bucket = calloc(ECHO_BUCKETS, sizeof *e->bucket)};
    return e->ring != NULL && e->bucket != NULL;
}

static struct echo *at(const struct echoes *e, uint64_t number)
{
    return &e->ring[number % ECHOES_MAX];
}

static void done(struct echoes *e, struct echo *x)
{
    e->waiting -= x->kind == ECHO_OURS;
    x->kind = ECHO_DONE;
    free(x->bytes);
    x->bytes = NULL;
}

void echoes_fini(struct echoes *e)
{
    for (; e->ring != NULL && e->first < e->next; e->first++)
        done(e, at(e, e->first));
    free(e->ring);
    free(e->bucket);
    memset(e, 0, sizeof *e);
}

static uint64_t *bucket_of(struct echoes *e, uint64_t id, uint64_t rev)
{
    return &e->bucket[mix64(id ^ mix64(rev)) % ECHO_BUCKETS];
}

/* The counterpart of that kind; NULL. */
static struct echo *find(struct echoes *e, uint64_t id, uint64_t rev, enum echo_kind kind)
{
    uint64_t number = *bucket_of(e, id, rev);
    while (number > e->first) { /* numbers in a bucket go back; what left the ring ends it */
        struct echo *x = at(e, number - 1);
        if (x->id == id && x->rev == rev && x->kind == kind)
            return x;
        number = x->before;
    }
    return NULL;
}

static void give_up_first(struct echoes *e)
{
    struct echo *x = at(e, e->first);
    done(e, x);
    e->first++;
}

static struct echo *push(struct echoes *e, uint64_t id, uint64_t rev, uint64_t now)
{
    if (e->next - e->first == ECHOES_MAX) {
        e->lost += at(e, e->first)->kind == ECHO_OURS;
        e->unknown += at(e, e->first)->kind == ECHO_THEIRS;
        give_up_first(e);
    }
    uint64_t *bucket = bucket_of(e, id, rev);
    struct echo *x = at(e, e->next);
    *x = (struct echo){.id = id, .rev = rev, .since = now, .before = *bucket};
    *bucket = ++e->next;
    return x;
}

bool echoes_ours(struct echoes *e, uint64_t id, uint64_t rev, uint64_t now, uint64_t seq,
                 struct str topic, const void *rest, size_t n)
{
    struct echo *x = find(e, id, rev, ECHO_THEIRS);
    if (x != NULL) {
        done(e, x);
        e->confirmed++;
        return false;
    }
    char *bytes = malloc(topic.len + n + 1);
    if (bytes == NULL) {
        e->lost++;
        return false;
    }
    memcpy(bytes, topic.p, topic.len);
    memcpy(bytes + topic.len, rest, n);
    x = push(e, id, rev, now);
    x->kind = ECHO_OURS;
    x->seq = seq;
    x->topic = topic.len;
    x->rest = (uint32_t)n;
    x->bytes = bytes;
    e->waiting++;
    return true;
}

const struct echo *echoes_theirs(struct echoes *e, uint64_t id, uint64_t rev, uint64_t now)
{
    struct echo *x = find(e, id, rev, ECHO_OURS);
    if (x == NULL && find(e, id, rev, ECHO_THEIRS) == NULL)
        push(e, id, rev, now)->kind = ECHO_THEIRS;
    e->confirmed += x != NULL;
    return x;
}

const struct echo *echoes_oldest(struct echoes *e)
{
    if (e->oldest < e->first)
        e->oldest = e->first;
    while (e->oldest < e->next && at(e, e->oldest)->kind != ECHO_OURS)
        e->oldest++;
    return e->oldest < e->next ? at(e, e->oldest) : NULL;
}

void echoes_drop(struct echoes *e, const struct echo *x)
{
    CHECK(x->kind == ECHO_OURS);
    done(e, &e->ring[x - e->ring]);
}

void echoes_age(struct echoes *e, uint64_t then)
{
    for (; e->first < e->next; give_up_first(e)) {
        const struct echo *x = at(e, e->first);
        if (x->since >= then && x->kind != ECHO_DONE)
            return;
        e->lost += x->kind == ECHO_OURS;
        e->unknown += x->kind == ECHO_THEIRS;
    }
}
