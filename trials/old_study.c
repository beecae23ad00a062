/* trials/old_study.c - a study of another store, read as Optuna's relational schema shows it. */
#include "trials/old_study.h"

#include "spaces/base/file.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* A file that is read, and where a complaint says it was. */
struct reader {
    sqlite3 *db;
    const char *path;
    attune_error *error;
};

static attune_status fail(const struct reader *reader)
{
    int code = sqlite3_errcode(reader->db);
    bool none = code == SQLITE_NOTADB || code == SQLITE_ERROR; /* no such table */
    return attune_fail_in(reader->error, none ? ATTUNE_INVALID : ATTUNE_IO, reader->path, 0, 0,
                          none ? "this is no store of trials: %s" : "the store cannot be read: %s",
                          sqlite3_errmsg(reader->db));
}

static attune_status open_reader(struct reader *reader)
{
    if (!attune_file_exists(reader->path))
        return attune_fail_in(reader->error, ATTUNE_NOT_FOUND, reader->path, 0, 0,
                              "there is no such store");
    int code = sqlite3_open_v2(reader->path, &reader->db,
                               SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (!reader->db)
        return attune_fail(reader->error, ATTUNE_MEMORY, "out of memory: opening a store");
    sqlite3_busy_timeout(reader->db, 30000);
    sqlite3_db_config(reader->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(reader->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    return code == SQLITE_OK ? ATTUNE_OK : fail(reader);
}

/* Calls take for each row; id is bound to ?1. */
static attune_status each(const struct reader *reader, const char *sql, int64_t id,
                          attune_status (*take)(void *user, sqlite3_stmt *row, attune_error *error),
                          void *user)
{
    sqlite3_stmt *row = NULL;
    attune_status status = ATTUNE_OK;
    if (sqlite3_prepare_v2(reader->db, sql, -1, &row, NULL) != SQLITE_OK)
        return fail(reader);
    if (sqlite3_bind_parameter_count(row) > 0)
        sqlite3_bind_int64(row, 1, id);
    int code;
    while ((code = sqlite3_step(row)) == SQLITE_ROW && !status)
        status = take(user, row, reader->error);
    if (!status && code != SQLITE_DONE)
        status = fail(reader);
    sqlite3_finalize(row);
    return status;
}

static bool has_column(const struct reader *reader, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    bool has = sqlite3_prepare_v2(reader->db, sql, -1, &statement, NULL) == SQLITE_OK;
    sqlite3_finalize(statement);
    return has;
}

static const char *text_at(sqlite3_stmt *row, int column)
{
    return (const char *)sqlite3_column_text(row, column);
}

static attune_status copy_at(sqlite3_stmt *row, int column, char **to, attune_error *error)
{
    const char *text = text_at(row, column);
    *to = attune_copy_text(text, error);
    return *to || !text ? ATTUNE_OK : ATTUNE_MEMORY;
}

/* A number and the word beside it for what SQL has no number for. */
static double number_at(sqlite3_stmt *row, int value, int type)
{
    const char *word = text_at(row, type);
    if (word && strcmp(word, "INF_POS") == 0)
        return INFINITY;
    if (word && strcmp(word, "INF_NEG") == 0)
        return -INFINITY;
    return sqlite3_column_type(row, value) == SQLITE_NULL ? NAN : sqlite3_column_double(row, value);
}

static attune_status take_direction(void *user, sqlite3_stmt *row, attune_error *error)
{
    attune_old_study *study = user;
    const char *word = text_at(row, 0);
    bool maximize = word && strcmp(word, "MAXIMIZE") == 0;
    return attune_texts_add(&study->directions, maximize ? "maximize" : "minimize", error);
}

static attune_status take_trial(void *user, sqlite3_stmt *row, attune_error *error)
{
    attune_old_study *study = user;
    const char *word = text_at(row, 2);
    attune_trial_state state = ATTUNE_TRIAL_FAIL;
    if (!word || !attune_trial_state_from_word(word, &state))
        return attune_fail(error, ATTUNE_CORRUPT, "trial %lld has no state",
                           (long long)sqlite3_column_int64(row, 0));
    if ((study->n & (study->n - 1)) == 0) {
        int64_t capacity = study->n ? 2 * study->n : 1;
        attune_old_trial *grown = attune_realloc(study->trials, capacity, sizeof *grown, error);
        if (!grown)
            return ATTUNE_MEMORY;
        study->trials = grown;
    }
    attune_old_trial *trial = &study->trials[study->n];
    *trial =
        (attune_old_trial){.id = sqlite3_column_int64(row, 0), .number = study->n, .state = state};
    study->n++;
    trial->values = attune_alloc(study->directions.n, sizeof *trial->values, error);
    for (int64_t k = 0; trial->values && k < study->directions.n; k++)
        trial->values[k] = NAN;
    attune_status status = copy_at(row, 3, &trial->started, error);
    if (!status)
        status = copy_at(row, 4, &trial->finished, error);
    return trial->values ? status : ATTUNE_MEMORY;
}

/* Rows come by trial_id, as the trials do. */
static attune_old_trial *trial_of(const attune_old_study *study, int64_t id)
{
    int64_t low = 0, high = study->n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (study->trials[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < study->n && study->trials[low].id == id ? &study->trials[low] : NULL;
}

static attune_status intern(attune_old_study *study, const char *text, int64_t *index,
                            attune_error *error)
{
    for (*index = study->n_distributions - 1; *index >= 0; --*index)
        if (strcmp(study->distributions[*index].text, text) == 0)
            return ATTUNE_OK;
    attune_old_distribution *grown =
        attune_realloc(study->distributions, study->n_distributions + 1, sizeof *grown, error);
    if (!grown)
        return ATTUNE_MEMORY;
    study->distributions = grown;
    *index = study->n_distributions++;
    return attune_old_distribution_read(&grown[*index], text, error);
}

static attune_status take_param(void *user, sqlite3_stmt *row, attune_error *error)
{
    attune_old_study *study = user;
    attune_old_trial *trial = trial_of(study, sqlite3_column_int64(row, 0));
    const char *name = text_at(row, 1), *distribution = text_at(row, 3);
    if (!trial || !name || !distribution || sqlite3_column_type(row, 2) == SQLITE_NULL)
        return ATTUNE_OK;
    attune_old_param *grown =
        attune_realloc(trial->params, trial->n_params + 1, sizeof *grown, error);
    if (!grown)
        return ATTUNE_MEMORY;
    trial->params = grown;
    attune_old_param *param = &grown[trial->n_params];
    *param = (attune_old_param){.raw = sqlite3_column_double(row, 2)};
    param->name = attune_copy_text(name, error);
    if (!param->name)
        return ATTUNE_MEMORY;
    trial->n_params++;
    return intern(study, text_at(row, 3), &param->distribution, error);
}

static attune_status take_value(void *user, sqlite3_stmt *row, attune_error *error)
{
    attune_old_study *study = user;
    attune_old_trial *trial = trial_of(study, sqlite3_column_int64(row, 0));
    int64_t objective = sqlite3_column_int64(row, 1);
    (void)error;
    if (trial && objective >= 0 && objective < study->directions.n)
        trial->values[objective] = number_at(row, 2, 3);
    return ATTUNE_OK;
}

static attune_status take_report(void *user, sqlite3_stmt *row, attune_error *error)
{
    attune_old_study *study = user;
    attune_old_trial *trial = trial_of(study, sqlite3_column_int64(row, 0));
    if (!trial)
        return ATTUNE_OK;
    attune_report *grown =
        attune_realloc(trial->reports, trial->n_reports + 1, sizeof *grown, error);
    if (!grown)
        return ATTUNE_MEMORY;
    trial->reports = grown;
    grown[trial->n_reports++] = (attune_report){sqlite3_column_int64(row, 1), number_at(row, 2, 3)};
    return ATTUNE_OK;
}

static attune_status read_parts(const struct reader *reader, attune_old_study *study, int64_t id)
{
    bool types = has_column(reader, "SELECT value_type FROM trial_values");
    bool report_types =
        has_column(reader, "SELECT intermediate_value_type FROM trial_intermediate_values");
    attune_status status = each(
        reader, "SELECT direction FROM study_directions WHERE study_id = ?1 ORDER BY objective", id,
        take_direction, study);
    if (!status && study->directions.n == 0)
        status = attune_fail_in(reader->error, ATTUNE_CORRUPT, reader->path, 0, 0,
                                "study \"%s\" has no direction", study->name);
    if (!status)
        status = each(reader,
                      "SELECT trial_id, number, state, datetime_start, datetime_complete FROM "
                      "trials WHERE study_id = ?1 ORDER BY trial_id",
                      id, take_trial, study);
    if (!status)
        status = each(reader,
                      "SELECT trial_id, param_name, param_value, distribution_json FROM "
                      "trial_params JOIN trials t USING (trial_id) WHERE t.study_id = ?1 ORDER BY "
                      "trial_id, param_id",
                      id, take_param, study);
    if (!status)
        status = each(reader,
                      types ? "SELECT trial_id, objective, value, value_type FROM trial_values "
                              "JOIN trials t USING (trial_id) WHERE t.study_id = ?1"
                            : "SELECT trial_id, objective, value, NULL FROM trial_values "
                              "JOIN trials t USING (trial_id) WHERE t.study_id = ?1",
                      id, take_value, study);
    if (!status)
        status = each(reader,
                      report_types
                          ? "SELECT trial_id, step, intermediate_value, intermediate_value_type "
                            "FROM trial_intermediate_values JOIN trials t USING (trial_id) WHERE "
                            "t.study_id = ?1 ORDER BY trial_id, step"
                          : "SELECT trial_id, step, intermediate_value, NULL FROM "
                            "trial_intermediate_values JOIN trials t USING (trial_id) WHERE "
                            "t.study_id = ?1 ORDER BY trial_id, step",
                      id, take_report, study);
    return status;
}

static attune_status find_study(const struct reader *reader, const char *name,
                                attune_old_study *study, int64_t *id)
{
    sqlite3_stmt *row = NULL;
    attune_status status = ATTUNE_OK;
    if (sqlite3_prepare_v2(reader->db,
                           "SELECT study_id, study_name FROM studies WHERE ?1 IS NULL OR "
                           "study_name = ?1 ORDER BY study_id DESC LIMIT 1",
                           -1, &row, NULL) != SQLITE_OK)
        return fail(reader);
    sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
    int code = sqlite3_step(row);
    if (code == SQLITE_ROW) {
        *id = sqlite3_column_int64(row, 0);
        status = copy_at(row, 1, &study->name, reader->error);
    } else if (code == SQLITE_DONE) {
        status = attune_fail_in(reader->error, ATTUNE_NOT_FOUND, reader->path, 0, 0,
                                name ? "there is no study \"%s\" in this store"
                                     : "there is no study in this store%s",
                                name ? name : "");
    } else {
        status = fail(reader);
    }
    sqlite3_finalize(row);
    return status;
}

attune_status attune_old_study_read(attune_old_study *study, const char *path, const char *name,
                                    attune_error *error)
{
    attune_error why = {0};
    struct reader reader = {.path = path, .error = &why};
    int64_t id = 0;
    memset(study, 0, sizeof *study);
    attune_status status = open_reader(&reader);
    if (!status)
        status = find_study(&reader, name, study, &id);
    if (!status)
        status = read_parts(&reader, study, id);
    sqlite3_close(reader.db);
    if (status) {
        attune_old_study_clear(study);
        attune_fail_in(error, status, path, 0, 0, "%s", why.message);
    }
    return status;
}

static attune_status take_name(void *user, sqlite3_stmt *row, attune_error *error)
{
    const char *name = text_at(row, 0);
    return attune_texts_add(user, name ? name : "", error);
}

attune_status attune_old_study_names(const char *path, attune_texts *names, attune_error *error)
{
    struct reader reader = {.path = path, .error = error};
    attune_status status = open_reader(&reader);
    if (!status)
        status =
            each(&reader, "SELECT study_name FROM studies ORDER BY study_id", 0, take_name, names);
    sqlite3_close(reader.db);
    return status;
}

static void clear_trial(attune_old_trial *trial)
{
    for (int64_t i = 0; i < trial->n_params; i++)
        free(trial->params[i].name);
    free(trial->params);
    free(trial->values);
    free(trial->reports);
    free(trial->started);
    free(trial->finished);
}

void attune_old_study_clear(attune_old_study *study)
{
    for (int64_t i = 0; i < study->n; i++)
        clear_trial(&study->trials[i]);
    for (int64_t i = 0; i < study->n_distributions; i++) {
        free(study->distributions[i].text);
        json_decref(study->distributions[i].choices);
    }
    free(study->trials);
    free(study->distributions);
    free(study->name);
    attune_texts_clear(&study->directions);
    memset(study, 0, sizeof *study);
}
