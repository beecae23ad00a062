/* search/samplers/low_discrepancy.c - scrambled Sobol and Halton points.
 *
 * Sobol: primitive polynomials are found, not tabulated, and the free direction numbers of each
 * dimension are drawn until the first 32 dimensions have Sobol's property A: each of the 2^d
 * corners of the cube has one of the first 2^d points. Scrambled by Owen's nested permutation,
 * done on the digits by a hash (after Laine and Karras 2011).
 * Halton: digits permuted by position, with a permutation drawn for each. */
#include "search/samplers/low_discrepancy.h"

#include "spaces/base/stream.h"

#include <stdlib.h>
#include <string.h>

/* x times y modulo a polynomial of this degree over GF(2). */
static uint32_t multiply(uint32_t x, uint32_t y, uint32_t polynomial, int degree)
{
    uint32_t product = 0;
    for (int bit = degree - 1; bit >= 0; bit--) {
        product <<= 1;
        if (product >> degree & 1)
            product ^= polynomial;
        if (y >> bit & 1)
            product ^= x;
    }
    return product;
}

static uint32_t power(uint32_t exponent, uint32_t polynomial, int degree)
{
    uint32_t result = 1, square = degree > 1 ? 2 : 1;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1)
            result = multiply(result, square, polynomial, degree);
        square = multiply(square, square, polynomial, degree);
    }
    return result;
}

/* Whether x has order 2^degree - 1 modulo a polynomial: its powers are all there is but 0. */
static bool is_primitive(uint32_t polynomial, int degree)
{
    uint32_t order = (1U << degree) - 1, rest = order;
    if (!(polynomial & 1) || power(order, polynomial, degree) != 1)
        return false;
    for (uint32_t factor = 2; factor <= rest; factor++) {
        if (rest % factor)
            continue;
        if (power(order / factor, polynomial, degree) == 1)
            return false;
        while (rest % factor == 0)
            rest /= factor;
    }
    return true;
}

static uint32_t next_primitive(uint32_t polynomial, int *degree)
{
    do {
        polynomial++;
        if (polynomial >> (*degree + 1))
            ++*degree;
    } while (!is_primitive(polynomial, *degree));
    return polynomial;
}

/* Direction numbers from the free ones (odd, the k-th below 2^(k+1)) by Sobol's recurrence. */
static void extend(uint32_t polynomial, int degree, uint32_t *v)
{
    for (int k = degree; k < ATTUNE_SOBOL_BITS; k++) {
        v[k] = v[k - degree] ^ (v[k - degree] >> degree);
        for (int j = 1; j < degree; j++)
            if (polynomial >> (degree - j) & 1)
                v[k] ^= v[k - j];
    }
}

/* The first digits of the first d directions as rows over GF(2), kept reduced: whether a new
 * dimension's row is independent of those before. rows[i] is the reduced row of dimension i. */
static bool is_independent(const uint32_t (*directions)[ATTUNE_SOBOL_BITS], int64_t d)
{
    uint32_t rows[ATTUNE_SOBOL_BITS];
    for (int64_t i = 0; i <= d; i++) {
        rows[i] = 0;
        for (int64_t k = 0; k <= d; k++)
            rows[i] |= (directions[i][k] >> 31 & 1) << k;
    }
    for (int64_t c = 0, rank = 0; c <= d; c++, rank++) {
        int64_t pivot = rank;
        while (pivot <= d && !(rows[pivot] >> c & 1))
            pivot++;
        if (pivot > d)
            return false;
        uint32_t swap = rows[pivot];
        rows[pivot] = rows[rank];
        rows[rank] = swap;
        for (int64_t i = rank + 1; i <= d; i++)
            if (rows[i] >> c & 1)
                rows[i] ^= rows[rank];
    }
    return true;
}

static void make_directions(uint32_t (*directions)[ATTUNE_SOBOL_BITS], int64_t n)
{
    uint32_t polynomial = 2;
    int degree = 1;
    for (int k = 0; k < ATTUNE_SOBOL_BITS && n > 0; k++)
        directions[0][k] = 1U << (31 - k); /* van der Corput's */
    for (int64_t d = 1; d < n; d++) {
        attune_stream stream =
            attune_stream_new(attune_key_integer(attune_key_start("directions"), d));
        polynomial = next_primitive(polynomial, &degree);
        do {
            for (int k = 0; k < degree; k++) {
                uint32_t odd = (uint32_t)attune_stream_below(&stream, 1U << k) * 2 + 1;
                directions[d][k] = odd << (31 - k);
            }
            extend(polynomial, degree, directions[d]);
        } while (d < ATTUNE_SOBOL_BITS &&
                 !is_independent((const uint32_t(*)[ATTUNE_SOBOL_BITS])directions, d));
    }
}

