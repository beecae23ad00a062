/* search/pruners/curves.h - reading the reports that pruners compare.
 *
 * A step is that of a report within its fold; the curve of a fold is compared with the curves of
 * the same fold of known jobs, the newest 1,000 of them, so that a verdict costs the same however
 * long a study is.
 * Thread class: pure. */
#ifndef ATTUNE_SEARCH_PRUNERS_CURVES_H
#define ATTUNE_SEARCH_PRUNERS_CURVES_H

#include "search/pruner.h"

/* The step within its fold that the verdict is about, and its loss. */
int64_t attune_curve_step(const attune_pruner_view *view);
double attune_curve_loss(const attune_pruner_view *view);

/* The least loss of a row in this fold up to a step; NaN when there is none. */
double attune_curve_best(const attune_pruner_view *view, const attune_pruner_row *row,
                         int64_t step);

/* The loss of a row in this fold at its first report from step `from` on, NaN when there is none;
 * at (nullable) gets the step of that report. */
double attune_curve_reached(const attune_pruner_view *view, const attune_pruner_row *row,
                            int64_t from, int64_t *at);

/* The first known job that is compared. */
int64_t attune_curve_first(const attune_pruner_view *view);

/* The share of the known complete jobs that were better at their best up to this step than this
 * job at its own best. NaN: fewer than `fewest` have come so far. */
double attune_curve_share_better(const attune_pruner_view *view, int64_t fewest);

/* Whether a job has just come to a rung (from * factor^k) and is not among the best 1 / factor of
 * those that came there. same (nullable): which known jobs it runs against. */
bool attune_curve_falls(const attune_pruner_view *view, int64_t from, int64_t factor,
                        bool (*same)(const void *user, int64_t job), const void *user);

#endif
