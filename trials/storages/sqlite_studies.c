/* trials/storages/sqlite_studies.c - studies and attributes. */
#include "trials/storages/sqlite.h"

#include "spaces/base/clock.h"
#include "trials/optuna.h"

#include <stdlib.h>
#include <string.h>

#define STUDY_COLUMNS "study_id, name, identity, plan, space, directions, metrics, n_folds, started"

/* What is stored is checked as strictly as what comes in. */
static attune_status corrupt(attune_sqlite *store, const attune_error *why, attune_error *error)
{
    if (why->status == ATTUNE_MEMORY)
        return attune_fail(error, ATTUNE_MEMORY, "%s", why->message);
    return attune_fail_in(error, ATTUNE_CORRUPT, store->path, 0, 0, "a study is damaged: %s",
                          why->message);
}

static attune_status read_study(attune_sqlite *store, sqlite3_stmt *row, attune_study *study,
                                attune_error *error)
{
    attune_study read = {.id = sqlite3_column_int64(row, 0),
                         .n_folds = sqlite3_column_int64(row, 7)};
    char **const texts[] = {&read.name,       &read.identity, &read.plan, &read.space,
                            &read.directions, &read.metrics,  NULL,       &read.started};
    attune_study_shape shape;
    attune_error why = {0};
    attune_status status = ATTUNE_OK;
    for (int i = 0; i < 8 && !status; i++) {
        if (!texts[i])
            continue;
        status = attune_sqlite_text(row, 1 + i, texts[i], &why);
        if (!status && !*texts[i])
            status =
                attune_fail(&why, ATTUNE_CORRUPT, "it has no %s", sqlite3_column_name(row, 1 + i));
    }
    if (!status)
        status = attune_study_shape_read(&read, &shape, &why);
    if (status) {
        attune_study_clear(&read);
        return corrupt(store, &why, error);
    }
    attune_study_clear(study);
    *study = read;
    return ATTUNE_OK;
}

static attune_status fail_not_found(attune_sqlite *store, const char *name, attune_error *error)
{
    attune_text names = {0};
    attune_study *studies = NULL;
    int64_t n = 0;
    if (!attune_sqlite_list_studies(store, &studies, &n, NULL))
        for (int64_t i = 0; i < n && i < 20; i++)
            attune_text_printf(&names, "%s%s", i ? ", " : "", studies[i].name);
    attune_status status = n && name ? attune_fail_in(error, ATTUNE_NOT_FOUND, store->path, 0, 0,
                                                      "there is no study \"%s\"; the store has %s",
                                                      name, names.bytes ? names.bytes : "others")
                                     : attune_fail_in(error, ATTUNE_NOT_FOUND, store->path, 0, 0,
                                                      "there is no study in this store yet");
    for (int64_t i = 0; i < n; i++)
        attune_study_clear(&studies[i]);
    free(studies);
    attune_text_clear(&names);
    return status;
}

attune_status attune_sqlite_find_study(void *self, const char *name, attune_study *study,
                                       attune_error *error)
{
    attune_sqlite *store = self;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    attune_status status = attune_sqlite_prepare(
        store,
        "SELECT " STUDY_COLUMNS " FROM attune_studies WHERE ?1 IS NULL OR name = ?1 "
        "ORDER BY study_id DESC LIMIT 1",
        &statement, error);
    if (!status) {
        attune_sqlite_bind_text(statement, 1, name);
        status = attune_sqlite_step(store, statement, &row, error);
    }
    if (row)
        status = read_study(store, statement, study, error);
    sqlite3_finalize(statement);
    return status || row ? status : fail_not_found(store, name, error);
}

attune_status attune_sqlite_list_studies(void *self, attune_study **studies, int64_t *n,
                                         attune_error *error)
{
    attune_sqlite *store = self;
    sqlite3_stmt *statement = NULL;
    attune_study *list = NULL;
    int64_t count = 0;
    bool row = true;
    attune_status status = attune_sqlite_prepare(
        store, "SELECT " STUDY_COLUMNS " FROM attune_studies ORDER BY study_id", &statement, error);
    while (!status && row) {
        status = attune_sqlite_step(store, statement, &row, error);
        if (status || !row)
            break;
        attune_study *grown = attune_realloc(list, count + 1, sizeof *grown, error);
        if (!grown) {
            status = ATTUNE_MEMORY;
            break;
        }
        list = grown;
        memset(&list[count++], 0, sizeof *list);
        status = read_study(store, statement, &list[count - 1], error);
    }
    sqlite3_finalize(statement);
    for (int64_t i = 0; status && i < count; i++)
        attune_study_clear(&list[i]);
    if (status) {
        free(list);
        list = NULL;
        count = 0;
    }
    *studies = list;
    *n = count;
    return status;
}

