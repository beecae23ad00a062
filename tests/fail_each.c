/* tests/fail_each.c - each allocation of an operation failed in turn. */
#include "tests/fail_each.h"

#include <stdlib.h>
#include <string.h>

struct trying {
    attune_operation *run;
    const char *place;
    char *expected;
    int64_t allocations, held;
    int problems;
};

static bool every_one(void)
{
    const char *words = getenv("ATTUNE_TEST_ALLOCATIONS");
    return words && strcmp(words, "all") == 0;
}

static int64_t step_from(int64_t n)
{
    return every_one() ? n + 1 : n + 1 + n / in_short(12, 2);
}

static void complain(struct trying *t, int64_t n, bool on, const char *what, const char *words)
{
    enum { most = 12 };
    if (t->problems++ >= most)
        return;
    print_error("allocation %lld of %lld%s: %s%s%s\n", (long long)n, (long long)t->allocations,
                on ? " and all after it" : "", what, words ? ": " : "", words ? words : "");
    attune_text result = {0};
    attune_error error = {0};
    failing_begin(n, on, true);
    t->run(t->place, &result, &error);
    failing_end(NULL);
    attune_text_clear(&result);
}

/* Whether each line of result is as expected, or says STARVED. */
static bool as_expected(const char *result, const char *expected)
{
    while (*result && *expected) {
        size_t n = strcspn(result, "\n"), m = strcspn(expected, "\n");
        const char *word = strstr(result, STARVED);
        bool starved = word && word < result + n;
        if (!starved && (n != m || memcmp(result, expected, n) != 0))
            return false;
        result += n + (result[n] == '\n');
        expected += m + (expected[m] == '\n');
    }
    return *result == *expected;
}

static void judge(struct trying *t, int64_t n, bool on, attune_status status, const char *result,
                  const attune_error *error)
{
    if (status == ATTUNE_OK && (!result || !as_expected(result, t->expected)))
        complain(t, n, on, "no error, and another result", result);
    else if (status && status != ATTUNE_MEMORY)
        complain(t, n, on, attune_status_word(status), error->message);
    else if (status && !strstr(error->message, "memory"))
        complain(t, n, on, "an error that does not speak of memory", error->message);
}

static bool try_one(struct trying *t, int64_t n, bool on)
{
    attune_text result = {0};
    attune_error error = {0};
    bool failed = false;
    failing_begin(n, on, false);
    attune_status status = t->run(t->place, &result, &error);
    failing_end(&failed);
    judge(t, n, on, status, result.bytes, &error);
    attune_text_clear(&result);
    if (failing_held() != t->held) {
        complain(t, n, on, "blocks are held behind it", NULL);
        t->held = failing_held();
    }
    return failed;
}

/* The operation without a failure: what it gives, and how much it allocates. */
static void measure(struct trying *t)
{
    for (int time = 0; time < 2; time++) {
        attune_text result = {0};
        attune_error error = {0};
        t->held = failing_held() + (time == 0 ? 0 : -1); /* the text that is kept */
        failing_begin(0, false, false);
        assert_ok(t->run(t->place, &result, &error), &error);
        t->allocations = failing_end(NULL);
        if (time == 0)
            t->expected = attune_text_take(&result, &error);
        else
            assert_string_equal(result.bytes, t->expected);
        attune_text_clear(&result);
    }
    t->held++;
    assert_int_equal(failing_held(), t->held);
    assert_true(t->allocations > 20);
}

void fail_each(attune_operation *run, const char *place)
{
    struct trying t = {.run = run, .place = place};
    measure(&t);
    int64_t tried = 0;
    for (int on = 0; on < 2; on++)
        for (int64_t n = 1; try_one(&t, n, on); n = step_from(n))
            tried++;
    assert_true(tried > 20);
    if (t.problems)
        fail_msg("%d of %lld failures, see above", t.problems, (long long)tried);
    free(t.expected);
}
