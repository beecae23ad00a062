/* search/commands/check.c - `attune check`: before a night is spent on it, or after one. */
#include "search/data_warnings.h"
#include "search/grid.h"
#include "search/machine.h"
#include "search/named.h"
#include "search/predicted.h"
#include "search/program/preview.h"
#include "search/refit.h"
#include "search/store_check.h"
#include "spaces/base/clock.h"
#include "steps/splitters/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const attune_option options[] = {
    ATTUNE_PLAN_OPTIONS,
    {NULL, NULL, NULL},
};

enum { most_branches = 32 };

/* A model of the plan, and how its first fold went. */
struct branch {
    char name[128];
    double seconds;
    attune_error error; /* status OK: it was fitted */
};

struct check {
    const attune_experiment *e;
    struct branch branches[most_branches];
    int n;
    attune_texts warnings;
};

static void print_target(const attune_data *data, const attune_schema *schema)
{
    const attune_column *target = attune_data_target(data);
    int32_t n = attune_data_n_classes(data);
    const attune_schema_column *column = attune_schema_target_column(schema);
    if (!target || !column || n == 0) {
        printf("; %s is a number\n", column ? column->name : "the target");
        return;
    }
    printf("; ");
    for (int32_t k = 0; k < n && k < 10; k++) {
        int64_t count = 0;
        if (data->task == ATTUNE_BINARY && k != data->positive)
            continue;
        for (int64_t i = 0; i < data->n_rows; i++)
            count += target->codes[i * target->stride] == k;
        printf("%s%s\"%s\" %.1f%%", data->task == ATTUNE_BINARY ? "positive " : "",
               k && data->task != ATTUNE_BINARY ? ", " : "", column->levels->names[k],
               100.0 * (double)count / (double)(data->n_rows ? data->n_rows : 1));
    }
    printf(n > 10 ? ", ... of %d classes\n" : "\n", (int)n);
}

/* "churn: 40,000 rows, 12,004 groups, 22 inputs (13 real, 7 nominal, 2 datetime); positive ..." */
static attune_status print_summary(const attune_experiment *e, attune_error *error)
{
    int64_t kinds[ATTUNE_KINDS] = {0}, n = 0;
    attune_groups groups = {0};
    char text[32];
    for (int64_t i = 0; i < e->data->n_columns; i++)
        if (e->data->roles[i] == ATTUNE_INPUT) {
            kinds[e->data->columns[i]->kind]++;
            n++;
        }
    printf("%s: %s rows, ", e->plan->name, attune_count_text(e->data->n_rows, text));
    attune_status status = ATTUNE_OK;
    if (e->plan->group.n)
        status = attune_groups_make(&groups, e->data, e->all, error);
    if (!status && e->plan->group.n)
        printf("%s groups, ", attune_count_text(groups.n, text));
    printf("%s input%s", attune_count_text(n, text), n == 1 ? "" : "s");
    const char *comma = " (";
    for (int k = 0; k < ATTUNE_KINDS; k++)
        if (kinds[k]) {
            printf("%s%s %s", comma, attune_count_text(kinds[k], text),
                   attune_kind_word((attune_kind)k));
            comma = ", ";
        }
    fputs(n ? ")" : "", stdout);
    print_target(e->data, e->schema);
    attune_groups_clear(&groups);
    return status;
}

static attune_status add_branch(struct check *check, const json_t *fixed, attune_error *error)
{
    const attune_experiment *e = check->e;
    double scores[ATTUNE_MOST_METRICS];
    attune_sample sample = {0};
    attune_step *pipeline = NULL;
    attune_context context = attune_context_root(NULL, e->seed);
    attune_status status = attune_plan_sample(e->plan, fixed, &sample, error);
    if (!status)
        status = attune_experiment_pipeline(e, &sample, &pipeline, error);
    if (!status && check->n < most_branches) {
        struct branch *branch = &check->branches[check->n];
        snprintf(branch->name, sizeof branch->name, "%s", attune_step_model_name(pipeline));
        bool known = false;
        for (int i = 0; i < check->n && !known; i++)
            known = strcmp(check->branches[i].name, branch->name) == 0;
        if (!known) {
            check->n++;
            attune_step_validate(pipeline, e->data, e->folds.items[0].train, &context,
                                 &check->warnings);
            double start = attune_clock_seconds();
            attune_experiment_fold(e, pipeline, 0, NULL, scores, &branch->error);
            branch->seconds = attune_clock_seconds() - start;
        }
    }
    attune_step_free(pipeline);
    attune_sample_clear(&sample);
    return status;
}

