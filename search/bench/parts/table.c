/* search/bench/parts/table.c - a complete table of measured configurations, and its space. */
#include "search/bench/parts/table.h"

#include "spaces/base/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { most_cells = 100000000, most_columns = 256, most_bytes = 1 << 30 };

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcasecmp(text, *words) == 0)
            return true;
    return false;
}

/* Whether a cell writes a choice: as text, as a number within a share of it, true or false, none.
 */
static bool writes(const char *text, const attune_value *value, double share)
{
    static const char *const nothing[] = {"", "none", "null", "nan", "na", NULL};
    static const char *const words[2][2] = {{"false", NULL}, {"true", NULL}};
    char *end = NULL;
    double number = strtod(text, &end), listed;
    if (value->kind == ATTUNE_VALUE_NULL)
        return is_one_of(text, nothing);
    if (value->kind == ATTUNE_VALUE_TEXT || value->kind == ATTUNE_VALUE_JSON)
        return strcmp(value->text, text) == 0;
    if (value->kind == ATTUNE_VALUE_BOOLEAN && is_one_of(text, words[value->boolean]))
        return true;
    return end != text && !*end && attune_value_number(value, &listed) &&
           fabs(listed - number) <= share * fabs(number);
}

/* Files may hold fewer digits than the list of choices. */
static int64_t choice_of(const attune_distribution *d, const char *text)
{
    static const double shares[] = {1e-12, 1e-9, 1e-6, 1e-4};
    for (size_t k = 0; k < sizeof shares / sizeof *shares; k++)
        for (int64_t i = 0; i < attune_distribution_count(d); i++)
            if (writes(text, d->type->value(d->self, i), shares[k]))
                return i;
    return -1;
}

static attune_status make_space(attune_known_table *table, json_t *parameters, const attune_at *at,
                                attune_error *error)
{
    const char *name;
    json_t *parameter, *dimensions = json_object();
    json_object_foreach(parameters, name, parameter)
    {
        const char *kind = json_string_value(json_object_get(parameter, "kind"));
        json_t *choices = json_object_get(parameter, "choices"), *made;
        if (kind && strcmp(kind, "categorical") == 0)
            made = json_pack("{s:{s:O}}", "choice", "values", choices);
        else /* an ordered grid: no place on it is likelier than another */
            made = json_pack("{s:{s:O,s:i}}", "priority_choice", "values", choices, "ratio", 1);
        json_object_set_new(dimensions, name, made);
    }
    table->space = attune_space_new(error);
    attune_status status = table->space ? attune_space_add_json(table->space, dimensions, at, "",
                                                                ATTUNE_NO_BRANCH, error)
                                        : ATTUNE_MEMORY;
    json_decref(dimensions);
    table->n_cells = 1;
    for (int64_t i = 0; i < (status ? 0 : table->space->n); i++) {
        table->n_cells *= attune_distribution_count(table->space->dimensions[i].distribution);
        if (table->n_cells > most_cells)
            return attune_fail(error, ATTUNE_INVALID, "too many configurations for a table");
    }
    return status;
}

/* What is between quotes, in place; returns what follows. */
static char *unquote(char *cell)
{
    char *to = cell, *from = cell + 1;
    for (; *from && (*from != '"' || from[1] == '"'); from++) {
        from += *from == '"';
        *to++ = *from;
    }
    from += *from == '"';
    bool more = *from == ',';
    *to = '\0';
    return more ? from + 1 : NULL;
}

/* Cuts a line at its commas, in place. */
static int cut(char *line, char **cells)
{
    int n = 0;
    for (char *rest = line; rest && n < most_columns; n++) {
        cells[n] = rest;
        if (*rest == '"') {
            rest = unquote(rest);
            continue;
        }
        rest = strchr(rest, ',');
        if (rest)
            *rest++ = '\0';
    }
    return n;
}

/* Which dimension each column of the header is; -2: the mean, -1: neither. */
static attune_status read_header(const attune_known_table *table, char *line, int64_t *dimension_of,
                                 int *n_columns, attune_error *error)
{
    char *cells[most_columns];
    int64_t found = 0;
    *n_columns = cut(line, cells);
    for (int c = 0; c < *n_columns; c++) {
        dimension_of[c] = strcmp(cells[c], "mean") == 0 ? -2 : -1;
        for (int64_t i = 0; i < table->space->n; i++)
            if (strcmp(table->space->dimensions[i].name, cells[c]) == 0)
                dimension_of[c] = i;
        found += dimension_of[c] != -1;
    }
    return found == table->space->n + 1
               ? ATTUNE_OK
               : attune_fail(error, ATTUNE_INVALID,
                             "needs a column for each parameter and one named mean");
}

