/* search/commands/fit.c - `attune fit`: one configuration fitted on all rows, and dumped.
 *
 * A trial on the data it was searched on gives the dump that the search would have made of it, to
 * the byte. On other data it is a new experiment: its folds are scored anew. */
#include "search/grid.h"
#include "search/named.h"
#include "search/refit.h"
#include "search/stored.h"
#include "search/study.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const attune_option options[] = {
    {"out", "DIR", "where the dump goes (needed)"},
    {"overwrite", NULL, "replace a dump of another study at --out"},
    {"set", "PATH=VALUE", "put a value into the plan first: --set search.seed=7"},
    ATTUNE_STORE_OPTION,
    ATTUNE_STUDY_OPTION,
    {NULL, NULL, NULL},
};

struct job {
    const attune_arguments *arguments;
    const char *what, *data, *out;
    bool overwrite;
};

static void print(const attune_open_study *open, const attune_trial *trial, const struct job *job)
{
    const attune_experiment *e = open->experiment;
    char score[32], error[32], baseline[32], rows[32];
    double se = attune_trial_standard_error(trial, 0);
    printf("fitted on all %s rows; %s %s over %lld fold%s",
           attune_count_text(e->data->n_rows, rows), e->metrics[0]->name,
           attune_score_text(trial->values[0], score), (long long)e->folds.n,
           e->folds.n == 1 ? "" : "s");
    if (!isnan(se))
        printf(" (se %s)", attune_score_text(se, error));
    printf(", baseline %s\ndumped to %s\n", attune_score_text(open->baseline[0], baseline),
           job->out);
}

static attune_status publish(attune_open_study *open, const attune_trial *trial,
                             const struct job *job, attune_error *error)
{
    attune_status status = attune_open_study_publish(open, trial, job->out, job->overwrite, error);
    if (status == ATTUNE_CONFLICT)
        attune_error_prefix(error, "--out (--overwrite replaces what is there)");
    if (!status)
        print(open, trial, job);
    return status;
}

/* A configuration that is its own study: opened in memory, scored, dumped. */
static attune_status fit_anew(const attune_refit *refit, const struct job *job, attune_error *error)
{
    attune_open_study open = {0};
    attune_trial trial = {0};
    int64_t number = 0;
    attune_status status = attune_open_study_open(&open, &refit->experiment, ":memory:", error);
    if (!status)
        status = attune_refit_score(refit, &trial, error);
    if (!status && attune_named_of(job->what, &number) == ATTUNE_NAMED_TRIAL)
        trial.number = number;
    if (!status)
        status = publish(&open, &trial, job, error);
    attune_trial_clear(&trial);
    attune_open_study_close(&open);
    return status;
}

/* The plan as it was searched, without what the trial fixed, so that the study is the same. */
static attune_status fit_as_searched(const attune_stored *stored, const attune_trial *trial,
                                     const struct job *job, attune_error *error)
{
    attune_document document = {0};
    attune_plan plan = {0};
    attune_experiment experiment = {0};
    attune_open_study open = {0};
    attune_status status = attune_document_parse(&document, "the study's plan", stored->study.plan,
                                                 (int64_t)strlen(stored->study.plan), error);
    if (!status && job->data &&
        json_object_set_new(json_object_get(document.root, "data"), "file", json_string(job->data)))
        status = attune_fail(error, ATTUNE_MEMORY, "out of memory: a plan");
    if (!status)
        status = attune_plan_read(&plan, &document, "", stored->study.name, error);
    if (!status)
        status = attune_experiment_open(&experiment, &plan, error);
    if (!status)
        status = attune_open_study_open(&open, &experiment, stored->storage->location, error);
    if (!status)
        status = publish(&open, trial, job, error);
    attune_open_study_close(&open);
    attune_experiment_clear(&experiment);
    attune_plan_clear(&plan);
    attune_document_clear(&document);
    return status;
}

static bool same_data(const attune_stored *stored, const attune_experiment *experiment)
{
    char key[ATTUNE_KEY_TEXT_SIZE];
    json_t *identity = attune_json_parse(stored->study.identity);
    const char *data = json_string_value(json_object_get(identity, "data"));
    bool same = data && strcmp(data, attune_key_name(experiment->fingerprint, key)) == 0;
    json_decref(identity);
    return same;
}

static attune_status fit_trial(const attune_refit *refit, const attune_stored *stored,
                               int64_t number, const struct job *job, attune_error *error)
{
    const attune_trial *trial = NULL;
    attune_status status = attune_stored_trial(stored, number, &trial, error);
    if (status)
        return status;
    bool complete = trial->state == ATTUNE_TRIAL_COMPLETE;
    bool same = same_data(stored, &refit->experiment);
    if (!same && !job->data)
        return attune_fail(error, ATTUNE_CONFLICT,
                           "%s is not what it was when study %s was searched; to fit trial %lld on "
                           "it as it is now, name it: attune fit %lld %s --out %s",
                           refit->source.plan.file, stored->study.name, (long long)number,
                           (long long)number, refit->source.plan.file, job->out);
    if (complete && same && !attune_option_given(job->arguments, "set"))
        return fit_as_searched(stored, trial, job, error);
    return fit_anew(refit, job, error);
}

static attune_status run(const attune_arguments *arguments, attune_error *error)
{
    struct job job = {arguments, attune_arguments_at(arguments, 0),
                      attune_arguments_at(arguments, 1), attune_option_value(arguments, "out"),
                      attune_option_given(arguments, "overwrite")};
    const char *store = attune_option_value(arguments, "store");
    attune_refit refit = {0};
    attune_stored stored = {0};
    int64_t number = 0;
    if (!job.out)
        return attune_fail(error, ATTUNE_INVALID, "fit needs --out DIR: where the dump goes");
    attune_named kind = attune_named_of(job.what, &number);
    if (kind == ATTUNE_NAMED_DATA || kind == ATTUNE_NAMED_STORE)
        return attune_fail(error, ATTUNE_INVALID,
                           "fit takes a trial's number, a dump or a plan; for data alone, attune "
                           "search finds what fits");
    attune_status status = attune_named_check_out(job.out, error);
    if (!status)
        status = attune_refit_open(&refit, job.what, job.data, arguments, error);
    for (int64_t i = 0; !status && i < refit.experiment.notes.n; i++)
        fprintf(stderr, "note: %s\n", refit.experiment.notes.items[i]);
    if (!status && kind == ATTUNE_NAMED_TRIAL) {
        status = attune_stored_open(&stored, store ? store : "attune.db",
                                    attune_option_value(arguments, "study"), error);
        if (!status)
            status = fit_trial(&refit, &stored, number, &job, error);
        attune_stored_clear(&stored);
    } else if (!status) {
        status = fit_anew(&refit, &job, error);
    }
    attune_refit_clear(&refit);
    return status;
}

const attune_command_type attune_command_fit = {
    .name = "fit",
    .usage = "NUMBER | DUMP | PLAN.json  [DATA.csv] --out DIR",
    .doc = "Fit a trial, a dump or a plan again, on its data or on new ones, and dump it.",
    .more =
        "A trial on the data it was searched on gives the dump that the search would have made.\n"
        "Of a plan, what is under \"fixed\" is fitted; what it leaves open takes the step's\n"
        "default, or the middle of its range. The folds are scored too, so that the dump can say\n"
        "how good it is.",
    .options = options,
    .least = 1,
    .most = 2,
    .run = run,
};
