#include "daemon/web/expo.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIECE_MAX = 512, GROWN_BY = 16 * 1024 };

static void add(struct expo *x, const char *text, size_t n)
{
    if (x->failed || x->n + n > EXPO_BYTES_MAX) {
        x->failed = true;
        return;
    }
    if (x->n + n > x->cap) {
        size_t cap = x->cap * 2 + n + GROWN_BY;
        char *p = realloc(x->p, cap);
        if (p == NULL) {
            x->failed = true;
            return;
        }
        x->p = p;
        x->cap = cap;
    }
    memcpy(x->p + x->n, text, n);
    x->n += n;
}

static void put(struct expo *x, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct expo *x, const char *format, ...)
{
    char piece[PIECE_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    CHECK(n >= 0 && n < PIECE_MAX);
    add(x, piece, (size_t)n);
}

/* What a family's samples are called besides, and where the family itself is called so too. */
static const char *suffix(enum expo_type type)
{
    return type == EXPO_COUNTER ? "_total" : type == EXPO_INFO ? "_info" : "";
}

void expo_family(struct expo *x, enum expo_type type, const char *name, const char *help)
{
    static const char *const types[] = {"counter", "gauge", "histogram", "info"};
    int n = snprintf(x->name, sizeof x->name, "%s", name);
    CHECK(n > 0 && n < (int)sizeof x->name);
    x->type = (uint8_t)type;
    /* The older format knows no info, and calls a family as its samples. */
    const char *word = x->openmetrics || type != EXPO_INFO ? types[type] : "gauge";
    const char *tail = x->openmetrics ? "" : suffix(type);
    put(x, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, tail, help, name, tail, word);
}

void expo_sample(struct expo *x)
{
    put(x, "%s%s", x->name, suffix((enum expo_type)x->type));
    x->labels = false;
}

void expo_label(struct expo *x, const char *key, struct str value)
{
    put(x, "%c%s=\"", x->labels ? ',' : '{', key);
    x->labels = true;
    for (uint32_t i = 0; i < value.len; i++) {
        char c = value.p[i];
        if (c == '\\' || c == '"')
            add(x, "\\", 1);
        if (c == '\n')
            add(x, "\\n", 2);
        else
            add(x, &c, 1);
    }
    add(x, "\"", 1);
}

static void end_labels(struct expo *x)
{
    add(x, x->labels ? "} " : " ", x->labels ? 2 : 1);
}

void expo_uint(struct expo *x, uint64_t v)
{
    end_labels(x);
    put(x, "%llu\n", (unsigned long long)v);
}

void expo_float(struct expo *x, double v)
{
    end_labels(x);
    put(x, "%.9g\n", v);
}

void expo_seconds(struct expo *x, int64_t ms)
{
    end_labels(x);
    uint64_t all = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
    put(x, "%s%llu.%03u\n", ms < 0 ? "-" : "", (unsigned long long)(all / MS_SECOND),
        (unsigned)(all % MS_SECOND));
}

void expo_histogram(struct expo *x, const struct histogram *h)
{
    uint64_t upto = 0;
    for (uint32_t i = 0; i <= HISTOGRAM_LIMITS; i++) {
        char limit[32] = "+Inf";
        if (i < HISTOGRAM_LIMITS)
            snprintf(limit, sizeof limit, "%g", histogram_limits[i] / 1e6);
        bool whole = i < HISTOGRAM_LIMITS && strpbrk(limit, ".e") == NULL;
        upto += h->count[i];
        put(x, "%s_bucket{le=\"%s%s\"} %llu\n", x->name, limit, whole ? ".0" : "",
            (unsigned long long)upto);
    }
    put(x, "%s_sum %llu.%09llu\n", x->name, (unsigned long long)(h->ns / 1000000000),
        (unsigned long long)(h->ns % 1000000000));
    put(x, "%s_count %llu\n", x->name, (unsigned long long)upto);
}

bool expo_end(struct expo *x)
{
    if (x->openmetrics)
        put(x, "# EOF\n");
    return !x->failed;
}

void expo_fini(struct expo *x)
{
    free(x->p);
    *x = (struct expo){.p = NULL};
}
