/* Acknowledged ingest; part of the driver. A batch is applied like messages of the events' socket,
 * and answered when the journal has it on disk; one that cannot be taken now is refused before
 * anything of it counts. */
#include "daemon/driver.h"
#include "proto/message.h"

enum { BATCHES_A_TURN = 64, RETRY_BUSY_MS = 50, RETRY_DISK_MS = 1000, IDENTITY_MAX = 255 };

/* One message: from whom, and what. */
struct batch {
    char identity[IDENTITY_MAX];
    uint32_t identity_n;
    struct str owner; /* name of its key's client, "" without */
    struct str client;
    uint64_t number;
    uint64_t accepted, duplicates, late;
};

static struct str identity_of(const struct batch *b)
{
    return (struct str){b->identity, b->identity_n};
}

/* --- answers ------------------------------------------------------------------------------ */

static void transmit(struct driver *d, struct str identity, const char *word, const void *bytes,
                     size_t n)
{
    struct zsock *z = &d->bus.ingest;
    /* A peer that is gone or does not read sends its batch again: it will hear then. */
    if (zsock_send(z, identity.p, identity.len, true) == 0 &&
        zsock_send(z, word, strlen(word), true) == 0)
        (void)zsock_send(z, bytes, n, false);
}

static void nack(struct driver *d, const struct batch *b, const char *reason, ms_t retry_ms)
{
    struct emitter em;
    char bytes[256];
    emit_start(&em, SINK_MSGPACK, bytes, sizeof bytes);
    emit_map(&em, NULL);
    emit_uint(&em, "batch", b->number);
    emit_text(&em, "reason", reason);
    emit_int(&em, "retry_ms", retry_ms);
    emit_end(&em);
    int n = emit_finish(&em);
    CHECK(n > 0);
    d->status.journal.nacks++;
    transmit(d, identity_of(b), "nack", bytes, (size_t)n);
}

/* What is wrong with the message itself: it will be wrong the next time too. */
static void complain(struct driver *d, const struct batch *b, int err)
{
    struct emitter em;
    char bytes[512];
    emit_start(&em, SINK_MSGPACK, bytes, sizeof bytes);
    emit_map(&em, NULL);
    emit_uint(&em, "batch", b->number);
    emit_text(&em, "error", err_name(err));
    emit_text(&em, "reason", err_text(err));
    emit_end(&em);
    int n = emit_finish(&em);
    CHECK(n > 0);
    transmit(d, identity_of(b), "error", bytes, (size_t)n);
}

static void begin_answer(struct driver *d, struct emitter *em)
{
    emit_start(em, SINK_MSGPACK, d->answer, sizeof d->answer);
    emit_map(em, NULL);
    emit_array(em, "rejected");
}

static void add_rejection(struct emitter *em, uint32_t index, int err)
{
    emit_map(em, NULL);
    emit_uint(em, "index", index);
    emit_text(em, "reason", err_name(err));
    emit_end(em);
}

/* Waits for the disk; without memory for that it is not sent at all, and the batch comes again. */
static void end_answer(struct driver *d, struct emitter *em, const struct batch *b)
{
    emit_end(em);
    emit_uint(em, "batch", b->number);
    emit_uint(em, "accepted", b->accepted);
    emit_uint(em, "duplicates", b->duplicates);
    emit_uint(em, "late", b->late);
    emit_end(em);
    int n = emit_finish(em);
    if (n < 0 || !held_add(&d->acks, d->durable.journal.seq, identity_of(b), d->answer, (size_t)n))
        log_error(d->log, "batch not acknowledged", "error=\"no memory\"");
}

/* The status tells of them at once: who asks after an ack finds what it speaks of on disk. */
void driver_acknowledge(struct driver *d, uint64_t upto)
{
    const struct held_message *m;
    durable_status(&d->durable, &d->status.journal);
    while ((m = held_next(&d->acks, upto)) != NULL) {
        d->status.journal.acks++;
        transmit(d, (struct str){m->bytes, m->topic}, "ack", m->bytes + m->topic, m->rest);
        held_drop(&d->acks);
    }
}

/* --- batches ------------------------------------------------------------------------------ */

static void count(struct driver *d, struct emitter *em, struct batch *b, uint32_t at, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct result *r = &d->results[i];
        b->accepted += r->verdict == VERDICT_APPLIED;
        b->duplicates += r->verdict == VERDICT_DUPLICATE;
        b->late += r->verdict == VERDICT_LATE;
        if (r->verdict == VERDICT_REFUSED)
            add_rejection(em, d->decoder.index[at + i], r->err);
    }
}

/* The events of the decoder, which are the batch's alone. */
static void apply(struct driver *d, struct emitter *em, struct batch *b, uint64_t key)
{
    struct decoder *dec = &d->decoder;
    durable_batch(&d->durable, dec->event, dec->events, key, b->number);
    for (uint32_t at = 0; at < dec->events;) {
        uint32_t taken =
            engine_step(d->engine, dec->event + at, dec->events - at, d->results, &d->outbox);
        CHECK(taken > 0 || d->outbox.n > 0);
        driver_note(d, dec->event + at, taken);
        count(d, em, b, at, taken);
        if (d->outbox.n > 0)
            outlet_effects(&d->outlet, &d->outbox);
        at += taken;
    }
    d->status.events += dec->events;
}

