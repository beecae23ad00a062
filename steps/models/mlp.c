/* steps/models/mlp.c - a multilayer perceptron for tables: the step.
 *
 * The recipe of RealMLP-TD-S (Holzmueller, Grinsztajn and Steinwart, 2024, Better by Default):
 * robust inputs bent into (-3, 3), a learnt scale an input, three hidden layers in the neural
 * tangent parametrisation, SELU for classes and Mish for numbers, a last layer that starts at zero,
 * label smoothing, Adam with beta_2 0.95 along four cosine waves of a learning rate (coslog4; six
 * times as much for the scales, a tenth for the biases), batches of 256, the best epoch on held-out
 * rows kept. What differs: eight networks of 64 units are averaged, each with another tenth of the
 * rows held out, instead of one of 256, which costs more and says less; 128 epochs, fewer where a
 * wave brought no gain; smoothing 0.03, for 0.1 serves accuracy at the expense of probabilities;
 * dropout 0.3 for classes and a constant weight decay of 0.02, of the paper's larger variant and
 * its space; the epoch is chosen by log loss, and probabilities are sharpened by one temperature,
 * both on the rows held out. Columns that are zeros and ones (one_hot) are bent, but not scaled. */
#include "steps/models/mlp.h"

#include "steps/models/classes.h"
#include "steps/numeric/numeric.h"
#include "steps/step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef attune_mlp self_t;

static const char *const activations[] = {"selu", "mish", "relu", NULL};

static const attune_field fields[] = {
    ATTUNE_INTEGER(self_t, hidden_size, 64, "units of a hidden layer", .low = 1, .high = 4096),
    ATTUNE_INTEGER(self_t, n_hidden_layers, 3, "hidden layers", .low = 1,
                   .high = ATTUNE_MLP_LAYERS - 1),
    ATTUNE_ENUM(self_t, activation, activations, -1,
                "of hidden units; null: selu for classes, mish for numbers", .nullable = true),
    ATTUNE_INTEGER(self_t, epochs, 128, "how often the rows are gone through", .low = 1,
                   .high = 100000),
    ATTUNE_INTEGER(self_t, batch_size, 256, "rows of a step", .low = 1, .high = 65536),
    ATTUNE_REAL(self_t, learning_rate_init, NAN,
                "top of the waves of the learning rate; null: 0.04 for classes, 0.07 for numbers",
                .nullable = true, .low = 0, .above_low = true, .high = 10),
    ATTUNE_REAL(self_t, label_smoothing, 0.03, "share of a row's class that all classes get",
                .low = 0, .high = 0.9),
    ATTUNE_REAL(
        self_t, dropout, NAN,
        "share of hidden values taken out of each step; null: 0.3 for classes, 0 for numbers",
        .nullable = true, .low = 0, .high = 0.9),
    ATTUNE_REAL(self_t, weight_decay, 0.02,
                "share of each weight taken off a step, times the learning rate", .low = 0,
                .high = 10),
    ATTUNE_REAL(self_t, beta_1, 0.9, "memory of Adam's mean", .low = 0, .high = 0.99999),
    ATTUNE_REAL(self_t, beta_2, 0.95, "memory of Adam's variance", .low = 0, .high = 0.99999),
    ATTUNE_REAL(self_t, epsilon, 1e-8, "added to Adam's deviation", .low = 0, .above_low = true,
                .high = 1),
    ATTUNE_REAL(self_t, validation_fraction, 0.1,
                "share of the rows held out, by which the best epoch and the sharpness of "
                "probabilities are chosen; 0, or below 20 rows: none, the last epoch is kept",
                .low = 0, .high = 0.9),
    ATTUNE_INTEGER(self_t, n_iter_no_change, INT64_MIN,
                   "stop after so many epochs without gain on rows held out; null: after a whole "
                   "wave of the learning rate without gain",
                   .nullable = true, .low = 1, .no_high = true),
    ATTUNE_INTEGER(self_t, n_ens, 8,
                   "networks, each with other rows held out, whose predictions are averaged",
                   .low = 1, .high = 1000),
    ATTUNE_FITTED_TEXTS(self_t, inputs, "columns, in the order of center"),
    ATTUNE_FITTED_ARRAY(self_t, center, "what is taken off each input"),
    ATTUNE_FITTED_ARRAY(self_t, factor, "by what each input is multiplied then"),
    ATTUNE_FITTED_ARRAY(self_t, coefs,
                        "of each network: scales of the inputs, then for each layer a row of "
                        "weights an input, and the biases; empty: the target does not vary"),
    ATTUNE_FITTED_ARRAY(self_t, target, "of numbers: mean, deviation, lowest, highest"),
    ATTUNE_FITTED_ARRAY(self_t, classes, "classes that were there, by their code"),
    ATTUNE_FITTED_INTEGER(self_t, n_classes, "classes of the target, 0 for numbers"),
    ATTUNE_FITTED_INTEGER(self_t, best_epoch, "the epoch that was kept, the networks' mean"),
    ATTUNE_FIELDS_END,
};

