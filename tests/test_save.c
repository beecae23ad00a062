/* tests/test_save.c - steps to files in memory and back, byte for byte; damaged ones refused. */
#include "steps/saver.h"
#include "tests/support.h"
#include "tests/toys.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static attune_data *small_data(void)
{
    enum { n = 5 };
    attune_error error = {0};
    attune_column *columns[2];
    for (int c = 0; c < 2; c++) {
        attune_buffer *buffer = attune_buffer_new(n * 8, &error);
        double *values = attune_buffer_bytes(buffer);
        for (int i = 0; i < n; i++)
            values[i] = i == 3 ? NAN : 2.385 * (i + 1) / (c + 3);
        attune_key id = attune_column_content(ATTUNE_REAL_COLUMN, n, values, 1, NULL);
        columns[c] = attune_column_new(c ? "height" : "width", ATTUNE_REAL_COLUMN, id, n, buffer,
                                       values, 1, NULL, &error);
        attune_buffer_free(buffer);
        assert_non_null(columns[c]);
    }
    attune_data *data = attune_data_new(columns, (attune_role[]){ATTUNE_INPUT, ATTUNE_INPUT}, 2, n,
                                        ATTUNE_REGRESSION, -1, &error);
    assert_non_null(data);
    attune_column_free(columns[0]);
    attune_column_free(columns[1]);
    return data;
}

static void set(attune_step *step, const char *path, const char *words)
{
    attune_error error = {0};
    attune_value value = {0};
    assert_ok(attune_value_from_words(&value, words, &error), &error);
    assert_ok(attune_step_set(step, path, &value, &error), &error);
    attune_value_clear(&value);
}

static attune_step *add(attune_step *box, const attune_step_type *type, const char *name)
{
    attune_error error = {0};
    attune_step *step = NULL;
    assert_ok(attune_step_new(&step, type, name, &error), &error);
    if (box)
        assert_ok(attune_step_add_take(box, step, &error), &error);
    return step;
}

static void fit(attune_step *step)
{
    attune_error error = {0};
    attune_data *data = small_data();
    attune_rows *rows = attune_rows_all(data->n_rows, &error);
    attune_context context = attune_context_root(NULL, attune_key_start("test"));
    assert_ok(attune_step_fit(step, data, rows, &context, &error), &error);
    attune_rows_free(rows);
    attune_data_free(data);
}

/* A box of two models, one of them in a box of its own; names that no folder could have. */
static attune_step *sample(void)
{
    attune_step *top = add(NULL, &toy_box, "top");
    attune_step *inner = add(top, &toy_box, "step.json");
    add(inner, &toy_model, "na\xc3\xafve model, 100%");
    add(top, &toy_model, "..");
    set(top, "favourite", "..");
    set(top, "..__rate", "0.3");
    set(top, "..__size", "null");
    set(top, "..__bold", "true");
    set(top, "..__mood", "wild");
    set(top, "..__note", "a \"quoted\" line\nand \xe2\x82\xac");
    set(top, "..__layers", "[0.1, 64, 1e-300]");
    set(top, "..__mixed", "[null, true, 3, 0.25, \"l1\", [1, 2]]");
    set(top, "..__words", "[\"\", \"b\"]");
    attune_error error = {0};
    assert_ok(attune_texts_add(&attune_step_find(top, "..")->columns, "w*", &error), &error);
    return top;
}

static attune_bundle saved(const attune_step *step)
{
    attune_bundle bundle = {0};
    attune_error error = {0};
    assert_ok(attune_step_save(step, true, &bundle, "", &toys, &error), &error);
    return bundle;
}

static attune_step *loaded(const attune_bundle *bundle)
{
    attune_error error = {0};
    attune_step *step = NULL;
    assert_ok(attune_step_load(bundle, "", &toys, &step, &error), &error);
    return step;
}

