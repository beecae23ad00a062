/* search/bench/workers.c - attune-bench-workers: parallel work under the lookahead rule, simulated.
 *
 *     attune-bench-workers [--sampler S] [--dimension D] [--instances K] [--jobs N] [--sigma S]
 *
 * Trials whose durations are log-normal run on 1 to 64 workers that take folds as the loop does: in
 * order, and the first fold of job j once the jobs below its window have ended. Prints how much
 * of the workers' time was used, what each lookahead costs in quality on the 24 BBOB functions with
 * 20 d trials, and whether the trials were the same for every number of workers. */
#include "search/bench/parts/bbob.h"
#include "search/loop/jobs.h"
#include "search/loop/lookahead.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { most_workers = 64, most_lookahead = 1024 };

struct options {
    const char *sampler;
    int64_t dimension, instances, jobs;
    double sigma;
};

static const int64_t workers_of[] = {1, 4, 16, 64};
static const attune_direction directions[] = {ATTUNE_MINIMIZE};

/* ---- The clock of the simulation ---- */

struct crew {
    int64_t n, lookahead, n_folds;
    double free_at[most_workers];
    double *end;    /* of each job */
    double *ready;  /* when all jobs up to this one have ended */
    double *starts; /* of each fold, with its end: for the time that was used */
    double *ends;
    attune_stream stream;
    double sigma;
};

static attune_status crew_init(struct crew *crew, int64_t jobs, attune_error *error)
{
    int64_t folds = jobs * crew->n_folds;
    memset(crew->free_at, 0, sizeof crew->free_at);
    crew->end = attune_alloc(2 * (jobs + folds), sizeof *crew->end, error);
    if (!crew->end)
        return ATTUNE_MEMORY;
    crew->ready = crew->end + jobs;
    crew->starts = crew->ready + jobs;
    crew->ends = crew->starts + folds;
    crew->stream = attune_stream_new(attune_key_start("durations"));
    return ATTUNE_OK;
}

/* Job j runs on whoever is free first, fold by fold; durations depend on j alone. Returns when it
 * began. */
static double crew_run(struct crew *crew, int64_t j)
{
    double duration = exp(crew->sigma * attune_stream_normal(&crew->stream)), began = 0;
    int64_t known = attune_lookahead_known(crew->lookahead, j);
    double may = known > 0 ? crew->ready[known - 1] : 0;
    crew->end[j] = 0;
    for (int64_t f = 0; f < crew->n_folds; f++) {
        int64_t w = 0, fold = j * crew->n_folds + f;
        for (int64_t k = 1; k < crew->n; k++)
            w = crew->free_at[k] < crew->free_at[w] ? k : w;
        crew->starts[fold] = fmax(crew->free_at[w], may);
        crew->ends[fold] = crew->starts[fold] + duration / (double)crew->n_folds;
        crew->free_at[w] = crew->ends[fold];
        crew->end[j] = fmax(crew->end[j], crew->ends[fold]);
        began = f ? began : crew->starts[fold];
    }
    crew->ready[j] = j ? fmax(crew->ready[j - 1], crew->end[j]) : crew->end[j];
    return began;
}

/* The share of the workers' time that was work, until the last fold began. */
static double crew_used(const struct crew *crew, int64_t jobs)
{
    int64_t folds = jobs * crew->n_folds;
    double last = crew->starts[folds - 1], used = 0;
    for (int64_t f = 0; f < folds; f++)
        used += fmin(crew->ends[f], last) - crew->starts[f];
    return used / (last * (double)crew->n);
}

/* The mean over as many studies of so many jobs as make all the jobs there are. */
static attune_status used(const struct options *options, int64_t jobs, struct crew crew,
                          double *share, attune_error *error)
{
    int64_t studies = options->jobs / jobs;
    attune_stream stream = attune_stream_new(attune_key_start("durations"));
    crew.sigma = options->sigma;
    *share = 0;
    for (int64_t i = 0; i < studies; i++) {
        attune_status status = crew_init(&crew, jobs, error);
        if (status)
            return status;
        crew.stream = stream;
        for (int64_t j = 0; j < jobs; j++)
            crew_run(&crew, j);
        *share += crew_used(&crew, jobs) / (double)studies;
        stream = crew.stream;
        free(crew.end);
    }
    return ATTUNE_OK;
}

static attune_status print_used(const struct options *options, int64_t n_folds, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    printf("\nShare of the workers' time that is used, %lld fold%s a trial\n\n| workers |",
           (long long)n_folds, n_folds == 1 ? "" : "s");
    for (int64_t times = 1; times <= 16; times *= 2)
        printf(" lookahead %lld x workers |", (long long)times);
    puts(" the default |\n|-|-|-|-|-|-|-|");
    for (size_t i = 0; i < sizeof workers_of / sizeof *workers_of && !status; i++) {
        double share = 0;
        printf("| %lld |", (long long)workers_of[i]);
        for (int64_t times = 1; times <= 32 && !status; times *= 2) {
            int64_t lookahead = times <= 16 ? times * workers_of[i] : ATTUNE_LOOKAHEAD_GROWS;
            struct crew crew = {.n = workers_of[i], .lookahead = lookahead, .n_folds = n_folds};
            status = used(options, options->jobs, crew, &share, error);
            printf(" %.3f |", share);
        }
        putchar('\n');
    }
    return status;
}