attune_mlp_shape attune_mlp_shape_of(const attune_mlp *s)
{
    attune_mlp_shape shape = {.n_layers = s->n_hidden_layers + 1};
    int by_task = s->n_classes ? ATTUNE_MLP_SELU : ATTUNE_MLP_MISH;
    shape.activation = (attune_mlp_activation)(s->activation < 0 ? by_task : s->activation);
    shape.width[0] = s->inputs.n;
    for (int64_t l = 1; l < shape.n_layers; l++)
        shape.width[l] = s->hidden_size;
    shape.width[shape.n_layers] = s->n_classes ? attune_array_count(&s->classes) : 1;
    return shape;
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    return attune_mlp_fit(self, data, rows, context, error);
}

struct predicting {
    const self_t *s;
    const attune_data *data;
    const attune_rows *rows;
    attune_matrix matrix;
    attune_mlp_net net;
    int64_t n_nets, n_params; /* no networks: the target does not vary */
    float *params, *inputs;
    double *room; /* a class each */
};

enum { BLOCK = 256 };

/* Adds what one network says of a row: a number, or probabilities of the classes. */
static bool add(const struct predicting *p, const float *outputs, double *out)
{
    const self_t *s = p->s;
    int64_t n = attune_array_count(&s->classes);
    if (!s->n_classes) {
        out[0] += (double)outputs[0];
        return !isnan(outputs[0]);
    }
    for (int64_t k = 0; k < n; k++)
        p->room[k] = (double)outputs[k];
    if (!attune_classes_softmax(p->room, n))
        return false;
    for (int64_t k = 0; k < n; k++)
        out[s->classes.i32[k]] += p->room[k];
    return true;
}

/* From the sum over the networks to what is predicted. */
static void finish(const struct predicting *p, double *out)
{
    const self_t *s = p->s;
    const double *t = s->target.f64;
    if (!s->n_classes) {
        double mean = p->n_nets ? out[0] / (double)p->n_nets : 0;
        out[0] = fmin(fmax(t[0] + mean * t[1], t[2]), t[3]);
        return;
    }
    if (!p->n_nets)
        out[s->classes.i32[0]] = 1;
    for (int64_t k = 0; k < s->n_classes && p->n_nets; k++)
        out[k] /= (double)p->n_nets;
}

static attune_status predict_block(struct predicting *p, int64_t first, int64_t n,
                                   attune_predictions *out, attune_error *error)
{
    const self_t *s = p->s;
    int64_t wide = attune_mlp_wide(s->inputs.n), n_out = s->n_classes ? out->width : 1;
    int64_t stride = p->n_nets ? attune_mlp_wide(p->net.shape.width[p->net.shape.n_layers]) : 0;
    double *to = out->values + first * n_out;
    memset(to, 0, (size_t)(n * n_out) * sizeof *to);
    for (int64_t i = 0; i < n; i++) {
        int64_t row = p->rows->index[first + i];
        const double *x = p->matrix.values ? p->matrix.values + row * p->matrix.stride : NULL;
        if (s->inputs.n && !attune_all_finite(x, s->inputs.n))
            return attune_linear_blame(p->data, row, error);
        if (p->n_nets)
            attune_mlp_encode(s, x, p->inputs + i * wide);
    }
    for (int64_t m = 0; m < p->n_nets; m++) {
        const float *outputs =
            attune_mlp_forward(&p->net, p->params + m * p->n_params, p->inputs, n, 0, 0);
        for (int64_t i = 0; i < n; i++)
            if (!add(p, outputs + i * stride, to + i * n_out))
                return attune_fail(error, ATTUNE_UNFIT, "a network says nothing of row %lld",
                                   (long long)p->rows->index[first + i] + 1);
    }
    for (int64_t i = 0; i < n; i++)
        finish(p, to + i * n_out);
    return ATTUNE_OK;
}

/* Weights as the kernels read them, and room; nothing of either for a constant target. */
static attune_status unpack(struct predicting *p, attune_error *error)
{
    const self_t *s = p->s;
    attune_mlp_shape shape = attune_mlp_shape_of(s);
    int64_t rows = p->rows->n < BLOCK ? p->rows->n : BLOCK, dense = attune_mlp_n_dense(&shape);
    p->n_nets = attune_array_count(&s->coefs) / dense;
    if (!p->n_nets)
        return ATTUNE_OK;
    p->n_params = attune_mlp_n_params(&shape);
    p->params = attune_alloc(p->n_nets * p->n_params, sizeof *p->params, error);
    p->inputs = attune_alloc(rows * attune_mlp_wide(s->inputs.n), sizeof *p->inputs, error);
    p->room = attune_alloc(attune_array_count(&s->classes), sizeof *p->room, error);
    if (!p->params || !p->inputs || !p->room)
        return ATTUNE_MEMORY;
    for (int64_t m = 0; m < p->n_nets; m++)
        attune_mlp_from_dense(&shape, s->coefs.f32 + m * dense, p->params + m * p->n_params);
    return attune_mlp_net_make(&p->net, &shape, rows, error);
}

