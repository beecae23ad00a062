/* steps/trees/tree_grow.c - splitting leaves, best gain first. */
#include "steps/trees/tree_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEEP = 128,           /* histograms that are kept where the newest leaf is split first */
    POOL_BYTES = 1 << 28, /* for histograms; a leaf without one has its children's built anew */
    DIRECT = 1024,        /* rows of a leaf, at most, that are looked at one by one */
    NONE = -1
};

/* A leaf that may be split. */
struct leaf {
    attune_split split;
    int64_t total;
    int64_t n_heavy;           /* its first rows; the others are 0 in gradient and hessian */
    double low, high;          /* bounds of what it says, in units of the quantised sums */
    int32_t node, depth, slot; /* slot: of its histogram, or NONE */
};

struct attune_grower {
    const attune_bins *bins;
    attune_tree_options options;
    attune_node *nodes;
    struct leaf *leaves;
    int32_t *heap, n_heap; /* leaves that gain, the most first */
    int32_t *free_slots, n_free, n_slots;
    int64_t *memory;
    int64_t *cells; /* n_slots histograms, 64-byte aligned, in memory */
    int64_t *room;  /* cells of the bins' groups */
    int64_t most_leaves;
    bool newest_first;
    int32_t *moved;  /* rows that go right */
    int32_t *inputs; /* the tree's, those of the leaf at hand first */
    int32_t *varying;
    attune_bounds bounds; /* of the leaf at hand */
    /* The tree that is grown. */
    const attune_tree_target *target;
    attune_stream *stream;
    attune_split_rules rules;
    int32_t *rows;
    const int32_t *tree_inputs;
    int32_t n_tree_inputs, n_node_inputs, n_nodes, n_leaves;
    int32_t n_drawn; /* for the leaf at hand: the first of inputs */
};

static int64_t most_leaves(const attune_tree_options *options, int64_t n)
{
    int64_t most = options->num_leaves < n ? options->num_leaves : n;
    if (options->max_depth >= 0 && options->max_depth < 40 &&
        most > INT64_C(1) << options->max_depth)
        most = INT64_C(1) << options->max_depth;
    return most > 1 ? most : 1;
}

/* The first cell of memory that begins a line of the cache. */
static int64_t *align(int64_t *memory)
{
    return memory + (-(uintptr_t)memory & 63) / sizeof *memory;
}

attune_status attune_grower_new(attune_grower **grower, const attune_bins *bins, int64_t n,
                                const attune_tree_options *options, attune_error *error)
{
    attune_grower *g = attune_alloc(1, sizeof *g, error);
    *grower = g;
    if (!g)
        return ATTUNE_MEMORY;
    int64_t most = most_leaves(options, n), cells = bins->first[bins->p] + ATTUNE_CELLS;
    int64_t slots = POOL_BYTES / (cells * (int64_t)sizeof *g->cells);
    g->bins = bins;
    g->options = *options;
    g->most_leaves = most;
    g->newest_first = options->num_leaves >= n;
    slots = g->newest_first && slots > DEEP ? DEEP : slots;
    if (3 * options->colsample_bynode < 1) /* none is kept */
        slots = 2;
    g->n_slots = (int32_t)(slots < 2 ? 2 : slots > most + 1 ? most + 1 : slots);
    g->nodes = attune_alloc(2 * most, sizeof *g->nodes, error);
    g->leaves = attune_alloc(2 * most, sizeof *g->leaves, error);
    g->heap = attune_alloc(most + 1, sizeof *g->heap, error);
    g->free_slots = attune_alloc(g->n_slots, sizeof *g->free_slots, error);
    g->memory = attune_alloc(g->n_slots * cells + ATTUNE_CELLS, sizeof *g->cells, error);
    g->room = attune_alloc(attune_joint_cells(&bins->joint), sizeof *g->room, error);
    g->moved = attune_alloc(n, sizeof *g->moved, error);
    g->inputs = attune_alloc(bins->p, sizeof *g->inputs, error);
    g->varying = attune_alloc(bins->p, sizeof *g->varying, error);
    g->bounds.low = attune_alloc(bins->stride + ATTUNE_SHORT_ROW, 1, error);
    g->bounds.high = attune_alloc(bins->stride + ATTUNE_SHORT_ROW, 1, error);
    g->cells = align(g->memory);
    if (g->nodes && g->leaves && g->heap && g->free_slots && g->memory && g->room && g->moved &&
        g->inputs && g->varying && g->bounds.low && g->bounds.high)
        return ATTUNE_OK;
    attune_grower_free(g);
    *grower = NULL;
    return ATTUNE_MEMORY;
}

