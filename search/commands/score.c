/* search/commands/score.c - `attune score`: how good a dump is on a file, and gates on it. */
#include "search/command.h"
#include "search/grid.h"
#include "search/interval.h"
#include "search/predicted.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const attune_option options[] = {
    {"min", "METRIC=V", "exit 3 unless the metric is at least V; may come several times"},
    {"max", "METRIC=V", "exit 3 unless the metric is at most V; may come several times"},
    {NULL, NULL, NULL},
};

enum { most = 64 };

struct gate {
    const attune_metric_type *metric;
    double bound;
    bool is_max;
};

struct score {
    const attune_metric_type *metric;
    double value;
    attune_interval interval;
};

struct job {
    attune_predicted predicted;
    struct gate gates[most];
    struct score scores[most];
    int n_gates, n_scores;
};

static attune_status read_gate(struct job *job, const char *option, const char *text, bool is_max,
                               attune_error *error)
{
    const char *equals = strchr(text, '=');
    double bound = 0;
    char name[64];
    if (!equals || equals == text ||
        !attune_real_read(equals + 1, (int64_t)strlen(equals + 1), &bound) || isnan(bound))
        return attune_fail(error, ATTUNE_INVALID,
                           "--%s takes METRIC=NUMBER, such as accuracy=0.9; got \"%s\"", option,
                           text);
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    const attune_metric_type *metric = attune_metric_find(name);
    if (!metric) {
        attune_status status = attune_metric_unknown(name, ATTUNE_NO_TASK, error);
        attune_error_prefix(error, "--%s", option);
        return status;
    }
    if (job->n_gates == most / 2)
        return attune_fail(error, ATTUNE_INVALID, "at most %d gates", most / 2);
    job->gates[job->n_gates++] = (struct gate){metric, bound, is_max};
    return ATTUNE_OK;
}

static attune_status read_gates(struct job *job, const attune_arguments *arguments,
                                attune_error *error)
{
    static const char *const names[] = {"min", "max"};
    attune_status status = ATTUNE_OK;
    for (int side = 0; side < 2; side++)
        for (int64_t i = 0; i < attune_option_n(arguments, names[side]) && !status; i++)
            status = read_gate(job, names[side], attune_option_nth(arguments, names[side], i),
                               side == 1, error);
    return status;
}

static attune_status add_metric(struct job *job, const attune_metric_type *metric,
                                attune_error *error)
{
    attune_task task = job->predicted.data->task;
    if (!(metric->tasks >> task & 1))
        return attune_fail(error, ATTUNE_INVALID, "%s is not for this dump, which does a %s task",
                           metric->name, attune_task_word(task));
    for (int i = 0; i < job->n_scores; i++)
        if (job->scores[i].metric == metric)
            return ATTUNE_OK;
    if (job->n_scores < most)
        job->scores[job->n_scores++] = (struct score){.metric = metric};
    return ATTUNE_OK;
}

/* What the study optimised, then what it watched, then what gates ask for. */
static attune_status choose_metrics(struct job *job, attune_error *error)
{
    json_t *manifest = job->predicted.dump->manifest;
    const char *first = json_string_value(json_object_get(manifest, "metric"));
    json_t *scores = json_object_get(manifest, "scores");
    attune_status status = ATTUNE_OK;
    if (first && attune_metric_find(first))
        status = add_metric(job, attune_metric_find(first), error);
    for (int64_t i = 0; attune_metric_types[i] && !status; i++)
        if (json_object_get(scores, attune_metric_types[i]->name))
            status = add_metric(job, attune_metric_types[i], error);
    for (int i = 0; i < job->n_gates && !status; i++)
        status = add_metric(job, job->gates[i].metric, error);
    if (!status && job->n_scores == 0)
        status = add_metric(job, attune_metric_default(job->predicted.data->task), error);
    return status;
}

