/* trials/storages/sqlite_query.c - the user's SQL over the flat view, reading only.
 *
 * The expression is the user's own, so three locks guard the store: the connection is set to
 * query_only, an authorizer allows nothing but reading, and one statement is compiled, no more. */
#include "trials/storages/sqlite.h"

#include "spaces/base/locale.h"

#include <stdlib.h>
#include <string.h>

static int allow_reading(void *user, int action, const char *a, const char *b, const char *c,
                         const char *d)
{
    (void)user, (void)a, (void)b, (void)c, (void)d;
    bool reads = action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION ||
                 action == SQLITE_RECURSIVE;
    return reads ? SQLITE_OK : SQLITE_DENY;
}

static void quote(attune_text *sql, const char *name)
{
    char *quoted = sqlite3_mprintf("\"%w\"", name);
    if (quoted)
        attune_text_append(sql, quoted);
    else
        sql->failed = true;
    sqlite3_free(quoted);
}

static attune_status find_view(attune_sqlite *store, const attune_query *query, char **view,
                               attune_error *error)
{
    sqlite3_stmt *row = NULL;
    bool found = false;
    attune_study study = {0};
    attune_status status = attune_sqlite_find_study(store, query->study, &study, error);
    if (!status)
        status = attune_sqlite_prepare(
            store, "SELECT flat_view FROM attune_studies WHERE study_id = ?1", &row, error);
    if (!status) {
        sqlite3_bind_int64(row, 1, study.id);
        status = attune_sqlite_step(store, row, &found, error);
    }
    if (found)
        status = attune_sqlite_text(row, 0, view, error);
    if (!status && !*view)
        status = attune_fail_in(error, ATTUNE_CORRUPT, store->path, 0, 0,
                                "the study has no view to query");
    sqlite3_finalize(row);
    attune_study_clear(&study);
    return status;
}

/* The columns of the view. */
static attune_status view_columns(attune_sqlite *store, const char *view, attune_texts *columns,
                                  attune_error *error)
{
    attune_text sql = {0};
    sqlite3_stmt *statement = NULL;
    attune_text_append(&sql, "SELECT * FROM ");
    quote(&sql, view);
    char *text = attune_text_take(&sql, error);
    attune_status status =
        text ? attune_sqlite_prepare(store, text, &statement, error) : ATTUNE_MEMORY;
    for (int i = 0; !status && i < sqlite3_column_count(statement); i++)
        status = attune_texts_add(columns, sqlite3_column_name(statement, i), error);
    sqlite3_finalize(statement);
    free(text);
    return status;
}

static int64_t find_exact(const attune_texts *names, const char *name)
{
    for (int64_t i = 0; i < names->n; i++)
        if (sqlite3_stricmp(names->items[i], name) == 0)
            return i;
    return -1;
}

/* Whether name is what stands behind some "__" of the column. */
static bool is_suffix(const char *column, const char *name)
{
    size_t long_one = strlen(column), short_one = strlen(name);
    return long_one > short_one + 2 && sqlite3_stricmp(column + long_one - short_one, name) == 0 &&
           strncmp(column + long_one - short_one - 2, "__", 2) == 0;
}

/* The column of a name or of a unique suffix; -1: none, -2: several. */
static int64_t find_column(const attune_texts *columns, const char *name)
{
    int64_t found = find_exact(columns, name);
    if (found >= 0)
        return found;
    for (int64_t i = 0; i < columns->n; i++)
        if (is_suffix(columns->items[i], name)) {
            if (found >= 0)
                return -2;
            found = i;
        }
    return found;
}

/* As many as are read in one go. */
static void list_columns(const attune_texts *columns, attune_text *list)
{
    enum { most_listed = 16 };
    for (int64_t i = 0; i < columns->n && i < most_listed; i++)
        attune_text_printf(list, "%s%s", i ? ", " : "", columns->items[i]);
    if (columns->n > most_listed)
        attune_text_printf(list, " and %lld more (the first line of --format csv has them all)",
                           (long long)columns->n - most_listed);
}

/* Nearest among the columns and their last parts, which is what people type. */
static attune_status unknown_column(const attune_texts *columns, const char *name,
                                    attune_error *error)
{
    attune_text list = {0};
    attune_texts names = {0};
    char hint[256];
    for (int64_t i = 0; i < columns->n; i++) {
        attune_texts_add(&names, attune_last_part(columns->items[i]), NULL);
        attune_texts_add(&names, columns->items[i], NULL);
    }
    list_columns(columns, &list);
    attune_fail(
        error, ATTUNE_INVALID, "no column \"%s\"%s; the columns are %s", name,
        attune_did_you_mean(name, (const char *const *)names.items, names.n, hint, sizeof hint),
        list.bytes ? list.bytes : "none");
    attune_texts_clear(&names);
    attune_text_clear(&list);
    return ATTUNE_INVALID;
}

