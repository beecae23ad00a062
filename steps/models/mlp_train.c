/* steps/models/mlp_train.c - Adam along four waves of a learning rate; the best epoch is kept. */
#include "steps/models/mlp_train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct training {
    const attune_mlp *s;
    const attune_mlp_side *fitted, *held_out;
    const attune_context *context;
    attune_mlp_net net;
    int64_t n_params, batch, step, n_steps;
    float *params, *gradient, *mean, *variance, *best;
    float *inputs;           /* of a batch */
    double *scores;          /* an output each */
    int64_t *order;          /* of the rows in this epoch */
    double unit;             /* weights are multiplied by: their mean becomes 1 */
    double power_1, power_2; /* of the betas, one a step */
    attune_stream shuffle;
    attune_key drop;
    double best_loss;
};

static attune_status make_room(struct training *t, attune_error *error)
{
    attune_mlp_shape shape = attune_mlp_shape_of(t->s);
    int64_t wide = attune_mlp_wide(shape.width[0]), n = t->fitted->n;
    t->batch = t->s->batch_size < n ? t->s->batch_size : n;
    t->n_params = attune_mlp_n_params(&shape);
    t->n_steps = t->s->epochs * (n / t->batch);
    t->params = attune_alloc(t->n_params, sizeof *t->params, error);
    t->gradient = attune_alloc(t->n_params, sizeof *t->gradient, error);
    t->mean = attune_alloc(t->n_params, sizeof *t->mean, error);
    t->variance = attune_alloc(t->n_params, sizeof *t->variance, error);
    t->best = attune_alloc(t->n_params, sizeof *t->best, error);
    t->inputs = attune_alloc(t->batch * wide, sizeof *t->inputs, error);
    t->scores = attune_alloc(shape.width[shape.n_layers], sizeof *t->scores, error);
    t->order = attune_alloc(n, sizeof *t->order, error);
    if (!t->params || !t->gradient || !t->mean || !t->variance || !t->best || !t->inputs ||
        !t->scores || !t->order)
        return ATTUNE_MEMORY;
    return attune_mlp_net_make(&t->net, &shape, t->batch > 256 ? t->batch : 256, error);
}

static void release(struct training *t)
{
    attune_mlp_net_clear(&t->net);
    free(t->params);
    free(t->gradient);
    free(t->mean);
    free(t->variance);
    free(t->best);
    free(t->inputs);
    free(t->scores);
    free(t->order);
}

/* Scales are 1, weights and biases normal, those of the last layer 0. */
static void draw_params(struct training *t)
{
    const attune_mlp_shape *shape = &t->net.shape;
    attune_stream stream = attune_context_stream(t->context, "weights");
    for (int64_t j = 0; j < shape->width[0]; j++)
        t->params[j] = 1;
    for (int64_t l = 0; l + 1 < shape->n_layers; l++) {
        int64_t out = shape->width[l + 1], wide = attune_mlp_wide(out);
        float *weights = t->params + attune_mlp_weights_at(shape, l);
        float *biases = t->params + attune_mlp_biases_at(shape, l);
        for (int64_t i = 0; i < shape->width[l]; i++)
            for (int64_t j = 0; j < out; j++)
                weights[i * wide + j] = (float)attune_stream_normal(&stream);
        for (int64_t j = 0; j < out; j++)
            biases[j] = (float)attune_stream_normal(&stream);
    }
}

/* Scores become probabilities; returns the logarithm of their sum of exponentials. */
static double softmax(const float *outputs, int64_t n, double *p)
{
    double most = outputs[0], sum = 0;
    for (int64_t k = 1; k < n; k++)
        most = outputs[k] > most ? outputs[k] : most;
    for (int64_t k = 0; k < n; k++)
        sum += p[k] = exp(outputs[k] - most);
    for (int64_t k = 0; k < n; k++)
        p[k] /= sum;
    return most + log(sum);
}

/* The loss's derivative by the outputs of row i of the batch, into a row of delta. */
static void row_delta(struct training *t, int64_t row, const float *outputs, float *delta)
{
    int64_t n = t->net.shape.width[t->net.shape.n_layers];
    double weight = t->fitted->weight[row] * t->unit / (double)t->batch;
    double smooth = t->s->label_smoothing;
    if (t->fitted->y) {
        delta[0] = (float)(2 * weight * (outputs[0] - t->fitted->y[row]));
        return;
    }
    softmax(outputs, n, t->scores);
    for (int64_t k = 0; k < n; k++) {
        double wanted = smooth / (double)n + (k == t->fitted->labels[row] ? 1 - smooth : 0);
        delta[k] = (float)(weight * (t->scores[k] - wanted));
    }
}

