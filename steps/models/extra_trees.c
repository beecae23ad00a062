/* steps/models/extra_trees.c - trees whose cuts are drawn at random. */
#include "steps/models/forest.h"

#include <math.h>

static const attune_field fields[] = {
    ATTUNE_FOREST_FIELDS(false),
    ATTUNE_FIELDS_END,
};

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    return attune_forest_fit(self, true, data, rows, context, error);
}

const attune_step_type attune_step_extra_trees = {
    .name = "extra_trees",
    .doc = "The mean of many trees whose nodes take the best of a few random cuts.",
    .fields = fields,
    .fit = fit,
    ATTUNE_FOREST_TYPE,
};
