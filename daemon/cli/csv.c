#include "daemon/cli/csv.h"

static bool is_one_of(const char *these, char c)
{
    return c != 0 && strchr(these, c) != NULL;
}

void csv_text(FILE *out, struct str text)
{
    bool formula = text.len > 0 && is_one_of("=+-@\t\r\n", text.p[0]);
    bool quoted = formula;
    for (uint32_t i = 0; i < text.len && !quoted; i++)
        quoted = is_one_of(",\"\r\n", text.p[i]);
    if (quoted)
        fputc('"', out);
    if (formula)
        fputc('\'', out);
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.p[i] == '"')
            fputc('"', out);
        fputc(text.p[i], out);
    }
    if (quoted)
        fputc('"', out);
}
