/* tests/test_leaderboard.c - the best, its ties, the simplest of them. */
#include "search/leaderboard.h"
#include "tests/support.h"

#include <math.h>
#include <string.h>

enum { most = 8 };

/* Trials of two folds each, value +- spread: the standard error of their mean is the spread. */
struct board {
    attune_trial trials[most];
    double values[most], folds[most][2];
    int64_t n;
};

static void add(struct board *board, attune_trial_state state, double value, double spread)
{
    int64_t i = board->n++;
    board->values[i] = value;
    board->folds[i][0] = value - spread;
    board->folds[i][1] = value + spread;
    board->trials[i] = (attune_trial){.number = i,
                                      .state = state,
                                      .values = &board->values[i],
                                      .n_values = state == ATTUNE_TRIAL_COMPLETE,
                                      .folds = {board->folds[i], 1, 2}};
}

static void test_ties_within_one_standard_error(void **state)
{
    (void)state;
    struct board b = {.n = 0};
    const double simplicity[most] = {3, 2, 1, 0, 2, 0};
    add(&b, ATTUNE_TRIAL_COMPLETE, 0.50, 0.05);
    add(&b, ATTUNE_TRIAL_COMPLETE, 0.54, 0.01); /* a tie, simpler */
    add(&b, ATTUNE_TRIAL_COMPLETE, 0.56, 0.30); /* none: the best's error counts, not its own */
    add(&b, ATTUNE_TRIAL_FAIL, 0.1, 0);
    add(&b, ATTUNE_TRIAL_COMPLETE, 0.53, 0.01); /* as simple as 1, and better */
    add(&b, ATTUNE_TRIAL_RUNNING, 0.1, 0);
    attune_leaderboard board = attune_leaderboard_of(b.trials, b.n, ATTUNE_MINIMIZE, simplicity);
    assert_int_equal(board.best, 0);
    assert_close(board.bar, 0.55, 1e-12);
    assert_int_equal(board.n_ties, 2);
    assert_int_equal(board.simplest, 4);
    assert_int_equal(board.n_complete, 4);
    assert_int_equal(board.n_failed, 1);
    assert_int_equal(board.n_running, 1);
    assert_true(attune_leaderboard_ties(&board, &b.trials[1], ATTUNE_MINIMIZE));
    assert_false(attune_leaderboard_ties(&board, &b.trials[2], ATTUNE_MINIMIZE));
    assert_false(attune_leaderboard_ties(&board, &b.trials[3], ATTUNE_MINIMIZE));
    board = attune_leaderboard_of(b.trials, b.n, ATTUNE_MINIMIZE, NULL);
    assert_int_equal(board.simplest, board.best);
}

static void test_maximize_nan_and_equal_values(void **state)
{
    (void)state;
    struct board b = {.n = 0};
    add(&b, ATTUNE_TRIAL_COMPLETE, NAN, 0);
    add(&b, ATTUNE_TRIAL_COMPLETE, 0.7, 0.1);
    add(&b, ATTUNE_TRIAL_COMPLETE, 0.9, 0.125);
    add(&b, ATTUNE_TRIAL_COMPLETE, 0.9, 0.1); /* the same value: the lower number wins */
    attune_leaderboard board = attune_leaderboard_of(b.trials, b.n, ATTUNE_MAXIMIZE, NULL);
    assert_int_equal(board.best, 2);
    assert_close(board.bar, 0.775, 1e-12);
    assert_int_equal(board.n_ties, 1);
    board = attune_leaderboard_of(b.trials, 1, ATTUNE_MAXIMIZE, NULL);
    assert_int_equal(board.best, -1);
    board = attune_leaderboard_of(b.trials, 0, ATTUNE_MAXIMIZE, NULL);
    assert_int_equal(board.best, -1);
    assert_int_equal(board.simplest, -1);
}

static void test_one_fold_has_no_error(void **state)
{
    (void)state;
    struct board b = {.n = 0};
    add(&b, ATTUNE_TRIAL_COMPLETE, 2.385, 0);
    add(&b, ATTUNE_TRIAL_COMPLETE, 2.3851, 0);
    b.trials[0].folds.n_folds = b.trials[1].folds.n_folds = 1;
    attune_leaderboard board = attune_leaderboard_of(b.trials, b.n, ATTUNE_MINIMIZE, NULL);
    assert_int_equal(board.best, 0);
    assert_int_equal(board.n_ties, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ties_within_one_standard_error),
        cmocka_unit_test(test_maximize_nan_and_equal_values),
        cmocka_unit_test(test_one_fold_has_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
