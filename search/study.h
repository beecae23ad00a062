/* search/study.h - an experiment in a store: opened, searched, its best trial published as a dump.
 * Thread class: one thread; attune_study_search starts its own. */
#ifndef ATTUNE_SEARCH_STUDY_H
#define ATTUNE_SEARCH_STUDY_H

#include "search/experiment.h"
#include "search/leaderboard.h"
#include "search/loop/loop.h"
#include "steps/dump/dump.h"

typedef struct attune_open_study {
    const attune_experiment *experiment; /* borrowed */
    attune_storage *storage;
    attune_study study;
    bool found;        /* the store has it */
    int64_t lookahead; /* as frozen in the study; 0: it grows (lookahead.h) */
    int64_t budget;    /* as planned when it was created */
    double baseline[ATTUNE_MOST_METRICS];
    attune_prior prior; /* results of an older study, the study's own copy; n 0: none */
    char *note; /* how what it was begun with differs from this program and machine; NULL: it does
                 * not */
} attune_open_study;

/* Opens the store (made when it is not there) and finds the plan's study in it, without making one
 * (found says). CONFLICT: a study of this name is there and is frozen otherwise; the message names
 * the first difference and both values. */
attune_status attune_open_study_begin(attune_open_study *open, const attune_experiment *experiment,
                                      const char *location, attune_error *error);

/* Makes the study when the store has none: measures the baseline, freezes identity and budget. */
attune_status attune_open_study_create(attune_open_study *open, attune_error *error);

/* Both. */
attune_status attune_open_study_open(attune_open_study *open, const attune_experiment *experiment,
                                     const char *location, attune_error *error);
void attune_open_study_close(attune_open_study *open);

/* All trials, to be given to attune_trials_free. */
attune_status attune_open_study_read(attune_open_study *open, attune_trial **trials, int64_t *n,
                                     attune_error *error);

/* The simplicity of each trial's model; the caller frees. */
attune_status attune_open_study_simplicity(attune_open_study *open, const attune_trial *trials,
                                           int64_t n, double **simplicity, attune_error *error);

/* Refits a trial on all rows and writes its dump. test_scores: of the held-out file, or NULL.
 * fitted (nullable) gets the pipeline. */
attune_status attune_open_study_publish(attune_open_study *open, const attune_trial *trial,
                                        const char *path, bool overwrite, attune_error *error);

/* What a dump says of its study: {"name", "id"}, the id made of the identity. New reference. */
json_t *attune_open_study_fact(const attune_open_study *open);

/* The facts and the plan that a dump of a trial carries; new references / owned text. */
attune_status attune_dump_facts(const attune_open_study *open, const attune_trial *trial,
                                json_t **facts, char **plan, attune_error *error);

#endif
