/* trials/storages/sqlite_flat.c - a row a trial, a column a hyperparameter: a view for each study.
 *
 *     SELECT number, value, logistic_regression__C FROM "study_churn" WHERE value < 0.3;
 *
 * A choice shows as its text, not as its index. The view "flat" is that of the newest study. */
#include "trials/storages/sqlite.h"

#include <stdlib.h>
#include <string.h>

enum { most_columns = 2000 }; /* of a result in SQLite, as it is built by default */

static void quote(attune_text *sql, const char *text, char mark)
{
    attune_text_append_bytes(sql, &mark, 1);
    for (; *text; text++) {
        if (*text == mark)
            attune_text_append_bytes(sql, &mark, 1);
        attune_text_append_bytes(sql, text, 1);
    }
    attune_text_append_bytes(sql, &mark, 1);
}

static bool is_taken(const attune_texts *names, const char *name)
{
    for (int64_t i = 0; i < names->n; i++)
        if (sqlite3_stricmp(names->items[i], name) == 0)
            return true;
    return false;
}

/* Ends a column with its name; one that is taken (letter case is free in SQL) gets _2, _3, ... */
static attune_status name_column(attune_text *sql, attune_texts *names, const char *name,
                                 attune_error *error)
{
    attune_text unique = {0};
    attune_text_append(&unique, name);
    for (int i = 2; unique.bytes && !unique.failed && is_taken(names, unique.bytes); i++) {
        unique.length = 0;
        attune_text_printf(&unique, "%s_%d", name, i);
    }
    char *taken = attune_text_take(&unique, error);
    attune_status status = taken ? attune_texts_add(names, taken, error) : ATTUNE_MEMORY;
    if (!status) {
        attune_text_append(sql, " AS ");
        quote(sql, taken, '"');
    }
    free(taken);
    return status;
}

/* What a stored number x is to SQL: an infinity is one, what is not a number is NULL. real: x as a
 * real, where it is no text. */
static void append_number(attune_text *sql, const char *x, const char *real)
{
    attune_text_printf(sql,
                       ", CASE WHEN typeof(%s) <> 'text' THEN %s "
                       "WHEN %s = 'inf' THEN 9e999 WHEN %s = '-inf' THEN -9e999 END",
                       x, real, x, x);
}

static void append_literal(attune_text *sql, const attune_value *value)
{
    bool text = value->kind == ATTUNE_VALUE_TEXT || value->kind == ATTUNE_VALUE_JSON;
    if (text)
        quote(sql, value->text, '\'');
    else if (value->kind == ATTUNE_VALUE_BOOLEAN)
        attune_text_append(sql, value->boolean ? "1" : "0");
    else if (value->kind == ATTUNE_VALUE_NULL)
        attune_text_append(sql, "NULL");
    else
        attune_value_append(sql, value);
}

/* A value of a hyperparameter; NULL where it was inactive. */
static void append_hyperparam(attune_text *sql, const attune_distribution *distribution, int64_t i)
{
    const attune_distribution_type *type = distribution->type;
    bool listed =
        type->kind == ATTUNE_DISTRIBUTION_NOMINAL || type->kind == ATTUNE_DISTRIBUTION_ORDINAL;
    if (!listed) {
        char real[sizeof ATTUNE_SQL_REAL("hyperparams", "'$[]'") + 2 * 24];
        sqlite3_snprintf(sizeof real, real, ATTUNE_SQL_REAL("hyperparams", "'$[%lld]'"),
                         (long long)i, (long long)i);
        bool whole = type->kind == ATTUNE_DISTRIBUTION_INTEGER;
        attune_text_printf(sql, whole ? ", CAST(%s AS INTEGER)" : ", %s", real);
        return;
    }
    attune_text_printf(sql, ", CASE json_extract(hyperparams, '$[%lld]')", (long long)i);
    for (int64_t k = 0; k < attune_distribution_count(distribution); k++) {
        attune_text_printf(sql, " WHEN %lld THEN ", (long long)k);
        append_literal(sql, type->value(distribution->self, k));
    }
    attune_text_append(sql, " END");
}

