/* tests/test_tree_models.c - models of trees on small files, bit for bit those of a golden file.
 *
 * This file is built once more for each kind of processor, with the hot loops compiled for it.
 * With --print it prints a golden file. */
#include "steps/data/schema.h"
#include "tests/fitting.h"

#include <string.h>

#ifdef ATTUNE_LEVEL
static bool runs_here(void)
{
    return strcmp(ATTUNE_LEVEL, "x86-64-v4") == 0
               ? __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
           : strcmp(ATTUNE_LEVEL, "x86-64-v3") == 0 ? __builtin_cpu_supports("avx2")
                                                    : true;
}
#else
static bool runs_here(void)
{
    return true;
}
#endif

struct model {
    const char *name, *file, *target, *type, *settings[4][2];
    bool needs_libm; /* its figures go through logarithms and the like, which differ between C
                        libraries */
};

static const struct model models[] = {
    {"boosting", "credit.csv", "Amount", "gradient_boosting", {{0}}, false},
    {"boosting, sampled",
     "credit.csv",
     "Amount",
     "gradient_boosting",
     {{"subsample", "0.7"}, {"colsample_bynode", "0.6"}, {"num_leaves", "60"}, {"reg_alpha", "1"}},
     false},
    {"boosting, random cuts",
     "credit.csv",
     "Amount",
     "gradient_boosting",
     {{"extra_trees", "true"}, {"objective", "absolute"}},
     false},
    {"forest", "credit.csv", "Amount", "random_forest", {{"n_estimators", "20"}}, false},
    {"random cuts", "credit.csv", "Amount", "extra_trees", {{"n_estimators", "20"}}, false},
    {"random cuts, classes",
     "penguins.csv",
     "species",
     "extra_trees",
     {{"n_estimators", "20"}},
     true},
    {"forest, classes", "credit.csv", "Status", "random_forest", {{"n_estimators", "10"}}, true},
    {"forest, more classes",
     "penguins.csv",
     "species",
     "random_forest",
     {{"n_estimators", "10"}},
     true},
    {"boosting, two classes", "credit.csv", "Status", "gradient_boosting", {{0}}, true},
    {"boosting, classes", "penguins.csv", "species", "gradient_boosting", {{0}}, true},
};
enum { n_models = sizeof models / sizeof *models };

static attune_data *read_data(const char *file, const char *target)
{
    char path[512];
    attune_error error = {0};
    attune_table *table = NULL;
    attune_schema *schema = NULL;
    attune_data *data = NULL;
    attune_schema_request request = {.target = target};
    snprintf(path, sizeof path, "%s/%s", ATTUNE_TEST_DATA, file);
    assert_ok(attune_table_read(&table, path, NULL, &error), &error);
    assert_ok(attune_schema_infer(&schema, table, &request, NULL, &error), &error);
    assert_ok(attune_schema_data(schema, table, true, &data, NULL, &error), &error);
    attune_schema_free(schema);
    attune_table_free(table);
    return data;
}

/* Everything that was learnt, and what it says of every row. */
static attune_key digest(const attune_step *step, const attune_data *data)
{
    attune_error error = {0};
    attune_context context = test_context();
    attune_predictions p = {0};
    attune_rows *rows = rows_from(0, data->n_rows);
    attune_key key = attune_key_start("model");
    for (const attune_field *field = step->type->fields; field->kind; field++) {
        const attune_array *array = (const void *)((const char *)step->self + field->offset);
        if (field->kind == ATTUNE_FIELD_ARRAY)
            key = attune_key_bytes(key, array->data,
                                   attune_array_count(array) *
                                       (int64_t)attune_array_item_size(array->type));
    }
    assert_ok(attune_step_predict(step, data, rows, &context, &p, &error), &error);
    key = attune_key_bytes(key, p.values, p.n * p.width * (int64_t)sizeof *p.values);
    attune_predictions_clear(&p);
    attune_rows_free(rows);
    return key;
}

static attune_key key_of(const struct model *model)
{
    attune_data *data = read_data(model->file, model->target);
    attune_step *step = step_of(model->type);
    for (int i = 0; i < 4 && model->settings[i][0]; i++)
        set(step, model->settings[i][0], model->settings[i][1]);
    fit_all(step, data);
    attune_key key = digest(step, data);
    attune_step_free(step);
    attune_data_free(data);
    return key;
}

/* Of this C library's figures: others may be rounded otherwise. */
static attune_key libm_key(void)
{
    attune_key key = attune_key_start("libm");
    for (int i = 1; i < 4000; i++) {
        double x = i / 4001.0;
        key = attune_key_real(attune_key_real(key, log(x)), exp(-8 * x));
    }
    return key;
}

static const char *golden_of(const attune_document *document, const char *name)
{
    return json_string_value(json_object_get(document->root, name));
}

static void models_are_the_golden_ones(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_document document = {0};
    char text[ATTUNE_KEY_TEXT_SIZE];
    assert_ok(attune_document_read(&document, ATTUNE_TEST_GOLDEN "/tree_models.json", &error),
              &error);
    bool same_libm = strcmp(golden_of(&document, "libm"), attune_key_name(libm_key(), text)) == 0;
    for (int i = 0; i < n_models; i++) {
        if (models[i].needs_libm && !same_libm)
            continue;
        attune_key_name(key_of(&models[i]), text);
        if (strcmp(golden_of(&document, models[i].name), text) != 0)
            fail_msg("%s: %s, golden %s", models[i].name, text,
                     golden_of(&document, models[i].name));
    }
    attune_document_clear(&document);
}

static int print_golden(void)
{
    char text[ATTUNE_KEY_TEXT_SIZE];
    printf("{\n    \"libm\": \"%s\"", attune_key_name(libm_key(), text));
    for (int i = 0; i < n_models; i++)
        printf(",\n    \"%s\": \"%s\"", models[i].name, attune_key_name(key_of(&models[i]), text));
    printf("\n}\n");
    return 0;
}

int main(int count, char **words)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_are_the_golden_ones),
    };
    if (!runs_here())
        return 77;
    if (count == 2 && strcmp(words[1], "--print") == 0)
        return print_golden();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
