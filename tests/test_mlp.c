/* tests/test_mlp.c - the network against numpy and scikit-learn, and what the step makes of odd
 * data. */
#include "steps/models/classes.h"
#include "steps/models/mlp.h"
#include "steps/numeric/numeric.h"
#include "tests/simple_golden.h"

static void mlp_read(attune_document *document)
{
    attune_error error = {0};
    assert_ok(attune_document_read(document, ATTUNE_TEST_GOLDEN "/mlp.json", &error), &error);
}

static const char *const activations[] = {"selu", "mish", "relu"};

/* The golden network with one activation, its parameters and its rows. */
struct golden {
    attune_document document;
    attune_mlp_net net;
    float *params, *inputs, *dense;
    int64_t n, n_out;
};

static void golden_make(struct golden *g, int activation)
{
    attune_error error = {0};
    *g = (struct golden){0};
    mlp_read(&g->document);
    const json_t *root = g->document.root, *widths = json_object_get(root, "widths");
    const json_t *x = json_object_get(root, "x"), *dense = json_object_get(root, "dense");
    attune_mlp_shape shape = {.n_layers = (int64_t)json_array_size(widths) - 1,
                              .activation = (attune_mlp_activation)activation};
    for (int64_t l = 0; l <= shape.n_layers; l++)
        shape.width[l] = (int64_t)item(widths, l);
    int64_t p = shape.width[0], wide = attune_mlp_wide(p), n_dense = attune_mlp_n_dense(&shape);
    g->n = (int64_t)json_array_size(x);
    g->n_out = shape.width[shape.n_layers];
    assert_int_equal(n_dense, json_array_size(dense));
    g->dense = attune_alloc(n_dense, sizeof(float), &error);
    g->params = attune_alloc(attune_mlp_n_params(&shape), sizeof(float), &error);
    g->inputs = attune_alloc(g->n * wide, sizeof(float), &error);
    for (int64_t i = 0; i < n_dense; i++)
        g->dense[i] = (float)item(dense, i);
    for (int64_t i = 0; i < g->n * p; i++)
        g->inputs[i / p * wide + i % p] = (float)item(json_array_get(x, (size_t)(i / p)), i % p);
    attune_mlp_from_dense(&shape, g->dense, g->params);
    assert_ok(attune_mlp_net_make(&g->net, &shape, g->n, &error), &error);
}

static void golden_clear(struct golden *g)
{
    attune_mlp_net_clear(&g->net);
    free(g->params);
    free(g->inputs);
    free(g->dense);
    attune_document_clear(&g->document);
}

static void outputs_are_numpys(void **state)
{
    (void)state;
    for (int a = 0; a < 3; a++) {
        struct golden g;
        golden_make(&g, a);
        const json_t *wanted = json_object_get(g.document.root, "outputs");
        wanted = json_object_get(wanted, activations[a]);
        const float *out = attune_mlp_forward(&g.net, g.params, g.inputs, g.n, 0, 0);
        for (int64_t i = 0; i < g.n; i++)
            for (int64_t k = 0; k < g.n_out; k++)
                assert_close(out[i * attune_mlp_wide(g.n_out) + k],
                             item(json_array_get(wanted, (size_t)i), k), 2e-5);
        golden_clear(&g);
    }
}

static void gradients_are_the_differences_of_the_loss(void **state)
{
    (void)state;
    for (int a = 0; a < 3; a++) {
        struct golden g;
        golden_make(&g, a);
        const json_t *y = json_object_get(g.document.root, "y");
        const json_t *wanted = json_object_get(g.document.root, "gradient");
        wanted = json_object_get(wanted, activations[a]);
        const float *out = attune_mlp_forward(&g.net, g.params, g.inputs, g.n, 0, 0);
        int64_t wide = attune_mlp_wide(g.n_out);
        memset(g.net.delta, 0, (size_t)(g.n * wide) * sizeof(float));
        for (int64_t i = 0; i < g.n; i++) {
            double p[4];
            for (int64_t k = 0; k < g.n_out; k++)
                p[k] = out[i * wide + k];
            assert_true(attune_classes_softmax(p, g.n_out));
            for (int64_t k = 0; k < g.n_out; k++)
                g.net.delta[i * wide + k] =
                    (float)((p[k] - ((int64_t)item(y, i) == k)) / (double)g.n);
        }
        float *gradient = attune_alloc(attune_mlp_n_params(&g.net.shape), sizeof *gradient, NULL);
        attune_mlp_backward(&g.net, g.params, g.inputs, g.n, gradient);
        attune_mlp_to_dense(&g.net.shape, gradient, g.dense);
        for (int64_t i = 0; i < attune_mlp_n_dense(&g.net.shape); i++)
            assert_close(g.dense[i], item(wanted, i), 2e-5);
        free(gradient);
        golden_clear(&g);
    }
}

