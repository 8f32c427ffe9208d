/* test_acked: a daemon that loses, refuses, doubles and forgets the order still counts every batch
 * once; what acks say is summed up. */
#include "daemon/cli/acked.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "daemon/clients.h"
#include "tests/lib/random.h"

enum { BATCHES = 3000, ON_THE_WAY = 256 };

static struct acked a;

static enum acked_answer hear(const char *word, void (*fill)(struct emitter *em), ms_t now)
{
    struct emitter em;
    char bytes[4096];
    emit_start(&em, SINK_MSGPACK, bytes, sizeof bytes);
    emit_map(&em, NULL);
    fill(&em);
    emit_end(&em);
    int n = emit_finish(&em);
    cr_assert_gt(n, 0);
    return acked_hear(&a, str_of(word), bytes, (size_t)n, now);
}

static uint64_t answered; /* the batch of the next answer */

static void plain(struct emitter *em)
{
    emit_uint(em, "batch", answered);
    emit_uint(em, "accepted", 1);
}

static void refusal(struct emitter *em)
{
    emit_uint(em, "batch", answered);
    emit_text(em, "error", "forbidden");
    emit_text(em, "reason", "busy");
    emit_int(em, "retry_ms", 70);
}

static void full_ack(struct emitter *em)
{
    emit_uint(em, "batch", answered);
    emit_uint(em, "accepted", 5);
    emit_uint(em, "duplicates", 3);
    emit_uint(em, "late", 2);
    emit_array(em, "rejected");
    for (int i = 0; i < 50; i++) {
        char reason[16];
        snprintf(reason, sizeof reason, "reason%d", i % 40);
        emit_map(em, NULL);
        emit_int(em, "index", i);
        emit_text(em, "reason", reason);
        emit_end(em);
    }
    emit_end(em);
}

Test(acked, an_ack_is_summed_up_once)
{
    acked_begin(&a);
    cr_assert(acked_add(&a, "x", 1));
    answered = 1;
    cr_assert_eq(hear("ack", full_ack, 0), ACKED_ACK);
    cr_assert_eq(hear("ack", full_ack, 0), ACKED_NOISE);
    cr_assert_eq(a.waiting, 0);
    cr_assert_eq(a.batches, 1);
    cr_assert_eq(a.accepted, 5);
    cr_assert_eq(a.duplicates, 3);
    cr_assert_eq(a.late, 2);
    cr_assert_eq(a.rejected, 50);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < a.rejections; i++)
        sum += a.rejection[i].n;
    cr_assert_eq(sum, 50, "forty reasons in %d places", ACKED_REASONS);
    cr_assert_eq(a.rejection[0].n, 2);
    cr_assert_str_eq(a.rejection[0].reason, "reason0");
    cr_assert_str_eq(a.rejection[ACKED_REASONS - 1].reason, "other");
    acked_end(&a);
}

Test(acked, a_batch_without_an_ack_holds_the_window)
{
    acked_begin(&a);
    for (int i = 0; i < ACKED_WINDOW; i++) {
        cr_assert(!acked_full(&a));
        cr_assert(acked_add(&a, "x", 1));
    }
    for (answered = 2; answered <= ACKED_WINDOW; answered++)
        cr_assert_eq(hear("ack", plain, 0), ACKED_ACK);
    cr_assert_eq(a.waiting, 1);
    cr_assert(acked_full(&a), "the daemon would forget number 1");
    answered = 1;
    cr_assert_eq(hear("ack", plain, 0), ACKED_ACK);
    cr_assert(!acked_full(&a));
    acked_end(&a);
}

