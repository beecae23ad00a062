/* tests/test_tree.c - a grown tree splits where a plain search over all rows would. */
#include "steps/trees/tree.h"
#include "tests/fitting.h"

enum { n = 600, p = 5 };

struct problem {
    attune_data *data;
    attune_bins *bins;
    int32_t packed[n], rows[n];
    int64_t g[n], h[n]; /* the same, apart */
};

static attune_stream stream_of(const char *name)
{
    return attune_stream_new(attune_key_start(name));
}

/* Two columns of numbers, one with holes; two of levels, one with holes; one constant. */
static void make(struct problem *problem, bool flat)
{
    attune_error error = {0};
    attune_context context = test_context();
    attune_stream stream = stream_of("problem");
    struct made made = {0};
    double a[n], b[n], c[n];
    int32_t d[n], e[n];
    for (int i = 0; i < n; i++) {
        a[i] = attune_stream_uniform(&stream);
        b[i] = i % 7 == 0 ? NAN : (double)attune_stream_below(&stream, 12);
        c[i] = 2.385;
        d[i] = (int32_t)attune_stream_below(&stream, 9);
        e[i] = i % 5 == 0 ? ATTUNE_CODE_MISSING : (int32_t)attune_stream_below(&stream, 4);
        double signal = (a[i] > 0.3) + (d[i] % 3 == 1) + (isnan(b[i]) ? 1.5 : 0.1 * b[i]);
        problem->g[i] = (int64_t)(400 * (signal - 1 + attune_stream_uniform(&stream)));
        problem->h[i] = flat ? 1 : (int64_t)attune_stream_below(&stream, 2047);
        problem->packed[i] = (int32_t)(problem->g[i] * 65536 + problem->h[i]);
        problem->rows[i] = i;
    }
    made_reals(&made, "a", ATTUNE_INPUT, a, n);
    made_reals(&made, "b", ATTUNE_INPUT, b, n);
    made_reals(&made, "c", ATTUNE_INPUT, c, n);
    made_codes(&made, "d", ATTUNE_INPUT, d, n, 9);
    made_codes(&made, "e", ATTUNE_INPUT, e, n, 4);
    problem->data = made_data(&made, n, ATTUNE_NO_TASK);
    attune_rows *all = rows_from(0, n);
    assert_ok(attune_bins_get(&problem->bins, problem->data, all, 40, &context, &error), &error);
    attune_rows_free(all);
}

static void unmake(struct problem *problem)
{
    attune_bins_free(problem->bins);
    attune_data_free(problem->data);
}

static const attune_tree_options plain = {.num_leaves = 12,
                                          .max_depth = -1,
                                          .min_child_samples = 5,
                                          .reg_lambda = 2,
                                          .colsample_bynode = 1,
                                          .cat_smooth = 3,
                                          .cat_l2 = 1};

static int32_t grow(struct problem *problem, const attune_tree_options *options,
                    attune_grower **grower)
{
    attune_error error = {0};
    attune_stream stream = stream_of("grow");
    attune_tree_target target = {
        .packed = problem->packed, .gradient_scale = 1, .hessian_scale = 1};
    static const int32_t inputs[p] = {0, 1, 2, 3, 4};
    assert_ok(attune_grower_new(grower, problem->bins, n, options, &error), &error);
    return attune_grower_grow(*grower, problem->rows, n, inputs, p, &target, &stream);
}

static double score(double g, double h, double lambda)
{
    return g * g / (h + lambda);
}

/* The gain of a division of some rows, and whether both sides may be. */
static double gain_of(const struct problem *problem, const int32_t *rows, int64_t count,
                      const uint8_t *left, const attune_tree_options *options, double extra)
{
    double gl = 0, hl = 0, gr = 0, hr = 0;
    for (int64_t i = 0; i < count; i++) {
        gl += left[i] ? (double)problem->g[rows[i]] : 0;
        hl += left[i] ? (double)problem->h[rows[i]] : 0;
        gr += left[i] ? 0 : (double)problem->g[rows[i]];
        hr += left[i] ? 0 : (double)problem->h[rows[i]];
    }
    double least = ((double)options->min_child_samples - 0.5) * (hl + hr) / (double)count;
    if (hl < least || hr < least)
        return 0;
    double lambda = options->reg_lambda + extra;
    return score(gl, hl, lambda) + score(gr, hr, lambda) -
           score(gl + gr, hl + hr, options->reg_lambda);
}

