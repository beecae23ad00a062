/* steps/data/schema_infer.c - roles as the plan says, kinds as the whole file shows. */
#include "steps/data/schema_parts.h"

#include "spaces/base/locale.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

attune_status attune_schema_fail(const attune_schema_work *work, const char *key,
                                 const char *format, ...)
{
    char message[900];
    va_list values;
    va_start(values, format);
    attune_locale_format(message, sizeof message, format, values);
    va_end(values);
    const attune_at *at = work->request->at;
    if (!at)
        return attune_fail(work->error, ATTUNE_INVALID, "%s: %s", key, message);
    attune_at place = attune_at_key(at, key);
    return attune_fail_at(work->error, &place, "%s", message);
}

attune_status attune_schema_note(const attune_schema_work *work, const char *format, ...)
{
    char message[600];
    va_list values;
    va_start(values, format);
    attune_locale_format(message, sizeof message, format, values);
    va_end(values);
    return work->notes ? attune_texts_add(work->notes, message, work->error) : ATTUNE_OK;
}

const char *attune_schema_declared(const attune_schema_request *request, const char *name)
{
    return json_string_value(json_object_get(request->kinds, name));
}

/* Who has all names at hand for a "did you mean", and the list itself when it is short. */
static attune_status fail_unknown(const attune_schema_work *work, const char *key, const char *name)
{
    enum { short_list = 12 };
    int64_t n = work->schema->n;
    const char **names = attune_alloc(n, sizeof *names, work->error);
    if (!names)
        return ATTUNE_MEMORY;
    attune_text list = {0};
    for (int64_t i = 0; i < n; i++) {
        names[i] = work->schema->columns[i].name;
        if (n <= short_list)
            attune_text_printf(&list, "%s%s", i ? ", " : "; it has ", names[i]);
    }
    char hint[400];
    attune_did_you_mean(name, names, n, hint, sizeof hint);
    attune_status status = attune_schema_fail(work, key, "%s has no column \"%s\"%s%s",
                                              attune_table_source(work->table), name, hint,
                                              hint[0] || !list.bytes ? "" : list.bytes);
    attune_text_clear(&list);
    free(names);
    return status;
}

static attune_status assign(attune_schema_work *work, const char *name, attune_role role)
{
    const char *key = attune_role_word(role);
    if (!name)
        return ATTUNE_OK;
    int64_t column = attune_table_find(work->table, name);
    if (column < 0)
        return fail_unknown(work, key, name);
    attune_role *had = &work->schema->columns[column].role;
    if (*had != ATTUNE_INPUT && *had != role)
        return attune_schema_fail(work, key, "\"%s\" is the %s already; a column has one role",
                                  name, attune_role_word(*had));
    *had = role;
    return ATTUNE_OK;
}

static attune_status assign_all(attune_schema_work *work, const attune_texts *names,
                                attune_role role)
{
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; names && i < names->n && !status; i++)
        status = assign(work, names->items[i], role);
    return status;
}

static attune_status assign_roles(attune_schema_work *work)
{
    const attune_schema_request *request = work->request;
    attune_status status = assign(work, request->target, ATTUNE_TARGET);
    if (!status)
        status = assign(work, request->time, ATTUNE_TIME);
    if (!status)
        status = assign(work, request->weight, ATTUNE_WEIGHT);
    if (!status)
        status = assign_all(work, request->id, ATTUNE_ID);
    if (!status)
        status = assign_all(work, request->group, ATTUNE_GROUP);
    if (!status)
        status = assign_all(work, request->ignore, ATTUNE_IGNORE);
    return status;
}

static attune_status check_kinds(const attune_schema_work *work)
{
    const char *name;
    json_t *value;
    json_object_foreach(work->request->kinds, name, value)
    {
        attune_kind kind;
        if (attune_json_is_comment(name))
            continue;
        if (attune_table_find(work->table, name) < 0)
            return fail_unknown(work, "columns", name);
        if (!json_is_string(value) || !attune_kind_from_word(json_string_value(value), &kind))
            return attune_schema_fail(
                work, "columns",
                "%s: a kind is one of \"real\", \"nominal\", \"datetime\", \"text\"", name);
    }
    return ATTUNE_OK;
}

