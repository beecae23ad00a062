/* spaces/distributions/boolean.c - false or true. */
#include "spaces/distribution.h"

#include <math.h>

struct boolean {
    double p;
};

static const attune_field fields[] = {
    ATTUNE_REAL(struct boolean, p, 0.5, "probability of true", .high = 1),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    double p = ((const struct boolean *)self)->p;
    return 0 < 1 - p && 1 - p < 1 ? NULL : "need 0 < p < 1 (for one value, write the value)";
}

static double quantile(const void *self, double u)
{
    return u >= 1 - ((const struct boolean *)self)->p;
}

static double cdf(const void *self, double x)
{
    return x >= 1 ? 1 : x >= 0 ? 1 - ((const struct boolean *)self)->p : 0;
}

static double pdf(const void *self, double x)
{
    double p = ((const struct boolean *)self)->p;
    return x == 1 ? p : x == 0 ? 1 - p : 0;
}

static double no_moment(const void *self)
{
    (void)self;
    return NAN;
}

static void support(const void *self, double *low, double *high)
{
    (void)self;
    *low = 0;
    *high = 1;
}

static int64_t count(const void *self)
{
    (void)self;
    return 2;
}

static const attune_value *value(const void *self, int64_t index)
{
    static const attune_value both[] = {
        {.kind = ATTUNE_VALUE_BOOLEAN, .boolean = false},
        {.kind = ATTUNE_VALUE_BOOLEAN, .boolean = true},
    };
    (void)self;
    return &both[index != 0];
}

const attune_distribution_type attune_distribution_boolean = {
    .name = "boolean",
    .doc = "False or true.",
    .size = sizeof(struct boolean),
    .fields = fields,
    .kind = ATTUNE_DISTRIBUTION_NOMINAL,
    .example = "0.25",
    .check = check,
    .quantile = quantile,
    .cdf = cdf,
    .pdf = pdf,
    .mean = no_moment,
    .variance = no_moment,
    .support = support,
    .count = count,
    .value = value,
};