/* The best cut of a column of numbers, with missing rows on either side. */
static double best_cut(const struct problem *problem, int32_t input, const int32_t *rows,
                       int64_t count, const attune_tree_options *options)
{
    uint8_t left[n];
    double best = 0;
    const attune_bin_column *column = &problem->bins->columns[input];
    for (int missing_left = 0; missing_left < 2; missing_left++)
        for (int k = 0; k < column->n_bins; k++) {
            for (int64_t i = 0; i < count; i++) {
                uint8_t code = problem->bins->by_column[input * n + rows[i]];
                left[i] = code == column->n_bins ? missing_left == 1 : code <= k;
            }
            best = fmax(best, gain_of(problem, rows, count, left, options, 0));
        }
    return best;
}

/* Every split is the best that numbers offer, or better, by levels; its gain is what it says. */
static void assert_splits_are_best(const struct problem *problem, const attune_node *nodes,
                                   int32_t n_nodes, const attune_tree_options *options)
{
    uint8_t left[n];
    for (int32_t k = 0; k < n_nodes; k++) {
        if (nodes[k].input < 0)
            continue;
        const attune_node *one = &nodes[nodes[k].left];
        const int32_t *rows = problem->rows + nodes[k].first;
        for (int64_t i = 0; i < nodes[k].n; i++)
            left[i] = i < one->n;
        bool held_back = nodes[k].nominal && problem->bins->columns[nodes[k].input].n_bins > 4;
        double gain =
            gain_of(problem, rows, nodes[k].n, left, options, held_back ? options->cat_l2 : 0);
        assert_close(nodes[k].gain, gain, 1e-9);
        for (int32_t c = 0; c < 3; c++)
            assert_true(best_cut(problem, c, rows, nodes[k].n, options) <= gain * (1 + 1e-9));
    }
}

/* The leaf that a row falls into. */
static int32_t leaf_of(const attune_node *nodes, const attune_bins *bins, int32_t row)
{
    const uint8_t *codes = bins->by_row + row * bins->stride;
    int32_t at = 0;
    while (nodes[at].input >= 0) {
        const attune_node *node = &nodes[at];
        uint8_t code = codes[node->input];
        bool left = code == bins->columns[node->input].n_bins ? node->missing_left
                    : node->nominal                           ? node->set[code / 8] >> code % 8 & 1
                                                              : code <= node->code;
        at = node->left + !left;
    }
    return at;
}

/* Each row is in one leaf, in which walking finds it. */
static void assert_rows_are_in_their_leaves(const struct problem *problem, const attune_node *nodes,
                                            int32_t n_nodes)
{
    int seen[n] = {0};
    for (int32_t k = 0; k < n_nodes; k++)
        for (int64_t i = 0; nodes[k].input < 0 && i < nodes[k].n; i++) {
            int32_t row = problem->rows[nodes[k].first + i];
            assert_true(i == 0 || problem->rows[nodes[k].first + i - 1] < row);
            assert_int_equal(leaf_of(nodes, problem->bins, row), k);
            seen[row]++;
        }
    for (int i = 0; i < n; i++)
        assert_int_equal(seen[i], 1);
}

/* Rows that the tree did not see come to the leaves that walking finds, whichever way they go. */
static void assert_others_are_routed(const struct problem *problem, attune_grower *grower,
                                     int32_t n_nodes, bool upwards)
{
    const attune_node *nodes = attune_grower_nodes(grower);
    int32_t rows[n], count = 0, seen = 0;
    for (int32_t i = 0; i < n; i++)
        if (i % 3)
            rows[count++] = upwards ? i : n - 1 - i;
    attune_grower_route(grower, rows, count);
    for (int32_t k = 0; k < n_nodes; k++)
        for (int64_t i = 0; nodes[k].input < 0 && i < nodes[k].n; i++, seen++)
            assert_int_equal(leaf_of(nodes, problem->bins, rows[nodes[k].first + i]), k);
    assert_int_equal(seen, count);
}

