/* spaces/base/number.c - numbers to text and back, the same in every locale. */
#include "spaces/base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* printf and strtod write and expect the locale's decimal mark; these two undo that, so that no
 * locale object and no process-wide state is needed. */
static void point_from_locale(char *text)
{
    for (char *c = text; *c; c++)
        if (!strchr("0123456789+-eE.infa", *c)) {
            *c = '.';
            char *rest = c + 1; /* a decimal mark may be several bytes long */
            while (*rest && !strchr("0123456789+-eE", *rest))
                rest++;
            memmove(c + 1, rest, strlen(rest) + 1);
            return;
        }
}

static double locale_strtod(const char *text)
{
    char mark[16];
    snprintf(mark, sizeof mark, "%.1f", 0.5); /* "0.5" or "0,5" */
    const char *point = strchr(text, '.');
    size_t mark_length = strlen(mark) - 2;
    if (!point || (mark_length == 1 && mark[1] == '.'))
        return strtod(text, NULL);
    char local[512];
    size_t before = (size_t)(point - text);
    if (strlen(text) + mark_length >= sizeof local)
        return strtod(text, NULL);
    memcpy(local, text, before);
    memcpy(local + before, mark + 1, mark_length);
    strcpy(local + before + mark_length, point + 1);
    return strtod(local, NULL);
}

const char *attune_real_text(double value, char text[ATTUNE_NUMBER_SIZE])
{
    if (isnan(value))
        return strcpy(text, "nan");
    if (isinf(value))
        return strcpy(text, value < 0 ? "-inf" : "inf");
    if (value == trunc(value) && fabs(value) < 1e15) {
        snprintf(text, ATTUNE_NUMBER_SIZE, "%.0f", value);
        return text;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, ATTUNE_NUMBER_SIZE, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    point_from_locale(text);
    return text;
}

static bool is_digit(char c)
{
    return (unsigned)(c - '0') < 10;
}

/* The parts of a decimal number: up to 19 significant digits and a power of ten. */
struct decimal {
    uint64_t digits;
    int n_digits; /* significant digits seen, also those beyond 19 */
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
        if (exponent < 100000)
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

static bool read_word(const char *text, int64_t length, double *value)
{
    bool negative = length > 0 && text[0] == '-';
    int64_t sign = length > 0 && (text[0] == '-' || text[0] == '+');
    const char *word = text + sign;
    int64_t n = length - sign;
    if (n == 3 && strncasecmp(word, "nan", 3) == 0)
        *value = NAN;
    else if ((n == 3 && strncasecmp(word, "inf", 3) == 0) ||
             (n == 8 && strncasecmp(word, "infinity", 8) == 0))
        *value = negative ? -INFINITY : INFINITY;
    else
        return false;
    return true;
}

static double slow_read(const char *text, int64_t length)
{
    char copy[400];
    if (length < (int64_t)sizeof copy) {
        memcpy(copy, text, (size_t)length);
        copy[length] = '\0';
        return locale_strtod(copy);
    }
    char *long_copy = strndup(text, (size_t)length);
    double value = long_copy ? locale_strtod(long_copy) : NAN;
    free(long_copy);
    return value;
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
    } else {
        *value = slow_read(text, length);
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
