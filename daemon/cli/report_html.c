/* A report as one HTML file: style, script and Chart.js inside, nothing is fetched.
 *
 * Charts are drawn from the tables behind them (report.js reads their data-v), so each number is
 * there once, and all of it without script. */
#include "daemon/cli/report_doc.h"
#include "daemon/cli/report_page.h"
#include "daemon/cli/words.h"
#include "daemon/unseen.h"

/* Text of elements and of quoted attributes alike: no markup in it, nothing that nobody sees. */
static void put(FILE *out, const char *text)
{
    for (uint32_t unseen; *text != '\0'; text += unseen > 0 ? unseen : 1) {
        unseen = unseen_at(text);
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default: /* control bytes are no text in HTML */
            fputc((unsigned char)*text < ' ' || *text == 0x7f ? ' '
                  : unseen > 0                                ? '?'
                                                              : *text,
                  out);
        }
    }
}

static const char *tone(const struct doc_cell *c)
{
    static const char *const classes[] = {"", " good", " bad", " flag", " quiet"};
    return classes[c->tone];
}

/* A part of a note that is not to be broken: a word, or a short number, "3.1 – 4.7%". */
static bool is_whole(const char *part)
{
    enum { WORD_BYTES = 12, NUMBER_BYTES = 24 };
    size_t n = strlen(part);
    return n <= WORD_BYTES || (n <= NUMBER_BYTES && strpbrk(part, "0123456789") != NULL);
}

/* Notes of numbers break between their parts only: "n = 12 · 3.1 – 4.7%". */
static void put_note(FILE *out, const char *note, bool number)
{
    fputs("<small>", out);
    while (number && *note != '\0') {
        const char *dot = strstr(note, " · ");
        size_t n = dot == NULL ? strlen(note) : (size_t)(dot - note);
        char part[256];
        snprintf(part, sizeof part, "%.*s", (int)n, note);
        bool whole = is_whole(part);
        fputs(whole ? "<span>" : "", out);
        put(out, part);
        fputs(whole ? "</span>" : "", out);
        fputs(dot == NULL ? "" : " · ", out);
        note += n + (dot == NULL ? 0 : strlen(" · "));
    }
    put(out, note);
    fputs("</small>", out);
}

static void put_cell(FILE *out, const struct doc_table *t, uint32_t row, uint32_t column)
{
    const struct doc_cell *c = doc_at(t, row, column);
    const struct doc_column *head = &t->column[column];
    const char *tag = column == 0 ? "th scope=\"row\"" : "td";
    fprintf(out, "<%s", tag);
    if (head->number || c->tone != TONE_NONE)
        fprintf(out, " class=\"%s%s\"", head->number ? "n" : "t", tone(c));
    if (t->chart != CHART_NONE && c->has_value)
        fprintf(out, " data-v=\"%.12g\"", c->value);
    if (t->cards && column > 0) {
        fputs(" data-label=\"", out);
        put(out, head->head);
        fputc('"', out);
    }
    fputc('>', out);
    put(out, c->text);
    if (c->note != NULL)
        put_note(out, c->note, head->number);
    fputs(column == 0 ? "</th>" : "</td>", out);
}

/* Tables of cards with many columns are set smaller; with more than paper is wide, as cards. */
static const char *classes(const struct doc_table *t)
{
    enum { MANY = 9, MOST = 14 };
    uint32_t shown = 0;
    for (uint32_t c = 0; c < t->columns; c++)
        shown += !doc_is_bare(t, c);
    if (!t->cards)
        return "";
    return shown > MOST   ? " class=\"cards many most\""
           : shown > MANY ? " class=\"cards many\""
                          : " class=\"cards\"";
}

