/* search/samplers/cmaes_model.c - a normal distribution that learns its shape from the better half.
 */
#include "search/samplers/cmaes_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { most_full = 200 };

static double sum_of_squares(const double *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sum;
}

static void set_rates(attune_cma *cma)
{
    double n = (double)cma->d, m = cma->effective;
    cma->c_sigma = (m + 2) / (n + m + 5);
    cma->damping = 1 + 2 * fmax(0, sqrt((m - 1) / (n + 1)) - 1) + cma->c_sigma;
    cma->c_path = (4 + m / n) / (n + 4 + 2 * m / n);
    cma->c_one = 2 / ((n + 1.3) * (n + 1.3) + m);
    cma->c_rank = 2 * (0.25 + m - 2 + 1 / m) / ((n + 2) * (n + 2) + m);
    if (cma->diagonal) { /* fewer numbers to learn */
        cma->c_one = fmin(0.5, cma->c_one * (n + 2) / 3);
        cma->c_rank *= (n + 2) / 3;
    }
    cma->c_rank = fmin(1 - cma->c_one, cma->c_rank);
    cma->expected = sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
}

/* The better half pulls, the worse half pushes the covariance away. */
static void set_weights(attune_cma *cma)
{
    double sums[2] = {0}, squares[2] = {0}, n = (double)cma->d;
    int64_t half = cma->population / 2;
    for (int64_t k = 0; k < cma->population; k++) {
        double weight = log(((double)cma->population + 1) / 2) - log((double)k + 1);
        cma->weights[k] = weight;
        sums[k >= half] += weight;
        squares[k >= half] += weight * weight;
    }
    cma->effective = sums[0] * sums[0] / squares[0];
    set_rates(cma);
    double pushing = sums[1] * sums[1] / squares[1], c_rank = fmax(cma->c_rank, 1e-12);
    double most = 1 + cma->c_one / c_rank;
    most = fmin(most, 1 + 2 * pushing / (cma->effective + 2));
    most = fmin(most, (1 - cma->c_one - cma->c_rank) / (n * c_rank));
    for (int64_t k = 0; k < cma->population; k++)
        cma->weights[k] *= k < half ? 1 / sums[0] : most / -sums[1];
}

attune_status attune_cma_init(attune_cma *cma, int64_t d, int64_t population, double sigma,
                              attune_error *error)
{
    *cma =
        (attune_cma){.d = d, .population = population, .sigma = sigma, .diagonal = d > most_full};
    int64_t size = cma->diagonal ? d : d * d;
    struct {
        double **to;
        int64_t n;
    } arrays[] = {{&cma->mean, d},
                  {&cma->shift, d},
                  {&cma->widen, d},
                  {&cma->conjugate, d},
                  {&cma->path, d},
                  {&cma->room, d},
                  {&cma->weights, population},
                  {&cma->steps, population * d},
                  {&cma->covariance, size},
                  {&cma->factor, size}};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        if (!(*arrays[i].to = attune_alloc(arrays[i].n, sizeof(double), error))) {
            attune_cma_clear(cma);
            return ATTUNE_MEMORY;
        }
    for (int64_t i = 0; i < d; i++) {
        int64_t at = cma->diagonal ? i : i * d + i;
        cma->mean[i] = 0.5;
        cma->widen[i] = cma->covariance[at] = cma->factor[at] = 1;
    }
    set_weights(cma);
    return ATTUNE_OK;
}

void attune_cma_clear(attune_cma *cma)
{
    double *arrays[] = {cma->mean, cma->shift,   cma->widen, cma->conjugate,  cma->path,
                        cma->room, cma->weights, cma->steps, cma->covariance, cma->factor};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    *cma = (attune_cma){0};
}

void attune_cma_place(attune_cma *cma, int64_t i, double mean, double deviation)
{
    int64_t at = cma->diagonal ? i : i * cma->d + i;
    cma->mean[i] = mean;
    cma->factor[at] = deviation / cma->sigma;
    cma->covariance[at] = cma->factor[at] * cma->factor[at];
}

double attune_cma_deviation(const attune_cma *cma, int64_t i)
{
    return cma->sigma * cma->widen[i] * sqrt(cma->covariance[cma->diagonal ? i : i * cma->d + i]);
}

void attune_cma_draw(const attune_cma *cma, attune_stream *stream, double *x)
{
    int64_t d = cma->d;
    for (int64_t i = 0; i < d; i++)
        cma->room[i] = attune_stream_normal(stream);
    for (int64_t i = 0; i < d; i++) {
        double sum = 0;
        for (int64_t j = 0; j <= i && !cma->diagonal; j++)
            sum += cma->factor[i * d + j] * cma->room[j];
        if (cma->diagonal)
            sum = cma->factor[i] * cma->room[i];
        x[i] = cma->mean[i] + cma->sigma * cma->widen[i] * sum;
    }
}

/* As it was drawn: the factor's inverse times a step, into room. */
static void whiten(attune_cma *cma, const double *step)
{
    int64_t d = cma->d;
    for (int64_t i = 0; i < d; i++) {
        double sum = step[i];
        for (int64_t j = 0; j < i && !cma->diagonal; j++)
            sum -= cma->factor[i * d + j] * cma->room[j];
        cma->room[i] = sum / cma->factor[cma->diagonal ? i : i * d + i];
    }
}

