/* steps/metric.h - how good predictions are.
 *
 * One file in steps/metrics/ and one row in steps/metrics.def.
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_METRIC_H
#define ATTUNE_STEPS_METRIC_H

#include "steps/predictions.h"
#include "steps/rows.h"

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

/* UNFIT when a target is missing in one of the rows. */
attune_status attune_truth_gather(attune_truth *truth, const attune_data *data,
                                  const attune_rows *rows, attune_error *error);
void attune_truth_clear(attune_truth *truth);

typedef struct attune_metric_type {
    const char *name, *doc;
    attune_direction direction;
    unsigned tasks; /* 1 << attune_task, or-ed */
    /* NaN when it is not defined on these rows (roc_auc with one class). Sums run in row order.
     * O(n * classes), with a sort where ranks are needed. */
    double (*score)(const attune_truth *truth, const attune_predictions *predictions,
                    attune_error *error);
} attune_metric_type;

/* All types in the order of metrics.def, NULL at the end. */
extern const attune_metric_type *const attune_metric_types[];
const attune_metric_type *attune_metric_find(const char *name);
/* INVALID with the nearest name and the list of those for the task. */
attune_status attune_metric_unknown(const char *name, attune_task task, attune_error *error);
/* What is taken when a plan names none: rmse, log_loss. */
const attune_metric_type *attune_metric_default(attune_task task);

/* Whether a is strictly better than b in a direction; NaN is never better, anything beats NaN. */
bool attune_better(attune_direction direction, double a, double b);

/* NaN with error set (MEMORY only); also checks that truth and predictions are of one shape. */
attune_status attune_metric_score(const attune_metric_type *metric, const attune_truth *truth,
                                  const attune_predictions *predictions, double *score,
                                  attune_error *error);

#endif
