/* search/program/preview.c - a plan that has a command, looked at before it is run. */
#include "search/program/preview.h"

#include "search/named.h"
#include "search/program/process.h"
#include "search/program/words.h"
#include "search/source.h"

#include <stdlib.h>
#include <string.h>

static attune_status check_options(const attune_arguments *arguments, attune_error *error)
{
    static const char *const others[] = {"cache",     "memory", "overwrite",
                                         "stop-rule", "target", "metric"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (attune_option_given(arguments, others[i]))
            return attune_fail(error, ATTUNE_INVALID,
                               "--%s is for a pipeline over data; this plan has a command",
                               others[i]);
    return ATTUNE_OK;
}

attune_status attune_program_plan_open(attune_ask_plan *plan, const char *what,
                                       const attune_arguments *arguments, bool *there,
                                       attune_error *error)
{
    attune_document document = {0};
    *plan = (attune_ask_plan){0};
    *there = false;
    if (attune_named_of(what, NULL) != ATTUNE_NAMED_PLAN)
        return ATTUNE_OK;
    attune_status status = attune_source_read(&document, what, arguments, NULL, error);
    *there = json_object_get(document.root, "objective") || json_object_get(document.root, "space");
    if (!status && *there)
        status = check_options(arguments, error);
    if (!status && *there)
        status = attune_ask_plan_take(plan, &document, what, arguments, error);
    attune_document_clear(&document);
    return status;
}

attune_status attune_program_check(const attune_ask_plan *plan, attune_error *error)
{
    const char *program = plan->program.command.n ? plan->program.command.items[0] : NULL;
    if (!program)
        return attune_fail(
            error, ATTUNE_INVALID,
            "the plan needs \"objective\": {\"command\": [...]}, the program that is "
            "run for a trial (without one, `attune ask` gives configurations)");
    if (plan->options.n_objectives > 1)
        return attune_fail(error, ATTUNE_INVALID,
                           "objective.direction: a command has one value, so one direction");
    if (strchr(program, '{'))
        return ATTUNE_OK;
    attune_status status = attune_process_find(program, plan->folder, error);
    if (status)
        attune_error_prefix(error, "objective.command");
    return status;
}

/* The middle of the space, in trial 0. */
static attune_status write_line(const attune_ask_plan *plan, attune_text *line, attune_error *error)
{
    const attune_space *space = plan->read;
    char number[24];
    attune_sample sample = {0};
    double *unit = attune_alloc(space->n, sizeof *unit, error);
    attune_status status = unit ? attune_sample_init(&sample, space, error) : ATTUNE_MEMORY;
    for (int64_t i = 0; i < space->n && !status; i++)
        unit[i] = 0.5;
    if (!status) {
        attune_key study = attune_key_integer(attune_key_start("study"), plan->options.seed);
        attune_program_facts facts = {.space = space,
                                      .sample = &sample,
                                      .dir = "DIR",
                                      .slot = attune_program_slot(&plan->program, 0, number),
                                      .seed = attune_program_seed(study, 0)};
        attune_space_decode(space, unit, &sample);
        status = attune_program_line(&plan->program, &facts, line, error);
    }
    attune_sample_clear(&sample);
    free(unit);
    return status;
}

attune_status attune_program_preview(const attune_ask_plan *plan, FILE *file, attune_error *error)
{
    attune_text line = {0};
    attune_status status = write_line(plan, &line, error);
    bool maximize = plan->options.goals && plan->goals[0] == ATTUNE_GOAL_MAXIMIZE;
    if (!status) {
        fprintf(file, "%s: a command, its value %s; %lld hyperparameter%s searched by %s\n",
                plan->study, maximize ? "maximized" : "minimized", (long long)plan->read->n,
                plan->read->n == 1 ? "" : "s", plan->sampler ? plan->sampler : "auto");
        fprintf(file, "in the middle of the space it is run as: %s\n",
                line.bytes ? line.bytes : "");
    }
    attune_text_clear(&line);
    return status;
}