static void splits_are_the_best_there_are(void **state)
{
    (void)state;
    for (int flat = 0; flat < 2; flat++) {
        struct problem problem;
        attune_grower *grower = NULL;
        make(&problem, flat);
        int32_t n_nodes = grow(&problem, &plain, &grower);
        assert_int_equal(n_nodes, 2 * 12 - 1);
        assert_splits_are_best(&problem, attune_grower_nodes(grower), n_nodes, &plain);
        assert_rows_are_in_their_leaves(&problem, attune_grower_nodes(grower), n_nodes);
        assert_others_are_routed(&problem, grower, n_nodes, true);
        assert_others_are_routed(&problem, grower, n_nodes, false);
        attune_grower_free(grower);
        unmake(&problem);
    }
}

/* Levels 1, 4 and 7 pull one way, the others the other way: one split tells them apart. */
static void levels_are_split_by_their_pull(void **state)
{
    (void)state;
    struct problem problem;
    attune_grower *grower = NULL;
    attune_tree_options options = plain;
    options.num_leaves = 2;
    make(&problem, true);
    const uint8_t *codes = problem.bins->by_column + 3 * n;
    for (int i = 0; i < n; i++)
        problem.packed[i] = (codes[i] % 3 == 1 ? 700 : -300) * 65536 + 1;
    assert_int_equal(grow(&problem, &options, &grower), 3);
    const attune_node *root = attune_grower_nodes(grower);
    assert_true(root->nominal && root->input == 3);
    for (int k = 0; k < 9; k++)
        assert_int_equal(root->set[k / 8] >> k % 8 & 1, k % 3 != 1);
    attune_grower_free(grower);
    unmake(&problem);
}

/* Levels of fewer rows than cat_smooth are never told apart; a column of 4 has none that are. */
static void rare_levels_stand_together(void **state)
{
    (void)state;
    struct problem problem;
    attune_grower *grower = NULL;
    attune_tree_options options = plain;
    options.cat_smooth = 150;
    make(&problem, true);
    int32_t n_nodes = grow(&problem, &options, &grower), few = 0;
    for (int32_t k = 0; k < n_nodes; k++) {
        assert_int_not_equal(attune_grower_nodes(grower)[k].input, 3);
        few += attune_grower_nodes(grower)[k].input == 4;
    }
    assert_true(few > 0);
    attune_grower_free(grower);
    unmake(&problem);
}

static void limits_hold(void **state)
{
    (void)state;
    struct problem problem;
    attune_grower *grower = NULL;
    attune_tree_options options = plain;
    make(&problem, true);
    options.num_leaves = 100;
    options.max_depth = 2;
    assert_int_equal(grow(&problem, &options, &grower), 7);
    attune_grower_free(grower);
    options.max_depth = -1;
    options.min_child_samples = 60;
    int32_t n_nodes = grow(&problem, &options, &grower);
    for (int32_t k = 0; k < n_nodes; k++)
        assert_true(attune_grower_nodes(grower)[k].n >= 60);
    assert_true(n_nodes > 3);
    attune_grower_free(grower);
    options.min_split_gain = 1e18;
    assert_int_equal(grow(&problem, &options, &grower), 1);
    attune_grower_free(grower);
    unmake(&problem);
}

static void drawn_inputs_and_cuts_make_whole_trees(void **state)
{
    (void)state;
    static const double shares[] = {0.2, 0.5, 1};
    for (int k = 0; k < 6; k++) {
        struct problem problem;
        attune_grower *grower = NULL;
        attune_tree_options options = plain;
        options.colsample_bynode = shares[k % 3];
        options.extra_trees = k >= 3;
        make(&problem, false);
        int32_t n_nodes = grow(&problem, &options, &grower);
        assert_true(n_nodes > 3 || k % 3 == 0); /* one drawn input may be the constant one */
        assert_rows_are_in_their_leaves(&problem, attune_grower_nodes(grower), n_nodes);
        assert_others_are_routed(&problem, grower, n_nodes, true);
        assert_others_are_routed(&problem, grower, n_nodes, false);
        attune_grower_free(grower);
        unmake(&problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_are_the_best_there_are),
        cmocka_unit_test(levels_are_split_by_their_pull),
        cmocka_unit_test(rare_levels_stand_together),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(drawn_inputs_and_cuts_make_whole_trees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
