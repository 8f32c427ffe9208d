/* Tables of members: order, unknown and missing ones, lists and single values. */
#include "daemon/members.h"

#include <criterion/criterion.h>
#include <stdio.h>

struct item {
    char seen[64]; /* members in the order of reading */
    uint32_t entries;
};

static bool note(struct reading *r, void *item)
{
    struct item *it = item;
    size_t n = strlen(it->seen);
    snprintf(it->seen + n, sizeof it->seen - n, "%s=%s ", r->path, r->node->text.p);
    return true;
}

static bool never(struct reading *r, void *item)
{
    (void)item;
    return refuse(r, "not like this");
}

static const struct member table[] = {
    {"a", NULL, "Required.", note}, {"b", "", "Perhaps.", note}, {"c", "", "Wrong.", never}};
static const struct members members = {"thing", "- {a: 1}", NULL, ARRAY_LEN(table), table};

static struct tree tree;
static struct tree_error why;
static struct item item;

static bool read_map(const char *text)
{
    cr_assert(tree_parse(&tree, "f", text, strlen(text), &why), "%s", why.text);
    struct reading r = {&tree, tree.root, "things", NULL, &why};
    memset(&item, 0, sizeof item);
    bool fine = members_read(&r, &members, &item);
    if (fine) {
        cr_assert_str_eq(r.path, "things"); /* as it was */
        cr_assert_eq(r.node, tree.root);
    }
    tree_fini(&tree);
    return fine;
}

Test(members, are_read_in_the_order_of_the_table)
{
    cr_assert(read_map("b: 2\na: 1\n"));
    cr_assert_str_eq(item.seen, "things.a=1 things.b=2 ");
    cr_assert(read_map("a: 1\n"));
    cr_assert_str_eq(item.seen, "things.a=1 ");
}

Test(members, complain_with_line_and_path)
{
    cr_assert_not(read_map("a: 1\nx: 2\n"));
    cr_assert_str_eq(why.text, "f:2: things.x: unknown key of a thing; see --print-config");
    cr_assert_not(read_map("b: 1\n"));
    cr_assert_str_eq(why.text, "f:1: things: a thing without `a`; add it");
    cr_assert_not(read_map("[a]"));
    cr_assert_str_eq(why.text, "f:1: things: a map is wanted here; write - {a: 1}");
    cr_assert_not(read_map("a: 1\nc: 2\n"));
    cr_assert_str_eq(why.text, "f:2: things.c: not like this");
}

Test(members, show_unknown_names_of_any_length_in_one_line)
{
    char text[256];
    snprintf(text, sizeof text, "\"%0100d\": 1\n", 0);
    cr_assert_not(read_map(text));
    cr_assert_null(strchr(why.text, '\n'));
    cr_assert_not(read_map("a: 1\nxa: 1\n"));
    cr_assert_str_eq(why.text, "f:2: things.xa: unknown key of a thing; see --print-config");
}

static bool count(struct reading *r, uint32_t i, void *it)
{
    cr_assert_eq(i, ((struct item *)it)->entries++);
    return r->node->kind == TREE_SCALAR || refuse(r, "one text is wanted here");
}

static bool read_entries(const char *text)
{
    cr_assert(tree_parse(&tree, "f", text, strlen(text), &why), "%s", why.text);
    struct reading r = {&tree, tree.root, "list", NULL, &why};
    memset(&item, 0, sizeof item);
    bool fine = entries_read(&r, 3, count, &item);
    tree_fini(&tree);
    return fine;
}

Test(members, take_one_for_a_list_of_one)
{
    cr_assert(read_entries("x"));
    cr_assert_eq(item.entries, 1);
    cr_assert(read_entries("[x, y, z]"));
    cr_assert_eq(item.entries, 3);
    cr_assert(read_entries("[]"));
    cr_assert_eq(item.entries, 0);
    cr_assert_not(read_entries("[x, y, z, more]"));
    cr_assert_str_eq(why.text, "f:1: list: more than 3 entries; remove some");
    cr_assert_not(read_entries("- x\n- [y]\n"));
    cr_assert_str_eq(why.text, "f:2: list: one text is wanted here");
}

Test(members, of_maps_carry_their_key_in_the_path)
{
    static const char text[] = "x: 1\ny: 2\n";
    cr_assert(tree_parse(&tree, "f", text, strlen(text), &why));
    struct reading r = {&tree, tree.root, "map", NULL, &why};
    memset(&item, 0, sizeof item);
    cr_assert(map_read(&r, note, &item));
    cr_assert_str_eq(item.seen, "map.x=1 map.y=2 ");
    cr_assert_str_eq(r.path, "map");
    cr_assert_not(map_read(&r, never, &item));
    cr_assert_str_eq(why.text, "f:1: map.x: not like this");
    r.node = tree.root->first;
    cr_assert_not(map_read(&r, note, &item));
    cr_assert_str_eq(why.text, "f:1: map: a map is wanted here; write {key: value}");
    tree_fini(&tree);
}
