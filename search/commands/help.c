/* search/commands/help.c - `attune help`: everything that can be written, from the tables. */
#include "search/command.h"
#include "search/help_print.h"
#include "search/plan/plan.h"
#include "search/plan/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const attune_option options[] = {
    {"format", "json-schema", "of `help plan`: a JSON schema, for editors"},
    {NULL, NULL, NULL},
};

enum { name_width = 22 };

static void list_commands(void)
{
    for (int64_t i = 0; attune_command_types[i]; i++)
        attune_help_item(stdout, attune_command_types[i]->name, attune_command_types[i]->doc, 14);
}

static void overview(void)
{
    puts("attune " ATTUNE_VERSION ": searches hyperparameters and pipelines, overnight or in a "
         "minute.\n\n"
         "  attune search DATA.csv --target COL     search, and dump the best to ./best\n"
         "  attune trials                           what was tried, the best first\n"
         "  attune predict best NEW.csv             predictions, as CSV\n\n"
         "Commands:");
    list_commands();
    puts("\nMore:\n"
         "  attune help COMMAND                     its options (also: attune COMMAND --help)\n"
         "  attune help plan                        every key of a plan\n"
         "  attune help steps | metrics | samplers | pruners | distributions | splitters\n"
         "  attune help step logistic_regression    what it takes, and its defaults\n"
         "  attune --version");
}

static void list_plan_keys(void)
{
    puts("\nKeys of a plan (any of them: --set path=value; keys that begin with // are comments):");
    for (const attune_plan_key *key = attune_plan_keys; key->path; key++) {
        char words[512];
        snprintf(words, sizeof words, "%s: %s", key->takes, key->doc);
        attune_help_item(stdout, key->path, words, 32);
    }
    puts("\n`attune help plan --format json-schema` gives a schema, for editors.");
}

static void show_command(const attune_command_type *type)
{
    printf("attune %s %s\n\n%s\n", type->name, type->usage, type->doc);
    if (type->more)
        printf("\n%s\n", type->more);
    if (type->options && type->options->name)
        puts("\nOptions:");
    for (const attune_option *option = type->options; option && option->name; option++) {
        char name[64];
        snprintf(name, sizeof name, "--%s%s%s", option->name, option->takes ? " " : "",
                 option->takes ? option->takes : "");
        attune_help_item(stdout, name, option->doc, name_width);
    }
    if (strcmp(type->name, "plan") == 0)
        list_plan_keys();
}

static void list_steps(void)
{
    puts("Steps, as a plan names them ({\"step\": NAME}):");
    for (int64_t i = 0; attune_step_types[i]; i++)
        attune_help_item(stdout, attune_step_types[i]->name, attune_step_types[i]->doc, name_width);
    puts("\n`attune help step NAME` says what one takes.");
}

static void list_metrics(void)
{
    puts("Metrics:");
    for (int64_t i = 0; attune_metric_types[i]; i++) {
        const attune_metric_type *type = attune_metric_types[i];
        char words[512];
        snprintf(words, sizeof words, "%s (%s, %s)", type->doc,
                 type->direction == ATTUNE_MINIMIZE ? "smaller is better" : "larger is better",
                 !(type->tasks & ATTUNE_FOR_CLASSES)      ? "regression"
                 : !(type->tasks & ATTUNE_FOR_MULTICLASS) ? "two classes"
                                                          : "classes");
        attune_help_item(stdout, type->name, words, name_width);
    }
}

static void list_able(const char *what, uint32_t able)
{
    const char *between = " ";
    printf("%s", what);
    for (int64_t i = 0; attune_sampler_types[i]; i++)
        if (attune_sampler_types[i]->able & able) {
            printf("%s%s", between, attune_sampler_types[i]->name);
            between = ", ";
        }
    putchar('\n');
}

static void list_samplers(void)
{
    puts("Samplers ({\"search\": {\"sampler\": NAME}}, or --sampler NAME):");
    for (int64_t i = 0; attune_sampler_types[i]; i++)
        attune_help_item(stdout, attune_sampler_types[i]->name, attune_sampler_types[i]->doc,
                         name_width);
    list_able("\nFor several objectives:", ATTUNE_ABLE_OBJECTIVES);
    list_able("For constraints:", ATTUNE_ABLE_CONSTRAINTS);
    list_able("That learn from an older study (--from; the others are not shown it):",
              ATTUNE_ABLE_PRIOR);
}

