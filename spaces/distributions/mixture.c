/* spaces/distributions/mixture.c - several continuous distributions, each with a share. */
#include "spaces/cells.h"
#include "spaces/distribution.h"

#include <math.h>
#include <stdlib.h>

enum { most_parts = 64 };

struct mixture {
    attune_values distributions; /* as JSON; canonical once prepared */
    attune_reals weights;
    attune_distribution **parts; /* derived, as many as distributions */
    attune_cells cells;          /* derived: the shares */
};

static const attune_field fields[] = {
    ATTUNE_VALUES(struct mixture, distributions, "continuous distributions"),
    ATTUNE_REALS(struct mixture, weights, "the share of each; none: all the same",
                 .above_low = true),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct mixture *d = self;
    if (d->distributions.n < 1 || d->distributions.n > most_parts)
        return "need 1 to 64 distributions";
    if (d->weights.n && d->weights.n != d->distributions.n)
        return "need as many weights as distributions, or none";
    return NULL;
}

static attune_status prepare(void *self, attune_error *error)
{
    struct mixture *d = self;
    d->parts = attune_alloc(d->distributions.n, sizeof *d->parts, error);
    attune_status status = d->parts ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t i = 0; i < d->distributions.n && !status; i++) {
        status = attune_distribution_from_value(&d->parts[i], &d->distributions.items[i], error);
        if (!status && attune_distribution_is_discrete(d->parts[i]))
            status = attune_fail(error, ATTUNE_INVALID, "need continuous distributions, not %s",
                                 d->parts[i]->type->name);
    }
    if (status)
        return status;
    return attune_cells_make(&d->cells, d->weights.n ? d->weights.items : NULL, d->distributions.n,
                             error);
}

static void clear(void *self)
{
    struct mixture *d = self;
    for (int64_t i = 0; d->parts && i < d->distributions.n; i++)
        attune_distribution_free(d->parts[i]);
    free(d->parts);
    attune_cells_clear(&d->cells);
}

static double share(const struct mixture *d, int64_t i)
{
    return d->cells.edges[i + 1] - d->cells.edges[i];
}

static double cdf(const void *self, double x)
{
    const struct mixture *d = self;
    double sum = 0;
    for (int64_t i = 0; i < d->distributions.n; i++)
        sum += share(d, i) * attune_distribution_cdf(d->parts[i], x);
    return sum < 1 ? sum : 1;
}

static double pdf(const void *self, double x)
{
    const struct mixture *d = self;
    double sum = 0;
    for (int64_t i = 0; i < d->distributions.n; i++)
        sum += share(d, i) * attune_distribution_pdf(d->parts[i], x);
    return sum;
}

/* The least x with u <= cdf(x), by bisection: it lies between the least and the largest of what
 * the parts answer, so that where they agree there is little to do. */
static double quantile(const void *self, double u)
{
    const struct mixture *d = self;
    double low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < d->distributions.n; i++) {
        double x = attune_distribution_quantile(d->parts[i], u);
        low = fmin(low, x);
        high = fmax(high, x);
    }
    if (cdf(d, low) >= u)
        return low;
    for (int step = 0; step < 1100; step++) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            break;
        if (cdf(d, middle) < u)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static double part_mean(const attune_distribution *part)
{
    return part->type->mean(part->self);
}

static double mean(const void *self)
{
    const struct mixture *d = self;
    double sum = 0;
    for (int64_t i = 0; i < d->distributions.n; i++)
        sum += share(d, i) * part_mean(d->parts[i]);
    return sum;
}

static double variance(const void *self)
{
    const struct mixture *d = self;
    double m = mean(self), sum = 0;
    for (int64_t i = 0; i < d->distributions.n; i++) {
        const attune_distribution *part = d->parts[i];
        double off = part_mean(part) - m;
        sum += share(d, i) * (part->type->variance(part->self) + off * off);
    }
    return sum;
}

static void support(const void *self, double *low, double *high)
{
    const struct mixture *d = self;
    *low = INFINITY;
    *high = -INFINITY;
    for (int64_t i = 0; i < d->distributions.n; i++) {
        double first, last;
        attune_distribution_support(d->parts[i], &first, &last);
        *low = fmin(*low, first);
        *high = fmax(*high, last);
    }
}

const attune_distribution_type attune_distribution_mixture = {
    .name = "mixture",
    .doc = "Several continuous distributions, each with a share.",
    .size = sizeof(struct mixture),
    .fields = fields,
    .example = "[{\"uniform\": [0, 1]}, {\"normal\": [3, 0.5]}]",
    .check = check,
    .quantile = quantile,
    .cdf = cdf,
    .pdf = pdf,
    .mean = mean,
    .variance = variance,
    .support = support,
    .prepare = prepare,
    .clear = clear,
};
