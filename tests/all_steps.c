/* tests/all_steps.c - what every step of the registry keeps to: its table, its space, its fit.
 *
 * Transforms are given mixed data with missing values, models clean numbers for each of their
 * tasks. Containers hold other steps and have a test of their own: only their table is looked at.
 */
#include "steps/saver.h"
#include "tests/fitting.h"

enum { n_rows = 24, n_train = 18 };

/* Figures without a pattern, from -1 to 1. */
static double noise(int64_t i)
{
    attune_key key = attune_key_integer(attune_key_start("noise"), i);
    return 2 * ((double)(key.low >> 11) * 0x1p-53) - 1;
}

enum spoil { AS_IS, SPOILT }; /* rows from n_train on are of no account */

static void add_target(struct made *made, attune_task task, enum spoil spoil)
{
    double y[n_rows];
    int32_t codes[n_rows];
    int32_t n = task == ATTUNE_BINARY ? 2 : 3;
    for (int i = 0; i < n_rows; i++) {
        bool spoilt = spoil == SPOILT && i >= n_train;
        y[i] = spoilt ? 1e6 : 3 * noise(i) + noise(1000 + i);
        codes[i] = spoilt ? 0 : i == 5 ? n - 1 : noise(i) > 0.1; /* three: one row in a class */
    }
    if (task == ATTUNE_REGRESSION)
        made_reals(made, "y", ATTUNE_TARGET, y, n_rows);
    else if (task != ATTUNE_NO_TASK)
        made_codes(made, "y", ATTUNE_TARGET, codes, n_rows, n);
}

static attune_data *clean(attune_task task, enum spoil spoil)
{
    struct made made = {0};
    for (int c = 0; c < 4; c++) {
        char name[] = {'x', (char)('0' + c), 0};
        double values[n_rows];
        for (int i = 0; i < n_rows; i++)
            values[i] = spoil == SPOILT && i >= n_train ? 1e9
                        : c == 3                        ? 2.385 /* constant */
                                                        : noise(i + c) * (c + 1) + c;
        made_reals(&made, name, ATTUNE_INPUT, values, n_rows);
    }
    add_target(&made, task, spoil);
    return made_data(&made, n_rows, task);
}

/* Every kind but text, with holes; the last level of plan comes after the training rows only. */
static attune_data *mixed(attune_task task, enum spoil spoil, bool holes)
{
    struct made made = {0};
    double age[n_rows], none[n_rows];
    int32_t plan[n_rows], sex[n_rows];
    int64_t signup[n_rows];
    for (int i = 0; i < n_rows; i++) {
        bool spoilt = spoil == SPOILT && i >= n_train, hole = holes && i % 5 == 2;
        age[i] = spoilt ? -1e9 : hole ? NAN : 40 + 20 * noise(i + 50);
        none[i] = holes ? NAN : 1.5;
        plan[i] = spoilt ? 0 : hole ? -1 : i >= n_train && holes ? 3 : i % 3;
        sex[i] = spoilt ? 1 : holes && i == n_rows - 1 ? ATTUNE_CODE_UNSEEN : noise(i + 70) > 0;
        signup[i] = spoilt ? 0
                    : hole ? ATTUNE_TIME_MISSING
                           : (int64_t)(1.5e15 + 1e14 * noise(i + 90));
    }
    made_reals(&made, "age", ATTUNE_INPUT, age, n_rows);
    made_codes(&made, "plan", ATTUNE_INPUT, plan, n_rows, 4);
    made_reals(&made, "none", ATTUNE_INPUT, none, n_rows);
    made_times(&made, "signup", ATTUNE_INPUT, signup, n_rows);
    made_codes(&made, "sex", ATTUNE_INPUT, sex, n_rows, 2);
    add_target(&made, task, spoil);
    return made_data(&made, n_rows, task);
}

static bool is_container(const attune_step_type *type)
{
    for (const attune_field *field = type->fields; field->kind; field++)
        if (field->kind == ATTUNE_FIELD_CHILDREN)
            return true;
    return false;
}

