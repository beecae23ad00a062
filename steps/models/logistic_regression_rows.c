/* steps/models/logistic_regression_rows.c - the smooth problem in the space of its rows.
 *
 * With an l2 penalty the optimal coefficients lie in the span of the rows. In an orthonormal basis
 * of that span both the scores and the norm are what they were, so the same solver finds the same
 * optimum with as many columns as the rows have rank. */
#include "steps/models/logistic_regression.h"

#include "steps/numeric/numeric.h"

#include <stdlib.h>
#include <string.h>

struct row_space {
    attune_logistic problem; /* in the basis */
    double *basis;           /* rank x the stride of the columns */
    double *room, *x, *w;
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static attune_status find_basis(struct row_space *s, const attune_logistic *from,
                                attune_error *error)
{
    int64_t limit = least(from->n, from->p);
    s->basis = attune_alloc(limit * from->stride, sizeof *s->basis, error);
    s->room = attune_alloc(limit + from->p, sizeof *s->room, error);
    if (!s->basis || !s->room)
        return ATTUNE_MEMORY;
    s->problem = *from;
    s->problem.p =
        attune_row_basis(from->x, from->n, from->p, from->stride, limit, s->room, s->basis);
    s->problem.width = s->problem.p + from->width - from->p;
    s->problem.stride = attune_padded(s->problem.width);
    return ATTUNE_OK;
}

static attune_status to_basis(struct row_space *s, const attune_logistic *from, attune_error *error)
{
    int64_t rank = s->problem.p, stride = s->problem.stride;
    s->x = attune_alloc(from->n * stride, sizeof *s->x, error);
    s->w = attune_alloc(from->n_scores * stride, sizeof *s->w, error);
    if (!s->x || !s->w)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < from->n; i++) {
        attune_times(s->basis, rank, from->p, from->stride, from->x + i * from->stride,
                     s->x + i * stride);
        if (from->width > from->p)
            s->x[i * stride + rank] = 1;
    }
    s->problem.x = s->x;
    return ATTUNE_OK;
}

static void from_basis(const struct row_space *s, const attune_logistic *to, double *w)
{
    int64_t rank = s->problem.p;
    for (int64_t k = 0; k < to->n_scores; k++) {
        const double *found = s->w + k * s->problem.stride;
        attune_times_across(s->basis, rank, to->p, to->stride, found, w + k * to->stride);
        if (to->width > to->p)
            w[k * to->stride + to->p] = found[rank];
    }
}

attune_status attune_logistic_rows(const attune_logistic *problem, double *w,
                                   attune_logistic_result *result, attune_error *error)
{
    struct row_space s = {0};
    attune_status status = find_basis(&s, problem, error);
    if (!status)
        status = to_basis(&s, problem, error);
    if (!status)
        status = attune_logistic_newton(&s.problem, s.w, result, error);
    if (!status)
        from_basis(&s, problem, w);
    free(s.basis);
    free(s.room);
    free(s.x);
    free(s.w);
    return status;
}
