/* spaces/distributions/fixed.c - one value, always. */
#include "spaces/distribution.h"

#include <math.h>

struct fixed {
    attune_value value;
};

static const attune_field fields[] = {
    ATTUNE_VALUE(struct fixed, value, "the value"),
    ATTUNE_FIELDS_END,
};

static double quantile(const void *self, double u)
{
    (void)self;
    (void)u;
    return 0;
}

static double cdf(const void *self, double x)
{
    (void)self;
    return x >= 0;
}

static double pdf(const void *self, double x)
{
    (void)self;
    return x == 0;
}

static double no_moment(const void *self)
{
    (void)self;
    return NAN;
}

static void support(const void *self, double *low, double *high)
{
    (void)self;
    *low = *high = 0;
}

static int64_t count(const void *self)
{
    (void)self;
    return 1;
}

static const attune_value *value(const void *self, int64_t index)
{
    (void)index;
    return &((const struct fixed *)self)->value;
}

const attune_distribution_type attune_distribution_fixed = {
    .name = "fixed",
    .doc = "One value, always.",
    .size = sizeof(struct fixed),
    .fields = fields,
    .kind = ATTUNE_DISTRIBUTION_NOMINAL,
    .example = "3",
    .quantile = quantile,
    .cdf = cdf,
    .pdf = pdf,
    .mean = no_moment,
    .variance = no_moment,
    .support = support,
    .count = count,
    .value = value,
};
