/* steps/lifecycle.c - fit, transform and predict: the calls, their keys and the shared way. */
#include "spaces/base/share.h"
#include "steps/step.h"

#include <stdlib.h>

static attune_key mix_field(attune_key key, const attune_field *field, const void *self)
{
    const void *at = (const char *)self + field->offset;
    attune_value value = {0};
    /* The common kinds without a detour over JSON: keys are made for every fit. */
    switch (field->kind) {
    case ATTUNE_FIELD_REAL:
        return attune_key_real(key, *(const double *)at);
    case ATTUNE_FIELD_INTEGER:
        return attune_key_integer(key, *(const int64_t *)at);
    case ATTUNE_FIELD_BOOLEAN:
        return attune_key_integer(key, *(const bool *)at);
    case ATTUNE_FIELD_ENUM:
        return attune_key_text(key, *(const int *)at < 0 ? NULL : field->choices[*(const int *)at]);
    case ATTUNE_FIELD_TEXT:
        return attune_key_text(key, *(char *const *)at);
    default:
        break;
    }
    if (attune_field_get(field, self, &value, NULL) == ATTUNE_OK)
        key = attune_value_key(key, &value);
    attune_value_clear(&value);
    return key;
}

/* What goes into a key besides what every fit depends on. */
enum parts {
    BUDGETS = 1, /* hyperparameters of which more continues the same fit */
    IDENTITY = 2 /* names, and children that take no part: what a share is seen to be */
};

/* A value that is null leaves the key as it was before there was such a field. */
static bool is_unset(const attune_field *field, const void *self)
{
    const attune_value *value = (const void *)((const char *)self + field->offset);
    return field->kind == ATTUNE_FIELD_VALUE && value->kind == ATTUNE_VALUE_NULL;
}

static attune_key step_key(const attune_step *step, int parts)
{
    attune_key key = attune_key_text(attune_key_start("step"), step->type->name);
    if (parts & IDENTITY)
        key = attune_key_text(key, step->name);
    key = attune_key_integer(key, step->type->version);
    for (int64_t i = 0; i < step->columns.n; i++)
        key = attune_key_text(key, step->columns.items[i]);
    for (const attune_field *field = step->type->fields; field->kind; field++) {
        bool skipped = field->fitted || field->kind == ATTUNE_FIELD_CHILDREN ||
                       (field->budget && !(parts & BUDGETS)) || is_unset(field, step->self);
        if (!skipped)
            key = mix_field(attune_key_text(key, field->name), field, step->self);
    }
    const attune_children *children = attune_step_children(step);
    for (int64_t i = 0; children && i < children->n; i++)
        if ((parts & IDENTITY) || !step->type->uses || step->type->uses(step->self, i))
            key = attune_key_join(key, step_key(children->items[i], parts));
    return key;
}

attune_key attune_step_key(const attune_step *step)
{
    return step_key(step, BUDGETS);
}

static attune_key join_all(attune_key key, attune_key seed, attune_key data_id, attune_key rows_id)
{
    return attune_key_join(attune_key_join(attune_key_join(key, seed), data_id), rows_id);
}

static attune_key on_data(attune_key key, const attune_data *data, const attune_rows *rows,
                          attune_key seed)
{
    return join_all(key, seed, data->id, rows->id);
}

attune_key attune_step_fit_key(const attune_step *step, const attune_data *data,
                               const attune_rows *rows, attune_key seed)
{
    return on_data(step_key(step, BUDGETS), data, rows, seed);
}

