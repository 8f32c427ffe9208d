/* fuzz_http: any bytes as what a client sends to the HTTP port: requests, one after the other on
 * one connection, that has ended then. The real server answers, over a real socket: what it says
 * is HTTP, and what it calls JSON is JSON. */
#include "tests/lib/office.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
    ANSWER_MAX = 1 << 20,
    PATIENCE_TURNS = 100,
    LEAVING_TURNS = 10000,
    LATER_TURNS = 50,
    LATER_MS = 15000
};

static struct inside in;
static char said[ANSWER_MAX + 1];

/* The value of a header of the answer whose head ends at `end`; NULL: it has none. */
static const char *header(const char *name, const char *end)
{
    const char *at = strcasestr(said, name);
    return at != NULL && at < end ? at + strlen(name) : NULL;
}

static void check_json(const char *body, size_t n)
{
    json_error_t error;
    json_t *json = json_loadb(body, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (json == NULL)
        fprintf(stderr, "%s\n%.*s\n", error.text, (int)n, body);
    CHECK(json != NULL);
    json_decref(json);
}

/* The first answer, if it came as a whole. */
static void check_answer(size_t n)
{
    said[n] = 0;
    if (n < strlen("HTTP/1.1 200"))
        return;
    CHECK(strncmp(said, "HTTP/1.", 7) == 0 && said[9] >= '1' && said[9] <= '5');
    const char *end = strstr(said, "\r\n\r\n");
    const char *length = end == NULL ? NULL : header("\r\nContent-Length: ", end);
    const char *type = end == NULL ? NULL : header("\r\nContent-Type: ", end);
    if (length == NULL || type == NULL || strncmp(type, "application/json", 16) != 0)
        return;
    size_t body = strtoul(length, NULL, 10), has = n - (size_t)(end + 4 - said);
    if (body > 0 && has >= body) /* of HEAD there is none, of a long one not all */
        check_json(end + 4, body);
}

/* Sends and hears until the server has closed, or says no more for a while. */
static void talk(int fd, const uint8_t *data, size_t len)
{
    size_t sent = 0, heard = 0;
    bool done = false;
    for (int quiet = 0; quiet < PATIENCE_TURNS; quiet++) {
        ssize_t w = sent < len ? send(fd, data + sent, len - sent, MSG_NOSIGNAL) : 0;
        sent = w > 0 ? sent + (size_t)w : w < 0 && errno != EAGAIN ? len : sent;
        if (sent == len && !done)
            done = shutdown(fd, SHUT_WR) == 0;
        inside_turn(&in);
        ssize_t r = recv(fd, said + heard, ANSWER_MAX - heard, 0);
        if (r == 0 || (r < 0 && errno != EAGAIN))
            break;
        heard += r > 0 ? (size_t)r : 0;
        quiet = r > 0 || w > 0 ? 0 : quiet;
        if (heard == ANSWER_MAX)
            break;
    }
    bool head = len >= 5 && memcmp(data, "HEAD ", 5) == 0;
    if (heard < ANSWER_MAX && !head)
        check_answer(heard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (in.driver == NULL)
        office_open(&in, "http: {bind: \"127.0.0.1:*\", body_max: 65536, streams: 8, "
                         "requests_per_second: 0}\n");
    int fd = inside_connect(&in);
    talk(fd, data, len);
    struct linger now = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now); /* ports do not linger either */
    close(fd);
    static uint64_t later; /* never goes back */
    later = later == 0 ? uv_now(&in.loop) : later;
    for (int i = 0; in.driver->web.peers.n > 0; i++) {
        CHECK(i < LEAVING_TURNS); /* whoever is gone leaves nothing behind … */
        inside_turn(&in);
        if (i % LATER_TURNS == LATER_TURNS - 1) /* … at the latest when its stream is written to */
            web_work(&in.driver->web, later += LATER_MS, true);
    }
    CHECK(in.driver->query.guests == 0 && in.driver->web.live.clients == 0);
    return 0;
}
