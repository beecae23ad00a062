/* search/api/model.c - a dump for programs: what it needs, and predicting from their memory. */
#include "search/api/model.h"

#include "steps/step.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)ATTUNE_INPUT_REAL == (int)ATTUNE_REAL_COLUMN &&
                   (int)ATTUNE_INPUT_NOMINAL == (int)ATTUNE_NOMINAL_COLUMN &&
                   (int)ATTUNE_INPUT_DATETIME == (int)ATTUNE_DATETIME_COLUMN &&
                   (int)ATTUNE_INPUT_TEXT == (int)ATTUNE_TEXT_COLUMN,
               "the kinds of inputs go by their numbers");

static attune_status list_inputs(attune_model *model, attune_error *error)
{
    const attune_schema *schema = model->dump->schema;
    model->inputs = attune_alloc(schema->n, sizeof *model->inputs, error);
    if (!model->inputs)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < schema->n; i++) {
        const attune_schema_column *column = &schema->columns[i];
        if (column->role == ATTUNE_INPUT || column->role == ATTUNE_TIME)
            model->inputs[model->n_inputs++] = column;
        if (column->role == ATTUNE_TARGET && schema->task != ATTUNE_REGRESSION)
            model->classes = column->levels;
    }
    return ATTUNE_OK;
}

attune_status attune_model_open(attune_model **model, const char *folder, attune_error *error)
{
    attune_error_clear(error);
    if (!model || !folder)
        return attune_fail(error, ATTUNE_INVALID, "attune_model_open: there is no %s",
                           model ? "folder" : "place for the model");
    *model = NULL;
    attune_model *made = attune_alloc(1, sizeof *made, error);
    if (!made)
        return ATTUNE_MEMORY;
    attune_status status = attune_dump_load(folder, NULL, &made->dump, NULL, error);
    if (!status && !attune_step_is_model(made->dump->pipeline))
        status = attune_fail_in(error, ATTUNE_INVALID, folder, 0, 0,
                                "the pipeline of this dump transforms and does not predict");
    if (!status)
        status = list_inputs(made, error);
    if (status)
        attune_model_close(made);
    else
        *model = made;
    return status;
}

void attune_model_close(attune_model *model)
{
    if (!model)
        return;
    attune_dump_free(model->dump);
    free(model->inputs);
    free(model);
}

static const attune_schema_column *input_at(const attune_model *model, int64_t input)
{
    return model && input >= 0 && input < model->n_inputs ? model->inputs[input] : NULL;
}

int64_t attune_model_n_inputs(const attune_model *model)
{
    return model ? model->n_inputs : 0;
}

const char *attune_model_input(const attune_model *model, int64_t input)
{
    const attune_schema_column *column = input_at(model, input);
    return column ? column->name : NULL;
}

attune_input_kind attune_model_input_kind(const attune_model *model, int64_t input)
{
    const attune_schema_column *column = input_at(model, input);
    return column ? (attune_input_kind)column->kind : ATTUNE_INPUT_REAL;
}

int64_t attune_model_n_levels(const attune_model *model, int64_t input)
{
    const attune_schema_column *column = input_at(model, input);
    return column && column->levels ? column->levels->n : 0;
}

const char *attune_model_level(const attune_model *model, int64_t input, int64_t code)
{
    bool there = code >= 0 && code < attune_model_n_levels(model, input);
    return there ? model->inputs[input]->levels->names[code] : NULL;
}

int64_t attune_model_n_outputs(const attune_model *model)
{
    if (!model)
        return 0;
    return model->classes ? model->classes->n : 1;
}

const char *attune_model_class(const attune_model *model, int64_t output)
{
    bool there = model && model->classes && output >= 0 && output < model->classes->n;
    return there ? model->classes->names[output] : NULL;
}

static attune_status find_view(const attune_column_view *columns, int64_t n, const char *name,
                               const attune_column_view **view, attune_error *error)
{
    *view = NULL;
    for (int64_t i = 0; i < n; i++) {
        if (!columns[i].name || strcmp(columns[i].name, name) != 0)
            continue;
        if (*view)
            return attune_fail(error, ATTUNE_INVALID, "column \"%s\" is given twice", name);
        *view = &columns[i];
    }
    if (!*view)
        return attune_fail(error, ATTUNE_NOT_FOUND, "column \"%s\" is missing", name);
    return ATTUNE_OK;
}

