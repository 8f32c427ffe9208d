/* table.h: aligned tables of text for a terminal; wide characters (CJK) take two columns.
 *
 * Widths need a UTF-8 LC_CTYPE. Cells are copied; one cell after the other, row by row. */
#ifndef TP_DAEMON_CLI_TABLE_H
#define TP_DAEMON_CLI_TABLE_H

#include "core/base.h"

#include <stdio.h>

enum { TABLE_COLUMNS_MAX = 40, TABLE_CELL_MAX = 256 };

struct table {
    uint32_t columns;
    bool left[TABLE_COLUMNS_MAX]; /* else aligned to the right */
    uint32_t width[TABLE_COLUMNS_MAX];
    uint32_t cells, cells_cap;
    uint32_t *cell; /* offset of each cell in text */
    char *text;     /* zero-terminated texts, one behind the other */
    size_t text_n, text_cap;
};

/* Columns that the text takes on a terminal. Control bytes and bytes that are no UTF-8 take one
 * (and are shown as '?'). */
uint32_t text_width(struct str s);

void table_init(struct table *t, uint32_t columns);
void table_fini(struct table *t);

/* All cells away; alignment and memory stay. */
void table_clear(struct table *t);

/* The next cell, from the left, then the next row. Cut at TABLE_CELL_MAX bytes. */
void table_cell(struct table *t, struct str text);

uint32_t table_rows(const struct table *t);

/* Writes cell `column` of a row, filled up to its column's width (the last one on the left is
 * not). */
void table_put(const struct table *t, FILE *out, uint32_t row, uint32_t column);

/* Writes all rows, two blanks between columns. */
void table_print(const struct table *t, FILE *out);

#endif
