/* search/loop/jobs.h - the jobs of a running search, and the history that samplers are shown.
 * Thread class: under the loop's lock. */
#ifndef ATTUNE_SEARCH_LOOP_JOBS_H
#define ATTUNE_SEARCH_LOOP_JOBS_H

#include "search/loop/objective.h"
#include "search/prior.h"
#include "search/pruner.h"
#include "search/work_counts.h"

typedef enum attune_fold_state {
    ATTUNE_FOLD_TODO,
    ATTUNE_FOLD_RUNNING,
    ATTUNE_FOLD_DONE
} attune_fold_state;

typedef struct attune_loop_job {
    int64_t number;
    attune_sample sample;
    double *scores;    /* n_metrics x n_folds, metric-major */
    double *losses;    /* n_folds: of the objective, smaller is better; NaN: not scored */
    uint8_t *folds;    /* attune_fold_state of each */
    bool *held;        /* folds that are done and not in the store yet, */
    double held_cost;  /* and what they cost together */
    int64_t n_running; /* folds */
    bool claimed;      /* RUNNING in the store, ours */
    bool foreign;      /* another process has it */
    bool finished;
    attune_trial_state state; /* when finished */
    bool ignore;              /* failed through no fault of its configuration */
    int64_t failed_fold;      /* the lowest that failed; n_folds: none did */
    int64_t n_decided;        /* a pruner let it go on after that many folds; n_folds: none asks */
    int64_t pruned_at;        /* so many folds count; n_folds: it was not pruned. Atomic */
    double estimate;          /* when pruned: of its loss */
    attune_status failure;
    char *reason;
    attune_work_counts work; /* of its folds in this run */
    double cost, started;    /* CPU seconds; clock when its first fold of this run began */
    int64_t crashes;
    double *values;         /* n_metrics means over folds */
    attune_report *reports; /* losses, ascending by step (pruner.h) */
    int64_t n_reports;
} attune_loop_job;

typedef struct attune_jobs {
    const attune_space *space;
    const attune_objective *objective;
    attune_loop_job **items;
    int64_t n;
    int64_t first_unfinished;
    int64_t n_known;           /* jobs whose outcome the history shows */
    int64_t n_failed_in_a_row; /* at the end of the known ones */
    bool none_succeeded;       /* among the known ones */
    int64_t n_prior;
    /* history: the rows of an older study, then one a job */
    double *unit;
    uint8_t *active, *outcome, *ignore;
    double *values, *constraints;
    attune_pruner_row *rows; /* what a pruner is shown of each known job */
    int64_t *best;           /* of the complete jobs up to each known one; -1: none */
    int64_t capacity;
    int64_t least_folds; /* of the pruner; 0: nobody asks after folds */
} attune_jobs;

void attune_jobs_init(attune_jobs *jobs, const attune_space *space,
                      const attune_objective *objective);
void attune_jobs_clear(attune_jobs *jobs);

/* The rows that come before job 0; once, before any job. */
attune_status attune_jobs_add_prior(attune_jobs *jobs, const attune_prior *prior,
                                    attune_error *error);

/* Adds job jobs->n; sample is copied. */
attune_status attune_jobs_add(attune_jobs *jobs, const attune_sample *sample, attune_loop_job **job,
                              attune_error *error);

/* Takes over what the store says of a trial: finished, waiting with some folds done, or running
 * under somebody else. */
attune_status attune_jobs_restore(attune_jobs *jobs, attune_loop_job *job,
                                  const attune_trial *trial, attune_error *error);

/* A fold was scored: n_metrics scores. */
void attune_job_score(const attune_jobs *jobs, attune_loop_job *job, int64_t fold,
                      const double *scores);

/* How many folds from the first on are scored, as far as they count. */
int64_t attune_job_n_scored(const attune_jobs *jobs, const attune_loop_job *job);

/* A report of a fold, in its place by step; one that is there is replaced. */
attune_status attune_job_report(const attune_jobs *jobs, attune_loop_job *job, int64_t step,
                                double value, attune_error *error);

/* Drops what does not count in a job that was pruned or failed, though it may have been run. */
void attune_job_cut(const attune_jobs *jobs, attune_loop_job *job);

/* A job ended: moves first_unfinished. */
void attune_jobs_finish(attune_jobs *jobs, attune_loop_job *job);

/* Shows the outcomes of jobs below `upto` (all finished) to samplers, and nothing later. */
void attune_jobs_publish(attune_jobs *jobs, int64_t upto);

/* What a sampler is shown: borrows the jobs, valid until one is added or published. */
attune_history attune_jobs_history(const attune_jobs *jobs, int64_t budget);

/* Means over folds into job->values. False: an objective or a constraint is not a number. */
bool attune_job_average(const attune_jobs *jobs, attune_loop_job *job);

/* Whether a job is complete and keeps every constraint. */
bool attune_job_kept(const attune_jobs *jobs, const attune_loop_job *job);

/* Its constraints (n_constraints), of a pruned job over the folds it has; NaN where it has none. */
void attune_job_constraints(const attune_jobs *jobs, const attune_loop_job *job, double *values);

#endif
