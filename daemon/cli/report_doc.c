#include "daemon/cli/report_doc.h"

#include "daemon/cli/words.h"

#include <stdarg.h>
#include <stdlib.h>

static void *must(void *p)
{
    if (p != NULL)
        return p;
    word_error(W_E_MEMORY, NULL, NULL, NULL);
    exit(1);
}

/* Room for one more of n things of a size. */
static void *more(void *p, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return p;
    *cap = *cap == 0 ? 16 : *cap * 2;
    return must(realloc(p, *cap * size));
}

const char *doc_text(struct doc *d, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    d->text = more(d->text, d->texts, &d->texts_cap, sizeof d->text[0]);
    return d->text[d->texts++] = must(n < 0 ? NULL : text);
}

static struct doc_block *add(struct doc *d, enum doc_kind kind)
{
    d->block = more(d->block, d->blocks, &d->blocks_cap, sizeof d->block[0]);
    struct doc_block *b = &d->block[d->blocks++];
    *b = (struct doc_block){.kind = (uint8_t)kind};
    return b;
}

void doc_head(struct doc *d, const char *id, const char *text)
{
    struct doc_block *b = add(d, BLOCK_HEAD);
    b->id = id;
    b->text = text;
}

void doc_say(struct doc *d, enum doc_kind kind, const char *text)
{
    add(d, kind)->text = text;
}

struct doc_table *doc_table(struct doc *d, enum doc_kind kind, const char *id, const char *title)
{
    struct doc_table *t = must(calloc(1, sizeof *t));
    add(d, kind)->table = t;
    t->id = id;
    t->title = title;
    return t;
}

void doc_column(struct doc_table *t, const char *key, const char *head, bool number, bool drawn)
{
    CHECK(t->columns < DOC_COLUMNS_MAX && t->cells == 0);
    t->column[t->columns++] = (struct doc_column){key, head, number, drawn};
}

struct doc_cell *doc_cell(struct doc_table *t, const char *text)
{
    t->cell = more(t->cell, t->cells, &t->cells_cap, sizeof t->cell[0]);
    struct doc_cell *c = &t->cell[t->cells++];
    *c = (struct doc_cell){.text = text};
    return c;
}

struct doc_cell *doc_number(struct doc_table *t, const char *text, double value, enum doc_unit unit)
{
    struct doc_cell *c = doc_cell(t, text);
    c->value = value;
    c->has_value = true;
    c->unit = (uint8_t)unit;
    return c;
}

uint32_t doc_rows(const struct doc_table *t)
{
    CHECK(t->columns > 0 && t->cells % t->columns == 0);
    return t->cells / t->columns;
}

const struct doc_cell *doc_at(const struct doc_table *t, uint32_t row, uint32_t column)
{
    CHECK(row < doc_rows(t) && column < t->columns);
    return &t->cell[row * t->columns + column];
}

bool doc_is_bare(const struct doc_table *t, uint32_t column)
{
    bool bare = column > 0 && t->chart == CHART_NONE;
    for (uint32_t r = 0; bare && r < doc_rows(t); r++)
        bare = doc_at(t, r, column)->text[0] == '\0';
    return bare;
}

void doc_drop(struct doc *d)
{
    struct doc_block *b = &d->block[--d->blocks];
    if (b->table != NULL)
        free(b->table->cell);
    free(b->table);
}

void doc_free(struct doc *d)
{
    while (d->blocks > 0)
        doc_drop(d);
    for (uint32_t i = 0; i < d->texts; i++)
        free(d->text[i]);
    free(d->block);
    free(d->text);
    *d = (struct doc){0};
}
