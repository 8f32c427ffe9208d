#include "daemon/web/ration.h"

#include "daemon/web/reply.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { NETWORK_BYTES = 8, MAPPED_BYTES = 12 };

uint64_t ration_key(const struct sockaddr *address)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    if (address == NULL)
        return 0;
    if (address->sa_family == AF_INET) {
        memcpy(&four, address, sizeof four);
        return hash_bytes(4, &four.sin_addr, sizeof four.sin_addr) | 1;
    }
    if (address->sa_family != AF_INET6)
        return 0;
    memcpy(&six, address, sizeof six);
    const uint8_t *bytes = six.sin6_addr.s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr))
        return hash_bytes(4, bytes + MAPPED_BYTES, sizeof four.sin_addr) | 1;
    return hash_bytes(6, bytes, NETWORK_BYTES) | 1;
}

/* The bounds are those of the configuration as it is now. */
static struct budget *budget_of(struct visit *v)
{
    const struct config_http *http = &v->web->parts.config->http;
    struct budget *b = &v->web->budget;
    b->requests = http->requests_a_second;
    b->bytes = (uint64_t)http->bytes_a_second << 20;
    return b;
}

void ration_who(struct MHD_Connection *connection, char ret[RATION_ADDRESS])
{
    const struct sockaddr *at =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    socklen_t n =
        at->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (getnameinfo(at, n, ret, RATION_ADDRESS, NULL, 0, NI_NUMERICHOST) != 0)
        memcpy(ret, "unknown", sizeof "unknown");
}

static void say_no(struct visit *v, const char *why, uint64_t wait)
{
    char address[RATION_ADDRESS];
    ration_who(v->connection, address);
    v->retry_s = (uint32_t)((wait + 999) / 1000);
    log_warning(v->web->parts.log, "http request refused", "address=%s reason=\"%s\"", address,
                why);
    reply_refusal(v, MHD_HTTP_TOO_MANY_REQUESTS, err_name(ERR_BUSY), why);
}

bool ration_take(struct visit *v)
{
    struct budget *b = budget_of(v);
    uint64_t now = uv_now(v->web->parts.loop), key = v->peer->budget;
    uint64_t wait = budget_wait(b, key, now);
    if (wait > 0) {
        v->web->parts.status->http.over_bytes++;
        say_no(v, "this address had more than http.bytes_per_second", wait);
        return false;
    }
    if (budget_take(b, key, now))
        return true;
    v->web->parts.status->http.over_requests++;
    say_no(v, "this address asks more often than http.requests_per_second", 1);
    return false;
}

void ration_spend(struct visit *v, uint64_t bytes)
{
    budget_spend(budget_of(v), v->peer->budget, uv_now(v->web->parts.loop), bytes);
}

uint64_t ration_wait(struct visit *v)
{
    return budget_wait(budget_of(v), v->peer->budget, uv_now(v->web->parts.loop));
}
