/* steps/splitters/holdout.c - one share of the rows is tested, the rest is fitted. */
#include "steps/splitters/assign.h"

struct holdout {
    double share;
    bool shuffle, stratify;
};

static const attune_field fields[] = {
    ATTUNE_REAL(struct holdout, share, 0.2, "share of the rows that is tested", .low = 0, .high = 1,
                .above_low = true),
    ATTUNE_BOOLEAN(struct holdout, shuffle, true, "draw rows at random; else the last are tested"),
    ATTUNE_BOOLEAN(struct holdout, stratify, true,
                   "spread each class evenly; a regression has none", .nullable = true),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    return ((const struct holdout *)self)->share < 1 ? NULL : "share must be below 1";
}

static bool shuffles(const void *self)
{
    return ((const struct holdout *)self)->shuffle;
}

static attune_status split(const void *self, const attune_data *data, const attune_rows *rows,
                           attune_key seed, attune_folds *folds, attune_error *error)
{
    const struct holdout *s = self;
    attune_assign request = {1, s->share, s->shuffle, s->stratify};
    return attune_assign_split(&request, data, rows, seed, folds, error);
}

const attune_splitter_type attune_splitter_holdout = {
    .name = "holdout",
    .doc = "One share of the rows is tested; groups stay together, classes are spread evenly.",
    .size = sizeof(struct holdout),
    .fields = fields,
    .check = check,
    .shuffles = shuffles,
    .split = split,
};
