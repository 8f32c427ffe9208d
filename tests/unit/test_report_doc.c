/* The three writers: what is said, and that no text can be more than text. */
#include "daemon/cli/report_doc.h"

#include "daemon/cli/words.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct doc sample(void)
{
    static struct doc d;
    d = (struct doc){.title = "T <1>", .subtitle = "2012 & later"};
    doc_head(&d, "one", "Head");
    doc_say(&d, BLOCK_TEXT, "Some *text*.");
    doc_say(&d, BLOCK_ITEM, "a");
    doc_say(&d, BLOCK_ITEM, "b");
    struct doc_table *tiles = doc_table(&d, BLOCK_TILES, "tiles", NULL);
    doc_column(tiles, "figure", "figure", false, false);
    doc_column(tiles, "value", "value", true, false);
    doc_column(tiles, "change", "change", true, false);
    doc_cell(tiles, "opened")->key = "opened";
    doc_number(tiles, "12", 12, UNIT_COUNT);
    doc_cell(tiles, "")->tone = TONE_GOOD;
    struct doc_table *t = doc_table(&d, BLOCK_TABLE, "bars", "Bars");
    t->chart = CHART_BARS;
    t->rows_shown = 1;
    doc_column(t, "name", "name", false, false);
    doc_column(t, "p50", "me\"dian", true, true);
    doc_cell(t, "=1+1|<b>");
    struct doc_cell *c = doc_number(t, "1m", 60000, UNIT_MS);
    c->note = doc_text(&d, "n = %d · x", 3);
    c->tone = TONE_FLAG;
    doc_cell(t, "two");
    doc_cell(t, "·");
    return d;
}

static char *written(void (*write)(FILE *, const struct doc *))
{
    char *text = NULL;
    size_t n = 0;
    struct doc d = sample();
    FILE *f = open_memstream(&text, &n);
    write(f, &d);
    fclose(f);
    doc_free(&d);
    return text;
}

static void without_script(FILE *out, const struct doc *d)
{
    doc_html(out, d, (struct str){NULL, 0});
}

static void with_script(FILE *out, const struct doc *d)
{
    doc_html(out, d, str_of("var a = '</script><b>';"));
}

static void has(const char *text, const char *part)
{
    cr_assert_not_null(strstr(text, part), "no '%s' in:\n%s", part, text);
}

Test(report_doc, html)
{
    char *text = written(without_script);
    has(text, "<title>T &lt;1&gt; · 2012 &amp; later</title>");
    has(text, "<section id=\"one\">\n<h2>Head</h2>");
    has(text, "<ul>\n<li>a</li>\n<li>b</li>\n</ul>");
    has(text, "<li><span>opened</span>\n<strong>12</strong>\n</li>");
    has(text, "id=\"chart-bars\" data-chart=\"bars\" data-unit=\"ms\"");
    has(text, "<th scope=\"col\" class=\"n\" data-drawn=\"p50\">me&quot;dian</th>");
    has(text, "<th scope=\"row\">=1+1|&lt;b&gt;</th>");
    has(text, "<td class=\"n flag\" data-v=\"60000\">1m<small><span>n = 3</span> · "
              "<span>x</span></small></td>");
    cr_assert_null(strstr(text, "<script"));
    free(text);
    text = written(with_script);
    has(text, "<script>\nvar a = '<\\/script><b>';</script>");
    free(text);
}

Test(report_doc, markdown)
{
    char *text = written(doc_markdown);
    has(text, "# T &lt;1>\n\n2012 &amp; later\n\n## Head\n\nSome \\*text\\*.\n\n- a\n- b\n\n");
    has(text, "- opened: **12** \n");
    has(text, "**Bars**\n\n| name | me\"dian |\n|---|--:|\n| =1+1\\|&lt;b> | 1m (n = 3 · x) |\n");
    free(text);
}

