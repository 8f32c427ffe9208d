/* ticketpulse top: a live table of agents, teams, … on a terminal, with the active alerts.
 *
 * The alternate screen and raw keys while it runs, restored at every way out but SIGKILL. The
 * picture is made whole in memory and written at once, so it does not flicker. */
#include "daemon/cli/command.h"
#include "daemon/cli/keyring.h"
#include "daemon/cli/line.h"
#include "daemon/cli/reader.h"
#include "daemon/cli/rows.h"
#include "daemon/cli/stop.h"
#include "daemon/clock.h"
#include "daemon/unseen.h"
#include "proto/topic.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

enum { SLICE_MS = 40, REDRAW_MS = 500, ALERT_LINES = 4, GAP = 2 };

static struct {
    const char *out, *query, *scope_text, *window_text, *sort_text, *color;
    bool once, colors, reversed, raw;
    ms_t length, timeout;
    enum scope scope;
    uint32_t window, sort, scroll;
    uint32_t width, height; /* of the terminal */
    struct termios before;  /* its mode when we came */
    struct rows rows;
    struct table table;
    struct reader reader;
} top;

static const struct option options[] = {
    {"scope", OPTION_TEXT, &top.scope_text, W_O_SCOPE, 0, 0},
    {"window", OPTION_TEXT, &top.window_text, W_O_WINDOW, 0, 0},
    {"sort", OPTION_TEXT, &top.sort_text, W_O_SORT, 0, 0},
    {"once", OPTION_FLAG, &top.once, W_O_ONCE, 0, 0},
    {"for", OPTION_DURATION, &top.length, W_O_WATCH_FOR, 1, 3650 * MS_DAY},
    {"color", OPTION_TEXT, &top.color, W_O_COLOR, 0, 0},
    {"out", OPTION_TEXT, &top.out, W_O_OUT, 0, 0},
    {"query", OPTION_TEXT, &top.query, W_O_QUERY, 0, 0},
    {"timeout", OPTION_DURATION, &top.timeout, W_O_TIMEOUT, 1, MS_HOUR},
    KEYRING_OPTIONS,
};

static const struct usage usage = {"top", "", W_ABOUT_TOP, options, ARRAY_LEN(options)};

/* --- the terminal ------------------------------------------------------------------------- */

static void on_resize(int signal_number)
{
    (void)signal_number; /* poll ends with EINTR, the next picture asks for the size */
}

static void terminal_size(void)
{
    struct winsize size;
    if (!top.once && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        top.width = size.ws_col;
        top.height = size.ws_row;
    }
}

static bool terminal_enter(void)
{
    if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1 ||
        tcgetattr(STDIN_FILENO, &top.before) != 0)
        return false;
    struct termios raw = top.before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0)
        return false;
    top.raw = true;
    struct sigaction action = {.sa_handler = on_resize};
    sigaction(SIGWINCH, &action, NULL);
    fputs("\033[?1049h\033[?25l", stdout);
    return true;
}

static void terminal_leave(void)
{
    if (!top.raw)
        return;
    fputs("\033[?25h\033[?1049l", stdout);
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSANOW, &top.before);
    top.raw = false;
}

/* --- the picture -------------------------------------------------------------------------- */

static void paint(FILE *f, const char *color)
{
    if (top.colors)
        fprintf(f, "\033[%sm", color != NULL ? color : "0");
}

/* Text cut to so many columns. */
static void put_cut(FILE *f, const char *text, uint32_t width)
{
    char shown[PHRASE_MAX];
    snprintf(shown, sizeof shown, "%s", text);
    struct str s = {shown, unseen_hide(shown, (uint32_t)strlen(shown))};
    uint32_t whole = s.len;
    while (s.len > 0 && text_width(s) > width)
        s.len--;
    while (s.len > 0 && s.len < whole && ((unsigned char)shown[s.len] & 0xC0) == 0x80)
        s.len--; /* never half a character */
    fprintf(f, "%.*s", (int)s.len, s.p);
}

