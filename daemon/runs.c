#include "daemon/runs.h"

void runs_add(struct runs *r, struct str id, uint64_t base)
{
    if (id.len == 0 || id.len > RUNS_ID_MAX)
        return;
    CHECK(r->n == 0 || r->at[r->n - 1].base <= base);
    if (r->n == RUNS_MAX)
        memmove(&r->at[0], &r->at[1], --r->n * sizeof r->at[0]);
    struct runs_of *of = &r->at[r->n++];
    memcpy(of->id, id.p, id.len);
    of->id[id.len] = 0;
    of->base = base;
}

bool runs_number(const struct runs *r, struct str id, uint64_t seq, uint64_t *ret)
{
    for (uint32_t i = 0; i < r->n; i++) {
        if (!str_equal(str_of(r->at[i].id), id))
            continue;
        uint64_t end = i + 1 < r->n ? r->at[i + 1].base : UINT64_MAX;
        *ret = seq > end - r->at[i].base ? end : r->at[i].base + seq;
        return true;
    }
    return false;
}

const struct runs_of *runs_find(const struct runs *r, uint64_t number)
{
    uint32_t i = r->n;
    while (i > 0 && r->at[i - 1].base >= number)
        i--;
    return i == 0 ? NULL : &r->at[i - 1];
}
