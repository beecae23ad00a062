/* tests/test_memory_gate.c - fits that run at once stay within the memory of a run. */
#include "search/loop/memory_gate.h"
#include "tests/support.h"

#include <time.h>

static void what_can_never_be_had_is_refused(void **state)
{
    attune_error error = {0};
    attune_memory_gate gate;
    (void)state;
    attune_memory_gate_init(&gate, 1 << 20, 1 << 19);
    assert_int_equal(attune_memory_gate_enter(&gate, (1 << 20) + 1, NULL, NULL, &error),
                     ATTUNE_MEMORY);
    assert_error(&error, ATTUNE_MEMORY, "--memory");
    assert_error(&error, ATTUNE_MEMORY, "1.0 MiB");
    attune_error_clear(&error);
    /* More than the room, but not more than there is: alone. */
    assert_ok(attune_memory_gate_enter(&gate, 1 << 20, NULL, NULL, &error), &error);
    attune_memory_gate_leave(&gate, 1 << 20);
    assert_int_equal(gate.used, 0);
    attune_memory_gate_clear(&gate);

    attune_memory_gate_init(&gate, 0, 0);
    assert_ok(attune_memory_gate_enter(&gate, INT64_MAX / 2, NULL, NULL, &error), &error);
    attune_memory_gate_clear(&gate);
}

static attune_status stop(void *user, attune_error *error)
{
    ++*(int *)user;
    return attune_fail(error, ATTUNE_STOPPED, "enough");
}

static void waiting_ends_when_told(void **state)
{
    attune_error error = {0};
    attune_memory_gate gate;
    int asked = 0;
    (void)state;
    attune_memory_gate_init(&gate, 100, 100);
    assert_ok(attune_memory_gate_enter(&gate, 60, stop, &asked, &error), &error);
    assert_ok(attune_memory_gate_enter(&gate, 40, stop, &asked, &error), &error);
    assert_int_equal(asked, 0);
    assert_int_equal(attune_memory_gate_enter(&gate, 1, stop, &asked, &error), ATTUNE_STOPPED);
    assert_int_equal(asked, 1);
    assert_int_equal(gate.used, 100);
    attune_memory_gate_clear(&gate);
}

struct crowd {
    attune_memory_gate gate;
    int64_t now, most; /* bytes of those inside; atomic */
    int failures;
};

static void visit(struct crowd *crowd)
{
    for (int i = 0; i < 40; i++) {
        attune_error error = {0};
        int64_t bytes = 30 + i % 3 * 20;
        if (attune_memory_gate_enter(&crowd->gate, bytes, NULL, NULL, &error)) {
            __atomic_add_fetch(&crowd->failures, 1, __ATOMIC_RELAXED);
            continue;
        }
        int64_t now = __atomic_add_fetch(&crowd->now, bytes, __ATOMIC_SEQ_CST);
        int64_t most = __atomic_load_n(&crowd->most, __ATOMIC_SEQ_CST);
        while (now > most && !__atomic_compare_exchange_n(&crowd->most, &most, now, false,
                                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            ;
        nanosleep(&(struct timespec){0, 20000}, NULL);
        __atomic_sub_fetch(&crowd->now, bytes, __ATOMIC_SEQ_CST);
        attune_memory_gate_leave(&crowd->gate, bytes);
    }
}

static void a_crowd_takes_turns(void **state)
{
    struct crowd crowd = {.now = 0};
    (void)state;
    attune_memory_gate_init(&crowd.gate, 100, 100);
#pragma omp parallel num_threads(6) default(none) shared(crowd)
    visit(&crowd);
    assert_int_equal(crowd.failures, 0);
    assert_in_range(crowd.most, 30, 100);
    assert_int_equal(crowd.gate.used, 0);
    assert_int_equal(crowd.gate.n, 0);
    attune_memory_gate_clear(&crowd.gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_never_be_had_is_refused),
        cmocka_unit_test(waiting_ends_when_told),
        cmocka_unit_test(a_crowd_takes_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