static void draw_title(FILE *f, uint32_t n)
{
    char text[512], at[32] = "";
    if (top.rows.at > 0)
        line_time(at, sizeof(at), top.rows.at, false);
    snprintf(text, sizeof(text), " TicketPulse · %s (%u) · %s · %s %s · %s ",
             phrase_scope(top.scope, words_lang()), n,
             top.rows.windows > 0 ? top.rows.window[top.window] : "-",
             top.sort == ROWS_BY_NAME ? word(W_C_NAME) : rows_head(&top.rows, top.sort),
             top.reversed ? "▲" : "▼", at);
    if (top.rows.more_own) /* told as there being more, not dropped in silence */
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "· %s ", word(W_TOP_MORE));
    paint(f, PAINT_BOLD);
    put_cut(f, text, top.width);
    paint(f, NULL);
    fputc('\n', f);
}

/* Active alerts, the newest ones; returns the lines. */
static uint32_t draw_alerts(FILE *f, uint32_t most)
{
    char head[128], n[16];
    const struct row_alert *shown[ALERT_LINES] = {NULL};
    uint32_t lines = 0;
    for (uint32_t i = 0; i < ROW_ALERTS_MAX; i++) {
        const struct row_alert *a = &top.rows.alert[i];
        for (uint32_t k = 0; a != NULL && a->id != 0 && k < ALERT_LINES; k++)
            if (shown[k] == NULL || shown[k]->at < a->at) {
                const struct row_alert *next = shown[k];
                shown[k] = a;
                a = next;
            }
    }
    snprintf(n, sizeof(n), "%u", top.rows.alerts);
    FILE *h = fmemopen(head, sizeof(head), "w");
    CHECK(h != NULL);
    word_print(h, top.rows.alerts > 0 ? W_ACTIVE_ALERTS : W_NO_ALERTS, n, NULL, NULL);
    fclose(h);
    paint(f, top.rows.alerts > 0 ? PAINT_RED : PAINT_GREEN);
    fprintf(f, " %s\n", head);
    paint(f, NULL);
    for (; lines < ALERT_LINES && lines < most && shown[lines] != NULL; lines++) {
        char at[32];
        const struct row_alert *a = shown[lines];
        fprintf(f, " %s  ", line_time(at, sizeof(at), a->at, false));
        paint(f, strcmp(a->severity, "critical") == 0 ? PAINT_RED : PAINT_YELLOW);
        put_cut(f, a->text, top.width > 12 ? top.width - 12 : 1);
        paint(f, NULL);
        fputc('\n', f);
    }
    return lines + 1;
}

/* The rows that are shown: from..to of the order. */
static void fill_table(uint32_t from, uint32_t to)
{
    char buf[PHRASE_MAX];
    struct table *t = &top.table;
    uint32_t columns = rows_columns(&top.rows);
    if (t->columns != columns + 1) { /* more of the site's own turned up */
        table_fini(t);
        table_init(t, columns + 1);
        t->left[0] = true;
    }
    table_clear(t);
    table_cell(t, str_of(word(W_C_NAME)));
    for (uint32_t c = 0; c < columns; c++)
        table_cell(t, str_of(rows_head(&top.rows, c)));
    for (uint32_t i = from; i < to; i++) {
        const struct row *row = &top.rows.row[top.rows.order[i]];
        table_cell(t, str_of(row->label));
        for (uint32_t c = 0; c < columns; c++)
            table_cell(t, str_of(rows_text(buf, &top.rows, row, top.window, c)));
    }
}

/* The columns that fit: the name, then from *ret_first on; the sorted one is among them. */
static uint32_t fitting(uint32_t *ret_first)
{
    const struct table *t = &top.table;
    for (uint32_t first = 1;; first++) {
        uint32_t used = 1 + t->width[0], last = first;
        while (last < t->columns && used + GAP + t->width[last] <= top.width)
            used += GAP + t->width[last++];
        if (top.sort == ROWS_BY_NAME || top.sort + 1 < last || first > top.sort) {
            *ret_first = first;
            return last;
        }
    }
}