/* Rows from..to of a table, with its head. */
static void put_rows(FILE *out, const struct doc_table *t, uint32_t from, uint32_t to)
{
    fprintf(out, "<div class=\"scroll\"><table%s>\n", classes(t));
    if (t->title != NULL) {
        fputs("<caption>", out);
        put(out, t->title);
        fputs("</caption>\n", out);
    }
    fputs("<thead><tr>", out);
    for (uint32_t c = 0; c < t->columns; c++) {
        const struct doc_column *head = &t->column[c];
        if (doc_is_bare(t, c))
            continue;
        fprintf(out, "<th scope=\"col\"%s", head->number ? " class=\"n\"" : "");
        if (head->drawn)
            fprintf(out, " data-drawn=\"%s\"", head->key);
        fputc('>', out);
        put(out, head->head);
        fputs("</th>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
    for (uint32_t r = from; r < to; r++) {
        fputs("<tr>", out);
        for (uint32_t c = 0; c < t->columns; c++)
            if (!doc_is_bare(t, c))
                put_cell(out, t, r, c);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

static void put_table(FILE *out, const struct doc_table *t)
{
    static const char *const charts[] = {"", "line", "bars", "band", "goals"};
    static const char *const units[] = {"count", "count", "ms", "share"};
    uint32_t rows = doc_rows(t), shown = rows;
    if (t->rows_shown > 0 && t->rows_shown < rows)
        shown = t->rows_shown;
    if (t->chart != CHART_NONE) {
        uint8_t unit = UNIT_COUNT; /* of the first number drawn */
        for (uint32_t i = 0; i < t->cells && unit == UNIT_COUNT; i++)
            if (t->cell[i].has_value && t->column[i % t->columns].drawn)
                unit = t->cell[i].unit;
        fprintf(out, "<figure class=\"chart\" id=\"chart-%s\" data-chart=\"%s\" data-unit=\"%s\"%s",
                t->id, charts[t->chart], units[unit], t->logarithmic ? " data-log" : "");
        if (t->low < t->high)
            fprintf(out, " data-low=\"%d\" data-high=\"%d\"", t->low, t->high);
        fputs(">\n", out);
        fputs("<figcaption>", out);
        put(out, t->title);
        fputs("</figcaption>\n<div class=\"plot\"></div>\n<details open><summary>", out);
        put(out, word(W_R_AS_TABLE));
        fputs("</summary>\n", out);
    }
    put_rows(out, t, 0, shown);
    if (shown < rows) {
        fputs("<details class=\"more\"><summary>", out);
        fprintf(out, "%s: %u</summary>\n", word(W_R_FURTHER), rows - shown);
        put_rows(out, t, shown, rows);
        fputs("</details>\n", out);
    }
    if (t->chart != CHART_NONE)
        fputs("</details>\n</figure>\n", out);
}

static void put_text(FILE *out, const char *tag, const char *attributes, const char *text)
{
    fprintf(out, "<%s%s>", tag, attributes);
    put(out, text);
    fprintf(out, "</%s>\n", tag);
}

static void put_tiles(FILE *out, const struct doc_table *t)
{
    fputs("<ul class=\"tiles\">\n", out);
    for (uint32_t r = 0; r < doc_rows(t); r++) {
        const struct doc_cell *change = doc_at(t, r, 2);
        fputs("<li>", out);
        put_text(out, "span", "", doc_at(t, r, 0)->text);
        put_text(out, "strong", "", doc_at(t, r, 1)->text);
        if (doc_at(t, r, 1)->note != NULL)
            put_text(out, "small", "", doc_at(t, r, 1)->note);
        if (change->text[0] != '\0') {
            fprintf(out, "<span class=\"change%s\">", tone(change));
            put(out, change->text);
            if (change->note != NULL) {
                fputs(" · ", out);
                put(out, change->note);
            }
            fputs("</span>", out);
        }
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
}

static void put_block(FILE *out, const struct doc *d, uint32_t i, bool *in_section)
{
    const struct doc_block *b = &d->block[i];
    bool first = i == 0 || d->block[i - 1].kind != BLOCK_ITEM;
    bool last = i + 1 == d->blocks || d->block[i + 1].kind != BLOCK_ITEM;
    switch ((enum doc_kind)b->kind) {
    case BLOCK_HEAD:
        fprintf(out, "%s<section id=\"%s\">\n", *in_section ? "</section>\n" : "", b->id);
        put_text(out, "h2", "", b->text);
        *in_section = true;
        break;
    case BLOCK_TEXT:
        put_text(out, "p", "", b->text);
        break;
    case BLOCK_NOTE:
        put_text(out, "p", " class=\"note\"", b->text);
        break;
    case BLOCK_ITEM:
        fputs(first ? "<ul>\n" : "", out);
        put_text(out, "li", "", b->text);
        fputs(last ? "</ul>\n" : "", out);
        break;
    case BLOCK_TILES:
        put_tiles(out, b->table);
        break;
    case BLOCK_TABLE:
        put_table(out, b->table);
        break;
    }
}

static void put_contents(FILE *out, const struct doc *d)
{
    fprintf(out, "<nav aria-label=\"%s\"><ul>\n", word(W_R_CONTENTS));
    for (uint32_t i = 0; i < d->blocks; i++) {
        if (d->block[i].kind != BLOCK_HEAD)
            continue;
        fprintf(out, "<li><a href=\"#%s\">", d->block[i].id);
        put(out, d->block[i].text);
        fputs("</a></li>\n", out);
    }
    fputs("</ul></nav>\n", out);
}

/* A script's text as it is: only the end of its element must not stand in it. */
static void put_script(FILE *out, struct str script)
{
    fputs("<script>\n", out);
    for (uint32_t at = 0; at < script.len;) {
        const char *p = memmem(script.p + at, script.len - at, "</", 2);
        uint32_t n = p == NULL ? script.len - at : (uint32_t)(p - script.p) - at;
        fwrite(script.p + at, 1, n, out);
        if (p != NULL)
            fputs("<\\/", out);
        at += n + (p == NULL ? 0 : 2);
    }
    fputs("</script>\n", out);
}

void doc_html(FILE *out, const struct doc *d, struct str script)
{
    bool in_section = false;
    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"color-scheme\" content=\"light dark\">\n"
            "<meta name=\"generator\" content=\"ticketpulse %s\">\n",
            d->chinese ? "zh-CN" : "en", TP_VERSION);
    fputs("<title>", out);
    put(out, d->title);
    fputs(" · ", out);
    put(out, d->subtitle);
    fputs("</title>\n<style>\n", out);
    fwrite(report_css.p, 1, report_css.len, out);
    fputs("</style>\n</head>\n<body>\n<header>\n", out);
    put_text(out, "h1", "", d->title);
    put_text(out, "p", "", d->subtitle);
    put_contents(out, d);
    fputs("</header>\n<main>\n", out);
    for (uint32_t i = 0; i < d->blocks; i++)
        put_block(out, d, i, &in_section);
    fprintf(out, "%s</main>\n<footer>ticketpulse %s</footer>\n", in_section ? "</section>\n" : "",
            TP_VERSION);
    if (script.len > 0) {
        put_script(out, script);
        put_script(out, report_js);
    }
    fputs("</body>\n</html>\n", out);
}
