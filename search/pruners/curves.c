/* search/pruners/curves.c - reading the reports that pruners compare. */
#include "search/pruners/curves.h"

#include <math.h>

enum { most_rows = 1000 };

static int64_t base_of(const attune_pruner_view *view)
{
    return view->n_folds > 1 ? view->fold * ATTUNE_FOLD_STEPS : 0;
}

static int64_t end_of(const attune_pruner_view *view)
{
    return view->n_folds > 1 ? base_of(view) + ATTUNE_FOLD_STEPS : INT64_MAX;
}

int64_t attune_curve_step(const attune_pruner_view *view)
{
    return view->own.reports[view->own.n_reports - 1].step - base_of(view);
}

double attune_curve_loss(const attune_pruner_view *view)
{
    return view->own.reports[view->own.n_reports - 1].value;
}

/* The first report at a step or later. */
static int64_t find(const attune_pruner_row *row, int64_t step)
{
    int64_t low = 0, high = row->n_reports;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (row->reports[middle].step < step)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

double attune_curve_best(const attune_pruner_view *view, const attune_pruner_row *row, int64_t step)
{
    double best = NAN;
    for (int64_t i = find(row, base_of(view));
         i < row->n_reports && row->reports[i].step <= base_of(view) + step; i++)
        best = fmin(best, row->reports[i].value); /* fmin passes over a NaN */
    return best;
}

double attune_curve_reached(const attune_pruner_view *view, const attune_pruner_row *row,
                            int64_t from, int64_t *at)
{
    int64_t i = find(row, base_of(view) + from);
    if (i == row->n_reports || row->reports[i].step >= end_of(view))
        return NAN;
    if (at)
        *at = row->reports[i].step - base_of(view);
    return row->reports[i].value;
}

int64_t attune_curve_first(const attune_pruner_view *view)
{
    return view->n_known > most_rows ? view->n_known - most_rows : 0;
}

double attune_curve_share_better(const attune_pruner_view *view, int64_t fewest)
{
    int64_t step = attune_curve_step(view), n = 0, n_better = 0;
    double own = attune_curve_best(view, &view->own, step);
    for (int64_t i = attune_curve_first(view); i < view->n_known; i++) {
        const attune_pruner_row *row = &view->known[i];
        bool compared =
            row->outcome == ATTUNE_COMPLETED && !isnan(attune_curve_reached(view, row, step, NULL));
        n += compared;
        n_better += compared && !(attune_curve_best(view, row, step) >= own);
    }
    return n < fewest || n == 0 ? NAN : (double)n_better / (double)n;
}

bool attune_curve_falls(const attune_pruner_view *view, int64_t from, int64_t factor,
                        bool (*same)(const void *user, int64_t job), const void *user)
{
    int64_t step = attune_curve_step(view), rung = from, at = -1, n = 1, n_better = 0;
    if (step < from)
        return false;
    while (rung <= step / factor)
        rung *= factor;
    attune_curve_reached(view, &view->own, rung, &at);
    if (at != step) /* it was asked here before */
        return false;
    double own = attune_curve_loss(view);
    for (int64_t i = attune_curve_first(view); i < view->n_known; i++) {
        double other = attune_curve_reached(view, &view->known[i], rung, NULL);
        bool compared = !isnan(other) && (!same || same(user, i));
        n += compared;
        n_better += compared && !(other >= own);
    }
    int64_t n_kept = n / factor > 1 ? n / factor : 1;
    return n_better >= n_kept;
}
