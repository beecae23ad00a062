/* steps/splitters/k_fold.c - every row is tested once, by a model that did not see it. */
#include "steps/splitters/assign.h"

struct k_fold {
    int64_t folds;
    bool shuffle, stratify;
};

static const attune_field fields[] = {
    ATTUNE_INTEGER(struct k_fold, folds, 5, "number of folds", .low = 2, .high = ATTUNE_MOST_FOLDS),
    ATTUNE_BOOLEAN(struct k_fold, shuffle, true,
                   "draw rows at random; else folds are runs of rows"),
    ATTUNE_BOOLEAN(struct k_fold, stratify, true, "spread each class evenly; a regression has none",
                   .nullable = true),
    ATTUNE_FIELDS_END,
};

static bool shuffles(const void *self)
{
    return ((const struct k_fold *)self)->shuffle;
}

static attune_status split(const void *self, const attune_data *data, const attune_rows *rows,
                           attune_key seed, attune_folds *folds, attune_error *error)
{
    const struct k_fold *s = self;
    attune_assign request = {s->folds, 0, s->shuffle, s->stratify};
    return attune_assign_split(&request, data, rows, seed, folds, error);
}

const attune_splitter_type attune_splitter_k_fold = {
    .name = "k_fold",
    .doc = "Each row is tested once; groups stay together, classes are spread evenly.",
    .size = sizeof(struct k_fold),
    .fields = fields,
    .shuffles = shuffles,
    .split = split,
};
