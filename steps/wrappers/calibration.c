/* steps/wrappers/calibration.c - temperature, logistic and isotonic curves, learnt and applied. */
#include "steps/wrappers/calibration.h"

#include "steps/numeric/sort.h"

#include <math.h>
#include <stdlib.h>

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static double log_of(double p)
{
    return log(clamp(p, ATTUNE_LEAST_PROBABILITY, 1));
}

/* Slope and curvature of the log-loss of one row in the inverse temperature b. */
static void row_slope(const double *p, int32_t code, int64_t n_classes, double b, double *slope,
                      double *curve)
{
    double most = -INFINITY, sum = 0, mean = 0, square = 0;
    for (int64_t k = 0; k < n_classes; k++)
        most = fmax(most, log_of(p[k]));
    for (int64_t k = 0; k < n_classes; k++) {
        double z = log_of(p[k]) - most, share = exp(b * z);
        sum += share;
        mean += share * z;
        square += share * z * z;
    }
    mean /= sum;
    *slope = mean - (log_of(p[code]) - most);
    *curve = square / sum - mean * mean;
}

double attune_temperature_fit(const double *p, const int32_t *codes, const double *weight,
                              int64_t n, int64_t n_classes)
{
    enum { most_rounds = 100 };
    double low = 0.01, high = 100, b = 1, largest = 0;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, weight[i]); /* sums of huge weights stay finite */
    for (int round = 0; round < most_rounds && high - low > 1e-12 * b; round++) {
        double slope = 0, curve = 0, before = b;
        for (int64_t i = 0; i < n; i++) {
            double s = 0, c = 0;
            row_slope(p + i * n_classes, codes[i], n_classes, b, &s, &c);
            slope += weight[i] / largest * s;
            curve += weight[i] / largest * c;
        }
        *(slope > 0 ? &high : &low) = b;
        b -= slope / curve;
        if (!(b > low && b < high)) /* also where nothing curves */
            b = sqrt(low) * sqrt(high);
        if (fabs(b - before) <= 1e-12 * b)
            break;
    }
    return 1 / b;
}

void attune_temperature_apply(double temperature, double *p, int64_t n_classes)
{
    double most = -INFINITY, sum = 0;
    for (int64_t k = 0; k < n_classes; k++)
        most = fmax(most, log_of(p[k]));
    for (int64_t k = 0; k < n_classes; k++)
        sum += p[k] = exp((log_of(p[k]) - most) / temperature);
    for (int64_t k = 0; k < n_classes; k++)
        p[k] /= sum;
}

static double log_odds(double p)
{
    return log_of(p) - log_of(1 - p);
}

double attune_sigmoid_apply(const attune_sigmoid *sigmoid, double p)
{
    double x = sigmoid->slope * log_odds(p) + sigmoid->offset;
    return x >= 0 ? exp(-x) / (1 + exp(-x)) : 1 / (1 + exp(x));
}

/* What a logistic fit works on: shares are weights that sum to 1. */
struct logistic {
    const double *p, *weight;
    const uint8_t *truth;
    int64_t n;
    double yes, no; /* Platt's targets */
    double total;
};

static double target_of(const struct logistic *l, int64_t i)
{
    return l->truth[i] ? l->yes : l->no;
}

static double loss_at(const struct logistic *l, const attune_sigmoid *at)
{
    double loss = 0;
    for (int64_t i = 0; i < l->n; i++) {
        double x = at->slope * log_odds(l->p[i]) + at->offset, t = target_of(l, i);
        double own = x >= 0 ? t * x + log1p(exp(-x)) : (t - 1) * x + log1p(exp(x));
        loss += l->weight[i] / l->total * own;
    }
    return loss;
}

struct newton {
    double slope[2], curve[3];
};

static struct newton slopes_at(const struct logistic *l, const attune_sigmoid *at)
{
    const double ridge = 1e-12;
    struct newton s = {{0, 0}, {ridge, 0, ridge}};
    for (int64_t i = 0; i < l->n; i++) {
        double w = l->weight[i] / l->total, x = log_odds(l->p[i]);
        double q = attune_sigmoid_apply(at, l->p[i]), rest = w * (target_of(l, i) - q);
        double c = w * q * (1 - q);
        s.slope[0] += rest * x;
        s.slope[1] += rest;
        s.curve[0] += c * x * x;
        s.curve[1] += c * x;
        s.curve[2] += c;
    }
    return s;
}

