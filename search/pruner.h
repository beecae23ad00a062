/* search/pruner.h - who says that a trial is not worth finishing.
 *
 * A trial may end at two kinds of places: after its first k folds (after_fold, for k from
 * least_folds on, in order), and at a report of a growing budget inside a fold (at_report). What a
 * verdict depends on is fixed by the study alone: on jobs below the trial's watermark with all
 * that came of them, on the trial's own first k folds (its own reports so far), and, for a type
 * that sees peers, on the first k folds of the jobs between. Folds that ran ahead of a verdict are
 * not shown, and are dropped when the verdict is to prune. So verdicts are the same for any
 * number of threads and after any interruption. One file in search/pruners/ and one row in
 * search/pruners.def. Pruners are for studies of one objective.
 * Thread class: one thread at a time (the loop's lock); the view is read-only. */
#ifndef ATTUNE_SEARCH_PRUNER_H
#define ATTUNE_SEARCH_PRUNER_H

#include "search/sampler.h"
#include "trials/trial.h"

enum { ATTUNE_PRUNER_ABI = 1 };

/* With several folds a step is kept as step + fold * ATTUNE_FOLD_STEPS: steps are compared with
 * the same step of the same fold. A step lies in 0 .. ATTUNE_FOLD_STEPS - 1. */
enum { ATTUNE_FOLD_STEPS = 1000000 };

/* What is shown of a job. Smaller is better, whatever the metric's direction. */
typedef struct attune_pruner_row {
    const double *scores; /* of its first n_scored folds */
    int64_t n_scored;
    const attune_report *reports; /* by step, ascending */
    int64_t n_reports;
    attune_outcome outcome; /* PENDING for peers */
    double value;           /* its result, or estimate when it was pruned; NaN: none */
} attune_pruner_row;

typedef struct attune_pruner_view {
    int64_t job, n_folds;
    int64_t fold; /* after_fold: how many are scored; at_report: the one that runs */
    double sign;  /* of losses: -1 when the metric is maximised */
    const attune_pruner_row *known; /* jobs 0 .. n_known - 1: those below the watermark */
    int64_t n_known;
    const attune_pruner_row *peers; /* jobs n_known .. job - 1, cut to the folds decided on */
    int64_t n_peers;                /* 0 unless the type sees peers */
    int64_t best;                   /* of the known and complete ones; -1: there is none */
    attune_pruner_row own;
} attune_pruner_view;

typedef struct attune_verdict {
    bool prune;
    double estimate; /* of its result over all folds; read when it is pruned after a fold */
} attune_verdict;

typedef struct attune_pruner_type {
    uint32_t abi;
    const char *name, *doc;
    size_t size;
    const attune_field *fields;
    const char *(*check)(const void *self);
    int64_t least_folds; /* of after_fold: 1 or more */
    bool sees_peers;     /* waits until jobs before this one have as many folds, or have ended */
    /* Either may be NULL. What self keeps from one call to the next is a cache: a new one gives
     * the same verdict. at_report is asked about the last of view->own's reports, which
     * are those of its fold; their steps count on from fold * ATTUNE_FOLD_STEPS. */
    attune_verdict (*after_fold)(void *self, const attune_pruner_view *view);
    attune_verdict (*at_report)(void *self, const attune_pruner_view *view);
} attune_pruner_type;

typedef struct attune_pruner {
    const attune_pruner_type *type;
    void *self;
} attune_pruner;

extern const attune_pruner_type *const attune_pruner_types[];

/* "median", or {"median": {"field": ...}}. "none" gives NULL. */
attune_status attune_pruner_from_json(attune_pruner **pruner, json_t *json, const attune_at *at,
                                      attune_error *error);
/* {"median": {every setting}}, or "none" for NULL: what a study is frozen with. New reference. */
json_t *attune_pruner_to_json(const attune_pruner *pruner, attune_error *error);
attune_status attune_pruner_new(attune_pruner **pruner, const char *name, attune_error *error);
void attune_pruner_free(attune_pruner *pruner);

#endif
