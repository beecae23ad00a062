/* spaces/distribution.h - how the values of one hyperparameter are spread.
 *
 * A distribution maps the unit interval to values: sampling is quantile(u), so that every sampler
 * works in the unit cube and none knows a distribution by name. To add one, write one file in
 * spaces/distributions/ (see log_uniform.c) and its row in spaces/distributions.def.
 *
 * Inside a type everything is a double x: the value itself when REAL or INTEGER, the index of the
 * value when NOMINAL or ORDINAL. Outside, values are attune_value.
 * Thread class: an attune_distribution is shared read-only once made. */
#ifndef ATTUNE_SPACES_DISTRIBUTION_H
#define ATTUNE_SPACES_DISTRIBUTION_H

#include "spaces/base/field.h"
#include "spaces/base/number.h"

enum { ATTUNE_DISTRIBUTION_ABI = 1 };

typedef enum attune_distribution_kind {
    ATTUNE_DISTRIBUTION_REAL,
    ATTUNE_DISTRIBUTION_INTEGER,
    ATTUNE_DISTRIBUTION_NOMINAL, /* values without an order */
    ATTUNE_DISTRIBUTION_ORDINAL  /* values with one */
} attune_distribution_kind;

typedef struct attune_distribution_type {
    uint32_t abi; /* ATTUNE_DISTRIBUTION_ABI; 0 is read as the current one */
    const char *name, *doc;
    size_t size; /* of self */
    const attune_field *fields;
    attune_distribution_kind kind;
    bool log; /* even over orders of magnitude: shown, exported and modelled on a log axis */

    const char *example; /* arguments as a plan writes them; shown in help, used by tests */

    /* NULL, or what is wrong with the arguments. */
    const char *(*check)(const void *self);

    /* u in (0, 1) to x, non-decreasing, within the support. A discrete type gives the x of the
     * cell that u falls in. (0 and 1 themselves give the ends of the support.) */
    double (*quantile)(const void *self, double u);

    /* P(X <= x), in [0, 1]. Where continuous, cdf(quantile(u)) is u within 4 ulp of u and what 4
     * ulp of x are worth (pdf(x) * 4 ulp(x): x has no finer steps); within 4 ulp of 1 for those
     * whose cdf is a difference or a sum (normal, log_normal, mixture). Where discrete, quantile(u)
     * is the least x with u < cdf(x), to the bit. */
    double (*cdf)(const void *self, double x);

    /* Density (REAL) or probability (others) at x; 0 outside the support. */
    double (*pdf)(const void *self, double x);

    double (*mean)(const void *self); /* of x; NaN where it has no meaning (NOMINAL) */
    double (*variance)(const void *self);

    /* Smallest and largest x. */
    void (*support)(const void *self, double *low, double *high);

    /* How many distinct values, 0 when a continuum (or more than 2^53). NULL: 0. */
    int64_t (*count)(const void *self);

    /* The part of [0, 1] that gives x. NULL: [cdf(x - 1), cdf(x)) unless REAL. A REAL type that has
     * it is discrete. */
    void (*cell)(const void *self, double x, double *low, double *high);

    /* The value at index x: NOMINAL and ORDINAL only; borrowed from self. */
    const attune_value *(*value)(const void *self, int64_t index);

    /* After the fields are set: derive what the functions above read (nullable). Derived members
     * are not in the table; `clear` frees them. */
    attune_status (*prepare)(void *self, attune_error *error);
    void (*clear)(void *self);
} attune_distribution_type;

typedef struct attune_distribution {
    const attune_distribution_type *type;
    void *self; /* type->size bytes, owned */
} attune_distribution;

/* All registered types, in the order of distributions.def; NULL at the end. */
extern const attune_distribution_type *const attune_distribution_types[];
const attune_distribution_type *attune_distribution_type_find(const char *name);

/* From a plan: {"log_uniform": [0.01, 10]}, {"log_uniform": {"low": 0.01, "high": 10}}; a list
 * [a, b, c] is a choice; any other plain value is fixed. INVALID at its line and column. */
attune_status attune_distribution_from_json(attune_distribution **distribution, json_t *json,
                                            const attune_at *at, attune_error *error);

/* For a distribution made of others: reads the JSON text of a value, and writes the canonical form
 * of what was read back into it. Nesting is limited to 8. */
attune_status attune_distribution_from_value(attune_distribution **distribution,
                                             attune_value *value, attune_error *error);

/* {"name": {"field": ..., ...}}, every field named. New reference, NULL with error set. */
json_t *attune_distribution_to_json(const attune_distribution *distribution, attune_error *error);

/* From a type and values in field order, each an attune_value; what is not given is default. */
attune_status attune_distribution_new(attune_distribution **distribution,
                                      const attune_distribution_type *type,
                                      const attune_value *arguments, int64_t n_arguments,
                                      attune_error *error);
/* The two halves of making one: fields at their defaults; then, fields set, check and prepare. */
attune_status attune_distribution_begin(attune_distribution **distribution,
                                        const attune_distribution_type *type, attune_error *error);
attune_status attune_distribution_finish(attune_distribution *distribution, attune_error *error);
attune_status attune_distribution_copy(attune_distribution **to, const attune_distribution *from,
                                       attune_error *error);
void attune_distribution_free(attune_distribution *distribution);

/* u outside [0, 1] is clamped, NaN is 0.5; 0 and 1 give the ends of the support. Never NaN, an
 * infinity or -0. */
double attune_distribution_quantile(const attune_distribution *distribution, double u);
double attune_distribution_cdf(const attune_distribution *distribution, double x);
double attune_distribution_pdf(const attune_distribution *distribution, double x);
bool attune_distribution_is_discrete(const attune_distribution *distribution);
void attune_distribution_support(const attune_distribution *distribution, double *low,
                                 double *high);
int64_t attune_distribution_count(const attune_distribution *distribution);

/* x as a value (REAL: real, INTEGER: integer, others: the listed value), and back. False: the
 * value is not one of this distribution. */
attune_status attune_distribution_value(const attune_distribution *distribution, double x,
                                        attune_value *value, attune_error *error);
/* Whether x is one of the values, to the bit. */
bool attune_distribution_has(const attune_distribution *distribution, double x);
bool attune_distribution_x(const attune_distribution *distribution, const attune_value *value,
                           double *x);

/* The same kind of distribution around x, of which the share `kept` (above 0, at most 1) is kept:
 * ends come closer, weights lean towards x; what has neither is copied. */
attune_status attune_distribution_narrow(attune_distribution **narrowed,
                                         const attune_distribution *distribution, double x,
                                         double kept, attune_error *error);

/* For check: NULL, or that two values are the same or that there are too many. O(n^2). */
const char *attune_distribution_check_values(const attune_values *values);

/* The coordinate in [0, 1] of x: its cdf, and for a discrete value the middle of its cell. */
double attune_distribution_unit(const attune_distribution *distribution, double x);

/* The part of [0, 1] that gives x: [low, high), low == high when continuous. */
void attune_distribution_cell(const attune_distribution *distribution, double x, double *low,
                              double *high);

#endif
