/* Lines of the log as fields of the journal. */
#include "daemon/logfield.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char bytes[LOGFIELD_BYTES], all[4096];
static struct iovec iov[LOGFIELDS_MAX];

/* The fields, one a line. */
static const char *fields_of(const char *reason, const char *fields)
{
    uint32_t n = logfields(reason, fields, 4, bytes, iov);
    size_t used = 0;
    all[0] = 0;
    for (uint32_t i = 0; i < n; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%.*s\n", (int)iov[i].iov_len,
                                 (const char *)iov[i].iov_base);
    return all;
}

Test(logfield, keys_become_names)
{
    cr_assert_str_eq(fields_of("event refused", "reason=late_dropped src=crm id=\"a b\" offset=12"),
                     "MESSAGE=event refused reason=late_dropped src=crm id=\"a b\" offset=12\n"
                     "PRIORITY=4\nSYSLOG_IDENTIFIER=ticketpulsed\nEVENT=event refused\n"
                     "REASON=late_dropped\nSRC=crm\nID=a b\nOFFSET=12\n");
    cr_assert_str_eq(fields_of("ready", ""), "MESSAGE=ready\nPRIORITY=4\n"
                                             "SYSLOG_IDENTIFIER=ticketpulsed\nEVENT=ready\n");
    cr_assert_str_eq(fields_of("x", "empty=\"\" last="),
                     "MESSAGE=x empty=\"\" last=\nPRIORITY=4\nSYSLOG_IDENTIFIER=ticketpulsed\n"
                     "EVENT=x\nEMPTY=\nLAST=\n");
}

Test(logfield, what_is_no_name_is_only_in_the_message)
{
    const char *got = fields_of("reload refused", "f.yaml:3: rules.fire: 'x' is wrong _pid=1 K=2");
    cr_assert_null(strstr(got, "\n_pid"));
    cr_assert_null(strstr(got, "\nK="));
    cr_assert_not_null(strstr(got, "MESSAGE=reload refused f.yaml:3: rules.fire: 'x' is wrong"));
}

Test(logfield, never_more_than_there_is_room_for)
{
    static char many[4000];
    size_t used = 0;
    while (used + 8 < sizeof many)
        used += (size_t)snprintf(many + used, sizeof many - used, "k=v ");
    uint32_t n = logfields("r", many, 6, bytes, iov);
    cr_assert_eq(n, LOGFIELDS_MAX);
    memset(many, 'x', sizeof many - 1);
    memcpy(many, "k=", 2);
    n = logfields("r", many, 6, bytes, iov);
    cr_assert_eq(n, 4, "the value is longer than all the room");
    for (uint32_t i = 0; i < n; i++)
        cr_assert((char *)iov[i].iov_base + iov[i].iov_len <= bytes + sizeof bytes);
}

Test(logfield, the_journal_is_told_by_its_stream)
{
    int pipes[2];
    struct stat st;
    char stream[64];
    cr_assert_eq(pipe(pipes), 0);
    cr_assert_eq(fstat(pipes[1], &st), 0);
    unsetenv("JOURNAL_STREAM");
    cr_assert_not(logfield_is_journal(pipes[1]));
    snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    cr_assert(logfield_is_journal(pipes[1]));
    cr_assert_not(logfield_is_journal(0), "another file");
    setenv("JOURNAL_STREAM", "8:x", 1);
    cr_assert_not(logfield_is_journal(pipes[1]));
    close(pipes[0]);
    close(pipes[1]);
}