static void goes_there_and_back(void **state)
{
    (void)state;
    attune_step *top = sample();
    fit(top);
    attune_bundle bundle = saved(top);
    assert_non_null(attune_bundle_find(&bundle, "step.json"));
    assert_non_null(attune_bundle_find(&bundle, ".2e.2e/coef.npy"));
    assert_non_null(
        attune_bundle_find(&bundle, "step.2ejson/na.c3.afve.20model.2c.20100.25/intercept.npy"));
    assert_null(attune_bundle_find(&bundle, ".2e.2e/absent.npy"));
    attune_step *again = loaded(&bundle);
    attune_bundle second = saved(again);
    assert_true(attune_bundle_same(&bundle, &second));
    const struct toy *a = attune_step_find(top, "..")->self;
    const struct toy *b = attune_step_find(again, "..")->self;
    assert_memory_equal(a->coef.data, b->coef.data, 2 * 2 * sizeof(double));
    assert_true(b->intercept == 0.1 + 0.2 && b->tenths.n == 2);
    assert_true(b->tenths.items[0] == 1.0 / 3 && signbit(b->tenths.items[1]));
    assert_true(b->size == INT64_MIN && b->mood == 1 && b->bold && b->rate == 0.3);
    assert_string_equal(b->note, a->note);
    assert_null(b->absent.data);
    assert_non_null(b->heavy); /* set up once more */
    assert_true(again->fitted && !again->invalidated);
    assert_true(attune_key_same(top->key, again->key));
    assert_true(attune_key_same(attune_step_key(top), attune_step_key(again)));
    attune_step_free(top);
    attune_step_free(again);
    attune_bundle_clear(&bundle);
    attune_bundle_clear(&second);
}

static void keeps_what_is_not_fitted(void **state)
{
    (void)state;
    attune_step *top = sample();
    attune_bundle bundle = saved(top);
    attune_step *again = loaded(&bundle);
    attune_bundle second = saved(again);
    assert_true(attune_bundle_same(&bundle, &second));
    assert_false(again->fitted);
    assert_null(attune_bundle_find(&bundle, ".2e.2e/coef.npy"));
    fit(again); /* and can be fitted from there */
    attune_step_free(top);
    attune_step_free(again);
    attune_bundle_clear(&bundle);
    attune_bundle_clear(&second);
}

static void saves_what_changed(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_step *top = sample();
    attune_bundle bundle = {0};
    assert_ok(attune_step_save(top, false, &bundle, "", &toys, &error), &error);
    assert_int_equal(bundle.n, 0); /* set, but never set up */
    fit(top);
    assert_ok(attune_step_save(top, false, &bundle, "", &toys, &error), &error);
    attune_bundle full = saved(top);
    assert_true(attune_bundle_same(&bundle, &full));
    attune_step_mark_saved(top);
    attune_bundle_clear(&bundle);
    assert_ok(attune_step_save(top, false, &bundle, "", &toys, &error), &error);
    assert_int_equal(bundle.n, 0);
    fit(attune_step_find(top, ".."));
    assert_ok(attune_step_save(top, false, &bundle, "", &toys, &error), &error);
    assert_true(bundle.n > 0);
    for (int64_t i = 0; i < bundle.n; i++)
        assert_int_equal(strncmp(bundle.files[i].path, ".2e.2e/", 7), 0);
    attune_bundle_clear(&bundle);
    attune_bundle_clear(&full);
    attune_step_free(top);
}

static void keeps_names_apart(void **state)
{
    (void)state;
    static const char *const names[] = {"a b", "a.20b", "a..20b", ".",        "..",
                                        "a",   "A",     "-",      "step.json"};
    enum { n = sizeof names / sizeof *names };
    char *folders[n], wide[601];
    for (int i = 0; i < n; i++) {
        folders[i] = attune_step_child_folder("x", names[i], NULL);
        assert_true(attune_bundle_path_ok(folders[i]));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(folders[i], folders[j]);
    }
    for (int i = 0; i < n; i++)
        free(folders[i]);
    memset(wide, 'w', 600);
    wide[600] = '\0';
    char *one = attune_step_child_folder("", wide, NULL);
    wide[599] = 'v';
    char *other = attune_step_child_folder("", wide, NULL);
    assert_true(attune_bundle_path_ok(one) && attune_bundle_path_ok(other));
    assert_string_not_equal(one, other);
    free(one);
    free(other);
}