static void steps_of_adam_are_scikit_learns(void **state)
{
    (void)state;
    attune_document document = {0};
    mlp_read(&document);
    const json_t *adam = json_object_get(document.root, "adam");
    const json_t *gradients = json_object_get(adam, "gradients");
    float params[6], mean[6] = {0}, variance[6] = {0}, gradient[6];
    for (int i = 0; i < 6; i++)
        params[i] = (float)item(json_object_get(adam, "start"), i);
    for (int t = 0; t < (int)json_array_size(gradients); t++) {
        attune_mlp_adam step = {.beta_1 = 0.9f,
                                .beta_2 = 0.95f,
                                .epsilon = 1e-30f,
                                .rate = (float)(0.05 / (1 - pow(0.9, t + 1))),
                                .correction = (float)(1 / (1 - pow(0.95, t + 1)))};
        for (int i = 0; i < 6; i++)
            gradient[i] = (float)item(json_array_get(gradients, (size_t)t), i);
        attune_mlp_adam_step(&step, params, gradient, mean, variance, 6);
    }
    for (int i = 0; i < 6; i++)
        assert_close(params[i], item(json_object_get(adam, "end"), i), 1e-6);
    attune_document_clear(&document);
}

static float sum_in_order(const attune_mlp_factor *x, int64_t i, const attune_mlp_factor *y,
                          int64_t j, int64_t depth)
{
    volatile float sum = 0;
    for (int64_t k = 0; k < depth; k++) {
        volatile float term =
            x->values[i * x->stride + k * x->k_stride] * y->values[j * y->stride + k * y->k_stride];
        sum += term;
    }
    return sum;
}

/* Each item is summed k after k, whichever copy of the kernel runs: the same bits. */
static void products_are_summed_in_order(void **state)
{
    (void)state;
    enum { n = 13, m = 21, depth = 37, wide = 32, tall = 16 };
    static float a[n * depth], b[depth * m], out[tall * wide], room[(tall + wide) * depth];
    attune_stream stream = attune_stream_new(attune_key_start("product"));
    for (int i = 0; i < n * depth; i++)
        a[i] = (float)attune_stream_normal(&stream);
    for (int i = 0; i < depth * m; i++)
        b[i] = (float)attune_stream_normal(&stream);
    attune_mlp_factor left[] = {{a, n, depth, 1}, {a, n, 1, n}};
    attune_mlp_factor right[] = {{b, m, 1, m}, {b, m, depth, 1}};
    for (int way = 0; way < 4; way++) {
        const attune_mlp_factor *x = &left[way % 2], *y = &right[way / 2];
        attune_mlp_product(x, y, depth, room, out);
        for (int i = 0; i < tall * wide; i++) {
            bool filling = i / wide >= n || i % wide >= m;
            assert_true(out[i] == (filling ? 0 : sum_in_order(x, i / wide, y, i % wide, depth)));
        }
    }
}

static void dropout_keeps_the_mean(void **state)
{
    (void)state;
    enum { n = 1 << 16 };
    static float z[n], slope[n];
    double sum = 0;
    int gone = 0;
    for (int i = 0; i < n; i++)
        z[i] = slope[i] = 1;
    attune_mlp_drop(z, slope, n, 0.25, UINT64_C(0x123456789abcdef));
    for (int i = 0; i < n; i++) {
        assert_true(z[i] == slope[i] && (z[i] == 0 || fabsf(z[i] - 4 / 3.f) < 1e-6f));
        sum += z[i];
        gone += z[i] == 0;
    }
    assert_close(sum / n, 1, 0.02);
    assert_close(gone / (double)n, 0.25, 0.01);
}

