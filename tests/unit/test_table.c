/* Tables: widths of wide characters, alignment, what cannot be shown. */
#include "daemon/cli/table.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>

static void utf8(void)
{
    cr_assert_not_null(setlocale(LC_CTYPE, "C.UTF-8"));
}

static char *printed(const struct table *t)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    table_print(t, f);
    fclose(f);
    return text;
}

Test(table, widths, .init = utf8)
{
    cr_assert_eq(text_width(str_of("abc")), 3);
    cr_assert_eq(text_width(str_of("王芳")), 4);
    cr_assert_eq(text_width(str_of("Zoé")), 3);
    cr_assert_eq(text_width(str_of("e\xCC\x81")), 1); /* e and a combining accent */
    cr_assert_eq(text_width(str_of("a\x01\xFF")), 3);
    cr_assert_eq(text_width(str_of("")), 0);
}

Test(table, columns_line_up, .init = utf8)
{
    struct table t;
    table_init(&t, 3);
    t.left[0] = true;
    const char *cells[] = {"name", "n", "last", "王芳", "1200", "x", "Zoé Lambert", "7", "售后"};
    for (size_t i = 0; i < ARRAY_LEN(cells); i++)
        table_cell(&t, str_of(cells[i]));
    cr_assert_eq(table_rows(&t), 3);
    char *text = printed(&t);
    cr_assert_str_eq(text, "name            n  last\n"
                           "王芳         1200     x\n"
                           "Zoé Lambert     7  售后\n");
    free(text);
    table_clear(&t);
    cr_assert_eq(table_rows(&t), 0);
    for (int i = 0; i < 3; i++)
        table_cell(&t, str_of("ab"));
    text = printed(&t);
    cr_assert_str_eq(text, "ab  ab  ab\n");
    free(text);
    table_fini(&t);
}

Test(table, control_bytes_do_no_harm, .init = utf8)
{
    struct table t;
    table_init(&t, 1);
    char longest[1000];
    memset(longest, 'x', sizeof(longest));
    table_cell(&t, str_of("a\033[31m\xC3z"));
    table_cell(&t, (struct str){longest, sizeof(longest)});
    char *text = printed(&t);
    cr_assert_not_null(strstr(text, "a?[31m?z\n"));
    cr_assert_eq(t.width[0], TABLE_CELL_MAX - 1);
    free(text);
    table_fini(&t);
}

Test(table, what_nobody_sees_is_shown, .init = utf8)
{
    struct table t;
    table_init(&t, 2);
    table_cell(&t, str_of("\u202egnp.exe"));
    table_cell(&t, str_of("1"));
    char *text = printed(&t);
    cr_assert_str_eq(text, "?gnp.exe  1\n");
    free(text);
    table_fini(&t);
}

Test(table, many_cells, .init = utf8)
{
    struct table t;
    table_init(&t, 7);
    char text[16];
    for (int i = 0; i < 70000; i++) {
        int n = snprintf(text, sizeof(text), "%d", i);
        table_cell(&t, (struct str){text, (uint32_t)n});
    }
    cr_assert_eq(table_rows(&t), 10000);
    char *all = printed(&t);
    cr_assert_not_null(strstr(all, "69999\n"));
    free(all);
    table_fini(&t);
}
