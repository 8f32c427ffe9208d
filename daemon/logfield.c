#include "daemon/logfield.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct writer {
    char *at, *end;
    struct iovec *iov;
    uint32_t n;
};

/* NAME=VALUE; one that does not fit is left out. */
static void add(struct writer *w, const char *name, size_t name_n, const char *value,
                size_t value_n)
{
    if (w->n == LOGFIELDS_MAX || (size_t)(w->end - w->at) < name_n + 1 + value_n)
        return;
    w->iov[w->n++] = (struct iovec){w->at, name_n + 1 + value_n};
    memcpy(w->at, name, name_n);
    w->at[name_n] = '=';
    memcpy(w->at + name_n + 1, value, value_n);
    w->at += name_n + 1 + value_n;
}

/* The key in capitals. 0: no name for journald, or one of its own (they begin with _). */
static size_t name_of(const char *key, size_t n, char ret[64])
{
    if (n == 0 || n > 63 || key[0] < 'a' || key[0] > 'z')
        return 0;
    for (size_t i = 0; i < n; i++) {
        bool letter = key[i] >= 'a' && key[i] <= 'z';
        if (!letter && !(key[i] >= '0' && key[i] <= '9') && key[i] != '_')
            return 0;
        ret[i] = (char)(letter ? key[i] - 'a' + 'A' : key[i]);
    }
    return n;
}

uint32_t logfields(const char *reason, const char *fields, int priority, char bytes[LOGFIELD_BYTES],
                   struct iovec ret[LOGFIELDS_MAX])
{
    struct writer w = {bytes, bytes + LOGFIELD_BYTES, ret, 0};
    char text[LOGFIELD_BYTES / 2], digit[2] = {(char)('0' + priority), 0};
    int n = snprintf(text, sizeof text, "%s%s%s", reason, fields[0] == 0 ? "" : " ", fields);
    add(&w, "MESSAGE", 7, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
    add(&w, "PRIORITY", 8, digit, 1);
    add(&w, "SYSLOG_IDENTIFIER", 17, "ticketpulsed", 12);
    add(&w, "EVENT", 5, reason, strlen(reason));
    while (*fields != 0) {
        char name[64];
        size_t key = strcspn(fields, "= ");
        if (fields[key] != '=') {
            fields += key + (fields[key] == ' ');
            continue;
        }
        const char *value = fields + key + 1;
        bool quoted = value[0] == '"';
        value += quoted;
        size_t len = strcspn(value, quoted ? "\"" : " ");
        size_t named = name_of(fields, key, name);
        if (named > 0)
            add(&w, name, named, value, len);
        fields = value + len;
        fields += strspn(fields, "\" ");
    }
    return w.n;
}

bool logfield_is_journal(int fd)
{
    unsigned long long device = 0, inode = 0;
    const char *stream = getenv("JOURNAL_STREAM"); /* "device:inode", systemd.exec(5) */
    struct stat st;
    char *end;
    if (stream == NULL || fstat(fd, &st) != 0)
        return false;
    device = strtoull(stream, &end, 10);
    if (*end == ':')
        inode = strtoull(end + 1, &end, 10);
    return *end == 0 && inode != 0 && st.st_dev == device && st.st_ino == inode;
}
