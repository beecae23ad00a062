/* tests/all_models.c - what every model makes of data that are hard to learn from.
 *
 * Each shape is fitted as it is, behind what a default plan would put before the model, and
 * (classes) calibrated as well, at the defaults and at points of the model's default space. What
 * comes of it is a fit whose predictions are numbers, or a reason in words. */
#include "tests/fitting.h"

enum { most_rows = 40, most_inputs = 30, most_levels = 300, n_points = 4 };

/* What a shape is made from: reals, one nominal input, a target, weights. */
struct cells {
    int n_rows, n_train, n_inputs, n_levels; /* no levels: no nominal input */
    double x[most_inputs][most_rows], y[most_rows], weight[most_rows];
    int32_t level[most_rows], code[most_rows];
    bool weighted;
};

static double noise(int64_t i)
{
    attune_key key = attune_key_integer(attune_key_start("noise"), i);
    return 2 * ((double)(key.low >> 11) * 0x1p-53) - 1;
}

static struct cells ordinary(attune_task task)
{
    struct cells c = {.n_rows = 24, .n_train = 18, .n_inputs = 3};
    for (int i = 0; i < most_rows; i++) {
        for (int j = 0; j < most_inputs; j++)
            c.x[j][i] = noise(100 * j + i) + j;
        c.y[i] = 3 * c.x[0][i] - c.x[1][i] + noise(9000 + i);
        c.code[i] = task == ATTUNE_BINARY ? c.y[i] > 0 : i % 3;
        c.weight[i] = 1;
    }
    return c;
}

static void one_row_in_a_class(struct cells *c)
{
    for (int i = 0; i < c->n_rows; i++)
        c->code[i] = i == 5;
}

static void one_class_in_training(struct cells *c)
{
    for (int i = 0; i < c->n_rows; i++)
        c->code[i] = i >= c->n_train;
}

static void one_valued_target(struct cells *c)
{
    for (int i = 0; i < c->n_rows; i++) {
        c->y[i] = 2.385;
        c->code[i] = 1;
    }
}

static void fill(struct cells *c, int input, double value)
{
    for (int i = 0; i < most_rows; i++)
        c->x[input][i] = value;
}

static void constant_columns(struct cells *c)
{
    for (int j = 0; j < c->n_inputs; j++)
        fill(c, j, 0.1 * (j + 1)); /* no exact mean */
}

static void a_column_all_missing(struct cells *c)
{
    fill(c, 1, NAN);
}

static void all_columns_missing(struct cells *c)
{
    for (int j = 0; j < c->n_inputs; j++)
        fill(c, j, NAN);
}

static void missing_in_training(struct cells *c)
{
    for (int i = 0; i < c->n_train; i++)
        c->x[2][i] = NAN;
}

static void holes(struct cells *c)
{
    for (int i = 0; i < c->n_rows; i += 3)
        c->x[i % 2][i] = NAN;
}

static void infinite_values(struct cells *c)
{
    c->x[0][3] = INFINITY;
    c->x[1][4] = -INFINITY;
    c->x[2][c->n_train + 1] = -INFINITY;
}

static void infinite_beside_training(struct cells *c)
{
    c->x[0][c->n_train] = INFINITY;
    c->x[0][c->n_train + 1] = -INFINITY;
}

static void unseen_levels(struct cells *c)
{
    c->n_levels = most_levels;
    for (int i = 0; i < c->n_rows; i++)
        c->level[i] = i < c->n_train ? i % 7 : 100 + i;
    c->level[2] = ATTUNE_CODE_MISSING;
    c->level[c->n_rows - 1] = ATTUNE_CODE_UNSEEN;
}

static void a_level_a_row(struct cells *c)
{
    c->n_levels = most_levels;
    for (int i = 0; i < c->n_rows; i++)
        c->level[i] = 3 * i;
}

static void levels_all_missing(struct cells *c)
{
    c->n_levels = 2;
    for (int i = 0; i < c->n_rows; i++)
        c->level[i] = ATTUNE_CODE_MISSING;
}

static void weigh(struct cells *c, double weight)
{
    c->weighted = true;
    for (int i = 0; i < c->n_rows; i++)
        c->weight[i] = weight;
}

static void no_weight(struct cells *c)
{
    weigh(c, 0);
}

static void weight_in_one_row(struct cells *c)
{
    weigh(c, 0);
    c->weight[4] = 1;
}

static void a_class_without_weight(struct cells *c)
{
    weigh(c, 1);
    for (int i = 0; i < c->n_rows; i++)
        c->weight[i] = c->code[i] != 0;
}

