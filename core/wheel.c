#include "core/wheel.h"

/* Life of a timer: far list -> near list of its second, when the cursor enters its span -> due,
 * when the cursor enters the second -> popped. Where a timer is follows from its deadline and the
 * cursor alone (list_of), so cancelling needs no search. */

enum {
    KIND_SHIFT = 56,
    STEPS_BACK = 16,
    RUNS_MAX = 32,
    FARS_OF_SPAN = 1 << (WHEEL_SPAN_BITS - WHEEL_FAR_BITS)
};
static const sec_t epoch = MS_MIN_TS / MS_SECOND;
static const sec_t last_second = ((sec_t)WHEEL_FARS << WHEEL_FAR_BITS) - 1;

static uint64_t words_at(uint32_t level)
{
    uint64_t words = WHEEL_FARS / 64;
    while (level-- > 0)
        words = (words + 63) / 64;
    return words;
}

static uint64_t pool_part(uint32_t timers)
{
    return (pool_bytes(sizeof(struct timer), timers) + 63) / 64 * 64;
}

uint64_t wheel_bytes(uint32_t timers)
{
    uint64_t n = pool_part(timers) + WHEEL_FARS * sizeof(struct wheel_list);
    for (uint32_t level = 0; level < 4; level++)
        n += words_at(level) * sizeof(uint64_t);
    return n;
}

void wheel_init(struct wheel *w, const char *name, void *mem, uint32_t timers)
{
    memset(w, 0, sizeof *w);
    pool_init(&w->timers, name, mem, sizeof(struct timer), timers);
    uint8_t *at = (uint8_t *)mem + pool_part(timers);
    for (uint32_t level = 0; level < 4; level++) {
        w->far_bits[level] = (uint64_t *)(void *)at;
        at += words_at(level) * sizeof(uint64_t);
    }
    w->far = (struct wheel_list *)(void *)at;
    w->next = MS_NEVER;
}

static struct timer *timer_at(const struct wheel *w, uint32_t index)
{
    return (struct timer *)(void *)w->timers.base + index;
}

/* Seconds since 2000, within what the wheel knows. */
static sec_t second_of(ms_t t)
{
    sec_t s = sec_floor(t) - epoch;
    return s < 0 ? 0 : s > last_second ? last_second : s;
}

static bool is_before(const struct timer *a, const struct timer *b)
{
    return a->deadline != b->deadline ? a->deadline < b->deadline : a->order < b->order;
}

/* --- bits --------------------------------------------------------------------------------- */

/* true: it was empty. */
static bool far_set(struct wheel *w, uint32_t i)
{
    bool empty = (w->far_bits[0][i / 64] >> (i % 64) & 1) == 0;
    for (uint32_t level = 0; level < 4; level++, i /= 64) {
        uint64_t *word = &w->far_bits[level][i / 64];
        bool there = *word != 0;
        *word |= 1ULL << (i % 64);
        if (there)
            break;
    }
    return empty;
}

static bool near_set(struct wheel *w, uint32_t i)
{
    uint64_t *word = &w->near_bits[i / 64], bit = 1ULL << (i % 64);
    bool empty = (*word & bit) == 0;
    *word |= bit;
    return empty;
}

static void far_clear(struct wheel *w, uint32_t i)
{
    for (uint32_t level = 0; level < 4; level++, i /= 64) {
        uint64_t *word = &w->far_bits[level][i / 64];
        *word &= ~(1ULL << (i % 64));
        if (*word != 0)
            return;
    }
}

/* The first far list >= i with timers, or WHEEL_FARS. */
static uint32_t far_find(const struct wheel *w, uint32_t i)
{
    for (uint32_t level = 0; level < 4; level++) {
        if (i / 64 >= words_at(level))
            return WHEEL_FARS;
        uint64_t hits = w->far_bits[level][i / 64] & ~0ULL << (i % 64);
        if (hits != 0) {
            i = i / 64 * 64 + (uint32_t)__builtin_ctzll(hits);
            while (level-- > 0)
                i = i * 64 + (uint32_t)__builtin_ctzll(w->far_bits[level][i]);
            return i;
        }
        i = i / 64 + 1;
    }
    return WHEEL_FARS;
}

