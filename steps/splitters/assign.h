/* steps/splitters/assign.h - which fold each row is tested in: what splitters that shuffle share.
 *
 * Positions are places in rows (rows->index[i]), which are distinct and ascending.
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_SPLITTERS_ASSIGN_H
#define ATTUNE_STEPS_SPLITTERS_ASSIGN_H

#include "spaces/base/stream.h"
#include "steps/splitter.h"

typedef struct attune_assign {
    int64_t n_folds; /* 2 or more; or 1: a holdout */
    double share;    /* of the rows that a holdout tests */
    bool shuffle;    /* else folds are runs of rows, and a holdout is the last ones */
    bool stratify;   /* spread the classes of a class target evenly */
} attune_assign;

/* Divides rows by a request: whole groups where the data have group columns (rows that share a
 * value of any of them stay together; a row without one stands for itself), else single rows.
 * Without groups, folds differ by at most one row, and by at most one row of each class when
 * stratified. With groups as evenly as a greedy pass gets them. INVALID: too few rows or groups. */
attune_status attune_assign_split(const attune_assign *request, const attune_data *data,
                                  const attune_rows *rows, attune_key seed, attune_folds *folds,
                                  attune_error *error);

/* Folds from an assignment: position i is tested in fold[i], from 0; one below 0 is in no test and
 * in every train. No fold may be without test rows. */
attune_status attune_folds_make(const attune_rows *rows, const int64_t *fold, int64_t n_folds,
                                attune_folds *folds, attune_error *error);

#endif
