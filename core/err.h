/* err.h: every reason for which something is refused: one table gives enum, wire name and text.
 *
 * Functions return 0 or a negative ERR_x for what the outside world did. The names are the
 * reason codes of PROTOCOL.md and never change their meaning. */
#ifndef TP_CORE_ERR_H
#define TP_CORE_ERR_H

/* X(NAME, wire name, what a person reads) */
#define ERR_TABLE(X)                                                                               \
    X(NOT_MSGPACK, "not_msgpack", "the payload is no MessagePack")                                 \
    X(TRUNCATED, "truncated", "the payload ends before its last value does")                       \
    X(TRAILING, "trailing", "bytes follow the event or batch")                                     \
    X(TOO_DEEP, "too_deep", "values are nested too deeply")                                        \
    X(TOO_LARGE, "too_large", "the payload is larger than the limit")                              \
    X(TOO_MANY, "too_many", "the batch has more events than the limit")                            \
    X(NOT_A_MAP, "not_a_map", "an event must be a map")                                            \
    X(BAD_KEY, "bad_key", "keys must be strings")                                                  \
    X(BAD_TEXT, "bad_text", "the line is no valid JSON or CSV")                                    \
    X(NO_TYPE, "no_type", "the event has no type")                                                 \
    X(UNKNOWN_TYPE, "unknown_type", "this event type is not known")                                \
    X(MISSING, "missing_field", "a required field is missing or nil")                              \
    X(WRONG_TYPE, "wrong_type", "a field has a value of the wrong type")                           \
    X(OUT_OF_RANGE, "out_of_range", "a number is outside its range")                               \
    X(BAD_WORD, "bad_word", "a word is none of those allowed for its field")                       \
    X(NAME_EMPTY, "name_empty", "a name is empty")                                                 \
    X(NAME_LONG, "name_long", "a name is longer than 64 bytes")                                    \
    X(NOT_UTF8, "not_utf8", "a name is not valid UTF-8, or has a control character")               \
    X(RESERVED, "reserved_name", "(auto), (customer) and (other) are reserved names")              \
    X(TS_UNIT, "ts_unit", "ts is before 2000: milliseconds are wanted, not seconds")               \
    X(TS_RANGE, "ts_range", "ts is after 2100")                                                    \
    X(LATE, "late_dropped", "the event is older than what its ticket has folded")                  \
    X(MERGE_CYCLE, "merge_cycle", "a ticket cannot be merged into itself or in a circle")          \
    X(TICKETS_FULL, "tickets_full", "no room for another open ticket (limits.tickets)")            \
    X(HISTORY_FULL, "history_full", "no room for more events of tickets (limits.history)")         \
    X(TICKET_LONG, "ticket_long", "the ticket has more events than limits.ticket_events")          \
    X(NO_ROOM, "no_room", "the buffer is too small")                                               \
    X(NOT_COVERED, "not_covered",                                                                  \
      "the period is no window that is kept now; `ticketpulse report --from --to` counts any")     \
    X(NO_TICKET, "no_ticket", "no such ticket is remembered")                                      \
    X(NO_ALERT, "no_alert", "no alert with this id is active")                                     \
    X(REMARKS_FULL, "remarks_full", "too many alerts are acknowledged or muted already")           \
    X(FORBIDDEN, "forbidden", "this client's key does not allow that")                             \
    X(BUSY, "busy", "others ask for the same just now; ask again later")                           \
    X(BAD_IMAGE, "bad_image", "the image is damaged")                                              \
    X(OTHER_IMAGE, "other_image", "the image was made by another version or with other limits")    \
    X(BAD_PACK, "bad_pack", "the journal's bytes are damaged or of a later version")               \
    X(IMAGE_BUSY, "image_busy", "too much changed while the image was taken; take it again")       \
    X(BAD_SHIFT, "bad_shift", "a shift ends before it begins, is too long or too far ahead")       \
    X(ROSTER_FULL, "roster_full", "the agent has too many shifts to come")                         \
    X(BAD_SETTINGS, "bad_settings", "the settings do not fit the limits")                          \
    X(STANDBY, "standby", "this daemon stands by: ask the primary, or promote this one")           \
    X(NOT_STANDBY, "not_standby", "this daemon publishes already")                                 \
    X(NO_NAME, "no_name", "nothing of that name was seen in that scope")                           \
    X(NO_CARD, "no_card", "no scorecard is for that name (or none of that window)")

enum err {
    ERR_NONE = 0,
#define ERR_POSITIVE(name, wire, text) ERR_NO_##name,
    ERR_TABLE(ERR_POSITIVE)
#undef ERR_POSITIVE
        ERR_N,
#define ERR_NEGATIVE(name, wire, text) ERR_##name = -ERR_NO_##name,
    ERR_TABLE(ERR_NEGATIVE)
#undef ERR_NEGATIVE
};

/* The wire name of a negative (or positive) code; "ok" for 0. Static storage. */
const char *err_name(int code);

/* One sentence for people. Static storage. */
const char *err_text(int code);

#endif