static attune_status gather(const attune_model *model, const attune_column_view *columns,
                            int64_t n_columns, int64_t n_rows, attune_data **data,
                            attune_error *error)
{
    const attune_schema *schema = model->dump->schema;
    attune_column **made = attune_alloc(model->n_inputs, sizeof *made, error);
    attune_role *roles = attune_alloc(model->n_inputs, sizeof *roles, error);
    const attune_column_view *view = NULL;
    attune_status status = made && roles ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t i = 0; i < model->n_inputs && !status; i++) {
        status = find_view(columns, n_columns, model->inputs[i]->name, &view, error);
        if (!status)
            status = attune_view_column(&made[i], model->inputs[i], view, n_rows, error);
        roles[i] = model->inputs[i]->role;
    }
    if (!status) {
        *data = attune_data_new(made, roles, model->n_inputs, n_rows, schema->task,
                                schema->positive, error);
        status = *data ? ATTUNE_OK : ATTUNE_MEMORY;
    }
    for (int64_t i = 0; made && i < model->n_inputs; i++)
        attune_column_free(made[i]);
    free(made);
    free(roles);
    return status;
}

/* As `attune predict` does with the rows of a file. */
static attune_status predict(const attune_model *model, const attune_data *data,
                             attune_predictions *predictions, attune_error *error)
{
    attune_context context = attune_context_root(NULL, attune_key_start("predict"));
    attune_rows *rows = attune_rows_all(data->n_rows, error);
    attune_status status = rows ? ATTUNE_OK : ATTUNE_MEMORY;
    context.phase = ATTUNE_PHASE_EVALUATE;
    if (!status)
        status =
            attune_step_predict(model->dump->pipeline, data, rows, &context, predictions, error);
    if (!status && predictions->width != attune_model_n_outputs(model))
        status =
            attune_fail(error, ATTUNE_CORRUPT, "the model gives %lld numbers a row, not %lld",
                        (long long)predictions->width, (long long)attune_model_n_outputs(model));
    attune_rows_free(rows);
    return status;
}

static attune_status check_call(const attune_model *model, const attune_column_view *columns,
                                int64_t n_columns, int64_t n_rows, const double *out,
                                int64_t out_stride, attune_error *error)
{
    if (!model || n_columns < 0 || (n_columns && !columns))
        return attune_fail(error, ATTUNE_INVALID, "attune_model_predict: there is no %s",
                           model ? "column" : "model");
    if (n_rows < 0 || n_rows > INT64_MAX / 64 || (n_rows && !out))
        return attune_fail(error, ATTUNE_INVALID, "attune_model_predict: %lld rows into %s",
                           (long long)n_rows, out ? "a buffer" : "no buffer");
    if (out_stride && out_stride < attune_model_n_outputs(model))
        return attune_fail(error, ATTUNE_INVALID,
                           "attune_model_predict: out_stride %lld is less than the %lld numbers of "
                           "a row",
                           (long long)out_stride, (long long)attune_model_n_outputs(model));
    return ATTUNE_OK;
}

attune_status attune_model_predict(const attune_model *model, const attune_column_view *columns,
                                   int64_t n_columns, int64_t n_rows, double *out,
                                   int64_t out_stride, attune_error *error)
{
    attune_data *data = NULL;
    attune_predictions predictions = {0};
    attune_error_clear(error);
    attune_status status = check_call(model, columns, n_columns, n_rows, out, out_stride, error);
    if (status || n_rows == 0)
        return status;
    status = gather(model, columns, n_columns, n_rows, &data, error);
    if (!status)
        status = predict(model, data, &predictions, error);
    int64_t width = predictions.width, stride = out_stride ? out_stride : width;
    for (int64_t row = 0; row < n_rows && !status; row++)
        memcpy(out + row * stride, predictions.values + row * width, (size_t)width * sizeof *out);
    attune_predictions_clear(&predictions);
    attune_data_free(data);
    return status;
}