static attune_status several_columns(const attune_texts *columns, const char *name,
                                     attune_error *error)
{
    attune_text list = {0};
    for (int64_t i = 0; i < columns->n; i++)
        if (is_suffix(columns->items[i], name))
            attune_text_printf(&list, "%s%s", list.length ? ", " : "", columns->items[i]);
    attune_fail(error, ATTUNE_INVALID, "\"%s\" is the end of several columns; write one of %.700s",
                name, list.bytes ? list.bytes : "them");
    attune_text_clear(&list);
    return ATTUNE_INVALID;
}

static attune_status resolve(const attune_texts *columns, const char *name, const char **column,
                             attune_error *error)
{
    int64_t i = find_column(columns, name);
    if (i == -2)
        return several_columns(columns, name, error);
    if (i < 0)
        return unknown_column(columns, name, error);
    *column = columns->items[i];
    return ATTUNE_OK;
}

/* The view, with every unique short name that the condition might use as one more column. Only
 * names that occur in it are added: a result has 2000 columns at most. */
static void append_source(attune_text *sql, const char *view, const attune_texts *columns,
                          const char *where)
{
    attune_text_append(sql, " FROM (SELECT *");
    for (int64_t i = 0; i < columns->n; i++) {
        const char *cut = strstr(columns->items[i], "__");
        for (; cut; cut = strstr(cut + 2, "__")) {
            const char *name = cut + 2;
            if (!*name || !strstr(where, name) || find_column(columns, name) != i)
                continue;
            attune_text_append(sql, ", ");
            quote(sql, columns->items[i]);
            attune_text_append(sql, " AS ");
            quote(sql, name);
        }
    }
    attune_text_append(sql, " FROM ");
    quote(sql, view);
    attune_text_append(sql, ")");
}

/* What is shown when nothing was asked for: not the times, errors and texts in between. */
static bool is_shown(const char *name)
{
    static const char *const hidden[] = {"se",      "cost",   "started",    "finished",
                                         "crashes", "reason", "hyperparams"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (strcmp(hidden[i], name) == 0)
            return false;
    return true;
}

static attune_status append_selected(attune_text *sql, const attune_query *query,
                                     const attune_texts *columns, attune_error *error)
{
    bool chosen = query->columns.n > 0;
    const attune_texts *names = chosen ? &query->columns : columns;
    const char *separator = "SELECT ";
    for (int64_t i = 0; i < names->n; i++) {
        const char *column = names->items[i];
        attune_status status =
            chosen ? resolve(columns, names->items[i], &column, error) : ATTUNE_OK;
        if (status)
            return status;
        if (!chosen && !is_shown(column))
            continue;
        attune_text_append(sql, separator);
        quote(sql, column);
        separator = ", ";
    }
    return ATTUNE_OK;
}

static attune_status compose(const attune_query *query, const char *view,
                             const attune_texts *columns, char **text, attune_error *error)
{
    attune_text sql = {0};
    const char *sort = "number";
    attune_status status = append_selected(&sql, query, columns, error);
    if (!status && query->sort)
        status = resolve(columns, query->sort, &sort, error);
    if (status) {
        attune_text_clear(&sql);
        return status;
    }
    append_source(&sql, view, columns, query->where ? query->where : "");
    /* On lines of its own: a comment in it cannot hide the parenthesis. */
    if (query->where)
        attune_text_printf(&sql, " WHERE (\n%s\n)", query->where);
    attune_text_append(&sql, " ORDER BY ");
    quote(&sql, sort);
    attune_text_append(&sql, " IS NULL, ");
    quote(&sql, sort);
    attune_text_append(&sql, query->descending ? " DESC, number" : ", number");
    if (query->top > 0)
        attune_text_printf(&sql, " LIMIT %lld", (long long)query->top);
    *text = attune_text_take(&sql, error);
    return *text ? ATTUNE_OK : ATTUNE_MEMORY;
}

/* What SQLite says of the user's condition; of a name it does not know we know more. */
static attune_status refuse(const char *why, const attune_texts *columns, attune_error *error)
{
    static const char no_column[] = "no such column: ";
    const char *column = NULL;
    attune_text list = {0};
    if (strncmp(why, no_column, strlen(no_column)) == 0 &&
        resolve(columns, why + strlen(no_column), &column, error))
        return ATTUNE_INVALID;
    list_columns(columns, &list);
    attune_fail(error, ATTUNE_INVALID, "SQL refuses this condition: %s; the columns are %s", why,
                list.bytes ? list.bytes : "none");
    attune_text_clear(&list);
    return ATTUNE_INVALID;
}

static attune_status give_names(sqlite3_stmt *statement, const attune_query_rows *rows,
                                attune_error *error)
{
    int n = sqlite3_column_count(statement);
    const char **names = attune_alloc(n, sizeof *names, error);
    if (!names)
        return ATTUNE_MEMORY;
    for (int i = 0; i < n; i++)
        names[i] = sqlite3_column_name(statement, i);
    attune_status status = rows->names(rows->user, names, n, error);
    free(names);
    return status;
}

static attune_value value_at(sqlite3_stmt *row, int column)
{
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL:
        return (attune_value){.kind = ATTUNE_VALUE_NULL};
    case SQLITE_INTEGER:
        return attune_value_integer(sqlite3_column_int64(row, column));
    case SQLITE_FLOAT:
        return attune_value_real(sqlite3_column_double(row, column));
    default:
        /* Borrowed for the length of the call, so the cast takes nothing that is freed. */
        return (attune_value){.kind = ATTUNE_VALUE_TEXT,
                              .text = (char *)(uintptr_t)sqlite3_column_text(row, column)};
    }
}

