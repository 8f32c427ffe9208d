/* report_doc.h: a report as blocks of text, key figures and tables, before it is HTML, Markdown or
 * CSV. A chart is a table that says how it is drawn: readers without script or sight have it all.
 *
 * Texts are copied. Growing exits when there is no memory. */
#ifndef TP_DAEMON_CLI_REPORT_DOC_H
#define TP_DAEMON_CLI_REPORT_DOC_H

#include "core/base.h"

#include <stdio.h>

/* What a number is. */
enum doc_unit {
    UNIT_TEXT,
    UNIT_COUNT, /* also numbers without a unit */
    UNIT_MS,
    UNIT_SHARE, /* a fraction */
};

enum doc_tone { TONE_NONE, TONE_GOOD, TONE_BAD, TONE_FLAG, TONE_QUIET };

enum doc_chart {
    CHART_NONE,
    CHART_LINE,  /* first column: where; the others are lines */
    CHART_BARS,  /* lying bars, one row after the other */
    CHART_BAND,  /* columns: where, low, middle, high: a bar from low to middle … */
    CHART_GOALS, /* as lying bars; the column with the key "target" is a line at 1 */
};

enum { DOC_COLUMNS_MAX = 32 };

struct doc_column {
    const char *key;  /* for programs: "p90"; static */
    const char *head; /* for people; static or lent for the document's life */
    bool number;      /* aligned to the right */
    bool drawn;       /* a series of the chart */
};

struct doc_cell {
    const char *text;
    const char *note; /* smaller, below it; NULL = none */
    const char *key;  /* of a row's first cell: its name for programs; NULL = the text */
    double value;
    bool has_value;
    uint8_t unit;     /* enum doc_unit, of the value: rows of one column may differ */
    uint8_t tone;     /* enum doc_tone */
    uint32_t pending; /* of the cases behind it, those that may still turn out otherwise … */
    double mature;    /* … and the value without them; not where they are all */
    bool has_mature;
};

struct doc_table {
    const char *id; /* for programs and links; static */
    const char *title;
    uint8_t chart;    /* enum doc_chart */
    bool cards;       /* on a phone every row is a card */
    bool logarithmic; /* the chart's scale … */
    int low, high;    /* … is from here to there; both 0: as the numbers are */
    uint32_t columns;
    struct doc_column column[DOC_COLUMNS_MAX];
    uint32_t rows_shown; /* the rest is folded away; 0 = all are shown */
    uint32_t cells, cells_cap;
    struct doc_cell *cell;
};

enum doc_kind { BLOCK_HEAD, BLOCK_TEXT, BLOCK_NOTE, BLOCK_ITEM, BLOCK_TILES, BLOCK_TABLE };

struct doc_block {
    uint8_t kind;            /* enum doc_kind */
    const char *id;          /* of a head; static */
    const char *text;        /* head, text, item */
    struct doc_table *table; /* tiles: columns figure, value, change; table */
};

struct doc {
    const char *title, *subtitle;
    bool chinese;
    uint32_t blocks, blocks_cap;
    struct doc_block *block;
    uint32_t texts, texts_cap;
    char **text;
};

/* A copy of the formatted text that lives as long as the document. */
const char *doc_text(struct doc *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

void doc_head(struct doc *d, const char *id, const char *text);
void doc_say(struct doc *d, enum doc_kind kind, const char *text);

/* A table without columns and rows yet; lent until doc_free. */
struct doc_table *doc_table(struct doc *d, enum doc_kind kind, const char *id, const char *title);
void doc_column(struct doc_table *t, const char *key, const char *head, bool number, bool drawn);

/* The next cell, row by row. The text is borrowed: doc_text or static. */
struct doc_cell *doc_cell(struct doc_table *t, const char *text);
struct doc_cell *doc_number(struct doc_table *t, const char *text, double value,
                            enum doc_unit unit);

uint32_t doc_rows(const struct doc_table *t);
const struct doc_cell *doc_at(const struct doc_table *t, uint32_t row, uint32_t column);

/* A column without anything in it: people are not shown it. Charts have all of theirs. */
bool doc_is_bare(const struct doc_table *t, uint32_t column);

/* Takes the last block, a table, away again: it has no rows, say. */
void doc_drop(struct doc *d);

void doc_free(struct doc *d);

/* --- writers ------------------------------------------------------------------------------ */

/* script: Chart.js as a text, or NULL: tables only. */
void doc_html(FILE *out, const struct doc *d, struct str script);
void doc_markdown(FILE *out, const struct doc *d);
/* table,row,column,value,unit,text,note: a line a cell. No cell can be taken for a formula. */
void doc_csv(FILE *out, const struct doc *d);

#endif
