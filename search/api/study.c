/* search/api/study.c - a study of the library: made from options, or found in its store. */
#include "search/api/parts.h"

#include "search/identity.h"
#include "search/loop/lookahead.h"

#include <stdlib.h>
#include <string.h>

static attune_status check_options(const attune_search_options *o, attune_error *error)
{
    int64_t n = o->n_objectives;
    if (!o->space && !o->store)
        return attune_fail(error, ATTUNE_INVALID,
                           "space: write what is tuned, {\"lr\": {\"log_uniform\": [1e-5, 0.1]}}");
    if (n < 0 || n > ATTUNE_MOST_METRICS)
        return attune_fail(error, ATTUNE_INVALID, "n_objectives: need 1 to %d, got %lld",
                           ATTUNE_MOST_METRICS, (long long)n);
    for (int64_t i = 0; o->goals && i < (n ? n : 1); i++)
        if (o->goals[i] != ATTUNE_GOAL_MINIMIZE && o->goals[i] != ATTUNE_GOAL_MAXIMIZE)
            return attune_fail(error, ATTUNE_INVALID, "goals: goal %lld is none", (long long)i);
    if (o->lookahead < 0 || o->lookahead > ATTUNE_LOOKAHEAD_MOST)
        return attune_fail(error, ATTUNE_INVALID, "lookahead: need 1 to %d, got %lld",
                           ATTUNE_LOOKAHEAD_MOST, (long long)o->lookahead);
    if (o->n_constraints < 0 || (n ? n : 1) + o->n_constraints > ATTUNE_MOST_METRICS)
        return attune_fail(error, ATTUNE_INVALID,
                           "n_constraints: need 0 or more, and with the objectives at most %d, got "
                           "%lld",
                           ATTUNE_MOST_METRICS, (long long)o->n_constraints);
    if (o->budget < 0 || o->trials < 0)
        return attune_fail(error, ATTUNE_INVALID, "budget, trials: need at least 0, got %lld, %lld",
                           (long long)o->budget, (long long)o->trials);
    return ATTUNE_OK;
}

static attune_status read_space(attune_search *search, const char *text, attune_error *error)
{
    attune_document document = {0};
    attune_status status =
        attune_document_parse(&document, "space", text, (int64_t)strlen(text), error);
    attune_at top = attune_at_top(&document);
    if (!status && !json_is_object(document.root))
        status = attune_fail_at(error, &top, "must be an object, {\"name\": distribution}");
    if (!status) {
        search->space = attune_space_new(error);
        status = search->space ? attune_space_add_json(search->space, document.root, &top, "",
                                                       ATTUNE_NO_BRANCH, error)
                               : ATTUNE_MEMORY;
    }
    if (!status && search->space->n == 0)
        status = attune_fail_at(error, &top, "there is nothing to tune");
    attune_document_clear(&document);
    return status;
}

/* A name becomes a JSON text, so that both forms are read in one way. */
static attune_status parse_choice(attune_document *document, const char *what, const char *text,
                                  attune_error *error)
{
    if (text[strspn(text, " \t\r\n")] == '{')
        return attune_document_parse(document, what, text, (int64_t)strlen(text), error);
    for (const char *at = text; *at; at += attune_utf8_size(at))
        if (!attune_utf8_size(at))
            return attune_fail(error, ATTUNE_INVALID, "%s: not UTF-8", what);
    document->root = json_string_nocheck(text);
    return document->root ? ATTUNE_OK : attune_fail(error, ATTUNE_MEMORY, "out of memory");
}

attune_status attune_search_read_sampler(attune_search *search, const char *text,
                                         json_t **canonical, attune_error *error)
{
    attune_document document = {0};
    attune_status status = parse_choice(&document, "sampler", text, error);
    attune_at top = attune_at_top(&document);
    if (!status)
        status = attune_sampler_from_json(&search->sampler, document.root, &top, error);
    if (!status)
        *canonical = attune_json_copy(document.root);
    attune_document_clear(&document);
    return status || *canonical ? status : attune_fail(error, ATTUNE_MEMORY, "out of memory");
}

