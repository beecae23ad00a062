/* trials/trial.h - one trial: what was tried and what came of it.
 * Thread class: a frozen trial belongs to whoever read it. */
#ifndef ATTUNE_TRIALS_TRIAL_H
#define ATTUNE_TRIALS_TRIAL_H

#include "spaces/base/text.h"

typedef enum attune_trial_state {
    ATTUNE_TRIAL_RUNNING,
    ATTUNE_TRIAL_COMPLETE,
    ATTUNE_TRIAL_PRUNED,
    ATTUNE_TRIAL_FAIL,
    ATTUNE_TRIAL_WAITING,
    ATTUNE_TRIAL_STATES
} attune_trial_state;

const char *attune_trial_state_word(attune_trial_state state); /* RUNNING, COMPLETE, ... */
bool attune_trial_state_from_word(const char *word, attune_trial_state *state);

/* Why a FAIL trial failed: shown to samplers only when the configuration is to blame. */
typedef enum attune_blame {
    ATTUNE_BLAME_NONE,
    ATTUNE_BLAME_CONFIGURATION,
    ATTUNE_BLAME_ENVIRONMENT
} attune_blame;

/* One value a fold and metric: metric-major, folds[m * n_folds + f]; NaN: not scored. */
typedef struct attune_fold_scores {
    double *values; /* owned */
    int64_t n_metrics, n_folds;
} attune_fold_scores;

typedef struct attune_report {
    int64_t step;
    double value;
} attune_report;

typedef struct attune_trial {
    int64_t number; /* from 0 in its study; the job of an unpruned search */
    attune_trial_state state;
    char *hyperparams; /* JSON array in space order, null where inactive (spaces/space.h) */
    double *values;    /* objectives, then what `also` asked for: means over folds; owned */
    int64_t n_values;
    attune_fold_scores folds;
    attune_report *reports; /* in the order they came, one a step */
    int64_t n_reports;
    int64_t watermark; /* jobs below it were known finished when this one was decided */
    double cost;       /* CPU seconds of all its folds */
    int64_t crashes;   /* how often its process died under it since its last finished fold */
    attune_blame blame;
    char *reason;             /* of FAIL: a status word and a sentence; NULL */
    char *attributes;         /* JSON object: model, notes of steps, cache hits; NULL: none */
    char *started, *finished; /* naive UTC text, of the last claim and of the end; NULL */
} attune_trial;

void attune_trial_clear(attune_trial *trial);

/* Deep copy; to must be zeroed or hold a trial (which is cleared). */
attune_status attune_trial_copy(attune_trial *to, const attune_trial *from, attune_error *error);

/* The standard error of the mean over folds of metric m; NaN below two folds. */
double attune_trial_standard_error(const attune_trial *trial, int64_t metric);

#endif
