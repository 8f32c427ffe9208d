/* A report as Markdown: headings, lists, tables of GitHub's kind. */
#include "daemon/cli/report_doc.h"

#include "daemon/unseen.h"

/* Names come from events: nothing in them may be markup, a link, a cell's or a line's end, or
 * what nobody sees. */
static void put(FILE *out, const char *text)
{
    for (uint32_t unseen; *text != '\0'; text += unseen > 0 ? unseen : 1) {
        unsigned char c = (unsigned char)*text;
        unseen = unseen_at(text);
        if (c < ' ' || c == 0x7f)
            fputc(' ', out);
        else if (unseen > 0)
            fputc('?', out);
        else if (c == '<')
            fputs("&lt;", out);
        else if (c == '&')
            fputs("&amp;", out);
        else if (strchr("\\`*_[]#|~!", c) != NULL)
            fprintf(out, "\\%c", c);
        else
            fputc(c, out);
    }
}

static void row_end(FILE *out)
{
    fputs(" |\n", out);
}

static void table(FILE *out, const struct doc_table *t)
{
    if (t->title != NULL) {
        fputs("**", out);
        put(out, t->title);
        fputs("**\n\n", out);
    }
    for (uint32_t c = 0; c < t->columns; c++) {
        if (doc_is_bare(t, c))
            continue;
        fputs(c == 0 ? "| " : " | ", out);
        put(out, t->column[c].head);
    }
    row_end(out);
    for (uint32_t c = 0; c < t->columns; c++)
        if (!doc_is_bare(t, c))
            fputs(t->column[c].number ? "|--:" : "|---", out);
    fputs("|\n", out);
    for (uint32_t r = 0; r < doc_rows(t); r++) {
        for (uint32_t c = 0; c < t->columns; c++) {
            const struct doc_cell *cell = doc_at(t, r, c);
            if (doc_is_bare(t, c))
                continue;
            fputs(c == 0 ? "| " : " | ", out);
            put(out, cell->text);
            if (cell->note != NULL) {
                fputs(" (", out);
                put(out, cell->note);
                fputc(')', out);
            }
        }
        row_end(out);
    }
    fputc('\n', out);
}

static void tiles(FILE *out, const struct doc_table *t)
{
    for (uint32_t r = 0; r < doc_rows(t); r++) {
        fputs("- ", out);
        put(out, doc_at(t, r, 0)->text);
        fputs(": **", out);
        put(out, doc_at(t, r, 1)->text);
        fputs("** ", out);
        if (doc_at(t, r, 1)->note != NULL) {
            fputc('(', out);
            put(out, doc_at(t, r, 1)->note);
            fputs(") ", out);
        }
        put(out, doc_at(t, r, 2)->text);
        if (doc_at(t, r, 2)->note != NULL) {
            fputs(" (", out);
            put(out, doc_at(t, r, 2)->note);
            fputc(')', out);
        }
        fputc('\n', out);
    }
    fputc('\n', out);
}

static void block(FILE *out, const struct doc_block *b, const struct doc_block *next)
{
    switch ((enum doc_kind)b->kind) {
    case BLOCK_HEAD:
        fputs("## ", out);
        put(out, b->text);
        fputs("\n\n", out);
        break;
    case BLOCK_TEXT:
    case BLOCK_NOTE:
        put(out, b->text);
        fputs("\n\n", out);
        break;
    case BLOCK_ITEM:
        fputs("- ", out);
        put(out, b->text);
        fputs(next != NULL && next->kind == BLOCK_ITEM ? "\n" : "\n\n", out);
        break;
    case BLOCK_TILES:
        tiles(out, b->table);
        break;
    case BLOCK_TABLE:
        table(out, b->table);
        break;
    }
}

void doc_markdown(FILE *out, const struct doc *d)
{
    fputs("# ", out);
    put(out, d->title);
    fputs("\n\n", out);
    put(out, d->subtitle);
    fputs("\n\n", out);
    for (uint32_t i = 0; i < d->blocks; i++)
        block(out, &d->block[i], i + 1 < d->blocks ? &d->block[i + 1] : NULL);
}
