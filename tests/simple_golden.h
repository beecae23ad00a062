/* tests/simple_golden.h - the sets of tests/golden/simple_models.json, and fits with shared work.
 */
#ifndef ATTUNE_TESTS_SIMPLE_GOLDEN_H
#define ATTUNE_TESTS_SIMPLE_GOLDEN_H

#include "search/shared_work.h"
#include "tests/linear_golden.h"

enum { EVERY = 7 }; /* the figures are of every seventh row */

static inline void simple_read(attune_document *document)
{
    attune_error error = {0};
    assert_ok(attune_document_read(document, ATTUNE_TEST_GOLDEN "/simple_models.json", &error),
              &error);
}

/* Sets what a case gives; null and what is no hyperparameter are left. */
static inline void set_case(attune_step *step, const json_t *one)
{
    const char *name;
    json_t *value;
    attune_error error = {0};
    json_object_foreach((json_t *)(uintptr_t)one, name, value)
    {
        attune_value given = {0};
        const attune_field *field = attune_field_find(step->type->fields, name);
        if (!field || field->fitted || json_is_null(value))
            continue;
        assert_ok(attune_value_from_json(&given, value, &error), &error);
        assert_ok(attune_step_set(step, name, &given, &error), &error);
        attune_value_clear(&given);
    }
}

static inline void fit_set(attune_step *step, const json_t *set_, const attune_data *data)
{
    attune_error error = {0};
    assert_ok(fit_rows(step, data, 0, (int64_t)number_of(set_, "n_train"), &error), &error);
}

/* Predictions of every seventh row from number `first` of these on are the golden ones. */
static inline void assert_predicts(const attune_step *step, const attune_data *data,
                                   const json_t *golden, int64_t first, double tolerance)
{
    attune_predictions p = predict_all(step, data);
    assert_true(json_array_size(golden) > 0);
    for (int64_t i = 0; i < (int64_t)json_array_size(golden); i++)
        for (int64_t k = 0; k < p.width; k++) {
            const json_t *row = json_array_get(golden, (size_t)i);
            double wanted = p.n_classes ? item(row, k) : json_number_value(row);
            assert_close(p.values[EVERY * (first + i) * p.width + k], wanted, tolerance);
        }
    attune_predictions_clear(&p);
}

typedef void (*assert_of)(const json_t *set_, const json_t *one);

/* Every case of every set. */
static inline void for_each_case(const char *model, assert_of check)
{
    attune_document document = {0};
    size_t i = 0, j = 0;
    json_t *set_ = NULL, *one = NULL;
    simple_read(&document);
    json_array_foreach(golden_sets(&document), i, set_)
    {
        assert_true(json_array_size(json_object_get(set_, model)) > 0);
        json_array_foreach(json_object_get(set_, model), j, one) check(set_, one);
    }
    attune_document_clear(&document);
}

static inline attune_status shared_door(void *user, attune_key key, const attune_shared_kind *kind,
                                        attune_shared_build build, void *build_user, void **value,
                                        attune_error *error)
{
    return attune_shared_work_get(user, key, kind, build, build_user, value, error);
}

static inline attune_predictions learn_and_say(attune_step *step, const attune_data *data,
                                               int64_t n_train, const attune_services *services)
{
    attune_error error = {0};
    attune_context context = attune_context_root(services, attune_key_start("test"));
    attune_predictions p = {0};
    attune_rows *train = rows_from(0, n_train), *all = rows_from(0, data->n_rows);
    assert_ok(attune_step_fit(step, data, train, &context, &error), &error);
    assert_ok(attune_step_predict(step, data, all, &context, &p, &error), &error);
    attune_rows_free(train);
    attune_rows_free(all);
    return p;
}

/* The same hyperparameters with and without shared work: the same bits. Settings are pairs of a
 * name and words, {NULL} after each fit, and NULL after all. Returns how often work was found. */
static inline int64_t assert_shares(const char *type, const char *const *settings,
                                    const attune_data *data, int64_t n_train, int64_t budget)
{
    attune_error error = {0};
    attune_shared_work *work = NULL;
    assert_ok(attune_shared_work_new(&work, budget, &error), &error);
    attune_services services = {.user = work, .shared = shared_door};
    while (*settings) {
        attune_step *alone = step_of(type), *sharing = step_of(type);
        for (; *settings; settings += 2) {
            set(alone, settings[0], settings[1]);
            set(sharing, settings[0], settings[1]);
        }
        settings++;
        attune_predictions p = learn_and_say(alone, data, n_train, NULL);
        attune_predictions q = learn_and_say(sharing, data, n_train, &services);
        assert_same_fitted(alone, sharing);
        assert_memory_equal(p.values, q.values, (size_t)(p.n * p.width) * sizeof *p.values);
        attune_predictions_clear(&p);
        attune_predictions_clear(&q);
        attune_step_free(alone);
        attune_step_free(sharing);
    }
    int64_t hits = attune_shared_work_counts(work).hits;
    attune_shared_work_free(work);
    return hits;
}

/* The set of a number, for classes or for numbers, after which the document may go. */
static inline attune_data *simple_data(int64_t number, bool classes)
{
    attune_document document = {0};
    simple_read(&document);
    attune_data *data =
        golden_data(json_array_get(golden_sets(&document), (size_t)number), classes, false);
    attune_document_clear(&document);
    return data;
}

/* Columns a with a value that is missing or infinite in row 1, and b; and classes or numbers. */
static inline attune_data *spoilt(double value, bool classes)
{
    static const double b[] = {2, 3.5, 1, 7, 4, 2.385};
    static const int32_t codes[] = {0, 1, 0, 1, 1, 0};
    double a[] = {1, value, 2.5, 3, 5, 4};
    struct made made = {0};
    made_reals(&made, "a", ATTUNE_INPUT, a, 6);
    made_reals(&made, "b", ATTUNE_INPUT, b, 6);
    if (classes)
        made_codes(&made, "y", ATTUNE_TARGET, codes, 6, 2);
    else
        made_reals(&made, "y", ATTUNE_TARGET, b, 6);
    return made_data(&made, 6, classes ? ATTUNE_BINARY : ATTUNE_REGRESSION);
}

/* Neither fit nor predict takes a value that is no number; both name the column. */
static inline void assert_refuses_missing(const char *type, bool classes)
{
    static const double values[] = {NAN, INFINITY};
    static const char *const words[] = {"\"a\" has missing values: put an impute step", "\"a\" has "
                                                                                        "an inf"};
    for (int k = 0; k < 2; k++) {
        attune_error error = {0};
        attune_context context = test_context();
        attune_predictions p = {0};
        attune_data *data = spoilt(values[k], classes);
        attune_rows *all = rows_from(0, 6);
        attune_step *step = step_of(type);
        fit_rows(step, data, 0, 6, &error);
        assert_error(&error, ATTUNE_UNFIT, words[k]);
        attune_error_clear(&error);
        assert_ok(fit_rows(step, data, 2, 6, &error), &error);
        attune_step_predict(step, data, all, &context, &p, &error);
        assert_error(&error, ATTUNE_UNFIT, words[k]);
        attune_predictions_clear(&p);
        attune_step_free(step);
        attune_rows_free(all);
        attune_data_free(data);
    }
}

#endif
