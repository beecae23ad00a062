/* search/samplers/gp_fit.c - the most likely parameters of a Gaussian process under their prior.
 *
 * Lengths: log-normal, growing with the root of the number of dimensions (Hvarfner et al. 2024);
 * shorter for ordered dimensions than for nominal ones, where any two values are a whole range
 * apart. Noise: log-normal around a small one. Limited-memory quasi-Newton within bounds, analytic
 * gradient, always from the same start: what is found depends on the points alone. */
#include "search/samplers/gp_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { memory = 8, most_evaluations = 60 };

struct fit {
    int64_t n, d, p; /* points, dimensions, parameters */
    const double *points, *values;
    const uint8_t *nominal;
    double log_dimensions;
    double *k, *slopes, *inverse, *alpha, *column; /* n x n thrice, n, n */
};

static const double ordered_mean = -1.5, nominal_mean = 1.5, length_spread = 0.7, noise_mean = -5,
                    noise_spread = 1.5, signal_spread = 1;

static double distance(const struct fit *f, int64_t a, int64_t b, int64_t i)
{
    double x = f->points[a * f->d + i], y = f->points[b * f->d + i];
    return f->nominal[i] ? (double)(x != y) : (x - y) * (x - y);
}

static void fill(struct fit *f, const double *parameters)
{
    int64_t n = f->n;
    double signal = exp(parameters[f->d]), noise = exp(parameters[f->d + 1]);
    for (int64_t a = 0; a < n; a++) {
        for (int64_t b = 0; b <= a; b++) {
            double squared = 0;
            for (int64_t i = 0; i < f->d; i++)
                squared += distance(f, a, b, i) * f->column[i];
            f->k[a * n + b] = signal * attune_gp_matern(squared, &f->slopes[a * n + b]);
            f->slopes[a * n + b] *= signal;
        }
        f->k[a * n + a] += noise;
    }
}

/* Cholesky, right-looking: whole rows are updated at once. False: not positive definite. */
static bool factorise(double *k, int64_t n, double *column)
{
    for (int64_t j = 0; j < n; j++) {
        double pivot = k[j * n + j];
        if (!(pivot > 1e-12))
            return false;
        pivot = sqrt(pivot);
        for (int64_t i = j; i < n; i++)
            column[i] = k[i * n + j] /= pivot;
        k[j * n + j] = column[j] = pivot;
        for (int64_t i = j + 1; i < n; i++) {
            double *restrict row = k + i * n, factor = column[i];
            for (int64_t c = j + 1; c <= i; c++)
                row[c] -= factor * column[c];
        }
    }
    return true;
}

/* The lower half of the inverse of what the factor is of; k becomes the factor's inverse. */
static void invert(double *k, int64_t n, double *inverse, double *row)
{
    for (int64_t i = 0; i < n; i++) {
        for (int64_t c = 0; c <= i; c++)
            row[c] = 0;
        for (int64_t j = 0; j < i; j++) {
            const double *restrict other = k + j * n;
            double factor = k[i * n + j];
            for (int64_t c = 0; c <= j; c++)
                row[c] -= factor * other[c];
        }
        double pivot = k[i * n + i];
        row[i] = 1;
        for (int64_t c = 0; c <= i; c++)
            k[i * n + c] = row[c] / pivot;
    }
    memset(inverse, 0, (size_t)(n * n) * sizeof *inverse);
    for (int64_t i = 0; i < n; i++)
        for (int64_t a = 0; a <= i; a++) {
            double *restrict to = inverse + a * n, factor = k[i * n + a];
            const double *restrict from = k + i * n;
            for (int64_t b = 0; b <= a; b++)
                to[b] += factor * from[b];
        }
}

static void solve(struct fit *f)
{
    int64_t n = f->n;
    memset(f->alpha, 0, (size_t)n * sizeof *f->alpha);
    for (int64_t a = 0; a < n; a++)
        for (int64_t b = 0; b <= a; b++) {
            f->alpha[a] += f->inverse[a * n + b] * f->values[b];
            if (b < a)
                f->alpha[b] += f->inverse[a * n + b] * f->values[a];
        }
}

/* Minus the logarithm of the prior, and its gradient. */
static double prior(const struct fit *f, const double *parameters, double *gradient)
{
    double sum = 0;
    for (int64_t i = 0; i < f->p; i++) {
        double mean = i == f->d ? 0 : noise_mean;
        double spread = i == f->d ? signal_spread : noise_spread;
        if (i < f->d) {
            mean = f->log_dimensions / 2 + (f->nominal[i] ? nominal_mean : ordered_mean);
            spread = length_spread;
        }
        double off = (parameters[i] - mean) / spread;
        sum += off * off / 2;
        gradient[i] = off / spread;
    }
    return sum;
}

static void add_gradient(struct fit *f, const double *parameters, double *gradient)
{
    int64_t n = f->n, d = f->d;
    double noise = exp(parameters[d + 1]), trace = 0, square = 0, fits = 0;
    for (int64_t a = 0; a < n; a++) {
        for (int64_t b = 0; b < a; b++) {
            double w = f->inverse[a * n + b] - f->alpha[a] * f->alpha[b];
            double slope = w * f->slopes[a * n + b];
            for (int64_t i = 0; i < d; i++)
                gradient[i] -= 2 * slope * distance(f, a, b, i) * f->column[i];
        }
        trace += f->inverse[a * n + a];
        square += f->alpha[a] * f->alpha[a];
        fits += f->alpha[a] * f->values[a];
    }
    /* K = signal R + noise I, so tr(K^-1 dK) by the signal is n - noise tr(K^-1). */
    gradient[d] += ((double)n - noise * trace - (fits - noise * square)) / 2;
    gradient[d + 1] += noise * (trace - square) / 2;
}

