/* trials/storages/memory.c - studies and trials of one process, gone when it ends.
 *
 * Every handle is the store itself, counted; one mutex guards all of it. */
#include "trials/checks.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "spaces/base/clock.h"

struct attribute {
    int64_t number; /* of a trial; -1: of the study */
    char *key, *json;
};

struct held {
    attune_trial trial;
    attune_owner owner; /* while RUNNING */
};

struct study {
    attune_study study;
    attune_study_shape shape;
    struct held *trials;
    int64_t n, capacity;
    struct attribute *attributes;
    int64_t n_attributes;
};

struct memory {
    pthread_mutex_t lock;
    int64_t handles;
    struct study *studies; /* the id of a study is its place, from 1 */
    int64_t n;
};

static bool takes(const char *location)
{
    return strcmp(location, ":memory:") == 0;
}

static attune_status open_new(const char *location, bool create, void **self, attune_error *error)
{
    (void)location;
    (void)create; /* there is never anything to find */
    struct memory *memory = attune_alloc(1, sizeof *memory, error);
    if (!memory)
        return ATTUNE_MEMORY;
    pthread_mutex_init(&memory->lock, NULL);
    memory->handles = 1;
    *self = memory;
    return ATTUNE_OK;
}

static attune_status share(void *self, void **other, attune_error *error)
{
    (void)error;
    struct memory *memory = self;
    pthread_mutex_lock(&memory->lock);
    memory->handles++;
    pthread_mutex_unlock(&memory->lock);
    *other = self;
    return ATTUNE_OK;
}

static void clear_study(struct study *study)
{
    for (int64_t i = 0; i < study->n; i++)
        attune_trial_clear(&study->trials[i].trial);
    for (int64_t i = 0; i < study->n_attributes; i++) {
        free(study->attributes[i].key);
        free(study->attributes[i].json);
    }
    free(study->trials);
    free(study->attributes);
    attune_study_clear(&study->study);
}

static void close_handle(void *self)
{
    struct memory *memory = self;
    pthread_mutex_lock(&memory->lock);
    bool last = --memory->handles == 0;
    pthread_mutex_unlock(&memory->lock);
    if (!last)
        return;
    for (int64_t i = 0; i < memory->n; i++)
        clear_study(&memory->studies[i]);
    free(memory->studies);
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

/* Locks the store and finds a study; NULL, and unlocked again, when it is not there. */
static struct study *enter(struct memory *memory, int64_t id, attune_error *error)
{
    pthread_mutex_lock(&memory->lock);
    if (id >= 1 && id <= memory->n)
        return &memory->studies[id - 1];
    pthread_mutex_unlock(&memory->lock);
    attune_no_study(id, error);
    return NULL;
}

static attune_status leave(struct memory *memory, attune_status status)
{
    pthread_mutex_unlock(&memory->lock);
    return status;
}

static struct study *study_of_name(struct memory *memory, const char *name)
{
    if (!name)
        return memory->n ? &memory->studies[memory->n - 1] : NULL;
    for (int64_t i = 0; i < memory->n; i++)
        if (strcmp(memory->studies[i].study.name, name) == 0)
            return &memory->studies[i];
    return NULL;
}

static attune_status add_study(struct memory *memory, attune_study *study,
                               const attune_study_shape *shape, attune_error *error)
{
    struct study added = {.shape = *shape};
    char now[ATTUNE_TIME_TEXT_SIZE];
    struct study *grown = attune_realloc(memory->studies, memory->n + 1, sizeof *grown, error);
    if (!grown)
        return ATTUNE_MEMORY;
    memory->studies = grown;
    attune_status status = attune_study_copy(&added.study, study, error);
    if (status)
        return status;
    free(added.study.started);
    added.study.started = attune_copy_text(attune_clock_now(now), error);
    if (!added.study.started) {
        attune_study_clear(&added.study);
        return ATTUNE_MEMORY;
    }
    memory->studies[memory->n++] = added;
    study->id = memory->studies[memory->n - 1].study.id = memory->n;
    return ATTUNE_OK;
}

static attune_status create_study(void *self, attune_study *study, bool *created,
                                  attune_error *error)
{
    struct memory *memory = self;
    attune_study_shape shape;
    attune_status status = attune_study_check(study, &shape, NULL, error);
    if (status)
        return status;
    pthread_mutex_lock(&memory->lock);
    struct study *found = study_of_name(memory, study->name);
    *created = !found;
    if (found)
        study->id = found->study.id;
    return leave(memory, found ? ATTUNE_OK : add_study(memory, study, &shape, error));
}

static attune_status find_study(void *self, const char *name, attune_study *study,
                                attune_error *error)
{
    struct memory *memory = self;
    pthread_mutex_lock(&memory->lock);
    struct study *found = study_of_name(memory, name);
    attune_status status = ATTUNE_OK;
    if (found)
        status = attune_study_copy(study, &found->study, error);
    else if (name)
        status = attune_fail(error, ATTUNE_NOT_FOUND, "there is no study \"%s\"", name);
    else
        status = attune_fail(error, ATTUNE_NOT_FOUND, "there is no study yet");
    return leave(memory, status);
}

static attune_status list_studies(void *self, attune_study **studies, int64_t *n,
                                  attune_error *error)
{
    struct memory *memory = self;
    pthread_mutex_lock(&memory->lock);
    *n = memory->n;
    *studies = attune_alloc(*n, sizeof **studies, error);
    attune_status status = *studies ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t i = 0; i < *n && !status; i++)
        status = attune_study_copy(&(*studies)[i], &memory->studies[i].study, error);
    for (int64_t i = 0; *studies && status && i < *n; i++)
        attune_study_clear(&(*studies)[i]);
    if (status) {
        free(*studies);
        *studies = NULL;
        *n = 0;
    }
    return leave(memory, status);
}