/* A step that makes the loss smaller; false: there is none. */
static bool step_down(const struct logistic *l, const struct newton *s, attune_sigmoid *at,
                      double *loss)
{
    double det = s->curve[0] * s->curve[2] - s->curve[1] * s->curve[1];
    double a = -(s->curve[2] * s->slope[0] - s->curve[1] * s->slope[1]) / det;
    double b = -(s->curve[0] * s->slope[1] - s->curve[1] * s->slope[0]) / det;
    for (double length = 1; length > 1e-10; length /= 2) {
        attune_sigmoid next = {at->slope + length * a, at->offset + length * b};
        double now = loss_at(l, &next);
        if (now < *loss) {
            *at = next;
            *loss = now;
            return true;
        }
    }
    return false;
}

attune_sigmoid attune_sigmoid_fit(const double *p, const uint8_t *truth, const double *weight,
                                  int64_t n)
{
    enum { most_rounds = 100 };
    struct logistic l = {p, weight, truth, n, 1, 0, 0};
    double yes = 0;
    for (int64_t i = 0; i < n; i++) {
        l.total += weight[i];
        yes += truth[i] ? weight[i] : 0;
    }
    double no = l.total - yes;
    l.yes = (yes + 1) / (yes + 2);
    l.no = 1 / (no + 2);
    attune_sigmoid at = {0, log((no + 1) / (yes + 1))};
    double loss = loss_at(&l, &at);
    for (int round = 0; round < most_rounds; round++) {
        struct newton s = slopes_at(&l, &at);
        if (fmax(fabs(s.slope[0]), fabs(s.slope[1])) < 1e-12 || !step_down(&l, &s, &at, &loss))
            break;
    }
    return at;
}

/* One step of the rising curve: rows of about the same probability. */
struct run {
    double low, high, weight, value;
};

/* Joins the last runs while they fall. */
static int64_t pool(struct run *runs, int64_t n)
{
    for (; n > 1 && runs[n - 2].value >= runs[n - 1].value; n--) {
        struct run *left = &runs[n - 2], *right = &runs[n - 1];
        double all = left->weight + right->weight;
        left->value += right->weight / all * (right->value - left->value);
        left->weight = all;
        left->high = right->high;
    }
    return n;
}

/* Rows of one probability are one run; runs that would fall are joined. room: n. */
static int64_t make_runs(const attune_sort_item *order, const double *p, const uint8_t *truth,
                         const double *weight, int64_t n, struct run *runs)
{
    int64_t n_runs = 0;
    double largest = 0;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, weight[i]); /* sums of huge weights stay finite */
    for (int64_t i = 0; i < n;) {
        struct run *run = &runs[n_runs++];
        double yes = 0, at = p[order[i].row];
        *run = (struct run){.low = at, .high = at};
        for (; i < n && p[order[i].row] == at; i++) {
            double w = weight[order[i].row] / largest;
            run->weight += w;
            yes += truth[order[i].row] ? w : 0;
        }
        run->value = run->weight > 0 ? yes / run->weight : 0;
        n_runs = pool(runs, n_runs);
    }
    return n_runs;
}

attune_status attune_isotonic_fit(const double *p, const uint8_t *truth, const double *weight,
                                  int64_t n, double *x, double *y, int64_t *n_points,
                                  attune_error *error)
{
    attune_sort_item *order = attune_alloc(n, sizeof *order, error);
    struct run *runs = attune_alloc(n, sizeof *runs, error);
    attune_status status = order && runs ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t i = 0; i < n && !status; i++)
        order[i] = (attune_sort_item){attune_sort_key_real(p[i]), i};
    if (!status)
        status = attune_sort_items(order, n, error);
    int64_t n_runs = status ? 0 : make_runs(order, p, truth, weight, n, runs);
    *n_points = 0;
    for (int64_t r = 0; r < n_runs; r++)
        for (int end = 0; end < (runs[r].high > runs[r].low ? 2 : 1); end++) {
            x[*n_points] = end ? runs[r].high : runs[r].low;
            y[(*n_points)++] = clamp(runs[r].value, 0, 1);
        }
    free(order);
    free(runs);
    return status;
}

double attune_isotonic_apply(const double *x, const double *y, int64_t n_points, double p)
{
    int64_t low = 0, high = n_points - 1;
    if (p <= x[0])
        return y[0];
    if (!(p < x[high]))
        return y[high];
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        *(x[middle] <= p ? &low : &high) = middle;
    }
    return y[low] + (p - x[low]) / (x[high] - x[low]) * (y[high] - y[low]);
}
