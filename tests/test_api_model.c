/* tests/test_api_model.c - a dump predicts from a program's own memory as it does from a file. */
#include "tests/support.h"

#include "search/attune.h"
#include "search/experiment.h"
#include "search/predicted.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char plan_text[] =
    "{\"data\": {\"file\": \"penguins.csv\", \"target\": \"species\"}, \"pipeline\": {\"name\": "
    "\"p\", \"steps\": [{\"step\": \"impute\"}, {\"step\": \"one_hot\"}, {\"step\": "
    "\"standard_scale\"}, {\"step\": \"logistic_regression\"}]}}";

struct fixture {
    char *scratch, *dump, *file;
    attune_predicted expected; /* by file, as the command does */
    attune_model *model;
    attune_column_view *views; /* one an input, in the layout of the data's own columns */
    int64_t n, n_rows, width;
};

static void make_dump(struct fixture *f)
{
    attune_error error = {0};
    attune_document document = {0};
    attune_plan plan = {0};
    attune_experiment experiment = {0};
    attune_step *pipeline = NULL;
    assert_ok(
        attune_document_parse(&document, "plan", plan_text, (int64_t)strlen(plan_text), &error),
        &error);
    assert_ok(attune_plan_read(&plan, &document, ATTUNE_TEST_DATA, "penguins", &error), &error);
    assert_ok(attune_experiment_open(&experiment, &plan, &error), &error);
    assert_ok(attune_experiment_pipeline(&experiment, NULL, &pipeline, &error), &error);
    assert_ok(attune_experiment_refit(&experiment, pipeline, NULL, &error), &error);
    json_t *facts = json_pack("{s:s}", "study", "made");
    attune_dump_content content = {.pipeline = pipeline,
                                   .schema = experiment.schema,
                                   .plan = plan_text,
                                   .facts = facts,
                                   .data = experiment.data};
    assert_ok(attune_dump_write(&content, f->dump, false, &error), &error);
    json_decref(facts);
    attune_step_free(pipeline);
    attune_experiment_clear(&experiment);
    attune_plan_clear(&plan);
    attune_document_clear(&document);
}

static attune_column_view view_of(const attune_data *data, const char *name)
{
    const attune_column *column = data->columns[attune_data_find(data, name)];
    attune_column_view view = {.name = column->name};
    if (column->kind == ATTUNE_REAL_COLUMN) {
        view.layout = ATTUNE_LAYOUT_F64;
        view.values = column->reals;
        view.stride = column->stride * (int64_t)sizeof(double);
    } else {
        assert_int_equal(column->kind, ATTUNE_NOMINAL_COLUMN);
        view.layout = ATTUNE_LAYOUT_I32;
        view.values = column->codes;
        view.stride = column->stride * (int64_t)sizeof(int32_t);
    }
    return view;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    attune_error error = {0};
    assert_non_null(f);
    f->scratch = scratch_folder();
    f->dump = attune_path_join(f->scratch, "best", NULL);
    f->file = attune_path_join(ATTUNE_TEST_DATA, "penguins.csv", NULL);
    make_dump(f);
    assert_ok(attune_predicted_make(&f->expected, f->dump, f->file, false, &error), &error);
    assert_ok(attune_model_open(&f->model, f->dump, &error), &error);
    f->n = attune_model_n_inputs(f->model);
    f->n_rows = f->expected.data->n_rows;
    f->width = attune_model_n_outputs(f->model);
    f->views = calloc((size_t)f->n, sizeof *f->views);
    assert_non_null(f->views);
    for (int64_t i = 0; i < f->n; i++)
        f->views[i] = view_of(f->expected.data, attune_model_input(f->model, i));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    attune_predicted_clear(&f->expected);
    attune_model_close(f->model);
    scratch_remove(f->scratch);
    free(f->views);
    free(f->dump);
    free(f->file);
    free(f);
    return 0;
}

static attune_status predict(struct fixture *f, int64_t n_rows, double *out, attune_error *error)
{
    return attune_model_predict(f->model, f->views, f->n, n_rows, out, 0, error);
}

/* All rows by these views: bit for bit what the file gives. */
static void expect_same(struct fixture *f)
{
    attune_error error = {0};
    size_t bytes = (size_t)(f->n_rows * f->width) * sizeof(double);
    double *out = malloc(bytes);
    assert_non_null(out);
    assert_ok(predict(f, f->n_rows, out, &error), &error);
    assert_memory_equal(out, f->expected.predictions.values, bytes);
    free(out);
}

static int64_t input_of(const struct fixture *f, const char *name)
{
    for (int64_t i = 0; i < f->n; i++)
        if (strcmp(attune_model_input(f->model, i), name) == 0)
            return i;
    fail_msg("there is no input %s", name);
    return -1;
}

