#include "core/mix.h"

const struct mix_kind mixes[MIX_N] = {
#define PART_MIX_ROW(id, of, by, family, flag) [PART_##id] = {of, by, family, flag},
    PART_MIXES(PART_MIX_ROW)
#undef PART_MIX_ROW
};

int mix_find(struct str of, struct str by)
{
    for (int i = 0; i < MIX_N; i++)
        if (str_equal(of, str_of(mixes[i].of)) && str_equal(by, str_of(mixes[i].by)))
            return i;
    return -1;
}
