#include "daemon/cli/table.h"

#include "daemon/unseen.h"

#include <stdlib.h>
#include <wchar.h>

/* The next character of s from *at; its width. '?' stands for what cannot be shown. */
static uint32_t character(struct str s, uint32_t *at, uint32_t *ret_bytes)
{
    mbstate_t state = {0};
    wchar_t c;
    size_t n = mbrtowc(&c, s.p + *at, s.len - *at, &state);
    int width = n > 0 && n < (size_t)-2 ? wcwidth(c) : -1;
    *ret_bytes = width >= 0 ? (uint32_t)n : 0; /* 0: not showable */
    *at += n > 0 && n < (size_t)-2 ? (uint32_t)n : 1;
    return width >= 0 ? (uint32_t)width : 1;
}

uint32_t text_width(struct str s)
{
    uint32_t width = 0, bytes;
    for (uint32_t at = 0; at < s.len;)
        width += character(s, &at, &bytes);
    return width;
}

static void *grown(void *p, size_t bytes)
{
    void *q = realloc(p, bytes);
    if (q == NULL) {
        fputs("ticketpulse: not enough memory for a table\n", stderr);
        exit(1);
    }
    return q;
}

void table_init(struct table *t, uint32_t columns)
{
    CHECK(columns >= 1 && columns <= TABLE_COLUMNS_MAX);
    *t = (struct table){.columns = columns};
}

void table_fini(struct table *t)
{
    free(t->cell);
    free(t->text);
}

void table_clear(struct table *t)
{
    t->cells = 0;
    t->text_n = 0;
    memset(t->width, 0, sizeof(t->width));
}

void table_cell(struct table *t, struct str text)
{
    char shown[TABLE_CELL_MAX];
    if (text.len >= TABLE_CELL_MAX)
        text.len = TABLE_CELL_MAX - 1;
    if (text.len > 0)
        memcpy(shown, text.p, text.len);
    text = (struct str){shown, unseen_hide(shown, text.len)};
    if (t->cells == t->cells_cap) {
        t->cells_cap = t->cells_cap == 0 ? 256 : t->cells_cap * 2;
        t->cell = grown(t->cell, t->cells_cap * sizeof(*t->cell));
    }
    if (t->text_n + TABLE_CELL_MAX > t->text_cap) {
        t->text_cap = (t->text_cap + TABLE_CELL_MAX) * 2;
        t->text = grown(t->text, t->text_cap);
    }
    uint32_t column = t->cells % t->columns;
    t->cell[t->cells++] = (uint32_t)t->text_n;
    char *p = t->text + t->text_n;
    uint32_t width = 0, bytes;
    for (uint32_t at = 0, from = 0; at < text.len; from = at) {
        width += character(text, &at, &bytes);
        if (bytes > 0)
            memcpy(p, text.p + from, bytes);
        else
            *p = '?';
        p += bytes > 0 ? bytes : 1;
    }
    *p++ = '\0';
    t->text_n = (size_t)(p - t->text);
    if (width > t->width[column])
        t->width[column] = width;
}

uint32_t table_rows(const struct table *t)
{
    return t->cells / t->columns;
}

void table_put(const struct table *t, FILE *out, uint32_t row, uint32_t column)
{
    CHECK(row < table_rows(t) && column < t->columns);
    const char *text = t->text + t->cell[row * t->columns + column];
    int blanks = (int)(t->width[column] - text_width(str_of(text)));
    bool last = column + 1 == t->columns;
    if (t->left[column])
        fprintf(out, "%s%*s", text, last ? 0 : blanks, "");
    else
        fprintf(out, "%*s%s", blanks, "", text);
}

void table_print(const struct table *t, FILE *out)
{
    for (uint32_t row = 0; row < table_rows(t); row++)
        for (uint32_t c = 0; c < t->columns; c++) {
            table_put(t, out, row, c);
            fputs(c + 1 < t->columns ? "  " : "\n", out);
        }
}
