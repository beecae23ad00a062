/* tests/failing.h - allocations that fail when they are told to.
 *
 * A program that links failing.c with --wrap (tests/CMakeLists.txt) has every allocation of ours,
 * of jansson and of SQLite counted: the n-th after failing_begin gives NULL, and what is allocated
 * and not freed is known. The C library's own, OpenMP's and zlib's go on as ever. */
#ifndef ATTUNE_TESTS_FAILING_H
#define ATTUNE_TESTS_FAILING_H

#include <stdbool.h>
#include <stdint.h>

/* Before anything else is called: jansson and SQLite take their memory through us. */
void failing_install(void);

/* From here on allocations are counted, from 1, and number n fails; all after it too when `on`.
 * n 0: none does. traced: where it failed goes to standard error. */
void failing_begin(int64_t n, bool on, bool traced);

/* No more: returns how many were counted. *failed (nullable): whether one has failed. */
int64_t failing_end(bool *failed);

/* Blocks that are held now. */
int64_t failing_held(void);

#endif
