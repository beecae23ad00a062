/* search/commands/show.c - `attune show`: what a trial, a store, a dump or a plan is. */
#include "search/grid.h"
#include "search/named.h"
#include "search/predicted.h"
#include "search/program/again.h"
#include "search/program/preview.h"
#include "search/result.h"
#include "search/source.h"
#include "search/stored.h"
#include "spaces/base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const attune_option options[] = {
    ATTUNE_STORE_OPTION,
    ATTUNE_STUDY_OPTION,
    {NULL, NULL, NULL},
};

static void print_member(const char *name, const json_t *value)
{
    char *text = json_is_string(value) ? attune_copy_text(json_string_value(value), NULL)
                                       : attune_json_write(value, NULL);
    printf("  %s = %s\n", name, text ? text : "");
    free(text);
}

static void print_object(const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) print_member(key, value);
}

static void print_metric(const attune_stored *stored, const attune_trial *trial, int64_t m)
{
    char score[32], error[32], fold[32];
    double se = attune_trial_standard_error(trial, m);
    printf("%s %s", stored->metrics.items[m], attune_score_text(trial->values[m], score));
    if (!isnan(se))
        printf(" (se %s)", attune_score_text(se, error));
    if (m < trial->folds.n_metrics && trial->folds.n_folds > 1) {
        printf("; folds");
        for (int64_t f = 0; f < trial->folds.n_folds; f++)
            printf(" %s",
                   attune_score_text(trial->folds.values[m * trial->folds.n_folds + f], fold));
    }
    putchar('\n');
}

static attune_status print_trial(const attune_stored *stored, const attune_trial *trial,
                                 attune_error *error)
{
    char model[128], cost[32];
    json_t *hyperparams = NULL;
    attune_program_again again = {0};
    attune_status status = attune_stored_hyperparams(stored, trial, &hyperparams, error);
    if (!status)
        status = attune_program_again_read(&again, stored, trial, error);
    if (status) {
        json_decref(hyperparams);
        return status;
    }
    attune_trial_model(trial, model, sizeof model);
    printf("trial %lld of study %s in %s: %s\n", (long long)trial->number, stored->study.name,
           stored->storage->location, attune_trial_state_word(trial->state));
    if (trial->reason)
        printf("%s\n", trial->reason);
    for (int64_t m = 0; m < trial->n_values && m < stored->metrics.n; m++)
        print_metric(stored, trial, m);
    if (*model)
        printf("model %s\n", model);
    print_object(hyperparams);
    if (again.folder)
        printf("kept in %s\n", again.folder);
    if (again.line)
        printf("run as: %s\n", again.line);
    printf("%s of processor time", attune_duration_text(trial->cost, cost, sizeof cost));
    if (trial->started)
        printf("; started %s UTC", trial->started);
    if (trial->finished)
        printf(", finished %s UTC", trial->finished);
    putchar('\n');
    if (trial->crashes)
        printf("its process died under it %lld time%s\n", (long long)trial->crashes,
               trial->crashes == 1 ? "" : "s");
    attune_program_again_clear(&again);
    json_decref(hyperparams);
    return ATTUNE_OK;
}

static attune_status show_trial(int64_t number, const attune_arguments *arguments,
                                attune_error *error)
{
    const char *store = attune_option_value(arguments, "store");
    const attune_trial *trial = NULL;
    attune_stored stored = {0};
    attune_status status = attune_stored_open(&stored, store ? store : "attune.db",
                                              attune_option_value(arguments, "study"), error);
    if (!status)
        status = attune_stored_trial(&stored, number, &trial, error);
    if (!status)
        status = print_trial(&stored, trial, error);
    attune_stored_clear(&stored);
    return status;
}

static attune_status print_study(const char *location, const char *name, attune_error *error)
{
    attune_stored stored = {0};
    attune_text counts = {0};
    char n[32], score[32];
    attune_status status = attune_stored_open(&stored, location, name, error);
    if (status)
        return status;
    attune_stored_counts(&stored, &counts);
    printf("%s: %s trials, %s", name, attune_count_text(stored.n, n),
           counts.bytes ? counts.bytes : "");
    if (stored.board.best >= 0) {
        const attune_trial *best = &stored.trials[stored.board.best];
        printf("; best %s %s #%lld", stored.metrics.n ? stored.metrics.items[0] : "value",
               attune_score_text(best->values[0], score), (long long)best->number);
    }
    printf("; started %s UTC\n", stored.study.started ? stored.study.started : "?");
    attune_text_clear(&counts);
    attune_stored_clear(&stored);
    return ATTUNE_OK;
}

