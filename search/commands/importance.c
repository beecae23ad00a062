/* search/commands/importance.c - `attune importance`: which columns a dump goes by, and how. */
#include "search/importance.h"
#include "search/command.h"
#include "search/grid.h"
#include "search/machine.h"
#include "search/predicted.h"

#include <stdlib.h>
#include <string.h>

static const attune_option options[] = {
    {"by", "WORD", "permutation: columns are shuffled; model: what the model says (permutation)"},
    {"metric", "NAME", "what gets worse; the study's when not given"},
    {"repeats", "N", "how often each column is shuffled (5)"},
    {"partial", "COL", "the mean prediction with this column set to each of its values"},
    {"points", "N", "most values of a partial (20)"},
    {"jobs", "N", "threads; all processors that may be used when not given"},
    {"format", "WORD", "table (for people), csv or jsonl"},
    {NULL, NULL, NULL},
};

struct job {
    attune_predicted predicted;
    const attune_metric_type *metric;
    const char *partial;
    bool by_model;
    int64_t repeats, points, jobs;
    attune_format format;
    attune_grid grid;
};

static attune_status read_job(struct job *job, const attune_arguments *arguments,
                              attune_error *error)
{
    const char *by = attune_option_value(arguments, "by");
    *job = (struct job){.repeats = 5, .points = 20, .jobs = attune_machine_cpus()};
    job->partial = attune_option_value(arguments, "partial");
    job->by_model = by && strcmp(by, "model") == 0;
    if (by && !job->by_model && strcmp(by, "permutation") != 0)
        return attune_fail(error, ATTUNE_INVALID, "--by: need permutation or model, got \"%s\"",
                           by);
    if (job->by_model && job->partial)
        return attune_fail(error, ATTUNE_INVALID, "--by model and --partial: take one of them");
    attune_status status =
        attune_option_integer(arguments, "repeats", 1, 10000, &job->repeats, error);
    if (!status)
        status = attune_option_integer(arguments, "points", 2, 10000, &job->points, error);
    if (!status)
        status = attune_option_integer(arguments, "jobs", 1, 1024, &job->jobs, error);
    return status
               ? status
               : attune_format_read(attune_option_value(arguments, "format"), &job->format, error);
}

static attune_status choose_metric(struct job *job, const char *name, attune_error *error)
{
    attune_task task = job->predicted.data->task;
    const char *studied =
        json_string_value(json_object_get(job->predicted.dump->manifest, "metric"));
    job->metric = name ? attune_metric_find(name) : studied ? attune_metric_find(studied) : NULL;
    if (name && !job->metric)
        return attune_metric_unknown(name, task, error);
    if (!job->metric)
        job->metric = attune_metric_default(task);
    return ATTUNE_OK;
}

static attune_status add_columns(attune_grid *grid, const char *const *names, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (; *names && !status; names++)
        status = attune_grid_column(grid, *names, error);
    return status;
}

/* People read four digits. */
static attune_status set_number(const struct job *job, attune_value *cell, double number,
                                attune_error *error)
{
    char text[32];
    if (job->format != ATTUNE_FORMAT_TABLE) {
        *cell = attune_value_real(number);
        return ATTUNE_OK;
    }
    return attune_value_set_text(cell, attune_score_text(number, text), error);
}

