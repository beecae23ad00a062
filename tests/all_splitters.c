/* tests/all_splitters.c - what must hold for the folds of every splitter, on data made at random.
 */
#include "tests/made_data.h"

#include "spaces/base/json.h"
#include "spaces/base/stream.h"
#include "steps/splitter.h"

/* Plans for every splitter; a new one needs a row here. */
static const char *const plans[] = {
    "{\"k_fold\": {\"folds\": 2}}",
    "{\"k_fold\": {\"folds\": 5}, \"repeats\": 3}",
    "{\"k_fold\": {\"folds\": 7, \"shuffle\": false}}",
    "{\"k_fold\": {\"folds\": 3, \"stratify\": false}}",
    "{\"holdout\": 0.2}",
    "{\"holdout\": [0.5, false]}",
    "{\"holdout\": {\"share\": 0.9, \"stratify\": false}, \"repeats\": 4}",
    "{\"walk_forward\": {\"folds\": 3}}",
    "{\"walk_forward\": {\"folds\": 2, \"test\": 2, \"gap\": 1}}",
    "{\"walk_forward\": {\"folds\": 2, \"test\": \"2d\", \"gap\": \"36h\"}}",
    "{\"walk_forward\": [3, 1, 0, \"rolling\", \"3d\"]}",
    "{\"column\": \"fold\"}",
};

static const int64_t a_day = INT64_C(86400000000);

struct shape {
    int64_t n;
    int32_t n_classes; /* 0: a regression */
    int32_t n_groups;  /* 0: no group column */
    int64_t number;    /* of the draw */
};

static int32_t draw(attune_stream *stream, int64_t n)
{
    return (int32_t)attune_stream_below(stream, (uint64_t)n);
}

/* Classes and groups of uneven sizes, a day for each row, some rows without a named fold. */
static attune_data *random_data(struct shape shape)
{
    struct made made = {0};
    attune_stream stream =
        attune_stream_new(attune_key_integer(attune_key_start("data"), shape.number));
    int64_t n = shape.n;
    double *y = attune_alloc(n, sizeof *y, NULL), *who = attune_alloc(n, sizeof *who, NULL);
    int32_t *class = attune_alloc(n, sizeof *class, NULL);
    int32_t *fold = attune_alloc(n, sizeof *fold, NULL);
    int64_t *when = attune_alloc(n, sizeof *when, NULL);
    for (int64_t i = 0; i < n; i++) {
        y[i] = attune_stream_normal(&stream);
        class[i] = shape.n_classes ? draw(&stream, 1 + draw(&stream, shape.n_classes)) : 0;
        who[i] = shape.n_groups ? draw(&stream, 1 + draw(&stream, shape.n_groups)) : 0;
        fold[i] = draw(&stream, 5) - 1;
        when[i] = (draw(&stream, 20) - 5) * a_day;
    }
    if (shape.n_classes)
        made_codes(&made, "class", ATTUNE_TARGET, class, n, shape.n_classes);
    else
        made_reals(&made, "y", ATTUNE_TARGET, y, n);
    if (shape.n_groups)
        made_reals(&made, "who", ATTUNE_GROUP, who, n);
    made_codes(&made, "fold", ATTUNE_IGNORE, fold, n, 4);
    made_times(&made, "when", ATTUNE_TIME, when, n);
    free(y);
    free(who);
    free(class);
    free(fold);
    free(when);
    return made_data(&made, n,
                     shape.n_classes == 0   ? ATTUNE_REGRESSION
                     : shape.n_classes == 2 ? ATTUNE_BINARY
                                            : ATTUNE_MULTICLASS);
}

static attune_splitter *read_splitter(const char *text)
{
    attune_document document;
    attune_error error = {0};
    attune_splitter *splitter = NULL;
    assert_ok(attune_document_parse(&document, "plan", text, (int64_t)strlen(text), &error),
              &error);
    attune_at top = attune_at_top(&document);
    assert_ok(attune_splitter_from_json(&splitter, document.root, &top, &error), &error);
    attune_document_clear(&document);
    return splitter;
}

static attune_status split(const attune_splitter *splitter, const attune_data *data,
                           const attune_rows *rows, int64_t seed, attune_folds *folds)
{
    attune_error error = {0};
    attune_status status = attune_splitter_split(
        splitter, data, rows, attune_key_integer(attune_key_start("seed"), seed), folds, &error);
    assert_true(!status || (status == ATTUNE_INVALID && strlen(error.message) > 20));
    return status;
}

/* The rows i of n with i % of == rest. */
static attune_rows *some_rows(int64_t n, int64_t of, int64_t rest)
{
    int64_t *index = attune_alloc(n, sizeof *index, NULL), count = 0;
    for (int64_t i = rest; i < n; i += of)
        index[count++] = i;
    return attune_rows_new_take(index, count, NULL);
}

