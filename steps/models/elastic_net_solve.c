/* steps/models/elastic_net_solve.c - coordinate descent, exact steps, and the duality gap. */
#include "steps/models/elastic_net.h"
#include "steps/numeric/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct solver {
    const attune_elastic_net *q;
    const attune_normal_equations *e;
    double *w;     /* p, the caller's */
    double *slope; /* p: x' (y - x w); with columns only that of the last look is there */
    double *rest;  /* n: y - x w; with columns only */
    double *room;  /* p items and more */
    int64_t *set;  /* inputs that are worked on, in their order */
    int64_t *used; /* of these, those that are not 0 */
    int64_t n_set, n_used, n_iter;
    double *exact;   /* the matrix of the used inputs, and its factor */
    int64_t n_exact; /* how many there is room for */
};

/* The largest system that an exact step factors. */
enum { EXACT_MOST = 1024 };

static void solver_clear(struct solver *s)
{
    free(s->slope);
    free(s->set);
    free(s->exact);
}

static attune_status solver_init(struct solver *s, const attune_elastic_net *problem, double *coef,
                                 attune_error *error)
{
    const attune_normal_equations *e = problem->equations;
    *s = (struct solver){.q = problem, .e = e, .w = coef};
    s->slope = attune_alloc(2 * e->stride + (e->columns ? e->n : 0), sizeof *s->slope, error);
    s->set = attune_alloc(2 * e->p, sizeof *s->set, error);
    if (!s->slope || !s->set)
        return ATTUNE_MEMORY;
    s->room = s->slope + e->stride;
    s->rest = s->room + e->stride;
    s->used = s->set + e->p;
    return ATTUNE_OK;
}

/* All slopes anew, so that what rounding added up is gone. */
static void look(struct solver *s)
{
    const attune_normal_equations *e = s->e;
    if (e->matrix)
        memcpy(s->slope, e->pull, (size_t)e->p * sizeof *s->slope);
    else
        memcpy(s->rest, e->y, (size_t)e->n * sizeof *s->rest);
    for (int64_t j = 0; j < e->p; j++)
        if (s->w[j] != 0 && e->matrix)
            attune_axpy(-s->w[j], e->matrix + j * e->stride, s->slope, e->p);
        else if (s->w[j] != 0)
            attune_axpy(-s->w[j], e->columns + j * e->n, s->rest, e->n);
    if (e->columns)
        attune_times(e->columns, e->p, e->n, e->n, s->rest, s->slope);
}

static double slope_of(struct solver *s, int64_t j)
{
    const attune_normal_equations *e = s->e;
    if (e->columns)
        s->slope[j] = attune_dot(e->columns + j * e->n, s->rest, e->n);
    return s->slope[j];
}

static void move(struct solver *s, int64_t j, double to)
{
    const attune_normal_equations *e = s->e;
    double by = s->w[j] - to;
    s->w[j] = to;
    if (e->matrix)
        attune_axpy(by, e->matrix + j * e->stride, s->slope, e->p);
    else
        attune_axpy(by, e->columns + j * e->n, s->rest, e->n);
}

/* One round over the set; *change is the largest change of what an input explains. */
static void descend(struct solver *s, double *change)
{
    *change = 0;
    for (int64_t i = 0; i < s->n_set; i++) {
        int64_t j = s->set[i];
        double square = s->e->square[j], before = s->w[j];
        double pull = slope_of(s, j) + square * before;
        double size = fabs(pull) - s->q->l1;
        double after = size > 0 ? copysign(size / (square + s->q->l2), pull) : 0;
        if (after == before)
            continue;
        move(s, j, after);
        *change = fmax(*change, fabs(after - before) * sqrt(square));
    }
    s->n_iter++;
}

/* The gap between the objective and its dual, which bounds how far from optimal w is; the smaller
 * of two bounds. Each is a sum of what single inputs still lack, without cancellation. */