/* The first second >= i of the cursor's span with timers, or WHEEL_SPAN. */
static uint32_t near_find(const struct wheel *w, uint32_t i)
{
    uint64_t mask = ~0ULL << (i % 64);
    for (uint32_t word = i / 64; word < ARRAY_LEN(w->near_bits); word++, mask = ~0ULL)
        if ((w->near_bits[word] & mask) != 0)
            return word * 64 + (uint32_t)__builtin_ctzll(w->near_bits[word] & mask);
    return WHEEL_SPAN;
}

/* --- lists -------------------------------------------------------------------------------- */

/* Only stores to other timers, and none to a list's head is waited for: both are cold. */
static void list_append(struct wheel *w, struct wheel_list *l, uint32_t i, bool empty)
{
    struct timer *t = timer_at(w, i);
    t->next = 0;
    if (empty) {
        t->prev = 0;
        *l = (struct wheel_list){i, i};
        return;
    }
    t->prev = l->last;
    timer_at(w, l->last)->next = i;
    l->last = i;
}

/* Before timer `next`, which is in the list. */
static void list_insert(struct wheel *w, struct wheel_list *l, uint32_t next, uint32_t i)
{
    struct timer *t = timer_at(w, i);
    t->next = next;
    t->prev = timer_at(w, next)->prev;
    timer_at(w, next)->prev = i;
    if (t->prev == 0)
        l->first = i;
    else
        timer_at(w, t->prev)->next = i;
}

/* true: it was the only one. */
static bool list_remove(struct wheel *w, struct wheel_list *l, uint32_t i)
{
    const struct timer *t = timer_at(w, i);
    if (t->prev == 0)
        l->first = t->next;
    else
        timer_at(w, t->prev)->next = t->next;
    if (t->next == 0)
        l->last = t->prev;
    else
        timer_at(w, t->next)->prev = t->prev;
    return t->prev == 0 && t->next == 0;
}

static struct wheel_list *list_of(struct wheel *w, sec_t second)
{
    if (second <= w->cursor)
        return &w->due;
    if (second >> WHEEL_SPAN_BITS == w->cursor >> WHEEL_SPAN_BITS)
        return &w->near[second % WHEEL_SPAN];
    return &w->far[second >> WHEEL_FAR_BITS];
}

static bool is_near(const struct wheel *w, const struct wheel_list *l)
{
    return l >= w->near && l < w->near + WHEEL_SPAN;
}

/* --- due ---------------------------------------------------------------------------------- */

/* Keeps due sorted when the place is near its ends: timers come mostly in order. */
static void due_put(struct wheel *w, uint32_t i)
{
    const struct timer *t = timer_at(w, i);
    uint32_t next = 0, at = w->due.last;
    if (w->due.first == 0)
        w->due_sorted = true;
    if (w->due_sorted && at != 0 && is_before(t, timer_at(w, w->due.first))) {
        list_insert(w, &w->due, w->due.first, i);
        return;
    }
    for (uint32_t step = 0; w->due_sorted && at != 0 && is_before(t, timer_at(w, at)); step++) {
        next = at;
        at = timer_at(w, at)->prev;
        if (step == STEPS_BACK) {
            next = 0;
            w->due_sorted = false;
        }
    }
    if (next == 0)
        list_append(w, &w->due, i, w->due.first == 0);
    else
        list_insert(w, &w->due, next, i);
}

/* Merges two ascending chains (linked by next); both are not empty. */
static uint32_t merge(struct wheel *w, uint32_t a, uint32_t b)
{
    uint32_t first = 0, *link = &first;
    while (a != 0 && b != 0) {
        uint32_t *smaller = is_before(timer_at(w, a), timer_at(w, b)) ? &a : &b;
        *link = *smaller;
        link = &timer_at(w, *smaller)->next;
        *smaller = *link;
    }
    *link = a != 0 ? a : b;
    return first;
}

/* Cuts the longest ascending run off the front of a chain. */
static uint32_t cut_run(struct wheel *w, uint32_t *chain)
{
    uint32_t first = *chain, last = first;
    for (;;) {
        struct timer *t = timer_at(w, last);
        if (t->next == 0 || is_before(timer_at(w, t->next), t)) {
            *chain = t->next;
            t->next = 0;
            return first;
        }
        last = t->next;
    }
}

