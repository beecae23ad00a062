/* spaces/base/key.h - 128-bit content keys: what a thing is, never when or where it was made.
 *
 *     attune_key key = attune_key_start("fit");
 *     key = attune_key_join(key, data->id);
 *     key = attune_key_integer(key, fold);
 *
 * Every part is mixed with its type and length, so that two different lists of parts do not meet.
 * Source: XXH3's 128-bit hash (xxhash), which is the same on every machine.
 * Thread class: pure. */
#ifndef ATTUNE_SPACES_BASE_KEY_H
#define ATTUNE_SPACES_BASE_KEY_H

#include "spaces/base/status.h"

typedef struct attune_key {
    uint64_t low, high;
} attune_key;

enum { ATTUNE_KEY_TEXT_SIZE = 33 }; /* 32 hexadecimal digits and the end */

attune_key attune_key_start(const char *purpose);
attune_key attune_key_text(attune_key key, const char *text); /* NULL is not "" */
attune_key attune_key_integer(attune_key key, int64_t value);
attune_key attune_key_real(attune_key key, double value); /* by bits; -0 is 0, one NaN */
attune_key attune_key_bytes(attune_key key, const void *bytes, int64_t length); /* O(length) */
attune_key attune_key_join(attune_key key, attune_key other);

bool attune_key_same(attune_key a, attune_key b);
/* 32 hexadecimal digits into text; returns it. */
const char *attune_key_name(attune_key key, char text[ATTUNE_KEY_TEXT_SIZE]);

/* SHA-256 of bytes as 64 lower-case hexadecimal digits, terminated. O(length). */
enum { ATTUNE_SHA256_TEXT_SIZE = 65 };
attune_status attune_sha256(const void *bytes, int64_t length, char text[ATTUNE_SHA256_TEXT_SIZE],
                            attune_error *error);

#endif
