/* tests/all_searches.c - a search of every model: the same bits for every number of threads, with
 * work shared, thrown away at once, or not shared at all. */
#include "search/study.h"
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { most_trials = 5, n_folds = 3 };

static const char *const targets[] = {NULL, "price", "sold", "town"}; /* by task */

static double noise(int64_t i)
{
    attune_key key = attune_key_integer(attune_key_start("noise"), i);
    return (double)(key.low >> 11) * 0x1p-53;
}

/* Numbers and levels, some of them missing, and a target for each task. */
static char *write_data(const char *folder)
{
    attune_error error = {0};
    attune_text csv = {0};
    attune_text_append(&csv, "size,age,kind,price,sold,town\n");
    for (int i = 0; i < 90; i++) {
        double size = 20 + floor(200 * noise(i)), age = floor(50 * noise(1000 + i));
        int kind = (int)(4 * noise(2000 + i));
        double price = 3 * size - 2 * age + 40 * kind + 100 * noise(3000 + i);
        attune_text_printf(&csv, "%g,", size);
        attune_text_printf(&csv, i % 9 ? "%g," : ",", age);
        attune_text_printf(&csv, "%s,%.9g,%s,%s\n", (const char *[]){"a", "b", "c", ""}[kind],
                           price, price > 350 ? "yes" : "no",
                           (const char *[]){"x", "y", "z"}[(int)(size + 60 * noise(i)) / 100]);
    }
    char *path = attune_path_join(folder, "houses.csv", &error);
    write_whole(path, csv.bytes);
    attune_text_clear(&csv);
    return path;
}

/* How a search is run: none of it may change a result. A short test takes the first three. */
static const struct way {
    int threads;
    int64_t cache; /* bytes; 0: nothing is shared */
} ways[] = {{1, 0}, {4, 1 << 28}, {2, 20000}, {1, 1 << 28}, {2, 1 << 28}, {8, 1 << 28}, {8, 0}};

enum { n_ways = sizeof ways / sizeof *ways };

static json_t *steps_before(const attune_step_type *model)
{
    json_t *steps = json_array();
    if (!model->takes_missing)
        json_array_append_new(steps, json_pack("{s:s}", "step", "impute"));
    if (!(model->takes >> ATTUNE_NOMINAL_COLUMN & 1))
        json_array_append_new(steps, json_pack("{s:s}", "step", "one_hot"));
    if (!model->scale_free)
        json_array_append_new(steps, json_pack("{s:s}", "step", "standard_scale"));
    return steps;
}

/* The model over its default space, behind what it needs. */
static void read_plan(attune_plan *plan, const char *file, const attune_step_type *model,
                      attune_task task)
{
    attune_error error = {0};
    json_t *steps = steps_before(model);
    json_t *last =
        json_pack("{s:s, s:o}", "step", model->name, "space", attune_json_parse(model->space));
    json_array_append_new(steps, last);
    attune_document document = {
        .root = json_pack("{s:{s:s, s:s, s:[s, s]}, s:{s:i}, s:{s:o}, s:{s:s, s:s, s:i}}", "data",
                          "file", file, "target", targets[task], "ignore",
                          targets[task == ATTUNE_REGRESSION ? 2 : 1],
                          targets[task == ATTUNE_MULTICLASS ? 2 : 3], "validation", "folds",
                          n_folds, "pipeline", "steps", steps, "search", "sampler", "random",
                          "pruner", "none", "trials", most_trials)};
    assert_ok(attune_plan_read(plan, &document, "", "all_searches", &error), &error);
    attune_document_clear(&document);
}

struct outcome {
    attune_trial *trials;
    int64_t n;
};