attune_status attune_search_read_pruner(attune_search *search, const char *text, json_t **canonical,
                                        attune_error *error)
{
    attune_document document = {0};
    attune_status status = parse_choice(&document, "pruner", text, error);
    attune_at top = attune_at_top(&document);
    if (!status)
        status = attune_pruner_from_json(&search->pruner, document.root, &top, error);
    attune_document_clear(&document);
    if (status || !search->pruner)
        return status;
    if (!search->pruner->type->at_report)
        return attune_fail(error, ATTUNE_INVALID,
                           "pruner %s decides between folds, and there are none here: median, "
                           "successive_halving and others decide at reports",
                           search->pruner->type->name);
    *canonical = attune_pruner_to_json(search->pruner, error);
    return *canonical ? ATTUNE_OK : ATTUNE_MEMORY;
}

static attune_status read_goals(attune_search *search, const attune_search_options *options,
                                attune_error *error)
{
    search->n_objectives = options->n_objectives ? options->n_objectives : 1;
    if (attune_search_set_constraints(search, options->n_constraints, error))
        return ATTUNE_MEMORY;
    search->directions = attune_alloc(search->n_metrics, sizeof *search->directions, error);
    if (!search->directions)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < search->n_objectives; i++)
        search->directions[i] = options->goals && options->goals[i] == ATTUNE_GOAL_MAXIMIZE
                                    ? ATTUNE_MAXIMIZE
                                    : ATTUNE_MINIMIZE;
    return attune_sampler_suits(search->sampler->type, search->n_objectives, options->n_constraints,
                                error);
}

static json_t *direction_words(const attune_search *search)
{
    json_t *list = json_array();
    bool whole = true;
    for (int64_t i = 0; i < search->n_objectives && whole; i++)
        whole = !json_array_append_new(
            list, json_string(search->directions[i] == ATTUNE_MINIMIZE ? "minimize" : "maximize"));
    return attune_json_whole(list, whole);
}

static char *metric_names(const attune_search *search, attune_error *error)
{
    attune_text names = {0};
    attune_text_append(&names, "[\"value\"");
    for (int64_t i = 1; i < search->n_objectives; i++)
        attune_text_printf(&names, ",\"value_%lld\"", (long long)i);
    for (int64_t i = search->n_objectives; i < search->n_metrics; i++)
        attune_text_printf(&names, ",\"constraint_%lld\"", (long long)(i - search->n_objectives));
    attune_text_append(&names, "]");
    return attune_text_take(&names, error);
}

/* What options name, as an identity writes it; owned. */
struct choices {
    json_t *sampler, *pruner; /* pruner NULL: none */
    json_t *from;             /* what stands for an older study's results; NULL: there are none */
    json_t *objective;        /* what else the options freeze; NULL: nothing */
};

static json_t *constraints_of(const attune_search *search, attune_error *error)
{
    const char *names[ATTUNE_MOST_METRICS] = {NULL};
    char texts[ATTUNE_MOST_METRICS][32];
    int64_t n = search->n_metrics - search->n_objectives;
    for (int64_t k = 0; k < n; k++) {
        snprintf(texts[k], sizeof texts[k], "constraint_%lld", (long long)k);
        names[search->n_objectives + k] = texts[k];
    }
    return attune_constraints_to_json(search->constraints, n, names, error);
}

/* New reference: what is compared when the study is opened again. */
static json_t *make_identity(const attune_search *search, int64_t seed,
                             const struct choices *choices, attune_error *error)
{
    json_t *space = attune_space_to_json(search->space, error);
    json_t *identity = space ? json_pack("{s:o, s:o, s:O, s:I, s:o}", "space", space, "directions",
                                         direction_words(search), "sampler", choices->sampler,
                                         "seed", (json_int_t)seed, "lookahead",
                                         attune_lookahead_to_json(search->lookahead))
                             : NULL;
    json_t *constraints = NULL;
    if (identity && search->n_metrics > search->n_objectives)
        constraints = constraints_of(search, error);
    if (constraints)
        json_object_set_new(identity, "constraints", constraints);
    if (!identity)
        attune_fail(error, ATTUNE_MEMORY, "out of memory: the identity of a study");
    if (identity && choices->pruner)
        json_object_set(identity, "pruner", choices->pruner);
    if (identity && search->queue)
        json_object_set(identity, "queue", search->queue);
    if (identity && choices->from)
        json_object_set(identity, "from", choices->from);
    if (identity && choices->objective)
        json_object_set(identity, "objective", choices->objective);
    return identity;
}

