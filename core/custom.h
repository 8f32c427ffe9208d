/* custom.h: indicators of the site's own, made of `measured` values and of built-in counts.
 *
 * They take the rows IND_CUSTOM_0 … of the catalogue in the order of the configuration; what such
 * a row is called and made of stands in the settings, so whoever names one has these at hand.
 * Numbers of theirs are in millionths, counts too: orders per resolved ticket is one number by
 * another, whatever both are. A sum is exact as long as it stays within ±9.2·10^12. */
#ifndef TP_CORE_CUSTOM_H
#define TP_CORE_CUSTOM_H

#include "core/indicator.h"
#include "core/limits.h"

struct settings;

enum custom_kind { CUSTOM_COUNT, CUSTOM_SUM, CUSTOM_MEAN, CUSTOM_RATIO, CUSTOM_KINDS };

/* One side of a ratio, or what a sum or count is of. */
enum custom_side_kind { SIDE_NONE, SIDE_SUM, SIDE_NUMBER, SIDE_COUNT };
struct custom_side {
    uint8_t kind;       /* sum or number of the values measured, or a built-in count */
    uint8_t measure;    /* index of the measure */
    uint16_t indicator; /* of SIDE_COUNT: one of kind IND_COUNT */
};

struct custom_setting {
    char id[CUSTOM_ID_BYTES_MAX + 1];
    char unit[CUSTOM_UNIT_BYTES_MAX + 1];    /* "" = none */
    char name[2][CUSTOM_NAME_BYTES_MAX + 1]; /* for people, English and Chinese; "" = the id */
    uint8_t kind;                            /* enum custom_kind */
    bool lower;                              /* less is better */
    struct custom_side num, den;             /* den: of a ratio, and the number behind a mean */
    struct indicator_row row;                /* what follows from them: custom_settle */
};

struct customs {
    uint32_t n, measures;
    char measure[MEASURED_NAMES_MAX][NAME_BYTES_MAX + 1]; /* sorted */
    struct custom_setting at[CUSTOMS_MAX];
};

/* The index of a measure, a new one where it is not known yet; -1: there are too many. */
int custom_measure(struct customs *c, struct str name);

/* To be called once, when all are there: measures in order, rows as they follow. */
void custom_settle(struct customs *c);

/* One sentence about what is wrong, or NULL. */
const char *custom_wrong(const struct customs *c);

/* Do both know the same measures? */
bool custom_same_measures(const struct customs *a, const struct customs *b);

/* Are the indicators at this row made of the same, whatever they are called? */
bool custom_alike(const struct customs *a, const struct customs *b, enum indicator i);

/* The setting behind a row; NULL for built-in rows and those that none takes. */
const struct custom_setting *custom_of(const struct settings *s, enum indicator i);

/* Like those of indicator.h, with the site's own: row, wire name, index by it (-1: none), whether
 * it has a field. */
const struct indicator_row *custom_row(const struct settings *s, enum indicator i);
const char *custom_name(const struct settings *s, enum indicator i);
int custom_find(const struct settings *s, struct str name);
bool custom_has_field(const struct settings *s, enum indicator i, enum indicator_field f);

/* What a field of it is counted in: "" for built-in ones, for n, and for the sides of a ratio. */
const char *custom_unit(const struct settings *s, enum indicator i, enum indicator_field f);

/* indicator_field_is_part, with the site's own: a ratio whose unit is %. */
bool custom_is_part(const struct settings *s, enum indicator i, enum indicator_field f);

/* Like those of indicator.h, with the site's own. A number of theirs may be below zero where values
 * are summed; its direction is what the site says. */
struct span custom_span(const struct settings *s, enum indicator i, enum indicator_field f);
uint32_t custom_scopes(const struct settings *s, enum indicator i);
enum direction custom_direction(const struct settings *s, enum indicator i);

/* Do both sides of a ratio count cases? Then what is said of one part holds of more cases. */
bool custom_is_of_cases(const struct custom_setting *c);

/* The field that stands for it: num of sums and counts, mean, value. */
enum indicator_field custom_field(const struct custom_setting *c);

/* What one has come to, of numbers by family. */
struct custom_value {
    uint32_t n;       /* values measured behind a sum, mean or count; 0 for others */
    int64_t num, den; /* millionths; den of a ratio */
};
struct custom_value custom_read(const struct custom_setting *c,
                                const struct window_numbers *by_family);

/* --- samples of measures ------------------------------------------------------------------ */

/* Values of a sample are never negative: v < 0 stands as MEASURED_SPAN + v and has its flag. */
#define MEASURED_SPAN (INT64_C(1) << 51)
#define MEASURED_MAX (INT64_C(1000000000) * 1000000) /* a billion, in millionths */

/* The index of a measure by its name; -1: no indicator is made of it. */
int measured_find(const struct customs *c, struct str name);

/* The family of samples that has it. */
static inline uint32_t measured_family(uint32_t measure)
{
    return FAM_MEASURES + measure / MEASURES_COLUMNS;
}
static inline bool is_measured(uint32_t family)
{
    return family == FAM_MEASURES || family == FAM_MEASURES_MORE;
}

/* The sample of one value, |v| <= MEASURED_MAX. */
void measured_sample(struct window_sample *s, ms_t ts, uint32_t measure, int64_t v);

/* The value of a sample's column, as it was. */
int64_t measured_value(const struct window_sample *s, uint32_t column);

/* Numbers as a log has them: their sums become those of the values. */
void measured_settle(struct window_numbers *n);

#endif
