/* spaces/base/number.h - numbers to text and back, the same in every locale.
 * Thread class: pure. */
#ifndef ATTUNE_SPACES_BASE_NUMBER_H
#define ATTUNE_SPACES_BASE_NUMBER_H

#include "spaces/base/status.h"

enum { ATTUNE_NUMBER_SIZE = 32 }; /* room for any number below, terminated */

/* The shortest decimal text that reads back as the same double ("0.1", "1e-05", "nan", "inf",
 * "-inf"); an integral value below 1e15 has no point ("3"). Returns text. */
const char *attune_real_text(double value, char text[ATTUNE_NUMBER_SIZE]);

/* Reads a decimal number from exactly length bytes: optional sign, digits, point, exponent, or
 * nan / inf / infinity in any case; no white space, no hexadecimal. Correctly rounded. False when
 * the bytes are anything else. O(length); short decimals take a path without strtod. */
bool attune_real_read(const char *text, int64_t length, double *value);

/* Reads an integer of exactly length bytes; false when it is not one or leaves 64 bits. */
bool attune_integer_read(const char *text, int64_t length, int64_t *value);

static inline double attune_clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

#endif
