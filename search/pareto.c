/* search/pareto.c - which of several results are better when they are measured in several ways. */
#include "search/pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A row while it is sorted. */
struct row {
    const double *values;
    double violation, crowding;
    int64_t index, m;
    int64_t by; /* the objective that a front is sorted by */
};

bool attune_dominates(const double *a, const double *b, int64_t m)
{
    bool better = false;
    for (int64_t k = 0; k < m; k++) {
        if (!(a[k] <= b[k]))
            return false;
        better = better || a[k] < b[k];
    }
    return better;
}

static int by_index(const struct row *x, const struct row *y)
{
    return (x->index > y->index) - (x->index < y->index);
}

/* What keeps the constraints first; then by the values in turn, so that nothing is dominated by a
 * later row. */
static int by_values(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->violation != y->violation)
        return x->violation < y->violation ? -1 : 1;
    for (int64_t k = 0; k < x->m && x->violation < INFINITY; k++)
        if (x->values[k] != y->values[k])
            return x->values[k] < y->values[k] ? -1 : 1;
    return by_index(x, y);
}

static int by_one(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    double left = x->values[x->by], right = y->values[y->by];
    return left < right ? -1 : left > right ? 1 : by_index(x, y);
}

static int by_crowding(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->crowding != y->crowding)
        return x->crowding > y->crowding ? -1 : 1;
    return by_index(x, y);
}

/* How far apart the neighbours of each are, in sum over objectives; the ends stand alone. */
static void sort_by_crowding(struct row *front, int64_t n)
{
    int64_t m = n ? front[0].m : 0;
    for (int64_t i = 0; i < n; i++)
        front[i].crowding = 0;
    for (int64_t k = 0; k < m; k++) {
        for (int64_t i = 0; i < n; i++)
            front[i].by = k;
        qsort(front, (size_t)n, sizeof *front, by_one);
        double range = front[n - 1].values[k] - front[0].values[k];
        front[0].crowding = front[n - 1].crowding = INFINITY;
        for (int64_t i = 1; i + 1 < n && range > 0 && range < INFINITY; i++)
            front[i].crowding += (front[i + 1].values[k] - front[i - 1].values[k]) / range;
    }
    qsort(front, (size_t)n, sizeof *front, by_crowding);
}

/* Moves the rows that none of the others dominates to the front of rows, which are sorted by their
 * values, and keeps the order of both parts. Returns how many they are. */
static int64_t peel(struct row *rows, int64_t n, struct row *room)
{
    int64_t n_front = 0, n_rest = 0;
    for (int64_t i = 0; i < n; i++) {
        bool dominated = false;
        for (int64_t k = 0; k < n_front && !dominated; k++)
            dominated = attune_dominates(rows[k].values, rows[i].values, rows[i].m);
        if (dominated)
            room[n_rest++] = rows[i];
        else
            rows[n_front++] = rows[i]; /* never overtakes i */
    }
    memcpy(rows + n_front, room, (size_t)n_rest * sizeof *rows);
    return n_front;
}

/* Sorted by their values, with as much room behind; NULL when memory is out. *n_kept: those that
 * break nothing. */
static struct row *sorted_rows(const double *values, const double *violations, int64_t n, int64_t m,
                               int64_t *n_kept, attune_error *error)
{
    struct row *rows = attune_alloc(2 * n, sizeof *rows, error);
    *n_kept = 0;
    for (int64_t i = 0; i < n && rows; i++) {
        double violation = violations ? violations[i] : 0;
        rows[i] = (struct row){values + i * m, violation, 0, i, m, 0};
        *n_kept += violation == 0;
    }
    if (rows && n > 0)
        qsort(rows, (size_t)n, sizeof *rows, by_values);
    return rows;
}

attune_status attune_pareto_order(const double *values, const double *violations, int64_t n,
                                  int64_t m, int64_t most, int64_t *order, attune_error *error)
{
    int64_t n_kept = 0, done = 0;
    struct row *rows = sorted_rows(values, violations, n, m, &n_kept, error);
    if (!rows)
        return ATTUNE_MEMORY;
    while (done < n_kept && done < most) {
        int64_t front = peel(rows + done, n_kept - done, rows + n);
        sort_by_crowding(rows + done, front);
        done += front;
    }
    for (int64_t i = 0; i < n; i++)
        order[i] = rows[i].index;
    free(rows);
    return ATTUNE_OK;
}

attune_status attune_pareto_front(const double *values, const double *violations, int64_t n,
                                  int64_t m, uint8_t *front, attune_error *error)
{
    int64_t n_kept = 0;
    struct row *rows = sorted_rows(values, violations, n, m, &n_kept, error);
    if (!rows)
        return ATTUNE_MEMORY;
    memset(front, 0, (size_t)n);
    int64_t n_front = peel(rows, n_kept, rows + n);
    for (int64_t i = 0; i < n_front; i++)
        front[rows[i].index] = 1;
    free(rows);
    return ATTUNE_OK;
}
