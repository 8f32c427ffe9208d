/* The merged part of a busy log: a sorted list of spans ("slots"), each a few seconds to hours.
 *
 * Samples arrive here a chunk at a time, oldest first, when the log has more than it may keep
 * exactly; later ones that are older than the head chunk are put into their span one by one. A
 * span lies inside one multiple of its length (band_length of its age) and never on both sides of
 * a calendar window's present start: later starts lie after all that has aged, so calendar
 * windows stay exact. Lengths of older ages are multiples of those of younger ones, so spans
 * merge as they age; that is done for all at once when the list has grown by an eighth.
 *
 * A window keeps a span until all of it is out: it may count too much, never too little, by what
 * lies in one span. Minimum and maximum of a span do not shrink when samples are withdrawn. */
#include "core/window_tally.h"

enum {
    SPARE_CHUNKS = 256, /* enough for one span's bytes, and a chunk of samples in others */
    GROWTH_MIN = 16, /* spans more, and an eighth: then a list is looked through for some to join */
};

uint32_t spans_oldest(const struct windows *ws, const struct window_log *log)
{
    const struct span_list *list = list_get(ws, log);
    return list->n > 0 ? list->at[0].last : UINT32_MAX;
}

/* The first span that ends at sec or later. */
uint32_t list_search(const struct span_list *list, uint32_t sec)
{
    uint32_t low = 0, high = list->n;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (list->at[mid].last < sec)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* How long a slot may be whose youngest second is this one. */
static uint32_t band_length(const struct windows *ws, uint32_t last)
{
    uint32_t age = ws->at > last ? ws->at - last : 0, i = 0;
    while (i + 1 < ws->bands && age >= ws->band[i].age)
        i++;
    return ws->band[i].length;
}

/* The longest slot for sec that lies wholly out of all windows too short for its length. */
static struct span_place band_place(const struct windows *ws, uint32_t sec)
{
    for (uint32_t i = ws->bands; i-- > 0;) {
        uint32_t length = ws->band[i].length, first = sec - sec % length;
        struct span_place p = {first, first + length - 1, 0};
        if (i == 0 || (p.last <= ws->at && ws->at - p.last >= ws->band[i - 1].age))
            return p;
    }
    return (struct span_place){sec, sec, 0};
}

/* --- sketches of a span ------------------------------------------------------------------- */

/* One value less. It is in its bucket, unless it was let go for want of room before: then the
 * nearest one goes, so that the number stays right. Returns the bucket. */
static uint32_t column_take(struct sketch *s, uint32_t index)
{
    for (uint32_t d = 0; d < SKETCH_BUCKETS && s->n > 0; d++) {
        uint32_t i = index >= d && s->count[index - d] > 0 ? index - d : index + d;
        if (i < SKETCH_BUCKETS && s->count[i] > 0) {
            sketch_count(s, i, (uint32_t)-1);
            return i;
        }
    }
    return index;
}

static void notes_load(struct windows *ws, const struct span_notes *notes)
{
    for (uint32_t taken = 0; taken < 2; taken++)
        for (uint32_t i = 0; i < notes->slot.mark; i++) {
            uint32_t note = notes->note[i];
            struct sketch *s = &ws->column[note >> 1 & 7];
            if ((note & 1) == taken && taken == 0)
                sketch_count(s, note >> 4, 1);
            else if ((note & 1) == taken)
                (void)column_take(s, note >> 4);
        }
}

void span_load(struct windows *ws, const struct layout *l, const struct span *s)
{
    uint32_t len = 0;
    for (handle_t h = s->bytes; h != 0;) {
        const struct span_bytes *b = pool_get(&ws->chunks, h);
        memcpy(ws->bytes + len, b->byte, b->slot.mark);
        len += b->slot.mark;
        h = b->next;
    }
    for (uint32_t c = 0, at = 0; c < l->columns && at < len; c++) {
        uint32_t n = sketch_unpack(&ws->column[c], ws->bytes + at, len - at);
        CHECK(n > 0);
        at += n;
    }
    if (s->notes != 0)
        notes_load(ws, pool_get(&ws->chunks, s->notes));
}

static void bytes_free(struct windows *ws, handle_t h)
{
    while (h != 0) {
        const struct span_bytes *b = pool_get(&ws->chunks, h);
        handle_t next = b->next;
        pool_free(&ws->chunks, h);
        h = next;
    }
}

/* Packs the scratch columns into the span and empties them. There are chunks enough. */
void span_store(struct windows *ws, const struct layout *l, struct span *s)
{
    uint32_t len = 0;
    for (uint32_t c = 0; c < l->columns; c++) {
        len += sketch_pack(&ws->column[c], ws->bytes + len);
        sketch_clear(&ws->column[c]);
    }
    if (s->notes != 0)
        pool_free(&ws->chunks, s->notes); /* loaded with the rest; room for what they add */
    s->notes = 0;
    handle_t h = s->bytes, *link = &s->bytes;
    for (uint32_t at = 0; at < len;) {
        if (h == 0) {
            h = pool_alloc(&ws->chunks);
            CHECK(h != 0);
            *link = h;
        }
        struct span_bytes *b = pool_edit(&ws->chunks, h);
        uint32_t n = len - at < sizeof b->byte ? len - at : (uint32_t)sizeof b->byte;
        memcpy(b->byte, ws->bytes + at, n);
        b->slot.mark = (uint16_t)n;
        at += n;
        h = b->next;
        link = &b->next;
    }
    *link = 0;
    bytes_free(ws, h);
}

void span_entry(const struct layout *l, struct span *s, uint32_t sec, const struct entry *e,
                int sign)
{
    uint32_t *count = span_count(l, s);
    for (uint32_t rest = e->present; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        int64_t *min = &span_min(l, s)[c], *max = &span_max(l, s)[c], v = e->value[c];
        if (count[l->n_at + c] == 0)
            *min = *max = v;
        else if (sign > 0) {
            *min = v < *min ? v : *min;
            *max = v > *max ? v : *max;
        }
    }
    totals_entry(l, span_sum(s), count, e, sign);
    s->hash += (uint64_t)sign * entry_hash(l, sec, e);
}

void span_scratch(struct windows *ws, uint32_t present, uint32_t index[WINDOW_COLUMNS_MAX],
                  int sign)
{
    for (uint32_t rest = present; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        if (sign > 0)
            sketch_count(&ws->column[c], index[c], 1);
        else
            index[c] = column_take(&ws->column[c], index[c]);
    }
}

bool span_note(struct windows *ws, struct span *s, const struct entry *e, int sign)
{
    if (e->present == 0)
        return true;
    if (s->notes == 0 && (s->notes = pool_alloc(&ws->chunks)) == 0)
        return false;
    struct span_notes *notes = pool_edit(&ws->chunks, s->notes);
    uint32_t n = notes->slot.mark;
    if (n + (uint32_t)__builtin_popcount(e->present) > ARRAY_LEN(notes->note))
        return false;
    for (uint32_t rest = e->present; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        notes->note[n++] = sketch_index(e->value[c]) << 4 | c << 1 | (sign < 0);
    }
    notes->slot.mark = (uint16_t)n;
    return true;
}

/* --- the list ----------------------------------------------------------------------------- */

bool list_make(struct windows *ws, struct window_log *log)
{
    if (log->slots == 0)
        log->slots = pool_alloc(&ws->lists);
    return log->slots != 0;
}

static void span_free(struct windows *ws, handle_t h)
{
    const struct span *s = pool_get(&ws->spans, h);
    bytes_free(ws, s->bytes);
    if (s->notes != 0)
        pool_free(&ws->chunks, s->notes);
    pool_free(&ws->spans, h);
}

/* The windows whose cursors stand before span i. */
static uint32_t cursors_before(const struct windows *ws, const struct layout *l, const void *block,
                               uint32_t i)
{
    uint32_t sets = 0;
    for (uint32_t w = 0; w < ws->windows; w++) {
        const struct cursor *cur = cursor_of(l, block, w);
        sets |= cur->chunk == 0 && cur->word <= i ? tally_bit(w) : 0;
    }
    return sets;
}

/* Lets the k oldest spans go: every window has left them, or leaves them now. */
static void list_drop(struct windows *ws, struct window_log *log, const struct layout *l,
                      uint32_t k)
{
    struct span_list *list = pool_edit(&ws->lists, log->slots);
    void *block = pool_edit(&ws->cursors, log->cursors);
    for (uint32_t i = 0; i < k && log->tally != 0; i++)
        tally_span(ws, log, l, cursors_before(ws, l, block, i), span_get(ws, list, i), 1);
    for (uint32_t w = 0; w < ws->windows; w++) {
        struct cursor *cur = cursor_of(l, block, w);
        if (cur->chunk != 0)
            continue;
        for (; cur->word < k; cur->word++) {
            const struct span *s = span_get(ws, list, cur->word);
            totals_add(l, cursor_sum(cur), cursor_count(l, cur), span_sum(s), span_count(l, s), 1);
        }
        cur->word -= k;
        cur->next = 0;
    }
    for (uint32_t i = 0; i < k; i++) {
        if (list->at[i].last > ws->oldest) {
            ws->shed += span_count(l, span_get(ws, list, i))[0];
            tally_shed(ws, log, list->at[i].last);
        }
        span_free(ws, list->at[i].span);
    }
    list->n -= k;
    memmove(list->at, list->at + k, list->n * sizeof list->at[0]);
}

/* Gives an empty list back. */
void list_close(struct windows *ws, struct window_log *log, const struct layout *l)
{
    if (list_get(ws, log)->n > 0)
        return;
    void *block = pool_edit(&ws->cursors, log->cursors);
    for (uint32_t w = 0; w < ws->windows; w++) {
        struct cursor *cur = cursor_of(l, block, w);
        if (cur->chunk == 0)
            cursor_enter(ws, cur, log->head);
    }
    pool_free(&ws->lists, log->slots);
    log->slots = 0;
}

void spans_expire(struct windows *ws, struct window_log *log, const struct layout *l)
{
    const struct span_list *list = list_get(ws, log);
    uint32_t k = 0;
    while (k < list->n && list->at[k].last <= ws->oldest)
        k++;
    if (k > 0)
        list_drop(ws, log, l, k);
    list_close(ws, log, l);
}

void spans_drop_oldest(struct windows *ws, struct window_log *log, const struct layout *l)
{
    if (list_get(ws, log)->n > 0)
        list_drop(ws, log, l, 1);
    list_close(ws, log, l);
}

void spans_release(struct windows *ws, struct window_log *log)
{
    const struct span_list *list = list_get(ws, log);
    for (uint32_t i = 0; i < list->n; i++)
        span_free(ws, list->at[i].span);
    pool_free(&ws->lists, log->slots);
    log->slots = 0;
}

/* One that every window has left is not kept in another: it goes. */
static bool places_join(const struct windows *ws, const struct span_place *a,
                        const struct span_place *b)
{
    uint32_t length = band_length(ws, b->last);
    if (a->first / length != b->last / length || a->last <= ws->oldest)
        return false;
    for (uint32_t w = 0; w < ws->windows; w++)
        if (a->first < ws->start[w] && ws->start[w] <= b->last)
            return false;
    return true;
}

/* Adds b to a and frees it. */
static void span_join(struct windows *ws, const struct layout *l, handle_t a, handle_t b)
{
    struct span *into = pool_edit(&ws->spans, a);
    const struct span *from = pool_get(&ws->spans, b);
    uint32_t *count = span_count(l, into);
    for (uint32_t c = 0; c < l->columns; c++) {
        int64_t *min = &span_min(l, into)[c], *max = &span_max(l, into)[c];
        int64_t min2 = span_min(l, from)[c], max2 = span_max(l, from)[c];
        bool only = count[l->n_at + c] == 0, none = span_count(l, from)[l->n_at + c] == 0;
        if (!none && (only || min2 < *min))
            *min = min2;
        if (!none && (only || max2 > *max))
            *max = max2;
    }
    totals_add(l, span_sum(into), count, span_sum(from), span_count(l, from), 1);
    into->hash += from->hash;
    span_load(ws, l, into);
    span_load(ws, l, from);
    span_free(ws, b);
    span_store(ws, l, into);
}

/* Joins neighbours that have grown old enough. A cursor between two goes back before both. */
static void list_compact(struct windows *ws, struct window_log *log, const struct layout *l)
{
    struct span_list *list = pool_edit(&ws->lists, log->slots);
    void *block = pool_edit(&ws->cursors, log->cursors);
    uint32_t out = 0;
    for (uint32_t i = 1; i < list->n; i++) {
        bool join = places_join(ws, &list->at[out], &list->at[i]);
        const struct span *s = span_get(ws, list, out);
        uint32_t back = 0;
        for (uint32_t w = 0; w < ws->windows; w++) {
            struct cursor *cur = cursor_of(l, block, w);
            if (cur->chunk != 0 || cur->word != i)
                continue;
            if (join) {
                totals_add(l, cursor_sum(cur), cursor_count(l, cur), span_sum(s), span_count(l, s),
                           -1);
                back |= tally_bit(w);
            }
            cur->word = join ? out : out + 1;
            cur->next = 0;
        }
        if (join) {
            tally_span(ws, log, l, back, s, -1);
            span_join(ws, l, list->at[out].span, list->at[i].span);
            list->at[out].last = list->at[i].last;
        } else {
            list->at[++out] = list->at[i];
        }
    }
    for (uint32_t w = 0; w < ws->windows; w++) {
        struct cursor *cur = cursor_of(l, block, w);
        if (cur->chunk == 0 && cur->word == list->n)
            cur->word = out + 1;
    }
    list->n = list->n > 0 ? out + 1 : 0;
    list->slot.mark = (uint16_t)list->n;
}

/* Has the list grown enough since spans were joined last that it is worth the look? */
static bool list_is_grown(const struct span_list *list)
{
    uint32_t was = list->slot.mark;
    return list->n >= was + was / 8 + GROWTH_MIN;
}

/* A new span for sec at this index of the list. */
static void list_insert(struct windows *ws, struct window_log *log, const struct layout *l,
                        uint32_t i, uint32_t sec, handle_t span)
{
    struct span_list *list = pool_edit(&ws->lists, log->slots);
    struct span_place p = band_place(ws, sec);
    p.span = span;
    for (uint32_t w = 0; w < ws->windows; w++) {
        uint32_t start = ws->start[w];
        if (p.first < start && start <= p.last) {
            if (sec < start)
                p.last = start - 1;
            else
                p.first = start;
        }
    }
    if (i > 0 && list->at[i - 1].last >= p.first)
        p.first = list->at[i - 1].last + 1;
    if (i < list->n && list->at[i].first <= p.last)
        p.last = list->at[i].first - 1;
    memmove(&list->at[i + 1], &list->at[i], (list->n - i) * sizeof list->at[0]);
    list->at[i] = p;
    list->n++;
    void *block = pool_edit(&ws->cursors, log->cursors);
    for (uint32_t w = 0; w < ws->windows; w++) {
        struct cursor *cur = cursor_of(l, block, w);
        if (cur->chunk == 0) {
            cur->word += cur->word > i;
            cur->next = 0;
        }
    }
}

/* The index of the span of that second, made if need be; -1 when there is no room at all. */
int64_t list_place(struct windows *ws, struct window_log *log, const struct layout *l, uint32_t sec)
{
    for (bool compact = true;;) {
        const struct span_list *list = list_get(ws, log);
        uint32_t i = list_search(list, sec);
        if (i < list->n && list->at[i].first <= sec)
            return i;
        handle_t span = 0;
        bool grown = compact && list_is_grown(list);
        if (!grown && list->n < ws->spans_max)
            span = pool_alloc(&ws->spans);
        if (span != 0) {
            list_insert(ws, log, l, i, sec, span);
            return i;
        }
        if (list->n == 0)
            return -1;
        if (compact)
            list_compact(ws, log, l);
        else
            list_drop(ws, log, l, 1);
        compact = false;
    }
}

bool spans_fit(const struct windows *ws)
{
    return ws->chunks.cap - ws->chunks.live >= SPARE_CHUNKS;
}

/* Chunks to pack sketches into, at the cost of the oldest spans. false: too few. */
bool spans_room(struct windows *ws, struct window_log *log, const struct layout *l)
{
    while (!spans_fit(ws)) {
        if (log->slots == 0 || list_get(ws, log)->n == 0)
            return false;
        spans_drop_oldest(ws, log, l);
    }
    return true;
}

bool spans_pass(struct windows *ws, const struct window_log *log, const struct layout *l,
                struct cursor *cur, uint32_t window)
{
    const struct span_list *list = list_get(ws, log);
    uint32_t edge = ws->edge[window];
    for (; cur->word < list->n && list->at[cur->word].last <= edge; cur->word++) {
        const struct span *s = span_get(ws, list, cur->word);
        totals_add(l, cursor_sum(cur), cursor_count(l, cur), span_sum(s), span_count(l, s), 1);
        tally_span(ws, log, l, tally_bit(window), s, 1);
    }
    if (cur->word == list->n)
        return true;
    cur->next = list->at[cur->word].last;
    return false;
}