static void huge_weights(struct cells *c)
{
    weigh(c, 1e300);
}

static void tiny_weights(struct cells *c)
{
    weigh(c, 1e-300);
}

static void negative_weight(struct cells *c)
{
    weigh(c, 1);
    c->weight[3] = -1;
}

static void one_row(struct cells *c)
{
    c->n_train = 1;
}

static void two_rows(struct cells *c)
{
    c->n_train = 2;
    c->code[0] = 0;
    c->code[1] = 1;
}

static void no_columns(struct cells *c)
{
    c->n_inputs = 0;
}

static void more_columns_than_rows(struct cells *c)
{
    c->n_inputs = most_inputs;
    c->n_train = 6;
}

static void columns_twice(struct cells *c)
{
    c->n_inputs = 6;
    for (int j = 0; j < 3; j++)
        memcpy(c->x[j + 3], c->x[j], sizeof c->x[j]);
}

static void rows_all_the_same(struct cells *c)
{
    for (int j = 0; j < c->n_inputs; j++)
        fill(c, j, c->x[j][0]);
}

static void scale(struct cells *c, double factor)
{
    for (int j = 0; j < c->n_inputs; j++)
        for (int i = 0; i < most_rows; i++)
            c->x[j][i] *= factor;
}

static void huge_inputs(struct cells *c)
{
    scale(c, 1e300);
}

static void largest_inputs(struct cells *c)
{
    for (int i = 0; i < most_rows; i++)
        c->x[0][i] = i % 2 ? 1.7e308 : -1.7e308;
}

static void tiny_inputs(struct cells *c)
{
    scale(c, 1e-300);
}

static void subnormal_inputs(struct cells *c)
{
    for (int i = 0; i < most_rows; i++)
        c->x[0][i] = (i % 5) * 5e-324;
}

static void scales_side_by_side(struct cells *c)
{
    for (int i = 0; i < most_rows; i++) {
        c->x[0][i] *= 1e200;
        c->x[1][i] *= 1e-200;
    }
}

static void far_from_zero(struct cells *c)
{
    for (int i = 0; i < most_rows; i++)
        c->x[0][i] = 1e15 + i % 3;
}

static void farther_than_learnt(struct cells *c)
{
    c->x[0][c->n_train] = 1e300;
    c->x[1][c->n_train + 1] = -1e300;
}

static void stretch_target(struct cells *c, double factor)
{
    for (int i = 0; i < most_rows; i++)
        c->y[i] *= factor;
}

static void huge_target(struct cells *c)
{
    stretch_target(c, 1e300);
}

static void largest_target(struct cells *c)
{
    for (int i = 0; i < most_rows; i++)
        c->y[i] = i % 2 ? 1.7e308 : -1.7e308;
}

static void tiny_target(struct cells *c)
{
    stretch_target(c, 1e-300);
}

static void missing_target(struct cells *c)
{
    c->y[4] = NAN;
    c->code[4] = ATTUNE_CODE_MISSING;
}

static void infinite_target(struct cells *c)
{
    c->y[4] = INFINITY;
    c->code[4] = ATTUNE_CODE_UNSEEN;
}

enum must { MAY_FIT, MUST_FIT, MUST_NOT }; /* behind what prepares it; MUST_NOT: in any case */

struct shape {
    const char *name;
    void (*spoil)(struct cells *cells);
    enum must must;
};

#define SHAPE(name, must)                                                                          \
    {                                                                                              \
#name, name, must                                                                          \
    }

