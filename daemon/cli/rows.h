/* rows.h: what `top` knows: the last snapshot of every name, sorted on demand; active alerts. */
#ifndef TP_DAEMON_CLI_ROWS_H
#define TP_DAEMON_CLI_ROWS_H

#include "core/settings.h"
#include "daemon/cli/view.h"

/* Columns beyond those of view.h: the site's own and aspects, in the order in which they turn up.
 * One daemon has 16 of the former; what is beyond the room is said to be missing. */
enum { ROWS_OWN_MAX = 16, ROWS_COLUMNS = VIEW_N + ROWS_OWN_MAX };

enum { ROW_LABEL_MAX = 160, ROW_ALERTS_MAX = 256, ROW_ALERT_TEXT = 256 };

struct row {
    uint64_t seq; /* of the snapshot; older ones change nothing */
    uint8_t scope;
    char name[NAME_BYTES_MAX + 1];
    char label[ROW_LABEL_MAX]; /* title and name, as shown */
    uint64_t has[WINDOWS_MAX]; /* bit per column */
    struct view_number value[WINDOWS_MAX][ROWS_COLUMNS];
};

struct row_own {
    char name[2 * NAME_BYTES_MAX], unit[2 * CUSTOM_UNIT_BYTES_MAX];
    bool part;
};

struct row_alert {
    uint64_t id; /* hash of the alert's id; 0 = free */
    ms_t at;
    char severity[12];
    char text[ROW_ALERT_TEXT];
};

struct rows {
    struct row *row;
    uint32_t n, cap;
    uint32_t *place;  /* hash table of indices + 1 */
    uint32_t places;  /* a power of two, at least 2 * cap */
    uint32_t *order;  /* of rows_sort */
    uint32_t windows; /* names of windows in the order of the configuration */
    char window[WINDOWS_MAX][16];
    struct row_own own[ROWS_OWN_MAX];
    uint32_t owns;
    bool more_own; /* there are others, for which there is no column */
    ms_t at;       /* of the newest snapshot */
    struct row_alert alert[ROW_ALERTS_MAX];
    uint32_t alerts; /* active, also those beyond the room */
};

void rows_init(struct rows *r);
void rows_fini(struct rows *r);

/* Forgets everything but which columns there are: another daemon. */
void rows_clear(struct rows *r);

/* Takes a snapshot or an alert over (as a map of its message). */
void rows_snapshot(struct rows *r, const struct message *m, const struct node *snapshot);
void rows_alert(struct rows *r, const struct message *m, const struct node *alert);

/* Index of a window's name; 0 when there is none. */
uint32_t rows_window(const struct rows *r, const char *name);

/* Columns there are now, and what they say: head, and a row's number; "·": it has none. */
uint32_t rows_columns(const struct rows *r);
const char *rows_head(const struct rows *r, uint32_t column);
char *rows_text(char buf[PHRASE_MAX], const struct rows *r, const struct row *row, uint32_t window,
                uint32_t column);

enum { ROWS_BY_NAME = ROWS_COLUMNS };

/* Sorts the rows of a scope by a column (or ROWS_BY_NAME), the greatest first unless reversed
 * (names: from the beginning), rows without a value last, ties by name. Returns how many;
 * r->order holds their indices until the next change. */
uint32_t rows_sort(struct rows *r, enum scope scope, uint32_t window, uint32_t column,
                   bool reversed);

#endif
