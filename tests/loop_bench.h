/* tests/loop_bench.h - a study in memory and a made objective, ready for the search loop. */
#ifndef ATTUNE_TESTS_LOOP_BENCH_H
#define ATTUNE_TESTS_LOOP_BENCH_H

#include "search/loop/loop.h"
#include "tests/support.h"

struct loop_bench {
    attune_space *space;
    attune_study study;
    attune_storage *storage;
    attune_sampler *sampler;
    attune_pruner *pruner;
    attune_direction directions[2];
    attune_objective objective;
    attune_loop_options
        options; /* 60 trials, lookahead 8, one thread; a test changes what it is about */
};

/* What is to be searched: one objective and one more metric, which is only recorded. */
struct loop_problem {
    const char *space, *sampler;
    attune_pruner *pruner; /* taken; NULL: none */
    int64_t n_folds;
    bool maximise;
    attune_status (*evaluate)(void *user, const attune_job *job, int64_t fold,
                              const attune_services *services, attune_fold_result *result,
                              attune_error *error);
    void *user;
};

void loop_bench_open(struct loop_bench *b, const struct loop_problem *problem);
void loop_bench_close(struct loop_bench *b);

attune_loop_result loop_bench_run(struct loop_bench *b);

/* To be freed by attune_trials_free. */
attune_trial *loop_bench_trials(struct loop_bench *b, int64_t *n);

/* All of the trials that must not depend on threads, as one text; the caller frees. */
char *loop_bench_text(struct loop_bench *b);

#endif