static bool is_named(const attune_splitter *splitter, const char *name)
{
    return strcmp(splitter->type->name, name) == 0;
}

/* Marks rows with a bit; ascending, and each is one of the selected ones (bit 1). */
static void mark(const attune_rows *rows, uint8_t *marks, uint8_t bit)
{
    assert_true(rows->n > 0);
    for (int64_t i = 0; i < rows->n; i++) {
        assert_true(i == 0 || rows->index[i - 1] <= rows->index[i]);
        assert_true(marks[rows->index[i]] & 1);
        marks[rows->index[i]] |= bit;
    }
}

static void check_sides(const attune_folds *folds, const attune_rows *rows, int64_t n_rows,
                        int64_t repeats, bool all_tested)
{
    int64_t per_repeat = folds->n / repeats;
    assert_int_equal(folds->n % repeats, 0);
    int64_t *tested = attune_alloc(n_rows, sizeof *tested, NULL);
    for (int64_t f = 0; f < folds->n; f++) {
        uint8_t *marks = attune_alloc(n_rows, 1, NULL);
        for (int64_t i = 0; i < rows->n; i++)
            marks[rows->index[i]] = 1;
        mark(folds->items[f].train, marks, 2);
        mark(folds->items[f].test, marks, 4);
        if (f % per_repeat == 0)
            memset(tested, 0, (size_t)n_rows * sizeof *tested);
        for (int64_t i = 0; i < n_rows; i++) {
            assert_true((marks[i] & 6) != 6);
            tested[i] += marks[i] >> 2;
            assert_true(tested[i] <= 1);
            if (all_tested && f % per_repeat == per_repeat - 1)
                assert_int_equal(tested[i], marks[i] & 1);
        }
        free(marks);
    }
    free(tested);
}

static void check_groups(const attune_fold *fold, const attune_data *data)
{
    const attune_column *who = attune_data_role(data, ATTUNE_GROUP);
    bool in_train[64] = {false};
    if (!who)
        return;
    for (int64_t i = 0; i < fold->train->n; i++)
        in_train[(int)who->reals[fold->train->index[i]]] = true;
    for (int64_t i = 0; i < fold->test->n; i++)
        assert_false(in_train[(int)who->reals[fold->test->index[i]]]);
}

static void check_time(const attune_fold *fold, const attune_data *data)
{
    const attune_column *when = attune_data_role(data, ATTUNE_TIME);
    int64_t last = INT64_MIN, next = INT64_MAX;
    for (int64_t i = 0; i < fold->train->n; i++)
        if (when->times[fold->train->index[i]] > last)
            last = when->times[fold->train->index[i]];
    for (int64_t i = 0; i < fold->test->n; i++)
        if (when->times[fold->test->index[i]] < next)
            next = when->times[fold->test->index[i]];
    assert_true(last < next);
}

/* Sizes of the tests, and of each class in them, differ by at most one. */
static void check_even(const attune_folds *folds, int64_t from, int64_t to, const attune_data *data,
                       bool classes)
{
    const attune_column *target = attune_data_target(data);
    for (int32_t c = -1; c < (classes ? attune_data_n_classes(data) : 0); c++) {
        int64_t least = INT64_MAX, most = 0;
        for (int64_t f = from; f < to; f++) {
            const attune_rows *test = folds->items[f].test;
            int64_t count = 0;
            for (int64_t i = 0; i < test->n; i++)
                count += c < 0 || target->codes[test->index[i]] == c;
            least = count < least ? count : least;
            most = count > most ? count : most;
        }
        assert_true(most - least <= 1);
    }
}

static void check_folds(const attune_splitter *splitter, const attune_folds *folds,
                        const attune_data *data, const attune_rows *rows, const char *plan)
{
    bool k_fold = is_named(splitter, "k_fold"), grouped = attune_data_role(data, ATTUNE_GROUP);
    assert_true(folds->n > 0);
    check_sides(folds, rows, data->n_rows, splitter->repeats, k_fold);
    for (int64_t f = 0; f < folds->n; f++) {
        if (k_fold || is_named(splitter, "holdout"))
            check_groups(&folds->items[f], data);
        if (is_named(splitter, "walk_forward"))
            check_time(&folds->items[f], data);
    }
    int64_t per_repeat = folds->n / splitter->repeats;
    for (int64_t f = 0; k_fold && !grouped && f < folds->n; f += per_repeat)
        check_even(folds, f, f + per_repeat, data, !strstr(plan, "\"stratify\": false"));
}

