/* steps/metric.c - the registry of metrics, the truth they are held against, and what is better. */
#include "steps/metric.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTUNE_METRIC(name) extern const attune_metric_type attune_metric_##name;
#include "steps/metrics.def"
#undef ATTUNE_METRIC

const attune_metric_type *const attune_metric_types[] = {
#define ATTUNE_METRIC(name) &attune_metric_##name,
#include "steps/metrics.def"
#undef ATTUNE_METRIC
    NULL,
};

const attune_metric_type *attune_metric_find(const char *name)
{
    for (const attune_metric_type *const *type = attune_metric_types; *type; type++)
        if (strcmp((*type)->name, name) == 0)
            return *type;
    return NULL;
}

attune_status attune_metric_unknown(const char *name, attune_task task, attune_error *error)
{
    const char *names[sizeof attune_metric_types / sizeof *attune_metric_types];
    int64_t n = 0;
    attune_text list = {0};
    for (const attune_metric_type *const *type = attune_metric_types; *type; type++)
        if (task == ATTUNE_NO_TASK || (*type)->tasks & 1u << task) {
            attune_text_printf(&list, "%s%s", n ? ", " : "", (*type)->name);
            names[n++] = (*type)->name;
        }
    char hint[128], target[64] = "";
    attune_did_you_mean(name, names, n, hint, sizeof hint);
    if (task != ATTUNE_NO_TASK)
        snprintf(target, sizeof target, " of a %s target", attune_task_word(task));
    if (attune_metric_find(name))
        attune_fail(error, ATTUNE_INVALID, "\"%s\" is not a metric%s; there are %s", name, target,
                    list.bytes ? list.bytes : "none");
    else
        attune_fail(error, ATTUNE_INVALID, "unknown metric \"%s\"%s%s the metrics%s are %s", name,
                    hint, *hint ? "" : ";", target, list.bytes ? list.bytes : "none");
    attune_text_clear(&list);
    return ATTUNE_INVALID;
}

const attune_metric_type *attune_metric_default(attune_task task)
{
    if (task == ATTUNE_NO_TASK)
        return NULL;
    return attune_metric_find(task == ATTUNE_REGRESSION ? "rmse" : "log_loss");
}

bool attune_better(attune_direction direction, double a, double b)
{
    if (isnan(a) || isnan(b))
        return !isnan(a);
    return direction == ATTUNE_MINIMIZE ? a < b : a > b;
}

static attune_status gather_target(attune_truth *truth, const attune_column *target,
                                   const attune_rows *rows, attune_error *error)
{
    for (int64_t i = 0; i < rows->n; i++) {
        int64_t row = rows->index[i];
        int32_t code = 0;
        if (truth->codes)
            code = truth->codes[i] = target->codes[row * target->stride];
        else
            truth->reals[i] = target->reals[row * target->stride];
        if (attune_column_missing(target, row))
            return attune_fail(error, ATTUNE_UNFIT, "the target \"%s\" is missing in row %lld",
                               target->name, (long long)row + 1);
        if (code < 0 || (truth->codes && code >= truth->n_classes))
            return attune_fail(error, ATTUNE_UNFIT,
                               "the target \"%s\" has a class in row %lld that was not there in "
                               "training",
                               target->name, (long long)row + 1);
    }
    return ATTUNE_OK;
}

static attune_status gather_weights(attune_truth *truth, const attune_column *column,
                                    const attune_rows *rows, attune_error *error)
{
    if (column->kind != ATTUNE_REAL_COLUMN)
        return attune_fail(error, ATTUNE_INVALID, "the weight column \"%s\" has no numbers",
                           column->name);
    truth->weights = attune_alloc(rows->n, sizeof *truth->weights, error);
    if (!truth->weights)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < rows->n; i++) {
        double weight = column->reals[rows->index[i] * column->stride];
        if (!(weight >= 0 && weight < INFINITY))
            return attune_fail(error, ATTUNE_UNFIT,
                               "the weight \"%s\" in row %lld must be a number of at least 0",
                               column->name, (long long)rows->index[i] + 1);
        truth->weights[i] = weight;
    }
    return ATTUNE_OK;
}