static attune_status begin_fit(attune_step *step, const attune_data *data, const attune_rows *rows,
                               const attune_context *parent, attune_context *inside,
                               attune_error *error)
{
    if (!attune_share_is_only(&step->count))
        return attune_fail(error, ATTUNE_CONFLICT, "\"%s\" is shared: clone it before fitting",
                           step->name);
    *inside = attune_context_enter(parent, step->name);
    inside->columns = &step->columns;
    inside->key = attune_step_fit_key(step, data, rows, parent->seed);
    inside->stream = on_data(step_key(step, 0), data, rows, parent->seed);
    attune_status status = attune_step_check(step, error);
    if (!status && rows->n < 1)
        status = attune_fail(error, ATTUNE_UNFIT, "%s: no rows to fit", step->name);
    if (!status && !step->initialised) {
        status = step->type->setup ? step->type->setup(step->self, inside, error) : ATTUNE_OK;
        step->initialised = !status;
    }
    if (status)
        return status;
    attune_fields_clear(step->type->fields, step->self, ATTUNE_FITTED);
    step->fitted = false;
    step->invalidated = true;
    step->seed = parent->seed;
    step->data_id = data->id;
    step->rows_id = rows->id;
    step->key_parts = true;
    attune_step_set_train(step, true);
    return ATTUNE_OK;
}

static attune_status end_fit(attune_step *step, const attune_context *inside, attune_status status)
{
    attune_step_set_train(step, false);
    step->fitted = !status;
    step->key = inside->key;
    return status;
}

attune_status attune_step_fit(attune_step *step, const attune_data *data, const attune_rows *rows,
                              const attune_context *context, attune_error *error)
{
    attune_context inside;
    attune_data *out = NULL;
    attune_rows *out_rows = NULL;
    attune_status status = begin_fit(step, data, rows, context, &inside, error);
    if (status)
        return status;
    if (step->type->fit)
        status = step->type->fit(step->self, data, rows, &inside, error);
    else if (step->type->fit_transform)
        status = step->type->fit_transform(step->self, data, rows, &inside, &out, &out_rows, error);
    attune_data_free(out);
    attune_rows_free(out_rows);
    return end_fit(step, &inside, status);
}

attune_status attune_step_fit_transform(attune_step *step, const attune_data *data,
                                        const attune_rows *rows, const attune_context *context,
                                        attune_data **out, attune_rows **out_rows,
                                        attune_error *error)
{
    attune_context inside;
    attune_status status = ATTUNE_OK;
    *out = NULL;
    *out_rows = NULL;
    if (step->type->fit_transform) {
        status = begin_fit(step, data, rows, context, &inside, error);
        if (status)
            return status;
        status = step->type->fit_transform(step->self, data, rows, &inside, out, out_rows, error);
        return end_fit(step, &inside, status);
    }
    status = attune_step_fit(step, data, rows, context, error);
    if (!status)
        status = attune_step_transform(step, data, context, out, error);
    if (!status)
        *out_rows = attune_rows_ref((attune_rows *)(uintptr_t)rows);
    return status;
}

static attune_status need_fitted(const attune_step *step, const char *call, bool has,
                                 attune_error *error)
{
    if (!has)
        return attune_fail(error, ATTUNE_INVALID, "%s cannot %s", step->type->name, call);
    if (!step->fitted)
        return attune_fail(error, ATTUNE_INVALID, "%s: fit comes before %s", step->name, call);
    return ATTUNE_OK;
}

static attune_context serve(const attune_step *step, const attune_context *parent)
{
    attune_context inside = attune_context_enter(parent, step->name);
    inside.columns = &step->columns;
    inside.key = step->key;
    inside.stream = step->key;
    return inside;
}

attune_status attune_step_transform(const attune_step *step, const attune_data *data,
                                    const attune_context *context, attune_data **out,
                                    attune_error *error)
{
    attune_status status = need_fitted(step, "transform", step->type->transform, error);
    attune_context inside = serve(step, context);
    return status ? status : step->type->transform(step->self, data, &inside, out, error);
}

attune_status attune_step_predict(const attune_step *step, const attune_data *data,
                                  const attune_rows *rows, const attune_context *context,
                                  attune_predictions *out, attune_error *error)
{
    attune_status status = need_fitted(step, "predict", step->type->predict, error);
    attune_context inside = serve(step, context);
    return status ? status : step->type->predict(step->self, data, rows, &inside, out, error);
}

