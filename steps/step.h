/* steps/step.h - one step of a pipeline: what it is, its lifecycle, its savers.
 *
 * A step type is one file in steps/transforms, models or wrappers and one row in steps/steps.def.
 * It declares its members once (a field table) and the functions below; everything else - names,
 * setting, JSON, cloning, saving, help, sharing - is done here.
 *
 *   new -> set_hyperparams -> setup -> fit / fit_transform -> transform / predict -> save
 *
 * Setting a hyperparameter invalidates what was fitted. A fitted step is read-only: transform and
 * predict take it const, and it may be shared by threads and trials (_ref). Containers hold their
 * children in a CHILDREN field.
 * Thread class: one thread until fitted; then shared read-only. */
#ifndef ATTUNE_STEPS_STEP_H
#define ATTUNE_STEPS_STEP_H

#include "spaces/base/field.h"
#include "spaces/space.h"
#include "steps/context.h"
#include "steps/predictions.h"

enum { ATTUNE_STEP_ABI = 1 };

typedef struct attune_step attune_step;

/* What a CHILDREN field holds; owned shares. */
typedef struct attune_children {
    attune_step **items;
    int64_t n;
} attune_children;

typedef enum attune_train_output {
    ATTUNE_TRAIN_SAME,        /* training rows get what transform gives */
    ATTUNE_TRAIN_OUT_OF_FOLD, /* training rows get what models that did not see them give */
    ATTUNE_TRAIN_RESAMPLED    /* training rows are chosen or ordered anew */
} attune_train_output;

/* A combination that cannot be: an expression over the step's own hyperparameters that must not be
 * true, and why. The sampler never draws it, a plan that fixes it is refused. */
typedef struct attune_impossible {
    const char *expression, *reason;
} attune_impossible;

enum { /* attune_step_type.tasks */
       ATTUNE_FOR_REGRESSION = 1 << ATTUNE_REGRESSION,
       ATTUNE_FOR_BINARY = 1 << ATTUNE_BINARY,
       ATTUNE_FOR_MULTICLASS = 1 << ATTUNE_MULTICLASS,
       ATTUNE_FOR_CLASSES = ATTUNE_FOR_BINARY | ATTUNE_FOR_MULTICLASS,
       ATTUNE_FOR_ANY = ATTUNE_FOR_REGRESSION | ATTUNE_FOR_CLASSES
};