static attune_status show_store(const char *location, attune_error *error)
{
    attune_storage *storage = NULL;
    attune_study *studies = NULL;
    int64_t n = 0;
    attune_status status = attune_storage_open(&storage, location, false, error);
    if (!status)
        status = storage->type->list_studies(storage->self, &studies, &n, error);
    if (!status)
        printf("%s: %lld %s\n", location, (long long)n, n == 1 ? "study" : "studies");
    for (int64_t i = 0; i < n && !status; i++)
        status = print_study(location, studies[i].name, error);
    for (int64_t i = 0; i < n; i++)
        attune_study_clear(&studies[i]);
    free(studies);
    attune_storage_close(storage);
    return status;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "?";
}

static void print_scores(const json_t *manifest)
{
    json_t *scores = json_object_get(manifest, "scores"), *value;
    json_t *baseline = json_object_get(manifest, "baseline");
    const char *name;
    double score = NAN, base = NAN, se = NAN;
    char text[32], other[32];
    json_object_foreach(scores, name, value)
    {
        if (!attune_json_number(value, &score))
            continue;
        printf("%s %s", name, attune_score_text(score, text));
        if (strcmp(name, text_of(manifest, "metric")) == 0 &&
            attune_json_number(json_object_get(manifest, "standard_error"), &se) && !isnan(se))
            printf(" (se %s)", attune_score_text(se, other));
        if (attune_json_number(json_object_get(baseline, name), &base))
            printf(", baseline %s", attune_score_text(base, other));
        putchar('\n');
    }
}

static void print_steps(const attune_step *step, int depth)
{
    attune_text line = {0};
    attune_children *children = attune_step_children(step);
    attune_text_append(&line, step->name);
    if (strcmp(step->name, step->type->name) != 0)
        attune_text_printf(&line, " (%s)", step->type->name);
    if (step->type->describe && step->fitted) {
        attune_text_append(&line, ": ");
        step->type->describe(step->self, &line);
    }
    printf("%*s%s\n", 2 * depth + 2, "", line.bytes ? line.bytes : "");
    attune_text_clear(&line);
    for (int64_t i = 0; children && i < children->n; i++)
        if (!step->type->uses || step->type->uses(step->self, i))
            print_steps(children->items[i], depth + 1);
}

static void print_columns(const attune_schema *schema)
{
    for (int64_t i = 0; i < schema->n; i++) {
        const attune_schema_column *column = &schema->columns[i];
        printf("  %s: %s", column->name, attune_kind_word(column->kind));
        if (column->role != ATTUNE_INPUT)
            printf(", %s", attune_role_word(column->role));
        if (column->role == ATTUNE_TARGET && column->levels)
            for (int32_t c = 0; c < column->levels->n && c < 20; c++)
                printf("%s%s%s", c ? ", " : " of ", column->levels->names[c],
                       c == schema->positive ? " (positive)" : "");
        else if (column->levels)
            printf(" of %d levels", (int)column->levels->n);
        putchar('\n');
    }
}

static int64_t bytes_of(const json_t *manifest)
{
    const char *path;
    json_t *file;
    int64_t bytes = 0;
    json_object_foreach(json_object_get(manifest, "files"), path, file) bytes +=
        json_integer_value(json_object_get(file, "size"));
    return bytes;
}

static attune_status show_dump(const char *path, attune_error *error)
{
    attune_dump *dump = NULL;
    attune_texts notes = {0};
    char rows[32];
    attune_status status = attune_dump_open(path, &dump, &notes, error);
    if (!status) {
        const json_t *m = dump->manifest, *study = json_object_get(m, "study");
        json_t *plan = attune_json_parse(dump->plan);
        printf("%s: trial %lld of study %s, seed %lld; made by attune %s\n", path,
               (long long)json_integer_value(json_object_get(m, "trial")),
               json_is_object(study) ? text_of(study, "name") : text_of(m, "study"),
               (long long)json_integer_value(json_object_get(m, "seed")), text_of(m, "attune"));
        print_scores(m);
        printf("fitted on %s rows of %s (fingerprint %s); %.1f KiB\n",
               attune_count_text(json_integer_value(json_object_get(m, "rows")), rows),
               text_of(json_object_get(plan, "data"), "file"), text_of(m, "data"),
               (double)bytes_of(m) / 1024);
        puts("steps:");
        print_steps(dump->pipeline, 0);
        if (json_object_size(json_object_get(plan, "fixed")) > 0)
            puts("hyperparameters:");
        print_object(json_object_get(plan, "fixed"));
        puts("columns:");
        print_columns(dump->schema);
        if (json_is_object(json_object_get(m, "numeric_class")))
            puts("numbers of (another of these gives other last digits):");
        print_object(json_object_get(m, "numeric_class"));
        json_decref(plan);
    }
    for (int64_t i = 0; i < notes.n && !status; i++)
        puts(notes.items[i]);
    attune_texts_clear(&notes);
    attune_dump_free(dump);
    return status;
}

