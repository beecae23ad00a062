/* spaces/sample.c - one point of a space: decoded, encoded, tested, stored. */
#include "spaces/space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

attune_status attune_sample_init(attune_sample *sample, const attune_space *space,
                                 attune_error *error)
{
    *sample = (attune_sample){.x = attune_alloc(space->n, sizeof *sample->x, error),
                              .active = attune_alloc(space->n, 1, error),
                              .n = space->n};
    if (!sample->x || !sample->active) {
        attune_sample_clear(sample);
        return ATTUNE_MEMORY;
    }
    for (int64_t i = 0; i < space->n; i++)
        sample->x[i] = NAN;
    return ATTUNE_OK;
}

void attune_sample_clear(attune_sample *sample)
{
    free(sample->x);
    free(sample->active);
    memset(sample, 0, sizeof *sample);
}

/* The value of a dimension without a copy: the listed one, or a number put in room. */
static const attune_value *look(const attune_space *space, const attune_sample *sample, int64_t i,
                                attune_value *room)
{
    const attune_distribution *d = space->dimensions[i].distribution;
    if (!sample->active[i])
        return NULL;
    if (d->type->value)
        return d->type->value(d->self, (int64_t)sample->x[i]);
    *room = attune_value_real(sample->x[i]);
    return room;
}

static attune_kleene test(const attune_space *space, const attune_sample *sample,
                          const attune_expression *expression, const int64_t *names,
                          const attune_value *constants)
{
    attune_value room[ATTUNE_EXPRESSION_NAMES];
    const attune_value *values[ATTUNE_EXPRESSION_NAMES];
    int64_t n = attune_expression_n_names(expression);
    for (int64_t i = 0; i < n; i++)
        values[i] = names[i] < 0 ? &constants[i] : look(space, sample, names[i], &room[i]);
    return attune_expression_test(expression, values);
}

bool attune_space_is_active(const attune_space *space, const attune_sample *sample, int64_t i)
{
    const attune_dimension *dimension = &space->dimensions[i];
    int64_t of = dimension->branch.dimension;
    if (of >= 0 && !(sample->active[of] && sample->x[of] == dimension->branch.x))
        return false;
    return !dimension->when ||
           test(space, sample, dimension->when, dimension->when_names, NULL) == ATTUNE_TRUE;
}

void attune_space_decode(const attune_space *space, const double *unit, attune_sample *sample)
{
    for (int64_t i = 0; i < space->n; i++) {
        const attune_dimension *dimension = &space->dimensions[i];
        double u = dimension->staged ? 1 : unit[i];
        sample->active[i] = attune_space_is_active(space, sample, i);
        sample->x[i] =
            sample->active[i] ? attune_distribution_quantile(dimension->distribution, u) : NAN;
    }
}

void attune_space_encode(const attune_space *space, const attune_sample *sample, double *unit)
{
    for (int64_t i = 0; i < space->n; i++) {
        double held = attune_space_held(space, i), x = isnan(held) ? sample->x[i] : held;
        unit[i] = sample->active[i] ? attune_distribution_unit(space->dimensions[i].distribution, x)
                                    : 0.5;
    }
}

const attune_relation *attune_space_broken(const attune_space *space, const attune_sample *sample)
{
    for (int64_t i = 0; i < space->n_relations; i++) {
        const attune_relation *relation = &space->relations[i];
        if (test(space, sample, relation->expression, relation->names, relation->constants) ==
            ATTUNE_FALSE)
            return relation;
    }
    return NULL;
}

attune_status attune_sample_value(const attune_space *space, const attune_sample *sample, int64_t i,
                                  attune_value *value, attune_error *error)
{
    if (sample->active[i])
        return attune_distribution_value(space->dimensions[i].distribution, sample->x[i], value,
                                         error);
    attune_value_clear(value);
    return ATTUNE_OK;
}

char *attune_sample_write(const attune_space *space, const attune_sample *sample,
                          attune_error *error)
{
    attune_text text = {0};
    char number[ATTUNE_NUMBER_SIZE];
    for (int64_t i = 0; i < space->n; i++) {
        double x = sample->x[i];
        attune_text_append(&text, i ? "," : "[");
        if (!sample->active[i])
            attune_text_append(&text, "null");
        else if (x == trunc(x) && fabs(x) <= 0x1p53)
            attune_text_printf(&text, "%lld", (long long)x);
        else
            attune_text_append(&text, attune_real_text(x, number));
    }
    attune_text_append(&text, space->n ? "]" : "[]");
    return attune_text_take(&text, error);
}

static attune_status read_one(const attune_space *space, const json_t *json, int64_t i,
                              attune_sample *sample, attune_error *error)
{
    const attune_dimension *dimension = &space->dimensions[i];
    sample->active[i] = attune_space_is_active(space, sample, i);
    sample->x[i] = NAN;
    if (!sample->active[i])
        return json_is_null(json)
                   ? ATTUNE_OK
                   : attune_fail(error, ATTUNE_INVALID, "%s has a value, but is not active here",
                                 dimension->name);
    double x = json_number_value(json);
    if (!json_is_number(json) || !attune_distribution_has(dimension->distribution, x))
        return attune_fail(error, ATTUNE_INVALID, "%s: %s", dimension->name,
                           json_is_number(json) ? "not one of its values" : "needs a number here");
    sample->x[i] = x + 0.0;
    return ATTUNE_OK;
}

attune_status attune_sample_read(const attune_space *space, const char *text, attune_sample *sample,
                                 attune_error *error)
{
    attune_document document;
    attune_status status =
        attune_document_parse(&document, "hyperparameters", text, (int64_t)strlen(text), error);
    if (status)
        return status;
    int64_t n = (int64_t)json_array_size(document.root);
    if (!json_is_array(document.root) || n != space->n)
        status = attune_fail(error, ATTUNE_INVALID,
                             "stored hyperparameters: need a list of %lld, as the space has",
                             (long long)space->n);
    for (int64_t i = 0; i < n && !status; i++)
        status = read_one(space, json_array_get(document.root, (size_t)i), i, sample, error);
    attune_document_clear(&document);
    return status;
}

attune_key attune_sample_key(const attune_sample *sample)
{
    attune_key key = attune_key_start("sample");
    for (int64_t i = 0; i < sample->n; i++) {
        key = attune_key_integer(key, sample->active[i]);
        if (sample->active[i])
            key = attune_key_real(key, sample->x[i]);
    }
    return key;
}