/* The places of n values, the largest first, the earlier one of two as large. */
static void put_in_order(const double *values, int64_t n, int64_t *order)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t at = i;
        for (; at > 0 && values[order[at - 1]] < values[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

static attune_status fill_permuted(struct job *job, const attune_importance *importance,
                                   attune_error *error)
{
    static const char *const names[] = {"column", "importance", "deviation", NULL};
    int64_t n = importance->names.n;
    int64_t *order = attune_alloc(n, sizeof *order, error);
    attune_status status = order ? add_columns(&job->grid, names, error) : ATTUNE_MEMORY;
    if (!status)
        put_in_order(importance->mean, n, order);
    for (int64_t i = 0; i < n && !status; i++) {
        attune_value *row = attune_grid_row(&job->grid, error);
        status = row ? attune_value_set_text(&row[0], importance->names.items[order[i]], error)
                     : ATTUNE_MEMORY;
        if (!status)
            status = set_number(job, &row[1], importance->mean[order[i]], error);
        if (!status)
            status = set_number(job, &row[2], importance->deviation[order[i]], error);
    }
    free(order);
    return status;
}

static attune_status permute(struct job *job, attune_error *error)
{
    const attune_predicted *p = &job->predicted;
    const char *id = json_string_value(json_object_get(p->dump->manifest, "id"));
    attune_key key = attune_key_text(attune_key_start("importance"), id);
    attune_importance_request request = {
        .pipeline = p->dump->pipeline,
        .data = p->data,
        .rows = p->rows,
        .metric = job->metric,
        .repeats = job->repeats,
        .key = attune_key_join(key, attune_data_fingerprint(p->data)),
        .threads = (int)job->jobs,
    };
    attune_importance importance = {0};
    char score[32], rows[32];
    attune_status status = attune_importance_permute(&importance, &request, error);
    if (!status)
        status = fill_permuted(job, &importance, error);
    if (!status && job->format == ATTUNE_FORMAT_TABLE)
        printf("%s %s on %s rows; by how much it gets worse when a column is shuffled\n",
               job->metric->name, attune_score_text(importance.score, score),
               attune_count_text(p->data->n_rows, rows));
    attune_importance_clear(&importance);
    return status;
}

static attune_status ask_model(struct job *job, attune_error *error)
{
    static const char *const columns[] = {"input", "importance", "share", NULL};
    const attune_predicted *p = &job->predicted;
    attune_context context = attune_context_root(NULL, attune_key_start("predict"));
    attune_texts names = {0};
    attune_reals values = {0};
    double total = 0;
    context.phase = ATTUNE_PHASE_EVALUATE;
    attune_status status = attune_step_importance(p->dump->pipeline, p->data, p->rows, &context,
                                                  &names, &values, error);
    int64_t *order = status ? NULL : attune_alloc(values.n, sizeof *order, error);
    if (!status)
        status = order ? add_columns(&job->grid, columns, error) : ATTUNE_MEMORY;
    for (int64_t i = 0; i < values.n && !status; i++)
        total += values.items[i];
    if (!status)
        put_in_order(values.items, values.n, order);
    for (int64_t i = 0; i < values.n && !status; i++) {
        attune_value *row = attune_grid_row(&job->grid, error);
        double value = values.items[order[i]];
        status = row ? attune_value_set_text(&row[0], names.items[order[i]], error) : ATTUNE_MEMORY;
        if (!status)
            status = set_number(job, &row[1], value, error);
        if (!status)
            status = set_number(job, &row[2], total > 0 ? value / total : 0, error);
    }
    attune_texts_clear(&names);
    free(values.items);
    free(order);
    return status;
}

/* Of two classes the positive one's probability tells all. */
static bool is_shown(const attune_data *data, int32_t class)
{
    return data->task != ATTUNE_BINARY || class == data->positive;
}

static attune_status partial_columns(struct job *job, int32_t n_classes, attune_error *error)
{
    const attune_schema_column *target = attune_schema_target_column(job->predicted.dump->schema);
    attune_status status = attune_grid_column(&job->grid, job->partial, error);
    if (!status && n_classes == 0)
        return attune_grid_column(&job->grid, "prediction", error);
    if (!status && (!target || !target->levels || target->levels->n != n_classes))
        return attune_fail(error, ATTUNE_CORRUPT, "the dump's schema has other classes");
    for (int32_t c = 0; c < n_classes && !status; c++) {
        attune_text name = {0};
        attune_text_printf(&name, "probability_%s", target->levels->names[c]);
        if (is_shown(job->predicted.data, c))
            status =
                name.failed ? ATTUNE_MEMORY : attune_grid_column(&job->grid, name.bytes, error);
        attune_text_clear(&name);
    }
    return status;
}

static attune_status ask_partial(struct job *job, attune_error *error)
{
    const attune_predicted *p = &job->predicted;
    attune_partial partial = {0};
    attune_status status = attune_partial_make(&partial, p->dump->pipeline, p->data, p->rows,
                                               job->partial, job->points, error);
    if (!status)
        status = partial_columns(job, partial.mean.n_classes, error);
    for (int64_t i = 0; i < partial.n && !status; i++) {
        attune_value *row = attune_grid_row(&job->grid, error);
        int64_t cell = 1;
        status = row ? attune_value_copy(&row[0], &partial.at[i], error) : ATTUNE_MEMORY;
        for (int64_t k = 0; k < partial.mean.width && !status; k++)
            if (partial.mean.n_classes == 0 || is_shown(p->data, (int32_t)k))
                status = set_number(job, &row[cell++],
                                    partial.mean.values[i * partial.mean.width + k], error);
    }
    attune_partial_clear(&partial);
    return status;
}

static attune_status run(const attune_arguments *arguments, attune_error *error)
{
    struct job job = {.repeats = 0};
    attune_status status = read_job(&job, arguments, error);
    bool need_target = !job.by_model && !job.partial;
    if (!status)
        status = attune_predicted_make(&job.predicted, attune_arguments_at(arguments, 0),
                                       attune_arguments_at(arguments, 1), need_target, error);
    if (!status && job.predicted.data->n_rows == 0)
        status =
            attune_fail(error, ATTUNE_INVALID, "%s has no rows", attune_arguments_at(arguments, 1));
    for (int64_t i = 0; !status && i < job.predicted.notes.n; i++)
        fprintf(stderr, "%s\n", job.predicted.notes.items[i]);
    if (!status)
        status = choose_metric(&job, attune_option_value(arguments, "metric"), error);
    if (!status)
        status = job.partial    ? ask_partial(&job, error)
                 : job.by_model ? ask_model(&job, error)
                                : permute(&job, error);
    if (!status)
        status = attune_grid_print(&job.grid, job.format, stdout, error);
    attune_grid_clear(&job.grid);
    attune_predicted_clear(&job.predicted);
    return status;
}

const attune_command_type attune_command_importance = {
    .name = "importance",
    .usage = "DUMP DATA.csv [--by model] [--partial COL] [--metric NAME]",
    .doc = "Show which columns a dump goes by, and how.",
    .more =
        "Each column of the file is shuffled a few times, the rows are predicted again, and the\n"
        "table says by how much the metric gets worse: the mean, and its deviation over repeats.\n"
        "Take rows that the dump was not fitted on. Columns that tell the same share what they\n"
        "are worth. The draws are keyed by the dump and the file: the same two give the same.\n"
        "--by model is what the model says of its own inputs (after encoding and scaling): the\n"
        "gain of splits of trees, and of linear models a coefficient times its input's deviation.\n"
        "--partial COL sets the column to its values in all rows, one after the other, and gives\n"
        "the mean prediction, or the mean probability of each class (of two, the positive one).",
    .options = options,
    .least = 2,
    .most = 2,
    .run = run,
};