/* ---- The product's own sampler and history, driven by that clock ---- */

struct play {
    const struct options *options;
    const attune_space *space;
    const attune_bbob *function;
    int64_t instance, trials;
    struct crew crew;
    attune_jobs jobs;
    double best;
    attune_key trace; /* of all that was suggested */
};

/* Ends what has ended by now, in the order in which it did. */
static void end_jobs(struct play *play, double now)
{
    for (;;) {
        int64_t next = -1;
        for (int64_t i = play->jobs.first_unfinished; i < play->jobs.n; i++)
            if (!play->jobs.items[i]->finished && play->crew.end[i] <= now &&
                (next < 0 || play->crew.end[i] < play->crew.end[next]))
                next = i;
        if (next < 0)
            return;
        attune_loop_job *job = play->jobs.items[next];
        job->values[0] = attune_bbob_value(play->function, job->sample.x);
        job->state = ATTUNE_TRIAL_COMPLETE;
        play->best = fmin(play->best, job->values[0]);
        attune_jobs_finish(&play->jobs, job);
    }
}

static attune_status run_job(struct play *play, attune_sampler *sampler, int64_t j,
                             attune_sample *sample, attune_error *error)
{
    double unit[ATTUNE_BBOB_DIMENSIONS];
    attune_key key = attune_key_integer(attune_key_start("workers"), play->instance);
    attune_answer answer = ATTUNE_ANSWER_POINT;
    attune_loop_job *job = NULL;
    end_jobs(play, crew_run(&play->crew, j));
    attune_jobs_publish(&play->jobs, attune_lookahead_known(play->crew.lookahead, j));
    attune_history history = attune_jobs_history(&play->jobs, play->trials);
    attune_stream stream =
        attune_stream_new(attune_key_integer(attune_key_join(attune_key_start("sampler"), key), j));
    history.seed = key;
    attune_status status =
        attune_sampler_ask(sampler, &history, &stream, unit, sample, &answer, error);
    if (!status && answer != ATTUNE_ANSWER_POINT)
        status =
            attune_fail(error, ATTUNE_INTERNAL, "no point was given for job %lld", (long long)j);
    if (!status)
        status = attune_jobs_add(&play->jobs, sample, &job, error);
    if (!status)
        play->trace = attune_key_join(play->trace, attune_sample_key(sample));
    return status;
}

static attune_status run_play(struct play *play, attune_error *error)
{
    attune_objective objective = {
        .n_folds = 1, .n_metrics = 1, .n_objectives = 1, .directions = directions};
    attune_sampler *sampler = NULL;
    attune_sample sample = {0};
    play->best = INFINITY;
    play->trace = attune_key_start("trace");
    attune_jobs_init(&play->jobs, play->space, &objective);
    attune_status status = crew_init(&play->crew, play->trials, error);
    if (!status)
        status = attune_sample_init(&sample, play->space, error);
    if (!status)
        status = attune_sampler_new(&sampler, play->options->sampler, error);
    for (int64_t j = 0; j < play->trials && !status; j++)
        status = run_job(play, sampler, j, &sample, error);
    end_jobs(play, INFINITY);
    attune_sampler_free(sampler);
    attune_sample_clear(&sample);
    attune_jobs_clear(&play->jobs);
    free(play->crew.end);
    return status;
}

/* One number for a lookahead: the mean logarithm of what is left above the minimum. */
static attune_status measure(const struct options *options, const attune_space *space,
                             int64_t workers, int64_t lookahead, double *left, attune_key *trace,
                             attune_error *error)
{
    static attune_bbob function; /* large */
    attune_status status = ATTUNE_OK;
    double sum = 0;
    *trace = attune_key_start("traces");
    for (int number = 1; number <= ATTUNE_BBOB_FUNCTIONS; number++)
        for (int64_t i = 0; i < options->instances && !status; i++) {
            struct play play = {
                .options = options,
                .space = space,
                .function = &function,
                .instance = i,
                .trials = 20 * options->dimension,
                .crew = {
                    .n = workers, .lookahead = lookahead, .n_folds = 1, .sigma = options->sigma}};
            attune_bbob_make(&function, number, options->dimension, i);
            status = run_play(&play, error);
            sum += log10(fmax(play.best, 1e-8));
            *trace = attune_key_join(*trace, play.trace);
        }
    *left = sum / (double)(ATTUNE_BBOB_FUNCTIONS * options->instances);
    return status;
}