/* One step type on one kind of data. */
struct trial {
    const attune_step_type *type;
    attune_task task;
};

static attune_data *data_for(const struct trial *trial, enum spoil spoil)
{
    return trial->type->predict ? clean(trial->task, spoil) : mixed(trial->task, spoil, true);
}

typedef void (*check_of)(const struct trial *trial);

static void for_each_trial(check_of check)
{
    for (int64_t i = 0; attune_step_types[i]; i++) {
        const attune_step_type *type = attune_step_types[i];
        if (is_container(type))
            continue;
        for (int task = ATTUNE_REGRESSION; task <= ATTUNE_MULTICLASS; task++)
            if (!type->predict || (type->tasks >> task & 1))
                check(&(struct trial){type, (attune_task)task});
    }
}

/* With few epochs, where there are any: what is looked at here does not depend on them. */
static attune_step *quick_step(const attune_step_type *type)
{
    attune_step *step = step_of(type->name);
    if (attune_field_find(type->fields, "epochs"))
        set(step, "epochs", "8");
    return step;
}

static attune_step *fitted(const struct trial *trial, const attune_data *data)
{
    attune_error error = {0};
    attune_step *step = quick_step(trial->type);
    assert_ok(fit_rows(step, data, 0, n_train, &error), &error);
    assert_true(step->fitted);
    return step;
}

static attune_predictions predicted(const attune_step *step, const attune_data *data)
{
    attune_error error = {0};
    attune_context context = test_context();
    attune_predictions p = {0};
    attune_rows *rows = rows_from(0, data->n_rows);
    assert_ok(attune_step_predict(step, data, rows, &context, &p, &error), &error);
    attune_rows_free(rows);
    return p;
}

/* Row a of what one step makes of one data is row b of what another makes of another. */
static void assert_same_row(const struct trial *trial, const attune_data *x, int64_t a,
                            const attune_data *y, int64_t b)
{
    assert_int_equal(x->n_columns, y->n_columns);
    for (int64_t c = 0; c < x->n_columns; c++)
        if (!same_cell(x->columns[c], a, column_of(y, x->columns[c]->name), b))
            fail_msg("%s: \"%s\" differs in row %d", trial->type->name, x->columns[c]->name,
                     (int)a);
}

/* What two fitted steps make of two data sets that hold the same rows, bit for bit. */
static void assert_same_work(const struct trial *trial, const attune_step *a,
                             const attune_data *of_a, const attune_step *b, const attune_data *of_b)
{
    if (trial->type->predict) {
        attune_predictions p = predicted(a, of_a), q = predicted(b, of_b);
        size_t bytes = (size_t)(p.n * p.width) * sizeof(double);
        if (p.n != q.n || p.width != q.width || memcmp(p.values, q.values, bytes) != 0)
            fail_msg("%s: predictions differ", trial->type->name);
        attune_predictions_clear(&p);
        attune_predictions_clear(&q);
        return;
    }
    attune_data *x = through(a, of_a), *y = through(b, of_b);
    for (int64_t r = 0; r < n_rows; r++)
        assert_same_row(trial, x, r, y, r);
    attune_data_free(x);
    attune_data_free(y);
}

