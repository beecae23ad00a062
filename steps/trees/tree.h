/* steps/trees/tree.h - growing one regression tree on binned rows.
 *
 * Every row has a gradient and a hessian, as whole numbers of at most ATTUNE_LEVELS, so that sums
 * are exact: their bits do not depend on the order of rows, on which child's histogram is built
 * and which is the difference, or on how wide registers are. A cell holds both sums in one 64-bit
 * number: gradient in the upper half, hessian in the lower one.
 *
 *     attune_grower_new -> (attune_grower_grow -> leaves, nodes)* -> attune_grower_free
 *
 * Leaves are split in the order of their gain; where there may be as many as rows, in any order,
 * and then the newest first, for fewer histograms are kept. With gradient g, hessian h, the gain of
 * a split is T(g_left)^2 / (h_left + reg_lambda) + the same of the right - the same of the parent,
 * where T takes reg_alpha from the absolute value; under monotone constraints it is what the loss
 * falls by when each side says what its bounds allow. Sources: Ke et al. (2017), LightGBM, NeurIPS
 * 30; Shi et al. (2022), Quantized training of gradient boosting decision trees, NeurIPS 35; Fisher
 * (1958) for levels sorted by gradient. Thread class: one per thread; no call allocates but _new.
 */
#ifndef ATTUNE_STEPS_TREES_TREE_H
#define ATTUNE_STEPS_TREES_TREE_H

#include "spaces/base/stream.h"
#include "steps/trees/bins.h"

enum {
    ATTUNE_LEVELS = 2047,        /* of a quantised gradient or hessian */
    ATTUNE_SET_BYTES = 32,       /* one bit a code */
    ATTUNE_LANES = 16,           /* columns whose cuts are tried side by side */
    ATTUNE_CLASS_CELLS = 1 << 14 /* of a table of bins and classes, at most */
};

typedef struct attune_tree_options {
    int64_t num_leaves;        /* 2 or more */
    int64_t max_depth;         /* -1: no limit */
    int64_t min_split_samples; /* rows of a node that may be split; 0: as its children need */
    int64_t min_child_samples; /* rows are counted by their share of a node's hessian */
    double min_child_weight;   /* hessian */
    double reg_alpha, reg_lambda, min_split_gain;
    double colsample_bynode; /* share of the inputs that a node may split on */
    bool constant_uncounted; /* inputs that are constant in a node do not count in that share */
    bool extra_trees;        /* one random cut of an input is tried, not all */
    double cat_smooth;       /* hessian that is added to a level's, when more than 4 are sorted */
    double cat_l2;           /* added to reg_lambda in a split on more than 4 levels */
    const int8_t *monotone;  /* nullable, borrowed: one an input of the bins, what a tree says must
                                rise (1) or fall (-1) with it, or may do either (0; levels) */
} attune_tree_options;

typedef struct attune_tree_pair {
    int32_t label, weight;
} attune_tree_pair;

/* More than two classes: nodes are split by Gini's criterion, rows weighing their hessian. */
typedef struct attune_tree_classes {
    const int32_t *labels; /* one a row of the bins, below n */
    int32_t n;
    uint8_t *codes, *ranks;         /* room: as many as rows a tree is grown on */
    attune_tree_pair *own, *sorted; /* room: as many */
    int64_t *sums;                  /* room: 2 n */
    int32_t *lanes;                 /* room: ATTUNE_LANES n */
    int32_t *table;                 /* room: ATTUNE_CLASS_CELLS */
    int32_t *numbers, *present;     /* room: n; numbers are 0 */
    double *places;                 /* room: n */
} attune_tree_classes;

/* What is to be fitted: quantised by scale, 0 to ATTUNE_LEVELS. */
typedef struct attune_tree_target {
    const int32_t *packed;                     /* one a row of the bins: gradient << 16 + hessian */
    double gradient_scale, hessian_scale;      /* of one unit */
    bool may_be_zero;                          /* both of a row may be */
    const struct attune_tree_classes *classes; /* nullable: then splits are Gini's for them */
} attune_tree_target;

/* Children stand side by side: left, and left + 1. A node without is a leaf. */
typedef struct attune_node {
    int32_t input; /* -1: a leaf */
    int32_t left;
    bool nominal;
    bool missing_left; /* where rows without a bin go, and those that come without one later */
    uint8_t code;      /* numbers: codes up to this go left */
    uint8_t set[ATTUNE_SET_BYTES]; /* levels: codes whose bit is set go left */
    double gain;
    int64_t first, n; /* its rows: rows[first] to rows[first + n - 1] */
} attune_node;

typedef struct attune_grower attune_grower;

/* For trees on at most n rows at a time. `bins` is borrowed. */
attune_status attune_grower_new(attune_grower **grower, const attune_bins *bins, int64_t n,
                                const attune_tree_options *options, attune_error *error);
void attune_grower_free(attune_grower *grower);

/* Grows a tree on n rows (numbers of the bins' rows, ascending, each once); they are put in the
 * order of the leaves, in each those that are 0 last, and ascending beside. inputs: those that
 * may be split on, ascending. stream: for what is drawn. Returns the number of nodes; node 0
 * is the root. */
int32_t attune_grower_grow(attune_grower *grower, int32_t *rows, int64_t n, const int32_t *inputs,
                           int32_t n_inputs, const attune_tree_target *target,
                           attune_stream *stream);
const attune_node *attune_grower_nodes(const attune_grower *grower);

/* Sends other rows (ascending or descending), as many as a tree may be grown on at most, through
 * the tree that was grown last: they are put in the order of the leaves, and first and n of the
 * nodes are then theirs. */
void attune_grower_route(attune_grower *grower, int32_t *rows, int64_t n);
/* What a leaf may say under monotone constraints that is nearest to value: between the middles of
 * what the two sides of each constrained cut above it would have said. */
double attune_grower_clamp(const attune_grower *grower, int32_t leaf, double value);

#endif
