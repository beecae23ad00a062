/* steps/models/gradient_boosting_leaf.c - constants: where scores start, what leaves say, and how
 * well scores do. */
#include "spaces/base/number.h"
#include "steps/models/gradient_boosting.h"

#include <math.h>
#include <stdlib.h>

/* Of a class all of whose rows are held out. */
#define LEAST_SHARE 1e-12

static double weight_of(const attune_boosting *b, int64_t i)
{
    return b->weights ? b->weights[i] : 1;
}

static void swap_items(double *items, int64_t a, int64_t b)
{
    for (int k = 0; k < 2; k++) {
        double keep = items[2 * a + k];
        items[2 * a + k] = items[2 * b + k];
        items[2 * b + k] = keep;
    }
}

static double middle_of(double a, double b, double c)
{
    return a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
}

/* The smallest value in items from `from` on, n in all. */
static double least_from(const double *items, int64_t from, int64_t n)
{
    double least = items[2 * from];
    for (int64_t i = from; i < n; i++)
        least = items[2 * i] < least ? items[2 * i] : least;
    return least;
}

double attune_weighted_quantile(double *items, int64_t n, double q)
{
    double total = 0, below = 0, pivot = 0;
    int64_t low = 0, high = n;
    for (int64_t i = 0; i < n; i++)
        total += items[2 * i + 1];
    while (low < high) {
        pivot =
            middle_of(items[2 * low], items[2 * (low + (high - low) / 2)], items[2 * (high - 1)]);
        int64_t less = low, more = high;
        double less_weight = 0, same_weight = 0;
        for (int64_t i = low; i < more;) {
            double value = items[2 * i], weight = items[2 * i + 1];
            if (value < pivot) {
                less_weight += weight;
                swap_items(items, i++, less++);
            } else if (value > pivot) {
                swap_items(items, i, --more);
            } else {
                same_weight += weight;
                i++;
            }
        }
        if (less > low && below + less_weight >= q * total) {
            high = less;
            continue;
        }
        double to_here = below + less_weight + same_weight;
        if (to_here > q * total || more == n)
            return pivot;
        if (to_here == q * total)
            return pivot / 2 + least_from(items, more, n) / 2;
        below = to_here;
        low = more;
    }
    return pivot;
}

static double mean_of(const attune_boosting *b)
{
    double sum = 0, weight = 0, first = b->y[b->used[0]]; /* from the first: keeps digits */
    for (int64_t i = 0; i < b->n_used; i++) {
        int32_t row = b->used[i];
        sum += weight_of(b, row) * (b->y[row] - first);
        weight += weight_of(b, row);
    }
    return first + sum / weight;
}

static attune_status quantile_of(const attune_boosting *b, double q, double *value,
                                 attune_error *error)
{
    double *items = attune_alloc(b->n_used, 2 * sizeof *items, error);
    if (!items)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < b->n_used; i++) {
        items[2 * i] = b->y[b->used[i]];
        items[2 * i + 1] = weight_of(b, b->used[i]);
    }
    *value = attune_weighted_quantile(items, b->n_used, q);
    free(items);
    return ATTUNE_OK;
}

static void start_softmax(const attune_boosting *b, double *start)
{
    double total = 0;
    for (int64_t i = 0; i < b->n_used; i++) {
        start[b->labels[b->used[i]]] += weight_of(b, b->used[i]);
        total += weight_of(b, b->used[i]);
    }
    for (int32_t k = 0; k < b->n_outputs; k++)
        start[k] = log(fmax(start[k] / total, LEAST_SHARE));
}