static attune_status set_time(char **time, attune_error *error)
{
    char now[ATTUNE_TIME_TEXT_SIZE];
    char *copy = attune_copy_text(attune_clock_now(now), error);
    if (!copy)
        return ATTUNE_MEMORY;
    free(*time);
    *time = copy;
    return ATTUNE_OK;
}

static attune_status grow(struct study *study, attune_error *error)
{
    if (study->n < study->capacity)
        return ATTUNE_OK;
    int64_t capacity = study->capacity ? 2 * study->capacity : 16;
    struct held *grown = attune_realloc(study->trials, capacity, sizeof *grown, error);
    if (!grown)
        return ATTUNE_MEMORY;
    study->trials = grown;
    study->capacity = capacity;
    return ATTUNE_OK;
}

static attune_status add_trial(struct study *study, const attune_trial *trial,
                               const attune_owner *owner, attune_error *error)
{
    struct held held = {.owner = *owner};
    attune_trial bare = {
        .number = trial->number, .hyperparams = trial->hyperparams, .watermark = trial->watermark};
    attune_status status = grow(study, error);
    if (!status)
        status = attune_trial_copy(&held.trial, &bare, error);
    if (!status)
        status = set_time(&held.trial.started, error);
    if (status)
        attune_trial_clear(&held.trial);
    else
        study->trials[study->n++] = held;
    return status;
}

static attune_status claim_new(void *self, int64_t id, const attune_trial *trial,
                               const attune_owner *owner, bool *claimed, attune_error *error)
{
    struct study *study = enter(self, id, error);
    if (!study)
        return ATTUNE_NOT_FOUND;
    *claimed = false;
    attune_status status = attune_claim_check(&study->shape, trial, error);
    if (!status && trial->number > study->n)
        status = attune_number_gap(trial->number, study->n, error);
    if (!status && trial->number == study->n) {
        status = add_trial(study, trial, owner, error);
        *claimed = !status;
    }
    return leave(self, status);
}

/* Locks the store and finds a trial; NULL, and unlocked again, when it is not there. */
static struct held *enter_trial(void *self, int64_t id, int64_t number, struct study **study,
                                attune_error *error)
{
    *study = enter(self, id, error);
    if (!*study)
        return NULL;
    if (number >= 0 && number < (*study)->n)
        return &(*study)->trials[number];
    leave(self, attune_no_trial(number, error));
    return NULL;
}

/* The same for a trial that must be RUNNING; *status says why not. */
static struct held *enter_running(void *self, int64_t id, int64_t number, struct study **study,
                                  attune_status *status, attune_error *error)
{
    struct held *held = enter_trial(self, id, number, study, error);
    *status = held ? ATTUNE_OK : ATTUNE_NOT_FOUND;
    if (!held || held->trial.state == ATTUNE_TRIAL_RUNNING)
        return held;
    *status = leave(self, attune_not_running(number, held->trial.state, error));
    return NULL;
}

