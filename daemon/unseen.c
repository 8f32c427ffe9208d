#include "daemon/unseen.h"

enum { JOINER_NON = 0x200C, JOINER = 0x200D };

static const struct {
    uint32_t from, to;
} ranges[] = {
    {0x01, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x34F, 0x34F},   {0x61C, 0x61C},
    {0x115F, 0x1160}, {0x180E, 0x180E}, {0x200B, 0x200B}, {0x200E, 0x200F}, {0x2028, 0x202E},
    {0x2060, 0x206F}, {0x3164, 0x3164}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF},
};

static bool is_unseen(uint32_t c)
{
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
        if (c >= ranges[i].from && c <= ranges[i].to)
            return true;
    return false;
}

/* The character at *at, which moves behind it. */
static uint32_t next_of(struct str text, uint32_t *at)
{
    uint8_t lead = (uint8_t)text.p[(*at)++];
    uint32_t c = lead < 0x80   ? lead
                 : lead < 0xE0 ? lead & 0x1F
                 : lead < 0xF0 ? lead & 0xF
                               : lead & 7;
    for (; *at < text.len && ((uint8_t)text.p[*at] & 0xC0) == 0x80; (*at)++)
        c = c << 6 | ((uint8_t)text.p[*at] & 0x3F);
    return c;
}

uint32_t unseen_find(struct str text)
{
    uint32_t before = 0;
    for (uint32_t at = 0; at < text.len;) {
        uint32_t c = next_of(text, &at);
        bool joins = before >= 0x80 && at < text.len && (uint8_t)text.p[at] >= 0x80;
        if (c == 0)
            return UINT32_MAX;
        if (is_unseen(c) || ((c == JOINER || c == JOINER_NON) && !joins))
            return c;
        before = c;
    }
    return 0;
}

uint32_t unseen_at(const char *text)
{
    uint32_t at = 0;
    if (*text == '\0' || ((uint8_t)*text & 0xC0) == 0x80)
        return 0;
    uint32_t c = next_of((struct str){text, (uint32_t)strnlen(text, 4)}, &at);
    return is_unseen(c) ? at : 0;
}

uint32_t unseen_hide(char *text, uint32_t len)
{
    uint32_t n = 0;
    for (uint32_t at = 0, from = 0; at < len; from = at) {
        uint32_t c = next_of((struct str){text, len}, &at);
        if (c == 0 || is_unseen(c)) {
            text[n++] = '?';
            continue;
        }
        memmove(text + n, text + from, at - from);
        n += at - from;
    }
    return n;
}
