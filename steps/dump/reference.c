/* steps/dump/reference.c - a few made rows and their predictions. */
#include "steps/dump/reference.h"

#include "spaces/base/number.h"
#include "spaces/base/stream.h"
#include "steps/dump/npy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { n_reference_rows = 8 };

static const double tolerance = 1e-9;

static bool is_asked_for(attune_role role)
{
    return role == ATTUNE_INPUT || role == ATTUNE_TIME;
}

static bool has_reference(const attune_step *pipeline, const attune_schema *schema)
{
    bool any = false;
    for (int64_t i = 0; i < schema->n && !any; i++)
        any = is_asked_for(schema->columns[i].role);
    return any && attune_step_is_model(pipeline);
}

/* A field as RFC 4180 has it; one that is empty is quoted, so that no line is blank. */
static void append_field(attune_text *csv, const char *field)
{
    if (*field && !strpbrk(field, ",\"\r\n ")) {
        attune_text_append(csv, field);
        return;
    }
    attune_text_append(csv, "\"");
    for (const char *c = field; *c; c++)
        attune_text_append_bytes(csv, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
    attune_text_append(csv, "\"");
}

/* Free text is as good as a real row: words are made of the stream alone. */
static void append_words(attune_text *csv, attune_stream *stream)
{
    uint64_t n = 1 + attune_stream_below(stream, 4);
    for (uint64_t word = 0; word < n; word++) {
        attune_text_append(csv, word ? "-" : "");
        for (int i = 0; i < 5; i++) {
            char letter = (char)('a' + attune_stream_below(stream, 26));
            attune_text_append_bytes(csv, &letter, 1);
        }
    }
}

static void append_drawn(attune_text *csv, const attune_column *column, attune_stream *stream)
{
    char text[64];
    int64_t row = (int64_t)attune_stream_below(stream, (uint64_t)column->n_rows);
    int64_t at = row * column->stride;
    if (attune_column_missing(column, row))
        append_field(csv, "");
    else if (column->kind == ATTUNE_REAL_COLUMN)
        append_field(csv, attune_real_text(column->reals[at], text));
    else if (column->kind == ATTUNE_DATETIME_COLUMN)
        append_field(csv, attune_datetime_text(column->times[at], text, sizeof text));
    else if (column->kind == ATTUNE_TEXT_COLUMN)
        append_words(csv, stream);
    else
        append_field(csv, column->codes[at] < 0 ? "" : column->levels->names[column->codes[at]]);
}

/* The stream of row r of a column: it depends on that column alone. */
static attune_stream stream_of(const attune_column *column, int row)
{
    attune_key key = attune_key_text(attune_key_start("reference"), column->name);
    return attune_stream_new(attune_key_integer(attune_key_join(key, column->id), row));
}

static char *draw_rows(const attune_data *data, attune_error *error)
{
    attune_text csv = {0};
    for (int row = -1; row < n_reference_rows; row++) {
        bool first = true;
        for (int64_t i = 0; i < data->n_columns; i++) {
            const attune_column *column = data->columns[i];
            if (!is_asked_for(data->roles[i]))
                continue;
            attune_text_append(&csv, first ? "" : ",");
            first = false;
            attune_stream stream = stream_of(column, row);
            if (row < 0)
                append_field(&csv, column->name);
            else
                append_drawn(&csv, column, &stream);
        }
        attune_text_append(&csv, "\n");
    }
    return attune_text_take(&csv, error);
}

/* The predictions of rows.csv as any file of new rows is predicted. */
static attune_status predict(const attune_step *pipeline, const attune_schema *schema,
                             const char *csv, int64_t length, attune_predictions *predictions,
                             attune_error *error)
{
    const attune_table_options options = {.delimiter = ',', .missing = &schema->missing};
    attune_context context = attune_context_root(NULL, attune_key_start("reference"));
    attune_table *table = NULL;
    attune_data *data = NULL;
    attune_rows *rows = NULL;
    attune_status status =
        attune_table_parse(&table, ATTUNE_REFERENCE_ROWS, csv, length, &options, error);
    if (!status)
        status = attune_schema_data(schema, table, false, &data, NULL, error);
    if (!status && data->n_rows != n_reference_rows)
        status = attune_fail(error, ATTUNE_CORRUPT, "%s has %lld rows, not %d",
                             ATTUNE_REFERENCE_ROWS, (long long)data->n_rows, n_reference_rows);
    if (!status && !(rows = attune_rows_all(data->n_rows, error)))
        status = ATTUNE_MEMORY;
    if (!status)
        status = attune_step_predict(pipeline, data, rows, &context, predictions, error);
    attune_rows_free(rows);
    attune_data_free(data);
    attune_table_free(table);
    return status;
}

/* Predictions seen as an array: borrowed. */
static attune_array view(const attune_predictions *predictions)
{
    attune_array array = {
        .type = ATTUNE_ARRAY_F64, .n_dims = 2, .shape = {predictions->n, predictions->width}};
    array.f64 = predictions->values;
    return array;
}

attune_status attune_reference_make(const attune_step *pipeline, const attune_schema *schema,
                                    const attune_data *data, attune_bundle *bundle,
                                    attune_error *error)
{
    attune_predictions predictions = {0};
    attune_array array;
    char *bytes = NULL;
    int64_t length = 0;
    if (!has_reference(pipeline, schema))
        return ATTUNE_OK;
    if (data->n_rows < 1)
        return attune_fail(error, ATTUNE_INVALID, "reference rows: there is no data to draw from");
    char *csv = draw_rows(data, error);
    if (!csv)
        return ATTUNE_MEMORY;
    attune_status status =
        predict(pipeline, schema, csv, (int64_t)strlen(csv), &predictions, error);
    array = view(&predictions);
    if (!status)
        status = attune_npy_write(&array, &bytes, &length, error);
    attune_predictions_clear(&predictions);
    if (status) {
        attune_error_prefix(error, "reference rows");
        free(csv);
        return status;
    }
    status = attune_bundle_add_text_take(bundle, ATTUNE_REFERENCE_ROWS, csv, error);
    if (!status)
        return attune_bundle_add_take(bundle, ATTUNE_REFERENCE_PREDICTIONS, bytes, length, error);
    free(bytes);
    return status;
}

/* 0: same bits; 1: within the tolerance; 2: not. NaN is near NaN only. */
static int compare(const double *a, const double *b, int64_t n)
{
    double largest = 0;
    if (n == 0 || memcmp(a, b, (size_t)n * sizeof *a) == 0)
        return 0;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(a[i]) && fabs(a[i]) > largest)
            largest = fabs(a[i]);
    for (int64_t i = 0; i < n; i++) {
        bool both_nan = isnan(a[i]) && isnan(b[i]);
        if (!both_nan && a[i] != b[i] && !(fabs(a[i] - b[i]) <= tolerance * largest))
            return 2;
    }
    return 1;
}

