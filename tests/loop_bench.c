/* tests/loop_bench.c - a study in memory and a made objective, ready for the search loop. */
#include "tests/loop_bench.h"

#include <stdlib.h>
#include <string.h>

static attune_study study_of(const struct loop_problem *problem, const attune_space *space)
{
    attune_error error = {0};
    json_t *json = attune_space_to_json(space, &error);
    attune_study study = {.name = strdup("bench"),
                          .identity = strdup("{}"),
                          .plan = strdup("{}"),
                          .space = attune_json_write(json, &error),
                          .directions =
                              strdup(problem->maximise ? "[\"maximize\"]" : "[\"minimize\"]"),
                          .metrics = strdup("[\"score\",\"size\"]"),
                          .n_folds = problem->n_folds};
    json_decref(json);
    return study;
}

void loop_bench_open(struct loop_bench *b, const struct loop_problem *problem)
{
    attune_error error = {0};
    bool created = false;
    *b = (struct loop_bench){.space = space_of(problem->space), .pruner = problem->pruner};
    b->study = study_of(problem, b->space);
    assert_ok(attune_storage_open(&b->storage, ":memory:", true, &error), &error);
    assert_ok(b->storage->type->create_study(b->storage->self, &b->study, &created, &error),
              &error);
    assert_ok(attune_sampler_new(&b->sampler, problem->sampler, &error), &error);
    b->directions[0] = problem->maximise ? ATTUNE_MAXIMIZE : ATTUNE_MINIMIZE;
    b->directions[1] = ATTUNE_MINIMIZE;
    b->objective = (attune_objective){.user = problem->user,
                                      .n_folds = problem->n_folds,
                                      .n_metrics = 2,
                                      .n_objectives = 1,
                                      .directions = b->directions,
                                      .evaluate = problem->evaluate};
    b->options = (attune_loop_options){.storage = b->storage,
                                       .study = &b->study,
                                       .space = b->space,
                                       .sampler = b->sampler,
                                       .pruner = b->pruner,
                                       .objective = &b->objective,
                                       .seed = attune_key_start("seed"),
                                       .trials = 60,
                                       .lookahead = 8,
                                       .threads = 1};
}

void loop_bench_close(struct loop_bench *b)
{
    attune_storage_close(b->storage);
    attune_sampler_free(b->sampler);
    attune_pruner_free(b->pruner);
    attune_space_free(b->space);
    attune_study_clear(&b->study);
}

attune_loop_result loop_bench_run(struct loop_bench *b)
{
    attune_error error = {0};
    attune_loop_result result;
    assert_ok(attune_loop_run(&b->options, &result, &error), &error);
    return result;
}

attune_trial *loop_bench_trials(struct loop_bench *b, int64_t *n)
{
    attune_error error = {0};
    attune_trial *trials = NULL;
    assert_ok(b->storage->type->read(b->storage->self, b->study.id, 0, &trials, n, &error), &error);
    return trials;
}

char *loop_bench_text(struct loop_bench *b)
{
    attune_error error = {0};
    attune_text text = {0};
    int64_t n = 0;
    attune_trial *trials = loop_bench_trials(b, &n);
    for (int64_t i = 0; i < n; i++) {
        const attune_trial *t = &trials[i];
        attune_text_printf(&text, "%lld %s %s %lld %s", (long long)t->number,
                           attune_trial_state_word(t->state), t->hyperparams,
                           (long long)t->watermark, t->reason ? t->reason : "");
        for (int64_t k = 0; k < t->n_values; k++)
            attune_text_printf(&text, " %.17g", t->values[k]);
        for (int64_t k = 0; k < t->folds.n_folds * t->folds.n_metrics; k++)
            attune_text_printf(&text, " %.17g", t->folds.values[k]);
        for (int64_t k = 0; k < t->n_reports; k++)
            attune_text_printf(&text, " %lld:%.17g", (long long)t->reports[k].step,
                               t->reports[k].value);
        attune_text_append(&text, "\n");
    }
    attune_trials_free(trials, n);
    return attune_text_take(&text, &error);
}