/* The metrics behind the first, which is `value`. */
static attune_status append_metrics(attune_text *sql, attune_texts *names, const char *metrics,
                                    attune_error *error)
{
    json_t *list = attune_json_parse(metrics);
    attune_status status = ATTUNE_OK;
    for (size_t m = 1; m < json_array_size(list) && names->n < most_columns && !status; m++) {
        char x[64], real[sizeof ATTUNE_SQL_REAL("more", "'$[]'") + 2 * 24];
        sqlite3_snprintf(sizeof x, x, "json_extract(more, '$[%d]')", (int)m - 1);
        sqlite3_snprintf(sizeof real, real, ATTUNE_SQL_REAL("more", "'$[%d]'"), (int)m - 1,
                         (int)m - 1);
        append_number(sql, x, real);
        status = name_column(sql, names, json_string_value(json_array_get(list, m)), error);
    }
    json_decref(list);
    return status;
}

static attune_status append_columns(attune_text *sql, const attune_study *study,
                                    const attune_space *space, attune_error *error)
{
    static const char *const last[] = {"se",      "cost",   "started",    "finished",
                                       "crashes", "reason", "hyperparams"};
    attune_texts names = {0};
    attune_text_append(sql, "number, CASE state WHEN 0 THEN 'RUNNING' WHEN 1 THEN 'COMPLETE' WHEN "
                            "2 THEN 'PRUNED' WHEN 3 THEN 'FAIL' ELSE 'WAITING' END AS state");
    attune_status status = attune_texts_add(&names, "number", error);
    if (!status)
        status = attune_texts_add(&names, "state", error);
    if (!status) {
        append_number(sql, "value", "CAST(value AS REAL)");
        status = name_column(sql, &names, "value", error);
    }
    /* Fixed names come before those of metrics and hyperparameters, which give way. */
    for (size_t i = 0; i < sizeof last / sizeof *last && !status; i++) {
        attune_text_printf(sql, ", %s", last[i]);
        status = name_column(sql, &names, last[i], error);
    }
    if (!status)
        status = append_metrics(sql, &names, study->metrics, error);
    for (int64_t i = 0; i < space->n && names.n < most_columns && !status; i++) {
        append_hyperparam(sql, space->dimensions[i].distribution, i);
        status = name_column(sql, &names, space->dimensions[i].name, error);
    }
    attune_texts_clear(&names);
    return status;
}

/* "study_<name>", or with the id behind it when something of that name is there. */
static attune_status view_name(attune_sqlite *store, const attune_study *study, char **name,
                               attune_error *error)
{
    attune_text text = {0};
    sqlite3_stmt *statement = NULL;
    bool taken = false;
    attune_text_printf(&text, "study_%s", study->name);
    attune_status status = attune_sqlite_prepare(
        store, "SELECT 1 FROM sqlite_master WHERE name = ?1 COLLATE NOCASE", &statement, error);
    if (!status) {
        attune_sqlite_bind_text(statement, 1, text.bytes);
        status = attune_sqlite_step(store, statement, &taken, error);
    }
    sqlite3_finalize(statement);
    if (taken)
        attune_text_printf(&text, "_%lld", (long long)study->id);
    *name = attune_text_take(&text, error);
    if (*name && !status)
        return ATTUNE_OK;
    free(*name);
    *name = NULL;
    return status ? status : ATTUNE_MEMORY;
}

attune_status attune_sqlite_make_flat(attune_sqlite *store, const attune_study *study,
                                      const attune_space *space, char **view, attune_error *error)
{
    attune_text sql = {0};
    attune_status status = view_name(store, study, view, error);
    if (status)
        return status;
    attune_text_append(&sql, "CREATE VIEW ");
    quote(&sql, *view, '"');
    attune_text_append(&sql, " AS SELECT ");
    status = append_columns(&sql, study, space, error);
    attune_text_printf(&sql, " FROM attune_trials WHERE study_id = %lld;", (long long)study->id);
    attune_text_append(&sql, "DROP VIEW IF EXISTS flat; CREATE VIEW flat AS SELECT * FROM ");
    quote(&sql, *view, '"');
    char *text = status ? NULL : attune_text_take(&sql, error);
    if (!status)
        status = text ? attune_sqlite_exec(store, text, error) : ATTUNE_MEMORY;
    free(text);
    attune_text_clear(&sql);
    if (status) {
        free(*view);
        *view = NULL;
    }
    return status;
}