/* Replaces the only place of `from` in a file. */
static void edit(attune_bundle *bundle, const char *path, const char *from, const char *to)
{
    const attune_bundle_file *file = attune_bundle_find(bundle, path);
    assert_non_null(file);
    attune_text text = {0};
    attune_text_append_bytes(&text, file->bytes, file->length);
    char *at = strstr(text.bytes, from);
    assert_non_null(at);
    attune_text edited = {0};
    attune_text_append_bytes(&edited, text.bytes, at - text.bytes);
    attune_text_append(&edited, to);
    attune_text_append(&edited, at + strlen(from));
    int64_t length = edited.length;
    assert_ok(attune_bundle_put_take(bundle, path, attune_text_take(&edited, NULL), length, NULL),
              NULL);
    attune_text_clear(&text);
}

static void refuse(const attune_bundle *bundle, const attune_plugins *plugins, attune_status status,
                   const char *words)
{
    attune_error error = {0};
    attune_step *step = NULL;
    assert_int_equal(attune_step_load(bundle, "", plugins, &step, &error), status);
    assert_error(&error, status, words);
    assert_null(step);
}

static void refuses_what_was_changed(void **state)
{
    (void)state;
    static const char box[] = "step.json", model[] = ".2e.2e/step.json";
    static const struct {
        const char *path, *from, *to;
        attune_status status;
        const char *words;
    } edits[] = {
        {model, "\"toy_model\"", "\"toy_modle\"", ATTUNE_UNSUPPORTED, "unknown step \"toy_modle\""},
        {model, "\"version\": 2", "\"version\": 3", ATTUNE_UNSUPPORTED, "made by a newer attune"},
        {model, "\"version\": 2", "\"version\": 1", ATTUNE_UNSUPPORTED, "cannot upgrade"},
        {model, "\"version\": 2", "\"version\": -2", ATTUNE_CORRUPT, "lacks"},
        {model, "\"version\": 2", "\"version\": 2.5", ATTUNE_CORRUPT, "whole number"},
        {model, "\"type\": \"toy_model\"", "\"kind\": \"toy_model\"", ATTUNE_CORRUPT, "lacks type"},
        {model, "\"name\": \"..\"", "\"name\": \"x\"", ATTUNE_CORRUPT, "its parent calls it"},
        {model, "\"default\"", "\"defualt\"", ATTUNE_CORRUPT, "begins with \"default\""},
        {model, "[\"default\"]", "[\"default\", \"zipped\"]", ATTUNE_UNSUPPORTED, "\"zipped\""},
        {model, "\"rate\": 0.3", "\"rate\": \"x\"", ATTUNE_CORRUPT, "need a number"},
        {model, "\"rate\": 0.3", "\"rte\": 0.3", ATTUNE_CORRUPT, "did you mean \"rate\""},
        {model, "\"wild\"", "\"odd\"", ATTUNE_CORRUPT, "calm, wild"},
        {model, "\"n_classes\": 0", "\"n_classes\": -1", ATTUNE_CORRUPT, "strange number"},
        {model, "\"n_classes\": 0", "\"n_classes\": true", ATTUNE_CORRUPT, "whole number"},
        {model, "\"n_classes\": 0", "\"n_class\": 0", ATTUNE_CORRUPT, "learns no such value"},
        {model, "\"n_classes\"", "\"coef\"", ATTUNE_CORRUPT, "learns no such value"},
        {model, ",\n    \"n_classes\": 0", "", ATTUNE_CORRUPT,
         "\"n_classes\", which toy_model learns"},
        {model, "\"absent\": null", "\"absent\": {}", ATTUNE_CORRUPT, "absent.npy is missing"},
        {model, "\"absent\": null,", "", ATTUNE_CORRUPT, "\"absent\", which toy_model learns"},
        {model, "\"i32\"", "\"i64\"", ATTUNE_CORRUPT, "not of this type and shape"},
        {model, "\"shape\": [2, 2]", "\"shape\": [2, 3]", ATTUNE_CORRUPT, "this type and shape"},
        {model, "\"shape\": []", "\"shape\": [1]", ATTUNE_CORRUPT, "this type and shape"},
        {model, "\"is_fitted\": true", "\"is_fitted\": 1", ATTUNE_CORRUPT, "true or false"},
        {model, "\"fit_key\": \"", "\"fit_key\": \"g", ATTUNE_CORRUPT, "32 hexadecimal"},
        {model, "\"hyperparams\"", "\"hyper\"", ATTUNE_CORRUPT, "must be an object"},
        {model, "{", "[", ATTUNE_CORRUPT, "not JSON"},
        {box, "\"favourite\": \"..\"", "\"favourite\": \"x\"", ATTUNE_CORRUPT, "not in the box"},
        {box, "[\"step.json\", \"..\"]", "[\"step.json\", \"...\"]", ATTUNE_CORRUPT,
         ".2e.2e.2e/step.json is missing"},
        {box, "[\"step.json\", \"..\"]", "[\"..\", \"step.json\", \"..\"]", ATTUNE_CORRUPT,
         "two steps"},
        {box, "[\"step.json\", \"..\"]", "[\"../..\"]", ATTUNE_CORRUPT, "missing"},
        {box, "[\"step.json\", \"..\"]", "7", ATTUNE_CORRUPT, "list of texts"},
    };
    attune_step *top = sample();
    fit(top);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        attune_bundle bundle = saved(top);
        edit(&bundle, edits[i].path, edits[i].from, edits[i].to);
        refuse(&bundle, &toys, edits[i].status, edits[i].words);
        attune_bundle_clear(&bundle);
    }
    attune_bundle bundle = saved(top);
    refuse(&bundle, NULL, ATTUNE_UNSUPPORTED, "unknown step \"toy_box\"");
    attune_bundle_put_take(&bundle, ".2e.2e/coef.npy", attune_copy_text("junk", NULL), 4, NULL);
    refuse(&bundle, &toys, ATTUNE_CORRUPT, "not a .npy");
    attune_bundle_clear(&bundle);
    refuse(&bundle, &toys, ATTUNE_CORRUPT, "step.json is missing");
    attune_step_free(top);
}

