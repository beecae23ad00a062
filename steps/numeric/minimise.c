/* steps/numeric/minimise.c - projected limited-memory BFGS. */
#include "steps/numeric/minimise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOVES = 32 }; /* remembered */

struct search {
    const attune_minimise_options *o;
    attune_minimise_function function;
    void *user;
    double *x, *gradient, *next, *next_gradient, *direction;
    double *moved, *turned; /* MOVES x n, a ring: by how much x and the gradient changed */
    double fell[MOVES];     /* moved times turned, above 0 */
    int64_t n_moves;        /* since the last reset */
    double *room;           /* owned: all but x */
};

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
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

/* v += share * w */
static void add(double *v, double share, const double *w, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        v[i] += share * w[i];
}

/* v becomes the inverse Hessian times v, as far as the remembered moves tell it. Source: Nocedal
 * and Wright (2006), algorithm 7.4. */
static void times_inverse(const struct search *s, double *v)
{
    int64_t n = s->o->n, first = s->n_moves > MOVES ? s->n_moves - MOVES : 0;
    double share[MOVES];
    for (int64_t k = s->n_moves - 1; k >= first; k--) {
        int64_t at = k % MOVES;
        share[at] = dot(s->moved + at * n, v, n) / s->fell[at];
        add(v, -share[at], s->turned + at * n, n);
    }
    for (int64_t k = first; k < s->n_moves; k++) {
        int64_t at = k % MOVES;
        add(v, share[at] - dot(s->turned + at * n, v, n) / s->fell[at], s->moved + at * n, n);
    }
}

/* Downhill over the free variables; where the Hessian misleads, against the gradient. */
static void find_direction(struct search *s)
{
    int64_t n = s->o->n;
    for (int again = 0; again < 2; again++) {
        for (int64_t i = 0; i < n; i++)
            s->direction[i] = is_held(s, i) ? 0 : -s->gradient[i];
        times_inverse(s, s->direction);
        for (int64_t i = 0; i < n; i++)
            if (is_held(s, i))
                s->direction[i] = 0;
        if (dot(s->direction, s->gradient, n) < 0)
            return;
        s->n_moves = 0;
    }
}

/* The inverse Hessian learns from the last move, where the function curves upwards along it. */
static void update(struct search *s)
{
    int64_t n = s->o->n, at = s->n_moves % MOVES;
    double *step = s->moved + at * n, *y = s->turned + at * n;
    for (int64_t i = 0; i < n; i++) {
        step[i] = s->next[i] - s->x[i];
        y[i] = s->next_gradient[i] - s->gradient[i];
    }
    s->fell[at] = dot(step, y, n);
    if (s->fell[at] > 1e-10 * sqrt(dot(step, step, n) * dot(y, y, n)))
        s->n_moves++;
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
    for (int64_t step = 0; step < s->o->max_iter && !status; step++) {
        if (!(projected_gradient(s) > s->o->tolerance))
            break;
        find_direction(s);
        status = search_line(s, value, &found, error);
        if (!status && !found && fresh)
            break;
        fresh = !found;
        if (status || !found) {
            s->n_moves = 0;
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
    s.room = attune_alloc(n * (2 * MOVES + 4), sizeof *s.room, error);
    if (!s.room)
        return ATTUNE_MEMORY;
    s.moved = s.room;
    s.turned = s.moved + MOVES * n;
    s.gradient = s.turned + MOVES * n;
    s.next = s.gradient + n;
    s.next_gradient = s.next + n;
    s.direction = s.next_gradient + n;
    attune_status status = run(&s, value, error);
    free(s.room);
    return status;
}
