/* search/study.c - an experiment in a store: its identity, its trials. */
#include "search/study.h"

#include "search/identity.h"
#include "search/numeric_record.h"
#include "spaces/base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *names_of(const attune_experiment *experiment, int64_t n, bool directions)
{
    json_t *list = json_array();
    bool whole = true;
    for (int64_t i = 0; i < n && whole; i++) {
        const char *direction =
            experiment->directions[i] == ATTUNE_MINIMIZE ? "minimize" : "maximize";
        whole = !json_array_append_new(
            list, json_string(directions ? direction : experiment->metrics[i]->name));
    }
    return attune_json_whole(list, whole);
}

/* Canonical text of a new reference, which is given back. */
static char *write_taken(json_t *json, attune_error *error)
{
    char *text = json ? attune_json_write(json, error) : NULL;
    if (!json)
        attune_fail(error, ATTUNE_MEMORY, "out of memory");
    json_decref(json);
    return text;
}

/* New reference; from: what stands for an older study's results (borrowed), NULL: there are none.
 */
static json_t *identity_of(const attune_open_study *open, json_t *from, attune_error *error)
{
    json_t *identity = attune_experiment_identity(open->experiment, open->lookahead, error);
    if (identity && from)
        identity = attune_json_whole(identity, json_object_set(identity, "from", from) == 0);
    if (!identity)
        attune_fail(error, ATTUNE_MEMORY, "out of memory: the identity of a study");
    return identity;
}

static attune_status describe_study(attune_open_study *open, attune_study *study,
                                    attune_error *error)
{
    const attune_experiment *e = open->experiment;
    study->n_folds = e->folds.n;
    study->name = attune_copy_text(e->plan->name, error);
    study->identity = write_taken(identity_of(open, NULL, error), error);
    study->plan = attune_json_write(e->plan->json, error);
    study->space = write_taken(attune_space_to_json(e->plan->blueprint.space, error), error);
    study->directions = write_taken(names_of(e, e->n_objectives, true), error);
    study->metrics = write_taken(names_of(e, e->n_metrics, false), error);
    bool all = study->name && study->identity && study->plan && study->space && study->directions &&
               study->metrics;
    return all ? ATTUNE_OK : ATTUNE_MEMORY;
}

/* A lookahead that the plan does not ask for is the study's own; a plan's must be the study's. */
static attune_status compare_identity(attune_open_study *open, const attune_study *stored,
                                      attune_error *error)
{
    if (open->experiment->plan->lookahead == 0)
        open->lookahead = attune_identity_lookahead(stored);
    json_t *there = attune_json_parse(stored->identity);
    json_t *from = json_object_get(there, "from"); /* frozen, whatever the old store has by now */
    json_t *wanted = !from && open->experiment->plan->from
                         ? json_string(open->experiment->plan->from)
                         : json_incref(from);
    json_t *here = identity_of(open, wanted, error);
    json_decref(wanted);
    json_decref(there);
    if (!here)
        return ATTUNE_MEMORY;
    return attune_identity_compare_take(stored, open->storage->location, here,
                                        "give this one a name of its own (--study NAME) or another "
                                        "store (--store FILE)",
                                        error);
}

static int64_t budget_of(const attune_plan *plan)
{
    return plan->trials > 0 ? plan->trials : plan->seconds > 0 ? 0 : ATTUNE_DEFAULT_TRIALS;
}

static attune_status set_number(attune_open_study *open, const char *key, int64_t number,
                                attune_error *error)
{
    attune_text json = {0};
    attune_text_printf(&json, "%lld", (long long)number);
    char *text = attune_text_take(&json, error);
    attune_status status = text ? open->storage->type->set_attribute(
                                      open->storage->self, open->study.id, -1, key, text, error)
                                : ATTUNE_MEMORY;
    free(text);
    return status;
}

static attune_status read_prior(attune_open_study *open, attune_error *error)
{
    const attune_experiment *e = open->experiment;
    const attune_plan *plan = e->plan;
    const char *directions[ATTUNE_MOST_METRICS];
    char *path = attune_plan_path(plan, plan->from, error);
    if (!path)
        return ATTUNE_MEMORY;
    for (int64_t k = 0; k < e->n_metrics; k++)
        directions[k] = e->directions[k] == ATTUNE_MINIMIZE ? "minimize" : "maximize";
    /* An option's path is from the working folder. */
    attune_status status =
        attune_prior_read(&open->prior, plan->blueprint.space, directions, 1,
                          attune_file_exists(path) ? path : plan->from, plan->from_study, error);
    if (status)
        attune_error_prefix(error, "search.from");
    free(path);
    return status;
}

