/* trials/checks.h - what every storage refuses to store.
 *
 * A store that took something wrong could not be read again, so each operation checks first; the
 * checks are here once, for all storages. Thread class: pure. */
#ifndef ATTUNE_TRIALS_CHECKS_H
#define ATTUNE_TRIALS_CHECKS_H

#include "spaces/space.h"
#include "trials/storage.h"

/* The sizes that all trials of a study share. */
typedef struct attune_study_shape {
    int64_t n_objectives, n_metrics, n_folds, n_dimensions;
} attune_study_shape;

enum { ATTUNE_DIMENSIONS_MOST = 4096 }; /* ids in Optuna's views leave room for this many */

/* INVALID: an empty name, or a text that is not the JSON it should be. space is nullable; the
 * caller frees it. */
attune_status attune_study_check(const attune_study *study, attune_study_shape *shape,
                                 attune_space **space, attune_error *error);

/* The shape as far as directions and metrics tell (n_dimensions is left 0). */
attune_status attune_study_shape_read(const attune_study *study, attune_study_shape *shape,
                                      attune_error *error);

/* INVALID: a trial that cannot begin: its hyperparameters do not fit the space, a negative number.
 */
attune_status attune_claim_check(const attune_study_shape *shape, const attune_trial *trial,
                                 attune_error *error);
/* INVALID: a trial, a fold, an attribute that a store must not take; storage.h says what fits. */
attune_status attune_finish_check(const attune_study_shape *shape, const attune_trial *trial,
                                  attune_error *error);
attune_status attune_fold_check(const attune_study_shape *shape, int64_t fold, double cost,
                                attune_error *error);
attune_status attune_attribute_check(const char *key, const char *json, attune_error *error);

/* CONFLICT: what a trial in a state other than RUNNING says to a change. */
attune_status attune_not_running(int64_t number, attune_trial_state state, attune_error *error);
attune_status attune_no_trial(int64_t number, attune_error *error);                  /* NOT_FOUND */
attune_status attune_no_study(int64_t study, attune_error *error);                   /* NOT_FOUND */
attune_status attune_number_gap(int64_t number, int64_t count, attune_error *error); /* CONFLICT */

/* Sets or replaces the value of a step in a list that may move. */
attune_status attune_reports_set(attune_report **reports, int64_t *n, int64_t step, double value,
                                 attune_error *error);

#endif
