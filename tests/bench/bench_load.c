/* bench_load: the client of durable.py's latencies, so that the daemon is measured, not Python.
 *
 *     bench_load echo                         acks every batch at once: the floor of machine and
 *                                             sockets; prints its endpoint, ends with its input
 *     bench_load send FILE RATE INGEST [OUT]  sends the batches in FILE, RATE a second
 *
 * FILE: batches made beforehand, each behind its length (uint32_t of this machine); LEADS is added
 * to that when an event in it leads to an alert, about the ticket U and the batch's number. Batch
 * n (from 1) is due n / RATE after the start, whatever became of those before, and is not sent
 * sooner; meanwhile we sleep. All stamps are taken here. Prints "ack US", "alert US" (both since
 * it was sent) and "late US" (sent that long after it was due) for each, and "nacks N". */
#include "core/base.h"

#include <msgpack.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum { LEADS = 1 << 30, AHEAD = 56, PATIENCE_US = 60000000, SECOND_US = 1000000 };

struct batch {
    char *bytes;
    uint32_t n;
    bool leads;
    int64_t late, sent, acked, alerted; /* microseconds; 0: not yet */
};

static struct {
    struct batch *batch;
    uint64_t batches, sent, acked, leading, alerted, nacks;
    void *ingest, *out;
} b;

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

static _Noreturn void end(const char *why)
{
    fprintf(stderr, "bench_load: %s\n", why);
    exit(1);
}

static void read_batches(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint32_t head;
    if (file == NULL)
        end("no such file");
    while (fread(&head, sizeof head, 1, file) == 1) {
        struct batch one = {.n = head & ~(uint32_t)LEADS, .leads = (head & LEADS) != 0};
        if (b.batches % 1024 == 0)
            b.batch = realloc(b.batch, (b.batches + 1024) * sizeof one);
        one.bytes = malloc(one.n);
        if (b.batch == NULL || one.bytes == NULL || fread(one.bytes, 1, one.n, file) != one.n)
            end("the file is cut short, or there is no memory");
        b.leading += one.leads;
        b.batch[b.batches++] = one;
    }
    fclose(file);
}

static void *socket_to(void *context, int kind, const char *endpoint)
{
    void *s = zmq_socket(context, kind);
    int none = 0;
    zmq_setsockopt(s, ZMQ_SNDHWM, &none, sizeof none);
    zmq_setsockopt(s, ZMQ_RCVHWM, &none, sizeof none);
    zmq_setsockopt(s, ZMQ_LINGER, &none, sizeof none);
    if (kind == ZMQ_SUB)
        zmq_setsockopt(s, ZMQ_SUBSCRIBE, "alert.sla.", 10);
    if (zmq_connect(s, endpoint) != 0)
        end("cannot connect");
    return s;
}

/* The last part is in m; false: nothing there. */
static bool hear(void *s, char first[8], zmq_msg_t *m)
{
    int n = zmq_recv(s, first, 8, ZMQ_DONTWAIT);
    if (n < 0)
        return false;
    memset(first + (n < 8 ? n : 7), 0, (size_t)(n < 8 ? 8 - n : 1));
    do
        zmq_msg_recv(m, s, 0);
    while (zmq_msg_more(m));
    return true;
}

/* What a map says of a key; NIL: nothing. */
static msgpack_object look(const msgpack_object *map, const char *key)
{
    msgpack_object none = {.type = MSGPACK_OBJECT_NIL};
    for (uint32_t i = 0; map->type == MSGPACK_OBJECT_MAP && i < map->via.map.size; i++) {
        const msgpack_object_kv *kv = &map->via.map.ptr[i];
        if (kv->key.type == MSGPACK_OBJECT_STR && kv->key.via.str.size == strlen(key) &&
            memcmp(kv->key.via.str.ptr, key, strlen(key)) == 0)
            return kv->val;
    }
    return none;
}

static struct batch *numbered(uint64_t number)
{
    return number >= 1 && number <= b.sent ? &b.batch[number - 1] : NULL;
}

static void transmit(uint64_t number)
{
    const struct batch *it = numbered(number);
    char head[64];
    msgpack_sbuffer out;
    msgpack_packer p;
    msgpack_sbuffer_init(&out);
    msgpack_packer_init(&p, &out, msgpack_sbuffer_write);
    msgpack_pack_map(&p, 2);
    msgpack_pack_str_with_body(&p, "client", 6);
    msgpack_pack_str_with_body(&p, "bench", 5);
    msgpack_pack_str_with_body(&p, "batch", 5);
    msgpack_pack_uint64(&p, number);
    size_t n = out.size < sizeof head ? out.size : 0;
    memcpy(head, out.data, n);
    msgpack_sbuffer_destroy(&out);
    zmq_send(b.ingest, "batch", 5, ZMQ_SNDMORE);
    zmq_send(b.ingest, head, n, ZMQ_SNDMORE);
    zmq_send(b.ingest, it->bytes, it->n, 0);
}

static void take_answer(const char *word, const msgpack_object *o, int64_t at)
{
    msgpack_object number = look(o, "batch"), retry = look(o, "retry_ms");
    struct batch *it =
        number.type == MSGPACK_OBJECT_POSITIVE_INTEGER ? numbered(number.via.u64) : NULL;
    if (it == NULL)
        end("an answer to what was not asked");
    if (strcmp(word, "ack") != 0) { /* it counts from its first time on */
        b.nacks++;
        zmq_poll(NULL, 0, (long)retry.via.u64);
        transmit(number.via.u64);
    } else if (it->acked == 0) {
        it->acked = at;
        b.acked++;
    }
}