static attune_status claim_waiting(void *self, int64_t id, int64_t number,
                                   const attune_owner *owner, bool *claimed, attune_error *error)
{
    struct study *study = NULL;
    struct held *held = enter_trial(self, id, number, &study, error);
    attune_status status = ATTUNE_OK;
    if (!held)
        return ATTUNE_NOT_FOUND;
    *claimed = false;
    if (held->trial.state == ATTUNE_TRIAL_WAITING) {
        status = set_time(&held->trial.started, error);
        *claimed = !status;
    }
    if (*claimed) {
        held->trial.state = ATTUNE_TRIAL_RUNNING;
        held->owner = *owner;
    }
    return leave(self, status);
}

static attune_status make_folds(attune_fold_scores *folds, const attune_study_shape *shape,
                                attune_error *error)
{
    if (folds->values)
        return ATTUNE_OK;
    int64_t n = shape->n_metrics * shape->n_folds;
    double *values = attune_alloc(n, sizeof *values, error);
    for (int64_t i = 0; values && i < n; i++)
        values[i] = NAN;
    *folds = (attune_fold_scores){values, shape->n_metrics, shape->n_folds};
    return values ? ATTUNE_OK : ATTUNE_MEMORY;
}

static attune_status record_fold(void *self, int64_t id, int64_t number, int64_t fold,
                                 const double *scores, double cost, attune_error *error)
{
    struct study *study = NULL;
    attune_status status = ATTUNE_OK;
    struct held *held = enter_running(self, id, number, &study, &status, error);
    if (!held)
        return status;
    status = attune_fold_check(&study->shape, fold, cost, error);
    if (!status)
        status = make_folds(&held->trial.folds, &study->shape, error);
    if (!status) {
        for (int64_t m = 0; m < study->shape.n_metrics; m++)
            held->trial.folds.values[m * study->shape.n_folds + fold] = scores[m];
        held->trial.cost += cost;
        held->trial.crashes = 0; /* it got on */
    }
    return leave(self, status);
}

static attune_status record_reports(void *self, int64_t id, int64_t number,
                                    const attune_report *reports, int64_t n, attune_error *error)
{
    struct study *study = NULL;
    attune_status status = ATTUNE_OK;
    struct held *held = enter_running(self, id, number, &study, &status, error);
    if (!held)
        return status;
    for (int64_t i = 0; i < n && !status; i++)
        status = attune_reports_set(&held->trial.reports, &held->trial.n_reports, reports[i].step,
                                    reports[i].value, error);
    return leave(self, status);
}

/* What finish stores: the end from one trial, the beginning from the other. Borrowed members. */
static attune_trial end_of(const attune_trial *old, const attune_trial *end)
{
    attune_trial both = *end;
    if (!end->hyperparams)
        both.hyperparams = old->hyperparams;
    both.watermark = old->watermark;
    both.crashes = old->crashes;
    both.started = old->started;
    both.finished = NULL;
    if (!end->folds.values)
        both.folds = old->folds;
    if (!end->n_reports) {
        both.reports = old->reports;
        both.n_reports = old->n_reports;
    }
    return both;
}

static attune_status finish(void *self, int64_t id, const attune_trial *trial, attune_error *error)
{
    struct study *study = NULL;
    attune_status status = ATTUNE_OK;
    struct held *held = enter_running(self, id, trial->number, &study, &status, error);
    if (!held)
        return status;
    attune_trial ended = {0};
    attune_trial both = end_of(&held->trial, trial);
    status = attune_finish_check(&study->shape, trial, error);
    if (!status)
        status = attune_trial_copy(&ended, &both, error);
    if (!status)
        status = set_time(&ended.finished, error);
    attune_trial_clear(status ? &ended : &held->trial);
    if (!status)
        held->trial = ended;
    return leave(self, status);
}

static attune_status release(void *self, int64_t id, int64_t number, attune_error *error)
{
    struct study *study = NULL;
    attune_status status = ATTUNE_OK;
    struct held *held = enter_running(self, id, number, &study, &status, error);
    if (!held)
        return status;
    held->trial.state = ATTUNE_TRIAL_WAITING;
    return leave(self, ATTUNE_OK);
}

static attune_status reap(void *self, int64_t id, double lease, int64_t *n, attune_error *error)
{
    (void)lease; /* memory has no other hosts */
    struct study *study = enter(self, id, error);
    if (!study)
        return ATTUNE_NOT_FOUND;
    *n = 0;
    for (int64_t i = 0; i < study->n; i++) {
        struct held *held = &study->trials[i];
        if (held->trial.state != ATTUNE_TRIAL_RUNNING || attune_owner_alive(&held->owner))
            continue;
        held->trial.state = ATTUNE_TRIAL_WAITING;
        held->trial.crashes++;
        ++*n;
    }
    return leave(self, ATTUNE_OK);
}

