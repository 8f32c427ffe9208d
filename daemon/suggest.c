#include "daemon/suggest.h"

#include <stdio.h>

enum { EDITS_MAX = 3, BYTES_AN_EDIT = 3 };

/* Of a word of three letters one may be wrong, of a long one three. */
void suggest_begin(struct suggestion *s, struct str text)
{
    uint32_t most = text.len / BYTES_AN_EDIT;
    *s = (struct suggestion){.text = text, .edits = (most < EDITS_MAX ? most : EDITS_MAX) + 1};
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* How many bytes must be changed, put in, left out, or swapped with their neighbour. */
static uint32_t edits_of(struct str a, struct str b)
{
    uint32_t row[3][SUGGEST_BYTES_MAX + 1] = {{0}};
    for (uint32_t j = 0; j <= b.len; j++)
        row[0][j] = j;
    for (uint32_t i = 1; i <= a.len; i++) {
        uint32_t *now = row[i % 3];
        const uint32_t *before = row[(i + 2) % 3], *earlier = row[(i + 1) % 3];
        now[0] = i;
        for (uint32_t j = 1; j <= b.len; j++) {
            now[j] = least(before[j], now[j - 1]) + 1;
            now[j] = least(now[j], before[j - 1] + (a.p[i - 1] != b.p[j - 1]));
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                now[j] = least(now[j], earlier[j - 2] + 1);
        }
    }
    return row[a.len % 3][b.len];
}

void suggest_offer(struct suggestion *s, struct str candidate)
{
    if (s->text.len > SUGGEST_BYTES_MAX || candidate.len > SUGGEST_BYTES_MAX)
        return;
    uint32_t edits = edits_of(s->text, candidate);
    if (edits >= s->edits)
        return;
    s->edits = edits;
    s->found = candidate;
}

const char *suggest_text(const struct suggestion *s, char buf[SUGGEST_TEXT])
{
    buf[0] = 0;
    if (s->found.len > 0)
        snprintf(buf, SUGGEST_TEXT, "did you mean %.*s? ", (int)s->found.len, s->found.p);
    return buf;
}