attune_status attune_truth_gather(attune_truth *truth, const attune_data *data,
                                  const attune_rows *rows, attune_error *error)
{
    const attune_column *target = attune_data_target(data);
    const attune_column *weight = attune_data_role(data, ATTUNE_WEIGHT);
    bool classes = data->task == ATTUNE_BINARY || data->task == ATTUNE_MULTICLASS;
    memset(truth, 0, sizeof *truth);
    if (!target || data->task == ATTUNE_NO_TASK)
        return attune_fail(error, ATTUNE_INVALID, "the data have no target to score against");
    if (target->kind != (classes ? ATTUNE_NOMINAL_COLUMN : ATTUNE_REAL_COLUMN))
        return attune_fail(error, ATTUNE_INTERNAL, "the target \"%s\" is %s in a %s task",
                           target->name, attune_kind_word(target->kind),
                           attune_task_word(data->task));
    truth->task = data->task;
    truth->n = rows->n;
    truth->n_classes = attune_data_n_classes(data);
    truth->positive = data->task == ATTUNE_BINARY ? data->positive : -1;
    if (classes)
        truth->codes = attune_alloc(rows->n, sizeof *truth->codes, error);
    else
        truth->reals = attune_alloc(rows->n, sizeof *truth->reals, error);
    attune_status status = truth->codes || truth->reals ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = gather_target(truth, target, rows, error);
    if (!status && weight)
        status = gather_weights(truth, weight, rows, error);
    if (status)
        attune_truth_clear(truth);
    return status;
}

void attune_truth_clear(attune_truth *truth)
{
    free(truth->reals);
    free(truth->codes);
    free(truth->weights);
    memset(truth, 0, sizeof *truth);
}

double attune_metric_mean(const attune_truth *truth, const attune_predictions *predictions,
                          double (*row)(const attune_truth *truth,
                                        const attune_predictions *predictions, int64_t i))
{
    double sum = 0, total = 0;
    for (int64_t i = 0; i < truth->n; i++) {
        double weight = attune_truth_weight(truth, i);
        total += weight;
        if (weight > 0) /* an infinite error of no weight is no error */
            sum += weight * row(truth, predictions, i);
    }
    return sum / total;
}

static attune_status check_shapes(const attune_metric_type *metric, const attune_truth *truth,
                                  const attune_predictions *predictions, attune_error *error)
{
    if (!(metric->tasks & 1u << truth->task))
        return attune_fail(error, ATTUNE_INVALID, "the metric %s is not for a target of kind %s",
                           metric->name, attune_task_word(truth->task));
    bool classes = truth->task != ATTUNE_REGRESSION;
    if (predictions->task != truth->task || predictions->n != truth->n ||
        predictions->n_classes != truth->n_classes ||
        predictions->width != (classes ? truth->n_classes : 1) ||
        (truth->task == ATTUNE_BINARY && (truth->n_classes != 2 || truth->positive >> 1)))
        return attune_fail(error, ATTUNE_INTERNAL,
                           "%lld predictions of %d classes cannot be scored against %lld targets "
                           "of %d classes",
                           (long long)predictions->n, (int)predictions->n_classes,
                           (long long)truth->n, (int)truth->n_classes);
    return ATTUNE_OK;
}

/* No rows, no weight, or predictions that are no numbers: no metric is defined. */
static bool is_void(const attune_truth *truth, const attune_predictions *predictions)
{
    double total = 0;
    for (int64_t i = 0; i < truth->n; i++)
        total += attune_truth_weight(truth, i);
    if (!(total > 0 && total < INFINITY))
        return true;
    for (int64_t i = 0; i < predictions->n * predictions->width; i++)
        if (isnan(predictions->values[i]))
            return true;
    return false;
}

attune_status attune_metric_score(const attune_metric_type *metric, const attune_truth *truth,
                                  const attune_predictions *predictions, double *score,
                                  attune_error *error)
{
    *score = NAN;
    attune_status status = check_shapes(metric, truth, predictions, error);
    if (status || is_void(truth, predictions))
        return status;
    attune_error problem = {0};
    double value = metric->score(truth, predictions, &problem);
    if (problem.status)
        return attune_fail(error, problem.status, "%s", problem.message);
    *score = value;
    return ATTUNE_OK;
}
