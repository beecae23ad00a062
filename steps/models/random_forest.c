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
    .version = 1,
    .size = sizeof(attune_forest),
    .fields = fields,
    .tasks = ATTUNE_FOR_ANY,
    .simplicity = 4,
    .space = "{\"n_estimators\": 200,"
             " \"max_features\": {\"uniform\": [0.1, 1]},"
             " \"min_samples_leaf\": {\"log_int\": [1, 30]}}",
    .takes = 1u << ATTUNE_REAL_COLUMN | 1u << ATTUNE_NOMINAL_COLUMN,
    .takes_missing = true,
    .scale_free = true,
    .fit = fit,
    .predict = attune_forest_predict,
    .predict_stages = attune_forest_predict_stages,
    .truncate = attune_forest_truncate,
    .check_fitted = attune_forest_check,
    .describe = attune_forest_describe,
    .importance = attune_forest_importance,
    .estimate_memory = attune_forest_memory,
};
