/* Which names were touched since the rules last asked. */
#include "core/boards.h"

void board_listen(struct board *b, const uint32_t inputs[SCOPE_N])
{
    memcpy(b->listened, inputs, sizeof b->listened);
}

bool board_is_touched(const struct board *b)
{
    return b->touched != 0;
}

uint32_t board_touched(struct board *b, struct entity_ref *ret, uint32_t cap)
{
    uint32_t n = b->touched < cap ? b->touched : cap;
    memcpy(ret, b->touch, n * sizeof *ret);
    memmove(b->touch, b->touch + n, (b->touched - n) * sizeof *ret);
    b->touched -= n;
    return n;
}