static void take_step(struct training *t)
{
    const attune_mlp *s = t->s;
    const attune_mlp_shape *shape = &t->net.shape;
    const double pi = 3.14159265358979323846;
    double rate = s->learning_rate_init;
    if (isnan(rate))
        rate = s->n_classes ? 0.04 : 0.07;
    double passed = (double)t->step / (double)t->n_steps;
    rate *= 0.5 - 0.5 * cos(2 * pi * log2(1 + 15 * passed));
    t->power_1 *= s->beta_1;
    t->power_2 *= s->beta_2;
    attune_mlp_adam adam = {
        .beta_1 = (float)s->beta_1,
        .beta_2 = (float)s->beta_2,
        .epsilon = (float)s->epsilon,
        .correction = (float)(1 / (1 - t->power_2)),
    };
    double corrected = rate / (1 - t->power_1);
    for (int64_t part = -1; part < 2 * shape->n_layers; part++) {
        bool biases = part >= 0 && part % 2;
        int64_t at = part < 0 ? 0
                     : biases ? attune_mlp_biases_at(shape, part / 2)
                              : attune_mlp_weights_at(shape, part / 2);
        int64_t end = part < 0 ? attune_mlp_weights_at(shape, 0)
                      : biases ? attune_mlp_weights_at(shape, part / 2 + 1)
                               : attune_mlp_biases_at(shape, part / 2);
        adam.rate = (float)(corrected * (part < 0 ? 6 : biases ? 0.1 : 1));
        adam.decay = part < 0 || biases ? 0 : (float)(rate * s->weight_decay);
        attune_mlp_adam_step(&adam, t->params + at, t->gradient + at, t->mean + at,
                             t->variance + at, end - at);
    }
    t->step++;
}

static void learn_batch(struct training *t, const int64_t *rows)
{
    const attune_mlp_shape *shape = &t->net.shape;
    int64_t wide = attune_mlp_wide(shape->width[0]);
    int64_t out = attune_mlp_wide(shape->width[shape->n_layers]);
    attune_key drop = attune_key_integer(t->drop, t->step);
    double share = isnan(t->s->dropout) ? t->s->n_classes ? 0.3 : 0 : t->s->dropout;
    for (int64_t i = 0; i < t->batch; i++)
        memcpy(t->inputs + i * wide, t->fitted->x + rows[i] * wide, (size_t)wide * sizeof(float));
    const float *outputs =
        attune_mlp_forward(&t->net, t->params, t->inputs, t->batch, share, drop.low);
    memset(t->net.delta, 0, (size_t)(t->batch * out) * sizeof(float));
    for (int64_t i = 0; i < t->batch; i++)
        row_delta(t, rows[i], outputs + i * out, t->net.delta + i * out);
    attune_mlp_backward(&t->net, t->params, t->inputs, t->batch, t->gradient);
    take_step(t);
}

/* The outputs of rows first, ... of a side, at most as many as there is room for. */
static const float *look(struct training *t, const attune_mlp_side *side, const float *params,
                         int64_t first, int64_t *n)
{
    int64_t wide = attune_mlp_wide(t->net.shape.width[0]), left = side->n - first;
    *n = left < t->net.rows ? left : t->net.rows;
    return attune_mlp_forward(&t->net, params, side->x + first * wide, *n, 0, 0);
}

/* Log loss or squared error, the mean over the rows held out. */
static double held_out_loss(struct training *t)
{
    const attune_mlp_side *side = t->held_out;
    int64_t n_out = t->net.shape.width[t->net.shape.n_layers], stride = attune_mlp_wide(n_out);
    double loss = 0, total = 0;
    for (int64_t first = 0, n = 0; first < side->n; first += n) {
        const float *outputs = look(t, side, t->params, first, &n);
        for (int64_t i = 0; i < n; i++, outputs += stride) {
            int64_t row = first + i;
            double error = side->y ? outputs[0] - side->y[row] : 0;
            double own = side->y ? error * error
                                 : softmax(outputs, n_out, t->scores) - outputs[side->labels[row]];
            loss += side->weight[row] * own;
            total += side->weight[row];
        }
    }
    return loss / total;
}

static attune_status run_epoch(struct training *t, attune_error *error)
{
    enum { BATCHES = 16 }; /* between two questions whether to stop */
    attune_status status = ATTUNE_OK;
    int64_t n = t->fitted->n / t->batch;
    attune_stream_shuffle(&t->shuffle, t->order, t->fitted->n);
    for (int64_t b = 0; b < n && !status; b++) {
        if (b % BATCHES == 0)
            status = attune_context_stop(t->context, error);
        if (!status)
            learn_batch(t, t->order + b * t->batch);
    }
    return status;
}

/* In which of the four waves of the learning rate an epoch begins. */
static int wave_of(const attune_mlp *s, int64_t epoch)
{
    int wave = 0;
    while (wave < 3 && 15 * epoch >= ((2 << wave) - 1) * s->epochs)
        wave++;
    return wave;
}

