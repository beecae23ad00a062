/* search/pruners/fold_racing.c - a trial stops after the folds that show it cannot be the best.
 *
 * Scores are taken as (what the configuration is worth) + (how hard the fold is) + noise. A trial
 * with k of K folds is held against the best job on the same k folds: the known best, or a lower
 * job in flight. The mean of their differences over all K folds, given k of them, has a standard
 * error of s sqrt((K - k) / (K k)), which is 0 at k = K: nothing is left to chance then. The
 * variance s^2 is that of the trial's own differences and the median one of all jobs in sight,
 * which counts for four folds more (as in a moderated t test), so one fold is enough to decide what
 * is plain. The trial stops when it is worse by more than Student's t allows for alpha, shared
 * between the K - 1 times it is asked. The best so far is never worse than itself, so it always
 * finishes. After Bergman, Purucker and Hutter, "Don't waste your time: early stopping
 * cross-validation" (arXiv 2405.03389), with a test in place of their rule. */
#include "search/pruner.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

/* Median over the newest jobs only, so that a verdict costs the same after 100,000 trials; weight
 * of their variance in folds; fewer jobs in sight than this say nothing about noise. */
enum { most_rows = 200, prior_folds = 4, least_rows = 4 };

struct fold_racing {
    double alpha;
};

static const attune_field fields[] = {
    ATTUNE_REAL(struct fold_racing, alpha, 0.2,
                "chance that a trial as good as the best is stopped", .low = 1e-6, .high = 0.5),
    ATTUNE_FIELDS_END,
};

static double mean(const double *values, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += values[i];
    return sum / (double)n;
}

/* Of the differences between two jobs, fold by fold; 0 of one fold. */
static double variance(const double *a, const double *b, int64_t n)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] - b[i];
    for (int64_t i = 0; i < n; i++) {
        double residual = a[i] - b[i] - sum / (double)n;
        squares += residual * residual;
    }
    return n > 1 ? squares / (double)(n - 1) : 0;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int64_t n)
{
    qsort(values, (size_t)n, sizeof *values, by_value);
    return 0.5 * (values[(n - 1) / 2] + values[n / 2]);
}

/* The jobs in sight, newest first: peers, then known ones. */
static const attune_pruner_row *row_back(const attune_pruner_view *view, int64_t i)
{
    return i < view->n_peers ? &view->peers[view->n_peers - 1 - i]
                             : &view->known[view->n_known - 1 - (i - view->n_peers)];
}

/* The best of the known best and the peers, on the folds that this job has. */
static const attune_pruner_row *rival_of(const attune_pruner_view *view)
{
    int64_t k = view->own.n_scored;
    const attune_pruner_row *rival = view->best < 0 ? NULL : &view->known[view->best];
    double least = rival ? mean(rival->scores, k) : INFINITY;
    for (int64_t i = 0; i < view->n_peers; i++) {
        const attune_pruner_row *peer = &view->peers[i];
        double value = peer->n_scored < k ? INFINITY : mean(peer->scores, k);
        rival = value < least ? peer : rival;
        least = value < least ? value : least;
    }
    return rival;
}

/* The median variance of the differences between the rival and the others; NaN: too few. */
static double usual_variance(const attune_pruner_view *view, const attune_pruner_row *rival)
{
    double found[most_rows];
    int64_t n = 0, all = view->n_peers + view->n_known;
    for (int64_t i = 0; i < all && i < most_rows; i++) {
        const attune_pruner_row *row = row_back(view, i);
        int64_t folds = row->n_scored < rival->n_scored ? row->n_scored : rival->n_scored;
        if (row == rival || folds < 2)
            continue;
        double value = variance(row->scores, rival->scores, folds);
        if (isfinite(value))
            found[n++] = value;
    }
    return n < least_rows ? NAN : median(found, n);
}

/* The mean over all folds: that of the first k, and how much easier those are than all, as the
 * median of the complete jobs has it. */
static double estimate(const attune_pruner_view *view)
{
    double shifts[most_rows];
    int64_t k = view->own.n_scored, n = 0;
    for (int64_t i = view->n_known - 1; i >= 0 && n < most_rows; i--) {
        const attune_pruner_row *row = &view->known[i];
        if (row->outcome == ATTUNE_COMPLETED)
            shifts[n++] = mean(row->scores, view->n_folds) - mean(row->scores, k);
    }
    return mean(view->own.scores, k) + (n > 0 ? median(shifts, n) : 0);
}

static attune_verdict after_fold(void *self, const attune_pruner_view *view)
{
    const struct fold_racing *race = self;
    const attune_pruner_row *rival = rival_of(view);
    double k = (double)view->own.n_scored, folds = (double)view->n_folds;
    double usual = rival ? usual_variance(view, rival) : NAN;
    if (isnan(usual))
        return (attune_verdict){0};
    double behind =
        mean(view->own.scores, view->own.n_scored) - mean(rival->scores, view->own.n_scored);
    double own = variance(view->own.scores, rival->scores, view->own.n_scored);
    double freedom = prior_folds + k - 1;
    double pooled = (prior_folds * usual + (k - 1) * own) / freedom;
    double allowed = gsl_cdf_tdist_Qinv(race->alpha / (folds - 1), freedom) *
                     sqrt(pooled * (folds - k) / (folds * k));
    bool prune = behind > 0 && behind > allowed; /* not with a NaN */
    return (attune_verdict){.prune = prune, .estimate = prune ? estimate(view) : NAN};
}

const attune_pruner_type attune_pruner_fold_racing = {
    .abi = ATTUNE_PRUNER_ABI,
    .name = "fold_racing",
    .doc = "Stops a trial whose first folds show that it will not be the best.",
    .size = sizeof(struct fold_racing),
    .fields = fields,
    .least_folds = 1,
    .sees_peers = true,
    .after_fold = after_fold,
};