void attune_grower_free(attune_grower *grower)
{
    if (!grower)
        return;
    free(grower->nodes);
    free(grower->leaves);
    free(grower->heap);
    free(grower->free_slots);
    free(grower->memory);
    free(grower->room);
    free(grower->moved);
    free(grower->inputs);
    free(grower->varying);
    free(grower->bounds.low);
    free(grower->bounds.high);
    free(grower);
}

const attune_node *attune_grower_nodes(const attune_grower *grower)
{
    return grower->nodes;
}

/* The heap: more gain first, the older leaf among equals. Where the newest comes first it is a
 * stack, for leaves are pushed in their order. */
static bool comes_before(const attune_grower *g, int32_t a, int32_t b)
{
    double x = g->leaves[a].split.gain, y = g->leaves[b].split.gain;
    return x > y || (x == y && a < b);
}

static void heap_push(attune_grower *g, int32_t leaf)
{
    int32_t at = g->n_heap++;
    for (; !g->newest_first && at > 0 && comes_before(g, leaf, g->heap[(at - 1) / 2]);
         at = (at - 1) / 2)
        g->heap[at] = g->heap[(at - 1) / 2];
    g->heap[at] = leaf;
}

static int32_t heap_pop(attune_grower *g)
{
    int32_t first = g->heap[0], last = g->heap[--g->n_heap], at = 0;
    if (g->newest_first)
        return last;
    for (;;) {
        int32_t child = 2 * at + 1;
        if (child >= g->n_heap)
            break;
        if (child + 1 < g->n_heap && comes_before(g, g->heap[child + 1], g->heap[child]))
            child++;
        if (!comes_before(g, g->heap[child], last))
            break;
        g->heap[at] = g->heap[child];
        at = child;
    }
    g->heap[at] = last;
    return first;
}

static int32_t slot_take(attune_grower *g)
{
    return g->n_free ? g->free_slots[--g->n_free] : NONE;
}

static void slot_give(attune_grower *g, int32_t slot)
{
    if (slot != NONE)
        g->free_slots[g->n_free++] = slot;
}

static int64_t *cells_of(const attune_grower *g, int32_t slot)
{
    return g->cells + (int64_t)slot * (g->bins->first[g->bins->p] + ATTUNE_CELLS);
}

/* Whether every node of the tree may split on all inputs of the tree: then histograms are worth
 * keeping for the difference of siblings. */
static bool keeps_histograms(const attune_grower *g)
{
    return !g->target->classes && 3 * g->n_node_inputs > g->n_tree_inputs;
}

/* Whether rows of a leaf differ in an input: mostly two of them tell. */
static bool varies(const attune_grower *g, const attune_node *node, int32_t input)
{
    const uint8_t *codes = g->bins->by_column + input * g->bins->n;
    const int32_t *rows = g->rows + node->first;
    int64_t i = 1;
    while (i < node->n && codes[rows[i]] == codes[rows[0]])
        i++;
    return i < node->n;
}

/* Puts the inputs of a leaf first: the tree's, or a drawn share of them. */
static void draw_inputs(attune_grower *g, const struct leaf *leaf)
{
    int32_t n = g->n_tree_inputs, wanted = g->n_node_inputs, taken = wanted < n ? 0 : n;
    for (int32_t i = 0; i < n && taken < wanted; i++) {
        int32_t j = i + (int32_t)attune_stream_below(g->stream, (uint64_t)(n - i));
        int32_t drawn = g->inputs[j];
        g->inputs[j] = g->inputs[i];
        if (g->options.constant_uncounted && !varies(g, &g->nodes[leaf->node], drawn)) {
            g->inputs[i] = drawn;
            continue;
        }
        g->inputs[i] = g->inputs[taken];
        g->inputs[taken++] = drawn;
    }
    g->n_drawn = taken;
}

