/* trials/storages/sqlite_optuna.c - a store that Optuna wrote, to be looked at as if it were ours.
 *
 * Its studies are read into a store in memory, which nothing can change: the file is left as it is.
 * A parameter is shown over the range of all its distributions; in which trials it is missing
 * follows no rule that its store knows, so these studies are marked (identity: optuna), and their
 * samples are read as they stand. */
#include "trials/old_study.h"
#include "trials/storages/sqlite.h"

#include "trials/numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool attune_sqlite_is_optuna(attune_sqlite *store)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    if (attune_sqlite_prepare(store,
                              "SELECT 1 FROM sqlite_master WHERE name = 'trial_params' AND EXISTS "
                              "(SELECT 1 FROM sqlite_master WHERE name = 'study_directions')",
                              &statement, NULL) ||
        attune_sqlite_step(store, statement, &row, NULL))
        row = false;
    sqlite3_finalize(statement);
    return row;
}

/* What all trials say of one parameter. */
struct column {
    const char *name;
    bool any, real, choice, log;
    double low, high;
    json_t *choices;
};

static void widen(struct column *column, const attune_old_distribution *d, double raw)
{
    double low = fmin(d->low, raw), high = fmax(d->high, raw);
    column->low = column->any ? fmin(column->low, low) : low;
    column->high = column->any ? fmax(column->high, high) : high;
    column->log = d->log && (!column->any || column->log);
    column->real = column->real || d->kind == ATTUNE_OLD_REAL;
    column->any = true;
}

static void add_choices(struct column *column, const json_t *choices)
{
    for (size_t i = 0; i < json_array_size(choices); i++) {
        attune_value value = {0}, other = {0};
        bool known = false;
        attune_value_from_json(&value, json_array_get(choices, i), NULL);
        for (size_t k = 0; k < json_array_size(column->choices) && !known; k++) {
            attune_value_from_json(&other, json_array_get(column->choices, k), NULL);
            known = attune_value_same(&value, &other);
        }
        if (!known)
            json_array_append(column->choices, json_array_get(choices, i));
        attune_value_clear(&value);
        attune_value_clear(&other);
    }
    column->choice = true;
}

static struct column *column_of(struct column *columns, int64_t *n, const char *name)
{
    for (int64_t i = 0; i < *n; i++)
        if (strcmp(columns[i].name, name) == 0)
            return &columns[i];
    columns[*n] = (struct column){.name = name, .choices = json_array()};
    return &columns[(*n)++];
}

/* New reference: the distribution as a plan writes it. */
static json_t *describe(const struct column *column)
{
    if (column->choice)
        return json_pack("{s:{s:O}}", "choice", "values", column->choices);
    if (column->low == column->high)
        return json_pack("{s:{s:o}}", "fixed", "value", attune_json_from_real(column->low));
    bool log = column->log && column->low > 0;
    const char *name = column->real ? (log ? "log_uniform" : "uniform")
                       : (log && column->low >= 1 && column->high <= 0x1p40) ? "log_int"
                                                                             : "rand_int";
    return json_pack("{s:[o, o]}", name, attune_json_from_real(column->low),
                     attune_json_from_real(column->high));
}

static attune_status add_column(attune_space *space, const struct column *column,
                                attune_error *error)
{
    attune_at nowhere = {0};
    attune_distribution *distribution = NULL;
    json_t *json = describe(column);
    attune_status status = json
                               ? attune_distribution_from_json(&distribution, json, &nowhere, error)
                               : attune_fail(error, ATTUNE_MEMORY, "out of memory");
    if (!status)
        status = attune_space_add(space, column->name, distribution, ATTUNE_NO_BRANCH, NULL, error);
    json_decref(json);
    return status;
}

