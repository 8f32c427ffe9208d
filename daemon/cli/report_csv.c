/* A report as CSV (RFC 4180): a line for every cell of every table, for programs and pivots. */
#include "daemon/cli/csv.h"
#include "daemon/cli/report_doc.h"

static void put(FILE *out, const char *text)
{
    csv_text(out, str_of(text));
}

/* part: of the cell, ".pending", or "" for the cell itself. */
static void begin(FILE *out, const struct doc_table *t, uint32_t row, uint32_t column,
                  const char *part)
{
    put(out, t->id);
    fputc(',', out);
    const struct doc_cell *first = doc_at(t, row, 0);
    put(out, first->key != NULL ? first->key : first->text);
    fprintf(out, ",%s%s,", t->column[column].key, part);
}

static void line(FILE *out, const struct doc_table *t, uint32_t row, uint32_t column)
{
    static const char *const units[] = {
        [UNIT_TEXT] = "", [UNIT_COUNT] = "", [UNIT_MS] = "ms", [UNIT_SHARE] = "fraction"};
    const struct doc_cell *cell = doc_at(t, row, column);
    begin(out, t, row, column, "");
    if (cell->has_value)
        fprintf(out, "%.12g", cell->value);
    fprintf(out, ",%s,", cell->has_value ? units[cell->unit] : "");
    put(out, cell->text);
    fputc(',', out);
    put(out, cell->note == NULL ? "" : cell->note);
    fputs("\r\n", out);
    if (cell->pending > 0) {
        begin(out, t, row, column, ".pending");
        fprintf(out, "%u,,,\r\n", cell->pending);
    }
    if (cell->pending > 0 && cell->has_mature) {
        begin(out, t, row, column, ".mature");
        fprintf(out, "%.12g,%s,,\r\n", cell->mature, units[cell->unit]);
    }
}

void doc_csv(FILE *out, const struct doc *d)
{
    fputs("table,row,column,value,unit,text,note\r\n", out);
    for (uint32_t i = 0; i < d->blocks; i++) {
        const struct doc_table *t = d->block[i].table;
        for (uint32_t r = 0; t != NULL && r < doc_rows(t); r++)
            for (uint32_t c = 1; c < t->columns; c++)
                line(out, t, r, c);
    }
}
