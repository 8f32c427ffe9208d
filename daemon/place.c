#include "daemon/place.h"

#include "daemon/archive_read.h"
#include "daemon/recorder.h"

#include <stdio.h>

enum { KEY_MAX = RECEIVER_NAME_MAX + RECEIVER_URL_MAX + 8 };

static struct str key_of(const struct receiver *r, const char *what, char ret[KEY_MAX])
{
    int n = snprintf(ret, KEY_MAX, "%s %s", r->name, what);
    CHECK(n > 0 && n < KEY_MAX);
    return (struct str){ret, (uint32_t)n};
}

/* As the record knows it: with another URL it is the same, as on a reload (receiver_is_same). */
static struct str key(const struct receiver *r, char ret[KEY_MAX])
{
    return key_of(r, receiver_is_manager(r) ? "alertmanager" : "webhook", ret);
}

void place_note(struct outlet *o, const struct receiver *r, uint64_t number)
{
    char text[KEY_MAX];
    if (o->record != NULL)
        recorder_place(o->record, key(r, text), number);
}

uint64_t place_find(const struct outlet *o, const struct receiver *r, bool starting)
{
    struct archive_reader reader;
    char text[KEY_MAX];
    uint64_t last = 0, next = o->bus->recent.next;
    int found = 0;
    if (!starting)
        return next;
    if (o->record != NULL && archive_reader_open(&reader, o->config->state_dir)) {
        found = archive_place_of(&reader, key(r, text), &last);
        if (found == 0) /* a record of before: its key had the URL */
            found = archive_place_of(&reader, key_of(r, r->url, text), &last);
        archive_reader_close(&reader);
    }
    return found == 1 && last < next ? last + 1 : o->bus->base + 1;
}