/* Samples to steps in units of the step size, none further off than one would be drawn. */
static void take_steps(attune_cma *cma, const double *samples)
{
    int64_t d = cma->d;
    double n = (double)d, most = sqrt(n) + 2 * n / (n + 2);
    for (int64_t k = 0; k < cma->population; k++) {
        double *step = cma->steps + k * d;
        for (int64_t i = 0; i < d; i++)
            step[i] = (samples[k * d + i] - cma->mean[i]) / (cma->sigma * cma->widen[i]);
        whiten(cma, step);
        double length = sqrt(sum_of_squares(cma->room, d));
        for (int64_t i = 0; i < d && length > most; i++)
            step[i] *= most / length;
    }
}

/* Moves the mean; its step is left in `step`. */
static void move_mean(attune_cma *cma, double *step)
{
    int64_t d = cma->d;
    memset(step, 0, (size_t)d * sizeof *step);
    for (int64_t k = 0; k < cma->population && cma->weights[k] > 0; k++)
        for (int64_t i = 0; i < d; i++)
            step[i] += cma->weights[k] * cma->steps[k * d + i];
    for (int64_t i = 0; i < d; i++)
        cma->mean[i] += cma->sigma * cma->widen[i] * step[i];
}

/* Returns whether the step size is not about to jump: the covariance path waits then. */
static bool move_paths(attune_cma *cma, const double *step)
{
    int64_t d = cma->d;
    double c = cma->c_sigma, scale = sqrt(c * (2 - c) * cma->effective);
    whiten(cma, step);
    for (int64_t i = 0; i < d; i++)
        cma->conjugate[i] = (1 - c) * cma->conjugate[i] + scale * cma->room[i];
    double length = sqrt(sum_of_squares(cma->conjugate, d));
    double settled = sqrt(1 - pow(1 - c, 2 * (double)(cma->n_updates + 1)));
    bool steady = length / settled < (1.4 + 2 / ((double)d + 1)) * cma->expected;
    double scale_path = steady ? sqrt(cma->c_path * (2 - cma->c_path) * cma->effective) : 0;
    for (int64_t i = 0; i < d; i++)
        cma->path[i] = (1 - cma->c_path) * cma->path[i] + scale_path * step[i];
    return steady;
}

static void add_product(attune_cma *cma, const double *x, double weight)
{
    int64_t d = cma->d;
    for (int64_t i = 0; i < d; i++) {
        if (cma->diagonal)
            cma->covariance[i] += weight * x[i] * x[i];
        for (int64_t j = 0; j <= i && !cma->diagonal; j++)
            cma->covariance[i * d + j] += weight * x[i] * x[j];
    }
}

static void reshape(attune_cma *cma, bool steady)
{
    int64_t d = cma->d, size = cma->diagonal ? d : d * d;
    double sum = 0, lost = steady ? 0 : cma->c_one * cma->c_path * (2 - cma->c_path);
    for (int64_t k = 0; k < cma->population; k++)
        sum += cma->weights[k];
    double keep = 1 + lost - cma->c_one - cma->c_rank * sum;
    for (int64_t i = 0; i < size; i++)
        cma->covariance[i] *= keep;
    add_product(cma, cma->path, cma->c_one);
    for (int64_t k = 0; k < cma->population; k++) {
        double weight = cma->weights[k];
        if (weight < 0) {
            whiten(cma, cma->steps + k * d);
            weight *= (double)d / fmax(sum_of_squares(cma->room, d), 1e-12);
        }
        add_product(cma, cma->steps + k * d, cma->c_rank * weight);
    }
}

/* False: the covariance is none any more. */
static bool factorise(attune_cma *cma)
{
    int64_t d = cma->d;
    const double *c = cma->covariance;
    double *l = cma->factor;
    for (int64_t i = 0; i < d && cma->diagonal; i++) {
        if (!(c[i] > 1e-20))
            return false;
        l[i] = sqrt(c[i]);
    }
    for (int64_t i = 0; i < d && !cma->diagonal; i++)
        for (int64_t j = 0; j <= i; j++) {
            double sum = c[i * d + j];
            for (int64_t k = 0; k < j; k++)
                sum -= l[i * d + k] * l[j * d + k];
            if (i == j && !(sum > 1e-14 * c[i * d + i]))
                return false;
            l[i * d + j] = i == j ? sqrt(sum) : sum / l[j * d + j];
        }
    return true;
}

/* Back to what has no direction, where arithmetic has run out. */
static void forget_shape(attune_cma *cma)
{
    int64_t d = cma->d, size = cma->diagonal ? d : d * d;
    memset(cma->path, 0, (size_t)d * sizeof *cma->path);
    for (int64_t i = 0; i < size; i++) {
        bool on_diagonal = cma->diagonal || i % d == i / d;
        double kept = on_diagonal && cma->covariance[i] > 1e-12 ? cma->covariance[i] : 1e-12;
        cma->covariance[i] = on_diagonal ? kept : 0;
        cma->factor[i] = on_diagonal ? sqrt(kept) : 0;
    }
}

void attune_cma_update(attune_cma *cma, const double *samples)
{
    if (cma->d == 0)
        return;
    take_steps(cma, samples);
    move_mean(cma, cma->shift);
    bool steady = move_paths(cma, cma->shift);
    reshape(cma, steady);
    double pace = sqrt(sum_of_squares(cma->conjugate, cma->d)) / cma->expected - 1;
    cma->sigma *= exp(fmin(1, cma->c_sigma / cma->damping * pace));
    if (!factorise(cma))
        forget_shape(cma);
    cma->n_updates++;
}