static void list_pruners(void)
{
    puts(
        "Pruners ({\"search\": {\"pruner\": NAME}}, or --pruner NAME; none finishes every trial):");
    for (int64_t i = 0; attune_pruner_types[i]; i++)
        attune_help_item(stdout, attune_pruner_types[i]->name, attune_pruner_types[i]->doc,
                         name_width);
}

static void list_distributions(void)
{
    puts("Distributions, as a space names them; a list [a, b, c] is a choice, any other value is "
         "fixed:");
    for (int64_t i = 0; attune_distribution_types[i]; i++) {
        const attune_distribution_type *type = attune_distribution_types[i];
        char words[512];
        snprintf(words, sizeof words, "%s Such as {\"%s\": %s}", type->doc, type->name,
                 type->example ? type->example : "[...]");
        attune_help_item(stdout, type->name, words, name_width);
    }
    puts("\nArguments are a list in order, or an object by name: `attune help distribution NAME`.");
}

static void list_splitters(void)
{
    puts("Splitters ({\"validation\": {NAME: ...}}; {\"folds\": 5} is k_fold), each with "
         "\"repeats\":");
    for (int64_t i = 0; attune_splitter_types[i]; i++)
        attune_help_item(stdout, attune_splitter_types[i]->name, attune_splitter_types[i]->doc,
                         name_width);
    puts("\n`attune help splitter NAME` says what one takes.");
}

/* A topic lists all of a kind; with a name after it, in the singular, it shows one. */
static const struct topic {
    const char *plural, *singular;
    void (*list)(void);
} topics[] = {
    {"commands", "command", list_commands},
    {"steps", "step", list_steps},
    {"metrics", "metric", list_metrics},
    {"samplers", "sampler", list_samplers},
    {"pruners", "pruner", list_pruners},
    {"distributions", "distribution", list_distributions},
    {"splitters", "splitter", list_splitters},
};

enum { n_topics = sizeof topics / sizeof *topics };

static attune_status show_step(const attune_step_type *type, attune_error *error)
{
    static const struct {
        unsigned task;
        const char *word;
    } tasks[] = {{ATTUNE_FOR_REGRESSION, "regression"},
                 {ATTUNE_FOR_BINARY, "two classes"},
                 {ATTUNE_FOR_MULTICLASS, "many classes"}};
    printf("%s: %s\n", type->name, type->doc);
    const char *comma = "a model for ";
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (type->tasks & tasks[i].task) {
            printf("%s%s", comma, tasks[i].word);
            comma = ", ";
        }
    if (type->tasks)
        putchar('\n');
    attune_status status = attune_help_fields(stdout, type->fields, "Hyperparameters:", error);
    for (const attune_impossible *i = type->impossible; i && i->expression; i++)
        printf("%s  %s: %s\n", i == type->impossible ? "\nCannot be:\n" : "", i->expression,
               i->reason);
    if (type->space && strcmp(type->space, "{}") != 0)
        printf("\nSearched by default: %s\n", type->space);
    printf("\nIn a plan: {\"step\": \"%s\"%s}\n", type->name,
           type->space && strcmp(type->space, "{}") != 0 ? ", \"space\": {...}" : "");
    return status;
}

static attune_status show_distribution(const attune_distribution_type *type, attune_error *error)
{
    printf("%s: %s\n", type->name, type->doc);
    attune_status status =
        attune_help_fields(stdout, type->fields, "Arguments, in this order or by name:", error);
    if (type->example)
        printf("\nIn a space: {\"%s\": %s}\n", type->name, type->example);
    return status;
}

static attune_status show_named(const char *name, const char *doc, const attune_field *fields,
                                attune_error *error)
{
    printf("%s: %s\n", name, doc);
    return fields ? attune_help_fields(stdout, fields, "Settings:", error) : ATTUNE_OK;
}