static attune_status judge(const attune_array *told, const attune_predictions *now,
                           attune_texts *notes, attune_error *error)
{
    bool shaped = told->type == ATTUNE_ARRAY_F64 && told->n_dims == 2 && told->shape[0] == now->n &&
                  told->shape[1] == now->width;
    int difference = shaped ? compare(told->f64, now->values, now->n * now->width) : 2;
    if (!shaped)
        return attune_fail(error, ATTUNE_CORRUPT, "%s is not of the shape that the model predicts",
                           ATTUNE_REFERENCE_PREDICTIONS);
    if (difference == 2)
        return attune_fail(error, ATTUNE_CORRUPT,
                           "reference rows: the model does not predict what it did when it was "
                           "dumped, not even within 1e-9; do not use it");
    if (difference == 1 && notes)
        return attune_texts_add(notes, "reference rows: equal within 1e-9 (made on another CPU)",
                                error);
    return ATTUNE_OK;
}

attune_status attune_reference_check(const attune_step *pipeline, const attune_schema *schema,
                                     const attune_bundle *bundle, attune_texts *notes,
                                     attune_error *error)
{
    const attune_bundle_file *csv = attune_bundle_find(bundle, ATTUNE_REFERENCE_ROWS);
    const attune_bundle_file *file = attune_bundle_find(bundle, ATTUNE_REFERENCE_PREDICTIONS);
    attune_predictions predictions = {0};
    attune_array told = {0};
    attune_error problem = {0};
    if (!has_reference(pipeline, schema))
        return ATTUNE_OK;
    if (!csv || !file)
        return attune_fail(error, ATTUNE_CORRUPT, "%s is missing",
                           csv ? ATTUNE_REFERENCE_PREDICTIONS : ATTUNE_REFERENCE_ROWS);
    attune_status status = attune_npy_read(file->path, file->bytes, file->length, &told, error);
    if (!status &&
        (status = predict(pipeline, schema, csv->bytes, csv->length, &predictions, &problem)))
        status = attune_fail_in(error, status == ATTUNE_MEMORY ? status : ATTUNE_CORRUPT,
                                problem.source, problem.line, problem.column,
                                "the reference rows cannot be predicted: %s", problem.message);
    if (!status)
        status = judge(&told, &predictions, notes, error);
    attune_predictions_clear(&predictions);
    attune_array_clear(&told);
    return status;
}
