/* steps/models/svm.h - what the files of the svm step share.
 * Thread class: one per thread until fitted; then shared read-only. */
#ifndef ATTUNE_STEPS_MODELS_SVM_H
#define ATTUNE_STEPS_MODELS_SVM_H

#include "spaces/value.h"
#include "steps/context.h"
#include "steps/models/linear_model.h"
#include "steps/models/svm_kernel.h"
#include "steps/models/svm_solve.h"

typedef struct attune_svm {
    int kernel; /* an attune_svm_kind */
    double C;
    attune_value gamma; /* null or "scale", "auto", a number */
    int64_t degree;
    double coef0, epsilon, tol;
    int class_weight;
    bool standardize_target;
    int64_t max_iter;
    attune_texts inputs;
    attune_array support_vectors; /* n x p, those of a class together */
    attune_array dual_coef;       /* classes - 1 (or 1) x n */
    attune_array intercept;       /* a pair of classes (or 1) */
    attune_array n_support;       /* a class; empty for numbers */
    attune_array calibration;     /* a pair of classes: slope and offset of its sigmoid */
    attune_array classes;         /* that were there, by their code */
    attune_array settings;        /* gamma; of numbers: mean and deviation */
    int64_t n_classes;
} attune_svm;

/* The kernel with the gamma that was fitted. */
attune_svm_kernel attune_svm_kernel_of(const attune_svm *s);

/* Pairs of n classes: (0, 1), (0, 2), ..., (1, 2), ... */
int64_t attune_svm_n_pairs(int64_t n_classes);

/* What each pair says of a row (above 0: the first of the two), given its kernel values with all
 * support vectors; of numbers: one value. */
void attune_svm_decisions(const attune_svm *s, const double *values, double *decisions);

/* Learns everything that is fitted. */
attune_status attune_svm_fit(attune_svm *s, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_error *error);

/* The sigmoid 1 / (1 + exp(slope f + offset)) that is likeliest for decisions f of n rows, of which
 * those with positive[i] are of the first class. weight: of each row. Source: Platt (2000); Lin,
 * Lin and Weng (2007), A note on Platt's probabilistic outputs. */
void attune_svm_sigmoid(const double *f, const uint8_t *positive, const double *weight, int64_t n,
                        double *slope, double *offset);
double attune_svm_sigmoid_at(double f, double slope, double offset);

/* Probabilities of n classes from those of the first of each pair: which agree with all pairs best
 * in squares. room: n * (n + 1)
 * items. Source: Wu, Lin and Weng (2004), Probability estimates for
 * multi-class classification by pairwise coupling, second method. */
void attune_svm_couple(const double *pairs, int64_t n, double *room, double *p);

#endif
