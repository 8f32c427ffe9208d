#include "daemon/recall.h"

#include "daemon/archive_read.h"
#include "proto/json.h"

#include <stdlib.h>

enum { ROWS = 500 };

struct recalling {
    struct bus *bus;
    uint64_t last;
    char message[ARCHIVE_JSON_MAX];
};

static bool on_alert(void *data, const struct archive_alert *alert)
{
    struct recalling *r = data;
    int n = msgpack_from_json(r->message, sizeof r->message, alert->message);
    if (n > 0)
        bus_recall(r->bus, alert->n, alert->topic, r->message, (size_t)n);
    r->last = alert->n;
    return true;
}

void recall(struct bus *bus, const struct recorder *record, const char *dir, struct log *log)
{
    struct archive_reader reader;
    uint64_t first, most = bus->recent.cap < RECALL_MAX ? bus->recent.cap : RECALL_MAX;
    int got = 0;
    if (!record->on)
        return;
    bus_follow(bus, &record->runs, record->base);
    struct recalling *r = malloc(sizeof *r);
    if (r == NULL)
        return; /* older alerts are asked of the file */
    r->bus = bus;
    r->last = record->base > most ? record->base - most : 0;
    bool fine = archive_reader_open(&reader, dir);
    while (fine && (got = archive_alerts(&reader, r->last, ROWS, &first, on_alert, r)) == ROWS)
        ;
    if (!fine || got < 0)
        log_error(log, "alerts not recalled", "error=\"%s\"", reader.why);
    if (bus->recent.next <= record->base) /* the last ones were not recorded */
        recent_restart(&bus->recent, record->base + 1);
    archive_reader_close(&reader);
    free(r);
}
