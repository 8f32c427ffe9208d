#include "daemon/recent.h"

#include <stdlib.h>

bool recent_init(struct recent *r, uint32_t cap)
{
    CHECK(cap > 0);
    *r = (struct recent){.cap = cap, .first = 1, .next = 1};
    r->ring = calloc(cap, sizeof *r->ring);
    return r->ring != NULL;
}

static void drop_first(struct recent *r)
{
    struct recent_message *m = &r->ring[r->first++ % r->cap];
    free(m->bytes);
    *m = (struct recent_message){0};
}

void recent_restart(struct recent *r, uint64_t next)
{
    while (r->first < r->next)
        drop_first(r);
    r->first = r->next = next;
}

bool recent_add(struct recent *r, struct str topic, const void *message, size_t n)
{
    char *bytes = malloc(topic.len + n + 1);
    if (r->next - r->first == r->cap)
        drop_first(r);
    if (bytes == NULL) {
        recent_restart(r, r->next + 1);
        return false;
    }
    memcpy(bytes, topic.p, topic.len);
    memcpy(bytes + topic.len, message, n);
    r->ring[r->next++ % r->cap] = (struct recent_message){bytes, topic.len, (uint32_t)n};
    return true;
}

bool recent_get(const struct recent *r, uint64_t seq, struct str *ret_topic,
                struct str *ret_message)
{
    if (seq < r->first || seq >= r->next)
        return false;
    const struct recent_message *m = &r->ring[seq % r->cap];
    *ret_topic = (struct str){m->bytes, m->topic};
    *ret_message = (struct str){m->bytes + m->topic, m->message};
    return true;
}

void recent_fini(struct recent *r)
{
    while (r->ring != NULL && r->first < r->next)
        drop_first(r);
    free(r->ring);
    r->ring = NULL;
}
