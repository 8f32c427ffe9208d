/* fuzz_query: any bytes as a request to a daemon that has something to tell. Every answer is a
 * message, the last one and no other says that it is the last, and counts the others. */
#include "proto/message.h"
#include "tests/lib/mutant.h"
#include "tests/lib/office.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

MUTANT_OF(&mutant_requests)

enum { CHECK_EVERY = 256, GUEST_TURNS = 200000 };

static struct inside in;
static struct node nodes[MESSAGE_NODES_MAX];

struct hearing {
    uint64_t answers;
    bool ended;
    bool lets_wait; /* it says once that it cannot take more just now */
};

static int on_answer(void *data, const void *bytes, size_t n)
{
    struct hearing *h = data;
    struct message m;
    bool end;
    int64_t count;
    CHECK(!h->ended);
    if (h->lets_wait) {
        h->lets_wait = false;
        return -EAGAIN;
    }
    CHECK(bytes != NULL && message_parse(&m, nodes, ARRAY_LEN(nodes), bytes, n) == 0);
    h->ended = node_bool(message_find(&m, "end"), &end) && end;
    if (!h->ended)
        h->answers++;
    else if (message_int(&m, "count", &count))
        CHECK((uint64_t)count == h->answers);
    else
        CHECK(message_text(&m, "error").len > 0 && message_text(&m, "reason").len > 0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static unsigned runs;
    if (in.driver == NULL)
        office_open(&in, "http: {bind: none}\n");
    if (len > REQUEST_BYTES_MAX)
        return 0;
    struct hearing h = {.lets_wait = len % 2 == 1};
    struct query *q = &in.driver->query;
    driver_now(in.driver);
    bool refused_once = h.lets_wait;
    CHECK(query_submit(q, data, len, on_answer, &h));
    for (int i = 0; q->guests > 0; i++) { /* a comparison is read in another thread */
        CHECK(i < GUEST_TURNS);
        uv_run(&in.loop, q->studies > 0 ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    }
    /* A refusal is said once, at once: who was not listening has missed it. */
    CHECK(h.ended || (refused_once && h.answers == 0));
    if (++runs % CHECK_EVERY == 0)
        engine_check(in.driver->engine);
    return 0;
}