attune_status attune_step_inverse_transform(const attune_step *step,
                                            attune_predictions *predictions, attune_error *error)
{
    if (!step->type->inverse_transform)
        return ATTUNE_OK;
    attune_status status = need_fitted(step, "inverse_transform", true, error);
    return status ? status : step->type->inverse_transform(step->self, predictions, error);
}

attune_status attune_step_predict_stages(const attune_step *step, const attune_data *data,
                                         const attune_rows *rows, const attune_context *context,
                                         const int64_t *budgets, int64_t n, attune_predictions *out,
                                         attune_error *error)
{
    const attune_step_type *type = step->type;
    attune_status status =
        need_fitted(step, "predict in stages", attune_step_staged(step) != NULL, error);
    attune_context inside = serve(step, context);
    for (int64_t i = 0; i < n && !status; i++)
        if (budgets[i] < (i ? budgets[i - 1] : 1))
            status = attune_fail(error, ATTUNE_INVALID,
                                 "%s: budgets of stages must be 1 or more, and ascend", step->name);
    return status ? status
                  : type->predict_stages(step->self, data, rows, &inside, budgets, n, out, error);
}

attune_status attune_step_truncate(attune_step *step, int64_t budget, attune_error *error)
{
    attune_status status =
        need_fitted(step, "be truncated", attune_step_staged(step) != NULL, error);
    if (!status && !attune_share_is_only(&step->count))
        status = attune_fail(error, ATTUNE_CONFLICT, "\"%s\" is shared: it cannot be truncated",
                             step->name);
    if (!status && !step->key_parts)
        status = attune_fail(error, ATTUNE_INVALID,
                             "%s: it was loaded, and only what was fitted here can be truncated",
                             step->name);
    if (!status && budget < 1)
        status = attune_fail(error, ATTUNE_INVALID, "%s: a budget must be 1 or more", step->name);
    if (!status)
        status = step->type->truncate(step->self, budget, error);
    if (status)
        return status;
    step->invalidated = true;
    step->key = join_all(step_key(step, BUDGETS), step->seed, step->data_id, step->rows_id);
    return ATTUNE_OK;
}

attune_status attune_step_fit_more(attune_step *step, const attune_context *context,
                                   attune_error *error)
{
    if (!step->type->fit_more)
        return ATTUNE_OK;
    attune_status status = need_fitted(step, "fit more", true, error);
    attune_context inside = serve(step, context);
    inside.stream = join_all(step_key(step, 0), step->seed, step->data_id, step->rows_id);
    return status ? status : step->type->fit_more(step->self, &inside, error);
}

/* What goes through the door: a fitted step, with what it trains the next one on where that is not
 * what its transform gives; or transformed data. */
struct work {
    int64_t count, size;
    attune_step *step;
    attune_data *data;
    attune_rows *rows;
};

static void *work_ref(void *value)
{
    struct work *work = value;
    attune_share_take(&work->count);
    return work;
}

static void work_free(void *value)
{
    struct work *work = value;
    if (!work || !attune_share_give(&work->count))
        return;
    attune_step_free(work->step);
    attune_data_free(work->data);
    attune_rows_free(work->rows);
    free(work);
}

static int64_t work_bytes(const void *value)
{
    return ((const struct work *)value)->size;
}

static const attune_shared_kind prefix_kind = {"prefix", work_ref, work_free, work_bytes};
static const attune_shared_kind data_kind = {"data", work_ref, work_free, work_bytes};

static int64_t fitted_bytes(const attune_step *step)
{
    int64_t bytes = (int64_t)(sizeof *step + step->type->size);
    for (const attune_field *field = step->type->fields; field->kind; field++)
        if (field->kind == ATTUNE_FIELD_ARRAY) {
            const attune_array *array = (const void *)((const char *)step->self + field->offset);
            bytes += attune_array_count(array) * (int64_t)attune_array_item_size(array->type);
        }
    const attune_children *children = attune_step_children(step);
    for (int64_t i = 0; children && i < children->n; i++)
        bytes += fitted_bytes(children->items[i]);
    return bytes;
}

