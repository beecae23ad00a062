/* search/result.c - what a study came to, printed for the morning. */
#include "search/result.h"

#include "search/grid.h"
#include "spaces/base/clock.h"
#include "spaces/base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

attune_status attune_result_read(attune_result *result, attune_open_study *open,
                                 attune_error *error)
{
    memset(result, 0, sizeof *result);
    attune_status status = attune_open_study_read(open, &result->trials, &result->n, error);
    if (!status)
        status = attune_open_study_simplicity(open, result->trials, result->n, &result->simplicity,
                                              error);
    attune_goals goals = attune_experiment_goals(open->experiment);
    if (!status && !(result->marks = attune_alloc(result->n, 1, error)))
        status = ATTUNE_MEMORY;
    if (!status)
        status = attune_leaderboard_make(&result->board, &goals, result->trials, result->n,
                                         result->simplicity, result->marks, error);
    if (status)
        attune_result_clear(result);
    return status;
}

void attune_result_clear(attune_result *result)
{
    attune_trials_free(result->trials, result->n);
    free(result->simplicity);
    free(result->marks);
    memset(result, 0, sizeof *result);
}

const char *attune_result_first_reason(const attune_result *result)
{
    for (int64_t i = 0; i < result->n; i++)
        if (result->trials[i].state == ATTUNE_TRIAL_FAIL && result->trials[i].reason)
            return result->trials[i].reason;
    return "";
}

const char *attune_trial_model(const attune_trial *trial, char *name, size_t size)
{
    json_t *attributes = trial->attributes ? attune_json_parse(trial->attributes) : NULL;
    const char *model = json_string_value(json_object_get(attributes, "model"));
    snprintf(name, size, "%s", model ? model : "");
    json_decref(attributes);
    return name;
}

/* The score of a dump on the plan's held-out file; every look at it is counted in the store. */
static attune_status look_at_test(attune_open_study *open, const char *out, double *score,
                                  int64_t *looks, attune_error *error)
{
    const attune_experiment *e = open->experiment;
    const attune_storage_type *type = open->storage->type;
    attune_dump *dump = NULL;
    attune_table *table = NULL;
    attune_data *data = NULL;
    attune_rows *rows = NULL;
    attune_truth truth = {0};
    attune_predictions predictions = {0};
    char *path = NULL, *counted = NULL;
    attune_text count = {0};
    attune_context context = attune_context_root(NULL, e->seed);
    attune_status status = attune_dump_load(out, NULL, &dump, NULL, error);
    if (!status && !(path = attune_plan_path(e->plan, e->plan->test, error)))
        status = ATTUNE_MEMORY;
    attune_table_options how = {.delimiter = e->plan->delimiter,
                                .missing = e->plan->missing.n ? &e->plan->missing : NULL};
    if (!status)
        status = attune_table_read(&table, path, &how, error);
    if (!status)
        status = attune_schema_data(dump->schema, table, true, &data, NULL, error);
    if (!status && !(rows = attune_rows_all(data->n_rows, error)))
        status = ATTUNE_MEMORY;
    if (!status)
        status = attune_truth_gather(&truth, data, rows, error);
    if (!status)
        status = attune_step_predict(dump->pipeline, data, rows, &context, &predictions, error);
    if (!status)
        status = attune_metric_score(e->metrics[0], &truth, &predictions, score, error);
    if (!status)
        status = type->get_attribute(open->storage->self, open->study.id, -1, "test_looks",
                                     &counted, error);
    if (!status) {
        *looks = (counted ? strtoll(counted, NULL, 10) : 0) + 1;
        attune_text_printf(&count, "%lld", (long long)*looks);
        status = type->set_attribute(open->storage->self, open->study.id, -1, "test_looks",
                                     count.bytes ? count.bytes : "1", error);
    }
    attune_text_clear(&count);
    free(counted);
    free(path);
    attune_predictions_clear(&predictions);
    attune_truth_clear(&truth);
    attune_rows_free(rows);
    attune_data_free(data);
    attune_table_free(table);
    attune_dump_free(dump);
    return status;
}

void attune_hyperparam_print(const attune_space *space, const attune_sample *sample, int64_t d,
                             FILE *file)
{
    attune_value value = {0};
    attune_text words = {0};
    if (sample->active[d] && attune_sample_value(space, sample, d, &value, NULL) == ATTUNE_OK) {
        if (value.kind == ATTUNE_VALUE_REAL)
            attune_text_printf(&words, "%.6g", value.real);
        else
            attune_value_append(&words, &value);
        fprintf(file, "    %s = %s\n", attune_space_short_name(space, d),
                words.bytes ? words.bytes : "null");
    }
    attune_value_clear(&value);
    attune_text_clear(&words);
}

