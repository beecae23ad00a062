/* spaces/distributions/priority_choice.c - a list of values in order of preference.
 *
 * Each value is `ratio` times as likely as the one before it, so that the first is tried most;
 * the order is also one of the values, for models that learn from it. */
#include "spaces/cells.h"
#include "spaces/distribution.h"

#include <math.h>
#include <stdlib.h>

struct priority_choice {
    attune_values values;
    double ratio;
    attune_cells cells; /* derived */
};

static const attune_field fields[] = {
    ATTUNE_VALUES(struct priority_choice, values, "what to choose from, best first"),
    ATTUNE_REAL(struct priority_choice, ratio, 0.5, "how likely each is beside the one before it",
                .high = 1, .above_low = true),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct priority_choice *d = self;
    if (d->values.n < 1)
        return "need at least one value";
    return attune_distribution_check_values(&d->values);
}

static attune_status prepare(void *self, attune_error *error)
{
    struct priority_choice *d = self;
    double *weights = attune_alloc(d->values.n, sizeof *weights, error);
    if (!weights)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < d->values.n; i++)
        weights[i] = i ? weights[i - 1] * d->ratio : 1;
    attune_error problem = {0};
    attune_status status = attune_cells_make(&d->cells, weights, d->values.n, &problem);
    free(weights);
    if (status == ATTUNE_INVALID)
        return attune_fail(error, status,
                           "so many values need a ratio nearer to 1: the last "
                           "would never be drawn");
    return status ? attune_fail(error, status, "%s", problem.message) : ATTUNE_OK;
}

static void clear(void *self)
{
    attune_cells_clear(&((struct priority_choice *)self)->cells);
}

static double quantile(const void *self, double u)
{
    return (double)attune_cells_find(&((const struct priority_choice *)self)->cells, u);
}

static double cdf(const void *self, double x)
{
    return attune_cells_cdf(&((const struct priority_choice *)self)->cells, x);
}

static double pdf(const void *self, double x)
{
    return attune_cells_pdf(&((const struct priority_choice *)self)->cells, x);
}

static double mean(const void *self)
{
    return attune_cells_mean(&((const struct priority_choice *)self)->cells);
}

static double variance(const void *self)
{
    return attune_cells_variance(&((const struct priority_choice *)self)->cells);
}

static void support(const void *self, double *low, double *high)
{
    *low = 0;
    *high = (double)(((const struct priority_choice *)self)->values.n - 1);
}

static int64_t count(const void *self)
{
    return ((const struct priority_choice *)self)->values.n;
}

static const attune_value *value(const void *self, int64_t index)
{
    return &((const struct priority_choice *)self)->values.items[index];
}

const attune_distribution_type attune_distribution_priority_choice = {
    .name = "priority_choice",
    .doc = "One of a list of values in order of preference, the first the likeliest.",
    .size = sizeof(struct priority_choice),
    .fields = fields,
    .kind = ATTUNE_DISTRIBUTION_ORDINAL,
    .example = "[\"standard\", \"robust\", \"none\"]",
    .check = check,
    .quantile = quantile,
    .cdf = cdf,
    .pdf = pdf,
    .mean = mean,
    .variance = variance,
    .support = support,
    .count = count,
    .value = value,
    .prepare = prepare,
    .clear = clear,
};