/* What of the columns of the golden set is centre and spread. */
static void inputs_are_centred_as_scikit_learn_does(void **state)
{
    (void)state;
    attune_document document = {0};
    mlp_read(&document);
    const json_t *robust = json_object_get(document.root, "robust");
    const json_t *x = json_object_get(robust, "x");
    double rows[9 * 8] = {0};
    for (int64_t i = 0; i < 36; i++)
        rows[i / 4 * 8 + i % 4] = item(json_array_get(x, (size_t)(i / 4)), i % 4);
    attune_linear_rows gathered = {.n = 9, .p = 4, .stride = 8, .x = rows};
    attune_mlp s = {0};
    attune_error error = {0};
    assert_ok(attune_mlp_learn_inputs(&s, &gathered, &error), &error);
    const json_t *center = json_object_get(robust, "center"),
                 *scale = json_object_get(robust, "scale");
    assert_close(s.center.f64[0], item(center, 0), 1e-14);
    assert_close(s.factor.f64[0], 1 / item(scale, 0), 1e-12);
    assert_true(s.center.f64[1] == 0 && s.factor.f64[1] == 1); /* flags stay */
    assert_true(s.factor.f64[2] == 0);                         /* a constant */
    assert_true(s.center.f64[3] == 0);
    assert_close(s.factor.f64[3], 1 / 2.5, 1e-14); /* quartiles are the same: half the range */
    attune_array_clear(&s.center);
    attune_array_clear(&s.factor);
    attune_document_clear(&document);
}

static attune_step *quick(void)
{
    attune_step *step = step_of("mlp");
    set(step, "epochs", "6");
    set(step, "hidden_size", "20");
    return step;
}

/* A curve of two inputs, or which side of it a row is on. */
static attune_data *curve(int64_t n, bool classes)
{
    struct made made = {0};
    double *x = attune_alloc(3 * n, sizeof *x, NULL), *z = x + n, *y = z + n;
    int32_t *codes = attune_alloc(n, sizeof *codes, NULL);
    attune_stream stream = attune_stream_new(attune_key_start("curve"));
    for (int64_t i = 0; i < n; i++) {
        x[i] = 5 + 3 * attune_stream_normal(&stream);
        z[i] = attune_stream_uniform(&stream);
        y[i] = 100 + 10 * sin(x[i]) + 20 * z[i];
        codes[i] = y[i] > 110 ? 1 : 0;
    }
    made_reals(&made, "x", ATTUNE_INPUT, x, n);
    made_reals(&made, "z", ATTUNE_INPUT, z, n);
    if (classes)
        made_codes(&made, "y", ATTUNE_TARGET, codes, n, 2);
    else
        made_reals(&made, "y", ATTUNE_TARGET, y, n);
    free(x);
    free(codes);
    return made_data(&made, n, classes ? ATTUNE_BINARY : ATTUNE_REGRESSION);
}

static void a_curve_is_learnt(void **state)
{
    (void)state;
    enum { n = 400 };
    attune_error error = {0};
    attune_data *data = curve(n, false);
    attune_step *step = step_of("mlp");
    set(step, "hidden_size", "64");
    set(step, "epochs", "100");
    set(step, "batch_size", "32");
    assert_ok(fit_rows(step, data, 0, 300, &error), &error);
    attune_predictions p = predict_all(step, data);
    const double *y = attune_data_target(data)->reals;
    double sum = 0;
    for (int i = 300; i < n; i++)
        sum += (p.values[i] - y[i]) * (p.values[i] - y[i]);
    assert_true(sqrt(sum / 100) < 2); /* the deviation of y is about 9 */
    attune_predictions_clear(&p);
    attune_step_free(step);
    attune_data_free(data);
}

/* What the step says of a row when network `from` stands in the places of both. */
static double said_by(attune_step *step, const attune_data *data, int64_t from, const float *coefs)
{
    attune_mlp *s = step->self;
    int64_t half = attune_array_count(&s->coefs) / 2;
    for (int64_t to = 0; to < 2; to++)
        memcpy(s->coefs.f32 + to * half, coefs + from * half, (size_t)half * sizeof *coefs);
    attune_predictions p = predict_all(step, data);
    double said = p.values[1];
    attune_predictions_clear(&p);
    return said;
}