/* Every value of a choice that is made at the top, the rest at their defaults. */
static attune_status add_choices(struct check *check, int64_t d, attune_error *error)
{
    const attune_plan *plan = check->e->plan;
    const attune_dimension *dimension = &plan->blueprint.space->dimensions[d];
    int64_t n = attune_distribution_count(dimension->distribution);
    attune_status status = ATTUNE_OK;
    for (int64_t k = 0; k < n && k < most_branches && !status; k++) {
        json_t *fixed = plan->fixed ? attune_json_copy(plan->fixed) : json_object();
        attune_value value = {0};
        status = attune_distribution_value(dimension->distribution, (double)k, &value, error);
        if (!status && json_object_set_new(fixed, dimension->name, attune_value_to_json(&value)))
            status = attune_fail(error, ATTUNE_MEMORY, "out of memory: a branch");
        if (!status)
            status = add_branch(check, fixed, error);
        attune_value_clear(&value);
        json_decref(fixed);
    }
    return status;
}

static bool is_choice(const attune_dimension *dimension)
{
    size_t n = strlen(dimension->name), m = strlen("__choice");
    return dimension->distribution->type->kind == ATTUNE_DISTRIBUTION_NOMINAL && n > m &&
           strcmp(dimension->name + n - m, "__choice") == 0 && dimension->branch.dimension < 0 &&
           !dimension->when;
}

static attune_status fit_branches(struct check *check, attune_error *error)
{
    const attune_plan *plan = check->e->plan;
    const attune_space *space = plan->blueprint.space;
    attune_status status = add_branch(check, plan->fixed, error);
    for (int64_t d = 0; d < space->n && !status; d++)
        if (is_choice(&space->dimensions[d]) &&
            !(plan->fixed && json_object_get(plan->fixed, space->dimensions[d].name)))
            status = add_choices(check, d, error);
    return status;
}

static void print_estimate(const struct check *check)
{
    const attune_plan *plan = check->e->plan;
    double mean = 0, hours = plan->seconds > 0 ? plan->seconds / 3600 : 1;
    int n = 0, cpus = attune_machine_cpus();
    char text[32];
    for (int i = 0; i < check->n; i++)
        if (!check->branches[i].error.status) {
            printf("%s%s %s", n++ ? ", " : "one fold fitted: ", check->branches[i].name,
                   attune_duration_text(check->branches[i].seconds, text, sizeof text));
            mean += check->branches[i].seconds;
        }
    if (n == 0)
        return;
    double trial = mean / n * (double)check->e->folds.n + 1e-4;
    double trials = hours * 3600 * cpus / trial;
    int64_t round = 1;
    while (trials / (double)round >= 100)
        round *= 10;
    printf("; about %s trials", attune_count_text((int64_t)(trials / (double)round) * round, text));
    if (plan->seconds > 0)
        printf(" in %s", attune_duration_text(plan->seconds, text, sizeof text));
    printf("%s on %d thread%s\n", plan->seconds > 0 ? "" : " an hour", cpus, cpus == 1 ? "" : "s");
}

static attune_status report(const struct check *check, attune_error *error)
{
    for (int64_t i = 0; i < check->warnings.n; i++)
        if (attune_texts_find(&check->warnings, check->warnings.items[i]) == i)
            printf("warning: %s\n", check->warnings.items[i]);
    print_estimate(check);
    for (int i = 0; i < check->n; i++)
        if (check->branches[i].error.status)
            return attune_fail(error, ATTUNE_MISSED, "%s cannot be fitted: %s",
                               check->branches[i].name, check->branches[i].error.message);
    return ATTUNE_OK;
}