static attune_status make_space(const attune_old_study *old, attune_space **space,
                                attune_error *error)
{
    int64_t n = 0, most = 0;
    for (int64_t t = 0; t < old->n; t++)
        most += old->trials[t].n_params; /* of different names far fewer */
    struct column *columns = attune_alloc(most, sizeof *columns, error);
    *space = attune_space_new(error);
    attune_status status = columns && *space ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t t = 0; t < old->n && !status; t++)
        for (int64_t p = 0; p < old->trials[t].n_params; p++) {
            const attune_old_param *param = &old->trials[t].params[p];
            const attune_old_distribution *d = &old->distributions[param->distribution];
            struct column *column = column_of(columns, &n, param->name);
            if (d->kind == ATTUNE_OLD_CHOICE)
                add_choices(column, d->choices);
            else
                widen(column, d, param->raw);
        }
    for (int64_t i = 0; i < n; i++) {
        if (!status)
            status = add_column(*space, &columns[i], error);
        json_decref(columns[i].choices);
    }
    free(columns);
    return status;
}

static attune_status make_sample(const attune_old_study *old, const attune_old_trial *trial,
                                 const attune_space *space, attune_sample *sample,
                                 attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < space->n; i++) {
        sample->active[i] = 0;
        sample->x[i] = NAN;
    }
    for (int64_t p = 0; p < trial->n_params && !status; p++) {
        attune_value value = {0};
        int64_t i = 0;
        while (strcmp(space->dimensions[i].name, trial->params[p].name) != 0)
            i++;
        status = attune_old_value(old, &trial->params[p], &value, error);
        sample->active[i] = !status && attune_distribution_x(space->dimensions[i].distribution,
                                                             &value, &sample->x[i]);
        attune_value_clear(&value);
    }
    return status;
}

static void bind_value(sqlite3_stmt *statement, int index, double value)
{
    if (isfinite(value))
        sqlite3_bind_double(statement, index, value);
    else if (!isnan(value))
        attune_sqlite_bind_text(statement, index, value < 0 ? "-inf" : "inf");
}

static attune_status insert_trial(attune_sqlite *store, int64_t study, int64_t n_objectives,
                                  const attune_old_trial *trial, const char *hyperparams,
                                  sqlite3_stmt *statement, attune_error *error)
{
    attune_text more = {0}, reports = {0};
    bool valued = trial->state == ATTUNE_TRIAL_COMPLETE || trial->state == ATTUNE_TRIAL_PRUNED;
    bool lost = trial->state == ATTUNE_TRIAL_COMPLETE && isnan(trial->values[0]);
    bool failed = trial->state == ATTUNE_TRIAL_FAIL || lost;
    sqlite3_bind_int64(statement, 1, study);
    sqlite3_bind_int64(statement, 2, trial->number);
    sqlite3_bind_int(statement, 3, (int)(failed ? ATTUNE_TRIAL_FAIL : trial->state));
    sqlite3_bind_int(statement, 4, failed ? ATTUNE_BLAME_CONFIGURATION : ATTUNE_BLAME_NONE);
    attune_sqlite_bind_text(statement, 5, hyperparams);
    if (valued && !failed)
        bind_value(statement, 6, trial->values[0]);
    if (valued && !failed && n_objectives > 1) {
        attune_numbers_write(&more, trial->values + 1, n_objectives - 1);
        attune_sqlite_bind_text(statement, 7, more.bytes);
    }
    if (trial->n_reports) {
        attune_reports_write(&reports, trial->reports, trial->n_reports);
        attune_sqlite_bind_text(statement, 8, reports.bytes);
    }
    attune_sqlite_bind_text(statement, 9, failed ? "unknown: it failed under Optuna" : NULL);
    attune_sqlite_bind_text(statement, 10, trial->started);
    attune_sqlite_bind_text(statement, 11, trial->finished);
    attune_status status = attune_sqlite_run(store, statement, error);
    sqlite3_clear_bindings(statement);
    attune_text_clear(&more);
    attune_text_clear(&reports);
    return status;
}