static attune_status print_rule(const struct options *options, const attune_space *space,
                                int64_t lookahead, double *first, attune_error *error)
{
    attune_key trace;
    double left = 0, share[2] = {0, 0};
    struct crew crew = {.n = 4, .lookahead = lookahead, .n_folds = 1};
    attune_status status = used(options, 100, crew, &share[0], error);
    if (!status)
        status = used(options, 1000, crew, &share[1], error);
    if (!status)
        status = measure(options, space, 1, lookahead, &left, &trace, error);
    *first = isnan(*first) ? left : *first;
    if (lookahead == ATTUNE_LOOKAHEAD_GROWS)
        printf("| the default |");
    else
        printf("| %lld |", (long long)lookahead);
    printf(" %.3f | %.3f | %.3f | %.3f |\n", share[0], share[1], left, left - *first);
    fflush(stdout);
    return status;
}

static attune_status print_quality(const struct options *options, const attune_space *space,
                                   attune_error *error)
{
    static const int64_t rules[] = {1, 4, 8, 12, 16, 18, 20, 32, 64, ATTUNE_LOOKAHEAD_GROWS};
    attune_status status = ATTUNE_OK;
    double first = NAN;
    printf("\nWhat a lookahead costs: sampler %s, d = %lld, %lld trials\n\n"
           "| lookahead | 4 workers used, 100 trials | 1,000 trials | mean log10 of what is left | "
           "lost to lookahead 1 |\n|-|-|-|-|-|\n",
           options->sampler, (long long)options->dimension, (long long)(20 * options->dimension));
    for (size_t i = 0; i < sizeof rules / sizeof *rules && !status; i++)
        status = print_rule(options, space, rules[i], &first, error);
    return status;
}

static attune_status check_same(const struct options *options, const attune_space *space,
                                attune_error *error)
{
    attune_status status = ATTUNE_OK;
    attune_key first, trace;
    double left = 0;
    bool same = true;
    for (size_t i = 0; i < sizeof workers_of / sizeof *workers_of && !status; i++) {
        status =
            measure(options, space, workers_of[i], ATTUNE_LOOKAHEAD_GROWS, &left, &trace, error);
        first = i ? first : trace;
        same = same && attune_key_same(first, trace);
    }
    if (!status)
        printf("\nThe trials at the default lookahead, for 1, 4, 16 and 64 workers: %s\n",
               same ? "the same" : "NOT the same");
    return status || same ? status : ATTUNE_MISSED;
}

static attune_status make_space(const struct options *options, attune_space **space,
                                attune_error *error)
{
    attune_at at = {0};
    json_t *json = json_object();
    for (int64_t i = 0; i < options->dimension; i++) {
        char name[24];
        snprintf(name, sizeof name, "x%02d", (int)i);
        json_object_set_new(json, name, json_pack("{s:[i,i]}", "uniform", -5, 5));
    }
    *space = attune_space_new(error);
    attune_status status =
        *space ? attune_space_add_json(*space, json, &at, "", ATTUNE_NO_BRANCH, error)
               : ATTUNE_MEMORY;
    json_decref(json);
    return status;
}

static bool read_options(struct options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        const char *word = argv[i];
        if (i + 1 >= argc)
            return false;
        if (strcmp(word, "--sampler") == 0)
            options->sampler = argv[i + 1];
        else if (strcmp(word, "--dimension") == 0)
            options->dimension = strtoll(argv[i + 1], NULL, 10);
        else if (strcmp(word, "--instances") == 0)
            options->instances = strtoll(argv[i + 1], NULL, 10);
        else if (strcmp(word, "--jobs") == 0)
            options->jobs = strtoll(argv[i + 1], NULL, 10);
        else if (strcmp(word, "--sigma") == 0)
            options->sigma = strtod(argv[i + 1], NULL);
        else
            return false;
    }
    return options->dimension >= 2 && options->dimension <= ATTUNE_BBOB_DIMENSIONS &&
           options->instances >= 1 && options->jobs > most_lookahead && options->sigma >= 0;
}

int main(int argc, char **argv)
{
    struct options options = {
        .sampler = "auto", .dimension = 5, .instances = 1, .jobs = 20000, .sigma = 1};
    attune_space *space = NULL;
    attune_error error = {0};
    if (!read_options(&options, argc, argv)) {
        fprintf(stderr, "usage: attune-bench-workers [--sampler S] [--dimension 2..20] "
                        "[--instances K] [--jobs N] [--sigma S]\n");
        return 2;
    }
    attune_status status = print_used(&options, 1, &error);
    if (!status)
        status = print_used(&options, 5, &error);
    if (!status)
        status = make_space(&options, &space, &error);
    if (!status)
        status = check_same(&options, space, &error);
    if (!status)
        status = print_quality(&options, space, &error);
    attune_space_free(space);
    if (status)
        fprintf(stderr, "attune-bench-workers: %s\n", error.message);
    return attune_status_exit_code(status);
}