typedef struct attune_step_type {
    uint32_t abi; /* ATTUNE_STEP_ABI; 0 is read as the current one */
    int version;  /* of the fitted state; raise it when its meaning changes, and add upgrade */
    const char *name, *doc;
    size_t size; /* of self */
    const attune_field *fields;
    unsigned tasks;    /* models: ATTUNE_FOR_...; 0 for others */
    double simplicity; /* models: lower is simpler; names the simplest of several ties */
    const char *space; /* default space as JSON, {"C": {"log_uniform": [..]}}; nullable */
    const attune_impossible *impossible; /* {NULL, NULL} at the end; nullable */
    /* Models: what their inputs may be without preprocessing; a default plan puts in the rest. */
    unsigned takes;     /* kinds, 1 << kind or-ed; 0: numbers only */
    bool takes_missing; /* missing values need no impute */
    bool scale_free;    /* scaling the inputs changes nothing */
    /* Models: rows above which a fit is not what a night is for; a default plan leaves it out
     * there. 0: no such number. */
    int64_t most_rows;
    attune_train_output train_output;
    const char *const *savers; /* names, default first, NULL at the end; NULL: the default one */

    /* NULL or the complaint about hyperparameters that ranges and `impossible` cannot say. */
    const char *(*check)(const void *self);

    /* Heavy things, once, lazily before the first fit; teardown frees what is not in the table. */
    attune_status (*setup)(void *self, const attune_context *context, attune_error *error);
    void (*teardown)(void *self);

    /* Learns from rows of the unsliced data. UNFIT with the reason when it cannot be. */
    attune_status (*fit)(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error);

    /* For types whose train_output is not SAME, instead of fit: what the next step trains on. *out
     * and *out_rows get shares. */
    attune_status (*fit_transform)(void *self, const attune_data *data, const attune_rows *rows,
                                   const attune_context *context, attune_data **out,
                                   attune_rows **out_rows, attune_error *error);

    /* Transforms. All rows of data to new data; *out gets a share. Row by row: a row alone gives
     * the same bits. libc and libm only. Columns are found by name. */
    attune_status (*transform)(const void *self, const attune_data *data,
                               const attune_context *context, attune_data **out,
                               attune_error *error);

    /* Models: predictions of the selected rows, in their order. libc and libm only, row by row. */
    attune_status (*predict)(const void *self, const attune_data *data, const attune_rows *rows,
                             const attune_context *context, attune_predictions *out,
                             attune_error *error);

    /* Models whose fit grows with a budget (a field that says so), where a smaller budget's fit is
     * the beginning of a larger one's; both or neither. predict_stages: what fits of budgets[0] <=
     * budgets[1] <= ..., 1 or more, none above the present one, would predict, bit for bit, in one
     * pass; out has n items. truncate: what was learnt becomes what a fit of this smaller budget
     * learns, the hyperparameter too. fit_more (nullable): fit and fit_more return once they have
     * spent context->reach of the budget, this one goes on from there; the bits are those of a fit
     * in one go. Containers hand all three on to their model. */
    attune_status (*predict_stages)(const void *self, const attune_data *data,
                                    const attune_rows *rows, const attune_context *context,
                                    const int64_t *budgets, int64_t n, attune_predictions *out,
                                    attune_error *error);
    attune_status (*truncate)(void *self, int64_t budget, attune_error *error);
    attune_status (*fit_more)(void *self, const attune_context *context, attune_error *error);

    /* Transforms of the target: undone on predictions, in place. */
    attune_status (*inverse_transform)(const void *self, attune_predictions *predictions,
                                       attune_error *error);

    /* Containers whose children are chosen among: the hyperparameter that does it. A TEXT field
     * holds the name of the one child in use, a BOOLEAN whether the children are used. */
    const char *selector;

    /* Containers: whether what is inside predicts; whether a child takes part with the present
     * hyperparameters (NULL: all do). */
    bool (*is_model)(const void *self);
    bool (*uses)(const void *self, int64_t child);

    /* After loading: NULL or what is wrong with the fitted members (shapes, indices). */
    const char *(*check_fitted)(const void *self);

    /* Warnings about real data before budget is spent, one line each, appended to notes. */
    void (*validate)(const void *self, const attune_data *data, const attune_rows *rows,
                     const attune_context *context, attune_texts *notes);

    /* One line of markdown about the fitted step, appended. */
    void (*describe)(const void *self, attune_text *text);

    /* Bytes a fit of n rows x p columns will need at its peak, beside the data and (transforms)
     * what it makes of them. steps/memory.h asks. */
    int64_t (*estimate_memory)(const void *self, int64_t n, int64_t p);

    /* Transforms: how many columns of numbers a touched input of a kind becomes, at most; 0: it
     * stays as it is. levels: of a NOMINAL one. NULL: one for each column of numbers. */
    int64_t (*widen)(const void *self, attune_kind kind, int64_t levels);

    /* Models: what each input is worth to it, 0 or more: the gain of a tree's splits, a
     * coefficient times the spread of its input in the rows. data are as the model sees them. names
     * and values start empty and get as many. */
    attune_status (*importance)(const void *self, const attune_data *data, const attune_rows *rows,
                                attune_texts *names, attune_reals *values, attune_error *error);

    /* Fitted state of an older version, as JSON, made current; arrays are already loaded. */
    attune_status (*upgrade)(json_t *fitted, int from, attune_error *error);
} attune_step_type;

struct attune_step {
    const attune_step_type *type;
    int64_t count;        /* shares, atomic */
    char *name;           /* owned; unique among siblings */
    attune_texts columns; /* what a transform shall touch; empty: all it can */
    void *self;           /* type->size bytes, owned */
    bool initialised;     /* setup has run */
    bool fitted;
    bool invalidated;                  /* set or fitted since it was last saved or loaded */
    bool train;                        /* training mode; off outside fit */
    attune_key key;                    /* of the fit, when fitted */
    attune_key seed, data_id, rows_id; /* what else key is made of; unknown when loaded */
    bool key_parts;                    /* whether they are known */
};

/* All types in the order of steps.def, NULL at the end. */
extern const attune_step_type *const attune_step_types[];
const attune_step_type *attune_step_type_find(const char *name);
/* INVALID "unknown step "x", did you mean ...". */
attune_status attune_step_type_unknown(const char *name, attune_error *error);

attune_status attune_step_new(attune_step **step, const attune_step_type *type, const char *name,
                              attune_error *error);
attune_step *attune_step_ref(attune_step *step);
void attune_step_free(attune_step *step); /* NULL-safe; gives a share back */

/* Hyperparameters, columns and name, recursively; nothing fitted. */
attune_status attune_step_clone(const attune_step *step, attune_step **clone, attune_error *error);

/* The children of a container, NULL for others. Children are added before the first fit; the
 * container takes the child, also on failure. */
