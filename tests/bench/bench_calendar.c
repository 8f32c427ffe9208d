/* bench_calendar: what a calendar costs per call, and to compile.
 *
 *     bench_calendar        nanoseconds of CPU per call; target: 15 when warm
 *
 * Warm are instants of two months, as those of live tickets are; cold are instants of the whole
 * century. Each call waits for the one before, as a deadline waits for what has elapsed. */
#include "core/calendar.h"
#include "daemon/tz.h"
#include "tests/lib/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WARM_FROM 1767225600000LL /* 2026-01-01 */
#define WARM_DAYS 60
enum { INSTANTS = 1 << 14, ROUNDS = 200, COMPILES = 20, TARGET_NS = 15 };

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct calendar_setting setting;

static void hours(uint8_t days, int32_t from, int32_t to)
{
    setting.hour[setting.hours++] = (struct calendar_hours){days, from, to};
}

static void set_office(void)
{
    hours(0x1F, 9 * 3600, 17 * 3600);
}

/* Monday to Friday with a break, Saturday morning, 20 holidays a year. */
static void set_shop(void)
{
    hours(0x1F, 8 * 3600, 12 * 3600);
    hours(0x1F, 13 * 3600 + 1800, 18 * 3600);
    hours(0x20, 9 * 3600, 13 * 3600);
    for (int32_t i = 0; i < 2000; i++)
        setting.special[setting.specials++] = (struct calendar_special){10957 + i * 18, 0, 0};
}

static void set_always(void)
{
    hours(0x7F, 0, 86400);
}

/* As many as there can be: ten minutes, then ten minutes off. */
static void set_dense(void)
{
    for (int32_t i = 0; i < CALENDAR_HOURS_MAX; i++)
        hours(0x7F, i * 1200, i * 1200 + 600);
}

typedef ms_t calendar_fn(const struct calendar *c, ms_t x);

static double per_call(calendar_fn *f, const struct calendar *c, const ms_t *x)
{
    ms_t chain = 0;
    double t0 = now_ns();
    for (uint32_t round = 0; round < ROUNDS; round++)
        for (uint32_t i = 0; i < INSTANTS; i++)
            chain = f(c, x[i] + (chain & 1));
    double t1 = now_ns();
    return (t1 - t0) / ROUNDS / INSTANTS + (chain == 42 ? 1 : 0);
}

/* Instants of (from, from + length), and the sums of these instants. */
static void draw(const struct calendar *c, ms_t from, ms_t length, ms_t *at, ms_t *sum)
{
    struct random r = {1};
    for (uint32_t i = 0; i < INSTANTS; i++) {
        at[i] = from + random_range(&r, 0, length);
        sum[i] = calendar_open(c, from + random_range(&r, 0, length));
    }
}

static bool run(const char *name, void (*set)(void))
{
    static ms_t at[INSTANTS], sum[INSTANTS];
    const char *why = NULL;
    struct calendar c;
    set();
    uint64_t bytes = calendar_bytes(&setting);
    void *mem = malloc(bytes);
    double t0 = now_ns();
    for (int i = 0; i < COMPILES; i++) {
        if (calendar_compile(&c, mem, &setting, &why) != 0) {
            fprintf(stderr, "%s: %s\n", name, why);
            exit(1);
        }
    }
    double t1 = now_ns();
    draw(&c, WARM_FROM, WARM_DAYS * MS_DAY, at, sum);
    double open = per_call(calendar_open, &c, at), due = per_call(calendar_due, &c, sum),
           breach = per_call(calendar_breach, &c, sum);
    draw(&c, MS_MIN_TS, MS_MAX_TS - MS_MIN_TS, at, sum);
    printf("%-7s open %5.1f  due %5.1f  breach %5.1f ns;  cold %5.1f %5.1f %5.1f ns;  "
           "%8u spans, %6.1f MB, compiled in %5.2f ms\n",
           name, open, due, breach, per_call(calendar_open, &c, at),
           per_call(calendar_due, &c, sum), per_call(calendar_breach, &c, sum), c.spans,
           (double)bytes / 1e6, (t1 - t0) / 1e6 / COMPILES);
    free(mem);
    setting.hours = setting.specials = 0;
    return open < TARGET_NS && due < TARGET_NS && breach < TARGET_NS;
}

int main(void)
{
    const char *why = NULL;
    if (tz_compile("Europe/Berlin", &setting.zone, &why) != 0) {
        fprintf(stderr, "Europe/Berlin: %s\n", why);
        return 1;
    }
    bool good = run("office", set_office);
    good = run("shop", set_shop) && good;
    good = run("always", set_always) && good;
    run("dense", set_dense); /* told, not judged: nobody has such hours */
    printf("warm below %d ns: %s\n", TARGET_NS, good ? "yes" : "NO");
    return good ? 0 : 1;
}
