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

int mix_parse(struct str text)
{
    for (uint32_t i = 0; i < text.len; i++)
        if (text.p[i] == '.')
            return mix_find((struct str){text.p, i},
                            (struct str){text.p + i + 1, text.len - i - 1});
    return -1;
}
