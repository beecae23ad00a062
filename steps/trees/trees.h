/* steps/trees/trees.h - fitted trees: kept as arrays, walked row by row on raw values.
 *
 * Nodes of all trees stand one after another. The children of a node stand side by side, after it.
 * A row goes left when its value is at most the node's (numbers) or its level's bit is set
 * (nominal); a missing value or an unknown level goes where the flag says.
 * Thread class: one per thread while trees are added; then shared read-only. */
#ifndef ATTUNE_STEPS_TREES_TREES_H
#define ATTUNE_STEPS_TREES_TREES_H

#include "spaces/base/array.h"
#include "spaces/base/field.h"
#include "steps/predictions.h"
#include "steps/data/rows.h"
#include "steps/trees/tree.h"

enum { /* flags of a node */
       ATTUNE_NODE_MISSING_LEFT = 1,
       ATTUNE_NODE_NOMINAL = 2
};

typedef struct attune_trees {
    attune_texts inputs;
    attune_array n_levels;   /* i32, one an input: of a nominal one, or -1 */
    attune_array importance; /* f64, one an input: gain of all splits on it */
    attune_array start;      /* i64, n_trees + 1: the first node of each */
    attune_array node_input; /* i32: -1 is a leaf */
    attune_array node_left;  /* i32: counted from the tree's first node */
    attune_array node_value; /* f64: threshold, or what a leaf says */
    attune_array node_gain;  /* f32: of its split; importance is their sum, in their order */
    attune_array node_flags; /* u8 */
    attune_array node_set;   /* i32: where in sets a nominal split's begins */
    attune_array sets;       /* u8: a bit a level */
} attune_trees;

/* Rows of a step's table for a member that is such trees. */
#define ATTUNE_TREES_ARRAY(type, member, part, words)                                              \
    {                                                                                              \
        .name = #part, .offset = offsetof(type, member.part), .kind = ATTUNE_FIELD_ARRAY,          \
        .fitted = true, .doc = words                                                               \
    }
#define ATTUNE_TREES_FIELDS(type, member)                                                          \
    {.name = "inputs",                                                                             \
     .offset = offsetof(type, member.inputs),                                                      \
     .kind = ATTUNE_FIELD_TEXTS,                                                                   \
     .fitted = true,                                                                               \
     .doc = "columns that nodes split on"},                                                        \
        ATTUNE_TREES_ARRAY(type, member, n_levels, "one an input: levels, -1 for a number"),       \
        ATTUNE_TREES_ARRAY(type, member, importance, "one an input: gain of its splits"),          \
        ATTUNE_TREES_ARRAY(type, member, start, "first node of each tree, and the end"),           \
        ATTUNE_TREES_ARRAY(type, member, node_input, "input of each node, -1 for a leaf"),         \
        ATTUNE_TREES_ARRAY(type, member, node_left, "left child; the right one is next"),          \
        ATTUNE_TREES_ARRAY(type, member, node_value, "threshold, or value of a leaf"),             \
        ATTUNE_TREES_ARRAY(type, member, node_gain, "gain of each split, 0 for a leaf"),           \
        ATTUNE_TREES_ARRAY(type, member, node_flags, "1: missing goes left; 2: split on levels"),  \
        ATTUNE_TREES_ARRAY(type, member, node_set, "first byte of a nominal split in sets"),       \
        ATTUNE_TREES_ARRAY(type, member, sets, "one bit a level: it goes left")

static inline int64_t attune_trees_count(const attune_trees *trees)
{
    return attune_array_count(&trees->start) - 1;
}

/* Trees while they are added; room grows as needed. */
typedef struct attune_trees_builder {
    attune_trees *trees; /* borrowed */
    int64_t n_trees, n_nodes, n_sets;
    int64_t expected; /* trees in all, where that is known when they are begun; else 0 */
} attune_trees_builder;

/* Learns the inputs. */
attune_status attune_trees_begin(attune_trees_builder *builder, attune_trees *trees,
                                 const attune_data *data, attune_error *error);
/* Adds a grown tree; values has one item a node, of which those of leaves count. */
attune_status attune_trees_add(attune_trees_builder *builder, const attune_bins *bins,
                               const attune_node *nodes, int32_t n_nodes, const double *values,
                               attune_error *error);
/* Keeps the first n_trees and gives unused room back. */
attune_status attune_trees_finish(attune_trees_builder *builder, int64_t n_trees,
                                  attune_error *error);

/* Forgets all but the first n_trees. */
attune_status attune_trees_truncate(attune_trees *trees, int64_t n_trees, attune_error *error);

/* What is asked of trees. A row's score k begins at start[k], and tree t adds what it says to score
 * t mod n_outputs, trees in their order. With vectors (n x n_outputs), what a leaf says is the
 * number of its row there, all of which is added; or -1 - k: 1 is added to score k alone. */
typedef struct attune_trees_request {
    int64_t n_outputs;
    const double *start;   /* n_outputs; NULL: 0 */
    const float *vectors;  /* nullable */
    const int64_t *counts; /* n_stages, ascending: of the trees that have spoken by then */
    int64_t n_stages;
    /* Gets the scores (n x n_outputs) of selected rows `first` on, at each stage. */
    void (*take)(void *user, int64_t stage, int64_t first, int64_t n, const double *scores);
    void *user;
} attune_trees_request;

/* INVALID: an input is missing, or of another kind. libc only, row by row: a row alone, or at an
 * earlier stage of more, gives the same bits. O(rows * trees * depth). */
attune_status attune_trees_predict(const attune_trees *trees, const attune_trees_request *request,
                                   const attune_data *data, const attune_rows *rows,
                                   const attune_context *context, attune_error *error);

/* attune_step_type.importance of trees: the gain of all splits on each input. */
attune_status attune_trees_importance(const attune_trees *trees, attune_texts *names,
                                      attune_reals *values, attune_error *error);

/* NULL, or what is wrong with members that a file gave. */
const char *attune_trees_check(const attune_trees *trees);

#endif
