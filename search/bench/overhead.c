/* search/bench/overhead.c - what the framework adds to a trial: ask, create, record, commit.
 *
 *     attune-bench-overhead [TRIALS [THREADS]]
 *
 * A search over 10 mixed hyperparameters whose objective costs nothing, with 1 and with 5 folds, in
 * a SQLite store in the working folder (removed at the end). Prints the CPU time and the bytes of
 * store a trial. */
#include "search/loop/loop.h"
#include "spaces/base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char space_json[] =
    "{\"learning_rate\": {\"log_uniform\": [0.001, 1]}, \"num_leaves\": {\"log_int\": [4, 256]},"
    "\"min_child_samples\": {\"rand_int\": [1, 100]}, \"subsample\": {\"uniform\": [0.3, 1]},"
    "\"colsample\": {\"uniform\": [0.3, 1]}, \"reg_lambda\": {\"log_uniform\": [1e-8, 10]},"
    "\"reg_alpha\": {\"log_uniform\": [1e-8, 10]}, \"max_bin\": {\"choice\": [32, 64, 128]},"
    "\"extra_trees\": {\"boolean\": 0.5}, \"grow\": {\"choice\": [\"leaf\", \"level\"]}}";

static const attune_direction directions[] = {ATTUNE_MINIMIZE};

static attune_status evaluate(void *user, const attune_job *job, int64_t fold,
                              const attune_services *services, attune_fold_result *result,
                              attune_error *error)
{
    (void)user;
    (void)services;
    (void)error;
    result->scores[0] = job->sample->x[0] + 1e-3 * (double)fold;
    return ATTUNE_OK;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static attune_status make_space(attune_space **space, char **text, attune_error *error)
{
    attune_document document = {0};
    *space = attune_space_new(error);
    attune_status status = *space ? attune_document_parse(&document, "space", space_json,
                                                          (int64_t)strlen(space_json), error)
                                  : ATTUNE_MEMORY;
    attune_at top = attune_at_top(&document);
    if (!status)
        status = attune_space_add_json(*space, document.root, &top, "", ATTUNE_NO_BRANCH, error);
    attune_document_clear(&document);
    json_t *json = status ? NULL : attune_space_to_json(*space, error);
    *text = json ? attune_json_write(json, error) : NULL;
    json_decref(json);
    return *text ? ATTUNE_OK : status ? status : ATTUNE_MEMORY;
}

static attune_status run(int64_t trials, int threads, int64_t n_folds, attune_error *error)
{
    static const char store[] = "attune-bench-overhead.db";
    char identity[] = "{}", plan[] = "{}", name[] = "bench", minimize[] = "[\"minimize\"]",
         metrics[] = "[\"loss\"]";
    attune_objective objective = {.n_folds = n_folds,
                                  .n_metrics = 1,
                                  .n_objectives = 1,
                                  .directions = directions,
                                  .evaluate = evaluate};
    attune_study study = {.name = name,
                          .identity = identity,
                          .plan = plan,
                          .directions = minimize,
                          .metrics = metrics,
                          .n_folds = n_folds};
    attune_space *space = NULL;
    attune_storage *storage = NULL;
    attune_sampler *sampler = NULL;
    attune_loop_result result;
    bool created = false;
    struct stat info = {0};
    unlink(store);
    attune_status status = make_space(&space, &study.space, error);
    if (!status)
        status = attune_storage_open(&storage, store, true, error);
    if (!status)
        status = storage->type->create_study(storage->self, &study, &created, error);
    if (!status)
        status = attune_sampler_new(&sampler, "random", error);
    attune_loop_options options = {.storage = storage,
                                   .study = &study,
                                   .space = space,
                                   .sampler = sampler,
                                   .objective = &objective,
                                   .seed = attune_key_start("bench"),
                                   .trials = trials,
                                   .lookahead = 16,
                                   .threads = threads};
    double begun = cpu_seconds();
    if (!status)
        status = attune_loop_run(&options, &result, error);
    double used = cpu_seconds() - begun;
    attune_storage_close(storage);
    if (!status && stat(store, &info) == 0)
        printf("| %lld | %d | %lld | %.1f us | %.0f bytes |\n", (long long)trials, threads,
               (long long)n_folds, 1e6 * used / (double)trials,
               (double)info.st_size / (double)trials);
    unlink(store);
    attune_sampler_free(sampler);
    attune_space_free(space);
    free(study.space);
    return status;
}

int main(int argc, char **argv)
{
    int64_t trials = argc > 1 ? strtoll(argv[1], NULL, 10) : 10000;
    int threads = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1;
    attune_error error = {0};
    printf("| trials | threads | folds | CPU a trial | store a trial |\n|-|-|-|-|-|\n");
    attune_status status = run(trials, threads, 1, &error);
    if (!status)
        status = run(trials, threads, 5, &error);
    if (status)
        fprintf(stderr, "attune-bench-overhead: %s\n", error.message);
    return attune_status_exit_code(status);
}
