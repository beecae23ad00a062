/* search/bench/tables.c - attune-bench-tables: a sampler on tables of measured configurations.
 *
 *     attune-bench-tables DIR --sampler S --trials N --seeds K [--first SEED] [--lookahead L]
 *         [--table FILE]
 *
 * Every trial's result is looked up, and the sampler is shown it as the loop would show it: those
 * of the jobs below the window of L jobs, or of one that grows when none is given. A line of JSON
 * for each (table, sampler, seed): see README.md. Everything else is the product's default. */
#include "search/bench/parts/table.h"
#include "search/loop/jobs.h"
#include "search/loop/lookahead.h"
#include "spaces/base/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *folder, *sampler, *table;
    int64_t trials, seeds, first, lookahead;
};

static const attune_direction directions[] = {ATTUNE_MINIMIZE, ATTUNE_MAXIMIZE};

struct curves {
    json_t *value, *quantile, *regret;
    double best;
};

static void note(struct curves *curves, const attune_known_table *table, double value)
{
    bool better = table->maximize ? value > curves->best : value < curves->best;
    if (isfinite(value) && (better || isnan(curves->best)))
        curves->best = value;
    if (isnan(curves->best)) { /* nothing but failures so far */
        json_array_append_new(curves->value, json_null());
        json_array_append_new(curves->quantile, json_real(1));
        json_array_append_new(curves->regret, json_null());
        return;
    }
    json_array_append_new(curves->value, json_real(curves->best));
    json_array_append_new(curves->quantile,
                          json_real(attune_known_table_quantile(table, curves->best)));
    json_array_append_new(curves->regret,
                          json_real(attune_known_table_regret(table, curves->best)));
}

static attune_status run_job(attune_jobs *jobs, const attune_known_table *table,
                             const attune_sample *sample, struct curves *curves,
                             attune_error *error)
{
    attune_loop_job *job = NULL;
    attune_status status = attune_jobs_add(jobs, sample, &job, error);
    if (status)
        return status;
    job->values[0] = attune_known_table_value(table, sample);
    job->state = isfinite(job->values[0]) ? ATTUNE_TRIAL_COMPLETE : ATTUNE_TRIAL_FAIL;
    attune_jobs_finish(jobs, job);
    note(curves, table, job->values[0]);
    return ATTUNE_OK;
}

/* All trials of one seed. */
static attune_status play(const struct options *options, const attune_known_table *table,
                          int64_t seed, struct curves *curves, attune_error *error)
{
    attune_objective objective = {.n_folds = 1,
                                  .n_metrics = 1,
                                  .n_objectives = 1,
                                  .directions = &directions[table->maximize]};
    attune_sampler *sampler = NULL;
    attune_jobs jobs;
    attune_sample sample = {0};
    attune_answer answer = ATTUNE_ANSWER_POINT;
    attune_key key = attune_key_integer(attune_key_start("seed"), seed);
    double *unit = attune_alloc(table->space->n, sizeof *unit, error);
    attune_jobs_init(&jobs, table->space, &objective);
    attune_status status = unit ? attune_sample_init(&sample, table->space, error) : ATTUNE_MEMORY;
    if (!status)
        status = attune_sampler_new(&sampler, options->sampler, error);
    for (int64_t j = 0; j < options->trials && !status; j++) {
        attune_jobs_publish(&jobs, attune_lookahead_known(options->lookahead, j));
        attune_history history = attune_jobs_history(&jobs, options->trials);
        attune_key study = attune_key_join(attune_key_start("sampler"), key);
        attune_stream stream = attune_stream_new(attune_key_integer(study, j));
        history.seed = key;
        status = attune_sampler_ask(sampler, &history, &stream, unit, &sample, &answer, error);
        if (status || answer != ATTUNE_ANSWER_POINT)
            break;
        status = run_job(&jobs, table, &sample, curves, error);
    }
    while (!status && (int64_t)json_array_size(curves->value) < options->trials)
        note(curves, table, curves->best); /* exhausted: it stays as it is */
    attune_sampler_free(sampler);
    attune_jobs_clear(&jobs);
    attune_sample_clear(&sample);
    free(unit);
    return status;
}

static attune_status print_one(const struct options *options, const char *file,
                               const attune_known_table *table, int64_t seed, attune_error *error)
{
    struct curves curves = {json_array(), json_array(), json_array(), NAN};
    attune_status status = play(options, table, seed, &curves, error);
    json_t *line = json_pack("{s:s, s:s, s:I, s:o, s:o, s:o}", "table", file, "sampler",
                             options->sampler, "seed", (json_int_t)seed, "value", curves.value,
                             "quantile", curves.quantile, "regret", curves.regret);
    char *text = !status && line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
    if (text)
        puts(text);
    else if (!status)
        status = attune_fail(error, ATTUNE_MEMORY, "out of memory");
    fflush(stdout);
    free(text);
    json_decref(line);
    return status;
}

static attune_status run(const struct options *options, attune_error *error)
{
    attune_document document = {0};
    const char *file;
    json_t *description;
    char *path = attune_path_join(options->folder, "tables.json", error);
    attune_status status = path ? attune_document_read(&document, path, error)
                                : attune_fail(error, ATTUNE_MEMORY, "out of memory");
    json_object_foreach(document.root, file, description)
    {
        attune_known_table table = {0};
        if (status || (options->table && strcmp(options->table, file) != 0))
            continue;
        status = attune_known_table_read(&table, options->folder, file, description, error);
        for (int64_t k = 0; k < options->seeds && !status; k++)
            status = print_one(options, file, &table, options->first + k, error);
        attune_known_table_clear(&table);
    }
    attune_document_clear(&document);
    free(path);
    return status;
}

static bool read_count(const char *text, int64_t least, int64_t *to)
{
    char *end = NULL;
    *to = strtoll(text, &end, 10);
    return !*end && *to >= least && *to <= 1000000;
}

static bool read_options(struct options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool takes = strncmp(word, "--", 2) == 0;
        if (takes && !next)
            return false;
        if (!takes)
            options->folder = word;
        else if (strcmp(word, "--sampler") == 0)
            options->sampler = next;
        else if (strcmp(word, "--table") == 0)
            options->table = next;
        else if (!(strcmp(word, "--trials") == 0      ? read_count(next, 1, &options->trials)
                   : strcmp(word, "--seeds") == 0     ? read_count(next, 1, &options->seeds)
                   : strcmp(word, "--first") == 0     ? read_count(next, 0, &options->first)
                   : strcmp(word, "--lookahead") == 0 ? read_count(next, 1, &options->lookahead)
                                                      : false))
            return false;
        i += takes;
    }
    return options->folder;
}

int main(int argc, char **argv)
{
    struct options options = {.sampler = "auto", .trials = 100, .seeds = 20};
    attune_error error = {0};
    if (!read_options(&options, argc, argv)) {
        fprintf(stderr, "usage: attune-bench-tables DIR [--sampler S] [--trials N] [--seeds K] "
                        "[--first SEED] [--lookahead L] [--table FILE]\n");
        return 2;
    }
    attune_status status = run(&options, &error);
    if (status) {
        char text[2048];
        attune_error_text(&error, text, sizeof text);
        fprintf(stderr, "attune-bench-tables: %s\n", text);
    }
    return attune_status_exit_code(status);
}