/* Version 3 of the model: calls n_classes otherwise, and learnt one thing more. */
static attune_status upgrade(json_t *fitted, int from, attune_error *error)
{
    (void)error;
    assert_int_equal(from, 2);
    json_object_set_new(fitted, "n_classes", json_integer(7));
    return ATTUNE_OK;
}

static void upgrades_an_older_version(void **state)
{
    (void)state;
    attune_step_type newer = toy_model;
    newer.version = 3;
    newer.upgrade = upgrade;
    const attune_step_type *const types[] = {&newer, NULL};
    const attune_plugins plugins = {.steps = types};
    attune_step *model = add(NULL, &toy_model, "model"), *again = NULL;
    attune_error error = {0};
    fit(model);
    attune_bundle bundle = saved(model);
    assert_ok(attune_step_load(&bundle, "", &plugins, &again, &error), &error);
    assert_int_equal(((struct toy *)again->self)->n_classes, 7);
    assert_int_equal(((struct toy *)again->self)->coef.shape[0], 2);
    attune_step_free(again);
    attune_step_free(model);
    attune_bundle_clear(&bundle);
}

/* A saver of coef that wants n_classes in place when it loads. */
static attune_status save_twice(const attune_step *step, attune_save_job *job, attune_error *error)
{
    const attune_array *coef = &((const struct toy *)step->self)->coef;
    int64_t length = attune_array_count(coef) * 8;
    assert_int_equal(job->claimed.n, 0); /* before default, which claims the rest */
    if (!step->fitted)
        return ATTUNE_OK;
    char *bytes = malloc((size_t)length);
    assert_non_null(bytes);
    memcpy(bytes, coef->data, (size_t)length);
    attune_status status = attune_saver_add_take(job, "coef.raw", bytes, length, error);
    return status ? status : attune_texts_add(&job->claimed, "coef", error);
}