static attune_status predict(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error)
{
    const self_t *s = self;
    struct predicting p = {.s = s, .data = data, .rows = rows};
    attune_status status = attune_linear_matrix(data, &s->inputs, &p.matrix, error);
    if (!status)
        status = s->n_classes ? attune_classes_make(out, rows->n, s->n_classes, error)
                              : attune_predictions_make(out, ATTUNE_REGRESSION, rows->n, 0, error);
    if (!status)
        status = unpack(&p, error);
    for (int64_t first = 0; first < rows->n && !status; first += BLOCK) {
        int64_t n = rows->n - first < BLOCK ? rows->n - first : BLOCK;
        status = attune_context_stop(context, error);
        if (!status)
            status = predict_block(&p, first, n, out, error);
    }
    attune_mlp_net_clear(&p.net);
    attune_matrix_clear(&p.matrix);
    free(p.params);
    free(p.inputs);
    free(p.room);
    return status;
}

static const char *check_classes(const self_t *s)
{
    const char *complaint = attune_classes_check(&s->classes, s->n_classes);
    if (complaint)
        return complaint;
    if (s->target.type != ATTUNE_ARRAY_F64 || s->target.n_dims != 1 ||
        s->target.shape[0] != (s->n_classes ? 0 : 4))
        return "target must be four reals, none for classes";
    return NULL;
}

static const char *check_fitted(const void *self)
{
    const self_t *s = self;
    const attune_array *arrays[] = {&s->center, &s->factor};
    const char *complaint = check_classes(s);
    if (complaint)
        return complaint;
    for (int k = 0; k < 2; k++)
        if (arrays[k]->type != ATTUNE_ARRAY_F64 || arrays[k]->n_dims != 1 ||
            arrays[k]->shape[0] != s->inputs.n || !attune_all_finite(arrays[k]->f64, s->inputs.n))
            return "center and factor must be one finite real an input";
    if (!attune_all_finite(s->target.f64, s->target.shape[0]))
        return "target must be finite";
    attune_mlp_shape shape = attune_mlp_shape_of(s);
    int64_t n = attune_array_count(&s->coefs);
    if (s->coefs.type != ATTUNE_ARRAY_F32 || s->coefs.n_dims != 1 || n % attune_mlp_n_dense(&shape))
        return "coefs must be as many as the layers of each network have";
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(s->coefs.f32[i]))
            return "coefs must be finite";
    return NULL;
}

static void describe(const void *self, attune_text *text)
{
    const self_t *s = self;
    attune_mlp_shape shape = attune_mlp_shape_of(s);
    attune_text_printf(text,
                       "%lld x %lld layers of %lld units over %lld inputs, epoch %lld of %lld",
                       (long long)(attune_array_count(&s->coefs) / attune_mlp_n_dense(&shape)),
                       (long long)s->n_hidden_layers, (long long)s->hidden_size,
                       (long long)s->inputs.n, (long long)s->best_epoch, (long long)s->epochs);
}

static int64_t estimate_memory(const void *self, int64_t n, int64_t p)
{
    const self_t *s = self;
    double wide = (double)(p + 16), width = (double)(s->hidden_size + 16);
    double params = wide * width + (double)s->n_hidden_layers * width * width;
    double nets = (double)s->n_ens;
    double batch = (double)s->batch_size * (wide + width * (double)(s->n_hidden_layers + 1));
    double bytes = (double)n * (20 * wide + 64) + 4 * ((7 + nets) * params + 6 * batch);
    return bytes < 9e18 ? (int64_t)bytes : INT64_MAX;
}

const attune_step_type attune_step_mlp = {
    .name = "mlp",
    .doc = "A multilayer perceptron for tables (the recipe of RealMLP-TD-S): takes inputs of any "
           "scale.",
    .version = 1,
    .size = sizeof(self_t),
    .fields = fields,
    .tasks = ATTUNE_FOR_ANY,
    .simplicity = 6,
    .space = "{\"hidden_size\": {\"choice\": [32, 64, 128]},"
             " \"n_hidden_layers\": {\"rand_int\": [1, 3]},"
             " \"epochs\": {\"log_int\": [32, 128]},"
             " \"learning_rate_init\": {\"log_uniform\": [0.01, 0.2]},"
             " \"dropout\": {\"uniform\": [0, 0.4]},"
             " \"weight_decay\": {\"log_uniform\": [0.0001, 0.1]}}",
    .scale_free = true,
    .most_rows = 50000,
    .fit = fit,
    .predict = predict,
    .check_fitted = check_fitted,
    .describe = describe,
    .estimate_memory = estimate_memory,
};
