/* steps/trees/trees.c - fitted trees: adding, finishing, checking. */
#include "steps/trees/trees.h"

#include <math.h>
#include <string.h>

/* Room for n items; where more must be made, for all trees that are expected, by those so far. */
static attune_status ensure(const attune_trees_builder *b, attune_array *array, int64_t n,
                            attune_error *error)
{
    double all = 1.05 * (double)n / (double)(b->n_trees + 1) * (double)b->expected;
    if (n <= array->shape[0])
        return ATTUNE_OK;
    if (b->n_trees == 0 && b->expected)
        return attune_array_resize(array, n, error);
    bool known = all > (double)n && all < 0x1p40;
    return attune_array_resize(array, known ? (int64_t)all : 2 * n, error);
}

attune_status attune_trees_begin(attune_trees_builder *builder, attune_trees *trees,
                                 const attune_data *data, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    *builder = (attune_trees_builder){.trees = trees};
    for (int64_t c = 0; c < data->n_columns && !status; c++)
        if (data->roles[c] == ATTUNE_INPUT)
            status = attune_texts_add(&trees->inputs, data->columns[c]->name, error);
    struct {
        attune_array *array;
        attune_array_type type;
        int64_t n;
    } parts[] = {{&trees->n_levels, ATTUNE_ARRAY_I32, trees->inputs.n},
                 {&trees->importance, ATTUNE_ARRAY_F64, trees->inputs.n},
                 {&trees->start, ATTUNE_ARRAY_I64, 1},
                 {&trees->node_input, ATTUNE_ARRAY_I32, 0},
                 {&trees->node_left, ATTUNE_ARRAY_I32, 0},
                 {&trees->node_value, ATTUNE_ARRAY_F64, 0},
                 {&trees->node_gain, ATTUNE_ARRAY_F32, 0},
                 {&trees->node_flags, ATTUNE_ARRAY_U8, 0},
                 {&trees->node_set, ATTUNE_ARRAY_I32, 0},
                 {&trees->sets, ATTUNE_ARRAY_U8, 0}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !status; i++)
        status = attune_array_make_1d(parts[i].array, parts[i].type, parts[i].n, error);
    for (int64_t c = 0, at = 0; c < data->n_columns && !status; c++)
        if (data->roles[c] == ATTUNE_INPUT) {
            const attune_column *column = data->columns[c];
            trees->n_levels.i32[at++] =
                column->kind == ATTUNE_NOMINAL_COLUMN ? column->levels->n : -1;
        }
    return status;
}

static attune_status make_room(attune_trees_builder *b, int64_t n_nodes, int64_t set_bytes,
                               attune_error *error)
{
    attune_trees *t = b->trees;
    attune_array *parts[] = {&t->node_input, &t->node_left,  &t->node_value,
                             &t->node_gain,  &t->node_flags, &t->node_set};
    attune_status status = ensure(b, &t->start, b->n_trees + 2, error);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !status; i++)
        status = ensure(b, parts[i], b->n_nodes + n_nodes, error);
    if (!status)
        status = ensure(b, &t->sets, b->n_sets + set_bytes, error);
    if (!status && b->n_sets + set_bytes > INT32_MAX)
        status = attune_fail(error, ATTUNE_UNFIT, "too many splits on levels");
    return status;
}

/* The bits of codes become bits of levels. A level without a bin, rare or not there when trees were
 * grown, goes where missing ones go, as it did then. */
static void add_set(attune_trees_builder *b, const attune_bin_column *column,
                    const attune_node *node)
{
    uint8_t *set = b->trees->sets.u8 + b->n_sets;
    for (int32_t level = 0; level < column->n_levels && node->missing_left; level++)
        set[level / 8] |= (uint8_t)(1 << level % 8);
    for (int32_t k = 0; k < column->n_bins; k++) {
        uint8_t bit = (uint8_t)(1 << column->levels[k] % 8), *byte = &set[column->levels[k] / 8];
        *byte = node->set[k / 8] >> k % 8 & 1 ? *byte | bit : *byte & (uint8_t)~bit;
    }
    b->n_sets += (column->n_levels + 7) / 8;
}

static void add_node(attune_trees_builder *b, const attune_bins *bins, const attune_node *node,
                     double value)
{
    attune_trees *t = b->trees;
    int64_t at = b->n_nodes++;
    t->node_input.i32[at] = node->input;
    t->node_value.f64[at] = value;
    if (node->input < 0)
        return;
    const attune_bin_column *column = &bins->columns[node->input];
    t->node_gain.f32[at] = (float)node->gain;
    t->importance.f64[node->input] += (double)t->node_gain.f32[at];
    t->node_left.i32[at] = node->left;
    t->node_flags.u8[at] = (uint8_t)((node->missing_left ? ATTUNE_NODE_MISSING_LEFT : 0) |
                                     (node->nominal ? ATTUNE_NODE_NOMINAL : 0));
    t->node_value.f64[at] = node->nominal ? 0 : column->edges[node->code];
    if (!node->nominal)
        return;
    t->node_set.i32[at] = (int32_t)b->n_sets;
    add_set(b, column, node);
}

attune_status attune_trees_add(attune_trees_builder *builder, const attune_bins *bins,
                               const attune_node *nodes, int32_t n_nodes, const double *values,
                               attune_error *error)
{
    int64_t set_bytes = 0;
    for (int32_t i = 0; i < n_nodes; i++)
        if (nodes[i].input >= 0 && nodes[i].nominal)
            set_bytes += (bins->columns[nodes[i].input].n_levels + 7) / 8;
    attune_status status = make_room(builder, n_nodes, set_bytes, error);
    if (status)
        return status;
    for (int32_t i = 0; i < n_nodes; i++)
        add_node(builder, bins, &nodes[i], values[i]);
    builder->trees->start.i64[++builder->n_trees] = builder->n_nodes;
    return ATTUNE_OK;
}

