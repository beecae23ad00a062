/* steps/minimise.c - projected BFGS. */
#include "steps/minimise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct search {
    const attune_minimise_options *o;
    attune_minimise_function function;
    void *user;
    double *x, *gradient, *next, *next_gradient, *direction, *inverse, *moved, *turned;
    double *room; /* owned: all but x */
};

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void reset(struct search *s)
{
    int64_t n = s->o->n;
    memset(s->inverse, 0, (size_t)(n * n) * sizeof *s->inverse);
    for (int64_t i = 0; i < n; i++)
        s->inverse[i * n + i] = 1;
}

/* Whether a bound holds a variable where it is: the function would fall beyond. */
static bool is_held(const struct search *s, int64_t i)
{
    return (s->x[i] <= s->o->low[i] && s->gradient[i] > 0) ||
           (s->x[i] >= s->o->high[i] && s->gradient[i] < 0);
}

static double projected_gradient(const struct search *s)
{
    double most = 0;
    for (int64_t i = 0; i < s->o->n; i++)
        if (!is_held(s, i))
            most = fmax(most, fabs(s->gradient[i]));
    return most;
}

/* Downhill over the free variables; where the Hessian misleads, against the gradient. */
static void find_direction(struct search *s)
{
    int64_t n = s->o->n;
    for (int again = 0; again < 2; again++) {
        for (int64_t i = 0; i < n; i++) {
            double sum = 0;
            for (int64_t j = 0; j < n; j++)
                sum += is_held(s, j) ? 0 : s->inverse[i * n + j] * s->gradient[j];
            s->direction[i] = is_held(s, i) ? 0 : -sum;
        }
        if (dot(s->direction, s->gradient, n) < 0)
            return;
        reset(s);
    }
}

/* The inverse Hessian learns from the last move. Source: Nocedal and Wright (2006), 6.17. */
static void update(struct search *s)
{
    int64_t n = s->o->n;
    double *y = s->turned, *step = s->moved, *hy = s->direction; /* no longer needed */
    for (int64_t i = 0; i < n; i++) {
        step[i] = s->next[i] - s->x[i];
        y[i] = s->next_gradient[i] - s->gradient[i];
    }
    double sy = dot(step, y, n);
    if (!(sy > 1e-10 * sqrt(dot(step, step, n) * dot(y, y, n))))
        return;
    for (int64_t i = 0; i < n; i++)
        hy[i] = dot(s->inverse + i * n, y, n);
    double scale = (sy + dot(y, hy, n)) / (sy * sy);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            s->inverse[i * n + j] +=
                scale * step[i] * step[j] - (hy[i] * step[j] + step[i] * hy[j]) / sy;
}

/* Halves the step until the function falls enough. *found: it did. */
static attune_status search_line(struct search *s, double *value, bool *found, attune_error *error)
{
    int64_t n = s->o->n;
    double size = 1, longest = 0;
    for (int64_t i = 0; i < n; i++)
        longest = fmax(longest, fabs(s->direction[i]));
    size = longest > 2 ? 2 / longest : 1; /* variables are logarithms and the like */
    for (*found = false; size > 1e-10 && !*found; size /= 2) {
        double fall = 0, next = INFINITY;
        for (int64_t i = 0; i < n; i++) {
            s->next[i] = fmin(fmax(s->x[i] + size * s->direction[i], s->o->low[i]), s->o->high[i]);
            fall += s->gradient[i] * (s->next[i] - s->x[i]);
        }
        attune_status status = s->function(s->user, s->next, &next, s->next_gradient, error);
        if (status)
            return status;
        if (next <= *value + 1e-4 * fall && next < *value) {
            *value = next;
            *found = true;
        }
    }
    return ATTUNE_OK;
}

static attune_status run(struct search *s, double *value, attune_error *error)
{
    int64_t n = s->o->n;
    bool found = true, fresh = true;
    attune_status status = s->function(s->user, s->x, value, s->gradient, error);
    if (!status && !isfinite(*value))
        return attune_fail(error, ATTUNE_INVALID, "the function is not finite where it starts");
    reset(s);
    for (int64_t step = 0; step < s->o->max_iter && !status; step++) {
        if (!(projected_gradient(s) > s->o->tolerance))
            break;
        find_direction(s);
        status = search_line(s, value, &found, error);
        if (!status && !found && fresh)
            break;
        fresh = !found;
        if (status || !found) {
            reset(s);
            continue;
        }
        update(s);
        memcpy(s->x, s->next, (size_t)n * sizeof *s->x);
        memcpy(s->gradient, s->next_gradient, (size_t)n * sizeof *s->x);
    }
    return status;
}

attune_status attune_minimise(const attune_minimise_options *options,
                              attune_minimise_function function, void *user, double *x,
                              double *value, attune_error *error)
{
    int64_t n = options->n;
    struct search s = {.o = options, .function = function, .user = user, .x = x};
    s.room = attune_alloc(n * (n + 6), sizeof *s.room, error);
    if (!s.room)
        return ATTUNE_MEMORY;
    s.inverse = s.room;
    s.gradient = s.inverse + n * n;
    s.next = s.gradient + n;
    s.next_gradient = s.next + n;
    s.direction = s.next_gradient + n;
    s.moved = s.direction + n;
    s.turned = s.moved + n;
    attune_status status = run(&s, value, error);
    free(s.room);
    return status;
}
