/* steps/data/schema_json.c - a schema as it stands in a dump and a store, and back with every
 * check. */
#include "steps/data/schema_parts.h"

#include <stdlib.h>
#include <string.h>

static json_t *texts_to_json(char *const *items, int64_t n)
{
    json_t *list = json_array();
    for (int64_t i = 0; list && i < n; i++)
        if (json_array_append_new(list, json_string(items[i]))) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

static json_t *column_to_json(const attune_schema_column *column)
{
    json_t *object =
        json_pack("{s:s, s:s, s:s}", "name", column->name, "kind", attune_kind_word(column->kind),
                  "role", attune_role_word(column->role));
    if (!object || !column->levels)
        return object;
    json_t *levels = texts_to_json(column->levels->names, column->levels->n);
    if (json_object_set_new(object, "levels", levels) == 0)
        return object;
    json_decref(object);
    return NULL;
}

static const attune_schema_column *find_target(const attune_schema *schema)
{
    for (int64_t i = 0; i < schema->n; i++)
        if (schema->columns[i].role == ATTUNE_TARGET)
            return &schema->columns[i];
    return NULL;
}

json_t *attune_schema_to_json(const attune_schema *schema, attune_error *error)
{
    json_t *columns = json_array();
    json_t *missing = texts_to_json(schema->missing.items, schema->missing.n);
    bool failed = !columns || !missing;
    for (int64_t i = 0; i < schema->n && !failed; i++)
        failed = json_array_append_new(columns, column_to_json(&schema->columns[i])) != 0;
    json_t *object = failed ? NULL
                            : json_pack("{s:O, s:O, s:s}", "columns", columns, "missing", missing,
                                        "task", attune_task_word(schema->task));
    const attune_schema_column *target = find_target(schema);
    if (object && schema->positive >= 0 && target && target->levels &&
        json_object_set_new(object, "positive",
                            json_string(target->levels->names[schema->positive]))) {
        json_decref(object);
        object = NULL;
    }
    json_decref(columns);
    json_decref(missing);
    if (!object)
        attune_fail(error, ATTUNE_MEMORY, "out of memory: a schema of %lld columns",
                    (long long)schema->n);
    return object;
}

static bool role_from_word(const char *word, attune_role *role)
{
    for (int i = 0; i < ATTUNE_ROLES; i++)
        if (strcmp(attune_role_word((attune_role)i), word) == 0) {
            *role = (attune_role)i;
            return true;
        }
    return false;
}

static bool task_from_word(const char *word, attune_task *task)
{
    for (int i = ATTUNE_NO_TASK; i <= ATTUNE_MULTICLASS; i++)
        if (strcmp(attune_task_word((attune_task)i), word) == 0) {
            *task = (attune_task)i;
            return true;
        }
    return false;
}

static attune_status read_levels(attune_schema_column *column, json_t *json, const attune_at *at,
                                 attune_error *error)
{
    attune_at place = attune_at_key(at, "levels");
    attune_texts levels = {0};
    attune_status status = attune_json_texts(json, at, "levels", &levels, error);
    bool given = json_is_array(json_object_get(json, "levels"));
    if (!status && given != (column->kind == ATTUNE_NOMINAL_COLUMN))
        status = attune_fail_at(error, &place,
                                given ? "only a nominal column has levels"
                                      : "a nominal column needs its levels");
    for (int64_t i = 1; i < levels.n && !status; i++)
        if (attune_level_order(levels.items[i - 1], levels.items[i]) >= 0)
            status = attune_fail_at(error, &place, "level %lld is not after the one before it",
                                    (long long)i + 1);
    if (!status && levels.n > INT32_MAX)
        status = attune_fail_at(error, &place, "too many levels");
    if (!status && given) {
        column->levels =
            attune_levels_new((const char *const *)levels.items, (int32_t)levels.n, error);
        status = column->levels ? ATTUNE_OK : ATTUNE_MEMORY;
    }
    attune_texts_clear(&levels);
    return status;
}

static attune_status read_column(attune_schema_column *column, json_t *json, const attune_at *at,
                                 attune_error *error)
{
    static const char *const keys[] = {"name", "kind", "role", "levels"};
    const char *name = NULL, *kind = NULL, *role = NULL;
    attune_status status = attune_json_check_keys(json, at, keys, 4, error);
    if (!status)
        status = attune_json_text(json, at, "name", &name, error);
    if (!status)
        status = attune_json_text(json, at, "kind", &kind, error);
    if (!status)
        status = attune_json_text(json, at, "role", &role, error);
    if (status)
        return status;
    if (!name || !*name || !kind || !role)
        return attune_fail_at(error, at, "a column needs name, kind and role");
    if (!attune_kind_from_word(kind, &column->kind))
        return attune_fail_at(error, at, "no such kind: \"%s\"", kind);
    if (!role_from_word(role, &column->role))
        return attune_fail_at(error, at, "no such role: \"%s\"", role);
    column->name = attune_copy_text(name, error);
    return column->name ? read_levels(column, json, at, error) : ATTUNE_MEMORY;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static attune_status check_names(const attune_schema *schema, const attune_at *at,
                                 attune_error *error)
{
    const char **names = attune_alloc(schema->n, sizeof *names, error);
    attune_status status = names ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t i = 0; i < schema->n && !status; i++)
        names[i] = schema->columns[i].name;
    if (!status)
        qsort(names, (size_t)schema->n, sizeof *names, compare_names);
    for (int64_t i = 1; i < schema->n && !status; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            status = attune_fail_at(error, at, "two columns are called \"%s\"", names[i]);
    free(names);
    return status;
}

static attune_status read_columns(attune_schema *schema, json_t *json, const attune_at *at,
                                  attune_error *error)
{
    json_t *list = json_object_get(json, "columns");
    attune_at place = attune_at_key(at, "columns");
    if (!json_is_array(list) || json_array_size(list) == 0)
        return attune_fail_at(error, &place, "must be a list of columns");
    int64_t n = (int64_t)json_array_size(list);
    schema->columns = attune_alloc(n, sizeof *schema->columns, error);
    if (!schema->columns)
        return ATTUNE_MEMORY;
    schema->n = n;
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < n && !status; i++) {
        attune_at item = attune_at_item(&place, i);
        status = read_column(&schema->columns[i], json_array_get(list, (size_t)i), &item, error);
    }
    return status ? status : check_names(schema, &place, error);
}

/* The task, the target's kind and levels, and the positive class must say the same. */
static attune_status read_task(attune_schema *schema, json_t *json, const attune_at *at,
                               attune_error *error)
{
    const char *task = NULL, *positive = NULL;
    attune_status status = attune_json_text(json, at, "task", &task, error);
    if (!status)
        status = attune_json_text(json, at, "positive", &positive, error);
    if (status)
        return status;
    attune_at place = attune_at_key(at, "task"), sign = attune_at_key(at, "positive");
    if (!task || !task_from_word(task, &schema->task))
        return attune_fail_at(error, &place, "must be one of none, regression, binary, multiclass");
    int64_t n_targets = 0;
    for (int64_t i = 0; i < schema->n; i++)
        n_targets += schema->columns[i].role == ATTUNE_TARGET;
    const attune_schema_column *target = find_target(schema);
    int32_t n = target && target->levels ? target->levels->n : 0;
    bool fits = schema->task == ATTUNE_NO_TASK      ? n_targets == 0
                : schema->task == ATTUNE_REGRESSION ? target && target->kind == ATTUNE_REAL_COLUMN
                : schema->task == ATTUNE_BINARY     ? n == 2
                                                    : n > 2;
    if (n_targets > 1 || !fits)
        return attune_fail_at(error, &place, "\"%s\" does not fit the target column", task);
    if ((schema->task == ATTUNE_BINARY) != (positive != NULL))
        return attune_fail_at(error, &sign, "goes with two classes, and only with them");
    schema->positive = positive ? attune_levels_find(target->levels, positive) : -1;
    if (positive && schema->positive < 0)
        return attune_fail_at(error, &sign, "\"%s\" is no class of \"%s\"", positive, target->name);
    return ATTUNE_OK;
}

attune_status attune_schema_from_json(attune_schema **schema, json_t *json, const attune_at *at,
                                      attune_error *error)
{
    static const char *const keys[] = {"columns", "missing", "task", "positive"};
    attune_schema *made = attune_alloc(1, sizeof *made, error);
    if (!made)
        return ATTUNE_MEMORY;
    made->positive = -1;
    attune_status status = attune_json_check_keys(json, at, keys, 4, error);
    if (!status)
        status = read_columns(made, json, at, error);
    if (!status)
        status = attune_json_texts(json, at, "missing", &made->missing, error);
    if (!status)
        status = read_task(made, json, at, error);
    if (status) {
        attune_schema_free(made);
        return status;
    }
    *schema = made;
    return ATTUNE_OK;
}