static void table_is_sane(const attune_step_type *type)
{
    assert_true(type->doc && strlen(type->doc) > 15 && type->version >= 1 && type->size > 0);
    assert_ptr_equal(attune_step_type_find(type->name), type);
    assert_true(type->transform || type->predict);
    assert_true(type->fit || type->fit_transform);
    assert_true(!type->predict || is_container(type) || type->tasks);
    bool arrays = false;
    attune_step *step = step_of(type->name);
    for (const attune_field *field = type->fields; field->kind; field++) {
        if (!field->doc || strlen(field->doc) < 3)
            fail_msg("%s.%s has no doc", type->name, field->name);
        arrays |= field->kind == ATTUNE_FIELD_ARRAY;
        assert_ptr_equal(attune_field_find(type->fields, field->name), field); /* no name twice */
        if (field->fitted || field->kind == ATTUNE_FIELD_CHILDREN)
            continue;
        attune_error error = {0};
        attune_value value = {0}, back = {0};
        if (field->kind == ATTUNE_FIELD_REALS || field->kind == ATTUNE_FIELD_VALUES ||
            field->kind == ATTUNE_FIELD_TEXTS)
            continue; /* empty at first, which may be refused */
        assert_ok(attune_field_default(field, &value, &error), &error);
        if (value.kind != ATTUNE_VALUE_NULL || field->nullable)
            assert_ok(attune_step_set(step, field->name, &value, &error), &error);
        assert_ok(attune_step_get(step, field->name, &back, &error), &error);
        assert_true(attune_value_same(&value, &back));
        attune_value_clear(&value);
        attune_value_clear(&back);
    }
    if (arrays && !type->check_fitted)
        fail_msg("%s: arrays that are loaded must be checked", type->name);
    attune_step_free(step);
}

static void every_table_is_sane(void **state)
{
    (void)state;
    for (int64_t i = 0; attune_step_types[i]; i++)
        table_is_sane(attune_step_types[i]);
}

static void space_is_of_its_fields(const attune_step_type *type)
{
    attune_error error = {0};
    attune_step *step = step_of(type->name);
    attune_space *space = space_of(type->space);
    for (int64_t i = 0; i < space->n; i++)
        for (double u = 0; u <= 1; u += 0.25) {
            attune_value value = {0};
            const attune_distribution *distribution = space->dimensions[i].distribution;
            double x = attune_distribution_quantile(distribution, u);
            assert_ok(attune_distribution_value(distribution, x, &value, &error), &error);
            assert_ok(attune_step_set(step, space->dimensions[i].name, &value, &error), &error);
            attune_value_clear(&value);
        }
    attune_space_free(space);
    attune_step_free(step);
}

static void every_default_space_can_be_set(void **state)
{
    (void)state;
    for (int64_t i = 0; attune_step_types[i]; i++)
        if (attune_step_types[i]->space)
            space_is_of_its_fields(attune_step_types[i]);
}

static void is_the_same_again(const struct trial *trial)
{
    attune_data *data = data_for(trial, AS_IS), *other = data_for(trial, SPOILT);
    attune_step *a = fitted(trial, data), *b = fitted(trial, other), *clone = NULL;
    attune_error error = {0};
    assert_ok(fit_rows(b, data, 0, n_train, &error), &error); /* nothing is left of the other */
    assert_same_fitted(a, b);
    assert_true(attune_key_same(a->key, b->key));
    assert_same_work(trial, a, data, b, data);
    assert_ok(attune_step_clone(a, &clone, &error), &error);
    assert_false(clone->fitted);
    assert_ok(fit_rows(clone, data, 0, n_train, &error), &error);
    assert_same_fitted(a, clone);
    attune_step_free(a);
    attune_step_free(b);
    attune_step_free(clone);
    attune_data_free(data);
    attune_data_free(other);
}

static void learns_from_its_rows_alone(const struct trial *trial)
{
    attune_data *data = data_for(trial, AS_IS), *other = data_for(trial, SPOILT);
    other->id = data->id; /* for the same draws */
    attune_step *a = fitted(trial, data), *b = fitted(trial, other);
    assert_same_fitted(a, b);
    attune_step_free(a);
    attune_step_free(b);
    attune_data_free(data);
    attune_data_free(other);
}

static void a_row_alone_is_the_same(const struct trial *trial)
{
    attune_data *data = data_for(trial, AS_IS);
    attune_step *step = fitted(trial, data);
    attune_predictions all = {0};
    attune_data *whole = NULL;
    if (trial->type->predict)
        all = predicted(step, data);
    else
        whole = through(step, data);
    for (int64_t r = 0; r < n_rows; r++) {
        attune_data *alone = row_alone(data, r);
        if (whole) {
            attune_data *out = through(step, alone);
            assert_same_row(trial, whole, r, out, 0);
            attune_data_free(out);
        } else {
            attune_predictions p = predicted(step, alone);
            assert_memory_equal(p.values, all.values + r * all.width,
                                (size_t)all.width * sizeof(double));
            attune_predictions_clear(&p);
        }
        attune_data_free(alone);
    }
    attune_predictions_clear(&all);
    attune_data_free(whole);
    attune_step_free(step);
    attune_data_free(data);
}

