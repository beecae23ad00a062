/* steps/trees/tree_divide.c - rows that go left and right, each in their order. */
#include "steps/trees/tree_parts.h"
#include "steps/numeric/wide.h"

/* Where registers of 64 bytes can leave gaps out, sixteen rows are put down at a time; their codes
 * are still read one by one, for gathering them in a register takes longer. */

static int64_t numbers_plain(const uint8_t *codes, attune_code_range range, const int32_t *rows,
                             int64_t n, int32_t *left, int32_t *right)
{
    int64_t n_left = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t row = rows[i];
        left[n_left] = row;
        right[i - n_left] = row;
        n_left += (uint8_t)(codes[row] + range.turn) <= range.most;
    }
    return n_left;
}

static int64_t levels_plain(const uint8_t *codes, const uint8_t *set, const int32_t *rows,
                            int64_t n, int32_t *left, int32_t *right)
{
    int64_t n_left = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t row = rows[i];
        left[n_left] = row;
        right[i - n_left] = row;
        n_left += set[codes[row] / 8] >> codes[row] % 8 & 1;
    }
    return n_left;
}

static int64_t heavy_plain(const int32_t *packed, const int32_t *rows, int64_t n, int32_t *left,
                           int32_t *right)
{
    int64_t n_left = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t row = rows[i];
        left[n_left] = row;
        right[i - n_left] = row;
        n_left += packed[row] != 0;
    }
    return n_left;
}

#ifdef ATTUNE_WIDE
ATTUNE_WIDE static inline void put(__m512i row, __mmask16 goes, int32_t *left, int32_t *right)
{
    _mm512_storeu_si512(left, _mm512_maskz_compress_epi32(goes, row));
    _mm512_storeu_si512(right, _mm512_maskz_compress_epi32((__mmask16)~goes, row));
}

ATTUNE_WIDE static inline __m128i codes_of(const uint8_t *codes, const int32_t *r)
{
    if (r[15] - r[0] == 15) /* rows ascend: these are neighbours */
        return _mm_loadu_si128((const void *)(codes + r[0]));
    return _mm_setr_epi8((char)codes[r[0]], (char)codes[r[1]], (char)codes[r[2]], (char)codes[r[3]],
                         (char)codes[r[4]], (char)codes[r[5]], (char)codes[r[6]], (char)codes[r[7]],
                         (char)codes[r[8]], (char)codes[r[9]], (char)codes[r[10]],
                         (char)codes[r[11]], (char)codes[r[12]], (char)codes[r[13]],
                         (char)codes[r[14]], (char)codes[r[15]]);
}

/* What is written to the left beyond its rows was read before. */
ATTUNE_WIDE static int64_t numbers_wide(const uint8_t *codes, attune_code_range range,
                                        const int32_t *rows, int64_t n, int32_t *left,
                                        int32_t *right)
{
    const __m128i turn = _mm_set1_epi8((char)range.turn), most = _mm_set1_epi8((char)range.most);
    int64_t i = 0, n_left = 0;
    for (; i + 16 <= n; i += 16) {
        __m128i code = _mm_add_epi8(codes_of(codes, rows + i), turn);
        __mmask16 goes = _mm_cmple_epu8_mask(code, most);
        put(_mm512_loadu_si512(rows + i), goes, left + n_left, right + (i - n_left));
        n_left += __builtin_popcount(goes);
    }
    return n_left +
           numbers_plain(codes, range, rows + i, n - i, left + n_left, right + (i - n_left));
}

/* Which of sixteen codes are in a set: the byte of each, then its bit. */
ATTUNE_WIDE static inline __mmask16 in_set(__m128i code, const uint8_t *set)
{
    const __m128i bits = _mm_set1_epi64x((long long)0x8040201008040201);
    __m128i low = _mm_loadu_si128((const void *)set),
            high = _mm_loadu_si128((const void *)(set + 16));
    __m128i place = _mm_and_si128(_mm_srli_epi16(code, 3), _mm_set1_epi8(31));
    __m128i within = _mm_and_si128(place, _mm_set1_epi8(15));
    __m128i byte =
        _mm_mask_blend_epi8(_mm_test_epi8_mask(place, _mm_set1_epi8(16)),
                            _mm_shuffle_epi8(low, within), _mm_shuffle_epi8(high, within));
    __m128i bit = _mm_shuffle_epi8(bits, _mm_and_si128(code, _mm_set1_epi8(7)));
    return _mm_test_epi8_mask(byte, bit);
}

ATTUNE_WIDE static int64_t levels_wide(const uint8_t *codes, const uint8_t *set,
                                       const int32_t *rows, int64_t n, int32_t *left,
                                       int32_t *right)
{
    int64_t i = 0, n_left = 0;
    for (; i + 16 <= n; i += 16) {
        __mmask16 goes = in_set(codes_of(codes, rows + i), set);
        put(_mm512_loadu_si512(rows + i), goes, left + n_left, right + (i - n_left));
        n_left += __builtin_popcount(goes);
    }
    return n_left + levels_plain(codes, set, rows + i, n - i, left + n_left, right + (i - n_left));
}

ATTUNE_WIDE static int64_t heavy_wide(const int32_t *packed, const int32_t *rows, int64_t n,
                                      int32_t *left, int32_t *right)
{
    int64_t i = 0, n_left = 0;
    for (; i + 16 <= n; i += 16) {
        __m512i row = _mm512_loadu_si512(rows + i);
        __m512i own = rows[i + 15] - rows[i] == 15 ? _mm512_loadu_si512(packed + rows[i])
                                                   : _mm512_i32gather_epi32(row, packed, 4);
        __mmask16 goes = _mm512_test_epi32_mask(own, own);
        put(row, goes, left + n_left, right + (i - n_left));
        n_left += __builtin_popcount(goes);
    }
    return n_left + heavy_plain(packed, rows + i, n - i, left + n_left, right + (i - n_left));
}
#endif

int64_t attune_divide_numbers(const uint8_t *codes, attune_code_range range, const int32_t *rows,
                              int64_t n, int32_t *left, int32_t *right)
{
#ifdef ATTUNE_WIDE
    if (n >= 32 && attune_is_wide())
        return numbers_wide(codes, range, rows, n, left, right);
#endif
    return numbers_plain(codes, range, rows, n, left, right);
}

int64_t attune_divide_levels(const uint8_t *codes, const uint8_t *set, const int32_t *rows,
                             int64_t n, int32_t *left, int32_t *right)
{
#ifdef ATTUNE_WIDE
    if (n >= 32 && attune_is_wide())
        return levels_wide(codes, set, rows, n, left, right);
#endif
    return levels_plain(codes, set, rows, n, left, right);
}

int64_t attune_divide_heavy(const int32_t *packed, const int32_t *rows, int64_t n, int32_t *left,
                            int32_t *right)
{
#ifdef ATTUNE_WIDE
    if (n >= 32 && attune_is_wide())
        return heavy_wide(packed, rows, n, left, right);
#endif
    return heavy_plain(packed, rows, n, left, right);
}