/* A name that turns the line around, or that looks like another one. */
Test(report_doc, nothing_that_nobody_sees)
{
    static void (*const writers[])(FILE *, const struct doc *) = {without_script, doc_markdown};
    for (size_t i = 0; i < ARRAY_LEN(writers); i++) {
        struct doc d = {.title = "T", .subtitle = "\u2067s"};
        struct doc_table *t = doc_table(&d, BLOCK_TABLE, "t", NULL);
        char *text = NULL;
        size_t n = 0;
        doc_column(t, "name", "name", false, false);
        doc_cell(t, "\u202egnp.a\u200bda 客服 👩\u200d🚒\u2069");
        FILE *out = open_memstream(&text, &n);
        writers[i](out, &d);
        fclose(out);
        doc_free(&d);
        has(text, "?s");
        has(text, "?gnp.a?da 客服 👩\u200d🚒?");
        free(text);
    }
}

Test(report_doc, csv)
{
    char *text = written(doc_csv);
    cr_assert_str_eq(text, "table,row,column,value,unit,text,note\r\n"
                           "tiles,opened,value,12,,12,\r\n"
                           "tiles,opened,change,,,,\r\n"
                           "bars,\"'=1+1|<b>\",p50,60000,ms,1m,n = 3 · x\r\n"
                           "bars,two,p50,,,·,\r\n");
    free(text);
}

/* What is pending has lines of its own, in CSV: people read it in the note. */
Test(report_doc, csv_tells_what_is_pending)
{
    struct doc d = {.title = "T", .subtitle = "2012"};
    struct doc_table *t = doc_table(&d, BLOCK_TABLE, "t", NULL);
    doc_column(t, "name", "name", false, false);
    doc_column(t, "rate", "rate", true, false);
    for (uint32_t pending = 0; pending < 3; pending++) {
        doc_cell(t, "some");
        struct doc_cell *c = doc_number(t, "50.0%", 0.5, UNIT_SHARE);
        c->pending = pending;
        c->has_mature = pending < 2; /* else all are */
        c->mature = 0.25;
    }
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    doc_csv(out, &d);
    fclose(out);
    cr_assert_str_eq(text, "table,row,column,value,unit,text,note\r\n"
                           "t,some,rate,0.5,fraction,50.0%,\r\n"
                           "t,some,rate,0.5,fraction,50.0%,\r\n"
                           "t,some,rate.pending,1,,,\r\n"
                           "t,some,rate.mature,0.25,fraction,,\r\n"
                           "t,some,rate,0.5,fraction,50.0%,\r\n"
                           "t,some,rate.pending,2,,,\r\n");
    free(text);
    doc_free(&d);
}

/* Nothing in it but in its head: people are not shown it, programs are. */
Test(report_doc, bare_columns)
{
    static void (*const write[])(FILE *, const struct doc *) = {without_script, doc_markdown,
                                                                doc_csv};
    for (size_t w = 0; w < ARRAY_LEN(write); w++) {
        struct doc d = {.title = "T", .subtitle = "2012"};
        struct doc_table *t = doc_table(&d, BLOCK_TABLE, "t", NULL);
        doc_column(t, "name", "name", false, false);
        doc_column(t, "goal", "the goal", true, false);
        doc_column(t, "half", "the half", true, false);
        for (int row = 0; row < 2; row++) {
            doc_cell(t, "");
            doc_cell(t, "");
            doc_cell(t, row == 0 ? "" : "7");
        }
        cr_assert(!doc_is_bare(t, 0) && doc_is_bare(t, 1) && !doc_is_bare(t, 2));
        char *text = NULL;
        size_t n = 0;
        FILE *f = open_memstream(&text, &n);
        write[w](f, &d);
        fclose(f);
        cr_assert_eq(strstr(text, "goal") != NULL, write[w] == doc_csv);
        has(text, write[w] == doc_csv ? "t,,half,,,7" : "the half");
        if (write[w] == doc_markdown)
            has(text, "| name | the half |\n|---|--:|\n|  |  |\n|  | 7 |\n");
        free(text);
        t->chart = CHART_LINE; /* the script counts columns */
        cr_assert(!doc_is_bare(t, 1));
        doc_free(&d);
    }
}

Test(report_doc, rows_and_dropping)
{
    struct doc d = sample();
    const struct doc_table *t = d.block[d.blocks - 1].table;
    cr_assert_eq(doc_rows(t), 2);
    cr_assert_str_eq(doc_at(t, 1, 0)->text, "two");
    uint32_t blocks = d.blocks;
    doc_drop(&d);
    cr_assert_eq(d.blocks, blocks - 1);
    doc_free(&d);
    cr_assert(d.blocks == 0 && d.text == NULL);
}
