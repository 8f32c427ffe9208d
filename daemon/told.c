#include "daemon/told.h"

#include <stdlib.h>

/* Where it is, or would be. */
static uint32_t place_of(const struct told_list *l, uint64_t id)
{
    uint32_t low = 0, high = l->n;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (l->at[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const struct told *told_find(const struct told_list *l, uint64_t id)
{
    uint32_t i = place_of(l, id);
    return i < l->n && l->at[i].id == id ? &l->at[i] : NULL;
}

const struct told *told_from(const struct told_list *l, uint64_t id)
{
    uint32_t i = place_of(l, id);
    return i < l->n ? &l->at[i] : NULL;
}

static bool grow(struct told_list *l)
{
    if (l->n < l->cap)
        return true;
    uint32_t cap = l->cap == 0 ? 64 : 2 * l->cap;
    struct told *more = realloc(l->at, cap * sizeof *more);
    if (more == NULL)
        return false;
    l->at = more;
    l->cap = cap;
    return true;
}

void told_keep(struct told_list *l, uint64_t id, const char *labels, const char *rest)
{
    char *copies[] = {strdup(labels), strdup(rest)};
    told_forget(l, id);
    if (copies[0] == NULL || copies[1] == NULL || !grow(l)) {
        free(copies[0]);
        free(copies[1]);
        return;
    }
    uint32_t i = place_of(l, id);
    memmove(&l->at[i + 1], &l->at[i], (l->n - i) * sizeof l->at[0]);
    l->at[i] = (struct told){id, copies[0], copies[1]};
    l->n++;
}

void told_forget(struct told_list *l, uint64_t id)
{
    uint32_t i = place_of(l, id);
    if (i == l->n || l->at[i].id != id)
        return;
    free(l->at[i].labels);
    free(l->at[i].rest);
    l->n--;
    memmove(&l->at[i], &l->at[i + 1], (l->n - i) * sizeof l->at[0]);
}

void told_fini(struct told_list *l)
{
    for (uint32_t i = 0; i < l->n; i++) {
        free(l->at[i].labels);
        free(l->at[i].rest);
    }
    free(l->at);
    *l = (struct told_list){0};
}
