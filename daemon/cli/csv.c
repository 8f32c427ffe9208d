#include "daemon/cli/csv.h"

void csv_text(FILE *out, struct str text)
{
    bool formula = text.len > 0 && memchr("=+-@\t\r\n", text.p[0], 7) != NULL;
    bool quoted = formula;
    for (uint32_t i = 0; i < text.len && !quoted; i++)
        quoted = memchr(",\"\r\n", text.p[i], 4) != NULL;
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