static attune_status compute(struct job *job, attune_error *error)
{
    attune_predicted *p = &job->predicted;
    const char *id = json_string_value(json_object_get(p->dump->manifest, "id"));
    attune_key key = attune_key_text(attune_key_start("score"), id);
    attune_truth truth = {0};
    attune_status status = attune_truth_gather(&truth, p->data, p->rows, error);
    key = attune_key_join(key, attune_data_fingerprint(p->data));
    for (int i = 0; i < job->n_scores && !status; i++) {
        struct score *score = &job->scores[i];
        status = attune_metric_score(score->metric, &truth, &p->predictions, &score->value, error);
        if (!status)
            status = attune_interval_make(&score->interval, score->metric, &truth, &p->predictions,
                                          p->data, p->rows, key, error);
    }
    attune_truth_clear(&truth);
    return status;
}

static void print(const struct job *job)
{
    char rows[32], value[32], low[32], high[32];
    printf("%s rows\n", attune_count_text(job->predicted.data->n_rows, rows));
    for (int i = 0; i < job->n_scores; i++) {
        const struct score *score = &job->scores[i];
        if (isnan(score->value)) {
            printf("%-18s undefined on these rows\n", score->metric->name);
            continue;
        }
        printf("%-18s %s", score->metric->name, attune_score_text(score->value, value));
        if (!isnan(score->interval.low))
            printf("  (95%%: %s to %s)", attune_score_text(score->interval.low, low),
                   attune_score_text(score->interval.high, high));
        putchar('\n');
    }
}

static attune_status hold_gates(const struct job *job, attune_error *error)
{
    char value[ATTUNE_NUMBER_SIZE], bound[ATTUNE_NUMBER_SIZE];
    for (int g = 0; g < job->n_gates; g++)
        for (int i = 0; i < job->n_scores; i++) {
            const struct gate *gate = &job->gates[g];
            double v = job->scores[i].value;
            if (job->scores[i].metric != gate->metric ||
                (gate->is_max ? v <= gate->bound : v >= gate->bound))
                continue;
            if (isnan(v))
                return attune_fail(error, ATTUNE_MISSED, "gate not met: %s is undefined here",
                                   gate->metric->name);
            return attune_fail(error, ATTUNE_MISSED, "gate not met: %s is %s, %s %s",
                               gate->metric->name, attune_real_text(v, value),
                               gate->is_max ? "above" : "below",
                               attune_real_text(gate->bound, bound));
        }
    return ATTUNE_OK;
}

static attune_status run(const attune_arguments *arguments, attune_error *error)
{
    struct job *job = attune_alloc(1, sizeof *job, error);
    attune_status status = job ? read_gates(job, arguments, error) : ATTUNE_MEMORY;
    if (!status)
        status = attune_predicted_make(&job->predicted, attune_arguments_at(arguments, 0),
                                       attune_arguments_at(arguments, 1), true, error);
    if (!status && job->predicted.data->n_rows == 0)
        status = attune_fail(error, ATTUNE_INVALID, "%s has no rows to be scored",
                             attune_arguments_at(arguments, 1));
    if (!status)
        status = choose_metrics(job, error);
    if (!status)
        status = compute(job, error);
    for (int64_t i = 0; !status && i < job->predicted.notes.n; i++)
        fprintf(stderr, "%s\n", job->predicted.notes.items[i]);
    if (!status)
        print(job);
    if (!status)
        status = hold_gates(job, error);
    if (job)
        attune_predicted_clear(&job->predicted);
    free(job);
    return status;
}

const attune_command_type attune_command_score = {
    .name = "score",
    .usage = "DUMP DATA.csv [--min METRIC=V] [--max METRIC=V]",
    .doc = "Score a dump on a file that has the target; a gate for scripts.",
    .more =
        "Prints the metrics of the study, and those of the gates, each with the 95% interval of a\n"
        "percentile bootstrap over the rows (whole groups where there are any); the draws are\n"
        "keyed by the dump and the file, so that the same two give the same figures.\n"
        "A gate holds against the value itself: --min accuracy=0.9 is at least 0.9, --max rmse=3\n"
        "at most 3. Exit code 3 when one is not met.",
    .options = options,
    .least = 2,
    .most = 2,
    .run = run,
};