/* The id of a study, 0 when there is none of that name. */
static attune_status study_id(attune_sqlite *store, const char *name, int64_t *id,
                              attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    attune_status status = attune_sqlite_prepare(
        store, "SELECT study_id FROM attune_studies WHERE name = ?1", &statement, error);
    if (!status) {
        attune_sqlite_bind_text(statement, 1, name);
        status = attune_sqlite_step(store, statement, &row, error);
    }
    *id = row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return status;
}

static attune_status insert_study(attune_sqlite *store, attune_study *study, attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    char now[ATTUNE_TIME_TEXT_SIZE];
    attune_status status = attune_sqlite_prepare(
        store,
        "INSERT INTO attune_studies (name, identity, plan, space, directions, metrics, "
        "n_folds, started) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        &statement, error);
    if (status)
        return status;
    attune_sqlite_bind_text(statement, 1, study->name);
    attune_sqlite_bind_text(statement, 2, study->identity);
    attune_sqlite_bind_text(statement, 3, study->plan);
    attune_sqlite_bind_text(statement, 4, study->space);
    attune_sqlite_bind_text(statement, 5, study->directions);
    attune_sqlite_bind_text(statement, 6, study->metrics);
    sqlite3_bind_int64(statement, 7, study->n_folds);
    attune_sqlite_bind_text(statement, 8, attune_clock_now(now));
    status = attune_sqlite_run(store, statement, error);
    sqlite3_finalize(statement);
    study->id = sqlite3_last_insert_rowid(store->db);
    return status;
}

static attune_status insert_dimensions(attune_sqlite *store, int64_t study,
                                       const attune_space *space, attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    attune_status status = attune_sqlite_prepare(
        store, "INSERT INTO attune_dimensions VALUES (?1, ?2, ?3, ?4)", &statement, error);
    for (int64_t i = 0; i < space->n && !status; i++) {
        char *json = attune_optuna_distribution(space->dimensions[i].distribution, error);
        if (!json) {
            status = ATTUNE_MEMORY;
            break;
        }
        sqlite3_bind_int64(statement, 1, study);
        sqlite3_bind_int64(statement, 2, i);
        attune_sqlite_bind_text(statement, 3, space->dimensions[i].name);
        attune_sqlite_bind_text(statement, 4, json);
        status = attune_sqlite_run(store, statement, error);
        free(json);
    }
    sqlite3_finalize(statement);
    return status;
}

static attune_status set_flat_view(attune_sqlite *store, const attune_study *study,
                                   const attune_space *space, attune_error *error)
{
    char *view = NULL;
    sqlite3_stmt *statement = NULL;
    attune_status status = attune_sqlite_make_flat(store, study, space, &view, error);
    if (!status)
        status = attune_sqlite_prepare(
            store, "UPDATE attune_studies SET flat_view = ?2 WHERE study_id = ?1", &statement,
            error);
    if (!status) {
        sqlite3_bind_int64(statement, 1, study->id);
        attune_sqlite_bind_text(statement, 2, view);
        status = attune_sqlite_run(store, statement, error);
    }
    sqlite3_finalize(statement);
    free(view);
    return status;
}

static attune_status add_study(attune_sqlite *store, attune_study *study, const attune_space *space,
                               attune_error *error)
{
    attune_status status = insert_study(store, study, error);
    if (!status)
        status = insert_dimensions(store, study->id, space, error);
    return status ? status : set_flat_view(store, study, space, error);
}

attune_status attune_sqlite_create_study(void *self, attune_study *study, bool *created,
                                         attune_error *error)
{
    attune_sqlite *store = self;
    attune_study_shape shape;
    attune_space *space = NULL;
    int64_t id = 0;
    attune_status status = attune_study_check(study, &shape, &space, error);
    if (status)
        return status;
    /* A store that can only be read still answers for a study that is there. */
    status = study_id(store, study->name, &id, error);
    *created = false;
    if (!status && !id) {
        status = attune_sqlite_begin(store, error);
        if (!status)
            status = study_id(store, study->name, &id, error);
        if (!status && !id) {
            *created = true;
            status = add_study(store, study, space, error);
            id = study->id;
        }
        status = attune_sqlite_end(store, status, error);
    }
    study->id = status ? 0 : id;
    *created = *created && !status;
    attune_space_free(space);
    return status;
}

attune_status attune_sqlite_shape(attune_sqlite *store, int64_t study,
                                  const attune_study_shape **shape, attune_error *error)
{
    *shape = &store->shape;
    if (store->shape_of == study && study)
        return ATTUNE_OK;
    sqlite3_stmt *row = NULL;
    bool found = false;
    attune_study texts = {0};
    attune_error why = {0};
    attune_status status = attune_sqlite_use(store, ATTUNE_SQL_SHAPE, &row, error);
    if (!status) {
        sqlite3_bind_int64(row, 1, study);
        status = attune_sqlite_step(store, row, &found, error);
    }
    if (status || !found) {
        sqlite3_reset(row);
        return status ? status : attune_no_study(study, error);
    }
    texts.n_folds = sqlite3_column_int64(row, 2);
    status = attune_sqlite_text(row, 0, &texts.directions, &why);
    if (!status)
        status = attune_sqlite_text(row, 1, &texts.metrics, &why);
    if (!status)
        status = attune_study_shape_read(&texts, &store->shape, &why);
    store->shape.n_dimensions = sqlite3_column_int64(row, 3);
    store->shape_of = status ? 0 : study;
    sqlite3_reset(row);
    attune_study_clear(&texts);
    return status ? corrupt(store, &why, error) : ATTUNE_OK;
}

/* The id of a trial's row. */
static attune_status trial_id(attune_sqlite *store, int64_t study, int64_t number, int64_t *id,
                              attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    attune_status status = attune_sqlite_use(store, ATTUNE_SQL_TRIAL_ID, &statement, error);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 1, study);
    sqlite3_bind_int64(statement, 2, number);
    status = attune_sqlite_step(store, statement, &row, error);
    *id = row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return status || row ? status : attune_no_trial(number, error);
}