static void test_says_what_it_needs(void **state)
{
    struct fixture *f = *state;
    int64_t sex = input_of(f, "sex"), mass = input_of(f, "body_mass_g");
    assert_int_equal(f->n, 7);
    assert_int_equal(f->width, 3);
    assert_string_equal(attune_model_class(f->model, 2), "Gentoo");
    assert_null(attune_model_class(f->model, 3));
    assert_null(attune_model_class(f->model, -1));
    assert_int_equal(attune_model_input_kind(f->model, sex), ATTUNE_INPUT_NOMINAL);
    assert_int_equal(attune_model_input_kind(f->model, mass), ATTUNE_INPUT_REAL);
    assert_int_equal(attune_model_n_levels(f->model, sex), 2);
    assert_int_equal(attune_model_n_levels(f->model, mass), 0);
    assert_string_equal(attune_model_level(f->model, sex, 0), "female");
    assert_null(attune_model_level(f->model, sex, 2));
    assert_null(attune_model_input(f->model, 7));
}

static void test_same_bits_as_the_file(void **state)
{
    expect_same(*state);
}

static void test_each_row_alone(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    double out[3];
    for (int64_t row = 0; row < f->n_rows; row++) {
        assert_ok(predict(f, 1, out, &error), &error);
        assert_memory_equal(out, f->expected.predictions.values + row * 3, sizeof out);
        for (int64_t i = 0; i < f->n; i++)
            f->views[i].values = (const char *)f->views[i].values + f->views[i].stride;
    }
}

