/* trials/optuna.c - our distributions in Optuna's words. */
#include "trials/optuna.h"

#include <math.h>
#include <string.h>

/* The ends as a reader can hold them: finite, and a little inside of what has none. */
static void finite_support(const attune_distribution *distribution, double *low, double *high)
{
    distribution->type->support(distribution->self, low, high);
    if (!isfinite(*low))
        *low = attune_distribution_quantile(distribution, 1e-9);
    if (!isfinite(*high))
        *high = attune_distribution_quantile(distribution, 1 - 1e-9);
}

static json_t *real_attributes(const attune_distribution *distribution)
{
    double low = 0, high = 0;
    finite_support(distribution, &low, &high);
    bool log = distribution->type->log && low > 0;
    return json_pack("{s:n, s:o, s:o, s:b}", "step", "low", attune_json_from_real(low), "high",
                     attune_json_from_real(high), "log", (int)log);
}

static json_t *integer_attributes(const attune_distribution *distribution)
{
    double low = 0, high = 0;
    finite_support(distribution, &low, &high);
    bool log = distribution->type->log && low >= 1;
    double widest = 0x1p62; /* beyond it a JSON integer has no room */
    return json_pack("{s:i, s:I, s:I, s:b}", "step", 1, "low",
                     (json_int_t)attune_clamp(low, -widest, widest), "high",
                     (json_int_t)attune_clamp(high, -widest, widest), "log", (int)log);
}

/* Its choices are null, a boolean, a number or a text; others travel as their JSON text. */
static json_t *choice(const attune_value *value)
{
    if (value->kind == ATTUNE_VALUE_JSON)
        return json_string(value->text);
    return attune_value_to_json(value);
}

static json_t *choice_attributes(const attune_distribution *distribution)
{
    int64_t n = attune_distribution_count(distribution);
    json_t *choices = json_array();
    for (int64_t i = 0; i < n && choices; i++)
        if (json_array_append_new(choices,
                                  choice(distribution->type->value(distribution->self, i)))) {
            json_decref(choices);
            choices = NULL;
        }
    return choices ? json_pack("{s:o}", "choices", choices) : NULL;
}

char *attune_optuna_distribution(const attune_distribution *distribution, attune_error *error)
{
    const char *name = "CategoricalDistribution";
    json_t *attributes = NULL;
    if (distribution->type->kind == ATTUNE_DISTRIBUTION_REAL) {
        name = "FloatDistribution";
        attributes = real_attributes(distribution);
    } else if (distribution->type->kind == ATTUNE_DISTRIBUTION_INTEGER) {
        name = "IntDistribution";
        attributes = integer_attributes(distribution);
    } else {
        attributes = choice_attributes(distribution);
    }
    json_t *ours = attune_distribution_to_json(distribution, error);
    json_t *both = attributes && ours ? json_pack("{s:s, s:O, s:O}", "name", name, "attributes",
                                                  attributes, "attune", ours)
                                      : NULL;
    char *text = NULL;
    if (both)
        text = attune_json_write(both, error);
    else
        attune_fail(error, ATTUNE_MEMORY, "out of memory: a distribution in Optuna's words");
    json_decref(attributes);
    json_decref(ours);
    json_decref(both);
    return text;
}
