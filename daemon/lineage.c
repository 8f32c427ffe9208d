#include "daemon/lineage.h"

#include <stdlib.h>

/* As bytes: each step as this, then its bytes; a step without bytes ends it. */
struct step_head {
    ms_t since;
    uint32_t n;
    uint32_t policies;
};

static void drop(struct lineage *l, uint32_t i)
{
    free(l->step[i].bytes);
    l->step[i].bytes = NULL;
    l->n--;
    memmove(&l->step[i], &l->step[i + 1], (l->n - i) * sizeof l->step[0]);
}

void lineage_fini(struct lineage *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        free(l->step[i].bytes);
    l->n = 0;
}

static bool append(struct lineage *l, ms_t since, bool policies, const void *bytes, uint32_t n)
{
    void *copy = malloc(n + 1);
    if (copy == NULL)
        return false;
    memcpy(copy, bytes, n);
    l->step[l->n++] = (struct lineage_step){since, n, policies, copy};
    return true;
}

bool lineage_begin(struct lineage *l, const void *bytes, uint32_t n)
{
    lineage_fini(l);
    return append(l, MS_NONE, true, bytes, n);
}

/* Steps that say nothing any more: those whose rules others followed, and, when the engine has
 * forgotten the oldest policies, those that brought them. The first one stays: memory is laid out
 * by it. */
bool lineage_add(struct lineage *l, ms_t since, bool policies, const void *bytes, uint32_t n)
{
    CHECK(l->n > 0);
    if (!append(l, since, policies, bytes, n))
        return false;
    uint32_t brought = 0;
    for (uint32_t i = l->n - 1; i-- > 1;)
        if (!l->step[i].policies)
            drop(l, i);
    for (uint32_t i = 1; i < l->n; i++)
        brought += l->step[i].policies;
    for (; brought > AGREEMENTS_MAX; brought--)
        drop(l, 1);
    CHECK(l->n <= LINEAGE_MAX);
    return true;
}

void *lineage_pack(const struct lineage *l, uint64_t *ret_n)
{
    uint64_t n = sizeof(struct step_head);
    for (uint32_t i = 0; i < l->n; i++)
        n += sizeof(struct step_head) + l->step[i].n;
    uint8_t *bytes = calloc(1, n), *p = bytes;
    if (bytes == NULL)
        return NULL;
    for (uint32_t i = 0; i < l->n; i++) {
        const struct lineage_step *s = &l->step[i];
        struct step_head head = {s->since, s->n, s->policies};
        memcpy(p, &head, sizeof head);
        memcpy(p + sizeof head, s->bytes, s->n);
        p += sizeof head + s->n;
    }
    *ret_n = n;
    return bytes;
}

bool lineage_unpack(struct lineage *ret, const void *bytes, uint64_t n)
{
    const uint8_t *p = bytes, *end = p + n;
    struct step_head head;
    bool fine = false, more = true;
    ret->n = 0;
    while (more) {
        more = false;
        if ((uint64_t)(end - p) < sizeof head)
            break;
        memcpy(&head, p, sizeof head);
        p += sizeof head;
        if (head.n == 0) {
            fine = p == end && ret->n > 0;
        } else if (head.n <= (uint64_t)(end - p) && head.policies <= 1 && ret->n < LINEAGE_MAX) {
            more = append(ret, head.since, head.policies == 1, p, head.n);
            p += head.n;
        }
    }
    if (!fine)
        lineage_fini(ret);
    return fine;
}

bool lineage_terms(const struct lineage *l, uint32_t step, struct terms *ret)
{
    return step < l->n && terms_unpack(ret, l->step[step].bytes, l->step[step].n);
}

bool lineage_recall(const struct lineage *l, struct engine *e, struct terms *ret_last)
{
    const char *why;
    if (!lineage_terms(l, 0, ret_last))
        return false;
    for (uint32_t i = 1; i < l->n; i++) {
        terms_fini(ret_last);
        if (!lineage_terms(l, i, ret_last))
            return false;
        if (engine_recall(e, &ret_last->settings, l->step[i].since, &why) != 0) {
            terms_fini(ret_last);
            return false;
        }
    }
    return true;
}