static void draw_row(FILE *f, uint32_t row, uint32_t first, uint32_t last)
{
    fputc(' ', f);
    table_put(&top.table, f, row, 0);
    for (uint32_t c = first; c < last; c++) {
        bool sorted = c == top.sort + 1;
        fputs("  ", f);
        if (sorted && row > 0)
            paint(f, PAINT_CYAN);
        table_put(&top.table, f, row, c);
        if (sorted && row > 0)
            paint(f, NULL);
    }
    fputc('\n', f);
}

static void draw(FILE *f)
{
    uint32_t n = rows_sort(&top.rows, top.scope, top.window, top.sort, top.reversed);
    uint32_t first = 1, lines = 1;
    draw_title(f, n);
    lines += draw_alerts(f, top.once ? ALERT_LINES : top.height / 4);
    uint32_t room = top.once ? n : top.height > lines + 3 ? top.height - lines - 3 : 1;
    if (top.scroll + room > n)
        top.scroll = n > room ? n - room : 0;
    fill_table(top.scroll, n < top.scroll + room ? n : top.scroll + room);
    uint32_t last = fitting(&first);
    paint(f, PAINT_INVERSE);
    draw_row(f, 0, first, last);
    paint(f, NULL);
    for (uint32_t i = 1; i < table_rows(&top.table); i++)
        draw_row(f, i, first, last);
    if (n == 0)
        fprintf(f, " %s\n", word(W_NO_DATA));
}

static void redraw(void)
{
    char *picture = NULL;
    size_t n = 0;
    terminal_size();
    FILE *f = open_memstream(&picture, &n);
    CHECK(f != NULL);
    draw(f);
    CHECK(fclose(f) == 0);
    if (top.once) {
        fwrite(picture, n, 1, stdout);
    } else {
        fputs("\033[H", stdout);
        for (const char *line = picture; *line != '\0';) {
            const char *end = strchr(line, '\n');
            fwrite(line, (size_t)(end - line), 1, stdout);
            fputs("\033[K\n", stdout);
            line = end + 1;
        }
        printf("\033[J\033[%u;1H", top.height);
        paint(stdout, PAINT_DIM);
        put_cut(stdout, word(W_TOP_KEYS), top.width - 1);
        paint(stdout, NULL);
    }
    if (!top.raw) /* a terminal that is gone ends us by SIGHUP */
        stdout_flushed();
    fflush(stdout);
    free(picture);
}

/* --- keys --------------------------------------------------------------------------------- */

static bool scope_has_rows(enum scope scope)
{
    for (uint32_t i = 0; i < top.rows.n; i++)
        if (top.rows.row[i].scope == scope)
            return true;
    return false;
}

static void next_scope(void)
{
    for (int i = 0; i < SCOPE_N; i++) {
        top.scope = (enum scope)((top.scope + 1) % SCOPE_N);
        if (scope_has_rows(top.scope))
            break;
    }
    top.scroll = 0;
}

/* To the next column or the one before; behind the last one is the name. */
static void move_sort(bool back)
{
    uint32_t columns = rows_columns(&top.rows);
    uint32_t at = top.sort == ROWS_BY_NAME ? columns : top.sort;
    at = (at + (back ? columns : 1)) % (columns + 1);
    top.sort = at == columns ? (uint32_t)ROWS_BY_NAME : at;
}

/* One key; arrow: the letter ends an arrow's sequence. false: quit. */
static bool key(char letter, bool arrow)
{
    switch (letter) {
    case 'A':
        top.scroll -= arrow && top.scroll > 0;
        break;
    case 'B':
        top.scroll += arrow;
        break;
    case 'C':
    case 's':
        if (arrow || letter == 's')
            move_sort(false);
        break;
    case 'D':
        if (arrow)
            move_sort(true);
        break;
    case '\t':
        next_scope();
        break;
    case 'w':
        if (top.rows.windows > 0)
            top.window = (top.window + 1) % top.rows.windows;
        break;
    case 'r':
        top.reversed = !top.reversed;
        break;
    case 'q':
        return false;
    default:
        break;
    }
    return true;
}

