/* search/bench/functions.c - attune-bench-functions: a sampler on the 24 BBOB functions.
 *
 *     attune-bench-functions [--sampler S] [--dimension D] [--instances K] [--first I]
 *         [--lookahead L] [--mixed 1] [--trials N]
 *     attune-bench-functions --evaluate FUNCTION --dimension D --instance I [--mixed 1]
 *
 * 20 d trials, or N, on [-5, 5]^d, shown to the sampler as the loop would show them. A line of JSON
 * for each (function, instance): the best value so far above the minimum. Mixed: dimensions in turn
 * are continuous, or ordered grids of 16, 8, 4 and 2 values on [-4, 4]. --evaluate reads points,
 * one a line, and writes values, for samplers of other tools: a coordinate, or the index on a grid.
 */
#include "search/bench/parts/bbob.h"
#include "search/loop/jobs.h"
#include "search/loop/lookahead.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *sampler;
    int64_t dimension, instances, first, instance, lookahead, mixed, evaluate, trials;
};

static const attune_direction directions[] = {ATTUNE_MINIMIZE};

/* 0: continuous. */
static int64_t grid_of(const struct options *options, int64_t i)
{
    static const int64_t grids[] = {0, 16, 8, 4, 2};
    return options->mixed ? grids[i % 5] : 0;
}

static double place(const struct options *options, int64_t i, double x)
{
    int64_t grid = grid_of(options, i);
    return grid ? -4 + 8 * x / (double)(grid - 1) : x;
}

static double value_at(const struct options *options, const attune_bbob *function, const double *x)
{
    double at[ATTUNE_BBOB_DIMENSIONS];
    for (int64_t i = 0; i < options->dimension; i++)
        at[i] = place(options, i, x[i]);
    return attune_bbob_value(function, at);
}

static attune_status make_space(const struct options *options, attune_space **space,
                                attune_error *error)
{
    attune_at at = {0};
    json_t *json = json_object();
    for (int64_t i = 0; i < options->dimension; i++) {
        char name[16];
        int64_t grid = grid_of(options, i);
        snprintf(name, sizeof name, "x%02d", (int)i);
        json_object_set_new(json, name,
                            grid ? json_pack("{s:[i,I]}", "rand_int", 0, (json_int_t)(grid - 1))
                                 : json_pack("{s:[i,i]}", "uniform", -5, 5));
    }
    *space = attune_space_new(error);
    attune_status status =
        *space ? attune_space_add_json(*space, json, &at, "", ATTUNE_NO_BRANCH, error)
               : ATTUNE_MEMORY;
    json_decref(json);
    return status;
}

static attune_status run_job(const struct options *options, attune_jobs *jobs,
                             const attune_bbob *function, const attune_sample *sample, double *best,
                             json_t *curve, attune_error *error)
{
    attune_loop_job *job = NULL;
    attune_status status = attune_jobs_add(jobs, sample, &job, error);
    if (status)
        return status;
    job->values[0] = value_at(options, function, sample->x);
    job->state = ATTUNE_TRIAL_COMPLETE;
    attune_jobs_finish(jobs, job);
    *best = fmin(*best, job->values[0]);
    json_array_append_new(curve, json_real(*best));
    return ATTUNE_OK;
}

static attune_status play(const struct options *options, const attune_space *space,
                          const attune_bbob *function, int64_t instance, json_t *curve,
                          attune_error *error)
{
    attune_objective objective = {
        .n_folds = 1, .n_metrics = 1, .n_objectives = 1, .directions = directions};
    int64_t trials = options->trials ? options->trials : 20 * options->dimension;
    double unit[ATTUNE_BBOB_DIMENSIONS], best = INFINITY;
    attune_key key = attune_key_integer(attune_key_start("functions"), instance);
    attune_sampler *sampler = NULL;
    attune_sample sample = {0};
    attune_answer answer = ATTUNE_ANSWER_POINT;
    attune_jobs jobs;
    attune_jobs_init(&jobs, space, &objective);
    attune_status status = attune_sample_init(&sample, space, error);
    if (!status)
        status = attune_sampler_new(&sampler, options->sampler, error);
    for (int64_t j = 0; j < trials && !status; j++) {
        attune_jobs_publish(&jobs, attune_lookahead_known(options->lookahead, j));
        attune_history history = attune_jobs_history(&jobs, trials);
        attune_stream stream = attune_stream_new(
            attune_key_integer(attune_key_join(attune_key_start("sampler"), key), j));
        history.seed = key;
        status = attune_sampler_ask(sampler, &history, &stream, unit, &sample, &answer, error);
        if (status || answer != ATTUNE_ANSWER_POINT)
            break;
        status = run_job(options, &jobs, function, &sample, &best, curve, error);
    }
    attune_sampler_free(sampler);
    attune_sample_clear(&sample);
    attune_jobs_clear(&jobs);
    return status;
}

