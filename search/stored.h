/* search/stored.h - a study of a store, looked at without its data.
 * Thread class: one thread. */
#ifndef ATTUNE_SEARCH_STORED_H
#define ATTUNE_SEARCH_STORED_H

#include "search/leaderboard.h"

/* What the commands that read a store take; put in their tables. */
#define ATTUNE_STORE_OPTION                                                                        \
    {                                                                                              \
        "store", "FILE", "where the trials are kept (attune.db)"                                   \
    }
#define ATTUNE_STUDY_OPTION                                                                        \
    {                                                                                              \
        "study", "NAME", "which study of the store; the newest when not given"                     \
    }

typedef struct attune_stored {
    attune_storage *storage;
    attune_study study;
    attune_space *space;
    attune_texts metrics;       /* objectives first */
    attune_direction direction; /* of the first objective */
    attune_direction *directions;
    attune_constraint *constraints;
    attune_goals goals;   /* of these */
    attune_trial *trials; /* all, by number */
    int64_t n;
    double *simplicity; /* one a trial; NULL when the plan cannot be read here */
    uint8_t *marks;     /* one a trial: whether it can be the answer (goals.h) */
    attune_leaderboard board;
    bool pipeline; /* it searches pipelines over data; else a command or a function */
    bool optuna;   /* read from a store of Optuna: no rule says which hyperparameters a trial has */
} attune_stored;

/* The study and all its trials; name NULL: the newest. NOT_FOUND: no such store (or study: the
 * others are named). */
attune_status attune_stored_open(attune_stored *stored, const char *location, const char *name,
                                 attune_error *error);
void attune_stored_clear(attune_stored *stored);

/* NOT_FOUND says how many there are. */
attune_status attune_stored_trial(const attune_stored *stored, int64_t number,
                                  const attune_trial **trial, attune_error *error);

/* The point of a trial; the caller inits and clears sample. */
attune_status attune_stored_sample(const attune_stored *stored, const attune_trial *trial,
                                   attune_sample *sample, attune_error *error);

/* {"name": value} of what was active in a trial. New reference. */
attune_status attune_stored_hyperparams(const attune_stored *stored, const attune_trial *trial,
                                        json_t **json, attune_error *error);

/* The plan it was searched by, with the hyperparameters of a trial fixed. New reference. */
attune_status attune_stored_plan(const attune_stored *stored, const attune_trial *trial,
                                 json_t **plan, attune_error *error);

/* "2,310 complete, 40 failed (31 memory, 9 timeout)", appended. */
void attune_stored_counts(const attune_stored *stored, attune_text *text);

/* What failed: the first word of a reason ("memory", "unfit"), into a buffer; returns it. */
const char *attune_trial_blamed(const attune_trial *trial, char *word, size_t size);

#endif
