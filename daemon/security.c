#include "daemon/security.h"

#include <stdlib.h>

/* --- reading -------------------------------------------------------------------------------- */

static bool read_name(struct reading *r, void *item)
{
    struct security_client *c = item;
    if (!read_text(r, c->name, sizeof c->name))
        return false;
    for (const char *p = c->name; *p != 0; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7F)
            return refuse(r, "a client's name has no spaces or control characters");
    return c->name[0] != 0 || refuse(r, "empty; give the client a name, the log carries it");
}

static bool read_key(const struct reading *r, uint8_t ret[CURVE_BYTES])
{
    return (r->node->kind == TREE_SCALAR && curve_key(r->node->text, ret)) ||
           refuse(r, "no public key; it is the 40 characters behind `public:` in its key file, in "
                     "quotes");
}

static bool read_client_key(struct reading *r, void *item)
{
    struct security_client *c = item;
    return read_key(r, c->key);
}

static bool read_role(struct reading *r, uint32_t i, void *item)
{
    static const char *const words[] = {"emit", "subscribe", "operate"};
    struct security_client *c = item;
    uint8_t word;
    (void)i;
    if (!read_word(r, words, ARRAY_LEN(words), &word))
        return false;
    c->roles |= (uint8_t)(1 << word);
    return true;
}

static bool read_roles(struct reading *r, void *item)
{
    return entries_read(r, 3, read_role, item);
}

static bool read_source(struct reading *r, uint32_t i, void *item)
{
    struct own_sources *own = item;
    if (!read_text(r, own->at[i], sizeof own->at[i]))
        return false;
    own->n = i + 1;
    return own->at[i][0] != 0 || refuse(r, "empty; a source has a name");
}

static bool read_client_sources(struct reading *r, void *item)
{
    return entries_read(r, OWN_SOURCES_MAX, read_source, &((struct security_client *)item)->own);
}

static bool read_prefix(struct reading *r, uint32_t i, void *item)
{
    struct security_client *c = item;
    if (!read_text(r, c->prefix[i], sizeof c->prefix[i]))
        return false;
    c->prefixes = i + 1;
    return true;
}

static bool read_prefixes(struct reading *r, void *item)
{
    return entries_read(r, SECURITY_PREFIXES_MAX, read_prefix, item);
}

static const struct member clients[] = {
    {"name", NULL, "Its name; the log and counters carry it.", read_name},
    {"key", NULL, "Its public key, the 40 characters that `ticketpulse keygen` prints.",
     read_client_key},
    {"roles", NULL,
     "emit: send events; subscribe: read what is published, and ask for it; operate: every query.",
     read_roles},
    {"sources", "any", "The `src` of the events it sends must be one of these, at most 16.",
     read_client_sources},
    {"prefixes", "any", "It may read only topics that begin with one of these, at most 16.",
     read_prefixes},
};
const struct members client_members = {
    "client", "- {name: ..., key: ..., roles: [...]}",
    "security:\n"
    "  server_key: server.key\n"
    "  clients:\n"
    "    - {name: crm, key: \"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\", roles: emit, "
    "sources: crm}\n"
    "    - {name: pager, key: \"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\", roles: subscribe,\n"
    "       prefixes: [alert.]}\n",
    ARRAY_LEN(clients), clients};

static bool read_endpoint(struct reading *r, void *item)
{
    struct security_publisher *p = item;
    return read_text(r, p->endpoint, sizeof p->endpoint);
}

static bool read_publisher_key(struct reading *r, void *item)
{
    struct security_publisher *p = item;
    uint8_t key[CURVE_BYTES];
    return read_key(r, key) && read_text(r, p->key, sizeof p->key);
}

static bool read_publisher_sources(struct reading *r, void *item)
{
    return entries_read(r, OWN_SOURCES_MAX, read_source, &((struct security_publisher *)item)->own);
}

static const struct member publishers[] = {
    {"endpoint", NULL, "One of sockets.events.connect.", read_endpoint},
    {"key", NULL, "The publisher's public key.", read_publisher_key},
    {"sources", "any", "The `src` of its events must be one of these, at most 16.",
     read_publisher_sources},
};
const struct members publisher_members = {"publisher", "- {endpoint: ..., key: ...}", NULL,
                                          ARRAY_LEN(publishers), publishers};

/* The security of the configuration under way; NULL: complained. */
static struct security *security_of(const struct reading *r)
{
    struct config *c = r->config;
    if (c->server_key[0] == 0) {
        refuse(r, "of no use without security.server_key; set that first");
        return NULL;
    }
    if (c->security == NULL)
        c->security = calloc(1, sizeof *c->security);
    if (c->security == NULL)
        refuse(r, "no memory");
    return c->security;
}

