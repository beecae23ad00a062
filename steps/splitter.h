/* steps/splitter.h - how rows are divided into what is fitted and what is scored.
 *
 * Splitters see roles: groups stay together, time stays in order. One file in steps/splitters/ and
 * one row in steps/splitters.def. Steps that split inside fit use the same ones on their own rows.
 *
 * Folds follow from the data, the set of rows and the seed alone: the order of the selection does
 * not count, and a row that was selected twice has both its copies on one side.
 * Thread class: shared read-only once made. */
#ifndef ATTUNE_STEPS_SPLITTER_H
#define ATTUNE_STEPS_SPLITTER_H

#include "spaces/base/field.h"
#include "steps/data/data.h"
#include "steps/data/rows.h"

enum { ATTUNE_MOST_FOLDS = 1000 }; /* of one splitter, without its repeats */

typedef struct attune_fold {
    attune_rows *train, *test; /* owned shares; both in ascending row order */
} attune_fold;

typedef struct attune_folds {
    attune_fold *items; /* of the first repeat, then of the second, ... */
    int64_t n;
} attune_folds;

void attune_folds_clear(attune_folds *folds);
/* The same for the same rows in the same folds. */
attune_key attune_folds_key(const attune_folds *folds);

typedef struct attune_splitter_type {
    const char *name, *doc;
    size_t size;
    const attune_field *fields;
    const char *(*check)(const void *self); /* nullable; NULL or the complaint */
    /* Whether another seed gives other folds, so that repeats make sense. NULL: never. */
    bool (*shuffles)(const void *self);
    /* The column that the folds are read from: it is no input. NULL: none is. */
    const char *(*column)(const void *self);
    /* Divides the given rows of data, which are distinct and ascending, at least one; seed decides
     * every draw. UNFIT / INVALID with the reason: more folds than rows or groups, no time column,
     * ... */
    attune_status (*split)(const void *self, const attune_data *data, const attune_rows *rows,
                           attune_key seed, attune_folds *folds, attune_error *error);
} attune_splitter_type;

typedef struct attune_splitter {
    const attune_splitter_type *type;
    void *self;
    int64_t repeats; /* 1 or more; each with its own seed */
} attune_splitter;

/* All types in the order of splitters.def, NULL at the end. */
extern const attune_splitter_type *const attune_splitter_types[];
const attune_splitter_type *attune_splitter_type_find(const char *name);

/* With every field at its default, and one repeat. */
attune_status attune_splitter_new(attune_splitter **splitter, const attune_splitter_type *type,
                                  attune_error *error);
void attune_splitter_free(attune_splitter *splitter);

/* A plan's "validation": {"folds": 5, "shuffle": true, "stratify": true, "repeats": 2},
 * {"k_fold": {...}}, {"holdout": 0.2}, {"walk_forward": {"folds": 6, "test": "28d", ...}},
 * {"column": "fold"}, each with "repeats" beside it. NULL or null: 5 folds, shuffled, stratified
 * for classes, grouped when there is a group. INVALID at its line and column. */
attune_status attune_splitter_from_json(attune_splitter **splitter, json_t *json,
                                        const attune_at *at, attune_error *error);
/* {"k_fold": {...}, "repeats": 1} with every field named. New reference, NULL with error set. */
json_t *attune_splitter_to_json(const attune_splitter *splitter, attune_error *error);

/* *folds is overwritten; on failure nothing is in it. INVALID with the reason, MEMORY. O(folds *
 * rows). */
attune_status attune_splitter_split(const attune_splitter *splitter, const attune_data *data,
                                    const attune_rows *rows, attune_key seed, attune_folds *folds,
                                    attune_error *error);

#endif
