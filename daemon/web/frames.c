#include "daemon/web/frames.h"

#include <stdlib.h>

bool frames_init(struct frames *f)
{
    *f = (struct frames){.at = calloc(FRAMES_MAX, sizeof *f->at),
                         .key = calloc(FRAMES_KEYS, sizeof *f->key)};
    return f->at != NULL && f->key != NULL;
}

static void drop(struct frames *f, struct frame *frame)
{
    f->bytes -= frame->n;
    free(frame->text);
    frame->text = NULL;
    frame->n = 0;
}

static void drop_first(struct frames *f)
{
    drop(f, &f->at[f->first++ % FRAMES_MAX]);
}

static bool mask_covers(const struct frame_mask *a, const struct frame_mask *b)
{
    uint64_t without = 0;
    for (uint32_t i = 0; i < FRAME_INTERESTS_MAX / 64; i++)
        without |= b->word[i] & ~a->word[i];
    return without == 0;
}

/* What the frame that comes next makes void. */
static void replace(struct frames *f, uint64_t key, const struct frame_mask *mask)
{
    struct frame_key *k = &f->key[key % FRAMES_KEYS];
    struct frame *old = &f->at[k->number % FRAMES_MAX];
    if (k->key == key && k->number >= f->first && old->halves == 0 && mask_covers(mask, &old->mask))
        drop(f, old);
    *k = (struct frame_key){key, f->next};
}

bool frames_add(struct frames *f, const char *text, size_t n, const struct frame_mask *mask,
                uint64_t key)
{
    CHECK(n > 0 && n <= FRAMES_BYTES);
    char *copy = malloc(n);
    if (copy == NULL) { /* who reads must see that something is missing */
        while (f->first < f->next)
            drop_first(f);
        f->first = ++f->next;
        return false;
    }
    if (key != 0)
        replace(f, key, mask);
    while (f->next - f->first == FRAMES_MAX || (f->first < f->next && f->bytes + n > FRAMES_BYTES))
        drop_first(f);
    memcpy(copy, text, n);
    f->at[f->next++ % FRAMES_MAX] = (struct frame){copy, (uint32_t)n, 0, *mask};
    f->bytes += n;
    return true;
}

int frames_read(struct frames *f, struct frame_place *place, const struct frame_mask *mask,
                char *buf, size_t cap)
{
    size_t used = 0;
    if (place->next < f->first)
        return -1;
    while (place->next < f->next && used < cap) {
        struct frame *frame = &f->at[place->next % FRAMES_MAX];
        if (frame->text != NULL && mask_meets(&frame->mask, mask)) {
            size_t left = frame->n - place->offset;
            size_t n = left < cap - used ? left : cap - used;
            memcpy(buf + used, frame->text + place->offset, n);
            used += n;
            frame->halves += place->offset == 0;
            if (n < left) {
                place->offset += (uint32_t)n;
                break;
            }
            frame->halves--;
        }
        place->next++;
        place->offset = 0;
    }
    return (int)used;
}

void frames_leave(struct frames *f, const struct frame_place *place)
{
    if (place->offset > 0 && place->next >= f->first)
        f->at[place->next % FRAMES_MAX].halves--;
}

void frames_forget(struct frames *f, uint64_t before)
{
    while (f->first < f->next && f->first < before)
        drop_first(f);
}

/* Numbers go on at the ring's first place: its further pages are touched by who is behind only. */
void frames_rest(struct frames *f)
{
    frames_forget(f, f->next);
    f->first = f->next = (f->next + FRAMES_MAX - 1) / FRAMES_MAX * FRAMES_MAX;
}

void frames_fini(struct frames *f)
{
    if (f->at != NULL)
        frames_forget(f, f->next);
    free(f->at);
    free(f->key);
    f->at = NULL;
    f->key = NULL;
}