/* Finds whose attribute it is: the study itself (-1), or the row of a trial. */
static attune_status attribute_owner(attune_sqlite *store, int64_t study, int64_t number,
                                     int64_t *id, attune_error *error)
{
    const attune_study_shape *shape = NULL;
    *id = study;
    return number == -1 ? attune_sqlite_shape(store, study, &shape, error)
                        : trial_id(store, study, number, id, error);
}

/* The statement for an attribute: keys of a trial that mean something to Optuna are where it looks
 * for them. */
static attune_sqlite_sql attribute_sql(int64_t number, const char *key, bool set)
{
    bool optuna = strcmp(key, "fixed_params") == 0 || strcmp(key, "constraints") == 0;
    if (number == -1)
        return set ? ATTUNE_SQL_STUDY_ATTRIBUTE_SET : ATTUNE_SQL_STUDY_ATTRIBUTE_GET;
    if (optuna)
        return set ? ATTUNE_SQL_TRIAL_SYSTEM_SET : ATTUNE_SQL_TRIAL_SYSTEM_GET;
    return set ? ATTUNE_SQL_TRIAL_ATTRIBUTE_SET : ATTUNE_SQL_TRIAL_ATTRIBUTE_GET;
}

static attune_status put_attribute(attune_sqlite *store, int64_t study, int64_t number,
                                   const char *key, const char *json, attune_error *error)
{
    int64_t id = 0;
    sqlite3_stmt *statement = NULL;
    attune_status status = attribute_owner(store, study, number, &id, error);
    if (!status)
        status = attune_sqlite_use(store, attribute_sql(number, key, true), &statement, error);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 1, id);
    attune_sqlite_bind_text(statement, 2, key);
    attune_sqlite_bind_text(statement, 3, json);
    return attune_sqlite_run(store, statement, error);
}

attune_status attune_sqlite_set_attribute(void *self, int64_t study, int64_t number,
                                          const char *key, const char *json, attune_error *error)
{
    attune_status status = attune_attribute_check(key, json, error);
    if (!status)
        status = attune_sqlite_begin(self, error);
    if (status)
        return status;
    return attune_sqlite_end(self, put_attribute(self, study, number, key, json, error), error);
}

attune_status attune_sqlite_get_attribute(void *self, int64_t study, int64_t number,
                                          const char *key, char **json, attune_error *error)
{
    int64_t id = 0;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    *json = NULL;
    attune_status status = attribute_owner(self, study, number, &id, error);
    if (!status)
        status = attune_sqlite_use(self, attribute_sql(number, key, false), &statement, error);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 1, id);
    attune_sqlite_bind_text(statement, 2, key);
    status = attune_sqlite_step(self, statement, &row, error);
    if (row)
        status = attune_sqlite_text(statement, 0, json, error);
    sqlite3_reset(statement);
    return status;
}
