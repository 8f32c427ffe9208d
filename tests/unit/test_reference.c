/* What is printed from the table is a configuration, and says the defaults. */
#include "daemon/reference.h"

#include "daemon/config.h"
#include "daemon/keys.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static char *printed(bool (*print)(FILE *file), size_t *ret_n)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, ret_n);
    cr_assert(print(file));
    fclose(file);
    return text;
}

Test(reference, reads_as_the_defaults)
{
    static struct config built_in, read;
    struct tree_error why;
    size_t n;
    char *text = printed(reference_print, &n);
    config_default(&built_in);
    cr_assert(config_parse("reference", text, n, &read, &why), "%s", why.text);
    cr_assert_eq(memcmp(&built_in, &read, sizeof read), 0);
    free(text);
}

Test(reference, shows_every_key_as_text_of_the_file)
{
    struct tree tree;
    struct tree_error why;
    size_t n;
    char *text = printed(reference_print, &n);
    cr_assert(tree_parse(&tree, "reference", text, n, &why), "%s", why.text);
    for (uint32_t i = 0; i < keys_n; i++) {
        const struct tree_node *node = tree.root;
        for (const char *p = keys[i].path; node != NULL && *p != 0;) {
            size_t len = strcspn(p, ".");
            node = tree_member(node, (struct str){p, (uint32_t)len});
            p += len + (p[len] == '.');
        }
        cr_assert_not_null(node, "%s is not in the reference", keys[i].path);
    }
    tree_fini(&tree);
    char *rest;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        cr_assert_leq(strlen(line), 100, "%s", line);
    free(text);
}

Test(reference, has_a_manual_page_with_every_key)
{
    size_t n;
    char *text = printed(reference_print_man, &n);
    cr_assert_not_null(strstr(text, ".TH TICKETPULSE.YAML 5"));
    for (uint32_t i = 0; i < keys_n; i++) {
        char head[128];
        snprintf(head, sizeof head, ".TP\n.B %s\n", keys[i].path);
        cr_assert_not_null(strstr(text, head), "%s", keys[i].path);
    }
    free(text);
}

Test(reference, tells_a_full_disk)
{
    FILE *file = fopen("/dev/full", "w");
    cr_assert_not_null(file);
    cr_assert_not(reference_print(file));
    fclose(file);
}
