/* spaces/narrow.c - a distribution drawn together around a value that did well.
 *
 * By its field table: what has ends gets closer ones, what has weights leans towards the value. */
#include "spaces/distribution.h"

#include <math.h>
#include <stdlib.h>

static attune_status set_real(attune_distribution *d, const char *name, double x,
                              attune_error *error)
{
    const attune_field *field = attune_field_find(d->type->fields, name);
    attune_value value = field->kind == ATTUNE_FIELD_INTEGER ? attune_value_integer((int64_t)x)
                                                             : attune_value_real(x);
    return attune_field_set(field, d->self, &value, error);
}

/* Each end comes closer by the same share of the way, measured in probability; an integer keeps its
 * neighbours. */
static attune_status draw_ends(attune_distribution *made, const attune_distribution *d, double x,
                               double kept, attune_error *error)
{
    double u = attune_distribution_unit(d, x), first, last;
    double low = attune_distribution_quantile(d, u * (1 - kept));
    double high = attune_distribution_quantile(d, u + (1 - u) * kept);
    attune_distribution_support(d, &first, &last);
    if (d->type->kind == ATTUNE_DISTRIBUTION_INTEGER) {
        low = fmax(first, fmin(low, x - 1));
        high = fmin(last, fmax(high, x + 1));
    }
    if (!(low < high))
        return ATTUNE_OK;
    attune_status status = set_real(made, "low", low, error);
    return status ? status : set_real(made, "high", high, error);
}

static attune_status lean(attune_distribution *made, const attune_distribution *d, double x,
                          double kept, attune_error *error)
{
    int64_t n = attune_distribution_count(d);
    const attune_field *field = attune_field_find(d->type->fields, "weights");
    attune_reals *weights = (attune_reals *)((char *)made->self + field->offset);
    double *items = attune_alloc(n, sizeof *items, error);
    if (!items)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < n; i++)
        items[i] = kept * attune_distribution_pdf(d, (double)i) + ((double)i == x ? 1 - kept : 0);
    free(weights->items);
    *weights = (attune_reals){items, n};
    return ATTUNE_OK;
}

/* Of a distribution made of another one: that other one, as the JSON text its field holds. */
static attune_status draw_inner(attune_distribution *made, double x, double kept,
                                attune_error *error)
{
    const attune_field *field = attune_field_find(made->type->fields, "distribution");
    attune_distribution *inner = NULL, *narrowed = NULL;
    attune_value value = {0};
    char *text = NULL;
    attune_status status = attune_field_get(field, made->self, &value, error);
    if (!status)
        status = attune_distribution_from_value(&inner, &value, error);
    if (!status)
        status = attune_distribution_narrow(&narrowed, inner, x, kept, error);
    json_t *json = status ? NULL : attune_distribution_to_json(narrowed, error);
    if (json)
        text = attune_json_write(json, error);
    if (!status)
        status = text ? attune_value_set_text(&value, text, error) : ATTUNE_MEMORY;
    if (!status)
        status = attune_field_set(field, made->self, &value, error);
    free(text);
    json_decref(json);
    attune_value_clear(&value);
    attune_distribution_free(inner);
    attune_distribution_free(narrowed);
    return status;
}

static bool has(const attune_distribution *d, const char *field)
{
    return attune_field_find(d->type->fields, field) != NULL;
}

attune_status attune_distribution_narrow(attune_distribution **narrowed,
                                         const attune_distribution *d, double x, double kept,
                                         attune_error *error)
{
    attune_distribution *made = NULL;
    bool listed = d->type->value != NULL;
    attune_status status = attune_distribution_begin(&made, d->type, error);
    if (!status)
        status = attune_fields_copy(d->type->fields, made->self, d->self, ATTUNE_ALL, error);
    if (!status && has(d, "low") && has(d, "high"))
        status = draw_ends(made, d, x, kept, error);
    else if (!status && listed && has(d, "weights"))
        status = lean(made, d, x, kept, error);
    else if (!status && listed && has(d, "p"))
        status = set_real(made, "p", kept * attune_distribution_pdf(d, 1) + (1 - kept) * x, error);
    else if (!status && has(d, "distribution"))
        status = draw_inner(made, x, kept, error);
    if (!status && attune_distribution_finish(made, NULL)) { /* too narrow to be one */
        attune_distribution_free(made);
        return attune_distribution_copy(narrowed, d, error);
    }
    if (status)
        attune_distribution_free(made);
    else
        *narrowed = made;
    return status;
}
