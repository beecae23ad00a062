/* steps/models/random_forest.c - trees on rows drawn anew, each node the best cut of a few columns.
 */
#include "steps/models/forest.h"

#include <math.h>

static const attune_field fields[] = {
    ATTUNE_FOREST_FIELDS(true),
    ATTUNE_FIELDS_END,
};

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    return attune_forest_fit(self, false, data, rows, context, error);
}

const attune_step_type attune_step_random_forest = {
    .name = "random_forest",
    .doc = "The mean of many trees, each on rows drawn anew, each node cut on the best of a few "
           "columns.",
    .fields = fields,
    .fit = fit,
    ATTUNE_FOREST_TYPE,
};