/* Whether any registry has the name; shown is what came of it. */
static bool show_member(const char *kind, const char *name, attune_status *shown,
                        attune_error *error)
{
    bool any = !kind;
    const attune_command_type *command = attune_command_find(name);
    const attune_step_type *step = attune_step_type_find(name);
    const attune_metric_type *metric = attune_metric_find(name);
    const attune_distribution_type *distribution = attune_distribution_type_find(name);
    const attune_splitter_type *splitter = attune_splitter_type_find(name);
    *shown = ATTUNE_OK;
    if (command && (any || strcmp(kind, "command") == 0))
        show_command(command);
    else if (step && (any || strcmp(kind, "step") == 0))
        *shown = show_step(step, error);
    else if (metric && (any || strcmp(kind, "metric") == 0))
        *shown = show_named(metric->name, metric->doc, NULL, error);
    else if (distribution && (any || strcmp(kind, "distribution") == 0))
        *shown = show_distribution(distribution, error);
    else if (splitter && (any || strcmp(kind, "splitter") == 0))
        *shown = show_named(splitter->name, splitter->doc, splitter->fields, error);
    else {
        for (int64_t i = 0; attune_sampler_types[i]; i++)
            if (strcmp(attune_sampler_types[i]->name, name) == 0 &&
                (any || strcmp(kind, "sampler") == 0)) {
                *shown = show_named(name, attune_sampler_types[i]->doc,
                                    attune_sampler_types[i]->fields, error);
                return true;
            }
        for (int64_t i = 0; attune_pruner_types[i]; i++)
            if (strcmp(attune_pruner_types[i]->name, name) == 0 &&
                (any || strcmp(kind, "pruner") == 0)) {
                *shown = show_named(name, attune_pruner_types[i]->doc,
                                    attune_pruner_types[i]->fields, error);
                return true;
            }
        return false;
    }
    return true;
}

/* Every word that help knows, for what was perhaps meant. */
static attune_status unknown(const char *name, attune_error *error)
{
    attune_texts names = {0};
    char hint[128];
    for (int i = 0; i < n_topics; i++)
        attune_texts_add(&names, topics[i].plural, NULL);
    for (int64_t i = 0; attune_command_types[i]; i++)
        attune_texts_add(&names, attune_command_types[i]->name, NULL);
    for (int64_t i = 0; attune_step_types[i]; i++)
        attune_texts_add(&names, attune_step_types[i]->name, NULL);
    for (int64_t i = 0; attune_metric_types[i]; i++)
        attune_texts_add(&names, attune_metric_types[i]->name, NULL);
    for (int64_t i = 0; attune_distribution_types[i]; i++)
        attune_texts_add(&names, attune_distribution_types[i]->name, NULL);
    for (int64_t i = 0; attune_splitter_types[i]; i++)
        attune_texts_add(&names, attune_splitter_types[i]->name, NULL);
    attune_did_you_mean(name, (const char *const *)names.items, names.n, hint, sizeof hint);
    attune_texts_clear(&names);
    return attune_fail(error, ATTUNE_NOT_FOUND, "there is no help on \"%s\"%s", name,
                       *hint ? hint : "; `attune help` lists what there is");
}

static attune_status print_schema(attune_error *error)
{
    json_t *schema = attune_plan_schema(error);
    char *text = schema ? attune_json_write_pretty(schema, error) : NULL;
    if (text)
        fputs(text, stdout);
    attune_status status = text ? ATTUNE_OK : ATTUNE_MEMORY;
    free(text);
    json_decref(schema);
    return status;
}

static attune_status run(const attune_arguments *arguments, attune_error *error)
{
    const char *first = attune_arguments_at(arguments, 0);
    const char *second = attune_arguments_at(arguments, 1);
    const char *format = attune_option_value(arguments, "format");
    attune_status status = ATTUNE_OK;
    if (format && (strcmp(format, "json-schema") != 0 || !first || strcmp(first, "plan") != 0))
        return attune_fail(error, ATTUNE_INVALID,
                           "--format: only `attune help plan --format json-schema` is there");
    if (format)
        return print_schema(error);
    if (!first) {
        overview();
        return ATTUNE_OK;
    }
    for (int i = 0; i < n_topics; i++) {
        bool is = strcmp(first, topics[i].plural) == 0 || strcmp(first, topics[i].singular) == 0;
        if (is && !second) {
            topics[i].list();
            return ATTUNE_OK;
        }
        if (is && show_member(topics[i].singular, second, &status, error))
            return status;
        if (is)
            return unknown(second, error);
    }
    if (!second && show_member(NULL, first, &status, error))
        return status;
    return unknown(second ? second : first, error);
}

const attune_command_type attune_command_help = {
    .name = "help",
    .usage = "[COMMAND | TOPIC | plan | step NAME | ...]",
    .doc = "Say what can be written, and what it means.",
    .more =
        "Topics: commands, steps, metrics, samplers, pruners, distributions, splitters; with a\n"
        "name after the singular (help step ridge), one of them. `help plan` lists every key of a "
        "plan.",
    .options = options,
    .least = 0,
    .most = 2,
    .run = run,
};
