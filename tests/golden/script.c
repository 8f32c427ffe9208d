#include "tests/golden/script.h"

#include "tests/golden/story.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void script_die(const char *file, uint32_t line, const char *what)
{
    fprintf(stderr, "%s:%u: %s\n", file, line, what);
    exit(2);
}

void script_add(struct script *l, const char *prefix, const char *text)
{
    size_t n = strlen(prefix) + strlen(text) + 1;
    if (l->n == SCRIPT_MAX || (l->at[l->n] = malloc(n)) == NULL)
        script_die(text, 0, "too many lines");
    snprintf(l->at[l->n++], n, "%s%s", prefix, text);
}

void script_clear(struct script *l)
{
    while (l->n > 0)
        free(l->at[--l->n]);
}

void script_read(const char *file, struct script *ret)
{
    char line[STORY_LINE_MAX];
    FILE *f = fopen(file, "r");
    if (f == NULL)
        script_die(file, 0, "cannot be read");
    while (fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\r\n")] = 0;
        script_add(ret, "", line);
    }
    fclose(f);
}

void script_write(const char *file, const struct script *lines)
{
    FILE *f = fopen(file, "w");
    if (f == NULL)
        script_die(file, 0, "cannot be written");
    for (uint32_t i = 0; i < lines->n; i++)
        fprintf(f, "%s\n", lines->at[i]);
    fclose(f);
}

/* Compares what line `at` brought with the "= " lines behind it; returns how many those are. */
uint32_t script_compare(const char *file, const struct script *story, uint32_t at,
                        const struct script *got, bool *good)
{
    uint32_t n = 0;
    while (at + 1 + n < story->n && strncmp(story->at[at + 1 + n], "= ", 2) == 0)
        n++;
    bool same = n == got->n;
    for (uint32_t i = 0; same && i < n; i++)
        same = strcmp(story->at[at + 1 + i], got->at[i]) == 0;
    if (same)
        return n;
    *good = false;
    printf("%s:%u: %s\n", file, at + 1, story->at[at]);
    for (uint32_t i = 0; i < n; i++)
        printf("  want %s\n", story->at[at + 1 + i]);
    for (uint32_t i = 0; i < got->n; i++)
        printf("  got  %s\n", got->at[i]);
    return n;
}