static attune_status load_twice(attune_step *step, attune_load_job *job, attune_error *error)
{
    struct toy *toy = step->self;
    const attune_bundle_file *file = attune_saver_file(job, "coef.raw");
    assert_int_equal(toy->inputs.n, 2); /* default has loaded */
    assert_null(toy->coef.data);
    if (!file || file->length != 32)
        return attune_fail(error, ATTUNE_CORRUPT, "coef.raw is missing or of another size");
    attune_status status = attune_array_make_2d(&toy->coef, ATTUNE_ARRAY_F64, 2, 2, error);
    if (!status)
        memcpy(toy->coef.data, file->bytes, 32);
    return status ? status : attune_texts_add(&job->claimed, "coef", error);
}

static void runs_savers_in_order(void **state)
{
    (void)state;
    static const attune_saver_type raw = {"raw", "coef as it lies", save_twice, load_twice};
    static const attune_saver_type *const savers[] = {&raw, NULL};
    static const char *const names[] = {"default", "raw", NULL};
    attune_step_type type = toy_model;
    type.savers = names;
    const attune_step_type *const types[] = {&type, NULL};
    const attune_plugins plugins = {types, savers};
    attune_step *model = add(NULL, &type, "model"), *again = NULL;
    attune_bundle bundle = {0}, second = {0};
    attune_error error = {0};
    fit(model);
    assert_ok(attune_step_save(model, true, &bundle, "deep/er", &plugins, &error), &error);
    assert_non_null(attune_bundle_find(&bundle, "deep/er/coef.raw"));
    assert_null(attune_bundle_find(&bundle, "deep/er/coef.npy"));
    assert_ok(attune_step_load(&bundle, "deep/er", &plugins, &again, &error), &error);
    assert_ok(attune_step_save(again, true, &second, "deep/er", &plugins, &error), &error);
    assert_true(attune_bundle_same(&bundle, &second));
    assert_memory_equal(((struct toy *)model->self)->coef.data,
                        ((struct toy *)again->self)->coef.data, 32);
    attune_step_save(model, true, &second, "x", NULL, &error);
    assert_error(&error, ATTUNE_UNSUPPORTED, "no saver is called \"raw\"");
    attune_step_free(model);
    attune_step_free(again);
    attune_bundle_clear(&bundle);
    attune_bundle_clear(&second);
}

/* More levels than a folder tree may have: an error when it is saved, not a dump that will not
 * load. */
static void limits_depth(void **state)
{
    (void)state;
    attune_step *top = add(NULL, &toy_box, "b"), *at = top;
    attune_bundle bundle = {0};
    attune_error error = {0};
    for (int i = 0; i < ATTUNE_BUNDLE_DEPTH; i++)
        at = add(at, &toy_box, "b");
    attune_step_save(top, true, &bundle, "", &toys, &error);
    assert_error(&error, ATTUNE_INVALID, "not a path");
    attune_bundle_clear(&bundle);
    attune_step_free(top);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_there_and_back),      cmocka_unit_test(keeps_what_is_not_fitted),
        cmocka_unit_test(saves_what_changed),       cmocka_unit_test(keeps_names_apart),
        cmocka_unit_test(refuses_what_was_changed), cmocka_unit_test(upgrades_an_older_version),
        cmocka_unit_test(runs_savers_in_order),     cmocka_unit_test(limits_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