static struct outcome search(const attune_experiment *experiment, const struct way *way)
{
    attune_error error = {0};
    attune_open_study open = {0};
    attune_shared_work *shared = NULL;
    int64_t n_trials = in_short(most_trials, 2);
    attune_memory_gate memory;
    attune_loop_result result;
    struct outcome outcome = {NULL, 0};
    const attune_plan *plan = experiment->plan;
    assert_ok(attune_open_study_open(&open, experiment, ":memory:", &error), &error);
    if (way->cache)
        assert_ok(attune_shared_work_new(&shared, way->cache, &error), &error);
    attune_memory_gate_init(&memory, INT64_C(1) << 40, 1 << 20); /* little room: they take turns */
    attune_objective objective = attune_experiment_objective(experiment);
    attune_loop_options options = {.storage = open.storage,
                                   .study = &open.study,
                                   .space = plan->blueprint.space,
                                   .sampler = plan->sampler,
                                   .pruner = experiment->pruner,
                                   .objective = &objective,
                                   .shared = shared,
                                   .memory = &memory,
                                   .seed = experiment->seed,
                                   .trials = n_trials,
                                   .budget = n_trials,
                                   .lookahead = open.lookahead,
                                   .threads = way->threads};
    assert_ok(attune_loop_run(&options, &result, &error), &error);
    assert_true(result.ending == ATTUNE_ENDED_TRIALS || result.ending == ATTUNE_ENDED_EXHAUSTED);
    assert_ok(attune_open_study_read(&open, &outcome.trials, &outcome.n, &error), &error);
    attune_memory_gate_clear(&memory);
    attune_shared_work_free(shared);
    attune_open_study_close(&open);
    return outcome;
}

static void assert_same(const attune_step_type *model, attune_task task, int way,
                        const struct outcome *a, const struct outcome *b)
{
    assert_int_equal(a->n, b->n);
    for (int64_t i = 0; i < a->n; i++) {
        const attune_trial *x = &a->trials[i], *y = &b->trials[i];
        size_t bytes = (size_t)(x->folds.n_metrics * x->folds.n_folds) * sizeof(double);
        bool same = x->state == y->state && strcmp(x->hyperparams, y->hyperparams) == 0 &&
                    x->n_values == y->n_values && x->folds.n_folds == y->folds.n_folds;
        same = same && (x->n_values == 0 ||
                        memcmp(x->values, y->values, (size_t)x->n_values * sizeof(double)) == 0);
        if (!same || (bytes && memcmp(x->folds.values, y->folds.values, bytes) != 0))
            fail_msg("%s, %s, trial %d: another result with %d threads, cache %lld", model->name,
                     attune_task_word(task), (int)i, ways[way].threads, (long long)ways[way].cache);
    }
}

static void check_model(const char *file, const attune_step_type *model, attune_task task)
{
    attune_error error = {0};
    attune_plan plan = {0};
    attune_experiment experiment = {0};
    struct outcome first = {NULL, 0};
    read_plan(&plan, file, model, task);
    assert_ok(attune_experiment_open(&experiment, &plan, &error), &error);
    for (int way = 0; way < in_short(n_ways, 3); way++) {
        struct outcome outcome = search(&experiment, &ways[way]);
        if (way == 0) {
            first = outcome;
            continue;
        }
        assert_same(model, task, way, &first, &outcome);
        attune_trials_free(outcome.trials, outcome.n);
    }
    int64_t complete = 0;
    for (int64_t i = 0; i < first.n; i++)
        complete += first.trials[i].state == ATTUNE_TRIAL_COMPLETE;
    if (complete == 0)
        fail_msg("%s, %s: no trial succeeded: %s", model->name, attune_task_word(task),
                 first.trials[0].reason);
    attune_trials_free(first.trials, first.n);
    attune_experiment_clear(&experiment);
    attune_plan_clear(&plan);
}

static void every_model_is_searched_alike(void **state)
{
    (void)state;
    char *folder = scratch_folder(), *file = write_data(folder);
    for (int64_t i = 0; attune_step_types[i]; i++)
        for (int task = ATTUNE_REGRESSION; task <= ATTUNE_MULTICLASS; task++)
            if (attune_step_types[i]->space && (attune_step_types[i]->tasks >> task & 1))
                check_model(file, attune_step_types[i], (attune_task)task);
    free(file);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_model_is_searched_alike)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
