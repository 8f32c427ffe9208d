/* fuzz_config: any bytes as a configuration. */
#include "core/engine.h"
#include "daemon/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct config config;
    struct tree_error error;
    const char *why = NULL;
    if (config_parse("f", (const char *)data, len, &config, &error)) {
        CHECK(settings_check(&config.settings, &why) == 0);
        config_fini(&config);
    } else {
        CHECK(strncmp(error.text, "f:", 2) == 0 && strlen(error.text) < TREE_ERROR_BYTES);
        CHECK(strchr(error.text, '\n') == NULL);
    }
    return 0;
}