/* A number that the user's SQL takes out of JSON has a point, whatever the locale. */
static int step_plainly(sqlite3_stmt *statement)
{
    attune_locale own = attune_locale_hold();
    int code = sqlite3_step(statement);
    attune_locale_release(own);
    return code;
}

static attune_status give_rows(attune_sqlite *store, sqlite3_stmt *statement,
                               const attune_texts *columns, const attune_query_rows *rows,
                               attune_error *error)
{
    int n = sqlite3_column_count(statement);
    attune_status status = rows->names ? give_names(statement, rows, error) : ATTUNE_OK;
    attune_value *values = status ? NULL : attune_alloc(n, sizeof *values, error);
    if (!values)
        return status ? status : ATTUNE_MEMORY;
    int code = SQLITE_ROW;
    while (!status && (code = step_plainly(statement)) == SQLITE_ROW) {
        for (int i = 0; i < n; i++)
            values[i] = value_at(statement, i);
        status = rows->row(rows->user, values, n, error);
    }
    if (!status && code == SQLITE_ERROR)
        status = refuse(sqlite3_errmsg(store->db), columns, error);
    else if (!status && code != SQLITE_DONE)
        status = attune_sqlite_fail(store, "reading trials", error);
    free(values);
    return status;
}

static attune_status run(attune_sqlite *store, const char *sql, const attune_texts *columns,
                         const attune_query_rows *rows, attune_error *error)
{
    sqlite3_stmt *statement = NULL;
    const char *tail = NULL;
    attune_status status = ATTUNE_OK;
    sqlite3_set_authorizer(store->db, allow_reading, NULL);
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, &tail);
    sqlite3_set_authorizer(store->db, NULL, NULL);
    if (code != SQLITE_OK)
        status = refuse(sqlite3_errmsg(store->db), columns, error);
    else if (!statement || tail[strspn(tail, " \n\t;")] || !sqlite3_stmt_readonly(statement))
        status = refuse("it must be one expression", columns, error);
    else
        status = give_rows(store, statement, columns, rows, error);
    sqlite3_finalize(statement);
    return status;
}

attune_status attune_sqlite_query(void *self, const attune_query *query,
                                  const attune_query_rows *rows, attune_error *error)
{
    attune_sqlite *store = self;
    attune_texts columns = {0};
    char *view = NULL, *sql = NULL;
    attune_status status = find_view(store, query, &view, error);
    if (!status)
        status = view_columns(store, view, &columns, error);
    if (!status)
        status = compose(query, view, &columns, &sql, error);
    if (!status)
        status = attune_sqlite_exec(store, "PRAGMA query_only = ON", error);
    if (!status) {
        status = run(store, sql, &columns, rows, error);
        if (!store->read_only)
            sqlite3_exec(store->db, "PRAGMA query_only = OFF", NULL, NULL, NULL);
    }
    attune_texts_clear(&columns);
    free(view);
    free(sql);
    return status;
}
