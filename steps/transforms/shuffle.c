/* steps/transforms/shuffle.c - training rows in another order; acts in training only. */
#include "steps/step.h"

#include <stdlib.h>
#include <string.h>

struct shuffle {
    int64_t turn;
};

static const attune_field fields[] = {
    ATTUNE_INTEGER(struct shuffle, turn, 0, "another number, another order", .no_low = true,
                   .no_high = true),
    ATTUNE_FIELDS_END,
};

/* The order follows from the fit's stream, of which `turn` is a part as every hyperparameter is. */
static attune_status fit_transform(void *self, const attune_data *data, const attune_rows *rows,
                                   const attune_context *context, attune_data **out,
                                   attune_rows **out_rows, attune_error *error)
{
    (void)self;
    int64_t *index = attune_alloc(rows->n, sizeof *index, error);
    if (!index)
        return ATTUNE_MEMORY;
    memcpy(index, rows->index, (size_t)rows->n * sizeof *index);
    attune_stream stream = attune_context_stream(context, "shuffle");
    attune_stream_shuffle(&stream, index, rows->n);
    *out_rows = attune_rows_new_take(index, rows->n, error);
    if (!*out_rows)
        return ATTUNE_MEMORY;
    *out = attune_data_ref((attune_data *)(uintptr_t)data);
    return ATTUNE_OK;
}

static attune_status transform(const void *self, const attune_data *data,
                               const attune_context *context, attune_data **out,
                               attune_error *error)
{
    (void)self;
    (void)context;
    (void)error;
    *out = attune_data_ref((attune_data *)(uintptr_t)data);
    return ATTUNE_OK;
}

static void describe(const void *self, attune_text *text)
{
    (void)self;
    attune_text_append(text, "training rows in a random order");
}

/* Inputs stay as they are. */
static int64_t widen(const void *self, attune_kind kind, int64_t levels)
{
    (void)self;
    (void)kind;
    (void)levels;
    return 0;
}

const attune_step_type attune_step_shuffle = {
    .name = "shuffle",
    .doc = "Puts training rows into a random order; does nothing to what is predicted.",
    .version = 1,
    .size = sizeof(struct shuffle),
    .fields = fields,
    .train_output = ATTUNE_TRAIN_RESAMPLED,
    .fit_transform = fit_transform,
    .widen = widen,
    .transform = transform,
    .describe = describe,
};
