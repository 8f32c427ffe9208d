/* csv: a cell reads back as it was, and is no formula. */
#include "daemon/cli/csv.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static void says(struct str text, const char *want)
{
    char *got = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&got, &n);
    csv_text(out, text);
    fclose(out);
    cr_assert_str_eq(got, want);
    free(got);
}

Test(csv, cells)
{
    says(str_of(""), "");
    says(str_of("ada"), "ada");
    says(str_of("售后"), "售后");
    says(str_of("a,b"), "\"a,b\"");
    says(str_of("say \"hi\""), "\"say \"\"hi\"\"\"");
    says(str_of("two\r\nlines"), "\"two\r\nlines\"");
    says(str_of("=1+1"), "\"'=1+1\"");
    says(str_of("+49"), "\"'+49\"");
    says(str_of("-"), "\"'-\"");
    says(str_of("@x"), "\"'@x\"");
    says(str_of("\tx"), "\"'\tx\"");
    says(str_of("a=b"), "a=b");
    says((struct str){"=HYPERLINK(\"x\",\"y\")zzz", 19}, "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
}