static double gap_of(const struct solver *s, double *objective)
{
    const attune_normal_equations *e = s->e;
    double l1 = s->q->l1, l2 = s->q->l2, lack = 0, cost = 0, along = 0, most = 0, left = 0;
    for (int64_t j = 0; j < e->p; j++) {
        double w = s->w[j], slope = s->slope[j], own = l1 * fabs(w) + l2 / 2 * (w * w);
        double beyond = fmax(fabs(slope) - l1, 0);
        lack += l2 > 0 ? own - w * slope + beyond * beyond / (2 * l2) : 0;
        cost += own;
        along += w * slope;
        most = fmax(most, fabs(slope));
        left += w * (e->matrix ? e->pull[j] + slope : 0);
    }
    left = e->matrix ? fmax(e->y_square - left, 0) : attune_dot(s->rest, s->rest, e->n);
    double scale = most > l1 ? l1 / most : 1;
    double scaled = left / 2 * ((1 - scale) * (1 - scale)) - scale * along + cost;
    *objective = left / 2 + cost;
    return fmax(l2 > 0 ? fmin(lack, scaled) : scaled, 0);
}

static bool is_done(const struct solver *s, double gap, double objective)
{
    return gap <= s->q->tol * objective || gap <= 1e-15 * s->e->y_square;
}

static attune_status grow_exact(struct solver *s, attune_error *error)
{
    if (s->n_used <= s->n_exact)
        return ATTUNE_OK;
    int64_t n = attune_padded(s->n_used + s->n_used / 4);
    free(s->exact);
    s->n_exact = 0;
    s->exact = attune_alloc((n + 2) * n, sizeof *s->exact, error);
    if (!s->exact)
        return ATTUNE_MEMORY;
    s->n_exact = n;
    return ATTUNE_OK;
}

static double product(const struct solver *s, int64_t j, int64_t k)
{
    const attune_normal_equations *e = s->e;
    return e->matrix ? e->matrix[j * e->stride + k]
                     : attune_dot(e->columns + j * e->n, e->columns + k * e->n, e->n);
}

/* Goes along step, at most `limit` of it, to where the first coefficient would change its sign;
 * returns whether none would. */
static bool go(struct solver *s, const double *step, double limit)
{
    double part = limit;
    int64_t which = -1;
    for (int64_t i = 0; i < s->n_used; i++) {
        double w = s->w[s->used[i]], until = -w / step[i];
        if (step[i] == 0 || (w > 0) == (step[i] > 0) || !(until <= part))
            continue;
        which = until < part || which < 0 ? i : which;
        part = until;
    }
    for (int64_t i = 0; i < s->n_used && isfinite(part); i++)
        if (i == which || step[i] != 0)
            move(s, s->used[i], i == which ? 0 : s->w[s->used[i]] + part * step[i]);
    return which < 0;
}

/* The matrix of the used inputs, factored; returns how many do not depend on others. */
static int64_t factor_used(struct solver *s, double *inverse)
{
    int64_t n = s->n_used, stride = s->n_exact;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k <= i; k++)
            s->exact[i * stride + k] = product(s, s->used[i], s->used[k]);
        s->exact[i * stride + i] += s->q->l2;
    }
    return attune_cholesky(s->exact, n, stride, inverse);
}

/* An input that depends on others can be exchanged for them at no loss: so far that one of them all
 * is left out, in the direction that makes coefficients smaller. Returns whether one is. */
static bool step_aside(struct solver *s, const double *inverse, double *step)
{
    int64_t first = 0;
    double along = 0;
    while (inverse[first] != 0)
        first++;
    for (int64_t i = 0; i < s->n_used; i++)
        step[i] = i < first ? product(s, s->used[i], s->used[first]) : 0;
    attune_cholesky_solve(s->exact, first, s->n_exact, inverse, step);
    step[first] = -1;
    for (int64_t i = 0; i <= first; i++)
        along += copysign(step[i], step[i] * s->w[s->used[i]]);
    for (int64_t i = 0; i <= first && along > 0; i++)
        step[i] = -step[i];
    return !go(s, step, INFINITY);
}