static void networks_are_averaged(void **state)
{
    (void)state;
    attune_data *data = curve(200, true);
    attune_step *step = quick();
    set(step, "n_ens", "2");
    fit_all(step, data);
    const attune_array *coefs = &((attune_mlp *)step->self)->coefs;
    size_t size = (size_t)attune_array_count(coefs) * sizeof *coefs->f32;
    float *copy = attune_alloc(attune_array_count(coefs), sizeof *copy, NULL);
    memcpy(copy, coefs->f32, size);
    attune_predictions p = predict_all(step, data);
    double first = said_by(step, data, 0, copy), second = said_by(step, data, 1, copy);
    assert_true(first != second);
    assert_close(p.values[1], (first + second) / 2, 1e-14);
    attune_predictions_clear(&p);
    free(copy);
    attune_step_free(step);
    attune_data_free(data);
}

static void eight_threads_learn_the_same(void **state)
{
    (void)state;
    attune_data *data = curve(200, true);
    attune_step *step = quick();
    set(step, "dropout", "0.2");
    assert_threads_learn_the_same(step, data, 200);
    attune_step_free(step);
    attune_data_free(data);
}

/* Fits and predicts; all that is said is finite. */
static void assert_sane(attune_data *data)
{
    attune_step *step = quick();
    fit_all(step, data);
    attune_predictions p = predict_all(step, data);
    assert_true(attune_all_finite(p.values, p.n * p.width));
    attune_predictions_clear(&p);
    attune_step_free(step);
    attune_data_free(data);
}

enum { odd_rows = 30 };

static void odd_data_give_finite_predictions(void **state)
{
    (void)state;
    double x[odd_rows], y[odd_rows], same[odd_rows], weight[odd_rows], huge[odd_rows];
    int32_t codes[odd_rows], lone[odd_rows], one[odd_rows];
    for (int i = 0; i < odd_rows; i++) {
        x[i] = i;
        y[i] = i % 7;
        same[i] = 2.385;
        weight[i] = i % 3 == 0 ? 0 : 1e-3 * i;
        huge[i] = i % 2 ? 1e300 * (i - 15) : 1e-300;
        codes[i] = i % 3;
        lone[i] = i == 4 ? 2 : i % 2;
        one[i] = 1;
    }
    assert_sane(odd_data(odd_rows, NULL, y, NULL, NULL));
    assert_sane(odd_data(odd_rows, NULL, NULL, codes, NULL));
    assert_sane(odd_data(odd_rows, same, y, NULL, weight));
    assert_sane(odd_data(odd_rows, x, same, NULL, NULL));
    assert_sane(odd_data(odd_rows, x, NULL, one, NULL));
    assert_sane(odd_data(odd_rows, x, NULL, lone, weight));
    assert_sane(odd_data(odd_rows, huge, NULL, codes, weight));
    assert_sane(odd_data(odd_rows, huge, x, NULL, NULL));
    assert_sane(odd_data(odd_rows, x, weight, NULL, NULL));
}

static void what_cannot_be_learnt_is_said(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = curve(60, false);
    attune_step *step = quick();
    set(step, "learning_rate_init", "10");
    set(step, "weight_decay", "10");
    set(step, "epochs", "300");
    set(step, "validation_fraction", "0");
    assert_int_equal(fit_rows(step, data, 0, 60, &error), ATTUNE_UNFIT);
    assert_error(&error, ATTUNE_UNFIT, "try a smaller learning_rate_init");
    attune_step_free(step);
    attune_data_free(data);
    assert_refuses_missing("mlp", false);
    assert_refuses_missing("mlp", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_numpys),
        cmocka_unit_test(gradients_are_the_differences_of_the_loss),
        cmocka_unit_test(steps_of_adam_are_scikit_learns),
        cmocka_unit_test(products_are_summed_in_order),
        cmocka_unit_test(dropout_keeps_the_mean),
        cmocka_unit_test(inputs_are_centred_as_scikit_learn_does),
        cmocka_unit_test(a_curve_is_learnt),
        cmocka_unit_test(networks_are_averaged),
        cmocka_unit_test(eight_threads_learn_the_same),
        cmocka_unit_test(odd_data_give_finite_predictions),
        cmocka_unit_test(what_cannot_be_learnt_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
