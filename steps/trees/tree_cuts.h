/* steps/trees/tree_cuts.h - random cuts of a node's numbers, tried side by side.
 *
 * Where rows of codes are short, a row is read at once for all cuts: a register of its codes is
 * compared with one of cuts. Thread class: pure. */
#ifndef ATTUNE_STEPS_TREES_TREE_CUTS_H
#define ATTUNE_STEPS_TREES_TREE_CUTS_H

#include "steps/trees/tree_parts.h"

enum { ATTUNE_CUTS = 64 /* that are tried together, at most, each of an input of its own */ };

/* Cuts, and the sums of what they send left. */
typedef struct attune_cuts {
    int32_t n, inputs[ATTUNE_CUTS];
    uint8_t codes[ATTUNE_CUTS];
    attune_code_range left[ATTUNE_CUTS];
    bool missing[ATTUNE_CUTS]; /* some rows of the node are */
    int32_t gradients[ATTUNE_CUTS], hessians[ATTUNE_CUTS];
    int64_t squares[ATTUNE_CUTS];  /* of the weight of each class */
    int64_t products[ATTUNE_CUTS]; /* of these with the weight of each class in the node */
    double scores[ATTUNE_CUTS];
} attune_cuts;

/* Draws a cut for each of the inputs, ATTUNE_CUTS at most, that are numbers and vary; missing rows
 * go right. O(n * inputs) where rows of codes are long or values missing, else O(inputs). */
void attune_cuts_draw(const attune_node_rows *rows, const int32_t *inputs, int32_t n_inputs,
                      attune_stream *stream, attune_cuts *cuts);
/* Keeps those with missing rows, and sends these left. False: there are none. */
bool attune_cuts_turn(const attune_bins *bins, attune_cuts *cuts);
/* Puts the first of the cuts of the highest score in split, but for its gain, if that is above
 * *least, which is then it. total: hessian. */
void attune_cuts_take(const attune_cuts *cuts, int32_t total, double *least, attune_split *split);

/* Fills gradients and hessians. O(n * cuts). */
void attune_cuts_sum(const attune_node_rows *rows, const int32_t *packed, attune_cuts *cuts);
/* Fills hessians, squares and products; gradients are 0. own: class and weight of each row; all:
 * the weight of each of n_classes; room: ATTUNE_LANES * n_classes. O((n + n_classes) * cuts). */
void attune_cuts_count(const attune_node_rows *rows, const attune_tree_pair *own,
                       const int64_t *all, int32_t n_classes, int32_t *room, attune_cuts *cuts);

/* Those of ATTUNE_LANES neighbouring columns, each in the lane of its column. */
typedef struct attune_cut_lanes {
    int32_t first;  /* column */
    uint16_t there; /* a bit a column that is in the rows */
    uint8_t turn[ATTUNE_LANES], most[ATTUNE_LANES];
    uint8_t cuts[ATTUNE_LANES]; /* which they are */
    int32_t n;
} attune_cut_lanes;

/* The next ones; at first lanes->first is -ATTUNE_LANES. False: there are none. */
bool attune_cuts_next(const attune_cuts *cuts, const attune_bins *bins, attune_cut_lanes *lanes);

#endif
