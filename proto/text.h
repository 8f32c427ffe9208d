/* text.h: events as text: lines of NDJSON, and CSV with a header of the same keys.
 *
 * A line becomes one event by the same rules as a MessagePack map (schema.h); besides, times may
 * be ISO 8601 with an offset ("2026-02-06T16:30:00+01:00", "…Z", with a fraction or without).
 * The reader lends the event's texts until its next line. Reads no file: lines come in whole.
 * CSV (RFC 4180): an empty cell is an absent key, \N is nil, columns with other names are ignored,
 * quoted cells may hold commas and quotes but no line ends. */
#ifndef TP_PROTO_TEXT_H
#define TP_PROTO_TEXT_H

#include "proto/emit.h"
#include "proto/schema.h"

struct json_t;

enum {
    TEXT_LINE_MAX = 1 << 16, /* bytes of one line */
    CSV_COLUMNS_MAX = 128,
};

struct text_reader {
    struct json_t *root; /* keeps the texts of the event at hand */
    struct draft draft;
    struct digits digits;
    bool csv;
    uint16_t columns;                /* CSV: of the header; 0 = the header comes next */
    uint8_t column[CSV_COLUMNS_MAX]; /* enum event_field, F_N = ignored */
    char line[TEXT_LINE_MAX];        /* CSV: its cells, quotes taken off */
};

void text_reader_init(struct text_reader *r, bool csv);
void text_reader_fini(struct text_reader *r);

/* One line without its end ("\r" before it is allowed). 1: *ret is an event. 0: nothing there (an
 * empty line, the CSV header). Negative: refused, *ret_field is the field at fault or F_N.
 * rts goes into the event. */
MUST_CHECK int text_read(struct text_reader *r, const char *line, size_t len, ms_t rts,
                         struct event *ret, enum event_field *ret_field);

/* ISO 8601 date and time with an offset -> ms; false when it is none. */
bool iso8601_parse(struct str text, ms_t *ret);

/* The event as a map of what it says: an NDJSON line without its end, or a MessagePack payload. */
void event_emit(struct emitter *em, const char *key, const struct event *e);

#endif
