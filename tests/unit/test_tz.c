/* tz: against libc's localtime_r until 2100, and with damaged files. */
#include "daemon/tz.h"

#include "core/err.h"
#include "core/zone.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TZ_NAME_MAX = 32, SHORT_PRIME_STEP = 20011 };

static const char zones[][TZ_NAME_MAX] = {
    "UTC",
    "Etc/GMT+12",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/London",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Havana",
    "America/Nuuk",
    "America/Asuncion",
    "America/Indiana/Knox",
    "Africa/Cairo",
    "Africa/Casablanca", /* explicit until 2087 */
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem", /* M3.4.4/26 */
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "Antarctica/Troll",
    "Australia/Lord_Howe",
    "Australia/Sydney", /* summer over the year's end */
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Easter",
};

static int32_t libc_offset(sec_t at)
{
    time_t t = (time_t)at;
    struct tm tm;
    localtime_r(&t, &tm);
    return (int32_t)tm.tm_gmtoff;
}

static void use_libc_zone(const char *name)
{
    setenv("TZ", name, 1);
    tzset();
}

static void assert_is_libc(const struct zone *z, const char *name)
{
    sec_t from = MS_MIN_TS / MS_SECOND, to = MS_MAX_TS / MS_SECOND;
    cr_assert_eq(z->shift[0].at, from);
    for (uint32_t i = 0; i < z->n; i++) {
        sec_t at = z->shift[i].at;
        cr_assert_eq(z->shift[i].offset, libc_offset(at), "%s: %lld", name, (long long)at);
        if (i > 0) {
            cr_assert_lt(z->shift[i - 1].at, at);
            cr_assert_eq(z->shift[i - 1].offset, libc_offset(at - 1));
            cr_assert_neq(z->shift[i - 1].offset, z->shift[i].offset);
        }
    }
    for (sec_t t = from; t < to; t += SHORT_PRIME_STEP)
        cr_assert_eq(zone_offset(z, t), libc_offset(t), "%s: %lld", name, (long long)t);
}

ParameterizedTestParameters(tz, agrees_with_libc_until_2100)
{
    return cr_make_param_array(char[TZ_NAME_MAX], (void *)zones, ARRAY_LEN(zones));
}

ParameterizedTest(char name[TZ_NAME_MAX], tz, agrees_with_libc_until_2100)
{
    struct zone z;
    const char *why = NULL;
    cr_assert_eq(tz_compile(name, &z, &why), 0, "%s: %s", name, why);
    use_libc_zone(name);
    assert_is_libc(&z, name);
}

Test(tz, refuses_names_that_are_none)
{
    const char *bad[] = {"",
                         "/etc/passwd",
                         "../../etc/passwd",
                         "Europe/../UTC",
                         "Europe",
                         "Mars/Olympus",
                         "zone.tab",
                         "Europe/Berlin ",
                         "right/Europe/Berlin",
                         "a/very/long/name/that/goes/on/and/on/until/it/is/longer/than/64/bytes"};
    for (uint32_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct zone z = {.n = 77};
        const char *why = NULL;
        cr_assert_eq(tz_compile(bad[i], &z, &why), ERR_BAD_SETTINGS, "%s", bad[i]);
        cr_assert_not_null(why);
        cr_assert_eq(z.n, 77, "untouched");
    }
}

/* --- files of our own ------------------------------------------------------------------------ */

static char dir[] = "/tmp/tz-XXXXXX";
static char path[64];

static void own_files_begin(void)
{
    cr_assert_not_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/Own", dir);
    setenv("TZDIR", dir, 1);
}

static void own_files_end(void)
{
    unlink(path);
    rmdir(dir);
}

static void write_file(const uint8_t *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    cr_assert_not_null(f);
    cr_assert_eq(fwrite(p, 1, n, f), n);
    fclose(f);
}

/* A file without transitions, and this footer. */
static size_t footer_file(uint8_t buf[256], const char *footer)
{
    static const uint8_t header[44] = {'T', 'Z', 'i', 'f', '2', [39] = 1, [43] = 4};
    static const uint8_t type[10] = {0, 0, 0, 0, 0, 0, 'X', 'X', 'X', 0};
    size_t n = 0;
    for (int block = 0; block < 2; block++) {
        memcpy(buf + n, header, sizeof header);
        memcpy(buf + n + sizeof header, type, sizeof type);
        n += sizeof header + sizeof type;
    }
    return n + (size_t)snprintf((char *)buf + n, 256 - n, "\n%s\n", footer);
}