static void take(struct driver *d, struct batch *b, const void *payload, size_t n, ms_t now)
{
    struct decoder *dec = &d->decoder;
    uint64_t key = client_key(b->owner, b->client);
    struct emitter em;
    driver_flush(d); /* what came before it, first */
    int err = decode_append(dec, payload, n, now);
    if (err != 0) {
        driver_refused(d, err, b->client, (struct str){"", 0}, 0);
        complain(d, b, err);
        return;
    }
    begin_answer(d, &em);
    if (clients_seen(&d->durable.clients, key, b->number)) {
        b->duplicates = dec->events + dec->rejections;
    } else {
        for (uint32_t i = 0; i < dec->rejections; i++) {
            const struct rejection *r = &dec->rejection[i];
            driver_refused(d, r->err, r->src, r->id, r->offset);
            add_rejection(&em, r->index, r->err);
        }
        apply(d, &em, b, key);
    }
    dec->events = 0;
    end_answer(d, &em, b);
}

/* Can a batch be promised now? NULL: yes; else why not, and when to try again. */
static const char *hindrance(const struct driver *d, ms_t *ret_retry)
{
    static const char *const reasons[] = {
        [STORE_FULL] = "full", [STORE_READONLY] = "readonly", [STORE_BROKEN] = "readonly"};
    *ret_retry = RETRY_DISK_MS;
    if (d->durable.health != STORE_FINE)
        return reasons[d->durable.health];
    *ret_retry = RETRY_BUSY_MS;
    return durable_busy(&d->durable) ? "busy" : NULL;
}

/* {client, batch}. 0 or an ERR_x. */
static int read_head(zmq_msg_t *msg, struct batch *b)
{
    struct node nodes[64];
    struct message m;
    const struct node *batch;
    int64_t number;
    int err = message_parse(&m, nodes, ARRAY_LEN(nodes), zmq_msg_data(msg), zmq_msg_size(msg));
    if (err != 0)
        return err;
    batch = message_find(&m, "batch");
    if (batch == NULL)
        return ERR_MISSING;
    if (!node_int(batch, &number) || number < 0)
        return ERR_OUT_OF_RANGE;
    b->number = (uint64_t)number;
    b->client = message_text(&m, "client");
    return b->client.len == 0 ? ERR_MISSING : b->client.len > NAME_BYTES_MAX ? ERR_NAME_LONG : 0;
}

/* May the sender of this frame send events? Then the decoder knows for which sources. */
static bool may_send(struct driver *d, zmq_msg_t *frame, struct batch *b)
{
    const struct security_client *client = NULL;
    d->decoder.own = NULL;
    if (!d->bus.auth.guards)
        return true;
    if (auth_sender(&d->bus.auth, frame, ROLE_EMIT, &client) != 0)
        return false;
    if (client != NULL) {
        d->decoder.own = &client->own;
        b->owner = str_of(client->name);
    }
    return true;
}

/* [identity]["batch"][head][payload]. false: there is none now. */
static bool receive_batch(struct driver *d, struct zsock *z, zmq_msg_t frame[4], ms_t now)
{
    struct batch b = {.owner = {"", 0}};
    ms_t retry = 0;
    uint32_t n = 0;
    bool more = true;
    for (; more; n++) {
        zmq_msg_t *to = &frame[n < 4 ? n : 3]; /* further ones are read away */
        if (zsock_receive(z, to) != 1)
            return false;
        more = zmq_msg_more(to);
    }
    d->status.messages++;
    b.identity_n = (uint32_t)zmq_msg_size(&frame[0]);
    CHECK(b.identity_n <= IDENTITY_MAX);
    memcpy(b.identity, zmq_msg_data(&frame[0]), b.identity_n);
    bool shaped =
        n == 4 && zmq_msg_size(&frame[1]) == 5 && memcmp(zmq_msg_data(&frame[1]), "batch", 5) == 0;
    int err = !shaped                       ? ERR_NOT_A_MAP
              : !may_send(d, &frame[3], &b) ? ERR_FORBIDDEN
                                            : read_head(&frame[2], &b);
    const char *reason = err == 0 ? hindrance(d, &retry) : NULL;
    if (err != 0)
        complain(d, &b, err);
    else if (reason != NULL)
        nack(d, &b, reason, retry);
    else
        take(d, &b, zmq_msg_data(&frame[3]), zmq_msg_size(&frame[3]), now);
    return true;
}

void driver_ingest(struct zsock *z)
{
    struct driver *d = z->data;
    zmq_msg_t frame[4];
    ms_t now = driver_now(d);
    uint64_t end = uv_hrtime() + DRIVER_RECEIVE_NS;
    for (int i = 0; i < 4; i++)
        zmq_msg_init(&frame[i]);
    for (int i = 0; i < BATCHES_A_TURN && receive_batch(d, z, frame, now); i++)
        if (uv_hrtime() >= end)
            break;
    for (int i = 0; i < 4; i++)
        zmq_msg_close(&frame[i]);
    /* A batch that came again may have nothing to wait for: no commit would follow. */
    driver_acknowledge(d, journal_committed(&d->durable.journal));
}
