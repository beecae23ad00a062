/* spaces/base/number.c - numbers to text and back, the same in every locale. */
#include "spaces/base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* printf writes the locale's decimal mark, which may be several bytes long. */
static void point_from_locale(char *text)
{
    static const char others[] = "+-0123456789e";
    char *mark = text + strspn(text, others);
    if (!*mark)
        return;
    char *rest = mark + strcspn(mark, others);
    memmove(mark + 1, rest, strlen(rest) + 1);
    *mark = '.';
}

const char *attune_real_text(double value, char text[ATTUNE_NUMBER_SIZE])
{
    if (!isfinite(value)) {
        snprintf(text, ATTUNE_NUMBER_SIZE, "%s", isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        return text;
    }
    if (value == trunc(value) && fabs(value) < 1e15) {
        snprintf(text, ATTUNE_NUMBER_SIZE, "%.0f", value);
        return text;
    }
    /* 15 digits find every shorter text too, but for the subnormal, which have fewer. */
    double back = NAN;
    for (int digits = isnormal(value) ? 15 : 1; digits <= 17 && back != value; digits++) {
        snprintf(text, ATTUNE_NUMBER_SIZE, "%.*g", digits, value);
        point_from_locale(text);
        attune_real_read(text, (int64_t)strlen(text), &back);
    }
    return text;
}

static bool is_digit(char c)
{
    return (unsigned)(c - '0') < 10;
}

/* The parts of a decimal number: up to 19 significant digits and a power of ten. */
struct decimal {
    uint64_t digits;
    int64_t n_digits; /* significant digits seen, also those beyond 19 */
    int64_t power;
    bool negative;
};

static const char *read_digits(const char *at, const char *end, struct decimal *d, bool fraction)
{
    for (; at < end && is_digit(*at); at++) {
        bool leading_zero = *at == '0' && d->n_digits == 0;
        if (d->n_digits < 19 && !leading_zero)
            d->digits = 10 * d->digits + (uint64_t)(*at - '0');
        bool dropped = d->n_digits >= 19;
        d->n_digits += !leading_zero;
        d->power += dropped - fraction;
    }
    return at;
}

static const char *read_exponent(const char *at, const char *end, struct decimal *d)
{
    const char *p = at + 1;
    bool negative = p < end && *p == '-';
    p += p < end && (*p == '-' || *p == '+');
    if (p == end || !is_digit(*p))
        return NULL;
    int64_t exponent = 0;
    for (; p < end && is_digit(*p); p++)
        if (exponent < INT64_C(10000000000000000)) /* far beyond any length of digits */
            exponent = 10 * exponent + (*p - '0');
    d->power += negative ? -exponent : exponent;
    return p;
}

static bool read_decimal(const char *at, const char *end, struct decimal *d)
{
    if (at < end && (*at == '-' || *at == '+'))
        d->negative = *at++ == '-';
    const char *whole = at;
    at = read_digits(at, end, d, false);
    int64_t seen = at - whole;
    if (at < end && *at == '.') {
        const char *fraction = ++at;
        at = read_digits(at, end, d, true);
        seen += at - fraction;
    }
    if (seen == 0)
        return false;
    if (at < end && (*at == 'e' || *at == 'E'))
        at = read_exponent(at, end, d);
    return at == end;
}

/* Letter case is free; the word is in small letters. The C library's own comparison follows the
 * locale, where I and i may be strangers. */
static bool is_word(const char *text, int64_t length, const char *word)
{
    int64_t i = 0;
    while (i < length && word[i] && (text[i] | 0x20) == word[i])
        i++;
    return i == length && !word[i];
}

static bool read_word(const char *text, int64_t length, double *value)
{
    bool negative = length > 0 && text[0] == '-';
    int64_t sign = length > 0 && (text[0] == '-' || text[0] == '+');
    const char *word = text + sign;
    int64_t n = length - sign;
    if (is_word(word, n, "nan"))
        *value = NAN;
    else if (is_word(word, n, "inf") || is_word(word, n, "infinity"))
        *value = negative ? -INFINITY : INFINITY;
    else
        return false;
    return true;
}

/* Digits and a power without a decimal mark: strtod reads that alike in every locale. No double,
 * nor the middle of two, has more than 767 digits: of what follows only matters whether it is 0. */
static double read_slowly(const char *text, int64_t length, const struct decimal *d)
{
    enum { most = 768 };
    char copy[most + 32] = "0";
    int64_t n = 0;
    bool more = false;
    for (int64_t i = 0; i < length && text[i] != 'e' && text[i] != 'E'; i++) {
        if (!is_digit(text[i]) || (n == 0 && text[i] == '0'))
            continue;
        if (n < most)
            copy[n++] = text[i];
        else
            more |= text[i] != '0';
    }
    /* d->power belongs to the first 19 digits. */
    int64_t power = d->power + (d->n_digits < 19 ? d->n_digits : 19) - n - more;
    if (more)
        copy[n++] = '1';
    n += n == 0;
    snprintf(copy + n, sizeof copy - (size_t)n, "e%lld", (long long)power);
    double x = strtod(copy, NULL);
    return d->negative ? -x : x;
}

__extension__ typedef unsigned __int128 wide;

/* (q, and a little more when there was a remainder) * 2^exponent, to the nearest, ties to even. */
static double round_wide(wide q, bool remainder, int exponent)
{
    int high = (int)(q >> 64 ? 64 : 0);
    int bits = high + 64 - __builtin_clzll((unsigned long long)(q >> high));
    int shift = bits - 53;
    if (shift <= 0)
        return ldexp((double)(uint64_t)q, exponent);
    uint64_t kept = (uint64_t)(q >> shift);
    wide rest = q & (((wide)1 << shift) - 1), half = (wide)1 << (shift - 1);
    bool up = rest > half || (rest == half && (remainder || (kept & 1)));
    return ldexp((double)(kept + up), exponent + shift);
}

enum { most_fives = 27 }; /* 5^27 is the last below 2^63 */

/* digits * 10^power by whole numbers: 10^p is 5^p * 2^p, and 5^27 * 2^64 fits 128 bits. Digits are
 * not 0; the result is far from both ends of the doubles. */
static double exact_read(uint64_t digits, int power)
{
    uint64_t fives = 1;
    for (int i = power < 0 ? -power : power; i > 0; i--)
        fives *= 5;
    if (power >= 0)
        return round_wide((wide)digits * fives, false, power);
    int zeros = __builtin_clzll(digits);
    wide scaled = (wide)(digits << zeros) << 64;
    wide q = scaled / fives;
    return round_wide(q, q * fives != scaled, power - 64 - zeros);
}

bool attune_real_read(const char *text, int64_t length, double *value)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct decimal d = {0};
    if (!read_decimal(text, text + length, &d))
        return read_word(text, length, value);
    /* Clinger's fast path: both the digits and the power of ten are exact doubles. */
    if (d.n_digits <= 15 && d.power >= -22 && d.power <= 22) {
        double x = (double)d.digits;
        x = d.power < 0 ? x / tens[-d.power] : x * tens[d.power];
        *value = d.negative ? -x : x;
    } else if (d.n_digits && d.n_digits <= 19 && d.power >= -most_fives && d.power <= most_fives) {
        double x = exact_read(d.digits, (int)d.power);
        *value = d.negative ? -x : x;
    } else {
        *value = read_slowly(text, length, &d);
    }
    return true;
}

bool attune_integer_read(const char *text, int64_t length, int64_t *value)
{
    const char *at = text, *end = text + length;
    bool negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    if (at == end)
        return false;
    int64_t sum = 0;
    for (; at < end; at++) {
        if (!is_digit(*at) || __builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_sub_overflow(sum, *at - '0', &sum)) /* down: the least has no negative */
            return false;
    }
    if (!negative && sum == INT64_MIN)
        return false;
    *value = negative ? sum : -sum;
    return true;
}
