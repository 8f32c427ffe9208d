/* fuzz_holidays: any bytes as an .ics file. */
#include "daemon/holidays.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct holidays none;
    struct holidays days = none;
    struct tree_error error;
    if (!holidays_parse(&days, "f", (const char *)data, len, &error)) {
        CHECK(strncmp(error.text, "f:", 2) == 0 && strlen(error.text) < TREE_ERROR_BYTES);
        CHECK(strchr(error.text, '\n') == NULL);
        CHECK(memcmp(&days, &none, sizeof days) == 0);
    }
    return 0;
}