static attune_status describe(attune_search *search, const attune_search_options *options,
                              const json_t *identity, attune_error *error)
{
    attune_study *study = &search->study;
    study->n_folds = 1;
    study->name = attune_copy_text(options->study ? options->study : "study", error);
    study->plan = attune_copy_text(options->plan ? options->plan : "{}", error);
    study->identity = attune_json_write(identity, error);
    study->space = attune_json_write(json_object_get(identity, "space"), error);
    study->directions = attune_json_write(json_object_get(identity, "directions"), error);
    study->metrics = metric_names(search, error);
    bool all = study->name && study->plan && study->identity && study->space && study->directions &&
               study->metrics;
    return all ? ATTUNE_OK : ATTUNE_MEMORY;
}

/* Its maker may have been killed before it was written. */
attune_status attune_search_settle_budget(attune_search *search, bool created, attune_error *error)
{
    const attune_storage_type *type = search->storage->type;
    void *self = search->storage->self;
    char *stored = NULL, text[24];
    attune_status status =
        created ? ATTUNE_OK
                : type->get_attribute(self, search->study.id, -1, "budget", &stored, error);
    if (stored) {
        search->budget = strtoll(stored, NULL, 10);
    } else if (!status) {
        snprintf(text, sizeof text, "%lld", (long long)search->budget);
        status = type->set_attribute(self, search->study.id, -1, "budget", text, error);
    }
    free(stored);
    return status;
}

static attune_status compare(attune_search *search, const attune_search_options *options,
                             const struct choices *choices, attune_error *error)
{
    attune_study stored = {0};
    attune_status status = search->storage->type->find_study(search->storage->self,
                                                             search->study.name, &stored, error);
    if (!status && options->lookahead == 0)
        search->lookahead = attune_identity_lookahead(&stored);
    json_t *here = status ? NULL : make_identity(search, options->seed, choices, error);
    if (!status)
        status =
            here ? attune_identity_compare_take(
                       &stored, search->storage->location, here,
                       "give this one another name (--study NAME) or another store (--store FILE)",
                       error)
                 : ATTUNE_MEMORY;
    attune_study_clear(&stored);
    return status;
}

/* An older study's results: frozen in a study that is there, read for one that is not. */
static attune_status choose_prior(attune_search *search, const attune_search_options *options,
                                  struct choices *choices, attune_error *error)
{
    attune_study stored = {0};
    char key[ATTUNE_KEY_TEXT_SIZE];
    const char *name = options->study ? options->study : "study";
    attune_status status = ATTUNE_OK;
    bool there =
        search->storage->type->find_study(search->storage->self, name, &stored, NULL) == ATTUNE_OK;
    if (there) {
        json_t *identity = attune_json_parse(stored.identity);
        choices->from = json_incref(json_object_get(identity, "from"));
        json_decref(identity);
        if (!choices->from && options->from)
            choices->from = json_string(options->from);
    } else if (options->from) {
        status = attune_search_read_prior(search, options->from, error);
        if (!status)
            choices->from = json_pack("{s:I, s:s}", "results", (json_int_t)search->prior.n, "key",
                                      attune_key_name(search->prior.key, key));
    }
    attune_study_clear(&stored);
    return status;
}

static attune_status find_or_create(attune_search *search, const attune_search_options *options,
                                    struct choices *choices, attune_error *error)
{
    bool created = false;
    attune_status status = attune_storage_open(
        &search->storage, options->store ? options->store : ":memory:", true, error);
    if (!status)
        status = choose_prior(search, options, choices, error);
    json_t *identity = status ? NULL : make_identity(search, options->seed, choices, error);
    if (!status)
        status = identity ? describe(search, options, identity, error) : ATTUNE_MEMORY;
    json_decref(identity);
    if (!status)
        status = search->storage->type->create_study(search->storage->self, &search->study,
                                                     &created, error);
    if (!status && !created)
        status = compare(search, options, choices, error);
    if (!status)
        status = created ? attune_search_store_prior(search, error)
                         : attune_search_load_prior(search, error);
    if (!status)
        status = attune_search_settle_budget(search, created, error);
    return status ? status : attune_storage_reopen(search->storage, &search->reader, error);
}

