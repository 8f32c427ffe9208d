#include "daemon/web/intake.h"

#include "daemon/web/reply.h"
#include "proto/pieces.h"
#include "proto/text.h"

#include <stdlib.h>
#include <strings.h>

enum { ANSWER_BYTES = 512 * 1024 }; /* 4096 rejections and the head */

struct refused {
    uint16_t index;
    int16_t err;
};

struct intake {
    struct pieces pieces;
    uint32_t index; /* of the event that comes next */
    uint64_t last;  /* entry of the journal: when it is on disk, they are told */
    bool stepped;   /* all of them */
    uint32_t accepted, duplicates, late, rejected;
    struct refused refused[BATCH_EVENTS_MAX];
    struct text_reader reader;
};

static void note(struct intake *in, const struct result *r)
{
    if (r->verdict == VERDICT_APPLIED)
        in->accepted++;
    else if (r->verdict == VERDICT_DUPLICATE)
        in->duplicates++;
    else if (r->verdict == VERDICT_LATE)
        in->late++;
    else
        in->refused[in->rejected++] = (struct refused){(uint16_t)in->index, r->err};
}

/* The answer says that they will not be lost: not before the disk has them. */
static enum visit_work stored(struct visit *v)
{
    struct intake *in = v->own;
    const struct web_parts *parts = &v->web->parts;
    struct status_journal journal = {.on = false};
    parts->journal(parts->data, &journal);
    if (!in->stepped)
        in->last = journal.entries;
    in->stepped = true;
    return !journal.on || journal.committed >= in->last ? VISIT_DONE : VISIT_WAITS;
}

static enum visit_work intake_work(struct visit *v)
{
    struct intake *in = v->own;
    const struct web_parts *parts = &v->web->parts;
    ms_t now = parts->begin(parts->data);
    struct str text;
    if (in->stepped)
        return stored(v);
    for (uint32_t i = 0; i < INTAKE_A_PIECE; i++, in->index++) {
        struct event e;
        struct result r = {.verdict = VERDICT_REFUSED};
        enum event_field field;
        if (!pieces_next(&in->pieces, &text))
            return stored(v);
        int got = text_read(&in->reader, text.p, text.len, now, &e, &field);
        r.err = got == 1 ? 0 : (int16_t)(got == 0 ? ERR_BAD_TEXT : got);
        parts->take(parts->data, got == 1 ? &e : NULL, &r);
        note(in, &r);
    }
    return VISIT_GOES_ON;
}

/* The same members as the acknowledgement of a batch. */
static void intake_answer(struct visit *v)
{
    const struct intake *in = v->own;
    struct emitter em;
    char *text = malloc(ANSWER_BYTES);
    if (text == NULL)
        return;
    emit_start(&em, SINK_JSON, text, ANSWER_BYTES - 1);
    emit_map(&em, NULL);
    emit_uint(&em, "accepted", in->accepted);
    emit_uint(&em, "duplicates", in->duplicates);
    emit_uint(&em, "late", in->late);
    emit_array(&em, "rejected");
    for (uint32_t i = 0; i < in->rejected; i++) {
        emit_map(&em, NULL);
        emit_uint(&em, "index", in->refused[i].index);
        emit_text(&em, "reason", err_name(in->refused[i].err));
        emit_end(&em);
    }
    emit_end(&em);
    emit_end(&em);
    int n = emit_finish(&em);
    CHECK(n > 0);
    text[n++] = '\n';
    reply_bytes(v, MHD_HTTP_OK, TYPE_JSON, text, (size_t)n);
    free(text);
}

/* JSON (0), NDJSON (1), or neither (-1). A form or plain text is what a page of any site could
 * send without asking us first. */
static int type_of(const char *header)
{
    static const char *const lines[] = {"application/x-ndjson", "application/ndjson",
                                        "application/jsonl"};
    size_t n = header == NULL ? 0 : strcspn(header, "; \t");
    if (n == strlen(TYPE_JSON) && strncasecmp(header, TYPE_JSON, n) == 0)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        if (n == strlen(lines[i]) && strncasecmp(header, lines[i], n) == 0)
            return 1;
    return -1;
}

static void intake_begin(struct visit *v)
{
    int type = type_of(visit_header(v, MHD_HTTP_HEADER_CONTENT_TYPE));
    if (type < 0) {
        reply_refusal(v, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "bad_media_type",
                      "send application/json or application/x-ndjson");
        return;
    }
    struct status_journal journal = {.on = false};
    v->web->parts.journal(v->web->parts.data, &journal);
    if (journal.on && (!journal.written || journal.waiting_bytes > INTAKE_BEHIND_BYTES)) {
        reply_refusal(v, MHD_HTTP_SERVICE_UNAVAILABLE, err_name(ERR_BUSY),
                      "the disk takes nothing just now; send it again later");
        return;
    }
    struct intake *in = v->own = malloc(sizeof *in);
    if (in == NULL)
        return;
    text_reader_init(&in->reader, false);
    in->last = 0;
    in->stepped = false;
    in->index = in->accepted = in->duplicates = in->late = in->rejected = 0;
    v->web->parts.status->messages++;
    int err = pieces_start(&in->pieces, v->body == NULL ? "" : v->body, v->body_n, type == 1);
    if (err != 0) {
        struct result r = {.verdict = VERDICT_REFUSED, .err = (int16_t)err};
        v->web->parts.take(v->web->parts.data, NULL, &r);
        reply_refusal(v, err == ERR_TOO_MANY ? MHD_HTTP_CONTENT_TOO_LARGE : MHD_HTTP_BAD_REQUEST,
                      err_name(err), err_text(err));
        return;
    }
    visit_works(v);
    visit_wait(v);
}

static void intake_end(struct visit *v)
{
    struct intake *in = v->own;
    if (in != NULL)
        text_reader_fini(&in->reader);
    free(in);
}

const struct route intake_route = {.path = "/api/v1/events",
                                   .post = true,
                                   .begin = intake_begin,
                                   .answer = intake_answer,
                                   .work = intake_work,
                                   .end = intake_end};
