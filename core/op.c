#include "core/op.h"

#include "core/customer.h"
#include "core/repeat.h"

/* NULL when nobody listens. */
static struct op *sink_next(struct sink *out)
{
    if (out->op == NULL)
        return NULL;
    CHECK(out->n < out->cap);
    struct op *op = &out->op[out->n++];
    memset(op, 0, sizeof *op);
    return op;
}

static void hear(const struct board_tap *tap, const struct op *op, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (op[i].mark <= OP_MARK)
            tap->take(tap->ctx, &op[i]);
}

void sink_sample(struct sink *out, uint32_t family, const struct window_sample *sample,
                 const struct tags *tags, uint32_t scopes, int sign)
{
    if (out->board != NULL) {
        const struct board_tap *tap = board_tap(out->board);
        if (UNLIKELY(tap != NULL)) {
            struct op op = {.family = (uint8_t)family,
                            .scopes = (uint8_t)scopes,
                            .sign = sign,
                            .tags = *tags,
                            .sample = *sample};
            hear(tap, &op, 1);
        }
        board_sample(out->board, family, sample, tags, scopes, sign);
        return;
    }
    struct op *op = sink_next(out);
    if (op == NULL)
        return;
    op->family = (uint8_t)family;
    op->scopes = (uint8_t)scopes;
    op->sign = sign;
    op->tags = *tags;
    op->sample = *sample;
}

void sink_part(struct sink *out, enum part_kind kind, uint32_t part,
               const struct window_sample *sample, const struct tags *tags, uint32_t scopes,
               int sign)
{
    if (out->board != NULL) {
        const struct board_tap *tap = board_tap(out->board);
        if (UNLIKELY(tap != NULL)) {
            struct op op = {.flag = (uint8_t)kind,
                            .scopes = (uint8_t)scopes,
                            .sign = sign,
                            .tags = *tags,
                            .part = part,
                            .sample = *sample};
            hear(tap, &op, 1);
        }
        board_part(out->board, kind, part, sample, tags, scopes, sign);
        return;
    }
    struct op *op = sink_next(out);
    if (op == NULL)
        return;
    op->flag = (uint8_t)kind;
    op->scopes = (uint8_t)scopes;
    op->sign = sign;
    op->tags = *tags;
    op->part = part;
    op->sample = *sample;
}

void sink_mark(struct sink *out, uint32_t family, uint32_t flag, ms_t ts, const struct tags *tags,
               uint32_t scopes, bool on)
{
    if (out->board != NULL) {
        const struct board_tap *tap = board_tap(out->board);
        if (UNLIKELY(tap != NULL)) {
            struct op op = {.mark = 1,
                            .family = (uint8_t)family,
                            .flag = (uint8_t)flag,
                            .scopes = (uint8_t)scopes,
                            .sign = on ? 1 : -1,
                            .tags = *tags,
                            .sample = {.ts = ts}};
            hear(tap, &op, 1);
        }
        board_mark(out->board, family, flag, ts, tags, scopes, on);
        return;
    }
    struct op *op = sink_next(out);
    if (op == NULL)
        return;
    op->mark = 1;
    op->family = (uint8_t)family;
    op->flag = (uint8_t)flag;
    op->scopes = (uint8_t)scopes;
    op->sign = on ? 1 : -1;
    op->tags = *tags;
    op->sample.ts = ts;
}

void sink_unmark(struct sink *out, uint32_t family, uint32_t flag, uint32_t other, ms_t ts,
                 const struct tags *tags, uint32_t scopes)
{
    if (scopes == 0)
        return;
    if (out->board != NULL && board_tap(out->board) == NULL) {
        board_unmark(out->board, family, 1u << flag | 1u << other, ts, tags, scopes);
        return;
    }
    sink_mark(out, family, flag, ts, tags, scopes, false);
    sink_mark(out, family, other, ts, tags, scopes, false);
}

static void repeat_take(struct repeat_of of, const struct op *op, int sign)
{
    uint64_t key = (uint64_t)op->sample.value[0];
    if (of.all == NULL)
        return;
    if (op->mark == OP_OPENED)
        repeat_opened(of.all, of.record, key, op->sample.ts, sign);
    else
        repeat_resolved(of.all, of.record, key, op->sample.ts, &op->tags, op->flag != 0, sign);
}

