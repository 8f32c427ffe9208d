/* random_event.h: any valid event, at random, and whether two events say the same. */
#ifndef TP_TESTS_RANDOM_EVENT_H
#define TP_TESTS_RANDOM_EVENT_H

#include "core/event.h"
#include "core/limits.h"
#include "tests/lib/random.h"

enum { RANDOM_TEXTS = 32 };

/* The texts of one event; it borrows them. */
struct random_texts {
    char text[RANDOM_TEXTS][NAME_BYTES_MAX];
    uint32_t n;
};

/* An event that event_check accepts: any kind, any of its fields, some of them nil. */
void random_event(struct random *r, struct event *ret, struct random_texts *texts);

/* Same kind, same fields, same values where there is one. rts is not compared. */
bool event_same(const struct event *a, const struct event *b);

#endif