/* The results of an older study become part of a new one's identity. */
static attune_status take_prior(attune_open_study *open, attune_error *error)
{
    char key[ATTUNE_KEY_TEXT_SIZE];
    if (!open->experiment->plan->from)
        return ATTUNE_OK;
    attune_status status = read_prior(open, error);
    if (status)
        return status;
    json_t *from = json_pack("{s:I, s:s}", "results", (json_int_t)open->prior.n, "key",
                             attune_key_name(open->prior.key, key));
    free(open->study.identity);
    open->study.identity = write_taken(identity_of(open, from, error), error);
    json_decref(from);
    return open->study.identity ? ATTUNE_OK : ATTUNE_MEMORY;
}

/* Stored first of all: without them the study would be another. */
static attune_status store_prior(attune_open_study *open, attune_error *error)
{
    if (!open->prior.text)
        return ATTUNE_OK;
    return open->storage->type->set_attribute(open->storage->self, open->study.id, -1, "prior",
                                              open->prior.text, error);
}

/* The study's own copy; where its maker was killed before it was stored, the older study again, if
 * that has not changed. */
static attune_status load_prior(attune_open_study *open, attune_error *error)
{
    const attune_experiment *e = open->experiment;
    char *text = NULL, key[ATTUNE_KEY_TEXT_SIZE];
    json_t *identity = attune_json_parse(open->study.identity);
    const char *wanted =
        json_string_value(json_object_get(json_object_get(identity, "from"), "key"));
    attune_status status = ATTUNE_OK;
    if (wanted) {
        attune_prior_clear(&open->prior);
        status = open->storage->type->get_attribute(open->storage->self, open->study.id, -1,
                                                    "prior", &text, error);
        if (!status && text)
            status = attune_prior_load(&open->prior, e->plan->blueprint.space, 1, text, error);
        else if (!status && e->plan->from)
            status = read_prior(open, error);
        if (!status &&
            (!open->prior.text || strcmp(attune_key_name(open->prior.key, key), wanted) != 0))
            status = attune_fail(error, ATTUNE_CORRUPT,
                                 "study \"%s\" begins with the results of an older one, and they "
                                 "are not there (--from) or have changed",
                                 open->study.name);
        if (!status && !text)
            status = store_prior(open, error);
    }
    json_decref(identity);
    free(text);
    return status;
}

static attune_status store_facts(attune_open_study *open, attune_error *error)
{
    json_t *baseline = json_object();
    attune_status status = store_prior(open, error);
    if (!status)
        status = attune_experiment_baseline(open->experiment, open->baseline, error);
    for (int64_t m = 0; m < open->experiment->n_metrics && !status; m++)
        if (json_object_set_new(baseline, open->experiment->metrics[m]->name,
                                attune_json_from_real(open->baseline[m])))
            status = attune_fail(error, ATTUNE_MEMORY, "out of memory: the baseline");
    char *text = status ? NULL : attune_json_write(baseline, error);
    if (!status)
        status = text ? open->storage->type->set_attribute(open->storage->self, open->study.id, -1,
                                                           "baseline", text, error)
                      : ATTUNE_MEMORY;
    if (!status)
        status = set_number(open, "budget", open->budget, error);
    if (!status)
        status = attune_numeric_record(open->storage, open->study.id, &open->note, error);
    json_decref(baseline);
    free(text);
    return status;
}

static attune_status load_facts(attune_open_study *open, attune_error *error)
{
    const attune_storage_type *type = open->storage->type;
    char *budget = NULL, *baseline = NULL;
    attune_status status =
        type->get_attribute(open->storage->self, open->study.id, -1, "budget", &budget, error);
    if (!status)
        status = type->get_attribute(open->storage->self, open->study.id, -1, "baseline", &baseline,
                                     error);
    json_t *json = baseline ? attune_json_parse(baseline) : NULL;
    bool whole = json && budget;
    for (int64_t m = 0; m < open->experiment->n_metrics && whole; m++)
        whole = attune_json_number(json_object_get(json, open->experiment->metrics[m]->name),
                                   &open->baseline[m]);
    if (!status && whole) {
        open->budget = strtoll(budget, NULL, 10);
        status = attune_numeric_record(open->storage, open->study.id, &open->note, error);
    } else if (!status) /* its creator was killed in between */
        status = store_facts(open, error);
    json_decref(json);
    free(budget);
    free(baseline);
    return status;
}