/* The same in g->varying, of those inputs that differ among the rows of a leaf: each tells two rows
 * apart as well as any other. */
static void draw_varying(attune_grower *g, const struct leaf *leaf)
{
    int32_t n = 0, wanted = leaf->n_heavy == 2 ? 1 : g->n_node_inputs;
    for (int32_t i = 0; i < g->n_tree_inputs; i++) {
        int32_t input = g->tree_inputs[i];
        g->varying[n] = input;
        n += g->bounds.low[input] < g->bounds.high[input];
    }
    for (int32_t i = 0; i < wanted && wanted < n; i++) {
        int32_t j = i + (int32_t)attune_stream_below(g->stream, (uint64_t)(n - i));
        int32_t drawn = g->varying[j];
        g->varying[j] = g->varying[i];
        g->varying[i] = drawn;
    }
    g->n_drawn = wanted < n ? wanted : n;
}

static void build(attune_grower *g, const struct leaf *leaf, int32_t slot, const int32_t *inputs,
                  int32_t n_inputs)
{
    const attune_node *node = &g->nodes[leaf->node];
    attune_histogram_build(g->bins, g->rows + node->first, leaf->n_heavy, g->target->packed, inputs,
                           n_inputs, g->room, cells_of(g, slot));
}

/* What the rules say of one leaf. Rows are counted by their share of the hessian; that there is one
 * is known without. */
static void set_rules(attune_grower *g, const struct leaf *leaf)
{
    double h = attune_cell_hessian(leaf->total), n = (double)g->nodes[leaf->node].n;
    int64_t samples = g->options.min_child_samples;
    double by_rows = samples > 1 ? ((double)samples - 0.5) * h / n : 0;
    double by_weight = g->options.min_child_weight / g->target->hessian_scale * (1 - 1e-12);
    double least = by_rows > by_weight ? by_rows : by_weight;
    g->rules.low = leaf->low;
    g->rules.high = leaf->high;
    double rare = (g->options.cat_smooth - 0.5) * h / n;
    g->rules.least = least < 1 ? 1 : least > INT32_MAX / 2 ? INT32_MAX : (int32_t)ceil(least);
    g->rules.rare = rare < 0 ? 0 : rare > INT32_MAX / 2 ? INT32_MAX : (int32_t)ceil(rare);
}

/* Whether all rows pull alike: then no split gains. Of most nodes two rows tell. */
static bool is_pure(const attune_grower *g, const struct leaf *leaf)
{
    const int32_t *rows = g->rows + g->nodes[leaf->node].first, *packed = g->target->packed;
    int64_t first = attune_cell_of(packed[rows[0]]), i = 1;
    int64_t gradient = attune_cell_gradient(first), hessian = attune_cell_hessian(first);
    for (; i < leaf->n_heavy; i++) {
        int64_t cell = attune_cell_of(packed[rows[i]]);
        if (gradient * attune_cell_hessian(cell) != attune_cell_gradient(cell) * hessian)
            return false;
    }
    return true;
}

static bool may_split(const attune_grower *g, const struct leaf *leaf)
{
    int64_t n = g->nodes[leaf->node].n;
    double h = attune_cell_hessian(leaf->total) * g->target->hessian_scale;
    return n >= 2 && n >= 2 * g->options.min_child_samples && n >= g->options.min_split_samples &&
           (g->options.max_depth < 0 || leaf->depth < g->options.max_depth) &&
           h >= 2 * g->options.min_child_weight * (1 - 1e-12) &&
           attune_cell_hessian(leaf->total) > 1 && (g->target->classes || !is_pure(g, leaf));
}

/* Whether rows are looked at one by one: a histogram takes longer where none is kept, or has more
 * cells than there are rows. */
static bool is_direct(const attune_grower *g, const struct leaf *leaf)
{
    const attune_tree_options *o = &g->options;
    if (g->target->classes)
        return true;
    if (o->extra_trees)
        return !o->monotone && (!keeps_histograms(g) || leaf->n_heavy <= DIRECT);
    return !o->monotone && o->reg_alpha == 0 && leaf->n_heavy <= ATTUNE_FEW;
}

static void push_if_gains(attune_grower *g, int32_t at)
{
    double gain = g->leaves[at].split.gain;
    if (gain > 0 && gain > g->options.min_split_gain)
        heap_push(g, at);
}