/* One plan on one set: the whole, a part of it, few rows, none that others see. */
static int try_plan(const char *plan, struct shape shape)
{
    int n_split = 0;
    attune_splitter *splitter = read_splitter(plan);
    attune_data *data = random_data(shape);
    for (int64_t part = 1; part <= 3; part++) {
        attune_folds folds, again, other;
        attune_rows *rows = some_rows(shape.n, part, part / 2);
        attune_status status = split(splitter, data, rows, shape.number, &folds);
        if (!status) {
            check_folds(splitter, &folds, data, rows, plan);
            assert_int_equal(split(splitter, data, rows, shape.number, &again), ATTUNE_OK);
            assert_true(attune_key_same(attune_folds_key(&folds), attune_folds_key(&again)));
            assert_int_equal(split(splitter, data, rows, -1, &other), ATTUNE_OK);
            bool shuffles = splitter->type->shuffles && splitter->type->shuffles(splitter->self);
            bool same = attune_key_same(attune_folds_key(&folds), attune_folds_key(&other));
            assert_true(shuffles ? !same || shape.n_groups || rows->n < 30 : same);
            attune_folds_clear(&again);
            attune_folds_clear(&other);
            n_split++;
        }
        attune_folds_clear(&folds);
        attune_rows_free(rows);
    }
    attune_data_free(data);
    attune_splitter_free(splitter);
    return n_split;
}

static void random_data_are_split_well(void **state)
{
    (void)state;
    for (size_t p = 0; p < sizeof plans / sizeof *plans; p++) {
        attune_stream stream =
            attune_stream_new(attune_key_integer(attune_key_start("shapes"), (int64_t)p));
        int n_split = 0;
        for (int64_t number = 0; number < 60; number++) {
            int32_t n_classes = draw(&stream, 5);
            struct shape shape = {1 + draw(&stream, number < 20 ? 12 : 300),
                                  n_classes == 1 ? 2 : n_classes,
                                  draw(&stream, 2) * (1 + draw(&stream, 50)), number};
            n_split += try_plan(plans[p], shape);
        }
        assert_true(n_split > 60); /* most of 180 can be split */
    }
}

static void one_row_is_refused(void **state)
{
    (void)state;
    attune_data *data = random_data((struct shape){1, 0, 0, 1});
    for (size_t p = 0; p < sizeof plans / sizeof *plans; p++) {
        attune_folds folds;
        attune_splitter *splitter = read_splitter(plans[p]);
        attune_rows *rows = attune_rows_all(1, NULL);
        assert_int_equal(split(splitter, data, rows, 1, &folds), ATTUNE_INVALID);
        assert_null(folds.items);
        attune_rows_free(rows);
        attune_splitter_free(splitter);
    }
    attune_data_free(data);
}

static void two_rows_are_split_or_refused(void **state)
{
    (void)state;
    int n_split = 0;
    for (size_t p = 0; p < sizeof plans / sizeof *plans; p++)
        n_split += try_plan(plans[p], (struct shape){2, 2, 0, 3});
    assert_true(n_split >= 4);
}

/* The order of a selection does not count, and copies of a row stay on one side. */
static void selections_in_any_order(void **state)
{
    (void)state;
    enum { n = 90 };
    attune_data *data = random_data((struct shape){n, 3, 0, 4});
    for (size_t p = 0; p < sizeof plans / sizeof *plans; p++) {
        attune_splitter *splitter = read_splitter(plans[p]);
        attune_folds folds, other;
        attune_rows *rows = attune_rows_all(n, NULL);
        int64_t *index = attune_alloc(2 * n, sizeof *index, NULL);
        for (int64_t i = 0; i < 2 * n; i++)
            index[i] = n - 1 - i % n;
        int64_t *once = attune_alloc(n, sizeof *once, NULL);
        memcpy(once, index, n * sizeof *once);
        attune_rows *backwards = attune_rows_new_take(once, n, NULL);
        attune_rows *twice = attune_rows_new_take(index, 2 * n, NULL);
        assert_int_equal(split(splitter, data, rows, 1, &folds), ATTUNE_OK);
        assert_int_equal(split(splitter, data, backwards, 1, &other), ATTUNE_OK);
        assert_true(attune_key_same(attune_folds_key(&folds), attune_folds_key(&other)));
        attune_folds_clear(&other);
        assert_int_equal(split(splitter, data, twice, 1, &other), ATTUNE_OK);
        for (int64_t f = 0; f < folds.n; f++) {
            assert_int_equal(other.items[f].train->n, 2 * folds.items[f].train->n);
            assert_int_equal(other.items[f].test->n, 2 * folds.items[f].test->n);
            for (int64_t i = 0; i < other.items[f].test->n; i++)
                assert_int_equal(other.items[f].test->index[i], folds.items[f].test->index[i / 2]);
        }
        attune_folds_clear(&folds);
        attune_folds_clear(&other);
        attune_rows_free(rows);
        attune_rows_free(backwards);
        attune_rows_free(twice);
        attune_splitter_free(splitter);
    }
    attune_data_free(data);
}

