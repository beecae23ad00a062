/* search/commands/reproduce.c - `attune reproduce`: fit it again, and compare every bit. */
#include "search/named.h"
#include "search/predicted.h"
#include "search/refit.h"
#include "search/stored.h"
#include "steps/dump/manifest.h"
#include "steps/dump/numeric_class.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const attune_option options[] = {
    ATTUNE_STORE_OPTION,
    ATTUNE_STUDY_OPTION,
    {NULL, NULL, NULL},
};

enum { most_named = 5 };

static bool same_bits(const double *a, const double *b, int64_t n)
{
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

/* ", which were made on another machine or build (cpu: ... there, ... here)", or "". */
static void append_class(attune_text *text, const json_t *there)
{
    json_t *here = attune_numeric_class(NULL);
    const char *key;
    json_t *value;
    json_object_foreach(here, key, value)
    {
        const char *was = json_string_value(json_object_get(there, key));
        const char *is = json_string_value(value);
        if (was && is && strcmp(was, is) != 0)
            attune_text_printf(text, "; %s was %s, is %s", key, was, is);
    }
    json_decref(here);
}

static attune_status differs(attune_text *text, attune_error *error)
{
    attune_status status = attune_fail(error, ATTUNE_MISSED, "not reproduced: %s",
                                       text->bytes ? text->bytes : "it differs");
    attune_text_clear(text);
    return status;
}

static attune_status compare_data(const char *there, const attune_experiment *e, int64_t rows,
                                  attune_error *error)
{
    char here[ATTUNE_KEY_TEXT_SIZE];
    attune_text text = {0};
    if (there && strcmp(there, attune_key_name(e->fingerprint, here)) == 0)
        return ATTUNE_OK;
    attune_text_printf(&text, "%s is not the data it was fitted on (fingerprint %s, was %s",
                       e->plan->file, here, there ? there : "unknown");
    if (rows >= 0 && rows != e->data->n_rows)
        attune_text_printf(&text, "; %lld rows, were %lld", (long long)e->data->n_rows,
                           (long long)rows);
    attune_text_append(&text, ")");
    return differs(&text, error);
}

static bool same_file(const attune_bundle_file *a, const attune_bundle_file *b)
{
    return a && b && a->length == b->length && memcmp(a->bytes, b->bytes, (size_t)a->length) == 0;
}

/* The files of which one is not as the other; the manifest follows from them. */
static void append_files(attune_text *text, const attune_bundle *there, const attune_bundle *here)
{
    int64_t n = 0;
    for (int64_t i = 0; i < there->n; i++) {
        const char *path = there->files[i].path;
        if (strcmp(path, "manifest.json") == 0 ||
            same_file(&there->files[i], attune_bundle_find(here, path)))
            continue;
        if (n++ < most_named)
            attune_text_printf(text, "%s%s", n > 1 ? ", " : "", path);
    }
    if (n > most_named)
        attune_text_printf(text, " and %lld more", (long long)(n - most_named));
    attune_text_append(text, n == 1 ? " is not the same"
                             : n    ? " are not the same"
                                    : "the manifest is not the same");
}

static attune_status compare_bundles(const attune_bundle *there, const attune_bundle *here,
                                     const json_t *manifest, attune_error *error)
{
    attune_text text = {0};
    if (attune_bundle_same(there, here))
        return ATTUNE_OK;
    append_files(&text, there, here);
    append_class(&text, json_object_get(manifest, "numeric_class"));
    return differs(&text, error);
}

/* The scores that the dump names, computed again over the folds. */
static attune_status compare_scores(const attune_refit *refit, const json_t *manifest,
                                    attune_error *error)
{
    const attune_experiment *e = &refit->experiment;
    json_t *scores = json_object_get(manifest, "scores");
    char was_text[ATTUNE_NUMBER_SIZE], is_text[ATTUNE_NUMBER_SIZE];
    attune_trial trial = {0};
    attune_text text = {0};
    attune_status status = attune_refit_score(refit, &trial, error);
    for (int64_t m = 0; m < e->n_metrics && !status; m++) {
        double was = 0;
        bool there = attune_json_number(json_object_get(scores, e->metrics[m]->name), &was);
        if (there && attune_key_same(attune_key_real(e->seed, was),
                                     attune_key_real(e->seed, trial.values[m])))
            continue;
        attune_text_printf(&text, "%s is %s over the folds, was %s", e->metrics[m]->name,
                           attune_real_text(trial.values[m], is_text),
                           there ? attune_real_text(was, was_text) : "not recorded");
        append_class(&text, json_object_get(manifest, "numeric_class"));
        status = differs(&text, error);
    }
    attune_trial_clear(&trial);
    return status;
}

static attune_status make_again(const attune_refit *refit, const attune_dump *dump,
                                attune_bundle *bundle, attune_error *error)
{
    attune_step *pipeline = NULL;
    json_t *facts = attune_manifest_facts(dump->manifest, error);
    attune_status status = facts ? attune_refit_fit(refit, &pipeline, error) : ATTUNE_MEMORY;
    if (!status) {
        attune_dump_content content = {.pipeline = pipeline,
                                       .schema = refit->experiment.schema,
                                       .plan = dump->plan,
                                       .facts = facts,
                                       .data = refit->experiment.data};
        status = attune_dump_make(&content, bundle, error);
    }
    json_decref(facts);
    attune_step_free(pipeline);
    return status;
}

static attune_status reproduce_dump(const attune_refit *refit, const char *path,
                                    attune_error *error)
{
    attune_dump *dump = NULL;
    attune_bundle there = {0}, here = {0};
    attune_status status = attune_dump_open(path, &dump, NULL, error);
    if (!status)
        status = attune_bundle_read(&there, path, error);
    json_t *rows = status ? NULL : json_object_get(dump->manifest, "rows");
    if (!status)
        status = compare_data(json_string_value(json_object_get(dump->manifest, "data")),
                              &refit->experiment, rows ? json_integer_value(rows) : -1, error);
    if (!status)
        status = make_again(refit, dump, &here, error);
    if (!status)
        status = compare_bundles(&there, &here, dump->manifest, error);
    if (!status)
        status = compare_scores(refit, dump->manifest, error);
    attune_bundle_clear(&there);
    attune_bundle_clear(&here);
    attune_dump_free(dump);
    return status;
}

static attune_status compare_trials(const attune_trial *was, const attune_trial *is,
                                    attune_error *error)
{
    char was_text[ATTUNE_NUMBER_SIZE], is_text[ATTUNE_NUMBER_SIZE];
    attune_text text = {0};
    bool shape = was->n_values == is->n_values && was->folds.n_folds == is->folds.n_folds &&
                 was->folds.n_metrics == is->folds.n_metrics;
    int64_t n = is->folds.n_folds * is->folds.n_metrics;
    if (shape && same_bits(was->values, is->values, is->n_values) &&
        same_bits(was->folds.values, is->folds.values, n))
        return ATTUNE_OK;
    if (!shape || was->n_values < 1)
        attune_text_append(&text, "it has other folds or metrics");
    else
        attune_text_printf(&text, "its value is %s, was %s",
                           attune_real_text(is->values[0], is_text),
                           attune_real_text(was->values[0], was_text));
    attune_text_append(&text, " (another build, processor or C library gives other last digits)");
    return differs(&text, error);
}

static attune_status reproduce_trial(const attune_refit *refit, int64_t number,
                                     const attune_arguments *arguments, attune_error *error)
{
    const char *store = attune_option_value(arguments, "store");
    const attune_trial *trial = NULL;
    attune_stored stored = {0};
    attune_trial again = {0};
    attune_status status = attune_stored_open(&stored, store ? store : "attune.db",
                                              attune_option_value(arguments, "study"), error);
    if (!status)
        status = attune_stored_trial(&stored, number, &trial, error);
    if (!status && trial->state != ATTUNE_TRIAL_COMPLETE)
        status = attune_fail(error, ATTUNE_INVALID,
                             "trial %lld is %s: only complete trials have scores to compare",
                             (long long)number, attune_trial_state_word(trial->state));
    json_t *identity = status ? NULL : attune_json_parse(stored.study.identity);
    if (!status)
        status = compare_data(json_string_value(json_object_get(identity, "data")),
                              &refit->experiment, -1, error);
    if (!status)
        status = attune_refit_score(refit, &again, error);
    if (!status)
        status = compare_trials(trial, &again, error);
    json_decref(identity);
    attune_trial_clear(&again);
    attune_stored_clear(&stored);
    return status;
}

static attune_status run(const attune_arguments *arguments, attune_error *error)
{
    const char *what = attune_arguments_at(arguments, 0);
    attune_refit refit = {0};
    int64_t number = 0;
    attune_named kind = attune_named_of(what, &number);
    attune_status status = attune_named_check(what, error);
    if (!status && kind != ATTUNE_NAMED_TRIAL && kind != ATTUNE_NAMED_DUMP)
        status = attune_fail(error, ATTUNE_INVALID,
                             "%s: reproduce takes a dump's folder or a trial's number", what);
    if (!status)
        status =
            attune_refit_open(&refit, what, attune_arguments_at(arguments, 1), arguments, error);
    if (!status)
        status = kind == ATTUNE_NAMED_DUMP ? reproduce_dump(&refit, what, error)
                                           : reproduce_trial(&refit, number, arguments, error);
    if (!status)
        puts("reproduced: same bits");
    attune_refit_clear(&refit);
    return status;
}

const attune_command_type attune_command_reproduce = {
    .name = "reproduce",
    .usage = "NUMBER | DUMP  [DATA.csv]",
    .doc = "Fit a dump or a trial again, and compare every bit.",
    .more =
        "A dump: its plan is run on the data, and every file of the new dump is compared with the\n"
        "old one, then the scores over the folds. A trial: the scores of every fold.\n"
        "Exit code 3 when something differs; the message says what: the data, the files, the\n"
        "scores, the machine or build.",
    .options = options,
    .least = 1,
    .most = 2,
    .run = run,
};