/* Finds the split of a leaf whose inputs are drawn and whose histogram is in slot, and puts the
 * leaf in the heap if it gains; its slot is kept where the children will need it. */
static void consider(attune_grower *g, int32_t at)
{
    struct leaf *leaf = &g->leaves[at];
    set_rules(g, leaf);
    leaf->split = attune_split_search(g->bins, cells_of(g, leaf->slot), leaf->total, g->inputs,
                                      g->n_drawn, &g->rules, g->stream);
    bool gains = leaf->split.gain > 0 && leaf->split.gain > g->options.min_split_gain;
    if (gains)
        heap_push(g, at);
    if (!gains || !keeps_histograms(g)) {
        slot_give(g, leaf->slot);
        leaf->slot = NONE;
    }
}

/* Whether codes are read row by row: not where rows are long and few of their inputs wanted. */
static bool reads_rows(const attune_grower *g)
{
    return g->options.extra_trees &&
           (g->bins->stride <= ATTUNE_SHORT_ROW || 12 * g->n_node_inputs >= g->bins->p);
}

/* Finds the split of a leaf from its rows. */
static void consider_direct(attune_grower *g, int32_t at)
{
    struct leaf *leaf = &g->leaves[at];
    const attune_node *node = &g->nodes[leaf->node];
    const int32_t *inputs = g->inputs;
    attune_node_rows rows = {g->bins, g->rows + node->first, leaf->n_heavy, NULL};
    if (reads_rows(g)) {
        attune_bounds_find(g->bins, rows.rows, rows.n, &g->bounds);
        rows.bounds = &g->bounds;
    }
    if (rows.bounds && g->options.constant_uncounted) {
        draw_varying(g, leaf);
        inputs = g->varying;
    } else {
        draw_inputs(g, leaf);
    }
    set_rules(g, leaf);
    if (g->target->classes)
        leaf->split =
            attune_split_classes(&rows, g->target, inputs, g->n_drawn, &g->rules, g->stream);
    else
        leaf->split = (g->options.extra_trees ? attune_split_direct : attune_split_few)(
            &rows, g->target->packed, leaf->total, inputs, g->n_drawn, &g->rules, g->stream);
    push_if_gains(g, at);
}

/* Builds what the leaf needs, from its rows, and considers it. */
static void consider_alone(attune_grower *g, int32_t at)
{
    struct leaf *leaf = &g->leaves[at];
    bool whole = keeps_histograms(g);
    if (is_direct(g, leaf)) {
        consider_direct(g, at);
        return;
    }
    draw_inputs(g, leaf);
    leaf->slot = slot_take(g);
    build(g, leaf, leaf->slot, whole ? g->tree_inputs : g->inputs,
          whole ? g->n_tree_inputs : g->n_drawn);
    consider(g, at);
}

/* Takes a slot from the leaf that will be split last, when none is free. */
static void make_free(attune_grower *g, int32_t wanted)
{
    for (int32_t i = 0; i < g->n_heap && g->n_free < wanted; i++) {
        struct leaf *last = &g->leaves[g->heap[g->newest_first ? i : g->n_heap - 1 - i]];
        slot_give(g, last->slot);
        last->slot = NONE;
    }
}

/* Two children of a leaf whose histogram is in slot (NONE: it was given away). */
static void consider_children(attune_grower *g, int32_t left, int32_t slot)
{
    bool one = may_split(g, &g->leaves[left]), other = may_split(g, &g->leaves[left + 1]);
    int32_t small = g->leaves[left].n_heavy <= g->leaves[left + 1].n_heavy ? left : left + 1;
    int32_t large = small == left ? left + 1 : left;
    bool small_may = small == left ? one : other, large_may = small == left ? other : one;
    make_free(g, 2);
    if (slot == NONE || !large_may || is_direct(g, &g->leaves[large])) {
        slot_give(g, slot);
        for (int32_t k = left; k <= left + 1; k++)
            if (k == left ? one : other)
                consider_alone(g, k);
        return;
    }
    int32_t small_slot = slot_take(g);
    build(g, &g->leaves[small], small_slot, g->tree_inputs, g->n_tree_inputs);
    attune_histogram_subtract(cells_of(g, slot), cells_of(g, small_slot),
                              g->bins->first[g->bins->p]);
    g->leaves[large].slot = slot;
    if (small_may && !is_direct(g, &g->leaves[small]))
        g->leaves[small].slot = small_slot;
    else
        slot_give(g, small_slot);
    for (int32_t k = left; k <= left + 1; k++)
        if (g->leaves[k].slot != NONE) {
            draw_inputs(g, &g->leaves[k]);
            consider(g, k);
        } else if (k == large || small_may) {
            consider_direct(g, k);
        }
}

