/* steps/trees/tree_parts.h - what the files that grow a tree share among themselves: histograms and
 * the search for a split. Thread class: pure. */
#ifndef ATTUNE_STEPS_TREES_TREE_PARTS_H
#define ATTUNE_STEPS_TREES_TREE_PARTS_H

#include "steps/trees/tree.h"

#include <math.h>

/* The two sums of a cell. The hessian's is never negative and below 2^31. */
static inline int32_t attune_cell_gradient(int64_t cell)
{
    return (int32_t)(cell >> 32);
}

static inline int32_t attune_cell_hessian(int64_t cell)
{
    return (int32_t)(cell & 0x7fffffff);
}

static inline int64_t attune_cell_of(int32_t packed)
{
    return (int64_t)(packed >> 16) * (INT64_C(1) << 32) + (packed & 0xffff);
}

/* Adds rows, which ascend, to the cells (zeroed here) of some inputs, or of all. cells:
 * ATTUNE_CELLS more than columns have. room: attune_joint_cells. O(rows * inputs). */
void attune_histogram_build(const attune_bins *bins, const int32_t *rows, int64_t n,
                            const int32_t *packed, const int32_t *inputs, int32_t n_inputs,
                            int64_t *room, int64_t *cells);
/* larger becomes larger - smaller. O(cells). */
void attune_histogram_subtract(int64_t *larger, const int64_t *smaller, int64_t n);

/* Codes that go left: those up to most once turn is added, where 255 is followed by 0. */
typedef struct attune_code_range {
    uint8_t turn, most;
} attune_code_range;

/* Rows, ascending or descending, that are in the range (in the set: its bit is 1; not 0) are put at
 * `left`, which is not after where they are, the others at `right`, each in their order. Both have
 * room for n. Returns how many go left. */
int64_t attune_divide_numbers(const uint8_t *codes, attune_code_range range, const int32_t *rows,
                              int64_t n, int32_t *left, int32_t *right);
int64_t attune_divide_levels(const uint8_t *codes, const uint8_t *set, const int32_t *rows,
                             int64_t n, int32_t *left, int32_t *right);
int64_t attune_divide_heavy(const int32_t *packed, const int32_t *rows, int64_t n, int32_t *left,
                            int32_t *right);

/* The sum of both over rows, which ascend. */
int64_t attune_histogram_total(const int32_t *rows, int64_t n, const int32_t *packed);

typedef struct attune_split {
    int64_t left; /* the sums of what goes left */
    double gain;  /* above the parent's, in units of the loss; 0: there is none */
    int32_t input;
    bool nominal, missing_left;
    uint8_t code;
    uint8_t set[ATTUNE_SET_BYTES];
} attune_split;

/* The options in units of the quantised sums. */
typedef struct attune_split_rules {
    double alpha, lambda, cat_smooth, cat_lambda;
    double to_gain; /* units of the loss in one of the quantised gain */
    int32_t least;  /* hessian that each child must have, 1 or more */
    int32_t rare;   /* levels of less stand together */
    bool extra_trees;
    const int8_t *monotone; /* nullable: then low and high bound what the node's children say */
    double low, high;
} attune_split_rules;

/* The best split of a node whose cells and total are given; ties go to the lower input, then to
 * the lower code. stream: for extra_trees. O(cells). */
attune_split attune_split_search(const attune_bins *bins, const int64_t *cells, int64_t total,
                                 const int32_t *inputs, int32_t n_inputs,
                                 const attune_split_rules *rules, attune_stream *stream);

/* A gain below this share of the score of the parent is rounding. */
#define ATTUNE_SPLIT_NOISE 1e-9

enum { ATTUNE_SHORT_ROW = 64 /* bytes of codes, at most, that are read at once */ };

/* The least and the largest code in a node, a column; a missing one is the largest. Room: a
 * multiple of ATTUNE_SHORT_ROW that is as long as a row of codes. */
typedef struct attune_bounds {
    uint8_t *low, *high;
} attune_bounds;

/* The rows of a node. */
typedef struct attune_node_rows {
    const attune_bins *bins;
    const int32_t *rows;
    int64_t n;
    const attune_bounds *bounds; /* nullable: codes are read column by column, else row by row */
} attune_node_rows;

/* O(n * columns). */
void attune_bounds_find(const attune_bins *bins, const int32_t *rows, int64_t n,
                        const attune_bounds *bounds);

/* The same from the rows of a node, where rules have extra_trees. O(n * inputs). */
attune_split attune_split_direct(const attune_node_rows *rows, const int32_t *packed, int64_t total,
                                 const int32_t *inputs, int32_t n_inputs,
                                 const attune_split_rules *rules, attune_stream *stream);

enum { ATTUNE_FEW = 8 /* rows */ };

/* What attune_split_search finds, from the rows of a node, at most ATTUNE_FEW, where rules have
 * neither alpha nor monotone nor extra_trees. O(n^2 * inputs). */
attune_split attune_split_few(const attune_node_rows *rows, const int32_t *packed, int64_t total,
                              const int32_t *inputs, int32_t n_inputs,
                              const attune_split_rules *rules, attune_stream *stream);

/* attune_split_levels from the rows of a node, where the input is nominal and they may differ. */
void attune_split_levels_direct(const attune_node_rows *rows, const int32_t *packed, int64_t total,
                                int32_t input, const attune_split_rules *rules,
                                attune_stream *stream, attune_split *better);

/* On one nominal input; better is exchanged when a split gains more. stream: for extra_trees. */
void attune_split_levels(const attune_bin_column *column, int32_t input, const int64_t *cells,
                         int64_t total, const attune_split_rules *rules, attune_stream *stream,
                         attune_split *better);

/* By Gini's criterion, from the rows of a node: the gain is that of the weighted mean of squared
 * class shares, times the weight. O(n * inputs). */
attune_split attune_split_classes(const attune_node_rows *rows, const attune_tree_target *target,
                                  const int32_t *inputs, int32_t n_inputs,
                                  const attune_split_rules *rules, attune_stream *stream);

/* A cut of numbers. */
typedef struct attune_cut {
    double score; /* of both sides */
    int32_t input, code;
    bool missing_left;
} attune_cut;

/* Exchanges best when a cut of numbers that monotone constraints allow scores more. O(cells). */
void attune_split_bounded(const attune_bins *bins, const int64_t *cells, int64_t total,
                          const int32_t *inputs, int32_t n_inputs, const attune_split_rules *rules,
                          attune_stream *stream, attune_cut *best);

/* What a node or child says, within bounds. */
static inline double attune_split_output(const attune_split_rules *rules, double g, double h,
                                         double lambda)
{
    double t = fabs(g) - rules->alpha, w = t > 0 ? t / (h + lambda) : 0;
    return fmin(rules->high, fmax(rules->low, g > 0 ? -w : w));
}

/* The score of a node or child: T(g)^2 / (h + lambda), or less where bounds hold it back. */
static inline double attune_split_score(const attune_split_rules *rules, double g, double h,
                                        double lambda)
{
    double t = fabs(g) - rules->alpha;
    if (!rules->monotone)
        return t > 0 ? t * t / (h + lambda) : 0;
    double w = attune_split_output(rules, g, h, lambda);
    return -2 * (g * w + rules->alpha * fabs(w)) - (h + lambda) * w * w;
}

#endif
