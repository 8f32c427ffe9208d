/* Trees of YAML: shapes, lines, and every reason for which a file is refused. */
#include "daemon/tree.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct tree parsed(const char *text)
{
    struct tree t;
    struct tree_error why;
    cr_assert(tree_parse(&t, "f", text, strlen(text), &why), "%s", why.text);
    return t;
}

static const struct tree_node *member(const struct tree_node *map, const char *key)
{
    return tree_member(map, str_of(key));
}

Test(tree, keeps_shape_text_and_line)
{
    struct tree t = parsed("# comment\na: 1\nb:\n  c: [x, 'y z']\n  d: \"\"\n");
    cr_assert_eq(t.root->kind, TREE_MAP);
    cr_assert_str_eq(member(t.root, "a")->text.p, "1");
    cr_assert_eq(member(t.root, "a")->line, 2);
    const struct tree_node *list = member(member(t.root, "b"), "c");
    cr_assert_eq(list->kind, TREE_LIST);
    cr_assert_eq(list->line, 4);
    cr_assert_str_eq(list->first->text.p, "x");
    cr_assert_str_eq(list->first->next->text.p, "y z");
    cr_assert_null(list->first->next->next);
    cr_assert_eq(member(member(t.root, "b"), "d")->text.len, 0);
    cr_assert_null(member(t.root, "c"));
    tree_fini(&t);
}

Test(tree, of_an_empty_file_has_no_root)
{
    struct tree t = parsed("");
    cr_assert_null(t.root);
    t = parsed("# nothing\n");
    cr_assert_null(t.root);
}

static void refused(const char *text, size_t n, const char *complaint)
{
    struct tree t;
    struct tree_error why;
    cr_assert_not(tree_parse(&t, "f", text, n, &why), "accepted: %.60s", text);
    cr_assert_str_eq(why.text, complaint);
    cr_assert_null(t.root);
}

#define REFUSED(text, complaint) refused(text, strlen(text), complaint)

Test(tree, refuses_with_file_and_line)
{
    REFUSED("a: 1\nb: 2\na: 3\n",
            "f:3: a: the key stands twice (first in line 1); remove one of them");
    REFUSED("a: &x 1\n", "f:1: anchors are not supported; write the value out");
    REFUSED("a: 1\nb: *x\n", "f:2: b: aliases are not supported; write the value out");
    REFUSED("a:\n  <<: *x\n", "f:2: <<: aliases are not supported; write the value out");
    REFUSED("a: 1\n---\nb: 2\n", "f:2: a second document; one file is one document");
    REFUSED("? [a, b]\n: 1\n", "f:1: a key must be a plain word; write `key: value`");
    REFUSED("a: [1, 2\nb: 3\n",
            "f:2: no valid YAML: did not find expected ',' or ']'; check the indentation and "
            "quotes there");
}

/* Whatever comes from a configuration may be shown to people. */
Test(tree, refuses_what_nobody_sees)
{
    REFUSED("a: 1\nb: \"x\\e[31m\"\n",
            "f:2: b: a character that nobody sees (U+001B); write it without");
    REFUSED("a: [x, \"y\\nz\"]\n", "f:1: a character that nobody sees (U+000A); write it without");
    REFUSED("a: 'x\u202ey'\n", "f:1: a: a character that nobody sees (U+202E); write it without");
    REFUSED("a: {b\u200bc: 1}\n", "f:1: a character that nobody sees (U+200B); write it without");
    REFUSED("a: \"x\\0y\"\n", "f:1: a: a character that nobody sees (U+0000); write it without");
    REFUSED("a: 1\nb: x\x01\n", "f:2: a control character (0x1); remove it");
    struct tree t = parsed("\xEF\xBB\xBF"
                           "a: 1\r\nb: 退款\u200d客服\r\n");
    cr_assert_str_eq(member(t.root, "a")->text.p, "1");
    tree_fini(&t);
}

Test(tree, refuses_what_is_not_utf_8)
{
    REFUSED("a: 1\nb: Z\xFCrich\n", "f:2: not UTF-8 (byte 0xfc); save the file as UTF-8");
    refused("\xFF\xFE"
            "a\0:\0",
            6, "f:1: not UTF-8 (byte 0xff); save the file as UTF-8");
}

Test(tree, refuses_tags)
{
    REFUSED("a: !!int 5\n", "f:1: tags are not supported; write the value without `!`");
    REFUSED("a: !x [b]\n", "f:1: tags are not supported; write the value without `!`");
    REFUSED("a: 1\nb: !!map {c: 1}\n", "f:2: tags are not supported; write the value without `!`");
    REFUSED("!!str a: 1\n", "f:1: tags are not supported; write the value without `!`");
}

Test(tree, refuses_a_cycle_of_aliases)
{
    REFUSED("a: &x [*x]\n", "f:1: anchors are not supported; write the value out");
}

Test(tree, is_bounded_in_depth)
{
    char text[64] = "a: ";
    memset(text + 3, '[', 15);
    memset(text + 18, ']', 15);
    text[33] = 0;
    struct tree t = parsed(text); /* the map and 15 lists are 16 levels */
    tree_fini(&t);
    REFUSED("a: [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
            "f:1: nested deeper than 16 levels; nothing here needs that");
    char *many = malloc(200000);
    memset(many, '[', 200000);
    refused(many, 200000, "f:1: nested deeper than 16 levels; nothing here needs that");
    free(many);
}

Test(tree, is_bounded_in_size)
{
    char *text = malloc(TREE_BYTES_MAX + 1);
    memset(text, '\n', TREE_BYTES_MAX + 1);
    struct tree t;
    struct tree_error why;
    cr_assert(tree_parse(&t, "f", text, TREE_BYTES_MAX, &why));
    tree_fini(&t);
    refused(text, TREE_BYTES_MAX + 1,
            "f:1: 262145 bytes, at most 262144 are read; make it shorter");
    free(text);
}

Test(tree, survives_every_prefix_and_any_changed_byte)
{
    static const char text[] = "a: {b: [1, \"2\\n\"], c: |\n   x\n  }\nd: >-\n  y\ne: ~\n";
    struct tree t;
    struct tree_error why;
    for (size_t n = 0; n < sizeof text; n++)
        if (tree_parse(&t, "f", text, n, &why))
            tree_fini(&t);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        for (int c = 0; c < 256; c++) {
            char copy[sizeof text];
            memcpy(copy, text, sizeof text);
            copy[i] = (char)c;
            if (tree_parse(&t, "f", copy, sizeof text - 1, &why))
                tree_fini(&t);
            else
                cr_assert_eq(strncmp(why.text, "f:", 2), 0, "%s", why.text);
        }
    }
}
