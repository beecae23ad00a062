/* search/commands/tell.c - `attune tell`: what came of a configuration that was asked for. */
#include "search/attune.h"

#include "search/command.h"
#include "search/plan/plan.h"
#include "search/stored.h"

#include <stdio.h>
#include <string.h>

static const attune_option options[] = {
    ATTUNE_STORE_OPTION,
    ATTUNE_STUDY_OPTION,
    {"report", "STEP=VALUE", "a value on the way (an epoch); may come several times"},
    {"fail", "REASON", "it failed, and its configuration is to blame"},
    {"crash", "REASON", "it failed through no fault of its configuration"},
    {"prune", NULL, "it was stopped early: its last report is its value"},
    {"give-back", NULL, "it will not be told: whoever asks next gets it"},
    {NULL, NULL, NULL},
};

/* What is told at the end of a trial. */
struct telling {
    int64_t number;
    double values[ATTUNE_MOST_METRICS];
    int64_t n_values;
    bool prune, give_back;
    const char *fail, *crash;
};

static attune_status read_values(struct telling *told, const attune_arguments *arguments,
                                 attune_error *error)
{
    told->n_values = attune_arguments_n(arguments) - 1;
    if (told->n_values > ATTUNE_MOST_METRICS)
        return attune_fail(error, ATTUNE_INVALID, "at most %d values", ATTUNE_MOST_METRICS);
    for (int64_t i = 0; i < told->n_values; i++) {
        const char *word = attune_arguments_at(arguments, i + 1);
        if (!attune_real_read(word, (int64_t)strlen(word), &told->values[i]))
            return attune_fail(error, ATTUNE_INVALID, "a value is a number, not \"%s\"", word);
    }
    return ATTUNE_OK;
}

static attune_status read_telling(struct telling *told, const attune_arguments *arguments,
                                  attune_error *error)
{
    const char *word = attune_arguments_at(arguments, 0);
    *told = (struct telling){.prune = attune_option_given(arguments, "prune"),
                             .give_back = attune_option_given(arguments, "give-back"),
                             .fail = attune_option_value(arguments, "fail"),
                             .crash = attune_option_value(arguments, "crash")};
    if (!attune_integer_read(word, (int64_t)strlen(word), &told->number) || told->number < 0)
        return attune_fail(error, ATTUNE_INVALID,
                           "tell takes the number that ask gave, then the value: attune tell 3 "
                           "0.25; \"%s\" is no number of a trial",
                           word);
    attune_status status = read_values(told, arguments, error);
    int ends = (told->n_values > 0) + told->prune + told->give_back + (told->fail != NULL) +
               (told->crash != NULL);
    if (!status && ends > 1)
        status = attune_fail(error, ATTUNE_INVALID,
                             "tell one thing of a trial: its values, --fail, --crash, --prune or "
                             "--give-back");
    if (!status && ends == 0 && attune_option_n(arguments, "report") == 0)
        status = attune_fail(error, ATTUNE_INVALID,
                             "what came of trial %lld? attune tell %lld VALUE, or --fail REASON",
                             (long long)told->number, (long long)told->number);
    return status;
}

static attune_status read_report(const char *words, int64_t *step, double *value,
                                 attune_error *error)
{
    const char *equals = strchr(words, '=');
    if (!equals || !attune_integer_read(words, equals - words, step) || *step < 0 ||
        !attune_real_read(equals + 1, (int64_t)strlen(equals + 1), value))
        return attune_fail(error, ATTUNE_INVALID,
                           "--report takes STEP=VALUE, such as 5=0.31, not \"%s\"", words);
    return ATTUNE_OK;
}

/* *go_on: what the pruner made of the last of them. */
static attune_status tell_reports(attune_search *search, int64_t number,
                                  const attune_arguments *arguments, bool *go_on,
                                  attune_error *error)
{
    attune_status status = ATTUNE_OK;
    int64_t n = attune_option_n(arguments, "report");
    for (int64_t i = 0; i < n && !status; i++) {
        int64_t step = 0;
        double value = 0;
        status = read_report(attune_option_nth(arguments, "report", i), &step, &value, error);
        if (!status)
            status = attune_search_report(search, number, step, value, go_on, error);
    }
    return status;
}

static attune_status tell_end(attune_search *search, const struct telling *told,
                              attune_error *error)
{
    if (told->prune)
        return attune_search_tell_pruned(search, told->number, error);
    if (told->give_back)
        return attune_search_give_back(search, told->number, error);
    if (told->fail)
        return attune_search_tell_failure(search, told->number, ATTUNE_UNFIT, told->fail, error);
    if (told->crash)
        return attune_search_tell_failure(search, told->number, ATTUNE_INTERNAL, told->crash,
                                          error);
    return attune_search_tell(search, told->number, told->values, told->n_values, error);
}

static attune_status run(const attune_arguments *arguments, attune_error *error)
{
    const char *store = attune_option_value(arguments, "store");
    attune_search_options o = {.size = sizeof o,
                               .store = store ? store : "attune.db",
                               .study = attune_option_value(arguments, "study")};
    struct telling told;
    attune_search *search = NULL;
    bool go_on = true;
    attune_status status = read_telling(&told, arguments, error);
    if (!status)
        status = attune_search_open(&search, &o, error);
    if (!status)
        status = tell_reports(search, told.number, arguments, &go_on, error);
    bool ends = told.n_values > 0 || told.prune || told.give_back || told.fail || told.crash;
    if (!status && ends)
        status = tell_end(search, &told, error);
    if (!status && !ends && !go_on)
        status = attune_fail(error, ATTUNE_MISSED,
                             "trial %lld is not worth finishing: attune tell %lld --prune",
                             (long long)told.number, (long long)told.number);
    attune_search_close(search);
    return status;
}

const attune_command_type attune_command_tell = {
    .name = "tell",
    .usage = "NUMBER VALUE...  [options]",
    .doc = "Say what came of a configuration that `attune ask` gave.",
    .more =
        "NUMBER is the number that ask printed; one VALUE an objective. It is on disk when the\n"
        "command ends, and a finished trial is never changed. From any process, many at once.\n"
        "--report tells a value on the way and asks the study's pruner: exit code 0 means go on,\n"
        "3 that the trial is not worth finishing (tell it with --prune). Without a pruner the\n"
        "answer is always 0.",
    .options = options,
    .least = 1,
    .most = -1,
    .run = run,
};