/* Minus the logarithm of the posterior density. */
static double evaluate(struct fit *f, const double *parameters, double *gradient)
{
    int64_t n = f->n;
    double value = prior(f, parameters, gradient);
    for (int64_t i = 0; i < f->d; i++)
        f->column[i] = exp(-2 * parameters[i]);
    fill(f, parameters);
    if (!factorise(f->k, n, f->column + f->d))
        return INFINITY;
    for (int64_t a = 0; a < n; a++)
        value += log(f->k[a * n + a]);
    invert(f->k, n, f->inverse, f->column + f->d);
    solve(f);
    for (int64_t a = 0; a < n; a++)
        value += f->values[a] * f->alpha[a] / 2;
    add_gradient(f, parameters, gradient);
    return value;
}

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static void project(const struct fit *f, double *parameters)
{
    for (int64_t i = 0; i < f->d; i++)
        parameters[i] = clamp(parameters[i], -4, 8);
    parameters[f->d] = clamp(parameters[f->d], -4, 4);
    parameters[f->d + 1] = clamp(parameters[f->d + 1], -13.8, 0);
}

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* The two-loop recursion over the last steps and changes of gradient. */
static void direct(const double *steps, const double *changes, int count, int64_t p,
                   const double *gradient, double *direction)
{
    double weights[memory];
    for (int64_t i = 0; i < p; i++)
        direction[i] = -gradient[i];
    for (int k = count - 1; k >= count - memory && k >= 0; k--) {
        const double *s = steps + k % memory * p, *y = changes + k % memory * p;
        weights[k % memory] = dot(s, direction, p) / dot(s, y, p);
        for (int64_t i = 0; i < p; i++)
            direction[i] -= weights[k % memory] * y[i];
    }
    const double *s = steps + (count - 1) % memory * p, *y = changes + (count - 1) % memory * p;
    double scale =
        count > 0 ? dot(s, y, p) / dot(y, y, p) : 1 / fmax(1, sqrt(dot(gradient, gradient, p)));
    for (int64_t i = 0; i < p; i++)
        direction[i] *= scale;
    for (int k = count > memory ? count - memory : 0; k < count; k++) {
        s = steps + k % memory * p;
        y = changes + k % memory * p;
        double off = weights[k % memory] - dot(y, direction, p) / dot(s, y, p);
        for (int64_t i = 0; i < p; i++)
            direction[i] += off * s[i];
    }
}

/* From x to a minimum nearby, in place. room: (2 memory + 4) p. */
static void minimise(struct fit *f, double *x, double *room)
{
    int64_t p = f->p;
    double *steps = room, *changes = room + memory * p, *direction = changes + memory * p;
    double *gradient = direction + p, *next = gradient + p, *slope = next + p;
    double value = evaluate(f, x, gradient);
    int count = 0;
    for (int used = 1; used < most_evaluations && isfinite(value);) {
        direct(steps, changes, count, p, gradient, direction);
        double length = 1, found = INFINITY, descent = dot(direction, gradient, p);
        if (!(descent < 0)) {
            if (!count)
                break;
            count = 0;
            continue;
        }
        for (int half = 0; half < 8 && used < most_evaluations; half++, length *= 0.35) {
            for (int64_t i = 0; i < p; i++)
                next[i] = x[i] + length * clamp(direction[i], -3, 3);
            project(f, next);
            found = evaluate(f, next, slope);
            used++;
            if (found < value + 1e-4 * length * descent)
                break;
        }
        if (!(found < value))
            break;
        double *s = steps + count % memory * p, *y = changes + count % memory * p;
        for (int64_t i = 0; i < p; i++) {
            s[i] = next[i] - x[i];
            y[i] = slope[i] - gradient[i];
        }
        bool flat = value - found < 1e-5 * fmax(1, fabs(value));
        memcpy(x, next, (size_t)p * sizeof *x);
        memcpy(gradient, slope, (size_t)p * sizeof *x);
        value = found;
        if (flat)
            break;
        if (dot(s, y, p) > 1e-10 * dot(y, y, p))
            count++;
    }
}

attune_status attune_gp_fit(int64_t n, int64_t d, const double *points, const uint8_t *nominal,
                            const double *values, double n_active, double *parameters,
                            attune_error *error)
{
    int64_t p = d + 2;
    struct fit f = {.n = n,
                    .d = d,
                    .p = p,
                    .points = points,
                    .values = values,
                    .nominal = nominal,
                    .log_dimensions = log(fmax(1, n_active))};
    double *room = attune_alloc(3 * n * n + 2 * n + d + (2 * memory + 4) * p, sizeof *room, error);
    if (!room)
        return ATTUNE_MEMORY;
    f.k = room;
    f.slopes = f.k + n * n;
    f.inverse = f.slopes + n * n;
    f.alpha = f.inverse + n * n;
    f.column = f.alpha + n; /* d weights, then a column */
    double *work = f.column + d + n;
    for (int64_t i = 0; i < d; i++)
        parameters[i] = f.log_dimensions / 2 + (nominal[i] ? nominal_mean : ordered_mean);
    parameters[d] = 0;
    parameters[d + 1] = noise_mean;
    if (n > 0)
        minimise(&f, parameters, work);
    free(room);
    return ATTUNE_OK;
}
