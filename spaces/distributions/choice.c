/* spaces/distributions/choice.c - one of a list of values that have no order. */
#include "spaces/cells.h"
#include "spaces/distribution.h"

#include <math.h>

struct choice {
    attune_values values;
    attune_reals weights;
    attune_cells cells; /* derived */
};

static const attune_field fields[] = {
    ATTUNE_VALUES(struct choice, values, "what to choose from, all different"),
    ATTUNE_REALS(struct choice, weights, "how likely each is; none: all the same",
                 .above_low = true),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct choice *d = self;
    if (d->values.n < 1)
        return "need at least one value";
    if (d->weights.n && d->weights.n != d->values.n)
        return "need as many weights as values, or none";
    return attune_distribution_check_values(&d->values);
}

static attune_status prepare(void *self, attune_error *error)
{
    struct choice *d = self;
    return attune_cells_make(&d->cells, d->weights.n ? d->weights.items : NULL, d->values.n, error);
}

static void clear(void *self)
{
    attune_cells_clear(&((struct choice *)self)->cells);
}

static double quantile(const void *self, double u)
{
    return (double)attune_cells_find(&((const struct choice *)self)->cells, u);
}

static double cdf(const void *self, double x)
{
    return attune_cells_cdf(&((const struct choice *)self)->cells, x);
}

static double pdf(const void *self, double x)
{
    return attune_cells_pdf(&((const struct choice *)self)->cells, x);
}

static double no_moment(const void *self)
{
    (void)self;
    return NAN;
}

static void support(const void *self, double *low, double *high)
{
    *low = 0;
    *high = (double)(((const struct choice *)self)->values.n - 1);
}

static int64_t count(const void *self)
{
    return ((const struct choice *)self)->values.n;
}

static const attune_value *value(const void *self, int64_t index)
{
    return &((const struct choice *)self)->values.items[index];
}

const attune_distribution_type attune_distribution_choice = {
    .name = "choice",
    .doc = "One of a list of values that have no order.",
    .size = sizeof(struct choice),
    .fields = fields,
    .kind = ATTUNE_DISTRIBUTION_NOMINAL,
    .example = "[\"l1\", \"l2\", null]",
    .check = check,
    .quantile = quantile,
    .cdf = cdf,
    .pdf = pdf,
    .mean = no_moment,
    .variance = no_moment,
    .support = support,
    .count = count,
    .value = value,
    .prepare = prepare,
    .clear = clear,
};
