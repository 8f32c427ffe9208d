/* test_inline: holidays of files become dates, everything else stays as it is read. */
#include "daemon/cli/inline.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/ticketpulse-inline-XXXXXX", path[128], text[4096];
static struct tree_error why;
static size_t n;

static void write_file(const char *name, const char *bytes)
{
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_eq(fputs(bytes, file) >= 0, 1);
    cr_assert_eq(fclose(file), 0);
}

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(dir));
    write_file("de.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
                         "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261225\r\n"
                         "DTEND;VALUE=DATE:20261227\r\nEND:VEVENT\r\n"
                         "BEGIN:VEVENT\r\nUID:2\r\nDTSTART;VALUE=DATE:20260501\r\n"
                         "END:VEVENT\r\nEND:VCALENDAR\r\n");
}

static void tear_down(void)
{
    static const char *const files[] = {"de.ics", "a.yaml"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        unlink(path);
    }
    rmdir(dir);
}

static const char *inlined(const char *config)
{
    write_file("a.yaml", config);
    cr_assert(inline_config(path, text, sizeof text - 1, &n, &why), "%s", why.text);
    text[n] = '\0';
    return text;
}

static void refused(const char *config, size_t cap, const char *what)
{
    write_file("a.yaml", config);
    cr_assert(!inline_config(path, text, cap, &n, &why));
    cr_assert_not_null(strstr(why.text, what), "%s", why.text);
}

TestSuite(inline, .init = set_up, .fini = tear_down);

Test(inline, without_files_as_it_stands)
{
    static const char config[] = "# comment\nwindows: [5m]\ncalendars:\n"
                                 "  - {id: a.ics, holidays: [\"2026-01-01\"]}\n";
    cr_assert_str_eq(inlined(config), config);
    cr_assert_str_eq(inlined(""), "");
}

Test(inline, files_become_dates)
{
    cr_assert_str_eq(
        inlined("zone: \"Europe/Berlin\" # comment\n"
                "calendars:\n"
                "  - id: office\n"
                "    holidays: [\"2026-04-03\", de.ics]\n"
                "    note: say \"hello\\tyou\"\n"
                "  - {id: other, holidays: de.ics, empty: [], none: {}}\n"),
        "{\"zone\":\"Europe/Berlin\",\"calendars\":[{\"id\":\"office\",\"holidays\":["
        "\"2026-04-03\",\"2026-05-01\",\"2026-12-25\",\"2026-12-26\"],"
        "\"note\":\"say \\\"hello\\\\tyou\\\"\"},{\"id\":\"other\",\"holidays\":[\"2026-05-01\","
        "\"2026-12-25\",\"2026-12-26\"],\"empty\":[],\"none\":{}}]}");
}

/* What is sent reads as what was read. */
Test(inline, is_yaml_still)
{
    static struct tree tree;
    inlined("a: {b: [1, \"x: y\", 客服], holidays: [de.ics]}\nc: ''\n");
    cr_assert(tree_parse(&tree, "sent", text, n, &why), "%s", why.text);
    const struct tree_node *a = tree_member(tree.root, str_of("a"));
    const struct tree_node *b = tree_member(a, str_of("b"));
    cr_assert_str_eq(b->first->text.p, "1");
    cr_assert_str_eq(b->first->next->text.p, "x: y");
    cr_assert_str_eq(b->first->next->next->text.p, "客服");
    cr_assert_str_eq(tree_member(tree.root, str_of("c"))->text.p, "");
    tree_fini(&tree);
}

Test(inline, what_cannot_be)
{
    refused("calendars: [{holidays: [nowhere.ics]}]\n", sizeof text, "nowhere.ics");
    refused("calendars: [{holidays: [de.ics]}]\n", 40, "more than 40 bytes");
    refused("windows: [5m, 1h]\n", 10, "more than 10 bytes");
    refused("a: [\n", sizeof text, "a.yaml:");
    cr_assert(!inline_config("/nowhere/a.yaml", text, sizeof text, &n, &why));
    cr_assert_not_null(strstr(why.text, "cannot be opened"));
}