static const struct shape shapes[] = {
    SHAPE(one_row_in_a_class, MAY_FIT),
    SHAPE(one_class_in_training, MAY_FIT),
    SHAPE(one_valued_target, MAY_FIT),
    SHAPE(constant_columns, MUST_FIT),
    SHAPE(a_column_all_missing, MUST_FIT),
    SHAPE(all_columns_missing, MAY_FIT),
    SHAPE(missing_in_training, MUST_FIT),
    SHAPE(holes, MUST_FIT),
    SHAPE(infinite_values, MAY_FIT),
    SHAPE(infinite_beside_training, MAY_FIT),
    SHAPE(unseen_levels, MUST_FIT),
    SHAPE(a_level_a_row, MUST_FIT),
    SHAPE(levels_all_missing, MUST_FIT),
    SHAPE(no_weight, MUST_NOT),
    SHAPE(weight_in_one_row, MAY_FIT),
    SHAPE(a_class_without_weight, MAY_FIT),
    SHAPE(huge_weights, MAY_FIT),
    SHAPE(tiny_weights, MAY_FIT),
    SHAPE(negative_weight, MUST_NOT),
    SHAPE(one_row, MAY_FIT),
    SHAPE(two_rows, MAY_FIT),
    SHAPE(no_columns, MAY_FIT),
    SHAPE(more_columns_than_rows, MAY_FIT),
    SHAPE(columns_twice, MUST_FIT),
    SHAPE(rows_all_the_same, MUST_FIT),
    SHAPE(huge_inputs, MAY_FIT),
    SHAPE(largest_inputs, MAY_FIT),
    SHAPE(tiny_inputs, MAY_FIT),
    SHAPE(subnormal_inputs, MAY_FIT),
    SHAPE(scales_side_by_side, MAY_FIT),
    SHAPE(far_from_zero, MUST_FIT),
    SHAPE(farther_than_learnt, MAY_FIT),
    SHAPE(huge_target, MAY_FIT),
    SHAPE(largest_target, MAY_FIT),
    SHAPE(tiny_target, MAY_FIT),
    SHAPE(missing_target, MUST_NOT),
    SHAPE(infinite_target, MUST_NOT),
};

/* Levels "0", "1", ...: in the order of numbers. */
static void add_levels(struct made *made, const struct cells *c)
{
    attune_error error = {0};
    char texts[most_levels][8];
    const char *names[most_levels];
    for (int i = 0; i < c->n_levels; i++) {
        snprintf(texts[i], sizeof texts[i], "%d", i);
        names[i] = texts[i];
    }
    attune_levels *levels = attune_levels_new(names, c->n_levels, &error);
    assert_non_null(levels);
    made_add(made, "level", ATTUNE_INPUT, ATTUNE_NOMINAL_COLUMN, c->level, c->n_rows,
             sizeof *c->level, levels);
    attune_levels_free(levels);
}

static attune_data *data_of(const struct shape *shape, attune_task task, int *n_train)
{
    struct made made = {0};
    struct cells c = ordinary(task);
    shape->spoil(&c);
    *n_train = c.n_train;
    for (int j = 0; j < c.n_inputs; j++) {
        char name[8];
        snprintf(name, sizeof name, "x%02d", j);
        made_reals(&made, name, ATTUNE_INPUT, c.x[j], c.n_rows);
    }
    if (c.n_levels)
        add_levels(&made, &c);
    if (c.weighted)
        made_reals(&made, "w", ATTUNE_WEIGHT, c.weight, c.n_rows);
    if (task == ATTUNE_REGRESSION)
        made_reals(&made, "y", ATTUNE_TARGET, c.y, c.n_rows);
    else
        made_codes(&made, "y", ATTUNE_TARGET, c.code, c.n_rows, task == ATTUNE_BINARY ? 2 : 3);
    return made_data(&made, c.n_rows, task);
}

/* The defaults (point 0), or a point of the default space. */
static void place(attune_step *step, int point)
{
    attune_error error = {0};
    attune_sample sample = {0};
    double unit[64];
    attune_space *space = space_of(step->type->space);
    assert_ok(attune_sample_init(&sample, space, &error), &error);
    assert_true(space->n <= 64);
    for (int64_t i = 0; i < space->n; i++)
        unit[i] = 0.5 + 0.5 * noise(7919 * point + i);
    attune_space_decode(space, unit, &sample);
    assert_ok(attune_step_set_sample(step, space, &sample, &error), &error);
    attune_sample_clear(&sample);
    attune_space_free(space);
}

/* Shapes are tried, not quality: a few rounds will do. */
static void keep_short(attune_step *step)
{
    static const char *const budgets[] = {"n_estimators", "epochs"};
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++)
        if (attune_field_find(step->type->fields, budgets[i]))
            set(step, budgets[i], "5");
}

enum mode { AS_IT_IS, PREPARED, CALIBRATED, MODES };

static const char *const mode_words[] = {"", "prepared ", "calibrated "};

static attune_step *arranged(attune_step *model, enum mode mode)
{
    attune_error error = {0};
    if (mode == AS_IT_IS)
        return model;
    if (mode == CALIBRATED) {
        attune_step *wrapper = step_of("calibrate");
        assert_ok(attune_step_add_take(wrapper, model, &error), &error);
        model = wrapper;
    }
    attune_step *pipeline = step_of("pipeline");
    static const char *const before[] = {"impute", "one_hot", "standard_scale"};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        assert_ok(attune_step_add_take(pipeline, step_of(before[i]), &error), &error);
    assert_ok(attune_step_add_take(pipeline, model, &error), &error);
    return pipeline;
}