/* Natural merge sort: linear when in order, n log n at worst, no memory (Knuth, TAOCP 3, 5.2.4). */
static void due_sort(struct wheel *w)
{
    if (w->due_sorted || w->due.first == 0)
        return;
    uint32_t chain = w->due.first;
    uint32_t runs[RUNS_MAX] = {0}; /* [i]: 2^i runs merged, or none */
    while (chain != 0) {
        uint32_t run = cut_run(w, &chain);
        uint32_t i = 0;
        for (; runs[i] != 0; i++) {
            run = merge(w, runs[i], run);
            runs[i] = 0;
        }
        runs[i] = run;
    }
    uint32_t sorted = 0;
    for (uint32_t i = 0; i < RUNS_MAX; i++)
        if (runs[i] != 0)
            sorted = sorted == 0 ? runs[i] : merge(w, runs[i], sorted);
    uint32_t last = 0;
    for (uint32_t i = sorted; i != 0; i = timer_at(w, i)->next) {
        timer_at(w, i)->prev = last;
        last = i;
    }
    w->due = (struct wheel_list){sorted, last};
    w->due_sorted = true;
}

/* --- places ------------------------------------------------------------------------------- */

static void place(struct wheel *w, uint32_t i)
{
    sec_t second = second_of(timer_at(w, i)->deadline);
    struct wheel_list *l = list_of(w, second);
    if (l == &w->due) {
        due_put(w, i);
        return;
    }
    /* The bits say whether it is empty: the heads of far lists are as good as never near. */
    bool empty = is_near(w, l) ? near_set(w, (uint32_t)(second % WHEEL_SPAN))
                               : far_set(w, (uint32_t)(second >> WHEEL_FAR_BITS));
    list_append(w, l, i, empty);
}

/* The cursor enters the first second of a span: its timers go to their seconds. The far lists are
 * walked side by side: each is a chain of cold reads, together they wait a quarter of the time. */
static void enter_span(struct wheel *w, uint32_t span)
{
    uint32_t first = span * FARS_OF_SPAN, left = 0;
    uint32_t at[FARS_OF_SPAN];
    w->cursor = (sec_t)span << WHEEL_SPAN_BITS;
    for (uint32_t k = 0; k < FARS_OF_SPAN; k++) {
        at[k] = w->far[first + k].first;
        left |= at[k];
        if (at[k] != 0)
            far_clear(w, first + k);
        w->far[first + k] = (struct wheel_list){0};
    }
    while (left != 0) {
        left = 0;
        for (uint32_t k = 0; k < FARS_OF_SPAN; k++) {
            uint32_t i = at[k];
            if (i == 0)
                continue;
            at[k] = timer_at(w, i)->next;
            __builtin_prefetch(timer_at(w, at[k]), 1);
            left |= at[k];
            place(w, i);
        }
    }
}

/* Moves the cursor to the next second with timers, or to `to`. Due must be empty. false: nothing
 * is due by then. */
static bool move_on(struct wheel *w, sec_t to)
{
    sec_t second;
    uint32_t span = 0;
    uint32_t slot = near_find(w, (uint32_t)(w->cursor % WHEEL_SPAN) + 1);
    if (slot < WHEEL_SPAN) {
        second = w->cursor - w->cursor % WHEEL_SPAN + slot;
    } else {
        span = far_find(w, (uint32_t)(w->cursor >> WHEEL_FAR_BITS) + 1) / FARS_OF_SPAN;
        second = (sec_t)span << WHEEL_SPAN_BITS;
    }
    if (second > to) {
        w->cursor = w->cursor > to ? w->cursor : to;
        w->next = (second + epoch) * MS_SECOND;
        return false;
    }
    if (slot == WHEEL_SPAN) {
        enter_span(w, span);
        return true;
    }
    w->cursor = second;
    w->due = w->near[slot];
    w->due_sorted = w->due.first == w->due.last;
    w->near[slot] = (struct wheel_list){0};
    w->near_bits[slot / 64] &= ~(1ULL << (slot % 64));
    uint32_t following = near_find(w, slot + 1);
    if (following < WHEEL_SPAN) /* by its turn it is near */
        __builtin_prefetch(timer_at(w, w->near[following].first), 1);
    return true;
}

/* --- interface ---------------------------------------------------------------------------- */

handle_t wheel_add(struct wheel *w, ms_t deadline, uint8_t kind, uint32_t owner)
{
    handle_t h = pool_alloc(&w->timers);
    if (h == 0)
        return 0;
    struct timer *t = pool_edit(&w->timers, h);
    t->owner = owner;
    t->deadline = deadline;
    t->order = (uint64_t)kind << KIND_SHIFT | w->sequence++;
    place(w, handle_index(h));
    w->next = ms_min(w->next, deadline);
    return h;
}