/* What is stored rules: its identity may have a lookahead that the plan leaves open. */
static attune_status join_study(attune_open_study *open, attune_study *stored, attune_error *error)
{
    attune_status status = compare_identity(open, stored, error);
    if (status)
        return status;
    char *identity = open->study.identity;
    open->study.identity = stored->identity;
    stored->identity = identity;
    open->study.id = stored->id;
    status = load_prior(open, error);
    return status ? status : load_facts(open, error);
}

attune_status attune_open_study_begin(attune_open_study *open, const attune_experiment *experiment,
                                      const char *location, attune_error *error)
{
    attune_study stored = {0};
    attune_error absent = {0};
    memset(open, 0, sizeof *open);
    open->experiment = experiment;
    open->lookahead = experiment->plan->lookahead; /* never from the threads, nor is its growth */
    open->budget = budget_of(experiment->plan);
    attune_status status = attune_storage_open(&open->storage, location, true, error);
    if (!status)
        status = describe_study(open, &open->study, error);
    if (status)
        goto done;
    status =
        open->storage->type->find_study(open->storage->self, open->study.name, &stored, &absent);
    open->found = !status;
    if (open->found)
        status = join_study(open, &stored, error);
    else if (status == ATTUNE_NOT_FOUND)
        status = take_prior(open, error);
    else if (error)
        *error = absent;
done:
    attune_study_clear(&stored);
    if (status)
        attune_open_study_close(open);
    return status;
}

attune_status attune_open_study_create(attune_open_study *open, attune_error *error)
{
    const attune_storage_type *type = open->storage->type;
    attune_study stored = {0};
    bool created = false;
    if (open->found)
        return ATTUNE_OK;
    attune_status status = type->create_study(open->storage->self, &open->study, &created, error);
    if (!status && created) {
        status = store_facts(open, error);
    } else if (!status) { /* another process was quicker */
        status = type->find_study(open->storage->self, open->study.name, &stored, error);
        if (!status)
            status = join_study(open, &stored, error);
    }
    open->found = !status;
    attune_study_clear(&stored);
    return status;
}

attune_status attune_open_study_open(attune_open_study *open, const attune_experiment *experiment,
                                     const char *location, attune_error *error)
{
    attune_status status = attune_open_study_begin(open, experiment, location, error);
    if (status)
        return status;
    status = attune_open_study_create(open, error);
    if (status)
        attune_open_study_close(open);
    return status;
}

void attune_open_study_close(attune_open_study *open)
{
    attune_storage_close(open->storage);
    attune_study_clear(&open->study);
    attune_prior_clear(&open->prior);
    free(open->note);
    memset(open, 0, sizeof *open);
}

attune_status attune_open_study_read(attune_open_study *open, attune_trial **trials, int64_t *n,
                                     attune_error *error)
{
    return open->storage->type->read(open->storage->self, open->study.id, 0, trials, n, error);
}

attune_status attune_open_study_simplicity(attune_open_study *open, const attune_trial *trials,
                                           int64_t n, double **simplicity, attune_error *error)
{
    const attune_space *space = open->experiment->plan->blueprint.space;
    attune_sample sample = {0};
    double *values = attune_alloc(n, sizeof *values, error);
    attune_status status = values ? attune_sample_init(&sample, space, error) : ATTUNE_MEMORY;
    for (int64_t i = 0; i < n && !status; i++) {
        attune_step *pipeline = NULL;
        status = attune_sample_read(space, trials[i].hyperparams, &sample, error);
        if (!status)
            status = attune_experiment_pipeline(open->experiment, &sample, &pipeline, error);
        if (!status)
            values[i] = attune_step_simplicity(pipeline);
        attune_step_free(pipeline);
    }
    attune_sample_clear(&sample);
    if (status)
        free(values);
    else
        *simplicity = values;
    return status;
}
