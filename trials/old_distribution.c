/* trials/old_distribution.c - distributions as Optuna has spelt them over the years. */
#include "trials/old_study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Outside of texts, the words that JSON does not have. */
static const char *word_at(const char *at, const char **quoted)
{
    static const char *const words[][2] = {
        {"NaN", "\"nan\""}, {"Infinity", "\"inf\""}, {"-Infinity", "\"-inf\""}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(at, words[i][0], strlen(words[i][0])) == 0) {
            *quoted = words[i][1];
            return words[i][0];
        }
    return NULL;
}

/* How long the whole number at `at` is when it is beyond 64 bits, else 0. */
static size_t long_integer(const char *at)
{
    size_t n = strspn(at, "0123456789");
    return n > 18 && !strchr(".eE", at[n] ? at[n] : ' ') ? n : 0;
}

json_t *attune_python_json(const char *text)
{
    attune_text plain = {0};
    bool inside = false, in_number = false;
    for (const char *at = text; *at; at++) {
        const char *quoted = NULL, *word = inside ? NULL : word_at(at, &quoted);
        size_t digits = inside || in_number ? 0 : long_integer(at);
        in_number = !inside && strchr("0123456789.", *at);
        if (word || digits) { /* such an integer becomes a real */
            attune_text_append_bytes(&plain, word ? quoted : at,
                                     (int64_t)(word ? strlen(quoted) : digits));
            attune_text_append(&plain, word ? "" : ".0");
            at += (word ? strlen(word) : digits) - 1;
            continue;
        }
        if (inside && *at == '\\' && at[1])
            attune_text_append_bytes(&plain, at++, 1);
        else if (*at == '"')
            inside = !inside;
        attune_text_append_bytes(&plain, at, 1);
    }
    json_t *json = attune_json_parse(plain.bytes);
    attune_text_clear(&plain);
    return json;
}

static const struct spelling {
    const char *name;
    attune_old_kind kind;
    bool log;
} spellings[] = {{"FloatDistribution", ATTUNE_OLD_REAL, false},
                 {"UniformDistribution", ATTUNE_OLD_REAL, false},
                 {"LogUniformDistribution", ATTUNE_OLD_REAL, true},
                 {"DiscreteUniformDistribution", ATTUNE_OLD_REAL, false},
                 {"IntDistribution", ATTUNE_OLD_INTEGER, false},
                 {"IntUniformDistribution", ATTUNE_OLD_INTEGER, false},
                 {"IntLogUniformDistribution", ATTUNE_OLD_INTEGER, true},
                 {"CategoricalDistribution", ATTUNE_OLD_CHOICE, false},
                 {"float", ATTUNE_OLD_REAL, false},
                 {"int", ATTUNE_OLD_INTEGER, false},
                 {"categorical", ATTUNE_OLD_CHOICE, false}};

static bool number_of(const json_t *object, const char *key, double *number)
{
    return attune_json_number(json_object_get(object, key), number);
}

/* {"name": ..., "attributes": {...}}, or all in one object with "type". */
static bool read_json(attune_old_distribution *d, const json_t *json)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    const char *type = json_string_value(json_object_get(json, "type"));
    const json_t *attributes = type ? json : json_object_get(json, "attributes");
    const struct spelling *found = NULL;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings && !found; i++)
        if (strcmp(spellings[i].name, type ? type : name ? name : "") == 0)
            found = &spellings[i];
    if (!found || !json_is_object(attributes))
        return false;
    d->kind = found->kind;
    d->log = found->log || json_is_true(json_object_get(attributes, "log"));
    if (d->kind == ATTUNE_OLD_CHOICE) {
        d->choices = json_incref(json_object_get(attributes, "choices"));
        return json_is_array(d->choices) && json_array_size(d->choices) > 0;
    }
    if (!number_of(attributes, "step", &d->step))
        number_of(attributes, "q", &d->step); /* its name of old */
    return number_of(attributes, "low", &d->low) && number_of(attributes, "high", &d->high) &&
           isfinite(d->low) && isfinite(d->high) && d->low <= d->high && d->step >= 0 &&
           isfinite(d->step);
}

attune_status attune_old_distribution_read(attune_old_distribution *distribution, const char *text,
                                           attune_error *error)
{
    json_t *json = attune_python_json(text);
    memset(distribution, 0, sizeof *distribution);
    distribution->text = attune_copy_text(text, error);
    attune_status status = distribution->text ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status && !read_json(distribution, json))
        status = attune_fail(error, ATTUNE_CORRUPT, "%.200s is not a distribution of Optuna", text);
    json_decref(json);
    return status;
}

attune_status attune_old_value(const attune_old_study *study, const attune_old_param *param,
                               attune_value *value, attune_error *error)
{
    const attune_old_distribution *d = &study->distributions[param->distribution];
    attune_value_clear(value);
    if (d->kind == ATTUNE_OLD_INTEGER && fabs(param->raw) < 0x1p62) {
        *value = attune_value_integer((int64_t)param->raw);
        return ATTUNE_OK;
    }
    if (d->kind != ATTUNE_OLD_CHOICE) {
        *value = attune_value_real(param->raw);
        return ATTUNE_OK;
    }
    bool there = param->raw >= 0 && param->raw < (double)json_array_size(d->choices);
    if (!there)
        return attune_fail(error, ATTUNE_CORRUPT,
                           "%s has the value %g, which is none of its choices", param->name,
                           param->raw);
    return attune_value_from_json(value, json_array_get(d->choices, (size_t)param->raw), error);
}
