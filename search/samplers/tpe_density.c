/* search/samplers/tpe_density.c - a mixture of kernels around points of a space. */
#include "search/samplers/tpe_density.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double half_log_two_pi = 0.9189385332046727;

attune_status attune_tpe_density_init(attune_tpe_density *density, const attune_space *space,
                                      int64_t capacity, attune_error *error)
{
    int64_t d = space->n;
    *density = (attune_tpe_density){.space = space, .d = d, .capacity = capacity, .base = NAN};
    density->x = attune_alloc(3 * d * capacity + 2 * capacity + 2 * d, sizeof(double), error);
    density->tables = attune_alloc(d * (ATTUNE_TPE_STEPS + 1), sizeof(double), error);
    density->always = attune_alloc(d, sizeof *density->always, error);
    if (!density->x || !density->tables || !density->always) {
        attune_tpe_density_clear(density);
        return ATTUNE_MEMORY;
    }
    density->has = density->x + d * capacity;
    density->norm = density->has + d * capacity;
    density->weights = density->norm + d * capacity;
    density->room = density->weights + capacity;
    density->factors = density->room + capacity;
    density->widths = density->factors + d;
    for (int64_t i = 0; i < d; i++)
        density->always[i] =
            space->dimensions[i].branch.dimension < 0 && !space->dimensions[i].when;
    return ATTUNE_OK;
}

void attune_tpe_density_clear(attune_tpe_density *density)
{
    free(density->x);
    free(density->tables);
    free(density->always);
    memset(density, 0, sizeof *density);
}

static double normal_below(double z)
{
    return 0.5 * erfc(-z * 0.7071067811865476);
}

static bool is_nominal(const attune_tpe_density *density, int64_t i)
{
    return density->space->dimensions[i].distribution->type->kind == ATTUNE_DISTRIBUTION_NOMINAL;
}

static void prepare(attune_tpe_density *density, int64_t i, double width, double leave)
{
    const attune_distribution *d = density->space->dimensions[i].distribution;
    double count = (double)attune_distribution_count(d);
    double *table = density->tables + i * (ATTUNE_TPE_STEPS + 1);
    if (is_nominal(density, i)) {
        double other = leave / count, same = 1 - leave + other;
        density->widths[i] = leave;
        density->factors[i] = log(same / other);
        table[0] = log(same * count); /* beside an even choice, as densities are beside 1 */
        return;
    }
    /* A discrete value stands for its whole cell. */
    if (attune_distribution_is_discrete(d) && count > 1)
        width = sqrt(width * width + 1 / (12 * count * count));
    density->widths[i] = width;
    density->factors[i] = 1 / (2 * width * width);
    for (int k = 0; k <= ATTUNE_TPE_STEPS; k++) {
        double at = (double)k / ATTUNE_TPE_STEPS;
        double inside = normal_below((1 - at) / width) - normal_below(-at / width);
        table[k] = -log(width * inside) - half_log_two_pi;
    }
}

void attune_tpe_density_reset(attune_tpe_density *density, double width, double leave)
{
    density->n = 0;
    if (density->base == width)
        return;
    density->base = width;
    for (int64_t i = 0; i < density->d; i++)
        prepare(density, i, width, leave);
}

void attune_tpe_density_add(attune_tpe_density *density, const double *features,
                            const uint8_t *active, double share)
{
    int64_t k = density->n++;
    double sum = 0;
    for (int64_t i = 0; i < density->d; i++) {
        const double *table = density->tables + i * (ATTUNE_TPE_STEPS + 1);
        int64_t at = i * density->capacity + k;
        double norm = table[0];
        if (!is_nominal(density, i)) {
            double place = features[i] * ATTUNE_TPE_STEPS, step = floor(place);
            int64_t cell = step < 0                   ? 0
                           : step >= ATTUNE_TPE_STEPS ? ATTUNE_TPE_STEPS - 1
                                                      : (int64_t)step;
            norm = table[cell] + (place - (double)cell) * (table[cell + 1] - table[cell]);
        }
        density->x[at] = features[i];
        density->has[at] = active[i];
        density->norm[at] = norm;
        if (density->always[i])
            sum += norm;
    }
    density->room[k] = sum;
    density->weights[k] = share;
}

void attune_tpe_density_finish(attune_tpe_density *density, double even)
{
    double sum = even;
    for (int64_t k = 0; k < density->n; k++)
        sum += density->weights[k];
    density->even = log(even / sum);
    for (int64_t k = 0; k < density->n; k++)
        density->weights[k] = log(density->weights[k] / sum) + density->room[k];
}

static void add_dimension(const attune_tpe_density *density, int64_t i, double at,
                          double *restrict sums)
{
    const double *restrict x = density->x + i * density->capacity;
    const double *restrict has = density->has + i * density->capacity;
    const double *restrict norm = density->norm + i * density->capacity;
    double factor = density->factors[i];
    int64_t n = density->n;
    if (is_nominal(density, i) && density->always[i])
        for (int64_t k = 0; k < n; k++)
            sums[k] -= x[k] != at ? factor : 0;
    else if (is_nominal(density, i))
        for (int64_t k = 0; k < n; k++)
            sums[k] += has[k] * (norm[k] - (x[k] != at ? factor : 0));
    else if (density->always[i])
        for (int64_t k = 0; k < n; k++)
            sums[k] -= factor * (x[k] - at) * (x[k] - at);
    else
        for (int64_t k = 0; k < n; k++)
            sums[k] += has[k] * (norm[k] - factor * (x[k] - at) * (x[k] - at));
}

double attune_tpe_density_log(const attune_tpe_density *density, const double *features,
                              const uint8_t *active)
{
    double *sums = density->room, most = density->even, total = 0;
    memcpy(sums, density->weights, (size_t)density->n * sizeof *sums);
    for (int64_t i = 0; i < density->d; i++)
        if (active[i])
            add_dimension(density, i, features[i], sums);
    for (int64_t k = 0; k < density->n; k++)
        most = sums[k] > most ? sums[k] : most;
    total = exp(density->even - most);
    for (int64_t k = 0; k < density->n; k++)
        if (sums[k] - most > -40) /* less would not be seen in the sum */
            total += exp(sums[k] - most);
    return most + log(total);
}