static attune_status read_queue(attune_search *search, const char *text, attune_error *error)
{
    attune_document document = {0};
    attune_status status =
        attune_document_parse(&document, "queue", text, (int64_t)strlen(text), error);
    attune_at top = attune_at_top(&document);
    if (!status)
        status = attune_queue_read(search->space, document.root, &top, NULL, &search->queue, error);
    attune_document_clear(&document);
    return status;
}

/* A study as options describe it, made or found. */
static attune_status open_described(attune_search *search, const attune_search_options *o,
                                    attune_error *error)
{
    struct choices choices = {0};
    search->seed = attune_key_integer(attune_key_start("study"), o->seed);
    search->lookahead = o->lookahead;
    search->budget = o->budget;
    attune_status status = read_space(search, o->space, error);
    if (!status)
        status = attune_search_read_sampler(search, o->sampler ? o->sampler : "auto",
                                            &choices.sampler, error);
    if (!status)
        status = read_goals(search, o, error);
    if (!status && o->pruner)
        status = attune_search_read_pruner(search, o->pruner, &choices.pruner, error);
    if (!status && o->queue)
        status = read_queue(search, o->queue, error);
    if (!status && o->objective && !(choices.objective = attune_json_parse(o->objective)))
        status = attune_fail(error, ATTUNE_INVALID, "objective: this is no JSON");
    if (!status && search->pruner && search->n_objectives > 1)
        status = attune_fail(error, ATTUNE_INVALID,
                             "pruner: a study of several objectives has no pruner");
    if (!status)
        status = find_or_create(search, o, &choices, error);
    json_decref(choices.sampler);
    json_decref(choices.pruner);
    json_decref(choices.from);
    json_decref(choices.objective);
    return status;
}

attune_status attune_search_open(attune_search **search, const attune_search_options *options,
                                 attune_error *error)
{
    attune_search_options o;
    attune_error_clear(error);
    if (!search)
        return attune_fail(error, ATTUNE_INVALID, "attune_search_open: nowhere to put the search");
    *search = NULL;
    attune_status status =
        attune_options_take(&o, sizeof o, options, "attune_search_options", error);
    if (!status)
        status = check_options(&o, error);
    attune_search *made = status ? NULL : attune_alloc(1, sizeof *made, error);
    if (!made)
        return status ? status : ATTUNE_MEMORY;
    made->trials = o.trials;
    pthread_mutex_init(&made->lock, NULL);
    pthread_mutex_init(&made->read_lock, NULL);
    status = o.space ? open_described(made, &o, error)
                     : attune_search_open_stored(made, o.store, o.study, error);
    if (status)
        attune_search_close(made);
    else
        *search = made;
    return status;
}

void attune_search_close(attune_search *search)
{
    if (!search)
        return;
    if (search->asking)
        attune_loop_close(search->asking);
    free(search->asking);
    attune_storage_close(search->reader);
    attune_storage_close(search->storage);
    attune_sampler_free(search->sampler);
    attune_pruner_free(search->pruner);
    json_decref(search->queue);
    attune_prior_clear(&search->prior);
    attune_space_free(search->space);
    attune_study_clear(&search->study);
    free(search->directions);
    free(search->constraints);
    pthread_mutex_destroy(&search->lock);
    pthread_mutex_destroy(&search->read_lock);
    free(search);
}

attune_status attune_search_set_constraints(attune_search *search, int64_t n, attune_error *error)
{
    search->n_metrics = search->n_objectives + n;
    search->constraints = attune_alloc(n, sizeof *search->constraints, error);
    for (int64_t k = 0; search->constraints && k < n; k++)
        search->constraints[k] = (attune_constraint){search->n_objectives + k, 1, 0};
    return search->constraints ? ATTUNE_OK : ATTUNE_MEMORY;
}

attune_goals attune_search_goals(const attune_search *search)
{
    return (attune_goals){.directions = search->directions,
                          .n_objectives = search->n_objectives,
                          .constraints = search->constraints,
                          .n_constraints = search->n_metrics - search->n_objectives};
}

int64_t attune_search_n_hyperparams(const attune_search *search)
{
    return search ? search->space->n : 0;
}

const char *attune_search_hyperparam(const attune_search *search, int64_t index)
{
    bool there = search && index >= 0 && index < search->space->n;
    return there ? search->space->dimensions[index].name : NULL;
}