static attune_status renew(void *self, int64_t id, const attune_owner *owner, attune_error *error)
{
    (void)owner; /* who can see this memory sees that the owner lives */
    return enter(self, id, error) ? leave(self, ATTUNE_OK) : ATTUNE_NOT_FOUND;
}

static attune_status read_trials(void *self, int64_t id, int64_t from, attune_trial **trials,
                                 int64_t *n, attune_error *error)
{
    struct study *study = enter(self, id, error);
    if (!study)
        return ATTUNE_NOT_FOUND;
    int64_t first = from < 0 ? 0 : from < study->n ? from : study->n;
    *n = study->n - first;
    *trials = attune_alloc(*n, sizeof **trials, error);
    attune_status status = *trials ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t i = 0; i < *n && !status; i++)
        status = attune_trial_copy(&(*trials)[i], &study->trials[first + i].trial, error);
    if (status) {
        attune_trials_free(*trials, *n);
        *trials = NULL;
        *n = 0;
    }
    return leave(self, status);
}

static attune_status count(void *self, int64_t id, int64_t *n, attune_error *error)
{
    struct study *study = enter(self, id, error);
    if (!study)
        return ATTUNE_NOT_FOUND;
    *n = study->n;
    return leave(self, ATTUNE_OK);
}

static struct attribute *find_attribute(struct study *study, int64_t number, const char *key)
{
    for (int64_t i = 0; i < study->n_attributes; i++)
        if (study->attributes[i].number == number && strcmp(study->attributes[i].key, key) == 0)
            return &study->attributes[i];
    return NULL;
}

static attune_status put_attribute(struct study *study, int64_t number, const char *key,
                                   const char *json, attune_error *error)
{
    struct attribute *found = find_attribute(study, number, key);
    char *value = attune_copy_text(json, error);
    char *name = value && !found ? attune_copy_text(key, error) : NULL;
    struct attribute *grown = NULL;
    if (name)
        grown = attune_realloc(study->attributes, study->n_attributes + 1, sizeof *grown, error);
    if (!value || (!found && !grown)) {
        free(value);
        free(name);
        return ATTUNE_MEMORY;
    }
    if (found) {
        free(found->json);
        found->json = value;
        return ATTUNE_OK;
    }
    study->attributes = grown;
    grown[study->n_attributes++] = (struct attribute){number, name, value};
    return ATTUNE_OK;
}

static attune_status set_attribute(void *self, int64_t id, int64_t number, const char *key,
                                   const char *json, attune_error *error)
{
    attune_status status = attune_attribute_check(key, json, error);
    struct study *study = status ? NULL : enter(self, id, error);
    if (!study)
        return status ? status : ATTUNE_NOT_FOUND;
    if (number < -1 || number >= study->n)
        return leave(self, attune_no_trial(number, error));
    return leave(self, put_attribute(study, number, key, json, error));
}

static attune_status get_attribute(void *self, int64_t id, int64_t number, const char *key,
                                   char **json, attune_error *error)
{
    struct study *study = enter(self, id, error);
    if (!study)
        return ATTUNE_NOT_FOUND;
    const struct attribute *found = find_attribute(study, number, key);
    *json = found ? attune_copy_text(found->json, error) : NULL;
    return leave(self, found && !*json ? ATTUNE_MEMORY : ATTUNE_OK);
}

static attune_status sync_nothing(void *self, attune_error *error)
{
    (void)self;
    (void)error;
    return ATTUNE_OK;
}

static attune_status set_durable(void *self, bool durable, attune_error *error)
{
    (void)self;
    (void)durable; /* memory is never on disk */
    (void)error;
    return ATTUNE_OK;
}

const attune_storage_type attune_storage_memory = {
    .abi = ATTUNE_STORAGE_ABI,
    .name = "memory",
    .doc = "In the memory of this process, gone when it ends.",
    .takes = takes,
    .open = open_new,
    .share = share,
    .close = close_handle,
    .create_study = create_study,
    .find_study = find_study,
    .list_studies = list_studies,
    .claim_new = claim_new,
    .claim_waiting = claim_waiting,
    .record_fold = record_fold,
    .record_reports = record_reports,
    .finish = finish,
    .release = release,
    .reap = reap,
    .renew = renew,
    .read = read_trials,
    .count = count,
    .set_attribute = set_attribute,
    .get_attribute = get_attribute,
    .sync = sync_nothing,
    .set_durable = set_durable,
};
