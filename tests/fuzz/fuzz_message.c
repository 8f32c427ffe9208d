/* fuzz_message: any bytes as a published message and as a request. */
#include "core/err.h"
#include "proto/message.h"
#include "proto/request.h"
#include "tests/lib/mutant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

MUTANT_OF(&mutant_requests)

static struct node nodes[1 << 12], again[1 << 12];
static char json[1 << 16], msgpack[1 << 16];

/* Written and parsed again, a message has the same JSON. */
static void round_trip(const struct message *m, const char *text, int text_len)
{
    static char second[1 << 16];
    struct emitter em;
    emit_start(&em, SINK_MSGPACK, msgpack, sizeof msgpack);
    message_emit(m, m->node, &em, NULL);
    int n = emit_finish(&em);
    if (n < 0)
        return;
    int len = json_from_msgpack(second, sizeof second, again, ARRAY_LEN(again), msgpack, (size_t)n);
    CHECK(len == text_len && memcmp(second, text, (size_t)len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct request request;
    const char *key;
    struct message m;
    if (request_decode(data, len, &request, &key) == 0)
        CHECK(request.op < OP_N && request.scope < SCOPE_N);
    CHECK(key != NULL);
    int err = message_parse(&m, nodes, ARRAY_LEN(nodes), data, len);
    if (err != 0) {
        CHECK(message_find(&m, "a.b") == NULL);
        return 0;
    }
    CHECK(m.node[0].end == m.nodes);
    struct emitter em;
    emit_start(&em, SINK_JSON, json, sizeof json);
    message_emit(&m, m.node, &em, NULL);
    int n = emit_finish(&em);
    if (n > 0)
        round_trip(&m, json, n);
    return 0;
}
