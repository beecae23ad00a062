/* search/loop/loop.h - ask, run, record: the search itself, on many threads.
 *
 * Jobs are created in order, one number each; what job j is given depends on the study's seed and
 * on results of the jobs below its window only (lookahead.h), so it is the same for any number of
 * threads: it waits until every job before that window has ended.
 * Threads take folds of the lowest unfinished job; nobody spins. Every finished fold is stored
 * before the next one begins, so whatever is killed, the next run goes on from there. Only folds
 * that took less than a commit is worth wait for the end of their trial, or 0.2 s: after a kill
 * these few are computed again, to the same bits.
 *
 * Thread class: attune_loop_run is called by one thread and starts its own. */
#ifndef ATTUNE_SEARCH_LOOP_LOOP_H
#define ATTUNE_SEARCH_LOOP_LOOP_H

#include "search/loop/memory_gate.h"
#include "search/loop/objective.h"
#include "search/prior.h"
#include "search/pruner.h"
#include "search/sampler.h"
#include "search/shared_work.h"
#include "trials/storage.h"

/* Set by whoever wants the run to end: 1 lets running jobs finish, 2 cuts them short. Atomic. */
typedef struct attune_stop {
    int level;
} attune_stop;

/* Raises the level, never lowers it; safe from any thread. */
void attune_stop_raise(attune_stop *stop, int level);

typedef struct attune_progress {
    int64_t n_complete, n_pruned, n_failed, n_running, trials; /* trials 0: no limit */
    int64_t best;                                              /* number; -1: none yet */
    double best_value;                                         /* of objective 0 */
    double elapsed, remaining; /* seconds; remaining NaN when it cannot be told */
    int64_t n_run;             /* jobs finished by this run */
    double left, left_error;   /* of the stop rule: at most so much is left to win, and the error of
                                  the best one's score; NaN: not looked at */
} attune_progress;

typedef struct attune_loop_options {
    attune_storage *storage; /* used under a lock of the loop's own */
    const attune_study *study;
    const attune_space *space;
    attune_sampler *sampler;
    const attune_pruner *pruner; /* NULL: every trial is finished */
    const attune_objective *objective;
    attune_shared_work *shared; /* NULL: nothing is shared */
    attune_memory_gate *memory; /* NULL: fits may have what they want */
    attune_key seed;
    int64_t trials;            /* total of the study; 0: no limit */
    int64_t budget;            /* planned when the study was created: what samplers see */
    int64_t lookahead;         /* of the study; 0: it grows (lookahead.h) */
    int threads;               /* 1 or more */
    double seconds;            /* 0: no limit */
    double timeout;            /* of one trial; 0: none */
    const attune_prior *prior; /* results of an older study; NULL: none */
    json_t *queue;     /* of the study: what job k is given (queue.h); NULL: none. Under the lock */
    json_t *enqueue;   /* by this run: becomes trials that wait, unless it did before; NULL: none */
    bool stop_rule;    /* see stop_rule.h: one objective, two folds or more */
    attune_stop *stop; /* nullable */
    /* Nullable; one thread at a time, never under the loop's lock for long: about 5 times a
     * second and once at the end. */
    void (*progress)(void *user, const attune_progress *progress);
    void (*log)(void *user, attune_log_level level, const char *text);
    void *user;
} attune_loop_options;

typedef enum attune_ending {
    ATTUNE_ENDED_TRIALS, /* all trials of the study are done */
    ATTUNE_ENDED_TIME,
    ATTUNE_ENDED_STOPPED,   /* somebody asked */
    ATTUNE_ENDED_EXHAUSTED, /* no new points are left */
    ATTUNE_ENDED_SETTLED,   /* the stop rule: less is left to win than the best one's error */
    ATTUNE_ENDED_FAILING    /* the first 8 trials, or 50 in a row, failed */
} attune_ending;

typedef struct attune_loop_result {
    attune_ending ending;
    attune_progress progress;
} attune_loop_result;

/* Goes on with what the study has. An error is one of the environment (the store cannot be
 * written, no memory); trials that fail are no error. */
attune_status attune_loop_run(const attune_loop_options *options, attune_loop_result *result,
                              attune_error *error);

#endif