/* What a text column becomes by its different texts. */
static attune_status choose_text(attune_schema_work *work, int64_t c, attune_role role)
{
    attune_schema_column *column = &work->schema->columns[c];
    const attune_summary *summary = attune_table_summary(work->table, c);
    int64_t n_rows = attune_table_n_rows(work->table);
    int64_t present = n_rows - summary->n_missing;
    bool levels = role == ATTUNE_INPUT && attune_schema_levels_fit(summary, n_rows);
    column->kind = levels ? ATTUNE_NOMINAL_COLUMN : ATTUNE_TEXT_COLUMN;
    if (role != ATTUNE_INPUT)
        return ATTUNE_OK;
    if (2 * summary->n_numbers >= present) {
        int64_t length = 0;
        const char *text = attune_table_field(work->table, summary->first_text, c, &length);
        int shown = length < 40 ? (int)length : 40;
        return attune_schema_note(
            work,
            "%s: %lld of %lld values are numbers, but line %lld has \"%.*s\"; treated as text%s. "
            "If that means missing, add it to the missing tokens",
            column->name, (long long)summary->n_numbers, (long long)present,
            (long long)attune_table_line(work->table, summary->first_text), shown, text,
            levels ? "" : " and ignored");
    }
    if (levels)
        return ATTUNE_OK;
    bool many = summary->n_distinct > 10000;
    return attune_schema_note(
        work,
        "%s: %s%lld different texts in %lld rows; treated as text and ignored. Make it an id or "
        "nominal to use it",
        column->name, many ? "over " : "", many ? 10000LL : (long long)summary->n_distinct,
        (long long)n_rows);
}

static attune_status choose_kind(attune_schema_work *work, int64_t c)
{
    attune_schema_column *column = &work->schema->columns[c];
    const attune_summary *summary = attune_table_summary(work->table, c);
    const char *declared = attune_schema_declared(work->request, column->name);
    if (declared) {
        attune_kind_from_word(declared, &column->kind);
    } else if (column->role == ATTUNE_ID) {
        column->kind = ATTUNE_TEXT_COLUMN;
    } else if (summary->n_missing == attune_table_n_rows(work->table)) {
        column->kind = ATTUNE_REAL_COLUMN;
        return attune_schema_note(work, "%s: all values are missing", column->name);
    } else if (summary->real) {
        column->kind = ATTUNE_REAL_COLUMN;
    } else if (summary->datetime) {
        column->kind = ATTUNE_DATETIME_COLUMN;
    } else {
        return choose_text(work, c, column->role);
    }
    return ATTUNE_OK;
}

static attune_status check_declared(const attune_schema_work *work, int64_t c)
{
    const attune_schema_column *column = &work->schema->columns[c];
    const attune_summary *summary = attune_table_summary(work->table, c);
    bool all_missing = summary->n_missing == attune_table_n_rows(work->table);
    if (all_missing || (column->kind == ATTUNE_REAL_COLUMN && summary->real) ||
        (column->kind == ATTUNE_DATETIME_COLUMN && summary->datetime) ||
        column->kind == ATTUNE_NOMINAL_COLUMN || column->kind == ATTUNE_TEXT_COLUMN)
        return ATTUNE_OK;
    const char *wanted = column->kind == ATTUNE_REAL_COLUMN ? "a number" : "an ISO 8601 date";
    int64_t length = 0, time = 0,
            row = column->kind == ATTUNE_REAL_COLUMN ? summary->first_text : 0;
    const char *text = attune_table_field(work->table, row, c, &length);
    while (column->kind == ATTUNE_DATETIME_COLUMN &&
           (length < 0 || attune_table_time(text, length, &time)))
        text = attune_table_field(work->table, ++row, c, &length);
    return attune_schema_fail(
        work, "columns",
        "%s is declared %s, but \"%.*s\" in line %lld of %s "
        "is not %s",
        column->name, attune_kind_word(column->kind), length < 40 ? (int)length : 40, text,
        (long long)attune_table_line(work->table, row), attune_table_source(work->table), wanted);
}

static attune_status check_weight(const attune_schema_work *work, int64_t c)
{
    const char *name = work->schema->columns[c].name;
    int64_t n_rows = attune_table_n_rows(work->table);
    if (work->schema->columns[c].kind != ATTUNE_REAL_COLUMN)
        return attune_schema_fail(work, "weight", "\"%s\" must hold numbers", name);
    bool any = false;
    for (int64_t row = 0; row < n_rows; row++) {
        int64_t length = 0;
        double value = 0;
        const char *text = attune_table_field(work->table, row, c, &length);
        bool read = length >= 0 && attune_table_real(text, length, &value);
        if (!read || value < 0)
            return attune_schema_fail(work, "weight",
                                      "\"%s\" is %s in line %lld; a weight is a "
                                      "number of at least 0",
                                      name, read ? "negative" : "missing",
                                      (long long)attune_table_line(work->table, row));
        any |= value > 0;
    }
    return any ? ATTUNE_OK : attune_schema_fail(work, "weight", "\"%s\" is 0 everywhere", name);
}

