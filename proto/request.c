#include "proto/request.h"

#include "core/err.h"
#include "core/event.h"
#include "proto/encode.h"
#include "proto/message.h"

static const char *const ops[OP_N] = {
#define REQUEST_OP_NAME(name, wire) wire,
    REQUEST_OPS(REQUEST_OP_NAME)
#undef REQUEST_OP_NAME
};

static int find_op(struct str word)
{
    for (int i = 0; i < OP_N; i++)
        if (str_equal(str_of(ops[i]), word))
            return i;
    return -1;
}

/* An absent or nil member leaves *ret as it is. */
static int take_text(const struct message *m, const char *key, uint32_t most, struct str *ret)
{
    const struct node *node = message_find(m, key);
    if (node == NULL || node->v.kind == VALUE_NIL)
        return 0;
    if (!node_text(node, ret))
        return ERR_WRONG_TYPE;
    return ret->len > most ? ERR_NAME_LONG : 0;
}

static int take_op(const struct message *m, struct request *ret)
{
    struct str word = {NULL, 0};
    int err = take_text(m, "op", REQUEST_PREFIX_MAX, &word);
    if (err != 0)
        return err;
    if (word.len == 0)
        return ERR_MISSING;
    int op = find_op(word);
    ret->op = (uint8_t)op;
    return op < 0 ? ERR_BAD_WORD : 0;
}

static int take_scope(const struct message *m, struct request *ret)
{
    struct str word = {NULL, 0};
    int err = take_text(m, "scope", NAME_BYTES_MAX, &word);
    if (err != 0 || word.len == 0)
        return err;
    int scope = scope_find(word);
    ret->scope = (int8_t)scope;
    return scope < 0 ? ERR_BAD_WORD : 0;
}

static int take_since(const struct message *m, struct request *ret)
{
    const struct node *node = message_find(m, "since_seq");
    if (node == NULL || node->v.kind == VALUE_NIL)
        return 0;
    ret->has_since = true;
    return value_uint(&node->v, &ret->since_seq);
}

static int take_instant(const struct message *m, const char *key, ms_t *ret)
{
    const struct node *node = message_find(m, key);
    if (node == NULL || node->v.kind == VALUE_NIL)
        return 0;
    int err = value_int(&node->v, ret);
    if (err != 0)
        return err;
    return *ret < MS_MIN_TS || *ret > MS_MAX_TS ? ERR_OUT_OF_RANGE : 0;
}

static int take_from(const struct message *m, struct request *ret)
{
    return take_instant(m, "from", &ret->from);
}

static int take_to(const struct message *m, struct request *ret)
{
    int err = take_instant(m, "to", &ret->to);
    return err == 0 && ret->to != 0 && ret->to <= ret->from ? ERR_OUT_OF_RANGE : err;
}

static int take_active(const struct message *m, struct request *ret)
{
    const struct node *node = message_find(m, "active");
    if (node == NULL || node->v.kind == VALUE_NIL)
        return 0;
    return node_bool(node, &ret->active) ? 0 : ERR_WRONG_TYPE;
}

static int take_prefix(const struct message *m, struct request *ret)
{
    return take_text(m, "prefix", REQUEST_PREFIX_MAX, &ret->prefix);
}

static int take_name(const struct message *m, struct request *ret)
{
    return take_text(m, "name", NAME_BYTES_MAX, &ret->name);
}

static int take_window(const struct message *m, struct request *ret)
{
    return take_text(m, "window", NAME_BYTES_MAX, &ret->window);
}

static int take_ticket(const struct message *m, struct request *ret)
{
    return take_text(m, "ticket", NAME_BYTES_MAX, &ret->ticket);
}

static int take_team(const struct message *m, struct request *ret)
{
    return take_text(m, "team", NAME_BYTES_MAX, &ret->team);
}

static int take_agent(const struct message *m, struct request *ret)
{
    return take_text(m, "agent", NAME_BYTES_MAX, &ret->agent);
}

static int take_indicator(const struct message *m, struct request *ret)
{
    return take_text(m, "indicator", NAME_BYTES_MAX, &ret->indicator);
}

static int take_field(const struct message *m, struct request *ret)
{
    return take_text(m, "field", NAME_BYTES_MAX, &ret->field);
}

static int take_step(const struct message *m, struct request *ret)
{
    const struct node *node = message_find(m, "step");
    if (node == NULL || node->v.kind == VALUE_NIL)
        return 0;
    int err = value_int(&node->v, &ret->step);
    return err == 0 && ret->step <= 0 ? ERR_OUT_OF_RANGE : err;
}

static int take_run(const struct message *m, struct request *ret)
{
    return take_text(m, "run", NAME_BYTES_MAX, &ret->run);
}

static int take_config(const struct message *m, struct request *ret)
{
    int err = take_text(m, "config", REQUEST_CONFIG_MAX, &ret->config);
    return err == ERR_NAME_LONG ? ERR_TOO_LARGE : err;
}

static int take_by(const struct message *m, struct request *ret)
{
    int err = take_text(m, "by", NAME_BYTES_MAX, &ret->by);
    return err == 0 && ret->by.len > 0 ? name_check(ret->by.p, ret->by.len) : err;
}

/* As it is published: 16 hexadecimal digits. */
static int take_alert_id(const struct message *m, struct request *ret)
{
    struct str text = {NULL, 0};
    int err = take_text(m, "alert_id", ALERT_ID_DIGITS, &text);
    if (err != 0 || text.len == 0)
        return err;
    return alert_id_parse(text, &ret->alert_id) ? 0 : ERR_BAD_WORD;
}

