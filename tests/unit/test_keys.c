/* The table of keys is complete and consistent. */
#include "daemon/keys.h"

#include <criterion/criterion.h>

Test(keys, are_unique_and_described)
{
    for (uint32_t i = 0; i < keys_n; i++) {
        cr_assert_lt(keys[i].type, KEY_TYPES);
        cr_assert_gt(strlen(keys[i].text), 10, "%s", keys[i].path);
        cr_assert_leq(keys[i].min, keys[i].max, "%s", keys[i].path);
        cr_assert_leq(keys[i].place + keys[i].size, sizeof(struct config));
        for (uint32_t j = 0; j < i; j++) {
            size_t n = strlen(keys[j].path);
            cr_assert_str_neq(keys[i].path, keys[j].path);
            /* a key that is also a group could not be written */
            cr_assert_not(strncmp(keys[i].path, keys[j].path, n) == 0 && keys[i].path[n] == '.');
        }
    }
}

Test(keys, of_targets_are_named_after_their_indicators)
{
    uint32_t targets = 0;
    for (uint32_t i = 0; i < keys_n; i++) {
        if (keys[i].type != KEY_TARGET)
            continue;
        const char *name = strchr(keys[i].path, '.') + 1;
        int indicator = indicator_find(str_of(name));
        cr_assert_geq(indicator, 0, "%s", name);
        size_t place = offsetof(struct config, settings.target) +
                       indicator_rows[indicator].target * sizeof(ms_t);
        cr_assert_eq(keys[i].place, place, "%s", name);
        targets++;
    }
    cr_assert_eq(targets, TARGET_N);
}

Test(keys, cover_every_byte_of_the_limits)
{
    unsigned char covered[sizeof(struct limits)] = {0};
    for (uint32_t i = 0; i < keys_n; i++)
        if (strncmp(keys[i].path, "limits.", 7) == 0)
            memset(covered + (keys[i].place - offsetof(struct config, limits)), 1, keys[i].size);
    for (size_t i = 0; i < sizeof covered; i++)
        cr_assert(covered[i], "byte %zu of struct limits has no key", i);
}