static attune_data *backwards(const attune_data *data)
{
    attune_column *columns[made_most];
    attune_role roles[made_most];
    for (int64_t i = 0; i < data->n_columns; i++) {
        columns[i] = data->columns[data->n_columns - 1 - i];
        roles[i] = data->roles[data->n_columns - 1 - i];
    }
    attune_data *made = attune_data_new(columns, roles, data->n_columns, data->n_rows, data->task,
                                        data->positive, NULL);
    assert_non_null(made);
    return made;
}

/* Transforms find their columns wherever they are. A model takes a matrix: it gives the same of
 * columns in another order, or refuses them by name (a schema puts a file's columns in order). */
static void finds_columns_by_name(const struct trial *trial)
{
    attune_error error = {0};
    attune_context context = test_context();
    attune_data *data = data_for(trial, AS_IS), *other = backwards(data);
    attune_step *step = fitted(trial, data);
    attune_predictions p = {0};
    attune_rows *rows = rows_from(0, n_rows);
    if (trial->type->predict &&
        attune_step_predict(step, other, rows, &context, &p, &error) != ATTUNE_OK)
        assert_error(&error, ATTUNE_INVALID, "\"x");
    else
        assert_same_work(trial, step, data, step, other);
    if (!trial->type->predict) {
        attune_step *again = fitted(trial, other);
        assert_same_work(trial, step, data, again, other);
        attune_step_free(again);
    }
    attune_predictions_clear(&p);
    attune_rows_free(rows);
    attune_step_free(step);
    attune_data_free(data);
    attune_data_free(other);
}

static void misses_a_column_by_name(const struct trial *trial)
{
    attune_context context = test_context();
    attune_data *data = data_for(trial, AS_IS);
    attune_step *step = fitted(trial, data);
    attune_rows *rows = rows_from(0, n_rows);
    for (int64_t i = 0; i < data->n_columns; i++) {
        attune_error error = {0};
        uint8_t drop[made_most] = {0};
        attune_data *out = NULL;
        attune_predictions p = {0};
        drop[i] = 1;
        attune_data *less = attune_data_with(data, NULL, drop, NULL, 0, &error);
        attune_status status = trial->type->predict
                                   ? attune_step_predict(step, less, rows, &context, &p, &error)
                                   : attune_step_transform(step, less, &context, &out, &error);
        if (status)
            assert_error(&error, ATTUNE_INVALID, data->columns[i]->name);
        attune_predictions_clear(&p);
        attune_data_free(out);
        attune_data_free(less);
    }
    attune_rows_free(rows);
    attune_step_free(step);
    attune_data_free(data);
}

static void gives_finite_numbers(const struct trial *trial)
{
    attune_data *data =
        trial->type->predict ? clean(trial->task, AS_IS) : mixed(trial->task, AS_IS, false);
    attune_step *step = fitted(trial, data);
    if (trial->type->predict) {
        attune_predictions p = predicted(step, data);
        assert_int_equal(p.n_classes, attune_data_n_classes(data));
        for (int64_t r = 0; r < p.n; r++) {
            double sum = 0;
            for (int64_t k = 0; k < p.width; k++) {
                assert_true(isfinite(p.values[r * p.width + k]));
                sum += p.values[r * p.width + k];
            }
            if (p.n_classes)
                assert_close(sum, 1, 1e-9);
        }
        attune_predictions_clear(&p);
    } else {
        attune_data *out = through(step, data);
        for (int64_t c = 0; c < out->n_columns; c++)
            for (int64_t r = 0; r < n_rows; r++)
                assert_false(attune_column_missing(out->columns[c], r));
        attune_data_free(out);
    }
    attune_step_free(step);
    attune_data_free(data);
}