static attune_status insert_trials(attune_sqlite *store, int64_t study, const attune_old_study *old,
                                   const attune_space *space, attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    attune_sample sample = {0};
    attune_status status = attune_sample_init(&sample, space, error);
    if (!status)
        status = attune_sqlite_prepare(
            store,
            "INSERT INTO attune_trials (study_id, number, state, watermark, blame, hyperparams, "
            "value, more, reports, reason, started, finished) "
            "VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            &statement, error);
    for (int64_t t = 0; t < old->n && !status; t++) {
        status = make_sample(old, &old->trials[t], space, &sample, error);
        char *text = status ? NULL : attune_sample_write(space, &sample, error);
        if (!status)
            status = text ? insert_trial(store, study, old->directions.n, &old->trials[t], text,
                                         statement, error)
                          : ATTUNE_MEMORY;
        free(text);
    }
    sqlite3_finalize(statement);
    attune_sample_clear(&sample);
    return status;
}

static attune_status describe_study(attune_study *study, const attune_old_study *old,
                                    const attune_space *space, attune_error *error)
{
    attune_text directions = {0}, metrics = {0};
    for (int64_t k = 0; k < old->directions.n; k++) {
        attune_text_printf(&directions, "%s\"%s\"", k ? "," : "[", old->directions.items[k]);
        if (k)
            attune_text_printf(&metrics, ",\"value_%lld\"", (long long)k);
        else
            attune_text_append(&metrics, "[\"value\"");
    }
    attune_text_append(&directions, "]");
    attune_text_append(&metrics, "]");
    json_t *json = attune_space_to_json(space, error);
    study->name = attune_copy_text(old->name, error);
    study->identity = attune_copy_text("{\"optuna\":true}", error);
    study->plan = attune_copy_text("{}", error);
    study->space = json ? attune_json_write(json, error) : NULL;
    study->directions = attune_text_take(&directions, error);
    study->metrics = attune_text_take(&metrics, error);
    study->n_folds = 1;
    json_decref(json);
    bool all = study->name && study->identity && study->plan && study->space && study->directions &&
               study->metrics;
    return all ? ATTUNE_OK : ATTUNE_MEMORY;
}

static attune_status import_study(attune_sqlite *store, const char *name, attune_error *error)
{
    attune_old_study old = {0};
    attune_study study = {0};
    attune_space *space = NULL;
    bool created = false;
    attune_status status = attune_old_study_read(&old, store->path, name, error);
    if (!status)
        status = make_space(&old, &space, error);
    if (!status)
        status = describe_study(&study, &old, space, error);
    if (!status)
        status = attune_sqlite_create_study(store, &study, &created, error);
    if (!status)
        status = attune_sqlite_begin(store, error);
    if (!status)
        status =
            attune_sqlite_end(store, insert_trials(store, study.id, &old, space, error), error);
    attune_study_clear(&study);
    attune_space_free(space);
    attune_old_study_clear(&old);
    return status;
}

attune_status attune_sqlite_import(attune_sqlite *store, attune_error *error)
{
    attune_texts names = {0};
    for (int i = 0; i < ATTUNE_SQLS; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
    sqlite3_close(store->db);
    store->db = NULL;
    attune_status status = attune_old_study_names(store->path, &names, error);
    if (!status && sqlite3_open(":memory:", &store->db) != SQLITE_OK)
        status = attune_fail(error, ATTUNE_MEMORY, "out of memory: reading a store of Optuna");
    if (!status)
        status = attune_sqlite_make_schema(store, error);
    for (int64_t i = 0; i < names.n && !status; i++)
        status = import_study(store, names.items[i], error);
    if (!status)
        status = attune_sqlite_exec(store, "PRAGMA query_only = ON", error);
    store->read_only = true;
    store->note = "this store is Optuna's: it is read, never written";
    attune_texts_clear(&names);
    return status;
}
