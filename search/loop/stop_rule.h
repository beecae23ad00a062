/* search/loop/stop_rule.h - whether anything is left to win.
 *
 * A Gaussian process over what is known bounds, with high probability, how far the best found may
 * be from the best there is; when that is less than the error of the best one's own score over the
 * folds, further trials select noise (after Makarova et al. 2022, "Automatic termination for
 * hyperparameter optimization"). Looked at when certain numbers of trials are known, so that a
 * search ends after the same trial for any number of threads.
 * Thread class: pure; under the loop's lock. */
#ifndef ATTUNE_SEARCH_LOOP_STOP_RULE_H
#define ATTUNE_SEARCH_LOOP_STOP_RULE_H

#include "search/sampler.h"

/* Trials that are known before it is asked first, and between two looks. */
enum { ATTUNE_STOP_RULE_FIRST = 20, ATTUNE_STOP_RULE_EVERY = 5 };

/* At most so much is left to win, in the metric's own unit, with what is known of one objective.
 * Infinity: too little is known. O(n^3) in at most 200 trials. */
attune_status attune_stop_rule_left(const attune_history *history, double *left,
                                    attune_error *error);

/* The error of the best one's mean over its folds: losses of n_folds folds, which share most of
 * their training rows. NaN below two folds. */
double attune_stop_rule_error(const double *losses, int64_t n_folds);

#endif