/* Which codes go left, the missing one too. */
static void fill_set(const attune_node *node, const attune_bin_column *column, uint8_t *set)
{
    int32_t missing = column->n_bins;
    memcpy(set, node->set, ATTUNE_SET_BYTES);
    if (column->missing && node->missing_left)
        set[missing / 8] |= (uint8_t)(1 << missing % 8);
}

/* Codes turn so that the missing one, where it goes left, is the first. */
static attune_code_range left_codes(const attune_node *node, const attune_bin_column *column)
{
    int32_t turn = column->missing && node->missing_left ? 256 - column->n_bins : 0;
    return (attune_code_range){(uint8_t)turn, (uint8_t)(node->code + turn)};
}

/* Puts the rows that go left before those that go right, of each those that are not 0 first.
 * Returns how many go left; n_heavy: of those that are not 0. */
static int64_t divide(attune_grower *g, const attune_node *node, int64_t *n_heavy)
{
    uint8_t set[ATTUNE_SET_BYTES];
    const attune_bin_column *column = &g->bins->columns[node->input];
    const uint8_t *codes = g->bins->by_column + node->input * g->bins->n;
    attune_code_range range = left_codes(node, column);
    int32_t *rows = g->rows + node->first;
    int64_t ends[] = {*n_heavy, node->n}, from = 0, left = 0;
    if (node->nominal)
        fill_set(node, column, set);
    for (int k = 0; k < 2; from = ends[k++]) {
        const int32_t *part = rows + from;
        int32_t *right = g->moved + (from - left);
        left += node->nominal
                    ? attune_divide_levels(codes, set, part, ends[k] - from, rows + left, right)
                    : attune_divide_numbers(codes, range, part, ends[k] - from, rows + left, right);
        if (k == 0)
            *n_heavy = left;
    }
    memcpy(rows + left, g->moved, (size_t)(node->n - left) * sizeof *rows);
    return left;
}

/* Puts rows that are 0 last; returns how many are not. */
static int64_t sort_heavy(attune_grower *g, int64_t n)
{
    int64_t heavy = attune_divide_heavy(g->target->packed, g->rows, n, g->rows, g->moved);
    memcpy(g->rows + heavy, g->moved, (size_t)(n - heavy) * sizeof *g->rows);
    return heavy;
}

static int32_t add_leaf(attune_grower *g, int64_t first, int64_t n, const struct leaf *leaf)
{
    int32_t at = g->n_nodes++;
    g->nodes[at] = (attune_node){.input = -1, .first = first, .n = n};
    g->leaves[at] = *leaf;
    g->leaves[at].node = at;
    g->leaves[at].slot = NONE;
    return at;
}

/* Below a cut of a constrained input neither side passes the middle of what both would say. */
static void bound_children(attune_grower *g, const struct leaf *leaf, struct leaf *left,
                           struct leaf *right)
{
    const attune_split *split = &leaf->split;
    int sign = g->rules.monotone ? g->rules.monotone[split->input] : 0;
    left->low = right->low = leaf->low;
    left->high = right->high = leaf->high;
    if (!sign)
        return;
    int64_t other = leaf->total - split->left;
    g->rules.low = leaf->low;
    g->rules.high = leaf->high;
    double says = attune_split_output(&g->rules, attune_cell_gradient(split->left),
                                      attune_cell_hessian(split->left), g->rules.lambda);
    double other_says = attune_split_output(&g->rules, attune_cell_gradient(other),
                                            attune_cell_hessian(other), g->rules.lambda);
    double middle = says / 2 + other_says / 2;
    struct leaf *below = sign > 0 ? left : right, *above = sign > 0 ? right : left;
    below->high = above->low = middle;
}

