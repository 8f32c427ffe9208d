#include "daemon/study.h"

#include "core/err.h"
#include "proto/answer.h"

#include <stdlib.h>

enum {
    /* Tickets of one piece: looked at they cost some ten nanoseconds, folded some microseconds. */
    WORKLIST_PIECE = 256,
    COMPARE_PIECE = 8,
    PAGE_BYTES_MAX = ANSWER_BYTES_MAX + 64, /* with the frame of the answer */
};

enum phase { PHASE_READING, PHASE_WORKING, PHASE_DONE, PHASE_REFUSED };

/* What compare works with; read_in and why are the thread's until it has ended. */
struct compared {
    uv_work_t work;
    struct config next; /* owned when read_in */
    bool read_in;
    struct tree_error why;
    struct sla_change change;
    uint32_t text_n;
    char text[]; /* of the configuration */
};

struct study {
    struct engine *engine;
    const struct config *config;
    uint8_t op;    /* enum request_op */
    uint8_t phase; /* enum phase */
    bool in_thread;
    bool orphan; /* nobody waits any more: freed when the thread has ended */
    char ticket[NAME_BYTES_MAX];
    uint32_t ticket_n;
    bool nobody; /* worklist of somebody who is not known: empty */
    int err;     /* why it was refused … */
    const char *key, *reason;
    struct worklist *list;     /* one of these, by op */
    struct compared *compared; /* likewise */
    char *pages;               /* each with its length before it */
    size_t pages_n, pages_cap;
    size_t at; /* of the page at hand */
};

/* --- pages ---------------------------------------------------------------------------------- */

static enum study_end refuse(struct study *s, int err, const char *key, const char *reason)
{
    s->phase = PHASE_REFUSED;
    s->err = err;
    s->key = key;
    s->reason = reason;
    return STUDY_REFUSED;
}

/* Room for another page, written by em as a member "message"; page_end closes it. */
static bool page_begin(struct study *s, struct emitter *em)
{
    if (s->pages_cap - s->pages_n < sizeof(uint32_t) + PAGE_BYTES_MAX) {
        size_t cap = s->pages_cap * 2 + sizeof(uint32_t) + PAGE_BYTES_MAX;
        char *pages = realloc(s->pages, cap);
        if (pages == NULL)
            return false;
        s->pages = pages;
        s->pages_cap = cap;
    }
    emit_start(em, SINK_MSGPACK, s->pages + s->pages_n + sizeof(uint32_t), PAGE_BYTES_MAX);
    emit_map(em, NULL);
    return true;
}

static void page_end(struct study *s, struct emitter *em)
{
    emit_end(em);
    int n = emit_finish(em);
    CHECK(n > 0); /* ANSWER_BYTES_MAX is enough for any of them */
    uint32_t bytes = (uint32_t)n;
    memcpy(s->pages + s->pages_n, &bytes, sizeof bytes);
    s->pages_n += sizeof bytes + bytes;
}

bool study_page(const struct study *s, struct str *ret)
{
    uint32_t bytes;
    if (s->at == s->pages_n)
        return false;
    memcpy(&bytes, s->pages + s->at, sizeof bytes);
    *ret = (struct str){s->pages + s->at + sizeof bytes, bytes};
    return true;
}

void study_turn(struct study *s)
{
    struct str page;
    if (study_page(s, &page))
        s->at += sizeof(uint32_t) + page.len;
}

int study_refusal(const struct study *s, const char **ret_key, const char **ret_reason)
{
    CHECK(s->phase == PHASE_REFUSED);
    *ret_key = s->key;
    *ret_reason = s->reason;
    return s->err;
}

static enum study_end done(struct study *s)
{
    s->phase = PHASE_DONE;
    return STUDY_DONE;
}

static enum study_end no_memory(struct study *s)
{
    return refuse(s, ERR_BUSY, "", "no memory for the answer; ask again later");
}

/* --- explain -------------------------------------------------------------------------------- */

static bool write_explanation(struct study *s, const struct explanation *x)
{
    struct emitter em;
    if (!page_begin(s, &em))
        return false;
    answer_explained(&em, "message", x);
    page_end(s, &em);
    for (uint32_t from = 0; from < x->items;) {
        if (!page_begin(s, &em))
            return false;
        from += answer_items(&em, "message", x, from);
        page_end(s, &em);
    }
    return true;
}

static enum study_end work_explain(struct study *s)
{
    enum study_end end;
    struct explanation *x = malloc(sizeof *x);
    if (x == NULL)
        return no_memory(s);
    if (!engine_explain(s->engine, (struct str){s->ticket, s->ticket_n}, x))
        end = refuse(s, ERR_NO_TICKET, "ticket", NULL);
    else
        end = write_explanation(s, x) ? done(s) : no_memory(s);
    free(x);
    return end;
}

/* --- worklist ------------------------------------------------------------------------------- */

