/* tests/support.h - what the tests share: assertions cmocka lacks, scratch folders, small data.
 *
 * cmocka's assertions must not run inside a parallel region: collect there, assert after. */
#ifndef ATTUNE_TESTS_SUPPORT_H
#define ATTUNE_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "spaces/base/file.h"
#include "spaces/space.h"

/* |a - b| <= tolerance * max(1, |b|); NaN is close to NaN, an infinity to itself. */
#define assert_close(a, b, tolerance) assert_close_at(a, b, tolerance, #a, __FILE__, __LINE__)
void assert_close_at(double a, double b, double tolerance, const char *what, const char *file,
                     int line);

/* The call gave ATTUNE_OK; the error's message is printed when not. */
#define assert_ok(call, error) assert_ok_at(call, error, #call, __FILE__, __LINE__)
void assert_ok_at(attune_status status, const attune_error *error, const char *what,
                  const char *file, int line);

/* An error was set with this status, and its message has these words in it. */
void assert_error(const attune_error *error, attune_status status, const char *words);

/* n, or less where every instruction costs fifty (under valgrind). */
int64_t in_short(int64_t n, int64_t less);

/* A new empty folder that is removed with all in it by scratch_remove; the caller frees. */
char *scratch_folder(void);
void scratch_remove(char *folder);

/* The whole of a file, terminated; fails the test when it is not there. The caller frees. */
char *read_whole(const char *path);
void write_whole(const char *path, const char *text);

/* The space of a plan's "space" object, as text; the caller frees. */
attune_space *space_of(const char *text);

#endif
