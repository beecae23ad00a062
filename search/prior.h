/* search/prior.h - results of an older study, shown to samplers as what came before job 0.
 *
 * They are read once, by the names of hyperparameters that the two spaces share, and then belong to
 * the new study: stored with it, part of its identity, so that it goes on without the old file.
 * Thread class: one thread reads; then shared read-only. */
#ifndef ATTUNE_SEARCH_PRIOR_H
#define ATTUNE_SEARCH_PRIOR_H

#include "spaces/space.h"
#include "trials/trial.h"

/* One result in the new space. */
typedef struct attune_prior_row {
    attune_sample sample;
    double *values; /* n_objectives, as the metric has them */
    bool pruned;    /* the value is an estimate */
} attune_prior_row;

typedef struct attune_prior {
    attune_prior_row *rows;
    int64_t n, n_objectives;
    char *text;         /* as it is stored: canonical JSON */
    attune_key key;     /* of that text */
    int64_t n_left_out; /* of the old study: not finished, or out of the new space */
} attune_prior;

/* Where to read: "old.db", or {"store": "old.db", "study": "name"}. INVALID at its place. */
attune_status attune_prior_source(const json_t *from, const attune_at *at, const char **store,
                                  const char **study, attune_error *error);

/* What the old study has, in this space: complete trials and pruned ones, whose values of shared
 * hyperparameters (by flat name, or the unique end of one on either side) are values here; a shared
 * one that is out of range, or a broken relation, leaves the trial out. What the old study does not
 * have takes its middle. study NULL: the newest. INVALID: other directions, or nothing shared. */
attune_status attune_prior_read(attune_prior *prior, const attune_space *space,
                                const char *const *directions, int64_t n_objectives,
                                const char *store, const char *study, attune_error *error);

/* The same from its stored text. CORRUPT: it does not fit the space. */
attune_status attune_prior_load(attune_prior *prior, const attune_space *space,
                                int64_t n_objectives, const char *text, attune_error *error);
void attune_prior_clear(attune_prior *prior);

#endif
