/* steps/held_out.c - one share of the rows of a fit is kept aside. */
#include "steps/held_out.h"

#include "steps/splitter.h"

#include <math.h>

static attune_status make_splitter(const attune_data *data, double share,
                                   attune_splitter **splitter, attune_error *error)
{
    bool timed = attune_data_role(data, ATTUNE_TIME) != NULL;
    const char *name = timed ? "walk_forward" : "holdout";
    attune_status status = attune_splitter_new(splitter, attune_splitter_type_find(name), error);
    if (status)
        return status;
    /* The last fold of walk_forward tests one of (folds + 1) equal shares of the times. */
    double folds = fmax(1, fmin(100, round(1 / share) - 1));
    attune_value value =
        timed ? (attune_value){.kind = ATTUNE_VALUE_INTEGER, .integer = (int64_t)folds}
              : (attune_value){.kind = ATTUNE_VALUE_REAL, .real = share};
    const attune_field *field =
        attune_field_find((*splitter)->type->fields, timed ? "folds" : "share");
    return attune_field_set(field, (*splitter)->self, &value, error);
}

attune_status attune_held_out_split(const attune_data *data, const attune_rows *rows, double share,
                                    attune_key seed, attune_rows **fitted, attune_rows **held_out,
                                    attune_error *error)
{
    attune_splitter *splitter = NULL;
    attune_folds folds = {0};
    *fitted = *held_out = NULL;
    attune_status status = make_splitter(data, share, &splitter, error);
    if (!status)
        status = attune_splitter_split(splitter, data, rows, seed, &folds, error);
    if (status == ATTUNE_INVALID) { /* too few rows: no fault of the plan */
        status = ATTUNE_UNFIT;
        if (error)
            error->status = status;
    }
    if (!status) {
        const attune_fold *last = &folds.items[folds.n - 1];
        *fitted = attune_rows_ref(last->train);
        *held_out = attune_rows_ref(last->test);
        if (!last->train->n || !last->test->n)
            status = attune_fail(error, ATTUNE_UNFIT, "too few rows to keep some aside");
    }
    attune_folds_clear(&folds);
    attune_splitter_free(splitter);
    return status;
}
