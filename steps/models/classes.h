/* steps/models/classes.h - what models that give a score to each class share.
 *
 * A class that has no training row, or a prior of 0, has a score of minus infinity: probability 0.
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_MODELS_CLASSES_H
#define ATTUNE_STEPS_MODELS_CLASSES_H

#include "spaces/base/field.h"
#include "steps/predictions.h"

/* The classes of n rows of the data. UNFIT: no target of classes (`model` says who needs one), or a
 * row whose class is missing. */
attune_status attune_classes_take(const attune_data *data, const int64_t *index, int64_t n,
                                  const char *model, int32_t *codes, attune_error *error);

/* Prior probabilities of n classes, in their order: the given ones where there are any (0 or more,
 * one a class; scaled to a sum of 1), else the classes' shares of the weight. A class that weighs
 * nothing gets 0. UNFIT when none is left. */
attune_status attune_classes_priors(const attune_reals *given, const double *weight, int64_t n,
                                    double *priors, attune_error *error);

/* Room for probabilities of n_rows rows: BINARY for two classes, else MULTICLASS. MEMORY. */
attune_status attune_classes_make(attune_predictions *out, int64_t n_rows, int64_t n_classes,
                                  attune_error *error);

/* Scores (logarithms, up to a constant) of one row made probabilities that sum to 1, in place.
 * false: there are none, no score is finite or one is NaN. libm only. */
bool attune_classes_softmax(double *scores, int64_t n);

/* After loading: NULL, or what is wrong with the fitted list of the classes that were there, codes
 * below n_classes (0: a regression). */
const char *attune_classes_check(const attune_array *classes, int64_t n_classes);

#endif
