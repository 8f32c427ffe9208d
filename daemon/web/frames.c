#include "daemon/web/frames.h"

#include <stdlib.h>

bool frames_init(struct frames *f)
{
    *f = (struct frames){.at = calloc(FRAMES_MAX, sizeof *f->at)};
    return f->at != NULL;
}

static void drop_first(struct frames *f)
{
    struct frame *first = &f->at[f->first++ % FRAMES_MAX];
    f->bytes -= first->n;
    free(first->text);
    first->text = NULL;
}

bool frames_add(struct frames *f, const char *text, size_t n, const struct frame_mask *mask)
{
    CHECK(n > 0 && n <= FRAMES_BYTES);
    char *copy = malloc(n);
    if (copy == NULL) { /* who reads must see that something is missing */
        while (f->first < f->next)
            drop_first(f);
        f->first = ++f->next;
        return false;
    }
    while (f->next - f->first == FRAMES_MAX || (f->first < f->next && f->bytes + n > FRAMES_BYTES))
        drop_first(f);
    memcpy(copy, text, n);
    f->at[f->next++ % FRAMES_MAX] = (struct frame){copy, (uint32_t)n, *mask};
    f->bytes += n;
    return true;
}

int frames_read(const struct frames *f, struct frame_place *place, const struct frame_mask *mask,
                char *buf, size_t cap)
{
    size_t used = 0;
    if (place->next < f->first)
        return -1;
    while (place->next < f->next && used < cap) {
        const struct frame *frame = &f->at[place->next % FRAMES_MAX];
        if (mask_meets(&frame->mask, mask)) {
            size_t left = frame->n - place->offset;
            size_t n = left < cap - used ? left : cap - used;
            memcpy(buf + used, frame->text + place->offset, n);
            used += n;
            if (n < left) {
                place->offset += (uint32_t)n;
                break;
            }
        }
        place->next++;
        place->offset = 0;
    }
    return (int)used;
}

void frames_fini(struct frames *f)
{
    while (f->at != NULL && f->first < f->next)
        drop_first(f);
    free(f->at);
    f->at = NULL;
}