static int64_t cell_of(const attune_space *space, const double *x)
{
    int64_t cell = 0;
    for (int64_t i = 0; i < space->n; i++)
        cell = cell * attune_distribution_count(space->dimensions[i].distribution) + (int64_t)x[i];
    return cell;
}

static attune_status read_row(attune_known_table *table, char *line, const int64_t *dimension_of,
                              int n_columns, double *x, attune_error *error)
{
    char *cells[most_columns];
    double mean = NAN;
    int n_cells = cut(line, cells); /* cells after the mean may be left out */
    for (int64_t i = 0; i < table->space->n; i++)
        x[i] = -1;
    for (int c = 0; c < n_columns && c < n_cells; c++) {
        int64_t i = dimension_of[c];
        if (i == -2)
            mean = strtod(cells[c], NULL);
        if (i < 0)
            continue;
        x[i] = (double)choice_of(table->space->dimensions[i].distribution, cells[c]);
    }
    for (int64_t i = 0; i < table->space->n; i++)
        if (x[i] < 0)
            return attune_fail(error, ATTUNE_INVALID, "row %lld: %s has none of its choices",
                               (long long)table->n_rows + 1, table->space->dimensions[i].name);
    int64_t cell = cell_of(table->space, x);
    if (isnan(table->values[cell]) && isfinite(mean))
        table->sorted[table->n_rows++] = table->maximize ? -mean : mean;
    table->values[cell] = mean;
    return ATTUNE_OK;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static attune_status read_rows(attune_known_table *table, char *text, attune_error *error)
{
    int64_t dimension_of[most_columns];
    int n_columns = 0;
    char *rest = NULL, *line = strtok_r(text, "\r\n", &rest);
    double *x = attune_alloc(table->space->n, sizeof *x, error);
    attune_status status = x ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = line ? read_header(table, line, dimension_of, &n_columns, error)
                      : attune_fail(error, ATTUNE_INVALID, "is empty");
    while (!status && (line = strtok_r(NULL, "\r\n", &rest)))
        status = read_row(table, line, dimension_of, n_columns, x, error);
    free(x);
    if (!status && table->n_rows < 1)
        status = attune_fail(error, ATTUNE_INVALID, "has no rows");
    if (status)
        return status;
    qsort(table->sorted, (size_t)table->n_rows, sizeof *table->sorted, ascending);
    for (int64_t i = 0; i < table->n_rows && table->maximize; i++)
        table->sorted[i] = -table->sorted[i];
    return ATTUNE_OK;
}

attune_status attune_known_table_read(attune_known_table *table, const char *folder,
                                      const char *file, json_t *description, attune_error *error)
{
    attune_at at = {0};
    const char *direction = json_string_value(json_object_get(description, "direction"));
    char *path = attune_path_join(folder, file, error), *text = NULL;
    int64_t length = 0;
    memset(table, 0, sizeof *table);
    table->maximize = direction && strcmp(direction, "maximize") == 0;
    attune_status status =
        make_space(table, json_object_get(description, "parameters"), &at, error);
    if (!status && path)
        status = attune_file_read(path, most_bytes, &text, &length, error);
    if (!status) {
        table->values = attune_alloc(table->n_cells, sizeof *table->values, error);
        table->sorted = attune_alloc(table->n_cells, sizeof *table->sorted, error);
        status = table->values && table->sorted ? ATTUNE_OK : ATTUNE_MEMORY;
    }
    for (int64_t i = 0; i < (status ? 0 : table->n_cells); i++)
        table->values[i] = NAN;
    if (!status)
        status = read_rows(table, text, error);
    if (status)
        attune_error_prefix(error, "%s", file);
    free(text);
    free(path);
    return status;
}

void attune_known_table_clear(attune_known_table *table)
{
    attune_space_free(table->space);
    free(table->values);
    free(table->sorted);
    memset(table, 0, sizeof *table);
}

double attune_known_table_value(const attune_known_table *table, const attune_sample *sample)
{
    return table->values[cell_of(table->space, sample->x)];
}

double attune_known_table_quantile(const attune_known_table *table, double value)
{
    int64_t low = 0, high = table->n_rows;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        bool better =
            table->maximize ? table->sorted[middle] > value : table->sorted[middle] < value;
        if (better)
            low = middle + 1;
        else
            high = middle;
    }
    return (double)low / (double)table->n_rows;
}

double attune_known_table_regret(const attune_known_table *table, double value)
{
    int64_t n = table->n_rows;
    double best = table->sorted[0];
    double median = (table->sorted[(n - 1) / 2] + table->sorted[n / 2]) / 2;
    return median == best ? 0 : (value - best) / (median - best) + 0.0; /* -0 becomes 0 */
}