static void list_used(struct solver *s)
{
    s->n_used = 0;
    for (int64_t i = 0; i < s->n_set; i++)
        if (s->w[s->set[i]] != 0)
            s->used[s->n_used++] = s->set[i];
}

/* With the signs as they are the objective is a quadratic: goes to its least point, or to where the
 * first sign would change. Returns whether it got there. */
static bool step_to_least(struct solver *s, const double *inverse, double *step)
{
    for (int64_t i = 0; i < s->n_used; i++) {
        int64_t j = s->used[i];
        step[i] = slope_of(s, j) - s->q->l2 * s->w[j] - copysign(s->q->l1, s->w[j]);
    }
    attune_cholesky_solve(s->exact, s->n_used, s->n_exact, inverse, step);
    return go(s, step, 1);
}

/* Each step that does not get there leaves an input out, so there is an end. */
static attune_status step_exactly(struct solver *s, attune_error *error)
{
    for (bool there = false; !there;) {
        list_used(s);
        if (s->n_used < 1 || s->n_used > EXACT_MOST)
            return ATTUNE_OK;
        attune_status status = grow_exact(s, error);
        if (!status)
            status = attune_context_stop(s->q->context, error);
        if (status)
            return status;
        double *inverse = s->exact + s->n_exact * s->n_exact, *step = inverse + s->n_exact;
        if (factor_used(s, inverse) < s->n_used)
            there = !step_aside(s, inverse, step);
        else
            there = step_to_least(s, inverse, step);
    }
    return ATTUNE_OK;
}

/* The strong rules: what had a slope well below the penalty before will still have none. */
static void choose_set(struct solver *s)
{
    double bound = fmin(2 * s->q->l1 - s->q->l1_before, s->q->l1);
    s->n_set = 0;
    for (int64_t j = 0; j < s->e->p; j++)
        if (s->e->square[j] > 0 && (s->w[j] != 0 || fabs(s->slope[j]) >= bound))
            s->set[s->n_set++] = j;
}

/* Rules may err: what breaks them joins. Returns how many did. */
static int64_t add_violators(struct solver *s)
{
    int64_t before = s->n_set, at = 0, n = 0;
    double *in = s->room;
    memset(in, 0, (size_t)s->e->p * sizeof *in);
    for (int64_t i = 0; i < s->n_set; i++)
        in[s->set[i]] = 1;
    for (int64_t j = 0; j < s->e->p; j++)
        if (in[j] > 0 || (s->e->square[j] > 0 && fabs(s->slope[j]) > s->q->l1)) {
            s->set[at++] = j;
            n++;
        }
    s->n_set = n;
    return n - before;
}

/* Rounds until nothing in the set moves much, with an exact step whenever the signs have settled.
 */
static attune_status work_on_set(struct solver *s, double enough, attune_error *error)
{
    int64_t exact_every = 2 + s->n_set / 12;
    attune_status status = ATTUNE_OK;
    for (int64_t round = 1; s->n_iter < s->q->max_iter && !status; round++) {
        double change;
        descend(s, &change);
        if (change <= enough)
            break;
        if (round % exact_every == 0)
            status = step_exactly(s, error);
        if (!status)
            status = attune_context_stop(s->q->context, error);
    }
    return status;
}

attune_status attune_elastic_net_solve(const attune_elastic_net *problem, double *coef,
                                       attune_elastic_net_result *result, attune_error *error)
{
    struct solver s;
    attune_status status = solver_init(&s, problem, coef, error);
    double enough = 1e-3 * sqrt(problem->equations->y_square); /* a change worth a round */
    if (status)
        goto done;
    look(&s);
    choose_set(&s);
    result->gap = gap_of(&s, &result->objective);
    while (!is_done(&s, result->gap, result->objective) && s.n_iter < problem->max_iter) {
        status = work_on_set(&s, enough, error);
        if (status)
            break;
        look(&s);
        result->gap = gap_of(&s, &result->objective);
        if (add_violators(&s) == 0)
            enough *= 0.1;
    }
    result->n_iter = s.n_iter;
done:
    solver_clear(&s);
    return status;
}
