/* spaces/distribution.c - the registry of distributions, and what holds for each of them. */
#include "spaces/distribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ATTUNE_DISTRIBUTION(name) extern const attune_distribution_type attune_distribution_##name;
#include "spaces/distributions.def"
#undef ATTUNE_DISTRIBUTION

const attune_distribution_type *const attune_distribution_types[] = {
#define ATTUNE_DISTRIBUTION(name) &attune_distribution_##name,
#include "spaces/distributions.def"
#undef ATTUNE_DISTRIBUTION
    NULL,
};

const attune_distribution_type *attune_distribution_type_find(const char *name)
{
    for (int64_t i = 0; attune_distribution_types[i]; i++)
        if (strcmp(attune_distribution_types[i]->name, name) == 0)
            return attune_distribution_types[i];
    return NULL;
}

attune_status attune_distribution_begin(attune_distribution **distribution,
                                        const attune_distribution_type *type, attune_error *error)
{
    attune_distribution *made = attune_alloc(1, sizeof *made, error);
    void *self = made ? attune_alloc(1, type->size, error) : NULL;
    if (!self) {
        free(made);
        return ATTUNE_MEMORY;
    }
    *made = (attune_distribution){type, self};
    attune_status status = attune_fields_init(type->fields, self, error);
    if (status) {
        attune_distribution_free(made);
        return status;
    }
    *distribution = made;
    return ATTUNE_OK;
}

attune_status attune_distribution_finish(attune_distribution *distribution, attune_error *error)
{
    const attune_distribution_type *type = distribution->type;
    const char *complaint = type->check ? type->check(distribution->self) : NULL;
    if (complaint)
        return attune_fail(error, ATTUNE_INVALID, "%s: %s", type->name, complaint);
    if (!type->prepare)
        return ATTUNE_OK;
    attune_error problem = {0};
    attune_status status = type->prepare(distribution->self, &problem);
    if (status)
        attune_fail(error, status, "%s: %s", type->name, problem.message);
    return status;
}

attune_status attune_distribution_new(attune_distribution **distribution,
                                      const attune_distribution_type *type,
                                      const attune_value *arguments, int64_t n_arguments,
                                      attune_error *error)
{
    attune_distribution *made = NULL;
    attune_status status = attune_distribution_begin(&made, type, error);
    const attune_field *field = type->fields;
    for (int64_t i = 0; i < n_arguments && !status; i++, field++) {
        if (!field->kind)
            status = attune_fail(error, ATTUNE_INVALID, "%s takes %lld values, got %lld",
                                 type->name, (long long)i, (long long)n_arguments);
        else
            status = attune_field_set(field, made->self, &arguments[i], error);
        if (status)
            break;
    }
    if (!status)
        status = attune_distribution_finish(made, error);
    if (status)
        attune_distribution_free(made);
    else
        *distribution = made;
    return status;
}

attune_status attune_distribution_copy(attune_distribution **to, const attune_distribution *from,
                                       attune_error *error)
{
    attune_distribution *made = NULL;
    attune_status status = attune_distribution_begin(&made, from->type, error);
    if (!status)
        status = attune_fields_copy(from->type->fields, made->self, from->self, ATTUNE_ALL, error);
    if (!status)
        status = attune_distribution_finish(made, error);
    if (status)
        attune_distribution_free(made);
    else
        *to = made;
    return status;
}

void attune_distribution_free(attune_distribution *distribution)
{
    if (!distribution)
        return;
    if (distribution->type->clear)
        distribution->type->clear(distribution->self);
    attune_fields_clear(distribution->type->fields, distribution->self, ATTUNE_ALL);
    free(distribution->self);
    free(distribution);
}

double attune_distribution_quantile(const attune_distribution *distribution, double u)
{
    double low, high;
    if (isnan(u))
        u = 0.5;
    if (0 < u && u < 1)
        return distribution->type->quantile(distribution->self, u) + 0.0; /* -0 becomes 0 */
    distribution->type->support(distribution->self, &low, &high);
    return (u <= 0 ? low : high) + 0.0;
}

