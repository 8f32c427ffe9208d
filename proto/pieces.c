#include "proto/pieces.h"

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct pieces *p)
{
    while (p->at < p->n && blank(p->p[p->at]))
        p->at++;
}

/* The object at hand, up to the brace that closes it. false: it is none, or does not end. */
static bool take_object(struct pieces *p, struct str *ret)
{
    size_t from = p->at, depth = 0;
    bool text = false;
    if (p->at == p->n || p->p[p->at] != '{')
        return false;
    for (; p->at < p->n; p->at++) {
        char c = p->p[p->at];
        if (text && c == '\\')
            p->at++;
        else if (c == '"')
            text = !text;
        else if (!text && (c == '{' || c == '['))
            depth++;
        else if (!text && (c == '}' || c == ']') && --depth == 0)
            break;
    }
    if (p->at >= p->n)
        return false;
    p->at++;
    *ret = (struct str){p->p + from, (uint32_t)(p->at - from)};
    return true;
}

static bool next_line(struct pieces *p, struct str *ret)
{
    skip_blanks(p);
    if (p->at == p->n)
        return false;
    const char *from = p->p + p->at;
    const char *end = memchr(from, '\n', p->n - p->at);
    size_t n = end == NULL ? p->n - p->at : (size_t)(end - from);
    p->at += n;
    while (n > 0 && blank(from[n - 1]))
        n--;
    *ret = (struct str){from, (uint32_t)n};
    return true;
}

bool pieces_next(struct pieces *p, struct str *ret)
{
    if (p->lines)
        return next_line(p, ret);
    skip_blanks(p);
    if (p->at < p->n && (p->p[p->at] == '[' || p->p[p->at] == ','))
        p->at++;
    skip_blanks(p);
    return take_object(p, ret);
}

static int count_array(struct pieces *p)
{
    struct str text;
    p->at++;
    for (skip_blanks(p); p->at < p->n && p->p[p->at] != ']'; skip_blanks(p)) {
        if (p->count > 0 && p->p[p->at++] != ',')
            return ERR_BAD_TEXT;
        skip_blanks(p);
        if (!take_object(p, &text))
            return ERR_BAD_TEXT;
        if (++p->count > BATCH_EVENTS_MAX)
            return ERR_TOO_MANY;
    }
    if (p->at == p->n)
        return ERR_BAD_TEXT;
    p->at++;
    return 0;
}

static int count(struct pieces *p)
{
    struct str text;
    if (p->lines) {
        while (next_line(p, &text))
            if (++p->count > BATCH_EVENTS_MAX)
                return ERR_TOO_MANY;
        return p->count == 0 ? ERR_BAD_TEXT : 0;
    }
    skip_blanks(p);
    int err = 0;
    if (p->at < p->n && p->p[p->at] == '[')
        err = count_array(p);
    else if (take_object(p, &text))
        p->count++;
    else
        err = ERR_BAD_TEXT;
    skip_blanks(p);
    return err != 0 ? err : p->at < p->n ? ERR_TRAILING : 0;
}

int pieces_start(struct pieces *p, const char *bytes, size_t n, bool lines)
{
    *p = (struct pieces){.p = bytes, .n = n, .lines = lines};
    int err = n > UINT32_MAX ? ERR_TOO_LARGE : count(p);
    p->at = 0;
    return err;
}