static attune_status run(const struct options *options, attune_error *error)
{
    static attune_bbob function;
    attune_space *space = NULL;
    attune_status status = make_space(options, &space, error);
    for (int number = 1; number <= ATTUNE_BBOB_FUNCTIONS && !status; number++)
        for (int64_t k = 0; k < options->instances && !status; k++) {
            json_t *curve = json_array();
            int64_t instance = options->first + k;
            attune_bbob_make(&function, number, options->dimension, instance);
            status = play(options, space, &function, instance, curve, error);
            json_t *line =
                json_pack("{s:i, s:I, s:I, s:b, s:s, s:o}", "function", number, "dimension",
                          (json_int_t)options->dimension, "instance", (json_int_t)instance, "mixed",
                          (int)options->mixed, "sampler", options->sampler, "value", curve);
            char *text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
            if (text && !status)
                puts(text);
            free(text);
            json_decref(line);
        }
    attune_space_free(space);
    return status;
}

static void evaluate(const struct options *options)
{
    static attune_bbob function;
    double x[ATTUNE_BBOB_DIMENSIONS] = {0};
    attune_bbob_make(&function, (int)options->evaluate, options->dimension, options->instance);
    for (;;) {
        for (int64_t i = 0; i < options->dimension; i++)
            if (scanf("%lf", &x[i]) != 1)
                return;
        printf("%.17g\n", value_at(options, &function, x));
        fflush(stdout);
    }
}

static bool read_options(struct options *options, int argc, char **argv)
{
    struct {
        const char *name;
        int64_t *to, low, high;
    } numbers[] = {{"--dimension", &options->dimension, 2, ATTUNE_BBOB_DIMENSIONS},
                   {"--instances", &options->instances, 1, 10000},
                   {"--first", &options->first, 0, 10000},
                   {"--instance", &options->instance, 0, 10000},
                   {"--lookahead", &options->lookahead, 1, 4096},
                   {"--mixed", &options->mixed, 0, 1},
                   {"--trials", &options->trials, 1, 100000},
                   {"--evaluate", &options->evaluate, 1, ATTUNE_BBOB_FUNCTIONS}};
    for (int i = 1; i + 1 < argc; i += 2) {
        bool known = strcmp(argv[i], "--sampler") == 0;
        if (known)
            options->sampler = argv[i + 1];
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
            if (strcmp(argv[i], numbers[k].name) != 0)
                continue;
            char *end = NULL;
            *numbers[k].to = strtoll(argv[i + 1], &end, 10);
            known = !*end && *numbers[k].to >= numbers[k].low && *numbers[k].to <= numbers[k].high;
        }
        if (!known)
            return false;
    }
    return argc % 2 == 1;
}

int main(int argc, char **argv)
{
    struct options options = {.sampler = "auto", .dimension = 5, .instances = 5, .lookahead = 1};
    attune_error error = {0};
    if (!read_options(&options, argc, argv)) {
        fprintf(stderr, "usage: attune-bench-functions [--sampler S] [--dimension D] "
                        "[--instances K] [--first I] [--lookahead L] [--mixed 1] [--trials N] | "
                        "--evaluate FUNCTION --dimension D --instance I [--mixed 1]\n");
        return 2;
    }
    if (options.evaluate) {
        evaluate(&options);
        return 0;
    }
    attune_status status = run(&options, &error);
    if (status)
        fprintf(stderr, "attune-bench-functions: %s\n", error.message);
    return attune_status_exit_code(status);
}