bool security_client_read(struct reading *r, uint32_t i)
{
    struct security *s = security_of(r);
    struct security_client c = {.roles = 0};
    if (s == NULL || !members_read(r, &client_members, &c))
        return false;
    if (security_by_name(s, c.name) != NULL)
        return refuse(r, "two clients are called %s; rename one", c.name);
    const struct security_client *same = security_by_key(s, c.key);
    if (same != NULL)
        return refuse(r, "%s has the same key as %s; every client needs its own", c.name,
                      same->name);
    if (c.own.n > 0 && (c.roles & ROLE_EMIT) == 0)
        return refuse(r, "sources without the role emit; it sends no events");
    if (c.prefixes > 0 && c.roles == ROLE_EMIT)
        return refuse(r, "prefixes without the role subscribe or operate; it reads nothing");
    for (; i > 0 && strcmp(s->client[i - 1].name, c.name) > 0; i--)
        s->client[i] = s->client[i - 1];
    s->client[i] = c;
    s->clients++;
    return true;
}

bool security_publisher_read(struct reading *r, uint32_t i)
{
    struct security *s = security_of(r);
    struct security_publisher p = {.own.n = 0};
    if (s == NULL || !members_read(r, &publisher_members, &p))
        return false;
    if (security_publisher(s, p.endpoint) != NULL)
        return refuse(r, "%s is listed twice; remove one", p.endpoint);
    s->publisher[i] = p;
    s->publishers = i + 1;
    return true;
}

/* --- asking --------------------------------------------------------------------------------- */

const struct security_client *security_by_name(const struct security *s, const char *name)
{
    uint32_t low = 0, high = s == NULL ? 0 : s->clients;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int order = strcmp(s->client[mid].name, name);
        if (order == 0)
            return &s->client[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const struct security_client *security_by_key(const struct security *s,
                                              const uint8_t key[CURVE_BYTES])
{
    for (uint32_t i = 0; s != NULL && i < s->clients; i++)
        if (memcmp(s->client[i].key, key, CURVE_BYTES) == 0) /* public: no secret in its timing */
            return &s->client[i];
    return NULL;
}

const struct security_publisher *security_publisher(const struct security *s, const char *endpoint)
{
    for (uint32_t i = 0; s != NULL && i < s->publishers; i++)
        if (strcmp(s->publisher[i].endpoint, endpoint) == 0)
            return &s->publisher[i];
    return NULL;
}

const char *security_unused_publisher(const struct config *c)
{
    const struct config_texts *const lists[] = {&c->events_connect, &c->primary};
    for (uint32_t i = 0; c->security != NULL && i < c->security->publishers; i++) {
        const char *endpoint = c->security->publisher[i].endpoint;
        bool used = false;
        for (size_t k = 0; k < ARRAY_LEN(lists); k++)
            for (uint32_t at = 0; at < lists[k]->n; at++)
                used |= strcmp(lists[k]->at[at], endpoint) == 0;
        if (!used)
            return endpoint;
    }
    return NULL;
}

static bool same_sources(const struct own_sources *a, const struct own_sources *b)
{
    return a->n == b->n && memcmp(a->at, b->at, sizeof a->at) == 0;
}

bool security_same_publishers(const struct security *a, const struct security *b)
{
    uint32_t n = a == NULL ? 0 : a->publishers;
    if (n != (b == NULL ? 0 : b->publishers))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        const struct security_publisher *p = &a->publisher[i], *q = &b->publisher[i];
        if (strcmp(p->endpoint, q->endpoint) != 0 || strcmp(p->key, q->key) != 0 ||
            !same_sources(&p->own, &q->own))
            return false;
    }
    return true;
}

bool security_may_read(const struct security_client *c, struct str prefix)
{
    for (uint32_t i = 0; i < c->prefixes; i++) {
        struct str own = str_of(c->prefix[i]);
        if (own.len <= prefix.len && (own.len == 0 || memcmp(own.p, prefix.p, own.len) == 0))
            return true;
    }
    return c->prefixes == 0;
}

static bool same_rights(const struct security_client *a, const struct security_client *b)
{
    return memcmp(a->key, b->key, sizeof a->key) == 0 && a->roles == b->roles &&
           same_sources(&a->own, &b->own) && a->prefixes == b->prefixes &&
           memcmp(a->prefix, b->prefix, sizeof a->prefix) == 0;
}

bool security_revokes(const struct security *now, const struct security *next)
{
    for (uint32_t i = 0; now != NULL && i < now->clients; i++) {
        const struct security_client *was = &now->client[i];
        const struct security_client *is = security_by_name(next, was->name);
        if (is == NULL || !same_rights(is, was))
            return true;
    }
    return false;
}
