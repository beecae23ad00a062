/* steps/models/svm_solve.c - sequential minimal optimisation. */
#include "steps/models/svm_solve.h"

#include "steps/numeric/clones.h"

#include <math.h>
#include <string.h>

enum { CHUNK = ATTUNE_SVM_CHUNK };

#define TINY 1e-12
#define NONE INT64_MIN

struct solving {
    const attune_svm_problem *p;
    int64_t tall;
    const double *diagonal;
    double *beta, *sums;
};

/* Reals as whole numbers of the same order, and back: for the largest of those the compiler finds
 * side by side. */
static ATTUNE_INLINE int64_t order_of(double x)
{
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits ^ (int64_t)((uint64_t)(bits >> 63) >> 1);
}

static double real_of(int64_t order)
{
    double x;
    int64_t bits = order ^ (int64_t)((uint64_t)(order >> 63) >> 1);
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* How far a row's sum is from where the variable wants it: what it gains by growing. */
static ATTUNE_INLINE double pull(const struct solving *s, int64_t v)
{
    return s->p->target[v] - s->sums[v % s->tall];
}

static ATTUNE_INLINE int64_t largest(const int64_t *items)
{
    int64_t most = items[0];
    for (int64_t i = 0; i < CHUNK; i++)
        most = items[i] > most ? items[i] : most;
    return most;
}

/* The largest gain of a chunk of variables among those that can grow, and the largest loss among
 * those that can shrink. */
static ATTUNE_INLINE void look_first(const struct solving *s, int64_t start, int64_t *up,
                                     int64_t *down)
{
    const double *restrict target = s->p->target + start, *restrict sums =
                                                              s->sums + start % s->tall;
    const double *restrict low = s->p->low + start, *restrict high = s->p->high + start;
    const double *restrict beta = s->beta + start;
    int64_t grows[CHUNK], shrinks[CHUNK];
    for (int64_t i = 0; i < CHUNK; i++) {
        int64_t gain = order_of(target[i] - sums[i]);
        grows[i] = beta[i] < high[i] ? gain : NONE;
        shrinks[i] = beta[i] > low[i] ? ~gain : NONE;
    }
    *up = largest(grows);
    *down = largest(shrinks);
}

/* The variable that gains most by growing, and the least gain among those that can shrink. */
ATTUNE_CLONES static int64_t find_first(const struct solving *s, double *most, double *least)
{
    int64_t best = NONE, worst = NONE, at = 0;
    for (int64_t start = 0; start < s->p->copies * s->tall; start += CHUNK) {
        int64_t up, down;
        look_first(s, start, &up, &down);
        at = up > best ? start : at;
        best = up > best ? up : best;
        worst = down > worst ? down : worst;
    }
    *most = best == NONE ? -INFINITY : real_of(best);
    *least = worst == NONE ? INFINITY : real_of(~worst);
    if (best == NONE)
        return -1;
    while (!(s->beta[at] < s->p->high[at]) || order_of(pull(s, at)) != best)
        at++;
    return at;
}

/* What the first variable gains with another that shrinks. Where the curvature is not above 0 (two
 * equal rows, a kernel that is no true one) it is next to nothing. */
static ATTUNE_INLINE double joint_gain(double apart, double own, double other, float across)
{
    double curve = own + other - 2 * (double)across;
    return apart * apart / (curve > TINY ? curve : TINY);
}

static ATTUNE_INLINE int64_t look_second(const struct solving *s, const float *row, int64_t start,
                                         double own, double most)
{
    int64_t first_row = start % s->tall, gains[CHUNK];
    const double *restrict target = s->p->target + start, *restrict sums = s->sums + first_row;
    const double *restrict low = s->p->low + start, *restrict beta = s->beta + start;
    const double *restrict diagonal = s->diagonal + first_row;
    const float *restrict across = row + first_row;
    for (int64_t i = 0; i < CHUNK; i++) {
        double apart = most - (target[i] - sums[i]);
        int64_t gain = order_of(joint_gain(apart, own, diagonal[i], across[i]));
        int64_t can = -(int64_t)(beta[i] > low[i]) & -(int64_t)(apart > 0);
        gains[i] = gain & can;
    }
    return largest(gains);
}

/* The variable with which the first one gains most when it shrinks. */
ATTUNE_CLONES static int64_t find_second(const struct solving *s, const float *row, int64_t first,
                                         double most)
{
    double own = s->diagonal[first % s->tall];
    int64_t best = 0, at = 0;
    for (int64_t start = 0; start < s->p->copies * s->tall; start += CHUNK) {
        int64_t gain = look_second(s, row, start, own, most);
        at = gain > best ? start : at;
        best = gain > best ? gain : best;
    }
    for (; best; at++) {
        double apart = most - pull(s, at);
        int64_t r = at % s->tall;
        if (s->beta[at] > s->p->low[at] && apart > 0 &&
            order_of(joint_gain(apart, own, s->diagonal[r], row[r])) == best)
            return at;
    }
    return -1;
}

ATTUNE_CLONES static void shift_sums(double *restrict sums, const float *restrict a,
                                     const float *restrict b, int64_t n, double step)
{
    for (int64_t r = 0; r < n; r++)
        sums[r] += step * ((double)a[r] - (double)b[r]);
}

/* Moves weight from the second to the first variable, as far as both may go. */
static double move(const struct solving *s, int64_t i, int64_t j, double wanted)
{
    const attune_svm_problem *p = s->p;
    double up = p->high[i] - s->beta[i], down = s->beta[j] - p->low[j];
    double step = fmin(wanted, fmin(up, down));
    s->beta[i] = step >= up ? p->high[i] : s->beta[i] + step;
    s->beta[j] = step >= down ? p->low[j] : s->beta[j] - step;
    return step;
}

static double find_offset(const struct solving *s, double most, double least)
{
    const attune_svm_problem *p = s->p;
    double sum = 0;
    int64_t n = 0;
    for (int64_t v = 0; v < p->copies * s->tall; v++)
        if (s->beta[v] > p->low[v] && s->beta[v] < p->high[v]) {
            sum += pull(s, v);
            n++;
        }
    if (n)
        return sum / (double)n;
    if (!isfinite(most) || !isfinite(least))
        return isfinite(most) ? most : isfinite(least) ? least : 0;
    return (most + least) / 2;
}

attune_status attune_svm_solve(const attune_svm_problem *p, attune_svm_matrix *matrix,
                               const attune_context *context, double *beta, double *sums,
                               double *offset, int64_t *steps, attune_error *error)
{
    enum { ASK = 512 }; /* steps between two questions whether to stop */
    struct solving s = {p, attune_svm_tall(matrix->n), matrix->diagonal, beta, sums};
    attune_status status = ATTUNE_OK;
    double most = 0, least = 0;
    memset(beta, 0, (size_t)(p->copies * s.tall) * sizeof *beta);
    memset(sums, 0, (size_t)s.tall * sizeof *sums);
    for (*steps = 0;; ++*steps) {
        const float *a = NULL, *b = NULL;
        int64_t i = find_first(&s, &most, &least);
        if (i < 0 || !(most - least > p->tolerance) || *steps >= p->max_iter)
            break;
        if (*steps % ASK == 0)
            status = attune_context_stop(context, error);
        if (!status)
            status = attune_svm_matrix_row(matrix, i % s.tall, &a, error);
        if (status)
            return status;
        int64_t j = find_second(&s, a, i, most);
        if (j < 0)
            break;
        int64_t row_i = i % s.tall, row_j = j % s.tall;
        status = attune_svm_matrix_row(matrix, row_j, &b, error);
        if (status)
            return status;
        double curve = s.diagonal[row_i] + s.diagonal[row_j] - 2 * (double)a[row_j];
        double step = move(&s, i, j, (most - pull(&s, j)) / fmax(curve, TINY));
        shift_sums(sums, a, b, s.tall, step);
    }
    *offset = find_offset(&s, most, least);
    return ATTUNE_OK;
}