static void sink_repeat(struct sink *out, const struct op *op, int sign)
{
    if (out->board != NULL) {
        repeat_take(out->repeat, op, sign);
        return;
    }
    struct op *at = sink_next(out);
    if (at == NULL)
        return;
    *at = *op;
    at->sign = sign;
}

static void touched(struct repeat_of of, const struct op *op, int sign)
{
    if (of.customers != NULL)
        customer_touched(of.customers, (uint64_t)op->sample.value[0], op->family, op->sample.ts,
                         &op->tags, op->scopes, sign);
}

void sink_touched(struct sink *out, uint64_t customer, uint32_t family, ms_t ts,
                  const struct tags *tags, uint32_t scopes, int sign)
{
    struct op op = {.mark = OP_TOUCHED,
                    .family = (uint8_t)family,
                    .scopes = (uint8_t)scopes,
                    .sign = sign,
                    .tags = *tags,
                    .sample = {.ts = ts, .value = {(ms_t)customer}}};
    if (out->board != NULL) {
        touched(out->repeat, &op, sign);
        return;
    }
    struct op *at = sink_next(out);
    if (at != NULL)
        *at = op;
}

uint32_t sink_followed(struct sink *out, uint64_t customer, const struct touch *was,
                       uint32_t scopes, const struct touch *is, bool worn)
{
    struct customers *c = out->repeat.customers;
    if (out->board != NULL)
        return c == NULL ? 0 : customer_followed(c, customer, was, scopes, is, worn);
    sink_touched(out, customer, is->family, is->ts, &is->tags, is->scopes, 1);
    if (scopes != 0)
        sink_touched(out, customer, was->family, was->ts, &was->tags, scopes, -1);
    return 0;
}

bool sink_leads(const struct sink *out, uint64_t customer, uint32_t family, ms_t ts,
                const struct tags *tags, uint32_t scopes)
{
    return out->board != NULL && out->repeat.customers != NULL &&
           customer_leads(out->repeat.customers, customer, family, ts, tags, scopes);
}

void sink_opened(struct sink *out, uint64_t key, ms_t ts, int sign)
{
    struct op op = {.mark = OP_OPENED, .sample = {.ts = ts, .value = {(ms_t)key}}};
    sink_repeat(out, &op, sign);
}

void sink_resolved(struct sink *out, uint64_t key, ms_t ts, const struct tags *tags, bool lost,
                   int sign)
{
    struct op op = {
        .mark = OP_SOLVED, .flag = lost, .tags = *tags, .sample = {.ts = ts, .value = {(ms_t)key}}};
    sink_repeat(out, &op, sign);
}

/* Order of bytes, the sign left out: equal ops stand together. */
static int op_compare(const struct op *a, const struct op *b)
{
    int c = memcmp(a, b, offsetof(struct op, sign));
    return c != 0 ? c : memcmp(&a->tags, &b->tags, sizeof *a - offsetof(struct op, tags));
}

static void swap(struct op *a, struct op *b)
{
    struct op t = *a;
    *a = *b;
    *b = t;
}

static void sift(struct op *ops, uint32_t at, uint32_t n)
{
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= n)
            return;
        if (child + 1 < n && op_compare(&ops[child], &ops[child + 1]) < 0)
            child++;
        if (op_compare(&ops[at], &ops[child]) >= 0)
            return;
        swap(&ops[at], &ops[child]);
        at = child;
    }
}

/* Heapsort: no allocation, no recursion, O(n log n) whatever the input. */
static void op_sort(struct op *ops, uint32_t n)
{
    for (uint32_t i = n / 2; i-- > 0;)
        sift(ops, i, n);
    for (uint32_t i = n; i-- > 1;) {
        swap(&ops[0], &ops[i]);
        sift(ops, 0, i);
    }
}

/* Sums the signs of equal ops; keeps those with a sum. Returns how many are left. */
static uint32_t op_net(struct op *ops, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n;) {
        struct op op = ops[i];
        uint32_t j = i + 1;
        for (; j < n && op_compare(&op, &ops[j]) == 0; j++)
            op.sign += ops[j].sign;
        if (op.sign != 0)
            ops[kept++] = op;
        i = j;
    }
    return kept;
}

