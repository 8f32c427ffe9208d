#include "core/numbering.h"

STATIC_ASSERT(sizeof(struct numbering_page) % 8 == 0, "whole slots");
STATIC_ASSERT(sizeof(struct numbering) == 56 + 4 * NUMBERING_PAGES + 16 * NUMBERING_GAPS,
              "no padding in an image");

static uint64_t pool_part(uint32_t cap)
{
    return (pool_bytes(sizeof(struct numbering), cap) + 63) / 64 * 64;
}

uint64_t numberings_bytes(uint32_t cap)
{
    CHECK((uint64_t)cap * NUMBERING_PAGES <= POOL_INDEX_MASK);
    return pool_part(cap) + pool_bytes(sizeof(struct numbering_page), cap * NUMBERING_PAGES);
}

void numberings_init(struct numberings *ns, void *mem, uint32_t cap)
{
    pool_init(&ns->pool, "numberings", mem, sizeof(struct numbering), cap);
    pool_init(&ns->pages, "numbering pages", (uint8_t *)mem + pool_part(cap),
              sizeof(struct numbering_page), cap * NUMBERING_PAGES);
}

handle_t numbering_new(struct numberings *ns, uint64_t number)
{
    handle_t h = pool_alloc(&ns->pool);
    if (h == 0)
        return 0;
    struct numbering *n = pool_edit(&ns->pool, h);
    uint64_t page = number / NUMBERING_PAGE;
    /* The first to come need not be the least: half of the window lies before it. */
    n->low = page < NUMBERING_PAGES / 2 ? 0 : page - NUMBERING_PAGES / 2;
    n->newest = MS_NONE;
    if (n->low > 0) {
        n->gap[0] = (struct numbering_gap){0, n->low * NUMBERING_PAGE - 1};
        n->gaps = 1;
    }
    return h;
}

void numbering_free(struct numberings *ns, handle_t h)
{
    const struct numbering *n = pool_get(&ns->pool, h);
    for (uint32_t i = 0; i < NUMBERING_PAGES; i++)
        if (n->page[i] != 0)
            pool_free(&ns->pages, n->page[i]);
    pool_free(&ns->pool, h);
}