struct trial {
    const attune_step_type *type;
    const struct shape *shape;
    attune_task task;
    int point;
    enum mode mode;
};

static void complain(const struct trial *t, const char *what, const attune_error *error)
{
    print_error("%s%s, %s, %s, point %d: %s %s\n", mode_words[t->mode], t->type->name,
                attune_task_word(t->task), t->shape->name, t->point, what,
                error ? error->message : "");
}

static const char *fault_in(const attune_predictions *p, int64_t n)
{
    if (p->n != n)
        return "not one prediction a row";
    for (int64_t r = 0; r < p->n; r++) {
        double sum = 0;
        for (int64_t k = 0; k < p->width; k++) {
            double value = p->values[r * p->width + k];
            if (!isfinite(value))
                return "a prediction that is not finite";
            if (p->n_classes && (value < 0 || value > 1))
                return "a probability outside 0 and 1";
            sum += value;
        }
        if (p->n_classes && fabs(sum - 1) > 1e-9)
            return "probabilities that do not sum to 1";
    }
    return NULL;
}

/* Returns how many faults were found (0 or 1), each told. */
static int check_predictions(const struct trial *t, const attune_step *step,
                             const attune_data *data)
{
    attune_error error = {0};
    attune_context context = test_context();
    attune_predictions p = {0};
    attune_rows *rows = rows_from(0, data->n_rows);
    attune_status status = attune_step_predict(step, data, rows, &context, &p, &error);
    const char *fault = status ? NULL : fault_in(&p, data->n_rows);
    if (status && ((status != ATTUNE_UNFIT && status != ATTUNE_INVALID) || !error.message[0]))
        fault = "predict fails otherwise than for a reason:";
    if (status && t->mode == PREPARED && t->shape->must == MUST_FIT)
        fault = "predicts nothing:";
    if (fault)
        complain(t, fault, status ? &error : NULL);
    attune_predictions_clear(&p);
    attune_rows_free(rows);
    return fault != NULL;
}

static int check_trial(const struct trial *t)
{
    static const char *const curves[] = {"temperature", "isotonic", "sigmoid"};
    attune_error error = {0};
    int n_train = 0, faults = 0;
    attune_data *data = data_of(t->shape, t->task, &n_train);
    attune_step *step = step_of(t->type->name);
    if (t->point > 0)
        place(step, t->point);
    keep_short(step);
    step = arranged(step, t->mode);
    if (t->mode == CALIBRATED) /* each curve in turn */
        set(step, "calibrate__method", curves[t->point % 3]);
    attune_status status = fit_rows(step, data, 0, n_train, &error);
    const char *fault = NULL;
    if (!status && t->shape->must == MUST_NOT)
        fault = "was fitted";
    else if (status && status != ATTUNE_UNFIT)
        fault = "fails otherwise than unfit:";
    else if (status && strlen(error.message) < 12)
        fault = "gives no reason";
    else if (status && t->mode == PREPARED && t->shape->must == MUST_FIT)
        fault = "was not fitted:";
    if (fault)
        complain(t, fault, status ? &error : NULL);
    faults = fault != NULL;
    if (!status)
        faults += check_predictions(t, step, data);
    attune_step_free(step);
    attune_data_free(data);
    return faults;
}

static bool is_model(const attune_step_type *type)
{
    return type->predict && type->tasks;
}

static int check_task(const attune_step_type *type, const struct shape *shape, attune_task task)
{
    int64_t n_modes = task == ATTUNE_REGRESSION ? CALIBRATED : in_short(MODES, CALIBRATED);
    int faults = 0;
    for (int point = 0; point < (type->space ? in_short(n_points, 2) : 1); point++)
        for (int mode = 0; mode < n_modes; mode++)
            faults += check_trial(&(struct trial){type, shape, task, point, (enum mode)mode});
    return faults;
}

static int check_shape(const attune_step_type *type, const struct shape *shape)
{
    int faults = 0;
    for (int task = ATTUNE_REGRESSION; task <= ATTUNE_MULTICLASS; task++)
        if (type->tasks >> task & 1)
            faults += check_task(type, shape, (attune_task)task);
    return faults;
}

static void every_model_says_numbers_or_why_not(void **state)
{
    int faults = 0;
    (void)state;
    for (int64_t i = 0; attune_step_types[i]; i++)
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
            if (is_model(attune_step_types[i]))
                faults += check_shape(attune_step_types[i], &shapes[s]);
    assert_int_equal(faults, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_model_says_numbers_or_why_not)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