static void take_alert(const msgpack_object *o, int64_t at)
{
    msgpack_object ticket = look(o, "ticket");
    char name[24] = "";
    if (ticket.type != MSGPACK_OBJECT_STR || ticket.via.str.size >= sizeof name)
        return; /* a heartbeat */
    memcpy(name, ticket.via.str.ptr, ticket.via.str.size);
    struct batch *it = name[0] == 'U' ? numbered(strtoull(name + 1, NULL, 10)) : NULL;
    if (it != NULL && it->alerted == 0) {
        it->alerted = at;
        b.alerted++;
    }
}

/* All that is there. Then its descriptor will tell of what comes next. */
static void drain(void *s)
{
    char first[8];
    zmq_msg_t m;
    zmq_msg_init(&m);
    while (s != NULL && hear(s, first, &m)) {
        int64_t at = now_us();
        msgpack_unpacked u;
        msgpack_unpacked_init(&u);
        if (msgpack_unpack_next(&u, zmq_msg_data(&m), zmq_msg_size(&m), NULL) !=
            MSGPACK_UNPACK_SUCCESS)
            end("an answer that is none");
        if (s == b.ingest)
            take_answer(first, &u.data, at);
        else
            take_alert(&u.data, at);
        msgpack_unpacked_destroy(&u);
    }
    zmq_msg_close(&m);
}

static void sleep_until(int64_t due)
{
    struct pollfd fds[2] = {{.events = POLLIN}, {.fd = -1, .events = POLLIN}};
    size_t n = sizeof fds[0].fd;
    int64_t left = due - now_us();
    zmq_getsockopt(b.ingest, ZMQ_FD, &fds[0].fd, &n);
    if (b.out != NULL)
        zmq_getsockopt(b.out, ZMQ_FD, &fds[1].fd, &n);
    struct timespec most = {left / SECOND_US, left % SECOND_US * 1000};
    if (left > 0)
        (void)ppoll(fds, 2, &most, NULL);
}

/* The daemon remembers 64 of a client: so many, less some, are under way at most. */
static void run(double rate)
{
    int64_t began = now_us(), until = 0;
    uint64_t oldest = 0; /* all before it are acknowledged */
    while (b.sent < b.batches || b.acked < b.batches || (b.out != NULL && b.alerted < b.leading)) {
        drain(b.ingest);
        drain(b.out);
        while (oldest < b.sent && b.batch[oldest].acked != 0)
            oldest++;
        int64_t now = now_us(), due = began + (int64_t)((double)(b.sent + 1) / rate * SECOND_US);
        if (b.sent < b.batches && b.sent - oldest < AHEAD && now >= due) {
            struct batch *it = &b.batch[b.sent++];
            it->late = now - due;
            it->sent = now;
            until = now + PATIENCE_US;
            transmit(b.sent);
        } else if (b.sent > 0 && now > until) {
            end("answers are missing");
        } else {
            bool waits = b.sent == b.batches || b.sent - oldest >= AHEAD;
            sleep_until(waits ? now + SECOND_US : due);
        }
    }
}

static void print_all(void)
{
    for (uint64_t i = 0; i < b.batches; i++) {
        const struct batch *it = &b.batch[i];
        printf("ack %lld\nlate %lld\n", (long long)(it->acked - it->sent), (long long)it->late);
        if (it->leads && b.out != NULL)
            printf("alert %lld\n", (long long)(it->alerted - it->sent));
    }
    printf("nacks %llu\n", (unsigned long long)b.nacks);
}

static int echo(void *context)
{
    void *s = zmq_socket(context, ZMQ_ROUTER);
    char endpoint[128], who[256];
    size_t n = sizeof endpoint;
    zmq_msg_t head, payload;
    zmq_msg_init(&head);
    zmq_msg_init(&payload);
    if (zmq_bind(s, "tcp://127.0.0.1:*") != 0)
        end("cannot bind");
    zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, endpoint, &n);
    printf("%s\n", endpoint);
    fflush(stdout);
    for (;;) {
        zmq_pollitem_t items[] = {{s, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLIN, 0}};
        if (zmq_poll(items, 2, -1) < 0 || items[1].revents != 0)
            return 0;
        int n_who = zmq_recv(s, who, sizeof who, 0);
        zmq_msg_recv(&payload, s, 0); /* the word */
        zmq_msg_recv(&head, s, 0);
        zmq_msg_recv(&payload, s, 0);
        zmq_send(s, who, (size_t)n_who, ZMQ_SNDMORE);
        zmq_send(s, "ack", 3, ZMQ_SNDMORE);
        zmq_send(s, zmq_msg_data(&head), zmq_msg_size(&head), 0);
    }
}

int main(int argc, char **argv)
{
    void *context = zmq_ctx_new();
    if (argc == 2 && strcmp(argv[1], "echo") == 0)
        return echo(context);
    double rate = argc >= 5 ? strtod(argv[3], NULL) : 0;
    if (rate <= 0 || strcmp(argv[1], "send") != 0)
        end("echo, or send FILE RATE INGEST [OUT]");
    read_batches(argv[2]);
    b.ingest = socket_to(context, ZMQ_DEALER, argv[4]);
    b.out = argc > 5 ? socket_to(context, ZMQ_SUB, argv[5]) : NULL;
    run(rate);
    print_all();
    return 0;
}