/* Of the columns that nobody else holds: those are what keeping the data costs. */
static int64_t own_bytes(const attune_data *data)
{
    int64_t bytes = (int64_t)sizeof *data;
    for (int64_t i = 0; i < data->n_columns; i++) {
        bytes += 32;
        if (attune_share_is_only(&data->columns[i]->count))
            bytes += data->n_rows * (data->columns[i]->kind == ATTUNE_NOMINAL_COLUMN ? 4 : 8);
    }
    return bytes;
}

struct request {
    const attune_step *step;
    const attune_data *data;
    const attune_rows *rows;
    const attune_context *context;
};

static attune_status build_fit(void *user, void **value, attune_error *error)
{
    const struct request *request = user;
    struct work *work = attune_alloc(1, sizeof *work, error);
    if (!work)
        return ATTUNE_MEMORY;
    work->count = 1;
    attune_status status = attune_step_clone(request->step, &work->step, error);
    if (!status && work->step->type->fit_transform)
        status = attune_step_fit_transform(work->step, request->data, request->rows,
                                           request->context, &work->data, &work->rows, error);
    else if (!status)
        status = attune_step_fit(work->step, request->data, request->rows, request->context, error);
    if (status) {
        work_free(work);
        return status;
    }
    work->size = fitted_bytes(work->step) + (work->data ? own_bytes(work->data) : 0) +
                 (work->rows ? 8 * work->rows->n : 0);
    *value = work;
    return ATTUNE_OK;
}

static attune_status build_data(void *user, void **value, attune_error *error)
{
    const struct request *request = user;
    struct work *work = attune_alloc(1, sizeof *work, error);
    if (!work)
        return ATTUNE_MEMORY;
    work->count = 1;
    attune_status status =
        attune_step_transform(request->step, request->data, request->context, &work->data, error);
    if (status) {
        work_free(work);
        return status;
    }
    work->size = own_bytes(work->data);
    *value = work;
    return ATTUNE_OK;
}

attune_status attune_step_fit_transform_shared(attune_step **child, const attune_data *data,
                                               const attune_rows *rows,
                                               const attune_context *context, attune_data **out,
                                               attune_rows **out_rows, attune_error *error)
{
    struct request request = {*child, data, rows, context};
    /* A share stands for the child in every way: what is read back from it or dumped must not
     * depend on who fitted it first. */
    attune_key key = on_data(step_key(*child, BUDGETS | IDENTITY), data, rows, context->seed);
    key = attune_key_join(attune_key_start("prefix"), key);
    void *value = NULL;
    attune_status status =
        attune_shared_get(context, key, &prefix_kind, build_fit, &request, &value, error);
    if (status)
        return status;
    struct work *work = value;
    attune_step_free(*child);
    *child = attune_step_ref(work->step);
    if (work->data) {
        *out = attune_data_ref(work->data);
        *out_rows = attune_rows_ref(work->rows);
    } else {
        status = attune_step_transform_shared(*child, data, context, out, error);
        if (!status)
            *out_rows = attune_rows_ref((attune_rows *)(uintptr_t)rows);
    }
    work_free(work);
    return status;
}

attune_status attune_step_transform_shared(const attune_step *step, const attune_data *data,
                                           const attune_context *context, attune_data **out,
                                           attune_error *error)
{
    struct request request = {.step = step, .data = data, .context = context};
    attune_key key = attune_key_join(attune_key_start("transformed"), step->key);
    key = attune_key_join(key, data->id);
    void *value = NULL;
    attune_status status =
        attune_shared_get(context, key, &data_kind, build_data, &request, &value, error);
    if (status)
        return status;
    *out = attune_data_ref(((struct work *)value)->data);
    work_free(value);
    return ATTUNE_OK;
}