static bool start_worklist(struct study *s, const struct request *r)
{
    s->list = calloc(1, sizeof *s->list);
    if (s->list == NULL)
        return false;
    if (r->team.len > 0)
        s->list->team = engine_name_find(s->engine, SCOPE_TEAM, r->team);
    if (r->agent.len > 0)
        s->list->agent = engine_name_find(s->engine, SCOPE_AGENT, r->agent);
    s->nobody =
        (r->team.len > 0 && s->list->team == 0) || (r->agent.len > 0 && s->list->agent == 0);
    return true;
}

static enum study_end work_worklist(struct study *s)
{
    struct emitter em;
    if (!s->nobody && !engine_worklist(s->engine, s->list, WORKLIST_PIECE))
        return STUDY_GOES_ON;
    if (!page_begin(s, &em))
        return no_memory(s);
    answer_worklist(&em, "message", s->list, engine_at(s->engine));
    page_end(s, &em);
    for (uint32_t from = 0; from < s->list->works;) {
        if (!page_begin(s, &em))
            return no_memory(s);
        from += answer_works(&em, "message", s->list, from);
        page_end(s, &em);
    }
    return done(s);
}

/* --- compare -------------------------------------------------------------------------------- */

static void read_config(uv_work_t *work)
{
    struct compared *c = ((struct study *)work->data)->compared;
    c->read_in = config_parse(CONFIG_NO_FILE, c->text, c->text_n, &c->next, &c->why);
}

static void on_read(uv_work_t *work, int status)
{
    struct study *s = work->data;
    CHECK(status == 0); /* it is never cancelled */
    s->in_thread = false;
    s->phase = PHASE_WORKING;
    if (s->orphan)
        study_free(s);
}

static bool start_compare(struct study *s, uv_loop_t *loop, const struct request *r)
{
    struct compared *c = calloc(1, sizeof *c + r->config.len);
    if (c == NULL)
        return false;
    s->compared = c;
    c->work.data = s;
    c->text_n = r->config.len;
    memcpy(c->text, r->config.p, r->config.len);
    s->phase = PHASE_READING;
    s->in_thread = uv_queue_work(loop, &c->work, read_config, on_read) == 0;
    return s->in_thread;
}

/* The keys that differ and need a restart: as long as there are any, a reload is refused. */
static uint32_t fixed_keys(const struct config *now, const struct config *next,
                           const char *ret[ANSWER_KEYS_MAX])
{
    uint32_t n = 0, at = 0;
    while (n < ANSWER_KEYS_MAX && (ret[n] = config_fixed(now, next, &at)) != NULL)
        n++;
    return n;
}

static enum study_end work_compare(struct study *s)
{
    struct compared *c = s->compared;
    struct emitter em;
    const char *fixed[ANSWER_KEYS_MAX], *why = NULL;
    bool whole = false;
    if (!c->read_in)
        return refuse(s, ERR_BAD_SETTINGS, "config", c->why.text);
    int err =
        engine_compare(s->engine, c->next.settings.sla, &c->change, COMPARE_PIECE, &whole, &why);
    if (err != 0)
        return refuse(s, err, "config", why);
    if (!whole)
        return STUDY_GOES_ON;
    if (!page_begin(s, &em))
        return no_memory(s);
    if (c->next.state_dir[0] == 0) /* the command line may name it */
        memcpy(c->next.state_dir, s->config->state_dir, sizeof c->next.state_dir);
    uint32_t n = fixed_keys(s->config, &c->next, fixed);
    answer_change(&em, "message", &c->change, fixed, n);
    page_end(s, &em);
    return done(s);
}

void study_restart(struct study *s)
{
    if (s->op == OP_COMPARE && s->phase == PHASE_WORKING)
        s->compared->change = (struct sla_change){0};
}

/* --- life ----------------------------------------------------------------------------------- */

struct study *study_new(uv_loop_t *loop, struct engine *engine, const struct config *config,
                        const struct request *r)
{
    struct study *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->engine = engine;
    s->config = config;
    s->op = r->op;
    s->phase = PHASE_WORKING;
    s->ticket_n = r->ticket.len;
    if (r->ticket.len > 0)
        memcpy(s->ticket, r->ticket.p, r->ticket.len);
    if ((s->op == OP_WORKLIST && !start_worklist(s, r)) ||
        (s->op == OP_COMPARE && !start_compare(s, loop, r))) {
        study_free(s);
        return NULL;
    }
    return s;
}

enum study_end study_work(struct study *s)
{
    switch ((enum phase)s->phase) {
    case PHASE_READING:
        return STUDY_WAITS;
    case PHASE_WORKING:
        return s->op == OP_EXPLAIN    ? work_explain(s)
               : s->op == OP_WORKLIST ? work_worklist(s)
                                      : work_compare(s);
    case PHASE_DONE:
        break;
    case PHASE_REFUSED:
        return STUDY_REFUSED;
    }
    return STUDY_DONE;
}

void study_free(struct study *s)
{
    if (s == NULL)
        return;
    s->orphan = true;
    if (s->in_thread)
        return; /* on_read comes back to it */
    if (s->compared != NULL && s->compared->read_in)
        config_fini(&s->compared->next);
    free(s->compared);
    free(s->list);
    free(s->pages);
    free(s);
}