/* It may be too little to fit, which is said; it may not be too little to work. */
static void takes_a_single_row(const struct trial *trial)
{
    attune_error error = {0};
    attune_data *data = data_for(trial, AS_IS);
    attune_step *step = quick_step(trial->type);
    attune_status status = fit_rows(step, data, 0, 1, &error);
    assert_int_equal(step->fitted, status == ATTUNE_OK);
    if (status)
        assert_error(&error, ATTUNE_UNFIT, "");
    else
        assert_same_work(trial, step, data, step, data);
    attune_step_free(step);
    attune_data_free(data);
}

static attune_status stop_now(void *user, attune_error *error)
{
    (void)user;
    return attune_fail(error, ATTUNE_STOPPED, "enough");
}

static void stops_when_told(const struct trial *trial)
{
    attune_error error = {0};
    attune_services services = {.stop = stop_now};
    attune_context context = attune_context_root(&services, attune_key_start("test"));
    attune_data *data = data_for(trial, AS_IS);
    attune_rows *rows = rows_from(0, n_train);
    attune_step *step = quick_step(trial->type);
    attune_status status = attune_step_fit(step, data, rows, &context, &error);
    assert_true(status == ATTUNE_OK || status == ATTUNE_STOPPED);
    assert_int_equal(step->fitted, status == ATTUNE_OK);
    assert_false(step->train);
    attune_rows_free(rows);
    attune_step_free(step);
    attune_data_free(data);
}

static void is_saved_and_loaded(const struct trial *trial)
{
    attune_error error = {0};
    attune_bundle bundle = {0}, second = {0};
    attune_data *data = data_for(trial, AS_IS);
    attune_step *step = fitted(trial, data), *again = NULL;
    assert_ok(attune_step_save(step, true, &bundle, "s", NULL, &error), &error);
    assert_ok(attune_step_load(&bundle, "s", NULL, &again, &error), &error);
    assert_ok(attune_step_save(again, true, &second, "s", NULL, &error), &error);
    assert_true(attune_bundle_same(&bundle, &second));
    assert_same_fitted(step, again);
    assert_same_work(trial, step, data, again, data);
    if (!trial->type->predict) {
        attune_data *a = through(step, data), *b = through(again, data);
        assert_true(attune_key_same(a->id, b->id));
        attune_data_free(a);
        attune_data_free(b);
    }
    attune_text line = {0};
    if (trial->type->describe) {
        trial->type->describe(again->self, &line);
        assert_true(line.length > 3 && !strchr(line.bytes, '\n'));
    }
    attune_text_clear(&line);
    attune_bundle_clear(&bundle);
    attune_bundle_clear(&second);
    attune_step_free(step);
    attune_step_free(again);
    attune_data_free(data);
}

#define EACH(check)                                                                                \
    static void each_##check(void **state)                                                         \
    {                                                                                              \
        (void)state;                                                                               \
        for_each_trial(check);                                                                     \
    }

EACH(is_the_same_again)
EACH(learns_from_its_rows_alone)
EACH(a_row_alone_is_the_same)
EACH(finds_columns_by_name)
EACH(misses_a_column_by_name)
EACH(gives_finite_numbers)
EACH(takes_a_single_row)
EACH(stops_when_told)
EACH(is_saved_and_loaded)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table_is_sane),
        cmocka_unit_test(every_default_space_can_be_set),
        cmocka_unit_test(each_is_the_same_again),
        cmocka_unit_test(each_learns_from_its_rows_alone),
        cmocka_unit_test(each_a_row_alone_is_the_same),
        cmocka_unit_test(each_finds_columns_by_name),
        cmocka_unit_test(each_misses_a_column_by_name),
        cmocka_unit_test(each_gives_finite_numbers),
        cmocka_unit_test(each_takes_a_single_row),
        cmocka_unit_test(each_stops_when_told),
        cmocka_unit_test(each_is_saved_and_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
