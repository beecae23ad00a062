/* search/api/model.h - a loaded dump behind the public header: what its files share.
 * Thread class: shared read-only once open. */
#ifndef ATTUNE_SEARCH_API_MODEL_H
#define ATTUNE_SEARCH_API_MODEL_H

#include "search/attune.h"

#include "steps/dump/dump.h"

struct attune_model {
    attune_dump *dump;
    const attune_schema_column **inputs; /* of the schema: what predicting reads */
    int64_t n_inputs;
    const attune_levels *classes; /* NULL: a regression */
};

/* A caller's column as one of ours, a share; n_rows is the caller's. Fails with the column's name
 * and the row. */
attune_status attune_view_column(attune_column **column, const attune_schema_column *input,
                                 const attune_column_view *view, int64_t n_rows,
                                 attune_error *error);

#endif