attune_status attune_boosting_start(const attune_boosting *b, double *start, attune_error *error)
{
    for (int32_t k = 0; k < b->n_outputs; k++)
        start[k] = 0;
    double mean = b->n_outputs == 1 ? mean_of(b) : 0;
    switch (b->loss) {
    case ATTUNE_LOSS_SOFTMAX:
        start_softmax(b, start);
        break;
    case ATTUNE_LOSS_LOGISTIC:
        mean = attune_clamp(mean, LEAST_SHARE, 1 - LEAST_SHARE);
        start[0] = log(mean / (1 - mean));
        break;
    case ATTUNE_LOSS_POISSON:
        start[0] = log(fmax(mean, LEAST_SHARE));
        break;
    case ATTUNE_LOSS_ABSOLUTE:
    case ATTUNE_LOSS_HUBER:
        return quantile_of(b, 0.5, start, error);
    case ATTUNE_LOSS_QUANTILE:
        return quantile_of(b, b->alpha, start, error);
    case ATTUNE_LOSS_SQUARED:
        start[0] = mean;
        break;
    }
    return ATTUNE_OK;
}

/* Four running sums, each in the order of rows: fixed, and not one long chain of additions. */
static double sum_of(const float *values, const int32_t *rows, int64_t n)
{
    double sums[4] = {0};
    int64_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; k++)
            sums[k] += (double)values[rows[i + k]];
    for (; i < n; i++)
        sums[0] += (double)values[rows[i]];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static double newton_value(const attune_boosting *b, const attune_boosting_leaf *leaf,
                           const int32_t *rows, int64_t n)
{
    double g = sum_of(leaf->gradient, rows, n);
    double h = attune_boosting_flat(b) ? (double)n : sum_of(leaf->hessian, rows, n);
    double t = fabs(g) - leaf->reg_alpha;
    double value = t > 0 && h + leaf->reg_lambda > 0 ? t / (h + leaf->reg_lambda) : 0;
    return isfinite(value) ? (g > 0 ? -value : value) : 0;
}

double attune_boosting_value(const attune_boosting *b, const attune_boosting_leaf *leaf,
                             const int32_t *rows, int64_t n)
{
    if (b->loss != ATTUNE_LOSS_ABSOLUTE && b->loss != ATTUNE_LOSS_QUANTILE)
        return newton_value(b, leaf, rows, n);
    for (int64_t i = 0; i < n; i++) {
        leaf->room[2 * i] = b->y[rows[i]] - leaf->scores[rows[i]];
        leaf->room[2 * i + 1] = weight_of(b, rows[i]);
    }
    return attune_weighted_quantile(leaf->room, n,
                                    b->loss == ATTUNE_LOSS_ABSOLUTE ? 0.5 : b->alpha);
}

static double log_sum(const attune_boosting *b, const double *scores, int64_t row)
{
    double most = scores[row], sum = 0;
    for (int32_t k = 1; k < b->n_outputs; k++)
        most = fmax(most, scores[k * b->n + row]);
    for (int32_t k = 0; k < b->n_outputs; k++)
        sum += exp(scores[k * b->n + row] - most);
    return most + log(sum);
}

static double loss_of(const attune_boosting *b, const double *scores, int64_t row)
{
    double s = scores[row], d = b->y ? s - b->y[row] : 0;
    switch (b->loss) {
    case ATTUNE_LOSS_SQUARED:
        return d * d;
    case ATTUNE_LOSS_ABSOLUTE:
        return fabs(d);
    case ATTUNE_LOSS_HUBER:
        return fabs(d) <= b->alpha ? d * d / 2 : b->alpha * (fabs(d) - b->alpha / 2);
    case ATTUNE_LOSS_POISSON:
        return exp(s) - b->y[row] * s;
    case ATTUNE_LOSS_QUANTILE:
        return d > 0 ? (1 - b->alpha) * d : -b->alpha * d;
    case ATTUNE_LOSS_LOGISTIC:
        return fmax(s, 0) - b->y[row] * s + log1p(exp(-fabs(s)));
    case ATTUNE_LOSS_SOFTMAX:
        break;
    }
    return log_sum(b, scores, row) - scores[b->labels[row] * b->n + row];
}

double attune_boosting_mean(const attune_boosting *b, const double *scores, const int32_t *rows,
                            int64_t n)
{
    double sum = 0, weight = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += weight_of(b, rows[i]) * loss_of(b, scores, rows[i]);
        weight += weight_of(b, rows[i]);
    }
    return sum / weight;
}