static attune_status check_plan(const char *what, const attune_arguments *arguments,
                                attune_error *error)
{
    attune_source source = {0};
    attune_experiment experiment = {0};
    struct check *check = attune_alloc(1, sizeof *check, error);
    attune_status status =
        check ? attune_source_open(&source, what, NULL, arguments, error) : ATTUNE_MEMORY;
    if (!status)
        status = attune_experiment_open(&experiment, &source.plan, error);
    for (int64_t i = 0; i < experiment.notes.n && !status; i++)
        fprintf(stderr, "note: %s\n", experiment.notes.items[i]);
    if (!status) {
        check->e = &experiment;
        status = print_summary(&experiment, error);
    }
    if (!status)
        status = attune_data_warnings(&experiment, &check->warnings, error);
    if (!status)
        status = fit_branches(check, error);
    if (!status)
        status = report(check, error);
    if (check)
        attune_texts_clear(&check->warnings);
    free(check);
    attune_experiment_clear(&experiment);
    attune_source_clear(&source);
    return status;
}

/* It is not run: that may take hours. */
static attune_status check_command(const attune_ask_plan *plan, const char *what,
                                   attune_error *error)
{
    attune_status status = attune_program_check(plan, error);
    if (!status)
        status = attune_program_preview(plan, stdout, error);
    if (!status)
        printf("to try it once: attune search %s --trials 1 --store try.db --out try\n", what);
    return status;
}

static attune_status check_plan_or_data(const char *what, const attune_arguments *arguments,
                                        attune_error *error)
{
    attune_ask_plan plan;
    bool is_command = false;
    attune_status status = attune_program_plan_open(&plan, what, arguments, &is_command, error);
    if (!status)
        status =
            is_command ? check_command(&plan, what, error) : check_plan(what, arguments, error);
    attune_ask_plan_clear(&plan);
    return status;
}

static attune_status check_dump(const char *path, attune_error *error)
{
    attune_dump *dump = NULL;
    attune_texts notes = {0};
    attune_status status = attune_dump_open(path, &dump, &notes, error);
    for (int64_t i = 0; i < notes.n && !status; i++)
        puts(notes.items[i]);
    if (!status)
        printf("%s is sound: %zu files as they were written, reference rows predicted again\n",
               path, json_object_size(json_object_get(dump->manifest, "files")));
    attune_dump_free(dump);
    attune_texts_clear(&notes);
    return status;
}

static attune_status check_store(const char *location, attune_error *error)
{
    attune_store_found found = {0};
    attune_status status = attune_store_check(location, &found, error);
    for (int64_t i = 0; i < found.faults.n && !status; i++)
        printf("fault: %s\n", found.faults.items[i]);
    if (!status && found.faults.n)
        status = attune_fail(error, ATTUNE_CORRUPT, "%s is not as it should be: %lld fault%s",
                             location, (long long)found.faults.n, found.faults.n == 1 ? "" : "s");
    else if (!status)
        printf("%s is sound: %lld %s, %lld trial%s, all readable\n", location,
               (long long)found.n_studies, found.n_studies == 1 ? "study" : "studies",
               (long long)found.n_trials, found.n_trials == 1 ? "" : "s");
    attune_store_found_clear(&found);
    return status;
}

static attune_status run(const attune_arguments *arguments, attune_error *error)
{
    const char *what = attune_arguments_at(arguments, 0);
    attune_status status = attune_named_check(what, error);
    attune_named kind = attune_named_of(what, NULL);
    if (!status && kind == ATTUNE_NAMED_TRIAL)
        return attune_fail(error, ATTUNE_INVALID,
                           "check takes a plan, data, a store or a dump; `attune reproduce %s` "
                           "checks a trial",
                           what);
    if (status)
        return status;
    if (kind == ATTUNE_NAMED_DUMP)
        return check_dump(what, error);
    if (kind == ATTUNE_NAMED_STORE)
        return check_store(what, error);
    return check_plan_or_data(what, arguments, error);
}

const attune_command_type attune_command_check = {
    .name = "check",
    .usage = "PLAN.json | DATA.csv --target COL | STORE | DUMP",
    .doc = "Check a plan on its data and fit one fold; or verify a store or a dump.",
    .more =
        "A plan: every key, then the data, with a warning for each thing that makes a search "
        "worse\n"
        "(a constant column, an id, a level seen once, a class that a fold lacks, groups shared\n"
        "with the held-out file, ...), then one fold of each model, and how many trials that "
        "means.\n"
        "A store: SQLite's own check, and every trial is read. A dump: every byte, every step, "
        "and\n"
        "the reference rows.\n"
        "Exit code 2 when the input is wrong, 3 when a fault was found.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
