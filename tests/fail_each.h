/* tests/fail_each.h - each allocation of an operation failed in turn.
 *
 * The first, then the second, ... until the operation no longer notices; then each with all after
 * it. Each time it says that memory is out, keeps nothing, leaves nothing half-written, and works
 * when called again. Where a failure may be got over (a cache), the result is the same.
 * ATTUNE_TEST_ALLOCATIONS=all fails each one; else those far in are sampled. */
#ifndef ATTUNE_TESTS_FAIL_EACH_H
#define ATTUNE_TESTS_FAIL_EACH_H

#include "tests/failing.h"
#include "tests/support.h"

/* A line of a result that says so may stand for any other: what it is about was given up, and that
 * is told. */
#define STARVED "starved of memory"

/* Does a whole operation in a folder and writes what came of it to result, after failing_end. */
typedef attune_status attune_operation(const char *place, attune_text *result, attune_error *error);

/* place: a folder that the operation finds its files in. */
void fail_each(attune_operation *run, const char *place);

#endif
