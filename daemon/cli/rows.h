/* rows.h: what `top` knows: the last snapshot of every name, sorted on demand; active alerts. */
#ifndef TP_DAEMON_CLI_ROWS_H
#define TP_DAEMON_CLI_ROWS_H

#include "core/settings.h"
#include "daemon/cli/view.h"

enum { ROW_LABEL_MAX = 160, ROW_ALERTS_MAX = 256, ROW_ALERT_TEXT = 256 };

struct row {
    uint64_t seq; /* of the snapshot; older ones change nothing */
    uint8_t scope;
    char name[NAME_BYTES_MAX + 1];
    char label[ROW_LABEL_MAX]; /* title and name, as shown */
    uint32_t has[WINDOWS_MAX]; /* bit per column */
    struct view_number value[WINDOWS_MAX][VIEW_N];
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
    ms_t at; /* of the newest snapshot */
    struct row_alert alert[ROW_ALERTS_MAX];
    uint32_t alerts; /* active, also those beyond the room */
};

void rows_init(struct rows *r);
void rows_fini(struct rows *r);

/* Forgets everything: another daemon. */
void rows_clear(struct rows *r);

/* Takes a snapshot or an alert over (as a map of its message). */
void rows_snapshot(struct rows *r, const struct message *m, const struct node *snapshot);
void rows_alert(struct rows *r, const struct message *m, const struct node *alert);

/* Index of a window's name; 0 when there is none. */
uint32_t rows_window(const struct rows *r, const char *name);

enum { ROWS_BY_NAME = VIEW_N };

/* Sorts the rows of a scope by a column (or ROWS_BY_NAME), the greatest first unless reversed
 * (names: from the beginning), rows without a value last, ties by name. Returns how many;
 * r->order holds their indices until the next change. */
uint32_t rows_sort(struct rows *r, enum scope scope, uint32_t window, uint32_t column,
                   bool reversed);

#endif
