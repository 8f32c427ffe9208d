/* base.h: the words every other file uses: time, checks, small arithmetic.
 *
 * Units: ms_t is UTC milliseconds since 1970 or a duration in milliseconds; whole seconds are
 * sec_t. Nothing here allocates or keeps state. */
#ifndef TP_CORE_BASE_H
#define TP_CORE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef int64_t ms_t;  /* milliseconds: a UTC instant or a duration */
typedef int64_t sec_t; /* whole seconds: a UTC instant or a duration */

#define MS_NONE INT64_MIN  /* "no instant", where 0 is a legal one */
#define MS_NEVER INT64_MAX /* a deadline that never comes */
#define MS_SECOND 1000
#define MS_MINUTE 60000
#define MS_HOUR 3600000
#define MS_DAY 86400000LL         /* 24 h of duration; never used to walk a calendar */
#define MS_MIN_TS 946684800000LL  /* 2000-01-01: an earlier ts is a unit error */
#define MS_MAX_TS 4102444800000LL /* 2100-01-01: a later one is another */

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MUST_CHECK __attribute__((warn_unused_result))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define STATIC_ASSERT(x, what) _Static_assert(x, what)

/* A programmer error stops the program, in every build. The program supplies check_failed. */
_Noreturn void check_failed(const char *file, int line, const char *what);
#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (UNLIKELY(!(x)))                                                                        \
            check_failed(__FILE__, __LINE__, #x);                                                  \
    } while (0)

/* A piece of text that somebody else owns; not terminated by a zero. */
struct str {
    const char *p;
    uint32_t len;
};

static inline struct str str_of(const char *text)
{
    return (struct str){text, (uint32_t)strlen(text)};
}

static inline bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* <0, 0, >0 by bytes, the shorter first when one is the other's beginning. */
static inline int str_compare(struct str a, struct str b)
{
    uint32_t n = a.len < b.len ? a.len : b.len;
    int c = n == 0 ? 0 : memcmp(a.p, b.p, n);
    return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

static inline ms_t ms_min(ms_t a, ms_t b)
{
    return a < b ? a : b;
}

static inline ms_t ms_max(ms_t a, ms_t b)
{
    return a > b ? a : b;
}

/* Seconds and milliseconds round towards minus infinity, so 1969 works too. */
static inline sec_t sec_floor(ms_t t)
{
    return t >= 0 ? t / MS_SECOND : -((-t + MS_SECOND - 1) / MS_SECOND);
}

/* 64-bit mixer (the finaliser of SplitMix64, Steele et al. 2014): full avalanche, a bijection. */
static inline uint64_t mix64(uint64_t x)
{
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

/* Seeded hash of bytes, the same on every machine (bytes are read little-endian). */
uint64_t hash_bytes(uint64_t seed, const void *p, size_t len);

static inline uint64_t hash_str(uint64_t seed, struct str s)
{
    return hash_bytes(seed, s.p, s.len);
}

#endif
