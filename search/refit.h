/* search/refit.h - one configuration of a plan, fitted again: what `fit` and `reproduce` do.
 * Thread class: one thread. */
#ifndef ATTUNE_SEARCH_REFIT_H
#define ATTUNE_SEARCH_REFIT_H

#include "search/experiment.h"
#include "search/source.h"
#include "trials/trial.h"

typedef struct attune_refit {
    attune_source source;
    attune_experiment experiment;
    attune_sample sample; /* of the plan's space: what is fitted */
} attune_refit;

/* what: a plan, a dump or a trial's number (search/source.h); data (nullable) in place of the file
 * that it names. The configuration is what the plan has fixed, and attune_plan_sample's for the
 * rest. NOT_FOUND says to name the data. */
attune_status attune_refit_open(attune_refit *refit, const char *what, const char *data,
                                const attune_arguments *arguments, attune_error *error);
void attune_refit_clear(attune_refit *refit);

/* Fits and scores every fold: values, folds and hyperparams of a COMPLETE trial, which the caller
 * clears. */
attune_status attune_refit_score(const attune_refit *refit, attune_trial *trial,
                                 attune_error *error);

/* Fits on all rows. */
attune_status attune_refit_fit(const attune_refit *refit, attune_step **pipeline,
                               attune_error *error);

#endif