Test(acked, due_when_sent_nacked_and_again)
{
    acked_begin(&a);
    cr_assert_eq(acked_next(&a), MS_NEVER);
    cr_assert(acked_add(&a, "x", 1));
    cr_assert(acked_add(&a, "y", 1));
    struct acked_batch *b = acked_due(&a, 10);
    cr_assert_eq(b->number, 1);
    acked_sent(b, 10);
    b = acked_due(&a, 10);
    cr_assert_eq(b->number, 2);
    cr_assert_eq(b->payload[0], 'y');
    acked_sent(b, 10);
    cr_assert_null(acked_due(&a, 10));
    cr_assert_eq(acked_next(&a), 10 + ACKED_AGAIN_MS);
    answered = 2;
    cr_assert_eq(hear("nack", refusal, 20), ACKED_NACK);
    cr_assert_str_eq(a.reason, "busy");
    cr_assert_eq(acked_next(&a), 90);
    cr_assert_null(acked_due(&a, 89));
    cr_assert_eq(acked_due(&a, 90)->number, 2);
    acked_again(&a);
    cr_assert_eq(acked_due(&a, 11)->number, 1);
    cr_assert_eq(hear("error", refusal, 20), ACKED_ERROR);
    cr_assert_str_eq(a.code, "forbidden");
    acked_end(&a);
}

Test(acked, what_is_no_answer_changes_nothing)
{
    acked_begin(&a);
    cr_assert(acked_add(&a, "x", 1));
    cr_assert_eq(acked_hear(&a, str_of("ack"), "\xc1", 1, 0), ACKED_NOISE);
    cr_assert_eq(acked_hear(&a, str_of("ack"), "", 0, 0), ACKED_NOISE);
    cr_assert_eq(acked_hear(&a, str_of("ack"), "\x80", 1, 0), ACKED_NOISE);
    answered = 1;
    cr_assert_eq(hear("other", plain, 0), ACKED_NOISE);
    answered = 0;
    cr_assert_eq(hear("ack", plain, 0), ACKED_NOISE);
    answered = 1 + ACKED_WINDOW; /* the place of 1 */
    cr_assert_eq(hear("ack", plain, 0), ACKED_NOISE);
    cr_assert_eq(a.waiting, 1);
    acked_end(&a);
}

/* The daemon's side: its real memory of batches, and how often each one counted. */
static struct clients clients;
static uint32_t counted[BATCHES + 1];

static void daemon_takes(uint64_t number)
{
    static uint64_t entry;
    if (clients_seen(&clients, 1, number))
        return;
    counted[number]++;
    clients_claim(&clients, 1, number, ++entry);
}

Test(acked, every_batch_counts_once_whatever_happens_on_the_way)
{
    struct random rng = {.state = 5};
    uint64_t way[ON_THE_WAY];
    uint32_t n = 0, steps = 0;
    acked_begin(&a);
    for (ms_t now = 1; a.batches < BATCHES; now += 40) {
        cr_assert_lt(steps++, 1000000u);
        while (!acked_full(&a) && a.number < BATCHES && random_below(&rng, 8) != 0)
            cr_assert(acked_add(&a, "batch", 5));
        struct acked_batch *b;
        while ((b = acked_due(&a, now)) != NULL) {
            if (n < ON_THE_WAY && random_below(&rng, 4) != 0) /* else lost */
                way[n++] = b->number;
            acked_sent(b, now);
        }
        if (random_below(&rng, 50) == 0) {
            n = 0; /* the connection broke */
            acked_again(&a);
        }
        for (uint64_t k = random_below(&rng, 4); k > 0 && n > 0; k--) {
            uint64_t i = random_below(&rng, n); /* in any order */
            answered = way[i];
            way[i] = way[--n];
            uint64_t fate = random_below(&rng, 8);
            if (fate == 0) {
                hear("nack", refusal, now);
                continue;
            }
            daemon_takes(answered);
            if (fate > 1) /* else the ack is lost */
                hear("ack", plain, now);
        }
    }
    for (uint32_t i = 1; i <= BATCHES; i++)
        cr_assert_eq(counted[i], 1, "batch %u counted %u times", i, counted[i]);
    cr_assert_eq(a.waiting, 0);
    acked_end(&a);
}