/* What was typed. false: quit. *ret_any: the picture has changed. */
static bool keys(bool *ret_any)
{
    char bytes[16];
    struct pollfd item = {.fd = STDIN_FILENO, .events = POLLIN};
    while (top.raw && poll(&item, 1, 0) > 0) {
        ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
        if (n <= 0)
            return false; /* the terminal is gone */
        *ret_any = true;
        for (ssize_t i = 0; i < n; i++) {
            bool arrow =
                n - i >= 3 && bytes[i] == '\033' && (bytes[i + 1] == '[' || bytes[i + 1] == 'O');
            i += arrow ? 2 : 0;
            if (!key(bytes[i], arrow))
                return false;
        }
    }
    return true;
}

/* --- life --------------------------------------------------------------------------------- */

static void take(const struct reader *r)
{
    if (topic_matches(str_of("alert."), r->topic))
        rows_alert(&top.rows, r->in, r->root);
    else if (topic_matches(str_of("kpi."), r->topic))
        rows_snapshot(&top.rows, r->in, r->root);
}

static int live(void)
{
    ms_t end = top.length > 0 ? clock_system() + top.length : MS_NEVER, due = 0;
    bool joined = false;
    for (ms_t now = clock_system(); now < end; now = clock_system()) {
        bool any = false;
        if (!keys(&any))
            return EXIT_FINE;
        switch (reader_next(&top.reader, SLICE_MS)) {
        case READER_MESSAGE:
            take(&top.reader);
            break;
        case READER_JOINED:
            joined = any = true;
            if (top.window_text != NULL)
                top.window = rows_window(&top.rows, top.window_text);
            break;
        case READER_LOST:
            rows_clear(&top.rows);
            break;
        case READER_FAILED:
            return stop_asked() ? EXIT_FINE : EXIT_FAILED;
        case READER_HEALED:
        case READER_NOTHING:
            break;
        }
        if (joined && (any || now >= due)) {
            redraw();
            due = now + REDRAW_MS;
            if (top.once)
                return EXIT_FINE;
        }
    }
    return EXIT_FINE;
}

/* false: a line says why not. */
static bool read_choice(void)
{
    enum view_column column = VIEW_OPEN;
    int scope = top.scope_text != NULL ? scope_find(str_of(top.scope_text)) : SCOPE_AGENT;
    bool name = top.sort_text != NULL && strcmp(top.sort_text, "name") == 0;
    bool sorted = top.sort_text == NULL || name || view_find(top.sort_text, &column);
    if (scope < 0 || !sorted) {
        word_error(W_E_VALUE, usage.command, scope < 0 ? "scope" : "sort",
                   word(scope < 0 ? W_WANT_SCOPE : W_WANT_COLUMN));
        return false;
    }
    top.scope = (enum scope)scope;
    top.sort = name ? (uint32_t)ROWS_BY_NAME : (uint32_t)column;
    return true;
}

int command_top(int argc, char **argv)
{
    static char *const prefixes[] = {"kpi.", "alert."};
    top.out = ENDPOINT_OUT;
    top.query = ENDPOINT_QUERY;
    top.timeout = 5 * MS_SECOND;
    top.window_text = "1h";
    top.width = 1000; /* of one picture: all columns */
    top.height = 50;
    int operands;
    enum options_end end = options_read(&usage, argc, argv, &operands);
    if (end != OPTIONS_GO)
        return end == OPTIONS_WRONG ? EXIT_USAGE : EXIT_FINE;
    if (operands != 0)
        return options_operands_wrong(&usage);
    if (!read_choice())
        return EXIT_USAGE;
    stop_on_signals();
    top.colors = paint_wanted(top.color, STDOUT_FILENO);
    rows_init(&top.rows);
    table_init(&top.table, 1);
    int code = EXIT_FAILED;
    if (reader_open(&top.reader, top.out, top.query, prefixes, ARRAY_LEN(prefixes), top.timeout)) {
        if (!top.once && !terminal_enter())
            top.once = true; /* no terminal: one picture */
        code = live();
        terminal_leave();
    }
    reader_close(&top.reader);
    rows_fini(&top.rows);
    table_fini(&top.table);
    return code;
}