/* The first gap that ends at number or later; gaps when there is none. */
static uint32_t gap_find(const struct numbering *n, uint64_t number)
{
    uint32_t low = 0, high = n->gaps;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (n->gap[middle].to < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum numbering_answer numbering_look(const struct numberings *ns, handle_t h, uint64_t number,
                                     uint32_t print, ms_t ts)
{
    const struct numbering *n = pool_get(&ns->pool, h);
    uint64_t page = number / NUMBERING_PAGE;
    if (page < n->low) {
        uint32_t k = gap_find(n, number);
        if (k < n->gaps && n->gap[k].from <= number)
            return NUMBERING_UNSEEN;
        return ts > n->newest ? NUMBERING_OTHER : NUMBERING_SAME;
    }
    handle_t at = n->page[page % NUMBERING_PAGES];
    if (page >= n->low + NUMBERING_PAGES || at == 0)
        return NUMBERING_UNSEEN;
    const struct numbering_page *p = pool_get(&ns->pages, at);
    uint32_t bit = (uint32_t)(number % NUMBERING_PAGE);
    if ((p->bits[bit / 64] >> (bit % 64) & 1) == 0)
        return NUMBERING_UNSEEN;
    return p->print[bit] == print ? NUMBERING_SAME : NUMBERING_OTHER;
}

static void gap_remove(struct numbering *n, uint32_t k)
{
    n->gaps--;
    memmove(&n->gap[k], &n->gap[k + 1], (n->gaps - k) * sizeof n->gap[0]);
}

/* Appends a range above all others; 1 if the oldest had to be forgotten for it. */
static uint32_t gap_append(struct numbering *n, uint64_t from, uint64_t to)
{
    if (n->gaps > 0 && n->gap[n->gaps - 1].to + 1 == from) {
        n->gap[n->gaps - 1].to = to;
        return 0;
    }
    uint32_t forgotten = n->gaps == NUMBERING_GAPS;
    if (forgotten)
        gap_remove(n, 0);
    n->gap[n->gaps++] = (struct numbering_gap){from, to};
    return forgotten;
}

/* Takes a number out of gap k; 1 if another range had to be forgotten for the second half. */
static uint32_t gap_cut(struct numbering *n, uint32_t k, uint64_t number)
{
    struct numbering_gap *g = &n->gap[k];
    if (g->from == g->to) {
        gap_remove(n, k);
    } else if (number == g->from) {
        g->from++;
    } else if (number == g->to) {
        g->to--;
    } else if (n->gaps == NUMBERING_GAPS && k == 0) {
        g->from = number + 1; /* its lower half is the oldest range */
        return 1;
    } else {
        uint32_t forgotten = n->gaps == NUMBERING_GAPS;
        if (forgotten) {
            gap_remove(n, 0);
            k--;
        }
        memmove(&n->gap[k + 1], &n->gap[k], (n->gaps - k) * sizeof n->gap[0]);
        n->gaps++;
        n->gap[k].to = number - 1;
        n->gap[k + 1].from = number + 1;
        return forgotten;
    }
    return 0;
}

/* The window leaves a page: its missing numbers become ranges. */
static uint32_t page_retire(struct numberings *ns, struct numbering *n, uint64_t page)
{
    uint64_t base = page * NUMBERING_PAGE;
    handle_t *at = &n->page[page % NUMBERING_PAGES];
    if (*at == 0)
        return gap_append(n, base, base + NUMBERING_PAGE - 1);
    const struct numbering_page *p = pool_get(&ns->pages, *at);
    uint32_t forgotten = 0;
    for (uint32_t word = 0; word < ARRAY_LEN(p->bits); word++) {
        uint64_t missing = ~p->bits[word];
        while (missing != 0) {
            uint32_t from = (uint32_t)__builtin_ctzll(missing);
            uint64_t above = ~missing & ~0ULL << from; /* seen ones above */
            uint32_t end = above == 0 ? 64 : (uint32_t)__builtin_ctzll(above);
            forgotten += gap_append(n, base + word * 64 + from, base + word * 64 + end - 1);
            missing &= end == 64 ? 0 : ~0ULL << end;
        }
    }
    pool_free(&ns->pages, *at);
    *at = 0;
    return forgotten;
}

static uint32_t window_move(struct numberings *ns, struct numbering *n, uint64_t low)
{
    uint32_t forgotten = 0;
    uint64_t end = n->low + NUMBERING_PAGES;
    for (uint64_t page = n->low; page < low && page < end; page++)
        forgotten += page_retire(ns, n, page);
    if (low > end)
        forgotten += gap_append(n, end * NUMBERING_PAGE, low * NUMBERING_PAGE - 1);
    n->low = low;
    return forgotten;
}

static void window_mark(struct numberings *ns, struct numbering *n, uint64_t number, uint32_t print)
{
    handle_t *at = &n->page[number / NUMBERING_PAGE % NUMBERING_PAGES];
    if (*at == 0)
        *at = pool_alloc(&ns->pages); /* there are enough for every numbering */
    struct numbering_page *p = pool_edit(&ns->pages, *at);
    uint32_t bit = (uint32_t)(number % NUMBERING_PAGE);
    p->bits[bit / 64] |= 1ULL << (bit % 64);
    p->print[bit] = print;
}

uint32_t numbering_add(struct numberings *ns, handle_t h, uint64_t number, uint32_t print, ms_t ts)
{
    struct numbering *n = pool_edit(&ns->pool, h);
    uint64_t page = number / NUMBERING_PAGE;
    uint32_t forgotten = 0;
    if (page < n->low) {
        forgotten = gap_cut(n, gap_find(n, number), number);
    } else {
        if (page >= n->low + NUMBERING_PAGES)
            forgotten = window_move(ns, n, page + 1 - NUMBERING_PAGES);
        window_mark(ns, n, number, print);
    }
    n->first = n->count == 0 || number < n->first ? number : n->first;
    n->last = n->count == 0 || number > n->last ? number : n->last;
    n->count++;
    n->newest = ms_max(n->newest, ts);
    return forgotten;
}

/* Numbers of the page seen, from this one on. */
static uint64_t page_seen_from(const struct numberings *ns, handle_t h, uint32_t from)
{
    uint64_t seen = 0;
    if (h == 0)
        return 0;
    const struct numbering_page *p = pool_get(&ns->pages, h);
    for (uint32_t i = from / 64; i < NUMBERING_PAGE / 64; i++) {
        uint64_t bits = p->bits[i];
        if (i == from / 64)
            bits &= ~0ULL << (from % 64);
        seen += (uint64_t)__builtin_popcountll(bits);
    }
    return seen;
}

uint64_t numbering_missing_until(const struct numberings *ns, handle_t h, uint64_t upto)
{
    const struct numbering *n = numbering_get(ns, h);
    uint64_t low = n->low * NUMBERING_PAGE, later = 0;
    if (n->count == 0 || upto < n->first)
        return 0;
    if (upto >= n->last)
        return numbering_missing(n);
    /* Missing behind it: in ranges below the window, and in the window. */
    for (uint32_t i = 0; i < n->gaps; i++)
        if (n->gap[i].to > upto)
            later += n->gap[i].to - (n->gap[i].from > upto ? n->gap[i].from - 1 : upto);
    uint64_t from = upto + 1 > low ? upto + 1 : low;
    if (from < n->first) /* nothing before the first one is missing */
        from = n->first;
    if (from <= n->last) {
        uint64_t seen = 0;
        for (uint64_t page = from / NUMBERING_PAGE; page <= n->last / NUMBERING_PAGE; page++)
            seen += page_seen_from(ns, n->page[page % NUMBERING_PAGES],
                                   page == from / NUMBERING_PAGE ? from % NUMBERING_PAGE : 0);
        later += n->last - from + 1 - seen;
    }
    return numbering_missing(n) - later;
}
