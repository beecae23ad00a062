/* steps/models/classes.c - classes of rows, their priors, and probabilities of scores. */
#include "steps/models/classes.h"

#include "steps/numeric/numeric.h"

#include <math.h>

attune_status attune_classes_take(const attune_data *data, const int64_t *index, int64_t n,
                                  const char *model, int32_t *codes, attune_error *error)
{
    const attune_column *target = attune_data_target(data);
    int32_t n_classes = attune_data_n_classes(data);
    if (!target || n_classes < 1)
        return attune_fail(error, ATTUNE_UNFIT, "%s needs a target of classes", model);
    for (int64_t i = 0; i < n; i++) {
        codes[i] = target->codes[index[i] * target->stride];
        if (codes[i] < 0 || codes[i] >= n_classes)
            return attune_fail(error, ATTUNE_UNFIT, "the target of row %lld is missing",
                               (long long)index[i] + 1);
    }
    return ATTUNE_OK;
}

attune_status attune_classes_priors(const attune_reals *given, const double *weight, int64_t n,
                                    double *priors, attune_error *error)
{
    if (given->n && given->n != n)
        return attune_fail(error, ATTUNE_UNFIT,
                           "priors: %lld are given, the target has %lld classes",
                           (long long)given->n, (long long)n);
    for (int64_t k = 0; k < n; k++)
        priors[k] = weight[k] > 0 ? given->n ? given->items[k] : weight[k] : 0;
    double total = attune_sum(priors, n);
    if (!(total > 0) || !isfinite(total))
        return attune_fail(error, ATTUNE_UNFIT,
                           "priors: a class with training rows must have one above 0");
    for (int64_t k = 0; k < n; k++)
        priors[k] /= total;
    return ATTUNE_OK;
}

attune_status attune_classes_make(attune_predictions *out, int64_t n_rows, int64_t n_classes,
                                  attune_error *error)
{
    attune_task task = n_classes == 2 ? ATTUNE_BINARY : ATTUNE_MULTICLASS;
    return attune_predictions_make(out, task, n_rows, (int32_t)n_classes, error);
}

bool attune_classes_softmax(double *scores, int64_t n)
{
    double most = -INFINITY, sum = 0;
    for (int64_t k = 0; k < n; k++) {
        if (isnan(scores[k]))
            return false;
        most = scores[k] > most ? scores[k] : most;
    }
    if (!isfinite(most))
        return false;
    for (int64_t k = 0; k < n; k++)
        sum += scores[k] = exp(scores[k] - most);
    for (int64_t k = 0; k < n; k++)
        scores[k] /= sum;
    return true;
}

const char *attune_classes_check(const attune_array *classes, int64_t n_classes)
{
    int64_t n = attune_array_count(classes);
    if (n_classes < 0 || n_classes > INT32_MAX)
        return "n_classes must be 0 or more";
    if (classes->type != ATTUNE_ARRAY_I32 || classes->n_dims != 1 || n > n_classes ||
        (n_classes > 0 && n < 1))
        return "classes must be a list of 1 to n_classes codes";
    for (int64_t k = 0; k < n; k++)
        if (classes->i32[k] < (k ? classes->i32[k - 1] + 1 : 0) || classes->i32[k] >= n_classes)
            return "classes must be ascending codes below n_classes";
    return NULL;
}
