/* steps/metrics/confusion.h - how many rows of each class were meant, said, and both.
 *
 * The margins and the diagonal of a confusion matrix: what the metrics of labels are made of.
 * Thread class: one per thread. */
#ifndef ATTUNE_STEPS_METRICS_CONFUSION_H
#define ATTUNE_STEPS_METRICS_CONFUSION_H

#include "steps/metric.h"

typedef struct attune_confusion {
    int32_t n_classes;
    double total;      /* weight of all rows */
    double *truth;     /* weight of the rows of each class; owned, the others point into it */
    double *predicted; /* weight of the rows said to be of each class */
    double *hits;      /* weight of the rows of each class said to be of it */
} attune_confusion;

/* Labels are the classes of largest probability. MEMORY. O(n * classes). */
attune_status attune_confusion_make(attune_confusion *confusion, const attune_truth *truth,
                                    const attune_predictions *predictions, attune_error *error);
void attune_confusion_clear(attune_confusion *confusion);

/* How many classes have rows of weight above zero. */
int32_t attune_confusion_present(const attune_confusion *confusion);

#endif