attune_status attune_trees_finish(attune_trees_builder *builder, int64_t n_trees,
                                  attune_error *error)
{
    attune_trees *t = builder->trees;
    attune_array *parts[] = {&t->node_input, &t->node_left,  &t->node_value,
                             &t->node_gain,  &t->node_flags, &t->node_set};
    int64_t n = n_trees ? t->start.i64[n_trees] : 0;
    attune_status status = attune_array_resize(&t->start, n_trees + 1, error);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !status; i++)
        status = attune_array_resize(parts[i], n, error);
    return status ? status : attune_array_resize(&t->sets, builder->n_sets, error);
}

/* Where the sets of the first n nodes end. */
static int64_t sets_of(const attune_trees *t, int64_t n)
{
    int64_t end = 0;
    for (int64_t i = 0; i < n; i++)
        if (t->node_input.i32[i] >= 0 && t->node_flags.u8[i] & ATTUNE_NODE_NOMINAL)
            end = t->node_set.i32[i] + (t->n_levels.i32[t->node_input.i32[i]] + 7) / 8;
    return end;
}

attune_status attune_trees_truncate(attune_trees *t, int64_t n_trees, attune_error *error)
{
    if (n_trees >= attune_trees_count(t))
        return ATTUNE_OK;
    int64_t n = t->start.i64[n_trees];
    attune_trees_builder builder = {
        .trees = t, .n_trees = n_trees, .n_nodes = n, .n_sets = sets_of(t, n)};
    for (int64_t c = 0; c < t->inputs.n; c++)
        t->importance.f64[c] = 0;
    for (int64_t i = 0; i < n; i++)
        if (t->node_input.i32[i] >= 0)
            t->importance.f64[t->node_input.i32[i]] += (double)t->node_gain.f32[i];
    return attune_trees_finish(&builder, n_trees, error);
}

static bool is_list(const attune_array *array, attune_array_type type, int64_t n)
{
    return array->type == type && array->n_dims == 1 && array->shape[0] == n;
}

static const char *check_node(const attune_trees *t, int64_t at, int64_t place, int64_t n_nodes)
{
    int32_t input = t->node_input.i32[at], left = t->node_left.i32[at];
    bool nominal = t->node_flags.u8[at] & ATTUNE_NODE_NOMINAL;
    if (input < 0)
        return isfinite(t->node_value.f64[at]) ? NULL : "a leaf's value must be finite";
    if (input >= t->inputs.n)
        return "a node splits on an input that is not there";
    if (left <= place || left >= n_nodes - 1)
        return "a node's children must come after it, within its tree";
    if (isnan(t->node_value.f64[at]))
        return "a threshold must not be NaN";
    int32_t n_levels = t->n_levels.i32[input], set = t->node_set.i32[at];
    if (nominal != (n_levels >= 0))
        return "a node splits on levels of an input of numbers, or the other way round";
    if (nominal && (set < 0 || set > t->sets.shape[0] - (n_levels + 7) / 8))
        return "a node's set of levels is not there";
    return NULL;
}

const char *attune_trees_check(const attune_trees *t)
{
    int64_t n_trees = attune_array_count(&t->start) - 1, n = attune_array_count(&t->node_input);
    if (t->inputs.n > INT32_MAX / 512)
        return "there are too many inputs";
    if (!is_list(&t->n_levels, ATTUNE_ARRAY_I32, t->inputs.n) ||
        !is_list(&t->importance, ATTUNE_ARRAY_F64, t->inputs.n))
        return "n_levels and importance must have an item for each input";
    for (int64_t c = 0; c < t->inputs.n; c++)
        if (t->n_levels.i32[c] < -1)
            return "n_levels must be -1 or more";
    if (n_trees < 0 || !is_list(&t->start, ATTUNE_ARRAY_I64, n_trees + 1) || t->start.i64[0] != 0 ||
        t->start.i64[n_trees] != n)
        return "start must lead from 0 to the number of nodes";
    if (!is_list(&t->node_input, ATTUNE_ARRAY_I32, n) ||
        !is_list(&t->node_left, ATTUNE_ARRAY_I32, n) ||
        !is_list(&t->node_value, ATTUNE_ARRAY_F64, n) ||
        !is_list(&t->node_gain, ATTUNE_ARRAY_F32, n) ||
        !is_list(&t->node_flags, ATTUNE_ARRAY_U8, n) ||
        !is_list(&t->node_set, ATTUNE_ARRAY_I32, n) ||
        !is_list(&t->sets, ATTUNE_ARRAY_U8, attune_array_count(&t->sets)))
        return "the lists of nodes must be of one length";
    for (int64_t k = 0; k < n_trees; k++) {
        int64_t from = t->start.i64[k], end = t->start.i64[k + 1];
        if (from < 0 || end <= from || end > n)
            return "every tree must have a node";
        for (int64_t at = from; at < end; at++) {
            const char *complaint = check_node(t, at, at - from, end - from);
            if (complaint)
                return complaint;
        }
    }
    return NULL;
}

attune_status attune_trees_importance(const attune_trees *trees, attune_texts *names,
                                      attune_reals *values, attune_error *error)
{
    int64_t p = trees->inputs.n;
    values->items = attune_alloc(p, sizeof *values->items, error);
    values->n = p;
    if (!values->items)
        return ATTUNE_MEMORY;
    for (int64_t j = 0; j < p; j++)
        values->items[j] = trees->importance.f64[j];
    return attune_texts_copy(names, &trees->inputs, error);
}