static void take_out(struct wheel *w, handle_t h)
{
    uint32_t i = handle_index(h);
    const struct timer *t = timer_at(w, i);
    sec_t second = second_of(t->deadline);
    struct wheel_list *l = list_of(w, second);
    if (list_remove(w, l, i) && l != &w->due) {
        if (is_near(w, l))
            w->near_bits[second % WHEEL_SPAN / 64] &= ~(1ULL << (second % 64));
        else
            far_clear(w, (uint32_t)(second >> WHEEL_FAR_BITS));
    }
    pool_free(&w->timers, h);
}

void wheel_cancel(struct wheel *w, handle_t timer)
{
    CHECK(pool_valid(&w->timers, timer));
    take_out(w, timer);
}

bool wheel_pop_kinds(struct wheel *w, ms_t at, uint32_t kinds, struct wheel_fired *ret)
{
    if (w->next > at)
        return false;
    sec_t to = second_of(at);
    while (w->due.first == 0)
        if (!move_on(w, to))
            return false;
    due_sort(w);
    uint32_t i = w->due.first;
    const struct timer *t = timer_at(w, i);
    uint8_t kind = (uint8_t)(t->order >> KIND_SHIFT);
    w->next = t->deadline;
    if (t->deadline > at || (t->deadline == at && kind >= kinds))
        return false;
    *ret = (struct wheel_fired){t->deadline, t->owner, kind};
    __builtin_prefetch(timer_at(w, t->next), 1);
    take_out(w, pool_handle(&w->timers, i));
    return true;
}

bool wheel_pop(struct wheel *w, ms_t at, struct wheel_fired *ret)
{
    return wheel_pop_kinds(w, at, UINT8_MAX + 1, ret);
}

void wheel_rebuild(struct wheel *w)
{
    for (uint32_t b = far_find(w, 0); b < WHEEL_FARS; b = far_find(w, b + 1)) {
        w->far[b] = (struct wheel_list){0};
        far_clear(w, b);
    }
    memset(w->near, 0, sizeof w->near);
    memset(w->near_bits, 0, sizeof w->near_bits);
    w->due = (struct wheel_list){0};
    w->sequence = 0;
    w->next = MS_NEVER;
    for (uint32_t i = 1; i <= w->timers.high; i++) {
        const struct timer *t = timer_at(w, i);
        if (!t->slot.live)
            continue;
        place(w, i);
        w->next = ms_min(w->next, t->deadline);
        uint64_t sequence = t->order & ((1ULL << KIND_SHIFT) - 1);
        if (sequence >= w->sequence)
            w->sequence = sequence + 1;
    }
}

static uint32_t check_list(const struct wheel *w, const struct wheel_list *l, sec_t from, sec_t to)
{
    uint32_t n = 0, prev = 0;
    for (uint32_t i = l->first; i != 0; i = timer_at(w, i)->next, n++) {
        const struct timer *t = timer_at(w, i);
        CHECK(t->slot.live && t->prev == prev);
        CHECK(second_of(t->deadline) >= from && second_of(t->deadline) <= to);
        prev = i;
    }
    CHECK(l->last == prev);
    return n;
}

void wheel_check(const struct wheel *w)
{
    sec_t span = w->cursor - w->cursor % WHEEL_SPAN;
    uint32_t n = check_list(w, &w->due, 0, w->cursor);
    for (uint32_t i = w->due_sorted ? w->due.first : 0; i != 0; i = timer_at(w, i)->next)
        CHECK(i == w->due.first || is_before(timer_at(w, timer_at(w, i)->prev), timer_at(w, i)));
    for (uint32_t i = near_find(w, 0); i < WHEEL_SPAN; i = near_find(w, i + 1)) {
        CHECK(span + i > w->cursor && w->near[i].first != 0);
        n += check_list(w, &w->near[i], span + i, span + i);
    }
    for (uint32_t b = far_find(w, 0); b < WHEEL_FARS; b = far_find(w, b + 1)) {
        sec_t from = (sec_t)b << WHEEL_FAR_BITS;
        CHECK(from >= span + WHEEL_SPAN && w->far[b].first != 0);
        n += check_list(w, &w->far[b], from, from + (1 << WHEEL_FAR_BITS) - 1);
    }
    CHECK(n == w->timers.live);
}