static int take_until(const struct message *m, struct request *ret)
{
    const struct node *node = message_find(m, "until");
    if (node == NULL || node->v.kind == VALUE_NIL)
        return 0;
    if (!node_int(node, &ret->until))
        return ERR_WRONG_TYPE;
    return ret->until < 0 || ret->until > MS_MAX_TS ? ERR_OUT_OF_RANGE : 0;
}

/* The member that the op cannot do without and that is not there; NULL when all is there. */
static const char *missing(const struct request *r)
{
    if (r->op == OP_ALERTS && !r->has_since && !r->active)
        return "since_seq";
    if ((r->op == OP_SCORECARD || r->op == OP_HISTORY) && (r->from == 0) != (r->to == 0))
        return r->from == 0 ? "from" : "to";
    if (r->op == OP_HISTORY && r->scope > SCOPE_ALL && r->name.len == 0)
        return "name";
    if (r->op == OP_HISTORY && r->field.len > 0 && r->indicator.len == 0)
        return "indicator";
    if (r->op == OP_EXPLAIN && r->ticket.len == 0)
        return "ticket";
    if ((r->op == OP_ACK || r->op == OP_MUTE) && (r->alert_id == 0 || r->by.len == 0))
        return r->alert_id == 0 ? "alert_id" : "by";
    return r->op == OP_COMPARE && r->config.len == 0 ? "config" : NULL;
}

int request_decode(const void *bytes, size_t n, struct request *ret, const char **ret_key)
{
    static const struct {
        const char *key;
        int (*take)(const struct message *m, struct request *ret);
    } members[] = {
        {"op", take_op},
        {"scope", take_scope},
        {"name", take_name},
        {"window", take_window},
        {"prefix", take_prefix},
        {"since_seq", take_since},
        {"active", take_active},
        {"ticket", take_ticket},
        {"team", take_team},
        {"agent", take_agent},
        {"config", take_config},
        {"from", take_from},
        {"to", take_to},
        {"alert_id", take_alert_id},
        {"by", take_by},
        {"until", take_until},
        {"run", take_run},
        {"step", take_step},
        {"indicator", take_indicator},
        {"field", take_field},
    };
    struct node nodes[64];
    struct message m;
    *ret = (struct request){.scope = -1, .until = MS_NEVER};
    *ret_key = "";
    if (n > REQUEST_LARGE_MAX)
        return ERR_TOO_LARGE;
    int err = message_parse(&m, nodes, ARRAY_LEN(nodes), bytes, n);
    if (err != 0)
        return err;
    if (nodes[0].v.kind != VALUE_MAP)
        return ERR_NOT_A_MAP;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        err = members[i].take(&m, ret);
        if (err != 0) {
            *ret_key = members[i].key;
            return err;
        }
        if (n > REQUEST_BYTES_MAX && ret->op != OP_COMPARE) /* known from the first member on */
            return ERR_TOO_LARGE;
    }
    *ret_key = missing(ret);
    if (*ret_key != NULL)
        return ERR_MISSING;
    *ret_key = "";
    return 0;
}

void request_emit(struct emitter *em, const struct request *request)
{
    CHECK(request->op < OP_N);
    emit_map(em, NULL);
    emit_text(em, "op", ops[request->op]);
    if (request->scope >= 0)
        emit_text(em, "scope", scope_name((enum scope)request->scope));
    encode_name(em, "name", request->name);
    encode_name(em, "window", request->window);
    encode_name(em, "prefix", request->prefix);
    encode_name(em, "ticket", request->ticket);
    encode_name(em, "team", request->team);
    encode_name(em, "agent", request->agent);
    if (request->op == OP_ACK || request->op == OP_MUTE) {
        char id[ALERT_ID_DIGITS + 1];
        alert_id_text(request->alert_id, id);
        emit_text(em, "alert_id", id);
        emit_str(em, "by", request->by);
    }
    if (request->op == OP_MUTE && request->until != MS_NEVER)
        emit_int(em, "until", request->until);
    encode_name(em, "config", request->config);
    encode_name(em, "indicator", request->indicator);
    encode_name(em, "field", request->field);
    if (request->step > 0)
        emit_int(em, "step", request->step);
    if ((request->op == OP_SCORECARD || request->op == OP_HISTORY) && request->from != 0) {
        emit_int(em, "from", request->from);
        emit_int(em, "to", request->to);
    }
    if (request->has_since)
        emit_uint(em, "since_seq", request->since_seq);
    if (request->run.len > 0)
        emit_str(em, "run", request->run);
    if (request->active)
        emit_bool(em, "active", true);
    emit_end(em);
}

void answer_error(struct emitter *em, int err, const char *key, const char *reason)
{
    emit_map(em, NULL);
    emit_text(em, "error", err_name(err));
    emit_text(em, "reason", reason != NULL ? reason : err_text(err));
    if (key != NULL && key[0] != '\0')
        emit_text(em, "key", key);
    emit_bool(em, "end", true);
    emit_end(em);
}

void answer_message(struct emitter *em, struct str topic, const void *message, size_t n)
{
    emit_map(em, NULL);
    emit_str(em, "topic", topic);
    emit_raw(em, "message", message, n);
    emit_end(em);
}

void answer_end(struct emitter *em, struct str run, uint64_t upto_seq, uint64_t count,
                uint64_t oldest_seq)
{
    emit_map(em, NULL);
    if (run.len > 0)
        emit_str(em, "run", run);
    emit_uint(em, "upto_seq", upto_seq);
    emit_uint(em, "count", count);
    if (oldest_seq != 0) {
        emit_bool(em, "truncated", true);
        emit_uint(em, "oldest_seq", oldest_seq);
    }
    emit_bool(em, "end", true);
    emit_end(em);
}