static void test_order_and_extra_columns(void **state)
{
    struct fixture *f = *state;
    attune_column_view extra[8];
    attune_error error = {0};
    double out[3];
    for (int i = 0; i < 7; i++)
        extra[7 - i] = f->views[i];
    extra[0] = (attune_column_view){.name = "not for this model"};
    assert_ok(attune_model_predict(f->model, extra, 8, 1, out, 0, &error), &error);
    assert_memory_equal(out, f->expected.predictions.values, sizeof out);
    extra[0] = extra[1];
    assert_int_equal(attune_model_predict(f->model, extra, 8, 1, out, 0, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "is given twice");
}

/* The same values in records of other columns, with the missing ones said by bits. */
static void test_strides_and_validity(void **state)
{
    struct fixture *f = *state;
    int64_t at = input_of(f, "bill_length_mm");
    const double *reals = f->views[at].values;
    struct record {
        char before[4];
        float value;
    } *records = calloc((size_t)f->n_rows, sizeof *records);
    uint8_t *bits = calloc((size_t)f->n_rows / 8 + 1, 1);
    int64_t *whole = calloc((size_t)f->n_rows, sizeof *whole);
    double *widened = calloc((size_t)f->n_rows, sizeof *widened);
    for (int64_t i = 0; i < f->n_rows; i++) {
        records[i].value = isnan(reals[i]) ? 7 : (float)reals[i];
        widened[i] = isnan(reals[i]) ? NAN : (double)(float)reals[i];
        bits[i / 8] |= (uint8_t)(!isnan(reals[i]) << (i % 8));
    }
    size_t bytes = (size_t)(f->n_rows * f->width) * sizeof(double);
    double *a = malloc(bytes), *b = malloc(bytes);
    attune_error error = {0};
    f->views[at] = (attune_column_view){.name = "bill_length_mm",
                                        .layout = ATTUNE_LAYOUT_F32,
                                        .values = &records[0].value,
                                        .stride = sizeof *records,
                                        .validity = bits};
    assert_ok(predict(f, f->n_rows, a, &error), &error);
    f->views[at] = (attune_column_view){
        .name = "bill_length_mm", .layout = ATTUNE_LAYOUT_F64, .values = widened};
    assert_ok(predict(f, f->n_rows, b, &error), &error);
    assert_memory_equal(a, b, bytes);
    f->views[at] = view_of(f->expected.data, "bill_length_mm");
    at = input_of(f, "year");
    const double *years = f->views[at].values;
    for (int64_t i = 0; i < f->n_rows; i++)
        whole[i] = (int64_t)years[i];
    f->views[at] =
        (attune_column_view){.name = "year", .layout = ATTUNE_LAYOUT_I64, .values = whole};
    expect_same(f);
    free(records);
    free(bits);
    free(whole);
    free(widened);
    free(a);
    free(b);
}

/* Levels as Arrow's texts: bytes, offsets, validity. */
static void test_texts_are_levels(void **state)
{
    struct fixture *f = *state;
    int64_t at = input_of(f, "sex");
    const int32_t *codes = f->views[at].values;
    attune_text bytes = {0};
    int32_t *offsets = calloc((size_t)f->n_rows + 1, sizeof *offsets);
    int64_t *large = calloc((size_t)f->n_rows + 1, sizeof *large);
    uint8_t *bits = calloc((size_t)f->n_rows / 8 + 1, 1);
    for (int64_t i = 0; i < f->n_rows; i++) {
        attune_text_append(&bytes, codes[i] < 0 ? "" : attune_model_level(f->model, at, codes[i]));
        offsets[i + 1] = (int32_t)bytes.length;
        large[i + 1] = bytes.length;
        bits[i / 8] |= (uint8_t)((codes[i] >= 0) << (i % 8));
    }
    f->views[at] = (attune_column_view){.name = "sex",
                                        .layout = ATTUNE_LAYOUT_UTF8,
                                        .values = bytes.bytes,
                                        .offsets = offsets,
                                        .validity = bits};
    expect_same(f);
    f->views[at].layout = ATTUNE_LAYOUT_LARGE_UTF8;
    f->views[at].offsets = large;
    expect_same(f);
    attune_error error = {0};
    double out[6];
    large[1] = large[2] + 5;
    assert_int_equal(predict(f, 2, out, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "row 1: its offsets fall");
    attune_text_clear(&bytes);
    free(offsets);
    free(large);
    free(bits);
}

static void refuse(struct fixture *f, int64_t at, attune_column_view view, attune_status status,
                   const char *words)
{
    attune_error error = {0};
    attune_column_view was = f->views[at];
    double out[3] = {5, 5, 5};
    f->views[at] = view;
    assert_int_equal(predict(f, 1, out, &error), status);
    assert_error(&error, status, words);
    assert_true(out[0] == 5 && out[2] == 5);
    f->views[at] = was;
}

static void test_wrong_columns(void **state)
{
    struct fixture *f = *state;
    int64_t mass = input_of(f, "body_mass_g"), sex = input_of(f, "sex");
    const double infinite = INFINITY, one = 1;
    const int32_t high = 2, low = -3;
    attune_column_view v = f->views[mass];
    v.name = "mass";
    refuse(f, mass, v, ATTUNE_NOT_FOUND, "column \"body_mass_g\" is missing");
    v = f->views[mass], v.values = &infinite;
    refuse(f, mass, v, ATTUNE_INVALID, "column \"body_mass_g\", row 0: the number is not finite");
    v.values = NULL;
    refuse(f, mass, v, ATTUNE_INVALID, "there are no values");
    v.layout = ATTUNE_LAYOUT_UTF8;
    refuse(f, mass, v, ATTUNE_INVALID, "the model needs numbers");
    v.layout = (attune_layout)77;
    refuse(f, mass, v, ATTUNE_INVALID, "the model needs numbers");
    v = f->views[sex], v.values = &high;
    refuse(f, sex, v, ATTUNE_INVALID, "column \"sex\", row 0: the code is not one of a level");
    v.values = &low;
    refuse(f, sex, v, ATTUNE_INVALID, "the code is not one of a level");
    v.values = &one, v.layout = ATTUNE_LAYOUT_F64;
    refuse(f, sex, v, ATTUNE_INVALID, "the model needs levels");
    v.layout = ATTUNE_LAYOUT_UTF8;
    refuse(f, sex, v, ATTUNE_INVALID, "there are no offsets");
}

static void test_wrong_calls(void **state)
{
    struct fixture *f = *state;
    attune_error error = {0};
    attune_model *model = NULL;
    double out[9];
    attune_status status = attune_model_open(&model, f->scratch, &error);
    assert_int_not_equal(status, ATTUNE_OK);
    assert_error(&error, status, "");
    assert_null(model);
    assert_int_equal(attune_model_open(NULL, f->dump, &error), ATTUNE_INVALID);
    assert_int_equal(attune_model_open(&model, NULL, &error), ATTUNE_INVALID);
    assert_int_equal(attune_model_predict(NULL, f->views, f->n, 1, out, 0, &error), ATTUNE_INVALID);
    assert_int_equal(attune_model_predict(f->model, NULL, f->n, 1, out, 0, &error), ATTUNE_INVALID);
    assert_int_equal(attune_model_predict(f->model, f->views, f->n, 1, NULL, 0, &error),
                     ATTUNE_INVALID);
    assert_int_equal(attune_model_predict(f->model, f->views, f->n, -1, out, 0, &error),
                     ATTUNE_INVALID);
    assert_int_equal(attune_model_predict(f->model, f->views, f->n, 1, out, 2, &error),
                     ATTUNE_INVALID);
    assert_int_equal(attune_model_predict(f->model, f->views, 0, 1, out, 0, &error),
                     ATTUNE_NOT_FOUND);
    assert_ok(attune_model_predict(f->model, f->views, f->n, 0, NULL, 0, &error), &error);
    for (int i = 0; i < 9; i++)
        out[i] = -1;
    assert_ok(attune_model_predict(f->model, f->views, f->n, 2, out, 5, &error), &error);
    assert_memory_equal(out + 5, f->expected.predictions.values + 3, 3 * sizeof *out);
    assert_true(out[3] == -1 && out[4] == -1 && out[8] == -1);
    attune_model_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_says_what_it_needs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_bits_as_the_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_row_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order_and_extra_columns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_strides_and_validity, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_texts_are_levels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_columns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_calls, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