attune_status attune_sobol_init(attune_sobol *sobol, int64_t n_dimensions, attune_key seed,
                                attune_error *error)
{
    int64_t n = n_dimensions < ATTUNE_SOBOL_DIMENSIONS ? n_dimensions : ATTUNE_SOBOL_DIMENSIONS;
    memset(sobol, 0, sizeof *sobol);
    sobol->directions = attune_alloc(n, sizeof *sobol->directions, error);
    sobol->seeds = attune_alloc(n_dimensions, sizeof *sobol->seeds, error);
    if (!sobol->directions || !sobol->seeds) {
        attune_sobol_clear(sobol);
        return ATTUNE_MEMORY;
    }
    make_directions(sobol->directions, n);
    sobol->n_dimensions = n_dimensions;
    attune_key key = attune_key_join(attune_key_start("scramble"), seed);
    for (int64_t d = 0; d < n_dimensions; d++)
        sobol->seeds[d] = attune_key_integer(key, d).low;
    return ATTUNE_OK;
}

void attune_sobol_clear(attune_sobol *sobol)
{
    free(sobol->directions);
    free(sobol->seeds);
    memset(sobol, 0, sizeof *sobol);
}

static uint32_t reverse(uint32_t x)
{
    x = (x & 0x55555555U) << 1 | (x >> 1 & 0x55555555U);
    x = (x & 0x33333333U) << 2 | (x >> 2 & 0x33333333U);
    x = (x & 0x0f0f0f0fU) << 4 | (x >> 4 & 0x0f0f0f0fU);
    x = (x & 0x00ff00ffU) << 8 | (x >> 8 & 0x00ff00ffU);
    return x << 16 | x >> 16;
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* Owen's scramble: each digit is flipped by a draw that belongs to the digits above it. */
static uint32_t scramble(uint32_t x, uint64_t seed)
{
    uint32_t digits = reverse(x), result = 0;
    for (int bit = 0; bit < ATTUNE_SOBOL_BITS; bit++) {
        uint32_t above = digits & ((1U << bit) - 1);
        uint64_t draw = mix(seed ^ mix((uint64_t)above << 8 | (uint64_t)bit));
        result |= (uint32_t)((digits >> bit & 1) ^ (draw & 1)) << bit;
    }
    return reverse(result);
}

void attune_sobol_point(const attune_sobol *sobol, uint32_t index, double *unit)
{
    for (int64_t d = 0; d < sobol->n_dimensions; d++) {
        uint32_t x = 0, gray = index ^ index >> 1;
        if (d < ATTUNE_SOBOL_DIMENSIONS) {
            for (int k = 0; gray; k++, gray >>= 1)
                x ^= gray & 1 ? sobol->directions[d][k] : 0;
            x = scramble(x, sobol->seeds[d]);
        } else {
            x = (uint32_t)(mix(sobol->seeds[d] ^ mix(index)) >> 32);
        }
        unit[d] = ((double)x + 0.5) * 0x1p-32;
    }
}

/* Where a digit goes: a permutation drawn by its position, its base and its dimension. */
static uint32_t permuted(attune_key key, int64_t position, uint32_t prime, uint32_t digit)
{
    attune_stream stream = attune_stream_new(attune_key_integer(key, position));
    /* One affine step modulo a prime is a permutation; two with an inverse between mix well enough
     * and need no table. */
    uint64_t a = 1 + attune_stream_below(&stream, prime - 1),
             b = attune_stream_below(&stream, prime);
    uint64_t x = (a * digit + b) % prime, inverse = 1;
    for (uint32_t e = prime - 2, square = (uint32_t)x; e; e >>= 1) {
        if (e & 1)
            inverse = inverse * square % prime;
        square = (uint32_t)((uint64_t)square * square % prime);
    }
    x = prime > 2 && x ? inverse : x;
    return (uint32_t)((x + attune_stream_below(&stream, prime)) % prime);
}

double attune_halton(attune_key seed, int64_t dimension, uint32_t prime, uint64_t index)
{
    attune_key key =
        attune_key_integer(attune_key_join(attune_key_start("halton"), seed), dimension);
    double value = 0, scale = 1;
    /* Digits below 2^-40 say nothing; the leading zeros are permuted like any digit. */
    for (int64_t position = 0; scale > 0x1p-40; position++, index /= prime) {
        scale /= prime;
        value += scale * permuted(key, position, prime, (uint32_t)(index % prime));
    }
    value += scale / 2;
    return value < 1 ? value : 0x1.fffffffffffffp-1;
}