/* After an epoch, when the best so far was another. */
static bool is_enough(const attune_mlp *s, int64_t epoch, int64_t best)
{
    if (s->n_iter_no_change > 0)
        return epoch - best >= s->n_iter_no_change;
    int wave = wave_of(s, epoch);
    return wave_of(s, epoch + 1) > wave && wave_of(s, best) < wave;
}

static attune_status run_epochs(struct training *t, int64_t *best_epoch, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    int64_t kept = -1;
    for (int64_t epoch = 0; epoch < t->s->epochs && !status; epoch++) {
        status = run_epoch(t, error);
        double loss = t->held_out->n ? held_out_loss(t) : 0;
        if (!status && (t->held_out->n ? loss <= t->best_loss : true)) {
            t->best_loss = loss;
            kept = epoch;
            memcpy(t->best, t->params, (size_t)t->n_params * sizeof *t->best);
        }
        if (t->held_out->n && is_enough(t->s, epoch, kept))
            break;
    }
    *best_epoch = kept + 1;
    return status;
}

/* By what all outputs should be multiplied so that the probabilities of the rows held out are
 * likeliest: where the derivative, which ascends, is 0. A normal prior on the logarithm keeps it
 * near 1 when rows are few. */
static double sharpness_slope(struct training *t, const double *z, double b)
{
    const attune_mlp_side *side = t->held_out;
    int64_t k_end = t->net.shape.width[t->net.shape.n_layers];
    double slope = 4 * log(b) / b;
    for (int64_t i = 0; i < side->n; i++, z += k_end) {
        double most = z[0], sum = 0, mean = 0;
        for (int64_t k = 1; k < k_end; k++)
            most = fmax(most, z[k]);
        for (int64_t k = 0; k < k_end; k++) {
            double e = exp(b * (z[k] - most));
            sum += e;
            mean += e * z[k];
        }
        slope += side->weight[i] * t->unit * (mean / sum - z[side->labels[i]]);
    }
    return slope;
}

static attune_status sharpen(struct training *t, attune_error *error)
{
    const attune_mlp_shape *shape = &t->net.shape;
    int64_t last = shape->n_layers - 1, n_out = shape->width[last + 1];
    int64_t stride = attune_mlp_wide(n_out);
    double *z = attune_alloc(t->held_out->n * n_out, sizeof *z, error), *to = z;
    if (!z)
        return ATTUNE_MEMORY;
    for (int64_t first = 0, n = 0; first < t->held_out->n; first += n) {
        const float *outputs = look(t, t->held_out, t->best, first, &n);
        for (int64_t i = 0; i < n; i++)
            for (int64_t k = 0; k < n_out; k++)
                *to++ = outputs[i * stride + k];
    }
    double low = log(0.05), high = log(20);
    for (int i = 0; i < 30; i++) {
        double middle = (low + high) / 2;
        if (sharpness_slope(t, z, exp(middle)) > 0)
            high = middle;
        else
            low = middle;
    }
    float factor = (float)exp((low + high) / 2);
    for (int64_t i = attune_mlp_weights_at(shape, last); i < t->n_params; i++)
        t->best[i] *= factor;
    free(z);
    return ATTUNE_OK;
}

static attune_status keep(struct training *t, float *coefs, attune_error *error)
{
    attune_mlp_to_dense(&t->net.shape, t->best, coefs);
    for (int64_t i = 0; i < attune_mlp_n_dense(&t->net.shape); i++)
        if (!isfinite(coefs[i]))
            return attune_fail(error, ATTUNE_UNFIT,
                               "the weights grew beyond all bounds: try a smaller "
                               "learning_rate_init");
    return ATTUNE_OK;
}

attune_status attune_mlp_train(const attune_mlp *s, const attune_mlp_side *fitted,
                               const attune_mlp_side *held_out, const attune_context *context,
                               float *coefs, int64_t *epoch, attune_error *error)
{
    struct training t = {.s = s, .fitted = fitted, .held_out = held_out, .context = context};
    t.power_1 = t.power_2 = 1;
    t.best_loss = INFINITY;
    double total = 0;
    attune_status status = make_room(&t, error);
    if (!status) {
        t.shuffle = attune_context_stream(context, "shuffle");
        t.drop = attune_key_text(context->stream, "dropout");
        for (int64_t i = 0; i < fitted->n; i++) {
            t.order[i] = i;
            total += fitted->weight[i];
        }
        t.unit = (double)fitted->n / total;
        draw_params(&t);
        status = run_epochs(&t, epoch, error);
    }
    if (!status && !*epoch)
        status = attune_fail(error, ATTUNE_UNFIT,
                             "the loss was no number in any epoch: try a smaller "
                             "learning_rate_init");
    if (!status && held_out->n && s->n_classes)
        status = sharpen(&t, error);
    if (!status)
        status = keep(&t, coefs, error);
    release(&t);
    return status;
}
