#include "daemon/prefixes.h"

#include <stdlib.h>

/* Index of the first prefix that is greater than text. */
static uint32_t after(const struct prefixes *p, struct str text)
{
    uint32_t low = 0, high = p->n;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (str_compare(p->at[mid].text, text) <= 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool grow(struct prefixes *p)
{
    if (p->n == PREFIXES_MAX)
        return false;
    if (p->n > 0 && (p->n & (p->n - 1)) != 0) /* room is the next power of two */
        return true;
    struct prefix *at = realloc(p->at, (p->n == 0 ? 1 : 2 * (size_t)p->n) * sizeof *at);
    if (at == NULL)
        return false;
    p->at = at;
    return true;
}

void prefixes_add(struct prefixes *p, struct str prefix)
{
    if (prefix.len > PREFIX_BYTES_MAX) /* longer than any topic: nothing can match it */
        return;
    uint32_t i = after(p, prefix);
    if (i > 0 && str_equal(p->at[i - 1].text, prefix)) {
        p->at[i - 1].n++;
        return;
    }
    char *copy = grow(p) ? malloc(prefix.len + 1) : NULL;
    if (copy == NULL) {
        p->beyond++;
        return;
    }
    if (prefix.len > 0)
        memcpy(copy, prefix.p, prefix.len);
    memmove(&p->at[i + 1], &p->at[i], (p->n - i) * sizeof *p->at);
    p->at[i] = (struct prefix){{copy, prefix.len}, 1};
    p->n++;
}

bool prefixes_remove(struct prefixes *p, struct str prefix)
{
    if (prefix.len > PREFIX_BYTES_MAX)
        return false;
    uint32_t i = after(p, prefix);
    if (i == 0 || !str_equal(p->at[i - 1].text, prefix)) {
        bool kept_as_number = p->beyond > 0;
        p->beyond -= kept_as_number;
        return kept_as_number;
    }
    if (--p->at[i - 1].n > 0)
        return true;
    free((char *)p->at[i - 1].text.p);
    memmove(&p->at[i - 1], &p->at[i], (p->n - i) * sizeof *p->at);
    p->n--;
    return true;
}

bool prefixes_want(const struct prefixes *p, struct str topic)
{
    if (p->beyond > 0)
        return true;
    /* A prefix of the topic is not greater than it. The greatest one that is not greater is
     * either a prefix, or every prefix of the topic also begins what the two have in common. */
    for (;;) {
        uint32_t i = after(p, topic);
        if (i == 0)
            return false;
        struct str near = p->at[i - 1].text;
        uint32_t common = 0;
        while (common < near.len && common < topic.len && near.p[common] == topic.p[common])
            common++;
        if (common == near.len)
            return true;
        topic.len = common;
    }
}

bool prefixes_want_any(const struct prefixes *p, struct str beginning)
{
    if (prefixes_want(p, beginning))
        return true;
    uint32_t i = after(p, beginning); /* what begins with it comes right behind it */
    return i < p->n && p->at[i].text.len > beginning.len &&
           (beginning.len == 0 || memcmp(p->at[i].text.p, beginning.p, beginning.len) == 0);
}

void prefixes_fini(struct prefixes *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        free((char *)p->at[i].text.p);
    free(p->at);
    *p = (struct prefixes){0};
}
