/* steps/splitter.h - how rows are divided into what is fitted and what is scored.
 *
 * Splitters see roles: groups stay together, time stays in order. One file in steps/splitters/ and
 * one row in steps/splitters.def. Steps that split inside fit use the same ones on their own rows.
 * Thread class: shared read-only once made. */
#ifndef ATTUNE_STEPS_SPLITTER_H
#define ATTUNE_STEPS_SPLITTER_H

#include "spaces/base/field.h"
#include "steps/data.h"
#include "steps/rows.h"

typedef struct attune_fold {
    attune_rows *train, *test; /* owned shares; both in ascending row order */
} attune_fold;

typedef struct attune_folds {
    attune_fold *items;
    int64_t n;
} attune_folds;

void attune_folds_clear(attune_folds *folds);
attune_key attune_folds_key(const attune_folds *folds);

typedef struct attune_splitter_type {
    const char *name, *doc;
    size_t size;
    const attune_field *fields;
    const char *(*check)(const void *self);
    /* Divides the given rows of data; seed decides every draw. UNFIT / INVALID with the reason:
     * more folds than rows or groups, no time column, ... */
    attune_status (*split)(const void *self, const attune_data *data, const attune_rows *rows,
                           attune_key seed, attune_folds *folds, attune_error *error);
} attune_splitter_type;

typedef struct attune_splitter {
    const attune_splitter_type *type;
    void *self;
    int64_t repeats; /* 1 or more; each with its own seed */
} attune_splitter;

extern const attune_splitter_type *const attune_splitter_types[];
const attune_splitter_type *attune_splitter_type_find(const char *name);

/* A plan's "validation": {"folds": 5, "shuffle": true, "stratify": true, "repeats": 2},
 * {"k_fold": {...}}, {"holdout": 0.2}, {"walk_forward": {"folds": 6, "test": "28d", ...}},
 * {"column": "fold"}. NULL json: 5 folds, shuffled, stratified for classes, grouped when there is
 * a group. */
attune_status attune_splitter_from_json(attune_splitter **splitter, json_t *json,
                                        const attune_at *at, attune_error *error);
json_t *attune_splitter_to_json(const attune_splitter *splitter, attune_error *error);
void attune_splitter_free(attune_splitter *splitter);
attune_status attune_splitter_split(const attune_splitter *splitter, const attune_data *data,
                                    const attune_rows *rows, attune_key seed, attune_folds *folds,
                                    attune_error *error);

#endif