static void split_leaf(attune_grower *g, int32_t at)
{
    struct leaf leaf = g->leaves[at];
    attune_node *node = &g->nodes[leaf.node];
    node->input = leaf.split.input;
    node->nominal = leaf.split.nominal;
    node->missing_left = leaf.split.missing_left;
    node->code = leaf.split.code;
    node->gain = leaf.split.gain;
    node->left = g->n_nodes;
    memcpy(node->set, leaf.split.set, sizeof node->set);
    int64_t heavy_left = leaf.n_heavy, first = node->first, n = node->n;
    int64_t n_left = divide(g, node, &heavy_left);
    struct leaf one = {.total = leaf.split.left, .n_heavy = heavy_left, .depth = leaf.depth + 1};
    struct leaf other = {.total = leaf.total - leaf.split.left,
                         .n_heavy = leaf.n_heavy - heavy_left,
                         .depth = leaf.depth + 1};
    bound_children(g, &leaf, &one, &other);
    int32_t left = add_leaf(g, first, n_left, &one);
    add_leaf(g, first + n_left, n - n_left, &other);
    g->n_leaves++;
    if (g->n_leaves < g->most_leaves)
        consider_children(g, left, leaf.slot);
}

static void begin(attune_grower *g, const attune_tree_target *target)
{
    const attune_tree_options *o = &g->options;
    double gs = target->gradient_scale, hs = target->hessian_scale;
    g->rules = (attune_split_rules){.alpha = o->reg_alpha / gs,
                                    .lambda = o->reg_lambda / hs,
                                    .cat_smooth = o->cat_smooth / hs,
                                    .cat_lambda = (o->reg_lambda + o->cat_l2) / hs,
                                    .to_gain = gs * gs / hs,
                                    .extra_trees = o->extra_trees,
                                    .monotone = o->monotone};
    g->n_heap = g->n_nodes = 0;
    g->n_leaves = 1;
    g->n_free = 0;
    for (int32_t i = g->n_slots - 1; i >= 0; i--)
        g->free_slots[g->n_free++] = i;
}

int32_t attune_grower_grow(attune_grower *g, int32_t *rows, int64_t n, const int32_t *inputs,
                           int32_t n_inputs, const attune_tree_target *target,
                           attune_stream *stream)
{
    double wanted = g->options.colsample_bynode * n_inputs;
    g->target = target;
    g->stream = stream;
    g->rows = rows;
    g->tree_inputs = inputs;
    g->n_tree_inputs = n_inputs;
    g->n_node_inputs = wanted < 1 && n_inputs ? 1 : (int32_t)(wanted + 0.5);
    begin(g, target);
    memcpy(g->inputs, inputs, (size_t)n_inputs * sizeof *inputs);
    int64_t heavy = target->may_be_zero ? sort_heavy(g, n) : n;
    struct leaf whole = {.total = attune_histogram_total(rows, heavy, target->packed),
                         .n_heavy = heavy,
                         .low = -INFINITY,
                         .high = INFINITY};
    int32_t root = add_leaf(g, 0, n, &whole);
    if (g->most_leaves > 1 && n_inputs && may_split(g, &g->leaves[root]))
        consider_alone(g, root);
    while (g->n_heap && g->n_leaves < g->most_leaves)
        split_leaf(g, heap_pop(g));
    return g->n_nodes;
}

void attune_grower_route(attune_grower *g, int32_t *rows, int64_t n)
{
    g->rows = rows;
    g->nodes[0].first = 0;
    g->nodes[0].n = n;
    for (int32_t k = 0; k < g->n_nodes; k++) { /* children come after their parent */
        attune_node *node = &g->nodes[k], *child = &g->nodes[node->left];
        if (node->input < 0)
            continue;
        int64_t all = node->n, left = divide(g, node, &all);
        child[0].first = node->first;
        child[0].n = left;
        child[1].first = node->first + left;
        child[1].n = node->n - left;
    }
}

double attune_grower_clamp(const attune_grower *g, int32_t leaf, double value)
{
    double unit = g->target->gradient_scale / g->target->hessian_scale;
    if (!g->options.monotone)
        return value;
    return fmin(g->leaves[leaf].high * unit, fmax(g->leaves[leaf].low * unit, value));
}