/* When a dimension is active: its branch, its condition. */
static void append_condition(const attune_space *space, int64_t i, attune_text *text)
{
    const attune_dimension *dimension = &space->dimensions[i];
    if (dimension->branch.dimension >= 0) {
        const attune_dimension *of = &space->dimensions[dimension->branch.dimension];
        attune_value value = {0};
        attune_text_printf(text, "%s = ", of->name);
        if (!attune_distribution_value(of->distribution, dimension->branch.x, &value, NULL))
            attune_value_append(text, &value);
        attune_value_clear(&value);
    }
    if (dimension->when)
        attune_text_printf(text, "%s%s", text->length ? " and " : "",
                           attune_expression_text(dimension->when));
    if (dimension->staged)
        attune_text_printf(text, "%snot drawn: each fit is scored at many",
                           text->length ? "; " : "");
}

static attune_status add_dimension(const attune_space *space, int64_t i, attune_grid *grid,
                                   attune_error *error)
{
    attune_text condition = {0};
    attune_value *row = attune_grid_row(grid, error);
    json_t *json = attune_distribution_to_json(space->dimensions[i].distribution, error);
    char *text = json ? attune_json_write(json, error) : NULL;
    attune_status status = row && text ? ATTUNE_OK : ATTUNE_MEMORY;
    append_condition(space, i, &condition);
    if (!status)
        status = attune_value_set_text(&row[0], space->dimensions[i].name, error);
    if (!status)
        status = attune_value_set_text(&row[1], text, error);
    if (!status && condition.bytes)
        status = attune_value_set_text(&row[2], condition.bytes, error);
    attune_text_clear(&condition);
    free(text);
    json_decref(json);
    return status;
}

/* Whether a relation speaks of anything that is searched; else it is settled. */
static bool is_about(const attune_relation *relation)
{
    for (int64_t i = 0; i < attune_expression_n_names(relation->expression); i++)
        if (relation->names[i] >= 0)
            return true;
    return false;
}

static attune_status print_space(const attune_space *space, attune_error *error)
{
    static const char *const titles[] = {"hyperparameter", "distribution", "active when"};
    attune_grid grid = {0};
    attune_status status = ATTUNE_OK;
    for (int i = 0; i < 3 && !status; i++)
        status = attune_grid_column(&grid, titles[i], error);
    for (int64_t i = 0; i < space->n && !status; i++)
        status = add_dimension(space, i, &grid, error);
    if (space->n && !status)
        status = attune_grid_print(&grid, ATTUNE_FORMAT_TABLE, stdout, error);
    for (int64_t i = 0; i < space->n_relations && !status; i++)
        if (is_about(&space->relations[i]))
            printf("always: %s\n", attune_expression_text(space->relations[i].expression));
    attune_grid_clear(&grid);
    return status;
}

static attune_status show_pipeline_plan(const char *path, const attune_arguments *arguments,
                                        attune_error *error)
{
    attune_source source = {0};
    attune_status status = attune_source_open(&source, path, NULL, arguments, error);
    const attune_space *space = status ? NULL : source.plan.blueprint.space;
    if (!status) {
        printf("%s: predicts %s of %s; %lld hyperparameter%s searched by %s\n", source.plan.name,
               source.plan.target, source.plan.file, (long long)space->n, space->n == 1 ? "" : "s",
               source.plan.sampler->type->name);
        status = print_space(space, error);
    }
    attune_source_clear(&source);
    return status;
}

static attune_status show_plan(const char *path, const attune_arguments *arguments,
                               attune_error *error)
{
    attune_ask_plan plan;
    bool is_command = false;
    attune_status status = attune_program_plan_open(&plan, path, arguments, &is_command, error);
    if (!status && !is_command)
        status = show_pipeline_plan(path, arguments, error);
    if (is_command && !status && plan.program.command.n)
        status = attune_program_preview(&plan, stdout, error);
    if (is_command && !status)
        status = print_space(plan.read, error);
    attune_ask_plan_clear(&plan);
    return status;
}

static attune_status run(const attune_arguments *arguments, attune_error *error)
{
    const char *what = attune_arguments_at(arguments, 0);
    int64_t number = 0;
    attune_status status = attune_named_check(what, error);
    if (status)
        return status;
    switch (attune_named_of(what, &number)) {
    case ATTUNE_NAMED_TRIAL:
        return show_trial(number, arguments, error);
    case ATTUNE_NAMED_STORE:
        return show_store(what, error);
    case ATTUNE_NAMED_DUMP:
        return show_dump(what, error);
    case ATTUNE_NAMED_PLAN:
        return show_plan(what, arguments, error);
    case ATTUNE_NAMED_DATA:
        break;
    }
    return attune_fail(error, ATTUNE_INVALID,
                       "%s is no trial's number, store, dump or plan; `attune check` and `attune "
                       "plan` look at data",
                       what);
}

const attune_command_type attune_command_show = {
    .name = "show",
    .usage = "NUMBER | STORE | DUMP | PLAN.json",
    .doc = "Say what a trial, a store, a dump or a plan is.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