static void folds_are_the_same_on_any_thread(void **state)
{
    (void)state;
    enum { n_plans = sizeof plans / sizeof *plans, n_keys = 8 * n_plans };
    attune_data *data = random_data((struct shape){300, 4, 40, 5});
    attune_rows *rows = attune_rows_all(300, NULL);
    attune_splitter *splitters[n_plans];
    attune_key keys[n_keys];
    attune_status statuses[n_keys];
    for (int p = 0; p < n_plans; p++)
        splitters[p] = read_splitter(plans[p]);
#pragma omp parallel for num_threads(4) default(none) shared(splitters, keys, statuses, data, rows)
    for (int i = 0; i < n_keys; i++) {
        attune_folds folds;
        statuses[i] = attune_splitter_split(splitters[i % n_plans], data, rows,
                                            attune_key_start("x"), &folds, NULL);
        keys[i] = attune_folds_key(&folds);
        attune_folds_clear(&folds);
    }
    for (int i = 0; i < n_keys; i++) {
        assert_int_equal(statuses[i], ATTUNE_OK);
        assert_true(attune_key_same(keys[i], keys[i % n_plans]));
    }
    for (int p = 0; p < n_plans; p++)
        attune_splitter_free(splitters[p]);
    attune_rows_free(rows);
    attune_data_free(data);
}

static int64_t class_count(const attune_rows *rows, const attune_column *target, int32_t code)
{
    int64_t count = 0;
    for (int64_t i = 0; i < rows->n; i++)
        count += code < 0 || target->codes[rows->index[i]] == code;
    return count;
}

/* Many small groups leave no reason for uneven folds: each has its share within a few rows. */
static void grouped_folds_are_nearly_even(void **state)
{
    (void)state;
    enum { n = 2000 };
    attune_data *data = random_data((struct shape){n, 3, 60, 6});
    const attune_column *target = attune_data_target(data);
    attune_rows *rows = attune_rows_all(n, NULL);
    attune_folds folds;
    attune_splitter *splitter = read_splitter("{\"folds\": 5}");
    assert_int_equal(split(splitter, data, rows, 1, &folds), ATTUNE_OK);
    for (int32_t code = -1; code < 3; code++) {
        double share = (double)class_count(rows, target, code) / 5;
        for (int f = 0; f < 5; f++) {
            double count = (double)class_count(folds.items[f].test, target, code);
            assert_true(count > 0.8 * share && count < 1.2 * share);
        }
    }
    attune_folds_clear(&folds);
    attune_splitter_free(splitter);
    splitter = read_splitter("{\"holdout\": 0.3}");
    assert_int_equal(split(splitter, data, rows, 1, &folds), ATTUNE_OK);
    double share = (double)folds.items[0].test->n / n;
    assert_true(share > 0.25 && share < 0.35);
    attune_folds_clear(&folds);
    attune_splitter_free(splitter);
    attune_rows_free(rows);
    attune_data_free(data);
}

static void json_comes_back(void **state)
{
    (void)state;
    attune_error error = {0};
    for (size_t p = 0; p < sizeof plans / sizeof *plans; p++) {
        attune_splitter *splitter = read_splitter(plans[p]);
        json_t *json = attune_splitter_to_json(splitter, &error);
        char *text = attune_json_write(json, &error);
        attune_splitter *again = read_splitter(text);
        json_t *second = attune_splitter_to_json(again, &error);
        assert_true(json_equal(json, second));
        json_decref(json);
        json_decref(second);
        free(text);
        attune_splitter_free(splitter);
        attune_splitter_free(again);
    }
}

static void every_type_is_complete_and_tried(void **state)
{
    (void)state;
    for (int t = 0; attune_splitter_types[t]; t++) {
        const attune_splitter_type *type = attune_splitter_types[t];
        assert_ptr_equal(attune_splitter_type_find(type->name), type);
        assert_true(type->doc[strlen(type->doc) - 1] == '.');
        attune_splitter *splitter = NULL;
        attune_error error = {0};
        assert_ok(attune_splitter_new(&splitter, type, &error), &error);
        assert_int_equal(splitter->repeats, 1);
        attune_splitter_free(splitter);
        bool tried = false;
        for (size_t p = 0; p < sizeof plans / sizeof *plans; p++)
            tried = tried || strstr(plans[p], type->name);
        assert_true(tried);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_complete_and_tried),
        cmocka_unit_test(random_data_are_split_well),
        cmocka_unit_test(one_row_is_refused),
        cmocka_unit_test(two_rows_are_split_or_refused),
        cmocka_unit_test(selections_in_any_order),
        cmocka_unit_test(folds_are_the_same_on_any_thread),
        cmocka_unit_test(grouped_folds_are_nearly_even),
        cmocka_unit_test(json_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
