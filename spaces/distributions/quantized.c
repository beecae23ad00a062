/* spaces/distributions/quantized.c - another distribution, rounded to multiples of a step. */
#include "spaces/cells.h"
#include "spaces/distribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { most_steps = 100000 };

struct quantized {
    attune_value distribution; /* as JSON; canonical once prepared */
    double step;
    attune_distribution *child; /* derived */
    attune_cells cells;         /* derived: of the multiples from first on */
    double first;               /* derived: which multiple the first value is */
    double parts;               /* derived: 10 for a step of 0.1, else 0 */
};

static const attune_field fields[] = {
    ATTUNE_VALUE(struct quantized, distribution, "a continuous distribution"),
    ATTUNE_REAL(struct quantized, step, 1.0, "values are multiples of it", .above_low = true),
    ATTUNE_FIELDS_END,
};

/* The k-th multiple: 3 steps of 0.1 are 0.3, not 0.30000000000000004. */
static double multiple(const struct quantized *d, double k)
{
    return d->parts > 0 ? k / d->parts : k * d->step;
}

static double nearest(const struct quantized *d, double x)
{
    return nearbyint(d->parts > 0 ? x * d->parts : x / d->step);
}

/* Shares of the child between the midpoints of multiples, the ends taking what lies beyond. */
static void fill(const struct quantized *d, double first, int64_t n, double *weights)
{
    double before = 0;
    for (int64_t i = 0; i < n; i++) {
        double middle = multiple(d, first + (double)i) / 2 + multiple(d, first + (double)i + 1) / 2;
        double after = i == n - 1 ? 1 : attune_distribution_cdf(d->child, middle);
        weights[i] = after - before;
        before = after;
    }
}

static attune_status cut(struct quantized *d, attune_error *error)
{
    static const double rarest = 1e-14; /* rarer ends are left out: their cells would be empty */
    double low, high;
    attune_distribution_support(d->child, &low, &high);
    double first = nearest(d, low), last = nearest(d, high);
    first += multiple(d, first) < low;
    last -= multiple(d, last) > high;
    if (!(first < last) || fabs(first) > 0x1p52 || fabs(last) > 0x1p52)
        return attune_fail(error, ATTUNE_INVALID,
                           "need a step that fits at least twice into the range");
    if (last - first >= most_steps)
        return attune_fail(error, ATTUNE_INVALID, "need at most 100,000 steps");
    int64_t n = (int64_t)(last - first) + 1, start = 0;
    double *weights = attune_alloc(n, sizeof *weights, error);
    if (!weights)
        return ATTUNE_MEMORY;
    fill(d, first, n, weights);
    while (n > 1 && weights[n - 1] < rarest)
        n--;
    while (start < n - 1 && weights[start] < rarest)
        start++;
    d->first = first + (double)start;
    attune_status status = attune_cells_make(&d->cells, weights + start, n - start, error);
    free(weights);
    return status;
}

static attune_status prepare(void *self, attune_error *error)
{
    struct quantized *d = self;
    double parts = nearbyint(1 / d->step);
    d->parts = parts >= 2 && 1 / parts == d->step ? parts : 0;
    attune_status status = attune_distribution_from_value(&d->child, &d->distribution, error);
    if (!status && attune_distribution_is_discrete(d->child))
        status = attune_fail(error, ATTUNE_INVALID, "need a continuous distribution, not %s",
                             d->child->type->name);
    return status ? status : cut(d, error);
}

static void clear(void *self)
{
    struct quantized *d = self;
    attune_distribution_free(d->child);
    attune_cells_clear(&d->cells);
}

static double quantile(const void *self, double u)
{
    const struct quantized *d = self;
    return multiple(d, d->first + (double)attune_cells_find(&d->cells, u));
}

/* The index of the last value that is not above x. */
static double index_of(const struct quantized *d, double x)
{
    double k = nearest(d, x);
    return k - (multiple(d, k) > x) - d->first;
}

static double cdf(const void *self, double x)
{
    const struct quantized *d = self;
    return attune_cells_cdf(&d->cells, index_of(d, x));
}

static bool is_multiple(const struct quantized *d, double x)
{
    return multiple(d, nearest(d, x)) == x;
}

static double pdf(const void *self, double x)
{
    const struct quantized *d = self;
    return is_multiple(d, x) ? attune_cells_pdf(&d->cells, index_of(d, x)) : 0;
}

static double mean(const void *self)
{
    const struct quantized *d = self;
    return multiple(d, d->first + attune_cells_mean(&d->cells));
}

static double variance(const void *self)
{
    const struct quantized *d = self;
    return attune_cells_variance(&d->cells) * d->step * d->step;
}

static void support(const void *self, double *low, double *high)
{
    const struct quantized *d = self;
    *low = multiple(d, d->first);
    *high = multiple(d, d->first + (double)(d->cells.n - 1));
}

static int64_t count(const void *self)
{
    return ((const struct quantized *)self)->cells.n;
}

static void cell(const void *self, double x, double *low, double *high)
{
    const struct quantized *d = self;
    double index = index_of(d, x);
    *low = attune_cells_cdf(&d->cells, index - 1);
    *high = attune_cells_cdf(&d->cells, index);
}

const attune_distribution_type attune_distribution_quantized = {
    .name = "quantized",
    .doc = "Another distribution, rounded to multiples of a step.",
    .size = sizeof(struct quantized),
    .fields = fields,
    .example = "[{\"uniform\": [0, 1]}, 0.1]",
    .quantile = quantile,
    .cdf = cdf,
    .pdf = pdf,
    .mean = mean,
    .variance = variance,
    .support = support,
    .count = count,
    .cell = cell,
    .prepare = prepare,
    .clear = clear,
};