double attune_distribution_cdf(const attune_distribution *distribution, double x)
{
    return distribution->type->cdf(distribution->self, x);
}

double attune_distribution_pdf(const attune_distribution *distribution, double x)
{
    return distribution->type->pdf(distribution->self, x);
}

int64_t attune_distribution_count(const attune_distribution *distribution)
{
    const attune_distribution_type *type = distribution->type;
    return type->count ? type->count(distribution->self) : 0;
}

bool attune_distribution_is_discrete(const attune_distribution *distribution)
{
    return distribution->type->kind != ATTUNE_DISTRIBUTION_REAL || distribution->type->cell;
}

void attune_distribution_support(const attune_distribution *distribution, double *low, double *high)
{
    distribution->type->support(distribution->self, low, high);
}

attune_status attune_distribution_value(const attune_distribution *distribution, double x,
                                        attune_value *value, attune_error *error)
{
    const attune_distribution_type *type = distribution->type;
    if (type->kind == ATTUNE_DISTRIBUTION_NOMINAL || type->kind == ATTUNE_DISTRIBUTION_ORDINAL)
        return attune_value_copy(value, type->value(distribution->self, (int64_t)x), error);
    attune_value_clear(value);
    *value = type->kind == ATTUNE_DISTRIBUTION_INTEGER ? attune_value_integer((int64_t)x)
                                                       : attune_value_real(x);
    return ATTUNE_OK;
}

bool attune_distribution_has(const attune_distribution *distribution, double x)
{
    double low, high;
    attune_distribution_support(distribution, &low, &high);
    if (!(low <= x && x <= high))
        return false;
    if (!attune_distribution_is_discrete(distribution))
        return true;
    double unit = attune_distribution_unit(distribution, x);
    return attune_distribution_quantile(distribution, unit) == x;
}

bool attune_distribution_x(const attune_distribution *distribution, const attune_value *value,
                           double *x)
{
    const attune_distribution_type *type = distribution->type;
    double number = 0;
    if (type->kind == ATTUNE_DISTRIBUTION_NOMINAL || type->kind == ATTUNE_DISTRIBUTION_ORDINAL) {
        for (int64_t i = 0; i < type->count(distribution->self); i++)
            if (attune_value_same(type->value(distribution->self, i), value)) {
                *x = (double)i;
                return true;
            }
        return false;
    }
    if (value->kind == ATTUNE_VALUE_BOOLEAN || !attune_value_number(value, &number) ||
        (value->kind == ATTUNE_VALUE_INTEGER && llabs(value->integer) > 1LL << 53) ||
        !attune_distribution_has(distribution, number))
        return false;
    *x = number + 0.0;
    return true;
}

void attune_distribution_cell(const attune_distribution *distribution, double x, double *low,
                              double *high)
{
    const attune_distribution_type *type = distribution->type;
    double first, last;
    if (type->cell) {
        type->cell(distribution->self, x, low, high);
        return;
    }
    *low = *high = type->cdf(distribution->self, x);
    if (type->kind == ATTUNE_DISTRIBUTION_REAL)
        return;
    attune_distribution_support(distribution, &first, &last);
    *low = x > first ? type->cdf(distribution->self, x - 1) : 0;
}

double attune_distribution_unit(const attune_distribution *distribution, double x)
{
    double low, high;
    attune_distribution_cell(distribution, x, &low, &high);
    double middle = low + (high - low) / 2;
    /* A cell of one double has no middle of its own. */
    return middle < high ? middle : low;
}

const char *attune_distribution_check_values(const attune_values *values)
{
    enum { most_values = 10000 };
    if (values->n > most_values)
        return "need at most 10,000 values";
    for (int64_t i = 0; i < values->n; i++)
        for (int64_t j = 0; j < i; j++)
            if (attune_value_same(&values->items[i], &values->items[j]))
                return "two of the values are the same (to make one likelier, give weights)";
    return NULL;
}