static void op_apply(const struct op *op, struct board *board, struct repeat_of repeat)
{
    int times = op->sign > 0 ? op->sign : -op->sign;
    for (int i = 0; i < times; i++) {
        if (op->mark == OP_TOUCHED)
            touched(repeat, op, op->sign);
        else if (op->part != 0)
            board_part(board, (enum part_kind)op->flag, op->part, &op->sample, &op->tags,
                       op->scopes, op->sign > 0 ? 1 : -1);
        else if (op->mark)
            board_mark(board, op->family, op->flag, op->sample.ts, &op->tags, op->scopes,
                       op->sign > 0);
        else
            board_sample(board, op->family, &op->sample, &op->tags, op->scopes,
                         op->sign > 0 ? 1 : -1);
    }
}

/* Every op becomes one op for each kept scope that it has a name in: only then do two that mean
 * the same for a name cancel, whatever else their tickets' tags say. Returns how many. */
static uint32_t op_spread(struct op *ops, uint32_t n, uint32_t cap, uint32_t kept)
{
    struct op *from = ops + (cap - n);
    memmove(from, ops, n * sizeof *ops);
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct op op = from[i];
        for (uint32_t left = op.scopes & kept; left != 0; left &= left - 1) {
            enum scope s = (enum scope)__builtin_ctz(left);
            uint32_t index = tags_of(&op.tags, s);
            if (index == 0)
                continue;
            CHECK(&ops[count] <= &from[i]);
            ops[count] = op;
            ops[count].scopes = (uint8_t)(1u << s);
            ops[count].tags = (struct tags){0};
            tags_set(&ops[count].tags, s, index);
            count++;
        }
    }
    return count;
}

/* Takes those of repeats out and applies what is net of them: what is new first, for that replaces
 * what was. Returns how many are left. */
static uint32_t op_repeats(struct op *ops, uint32_t n, struct repeat_of repeat)
{
    uint32_t kept = 0, net;
    for (uint32_t i = 0; i < n; i++)
        if (ops[i].mark < OP_OPENED && i != kept++)
            swap(&ops[i], &ops[kept - 1]);
    op_sort(ops + kept, n - kept);
    net = op_net(ops + kept, n - kept);
    for (int sign = 1; sign >= -1; sign -= 2)
        for (uint32_t i = 0; i < net; i++)
            if ((ops[kept + i].sign > 0) == (sign > 0))
                repeat_take(repeat, &ops[kept + i], sign);
    return kept;
}

enum { SAMPLES_COME, MARKS, TOUCHES_GO, TOUCHES_COME, SAMPLES_GO, PHASES };

static int op_phase(const struct op *op)
{
    bool comes = op->sign > 0;
    switch (op->mark) {
    case OP_SAMPLE:
        return comes ? SAMPLES_COME : SAMPLES_GO;
    case OP_TOUCHED:
        return comes ? TOUCHES_COME : TOUCHES_GO;
    default:
        return MARKS;
    }
}

/* Samples come first; then marks, and touches, those that go before those that come; samples go
 * last: so every mark finds a sample of its
 * second to stand on, and every sample that goes can leave its loose flags to another. */
void op_difference(struct op *ops, uint32_t n_old, uint32_t n_all, uint32_t cap,
                   struct board *board, struct repeat_of repeat)
{
    uint32_t same = 0, n_new = n_all - n_old;
    while (same < n_old && same < n_new && ops[same].sign == ops[n_old + same].sign &&
           op_compare(&ops[same], &ops[n_old + same]) == 0)
        same++;
    for (uint32_t i = same; i < n_old; i++)
        ops[i].sign = -ops[i].sign;
    if (same > 0) /* the equal beginning of the new list gives way to its rest */
        memmove(&ops[n_old], &ops[n_old + same], (n_new - same) * sizeof *ops);
    struct op *rest = &ops[same];
    uint32_t n = op_repeats(rest, n_old - same + n_new - same, repeat);
    if (UNLIKELY(board_tap(board) != NULL))
        hear(board_tap(board), rest, n);
    n = op_spread(rest, n, cap - same, board_scopes(board));
    op_sort(rest, n);
    n = op_net(rest, n);
    for (int phase = 0; phase < PHASES; phase++)
        for (uint32_t i = 0; i < n; i++)
            if (phase == op_phase(&rest[i]))
                op_apply(&rest[i], board, repeat);
}
