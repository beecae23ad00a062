/* steps/metric.h - how good predictions are.
 *
 * One file in steps/metrics/ and one row in steps/metrics.def.
 *
 * What holds for every metric: rows count by their weights; a score is NaN when it is not defined
 * on these rows, which the file of each metric says, and always without rows, without weight, or
 * with a NaN among the predictions. Labels are the classes of largest probability, the lower code
 * in a tie. Sums run in row order. Names and figures are scikit-learn's where it has the metric.
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_METRIC_H
#define ATTUNE_STEPS_METRIC_H

#include "steps/predictions.h"
#include "steps/data/rows.h"

typedef enum attune_direction { ATTUNE_MINIMIZE, ATTUNE_MAXIMIZE } attune_direction;

/* The true target of the predicted rows, gathered in their order. */
typedef struct attune_truth {
    attune_task task;
    int64_t n;
    int32_t n_classes, positive; /* positive -1 when not BINARY */
    double *reals;               /* REGRESSION; owned */
    int32_t *codes;              /* classes; owned */
    double *weights;             /* NULL: all 1; owned */
} attune_truth;

/* UNFIT when in one of the rows the target is missing or of a class never seen, or the weight is
 * missing, negative or infinite; INVALID when there is no target, or the weights are no numbers. */
attune_status attune_truth_gather(attune_truth *truth, const attune_data *data,
                                  const attune_rows *rows, attune_error *error);
void attune_truth_clear(attune_truth *truth);

static inline double attune_truth_weight(const attune_truth *truth, int64_t i)
{
    return truth->weights ? truth->weights[i] : 1;
}

typedef struct attune_metric_type {
    const char *name, *doc;
    attune_direction direction;
    unsigned tasks; /* 1 << attune_task, or-ed */
    /* NaN when it is not defined on these rows (roc_auc with one class). Sums run in row order.
     * O(n * classes), with a sort where ranks are needed. Called by attune_metric_score only, with
     * at least one row, weight above zero, a task that it is for, and no NaN. */
    double (*score)(const attune_truth *truth, const attune_predictions *predictions,
                    attune_error *error);
} attune_metric_type;

/* The weighted mean over rows of what `row` says of each: what many metrics are. O(n). */
double attune_metric_mean(const attune_truth *truth, const attune_predictions *predictions,
                          double (*row)(const attune_truth *truth,
                                        const attune_predictions *predictions, int64_t i));

/* All types in the order of metrics.def, NULL at the end. */
extern const attune_metric_type *const attune_metric_types[];
const attune_metric_type *attune_metric_find(const char *name);
/* INVALID with the nearest name and the list of those for the task (NO_TASK: of all). */
attune_status attune_metric_unknown(const char *name, attune_task task, attune_error *error);
/* What is taken when a plan names none: rmse, log_loss; NULL for NO_TASK. */
const attune_metric_type *attune_metric_default(attune_task task);

/* Whether a is strictly better than b in a direction; NaN is never better, anything beats NaN. */
bool attune_better(attune_direction direction, double a, double b);

/* INVALID when the metric is not for the task; INTERNAL when truth and predictions are not of one
 * shape; MEMORY. *score is NaN then. */
attune_status attune_metric_score(const attune_metric_type *metric, const attune_truth *truth,
                                  const attune_predictions *predictions, double *score,
                                  attune_error *error);

#endif
