#include "daemon/cli/feed.h"

#include "daemon/cli/lines.h"
#include "daemon/cli/progress.h"
#include "daemon/cli/words.h"
#include "daemon/past.h"
#include "proto/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FEED_TOLD_MAX = 10 /* refused lines of one file told by themselves */ };

struct source {
    const char *path;
    struct past *past;   /* of a state directory; NULL: a file */
    struct lines *lines; /* of a file */
    struct text_reader *reader;
    struct event event; /* the next one, when `has` */
    bool has, begun;
    uint64_t refused;
};

struct feed {
    uint32_t n;
    struct source *given; /* whose event feed_next lent last; it moves on with the next call */
    bool broken, quiet;
    uint64_t events;
    struct progress progress;
    struct source source[];
};

static bool is_csv(const struct source *s, struct str line)
{
    const char *dot = strstr(s->path, ".csv");
    if (dot != NULL && (dot[4] == '\0' || strcmp(dot + 4, ".gz") == 0))
        return true;
    uint32_t i = 0;
    while (i < line.len && (line.p[i] == ' ' || line.p[i] == '\t'))
        i++;
    return i < line.len && line.p[i] != '{' && line.p[i] != '\r' &&
           memmem(line.p, line.len, "type", 4) != NULL;
}

static void refuse(struct feed *f, struct source *s, const char *reason, const char *field)
{
    if (s->refused++ >= FEED_TOLD_MAX || f->quiet)
        return;
    progress_clear(&f->progress);
    fprintf(stderr, "%s:%" PRIu64 ": %s%s%s\n", s->path, lines_number(s->lines), reason,
            field[0] != '\0' ? ": " : "", field);
}

static void break_off(struct feed *f, const struct source *s, const char *why)
{
    f->broken = true;
    if (f->quiet)
        return;
    progress_clear(&f->progress);
    word_error(W_E_READ, s->path, why, NULL);
}

static void advance_past(struct feed *f, struct source *s)
{
    int got = past_next(s->past, &s->event);
    s->has = got == 1;
    s->event.rts = MS_NONE;
    if (got < 0)
        break_off(f, s, past_why(s->past));
}

/* Reads on until the source has an event or is at its end. */
static void advance(struct feed *f, struct source *s)
{
    struct str line;
    enum lines_end end;
    s->has = false;
    if (s->past != NULL) {
        advance_past(f, s);
        return;
    }
    while (!s->has && (end = lines_next(s->lines, &line)) < LINES_END) {
        if (end == LINES_LONG) {
            refuse(f, s, word(W_E_LINE_LONG), "");
            continue;
        }
        if (!s->begun && lines_number(s->lines) == 1 && line.len >= 3 &&
            memcmp(line.p, "\xEF\xBB\xBF", 3) == 0) { /* byte order mark of a spreadsheet */
            line.p += 3;
            line.len -= 3;
        }
        if (!s->begun && line.len > 0) {
            s->begun = true;
            text_reader_init(s->reader, is_csv(s, line));
        }
        if (line.len == 0)
            continue;
        enum event_field field = F_N;
        int got = text_read(s->reader, line.p, line.len, MS_NONE, &s->event, &field);
        s->has = got > 0;
        if (got < 0)
            refuse(f, s, err_text(got), field < F_N ? schema_key(field) : "");
    }
    if (!s->has && lines_why(s->lines) != NULL)
        break_off(f, s, lines_why(s->lines));
}

/* A file, or a state directory. */
static bool open_source(struct source *s, const char **ret_why)
{
    struct stat is;
    if (stat(s->path, &is) == 0 && S_ISDIR(is.st_mode)) {
        s->past = past_open(s->path, ret_why);
        return s->past != NULL;
    }
    s->reader = calloc(1, sizeof(*s->reader));
    s->lines = s->reader != NULL ? lines_open(s->path, ret_why) : NULL;
    return s->lines != NULL;
}

struct feed *feed_open(char *const *paths, uint32_t n, bool quiet)
{
    struct feed *f = calloc(1, sizeof(*f) + n * sizeof(f->source[0]));
    if (f == NULL) {
        word_error(W_E_MEMORY, NULL, NULL, NULL);
        return NULL;
    }
    f->quiet = quiet;
    progress_start(&f->progress);
    for (uint32_t i = 0; i < n; i++) {
        struct source *s = &f->source[i];
        const char *why = strerror(ENOMEM);
        s->path = paths[i];
        f->n = i + 1;
        if (!open_source(s, &why)) {
            word_error(W_E_OPEN, paths[i], why, NULL);
            feed_close(f);
            return NULL;
        }
    }
    for (uint32_t i = 0; i < n; i++)
        advance(f, &f->source[i]);
    return f;
}

static void show(struct feed *f)
{
    uint64_t done = 0, total = 0;
    for (uint32_t i = 0; i < f->n; i++) {
        const struct source *s = &f->source[i];
        uint64_t all = s->past != NULL ? past_total(s->past) : lines_total(s->lines);
        uint64_t one = s->past != NULL ? past_done(s->past) : lines_done(s->lines);
        if (all == 0)
            return;
        total += all;
        done += one < all ? one : all; /* a journal may grow meanwhile */
    }
    progress_show(&f->progress, done, total);
}

struct event *feed_next(struct feed *f)
{
    if (f->given != NULL)
        advance(f, f->given);
    f->given = NULL;
    for (uint32_t i = 0; i < f->n; i++) {
        struct source *s = &f->source[i];
        if (s->has && (f->given == NULL || s->event.ts < f->given->event.ts))
            f->given = s;
    }
    if (f->events++ % 1024 == 0)
        show(f);
    return f->given != NULL ? &f->given->event : NULL;
}

uint64_t feed_refused(const struct feed *f)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < f->n; i++)
        sum += f->source[i].refused +
               (f->source[i].past != NULL ? past_damaged(f->source[i].past) : 0);
    return sum;
}

bool feed_whole(const struct feed *f)
{
    return !f->broken;
}

void feed_close(struct feed *f)
{
    progress_clear(&f->progress);
    for (uint32_t i = 0; i < f->n; i++) {
        struct source *s = &f->source[i];
        if (s->refused > FEED_TOLD_MAX && !f->quiet) {
            char more[24];
            snprintf(more, sizeof(more), "%" PRIu64, s->refused - FEED_TOLD_MAX);
            fprintf(stderr, "%s: ", s->path);
            word_print(stderr, W_MORE_LINES, more, NULL, NULL);
            fputc('\n', stderr);
        }
        if (s->past != NULL && past_damaged(s->past) > 0 && !f->quiet) {
            char damaged[24];
            snprintf(damaged, sizeof(damaged), "%" PRIu64, past_damaged(s->past));
            word_error(W_E_DAMAGED, s->path, damaged, NULL);
        }
        if (s->past != NULL)
            past_close(s->past);
        if (s->lines != NULL)
            lines_close(s->lines);
        if (s->reader != NULL && s->begun)
            text_reader_fini(s->reader);
        free(s->reader);
    }
    free(f);
}