Test(tz, footers_of_every_form_agree_with_libc, .init = own_files_begin, .fini = own_files_end)
{
    const char *good[] = {"CET-1CEST,M3.5.0,M10.5.0/3", "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1",
                          "IST-1GMT0,M10.5.0,M3.5.0/1", "NZST-12NZDT,M9.5.0,M4.1.0/3",
                          "ABC5:30:15DEF4,J60,J300/0",  "ABC-10:30DEF-11,59/2:30,300/23:59:59",
                          "IST-2IDT,M3.4.4/26,M10.5.0"};
    for (uint32_t i = 0; i < ARRAY_LEN(good); i++) {
        uint8_t buf[256];
        struct zone z;
        const char *why = NULL;
        write_file(buf, footer_file(buf, good[i]));
        cr_assert_eq(tz_compile("Own", &z, &why), 0, "%s: %s", good[i], why);
        use_libc_zone(good[i]);
        assert_is_libc(&z, good[i]);
    }
}

/* RFC 8536, 3.3.1: how "summer all year" is written; libc disagrees around New Year. */
Test(tz, summer_all_year, .init = own_files_begin, .fini = own_files_end)
{
    const char *footer[] = {"EST5EDT,0/0,J365/25", "ABC3EDT4,0/0,J365/23"};
    for (uint32_t i = 0; i < ARRAY_LEN(footer); i++) {
        uint8_t buf[256];
        struct zone z;
        const char *why = NULL;
        write_file(buf, footer_file(buf, footer[i]));
        cr_assert_eq(tz_compile("Own", &z, &why), 0);
        cr_assert(z.n == 1 && z.shift[0].offset == -4 * 3600);
    }
}

Test(tz, refuses_footers_that_are_none, .init = own_files_begin, .fini = own_files_end)
{
    const char *bad[] = {"CET",
                         "C-1",
                         "CET-1CEST",
                         "CET-1CEST,M3.5.0",
                         "CET-1CEST,M13.5.0,M10.5.0",
                         "CET-1CEST,M3.6.0,M10.5.0",
                         "CET-1CEST,M3.5.7,M10.5.0",
                         "CET-1CEST,J0,J365",
                         "CET-1CEST,0,366",
                         "CET-1CEST,M3.5.0/200,M10.5.0",
                         "CET-1:60CEST,M3.5.0,M10.5.0",
                         "CET-1CEST,M3.5.0,M10.5.0,",
                         "<CET-1",
                         "CET-99999999999999999999"};
    for (uint32_t i = 0; i < ARRAY_LEN(bad); i++) {
        uint8_t buf[256];
        struct zone z;
        const char *why = NULL;
        write_file(buf, footer_file(buf, bad[i]));
        cr_assert_eq(tz_compile("Own", &z, &why), ERR_BAD_SETTINGS, "%s", bad[i]);
    }
}

/* Whatever a damaged file holds: an error, or a zone in order. */
Test(tz, survives_damage, .init = own_files_begin, .fini = own_files_end)
{
    static uint8_t whole[1 << 16], buf[1 << 16];
    FILE *f = fopen("/usr/share/zoneinfo/America/New_York", "rb");
    cr_assert_not_null(f);
    size_t n = fread(whole, 1, sizeof whole, f);
    fclose(f);
    struct random r = {1};
    uint32_t refused = 0;
    for (int round = 0; round < 3000; round++) {
        struct zone z;
        const char *why = NULL;
        size_t len = random_percent(&r, 30) ? random_below(&r, n) : n;
        memcpy(buf, whole, n);
        for (uint64_t k = random_below(&r, 4); k > 0; k--)
            buf[random_below(&r, random_percent(&r, 50) ? 60 : n)] = (uint8_t)random_next(&r);
        write_file(buf, len);
        if (tz_compile("Own", &z, &why) != 0) {
            refused++;
            continue;
        }
        cr_assert(z.n > 0 && z.n <= ZONE_SHIFTS_MAX);
        for (uint32_t i = 1; i < z.n; i++)
            cr_assert_lt(z.shift[i - 1].at, z.shift[i].at);
    }
    cr_assert_gt(refused, 500);
}

static void version_is(const char *name, const char *text, const char *version)
{
    char release[8];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    write_file((const uint8_t *)text, strlen(text));
    tz_version(release, sizeof release);
    cr_assert_str_eq(release, version);
    unlink(path);
}

Test(tz, knows_its_release, .init = own_files_begin, .fini = own_files_end)
{
    char release[8];
    tz_version(release, sizeof release);
    cr_assert_str_eq(release, "");
    version_is("tzdata.zi", "# version 2025b\n# ddeps\n", "2025b");
    version_is("tzdata.zi", "# version 2025b", "2025b");
    version_is("tzdata.zi", "# redo", "");
    version_is("+VERSION", "2024a\n", "2024a");
    version_is("+VERSION", "2024abcdef\n", "2024abc"); /* what fits */
}
