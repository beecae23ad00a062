/* search/loop/parts.h - what the files of the loop share: its state and their calls.
 *
 * loop.c opens, starts threads and closes; next.c decides what runs next; fold.c runs a fold and
 * records what came of it; prune.c asks the pruner; stages.c knows of folds that score many values
 * at once; stop.c asks whether anything is left to win; queue.c takes what a person wants tried
 * first; store.c speaks with the store.
 * Thread class: everything here is called with loop->lock held, unless it says otherwise. */
#ifndef ATTUNE_SEARCH_LOOP_PARTS_H
#define ATTUNE_SEARCH_LOOP_PARTS_H

#include "search/loop/jobs.h"
#include "search/loop/lookahead.h"
#include "search/loop/loop.h"
#include "search/queue.h"

#include <pthread.h>

struct loop {
    const attune_loop_options *options;
    attune_jobs jobs;
    attune_owner owner;
    attune_sample asked; /* what the sampler fills */
    double *unit;
    int64_t n_running; /* folds, in all jobs */
    int64_t n_foreign; /* unfinished jobs of other processes */
    int64_t n_run;     /* jobs finished by this run */
    bool no_more;      /* no new jobs: the ending says why */
    bool failing, exhausted, settled;
    int64_t looked;          /* jobs that were known when the stop rule was asked last */
    double left, left_error; /* what it said; NaN: not asked yet */
    bool waits;              /* the sampler has nothing until another job ends */
    bool broken;             /* the environment failed; error says how */
    attune_error error;
    bool done; /* the ticker shall end */
    int64_t best;
    double begun;    /* clock */
    double end, cut; /* when no fold begins any more, when running ones are cut short; 0: never */
    double renewed;
    double fold_cost; /* CPU seconds of the folds of this run */
    int64_t n_folds_run;
    bool durable;             /* the end of a trial waits for the disk */
    attune_pruner_row *peers; /* what the pruner is shown of jobs in flight; NULL: of none */
    pthread_mutex_t lock;
    pthread_cond_t changed; /* some fold ended, or the end is near */
    pthread_cond_t ticking; /* wakes the ticker for the end */
    pthread_mutex_t store_lock;
};

/* A fold of a job, or its end. */
typedef struct attune_unit {
    attune_loop_job *job;
    int64_t fold; /* -1: nothing is left to run, it has to be recorded */
} attune_unit;

/* loop.c: its state made ready for options, nothing read from the store; the caller zeroed the
 * rest. Close also after a failure. Asking and telling work on an open loop without running it. */
attune_status attune_loop_open(struct loop *loop, attune_error *error);
void attune_loop_close(struct loop *loop);

int attune_loop_stop_level(const struct loop *loop);
/* Whether jobs that have not begun stay as they are: somebody asked, or time is over. */
bool attune_loop_is_stopping(const struct loop *loop);
/* Whether nothing begins any more, and what runs is cut short. */
bool attune_loop_is_cut(const struct loop *loop);
/* The environment failed: keeps the first error and ends the run. */
void attune_loop_break_off(struct loop *loop, const attune_error *error);

/* next.c */
/* ahead: also folds that may turn out not to count, for threads that have nothing else. */
bool attune_loop_next_unit(struct loop *loop, bool ahead, attune_unit *unit);
/* Whether another job may be made now; settles whether there will ever be one. */
bool attune_loop_may_create(struct loop *loop);
attune_status attune_loop_create_job(struct loop *loop, attune_error *error);
/* The next job, with these values (by name; NULL: the sampler is free); *job NULL: there is none,
 * or another process made it. */
attune_status attune_loop_new_job(struct loop *loop, json_t *values, attune_loop_job **job,
                                  attune_error *error);

/* stop.c: the stop rule, when it is due; may settle that there is no further job. */
void attune_loop_look(struct loop *loop);

/* queue.c: current with the store, and nothing runs. */
/* A job that waits with these values; *number is its, or that of the one they made before. */
attune_status attune_loop_enqueue(struct loop *loop, json_t *values, int64_t *number,
                                  attune_error *error);
attune_status attune_loop_enqueue_all(struct loop *loop, attune_error *error);

/* fold.c */
/* result: room for what the fold comes to. */
void attune_loop_run_unit(struct loop *loop, const attune_unit *unit, attune_fold_result *result);
attune_status attune_loop_finish_job(struct loop *loop, attune_loop_job *job, attune_error *error);
void attune_loop_note_best(struct loop *loop, const attune_loop_job *job);

/* prune.c */
/* Takes the verdicts on a job that are due; frontier: after no more folds than these. */
void attune_loop_settle(struct loop *loop, attune_loop_job *job, int64_t frontier);
/* How far verdicts on later jobs can build on this one: a number of folds. */
int64_t attune_loop_progress(const struct loop *loop, const attune_loop_job *job);
/* The least progress of the jobs before this one. */
int64_t attune_loop_frontier(const struct loop *loop, const attune_loop_job *job);
/* Whether what will be recorded of a job is known, though folds that do not count may run. */
bool attune_loop_is_settled(const struct loop *loop, const attune_loop_job *job);
/* A report of a running fold; STOPPED when the pruner says so. Takes the lock itself. */
attune_status attune_loop_report(struct loop *loop, attune_loop_job *job, int64_t fold,
                                 int64_t step, double value, attune_error *error);

/* stages.c: jobs that score every value of a staged dimension. */
/* Takes over what the stages of a fold gave beside the objective, which was reported, and as the
 * fold's scores those of its best stage. Takes the lock itself. */
attune_status attune_loop_take_stages(struct loop *loop, attune_loop_job *job, int64_t fold,
                                      attune_fold_result *result, attune_error *error);
/* At the end of a job: the stage that is best on average over the folds that count becomes its
 * value in the dimension, its scores are those of that stage, and what only this choice needed is
 * gone. */
void attune_loop_choose_stage(const struct loop *loop, attune_loop_job *job);

/* store.c: each takes the store's own lock. */
/* Its constraints go before it, where Optuna looks for them. */
attune_status attune_loop_store_trial(struct loop *loop, const attune_loop_job *job,
                                      const char *attributes, bool durable, attune_error *error);
attune_status attune_loop_store_fold(struct loop *loop, int64_t number, int64_t fold,
                                     const double *scores, double cost, attune_error *error);
/* The reports of a fold, before the fold itself. */
attune_status attune_loop_store_reports(struct loop *loop, int64_t number,
                                        const attune_report *reports, int64_t n,
                                        attune_error *error);
/* What folds are held back (attune_loop_job.held), of all jobs. */
attune_status attune_loop_store_held(struct loop *loop, attune_error *error);
attune_status attune_loop_claim(struct loop *loop, const attune_trial *trial, bool is_new,
                                bool *claimed, attune_error *error);
attune_status attune_loop_give_back(struct loop *loop, int64_t number, attune_error *error);
attune_status attune_loop_release(struct loop *loop, attune_error *error);
attune_status attune_loop_reap(struct loop *loop, attune_error *error);
attune_status attune_loop_renew(struct loop *loop, attune_error *error);
/* Adds or updates jobs from what the store has, from trial `from` on. */
attune_status attune_loop_take_over(struct loop *loop, int64_t from, attune_error *error);

#endif