attune_children *attune_step_children(const attune_step *step);
attune_status attune_step_add_take(attune_step *step, attune_step *child, attune_error *error);
attune_step *attune_step_find(attune_step *step, const char *path); /* "a__b" or "a/b"; or NULL */

/* A hyperparameter by its path ("C", "model__svc__C"); invalidates. CONFLICT when the step is
 * shared. Setting a choose's `choice` takes a child's name. */
attune_status attune_step_set(attune_step *step, const char *path, const attune_value *value,
                              attune_error *error);
attune_status attune_step_get(const attune_step *step, const char *path, attune_value *value,
                              attune_error *error);
/* Every active dimension of a sample. */
attune_status attune_step_set_sample(attune_step *step, const attune_space *space,
                                     const attune_sample *sample, attune_error *error);
/* Range-free checks of this step and its active children: check and impossible. */
attune_status attune_step_check(const attune_step *step, attune_error *error);

bool attune_step_is_model(const attune_step *step);
/* The type's simplicity of the model that is active inside; infinity when there is none. */
double attune_step_simplicity(const attune_step *step);
/* What stands in a leaderboard's model column: the name of the active branch or model. */
const char *attune_step_model_name(const attune_step *step);

/* Type, version, hyperparameters, columns and active children: what, with data and rows, decides a
 * fit. Names do not count. */
attune_key attune_step_key(const attune_step *step);
attune_key attune_step_fit_key(const attune_step *step, const attune_data *data,
                               const attune_rows *rows, attune_key seed);

/* The lifecycle. context is the parent's; each call enters it. */
void attune_step_set_train(attune_step *step, bool train);
attune_status attune_step_fit(attune_step *step, const attune_data *data, const attune_rows *rows,
                              const attune_context *context, attune_error *error);
attune_status attune_step_fit_transform(attune_step *step, const attune_data *data,
                                        const attune_rows *rows, const attune_context *context,
                                        attune_data **out, attune_rows **out_rows,
                                        attune_error *error);
attune_status attune_step_transform(const attune_step *step, const attune_data *data,
                                    const attune_context *context, attune_data **out,
                                    attune_error *error);
attune_status attune_step_predict(const attune_step *step, const attune_data *data,
                                  const attune_rows *rows, const attune_context *context,
                                  attune_predictions *out, attune_error *error);
attune_status attune_step_inverse_transform(const attune_step *step,
                                            attune_predictions *predictions, attune_error *error);

/* The active model inside that has stages (type->predict_stages), or NULL. */
const attune_step *attune_step_staged(const attune_step *step);
/* What fits of smaller budgets of that model would predict; budgets ascend, out has n items, which
 * the caller clears, also on failure. INVALID: no stages, not fitted, a budget out of range. */
attune_status attune_step_predict_stages(const attune_step *step, const attune_data *data,
                                         const attune_rows *rows, const attune_context *context,
                                         const int64_t *budgets, int64_t n, attune_predictions *out,
                                         attune_error *error);
/* The fitted step becomes, to the byte of its dump, what a fit of a smaller budget makes. CONFLICT:
 * shared. INVALID: as above, or loaded from a dump (its data is not known). */
attune_status attune_step_truncate(attune_step *step, int64_t budget, attune_error *error);
/* A fit that returned at context->reach goes on to a later one, or (0) to its end; one whose model
 * has no fit_more was whole already. A model that is not whole predicts in stages up to there, and
 * is neither saved nor shared. */
attune_status attune_step_fit_more(attune_step *step, const attune_context *context,
                                   attune_error *error);

/* What the model inside says of its own inputs, on data as the step takes them. names and values
 * start empty. INVALID: the model does not say. */
attune_status attune_step_importance(const attune_step *step, const attune_data *data,
                                     const attune_rows *rows, const attune_context *context,
                                     attune_texts *names, attune_reals *values,
                                     attune_error *error);

/* Through the door to shared work: *child is exchanged for a fitted share of itself, *out and
 * *out_rows (may be the same rows) get what the next step trains on. Containers call these. */
attune_status attune_step_fit_transform_shared(attune_step **child, const attune_data *data,
                                               const attune_rows *rows,
                                               const attune_context *context, attune_data **out,
                                               attune_rows **out_rows, attune_error *error);
attune_status attune_step_transform_shared(const attune_step *step, const attune_data *data,
                                           const attune_context *context, attune_data **out,
                                           attune_error *error);

/* Warnings about real data, of this step and those inside, appended to notes. */
void attune_step_validate(const attune_step *step, const attune_data *data, const attune_rows *rows,
                          const attune_context *context, attune_texts *notes);

#endif