static void print_trial(const attune_result *result, const attune_open_study *open, int64_t i,
                        const char *title, FILE *file)
{
    const attune_trial *trial = &result->trials[i];
    const attune_space *space = open->experiment->plan->blueprint.space;
    char model[128], score[32];
    attune_sample sample = {0};
    fprintf(file, "%s #%lld  %s", title, (long long)trial->number,
            attune_trial_model(trial, model, sizeof model));
    double error = attune_trial_standard_error(trial, 0);
    for (int64_t m = 0; m < open->experiment->n_metrics && m < trial->n_values; m++)
        fprintf(file, "  %s %s", open->experiment->metrics[m]->name,
                attune_score_text(trial->values[m], score));
    if (!isnan(error))
        fprintf(file, "  (se %s,", attune_score_text(error, score));
    fprintf(file, "%s baseline %s)\n", isnan(error) ? "  (" : "",
            attune_score_text(open->baseline[0], score));
    if (attune_sample_init(&sample, space, NULL) == ATTUNE_OK &&
        attune_sample_read(space, trial->hyperparams, &sample, NULL) == ATTUNE_OK)
        for (int64_t d = 0; d < space->n; d++)
            attune_hyperparam_print(space, &sample, d, file);
    attune_sample_clear(&sample);
}

/* The front, by the first objective. */
static void print_front(const attune_result *result, const attune_open_study *open, FILE *file)
{
    const attune_experiment *e = open->experiment;
    enum { most_shown = 20 };
    char score[32];
    double after = NAN;
    int64_t shown = 0, last = -1;
    fprintf(file, "%lld trial%s that no other beats in every objective:\n",
            (long long)result->board.n_front, result->board.n_front == 1 ? "" : "s");
    for (; shown < result->board.n_front && shown < most_shown; shown++) {
        int64_t next = -1;
        for (int64_t i = 0; i < result->n; i++) {
            double value = result->marks[i] ? result->trials[i].values[0] : NAN;
            bool later = shown == 0 || attune_better(e->directions[0], after, value) ||
                         (value == after && i > last);
            if (result->marks[i] && later &&
                (next < 0 ||
                 attune_better(e->directions[0], value, result->trials[next].values[0])))
                next = i;
        }
        fprintf(file, "  #%-6lld", (long long)result->trials[next].number);
        for (int64_t m = 0; m < e->n_objectives; m++)
            fprintf(file, "  %s %s", e->metrics[m]->name,
                    attune_score_text(result->trials[next].values[m], score));
        fputc('\n', file);
        after = result->trials[next].values[0];
        last = next;
    }
    if (shown < result->board.n_front)
        fprintf(file, "  and %lld more (attune trials)\n",
                (long long)(result->board.n_front - shown));
}

static void print_counts(const attune_leaderboard *b, FILE *file)
{
    int64_t n = b->n_complete + b->n_pruned + b->n_failed + b->n_running + b->n_waiting;
    fprintf(file, "%lld trial%s: %lld complete", (long long)n, n == 1 ? "" : "s",
            (long long)b->n_complete);
    const struct {
        int64_t n;
        const char *word;
    } rest[] = {{b->n_broken, "of them outside the constraints"},
                {b->n_pruned, "pruned"},
                {b->n_failed, "failed"},
                {b->n_running, "running elsewhere"},
                {b->n_waiting, "waiting to be run again"}};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        if (rest[i].n)
            fprintf(file, ", %lld %s", (long long)rest[i].n, rest[i].word);
    fputc('\n', file);
}

attune_status attune_result_print(const attune_result *result, attune_open_study *open,
                                  const char *out, FILE *file, attune_error *error)
{
    const attune_leaderboard *board = &result->board;
    attune_status status = ATTUNE_OK;
    print_counts(board, file);
    if (board->best < 0 && board->n_broken)
        fprintf(file, "none of the complete ones keeps the constraints; there is no best\n");
    if (board->best < 0)
        return ATTUNE_OK;
    bool several = open->experiment->n_objectives > 1;
    if (several)
        print_front(result, open, file);
    print_trial(result, open, board->best, several ? "of these" : "best", file);
    if (board->n_ties)
        fprintf(file, "%lld other%s within one standard error of it\n", (long long)board->n_ties,
                board->n_ties == 1 ? " is" : "s are");
    if (board->simplest != board->best)
        print_trial(result, open, board->simplest, "simplest of these", file);
    if (open->experiment->plan->test) {
        char words[32];
        double score = NAN;
        int64_t looks = 0;
        status = look_at_test(open, out, &score, &looks, error);
        if (!status)
            fprintf(file, "held-out %s: %s %s, looked at %lld time%s\n",
                    open->experiment->plan->test, open->experiment->metrics[0]->name,
                    attune_score_text(score, words), (long long)looks, looks == 1 ? "" : "s");
    }
    if (!status && several)
        fprintf(
            file, "dumped #%lld, the best of these by %s, to %s; attune fit NUMBER makes another\n",
            (long long)result->trials[board->best].number, open->experiment->metrics[0]->name, out);
    else if (!status)
        fprintf(file, "dumped to %s\n", out);
    return status;
}
