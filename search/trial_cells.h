/* search/trial_cells.h - the columns of a trial: what `attune trials` shows.
 *
 * number, state, value, each metric, se, model, fit, against_best, started, finished, crashes,
 * reason, hyperparams (one JSON object), and every hyperparameter by its flat name or the shortest
 * end of it that is unique. Thread class: one thread. */
#ifndef ATTUNE_SEARCH_TRIAL_CELLS_H
#define ATTUNE_SEARCH_TRIAL_CELLS_H

#include "search/stored.h"

/* Whether a column is there; INVALID lists them all. */
attune_status attune_trial_column_check(const attune_stored *stored, const char *column,
                                        attune_error *error);

/* The cell of a trial, as it is, or (people) as a table shows it. cell is overwritten; the caller
 * clears it. */
attune_status attune_trial_cell(const attune_stored *stored, const attune_trial *trial,
                                const char *column, bool people, attune_value *cell,
                                attune_error *error);

#endif
