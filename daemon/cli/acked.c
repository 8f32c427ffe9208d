#include "daemon/cli/acked.h"

#include <stdio.h>
#include <stdlib.h>

void acked_begin(struct acked *a)
{
    memset(a, 0, offsetof(struct acked, nodes));
}

static void drop(struct acked *a, struct acked_batch *b)
{
    free(b->payload);
    *b = (struct acked_batch){0};
    a->waiting--;
}

void acked_end(struct acked *a)
{
    for (uint32_t i = 0; i < ACKED_WINDOW; i++)
        if (a->at[i].number != 0)
            drop(a, &a->at[i]);
}

static struct acked_batch *place(struct acked *a, uint64_t number)
{
    return &a->at[number % ACKED_WINDOW];
}

bool acked_full(const struct acked *a)
{
    return a->at[(a->number + 1) % ACKED_WINDOW].number != 0;
}

bool acked_add(struct acked *a, const void *payload, size_t n)
{
    CHECK(!acked_full(a) && n <= BATCH_BYTES_MAX);
    char *bytes = malloc(n > 0 ? n : 1);
    if (bytes == NULL)
        return false;
    memcpy(bytes, payload, n);
    a->number++;
    a->waiting++;
    *place(a, a->number) =
        (struct acked_batch){.number = a->number, .due = 0, .payload = bytes, .n = (uint32_t)n};
    return true;
}

struct acked_batch *acked_due(struct acked *a, ms_t now)
{
    struct acked_batch *found = NULL;
    for (uint32_t i = 0; i < ACKED_WINDOW; i++) {
        struct acked_batch *b = &a->at[i];
        if (b->number != 0 && b->due <= now && (found == NULL || b->number < found->number))
            found = b;
    }
    return found;
}

void acked_sent(struct acked_batch *b, ms_t now)
{
    b->due = now + ACKED_AGAIN_MS;
}

ms_t acked_next(const struct acked *a)
{
    ms_t next = MS_NEVER;
    for (uint32_t i = 0; i < ACKED_WINDOW; i++)
        if (a->at[i].number != 0)
            next = ms_min(next, a->at[i].due);
    return next;
}

void acked_again(struct acked *a)
{
    for (uint32_t i = 0; i < ACKED_WINDOW; i++)
        a->at[i].due = 0;
}

static void keep_text(char to[ACKED_TEXT], struct str s)
{
    snprintf(to, ACKED_TEXT, "%.*s", (int)s.len, s.p);
}

static void count_reason(struct acked *a, struct str reason)
{
    char text[ACKED_TEXT];
    keep_text(text, reason);
    uint32_t i = 0;
    while (i < a->rejections && strcmp(a->rejection[i].reason, text) != 0)
        i++;
    if (i == ACKED_REASONS)
        i--; /* no room for another one */
    else if (i == a->rejections)
        keep_text(a->rejection[a->rejections++].reason,
                  i < ACKED_REASONS - 1 ? reason : str_of("other"));
    a->rejection[i].n++;
    a->rejected++;
}

static uint64_t count_of(const struct message *m, const char *key)
{
    int64_t n;
    return message_int(m, key, &n) && n > 0 ? (uint64_t)n : 0;
}

static void settle(struct acked *a, struct acked_batch *b, const struct message *m)
{
    const struct node *list = message_find(m, "rejected"), *key, *one;
    a->batches++;
    a->accepted += count_of(m, "accepted");
    a->duplicates += count_of(m, "duplicates");
    a->late += count_of(m, "late");
    uint32_t at = 0;
    while (message_each(m, list, &at, &key, &one)) {
        struct str reason = {"", 0};
        node_text(message_find_in(m, one, "reason"), &reason);
        count_reason(a, reason);
    }
    drop(a, b);
}

enum acked_answer acked_hear(struct acked *a, struct str word, const void *head, size_t n, ms_t now)
{
    struct message m;
    int64_t number;
    if (message_parse(&m, a->nodes, MESSAGE_NODES_MAX, head, n) != 0 ||
        !message_int(&m, "batch", &number) || number < 0)
        return ACKED_NOISE;
    if (str_equal(word, str_of("error"))) {
        keep_text(a->code, message_text(&m, "error"));
        keep_text(a->reason, message_text(&m, "reason"));
        return ACKED_ERROR;
    }
    struct acked_batch *b = place(a, (uint64_t)number);
    if (number == 0 || b->number != (uint64_t)number)
        return ACKED_NOISE; /* heard before: it was sent twice */
    if (str_equal(word, str_of("ack"))) {
        settle(a, b, &m);
        return ACKED_ACK;
    }
    if (!str_equal(word, str_of("nack")))
        return ACKED_NOISE;
    int64_t retry = 0;
    message_int(&m, "retry_ms", &retry);
    b->due = now + ms_max(1, ms_min(retry, ACKED_RETRY_MAX_MS));
    keep_text(a->reason, message_text(&m, "reason"));
    return ACKED_NACK;
}