static attune_status check_time(const attune_schema_work *work, int64_t c)
{
    const attune_schema_column *column = &work->schema->columns[c];
    int64_t missing = attune_schema_first_missing(work->table, c);
    if (column->kind != ATTUNE_DATETIME_COLUMN && column->kind != ATTUNE_REAL_COLUMN)
        return attune_schema_fail(work, "time",
                                  "\"%s\" must hold ISO 8601 dates (2026-11-22, "
                                  "2026-11-22 07:30) or numbers",
                                  column->name);
    if (missing >= 0)
        return attune_schema_fail(work, "time",
                                  "\"%s\" is missing in %lld rows, first in line "
                                  "%lld; rows without a time have no place",
                                  column->name,
                                  (long long)attune_table_summary(work->table, c)->n_missing,
                                  (long long)attune_table_line(work->table, missing));
    return ATTUNE_OK;
}

static attune_status infer_column(attune_schema_work *work, int64_t c)
{
    attune_schema_column *column = &work->schema->columns[c];
    if (column->role == ATTUNE_TARGET)
        return attune_schema_target(work, c);
    attune_status status = choose_kind(work, c);
    if (!status)
        status = check_declared(work, c);
    if (!status && column->role == ATTUNE_WEIGHT)
        status = check_weight(work, c);
    if (!status && column->role == ATTUNE_TIME)
        status = check_time(work, c);
    if (!status && column->kind == ATTUNE_NOMINAL_COLUMN)
        status = attune_schema_levels(work->table, c, &column->levels, work->error);
    if (column->role == ATTUNE_INPUT && column->kind == ATTUNE_TEXT_COLUMN)
        column->role = ATTUNE_IGNORE; /* said in the note, or declared so */
    return status;
}

static attune_status copy_names(attune_schema_work *work)
{
    attune_schema *schema = work->schema;
    int64_t n = attune_table_n_columns(work->table);
    schema->columns = attune_alloc(n, sizeof *schema->columns, work->error);
    if (!schema->columns)
        return ATTUNE_MEMORY;
    schema->n = n;
    for (int64_t i = 0; i < n; i++)
        if (!(schema->columns[i].name =
                  attune_copy_text(attune_table_name(work->table, i), work->error)))
            return ATTUNE_MEMORY;
    return attune_texts_copy(&schema->missing, attune_table_missing(work->table), work->error);
}

static attune_status check_inputs(const attune_schema_work *work)
{
    for (int64_t i = 0; i < work->schema->n; i++)
        if (work->schema->columns[i].role == ATTUNE_INPUT)
            return ATTUNE_OK;
    return attune_fail_in(
        work->error, ATTUNE_INVALID, attune_table_source(work->table), 0, 0,
        "no column is left as an input: every one has another role or is ignored");
}

attune_status attune_schema_infer(attune_schema **schema, const attune_table *table,
                                  const attune_schema_request *request, attune_texts *notes,
                                  attune_error *error)
{
    if (attune_table_n_rows(table) == 0)
        return attune_fail_in(error, ATTUNE_INVALID, attune_table_source(table), 0, 0,
                              "no data rows: there is a header and nothing below it");
    attune_schema *made = attune_alloc(1, sizeof *made, error);
    if (!made)
        return ATTUNE_MEMORY;
    made->positive = -1;
    attune_schema_work work = {made, table, request, notes, error};
    attune_status status = copy_names(&work);
    if (!status)
        status = assign_roles(&work);
    if (!status)
        status = check_kinds(&work);
    for (int64_t i = 0; i < made->n && !status; i++)
        status = infer_column(&work, i);
    if (!status)
        status = check_inputs(&work);
    if (!status && request->positive && !request->target)
        status = attune_schema_fail(&work, "positive", "there is no target that it is a class of");
    if (status) {
        attune_schema_free(made);
        return status;
    }
    *schema = made;
    return ATTUNE_OK;
}

void attune_schema_free(attune_schema *schema)
{
    if (!schema)
        return;
    for (int64_t i = 0; schema->columns && i < schema->n; i++) {
        free(schema->columns[i].name);
        attune_levels_free(schema->columns[i].levels);
    }
    free(schema->columns);
    attune_texts_clear(&schema->missing);
    free(schema);
}
