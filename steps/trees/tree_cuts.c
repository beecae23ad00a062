/* steps/trees/tree_cuts.c - drawing cuts between the bounds of a node, and summing what goes left.
 */
#include "steps/trees/tree_cuts.h"

#include "steps/numeric/clones.h"
#include "steps/numeric/wide.h"

#include <string.h>

/* The codes of one input: row i has at[i * step]. */
struct codes {
    const uint8_t *at;
    int64_t step;
};

static struct codes codes_of(const attune_node_rows *rows, int32_t input)
{
    const attune_bins *bins = rows->bins;
    return rows->bounds ? (struct codes){bins->by_row + input, bins->stride}
                        : (struct codes){bins->by_column + input * bins->n, 1};
}

ATTUNE_CLONES static void bounds_plain(const uint8_t *codes, int64_t stride, const int32_t *rows,
                                       int64_t n, uint8_t *restrict low, uint8_t *restrict high)
{
    for (int64_t i = 0; i < n; i++) {
        const uint8_t *own = codes + rows[i] * stride;
        for (int64_t c = 0; c < stride; c++) {
            low[c] = own[c] < low[c] ? own[c] : low[c];
            high[c] = own[c] > high[c] ? own[c] : high[c];
        }
    }
}

/* What one cut sends left. */
static void sum_one(const attune_node_rows *rows, const int32_t *packed, attune_cuts *cuts,
                    int32_t at)
{
    struct codes codes = codes_of(rows, cuts->inputs[at]);
    attune_code_range left = cuts->left[at];
    int32_t gradient = 0, hessian = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        int32_t row = rows->rows[i];
        int32_t goes = -((uint8_t)(codes.at[row * codes.step] + left.turn) <= left.most);
        gradient += packed[row] >> 16 & goes;
        hessian += packed[row] & 0xffff & goes;
    }
    cuts->gradients[at] = gradient;
    cuts->hessians[at] = hessian;
}

#ifdef ATTUNE_WIDE
ATTUNE_WIDE static void bounds_16(const uint8_t *codes, int64_t stride, const int32_t *rows,
                                  int64_t n, uint8_t *low, uint8_t *high)
{
    __mmask16 there = (__mmask16)((1u << stride) - 1);
    __m128i least = _mm_set1_epi8(-1), most = _mm_setzero_si128();
    for (int64_t i = 0; i < n; i++) {
        __m128i own = _mm_maskz_loadu_epi8(there, codes + rows[i] * stride);
        least = _mm_min_epu8(least, own);
        most = _mm_max_epu8(most, own);
    }
    _mm_storeu_si128((void *)low, least);
    _mm_storeu_si128((void *)high, most);
}

/* Of 64 columns, or as many as there are. */
ATTUNE_WIDE static void bounds_64(const uint8_t *codes, int64_t stride, int64_t width,
                                  const int32_t *rows, int64_t n, uint8_t *low, uint8_t *high)
{
    __mmask64 there = ~(__mmask64)0 >> (width < 64 ? 64 - width : 0);
    __m512i least = _mm512_set1_epi8(-1), most = _mm512_setzero_si512();
    for (int64_t i = 0; i < n; i++) {
        __m512i own = _mm512_maskz_loadu_epi8(there, codes + rows[i] * stride);
        least = _mm512_min_epu8(least, own);
        most = _mm512_max_epu8(most, own);
    }
    _mm512_storeu_si512(low, least);
    _mm512_storeu_si512(high, most);
}

ATTUNE_WIDE static void sum_lanes(const attune_cut_lanes *lanes, const attune_node_rows *rows,
                                  const int32_t *packed, int32_t *gradients, int32_t *hessians)
{
    const uint8_t *codes = rows->bins->by_row + lanes->first;
    int64_t stride = rows->bins->stride;
    const __m128i turn = _mm_loadu_si128((const void *)lanes->turn);
    const __m128i most = _mm_loadu_si128((const void *)lanes->most);
    const __m512i low_half = _mm512_set1_epi32(0xffff);
    __m512i gradient = _mm512_setzero_si512(), hessian = gradient;
    for (int64_t i = 0; i < rows->n; i++) {
        int32_t row = rows->rows[i];
        __m128i own = _mm_maskz_loadu_epi8(lanes->there, codes + row * stride);
        __mmask16 goes = _mm_cmple_epu8_mask(_mm_add_epi8(own, turn), most);
        __m512i of_row = _mm512_set1_epi32(packed[row]);
        gradient = _mm512_mask_add_epi32(gradient, goes, gradient, _mm512_srai_epi32(of_row, 16));
        hessian = _mm512_mask_add_epi32(hessian, goes, hessian, _mm512_and_si512(of_row, low_half));
    }
    _mm512_storeu_si512(gradients, gradient);
    _mm512_storeu_si512(hessians, hessian);
}

static void sum_wide(const attune_node_rows *rows, const int32_t *packed, attune_cuts *cuts)
{
    int32_t gradients[ATTUNE_LANES], hessians[ATTUNE_LANES];
    attune_cut_lanes lanes = {.first = -ATTUNE_LANES};
    while (attune_cuts_next(cuts, rows->bins, &lanes)) {
        sum_lanes(&lanes, rows, packed, gradients, hessians);
        for (int32_t k = 0; k < lanes.n; k++) {
            int32_t at = lanes.cuts[k], lane = cuts->inputs[at] - lanes.first;
            cuts->gradients[at] = gradients[lane];
            cuts->hessians[at] = hessians[lane];
        }
    }
}
#endif

bool attune_cuts_next(const attune_cuts *cuts, const attune_bins *bins, attune_cut_lanes *lanes)
{
    int32_t from = lanes->first + ATTUNE_LANES, first = INT32_MAX;
    for (int32_t k = 0; k < cuts->n; k++)
        first = cuts->inputs[k] >= from && cuts->inputs[k] < first ? cuts->inputs[k] : first;
    if (first == INT32_MAX)
        return false;
    int64_t width = bins->stride - first;
    lanes->first = first;
    lanes->there = width < ATTUNE_LANES ? (uint16_t)((1u << width) - 1) : UINT16_MAX;
    lanes->n = 0;
    for (int32_t k = 0; k < cuts->n; k++) {
        uint32_t lane = (uint32_t)(cuts->inputs[k] - first);
        if (lane >= ATTUNE_LANES)
            continue;
        lanes->cuts[lanes->n++] = (uint8_t)k;
        lanes->turn[lane] = cuts->left[k].turn;
        lanes->most[lane] = cuts->left[k].most;
    }
    return true;
}

void attune_bounds_find(const attune_bins *bins, const int32_t *rows, int64_t n,
                        const attune_bounds *bounds)
{
#ifdef ATTUNE_WIDE
    if (attune_is_wide()) {
        if (bins->stride <= ATTUNE_LANES)
            bounds_16(bins->by_row, bins->stride, rows, n, bounds->low, bounds->high);
        for (int64_t c = 0; bins->stride > ATTUNE_LANES && c < bins->stride; c += 64)
            bounds_64(bins->by_row + c, bins->stride, bins->stride - c, rows, n, bounds->low + c,
                      bounds->high + c);
        return;
    }
#endif
    memset(bounds->low, UINT8_MAX, (size_t)bins->stride);
    memset(bounds->high, 0, (size_t)bins->stride);
    bounds_plain(bins->by_row, bins->stride, rows, n, bounds->low, bounds->high);
}

void attune_cuts_sum(const attune_node_rows *rows, const int32_t *packed, attune_cuts *cuts)
{
#ifdef ATTUNE_WIDE
    if (rows->bounds && attune_is_wide()) {
        sum_wide(rows, packed, cuts);
        return;
    }
#endif
    for (int32_t k = 0; k < cuts->n; k++)
        sum_one(rows, packed, cuts, k);
}

/* The ends of an input's codes in a node. */
struct ends {
    uint8_t low, high; /* of values; low is above high where there is none */
    bool missing;
};

/* The largest code of those that are not missing. */
static uint8_t highest_value(const attune_node_rows *rows, struct codes codes, uint8_t absent)
{
    uint8_t high = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        uint8_t code = codes.at[rows->rows[i] * codes.step];
        high = code != absent && code > high ? code : high;
    }
    return high;
}

static struct ends ends_of(const attune_node_rows *rows, int32_t input)
{
    const attune_bin_column *column = &rows->bins->columns[input];
    struct codes codes = codes_of(rows, input);
    struct ends ends = {UINT8_MAX, 0, false};
    if (rows->bounds)
        ends = (struct ends){rows->bounds->low[input], rows->bounds->high[input], false};
    for (int64_t i = 0; i < rows->n && !rows->bounds; i++) {
        uint8_t code = codes.at[rows->rows[i]];
        ends.low = code < ends.low ? code : ends.low;
        ends.high = code > ends.high ? code : ends.high;
    }
    ends.missing = column->missing && ends.high == column->n_bins;
    if (ends.missing)
        ends.high = highest_value(rows, codes, ends.high);
    return ends;
}

void attune_cuts_draw(const attune_node_rows *rows, const int32_t *inputs, int32_t n_inputs,
                      attune_stream *stream, attune_cuts *cuts)
{
    uint64_t word = 0;
    cuts->n = 0;
    for (int32_t j = 0; j < n_inputs; j++) {
        if (rows->bins->columns[inputs[j]].nominal)
            continue;
        struct ends ends = ends_of(rows, inputs[j]);
        if (ends.low > ends.high || (ends.low == ends.high && !ends.missing))
            continue;
        int32_t at = cuts->n++;
        word = at % 2 ? word >> 32 : attune_stream_bits(stream); /* half a word is enough */
        uint64_t places = (uint64_t)ends.high - ends.low;
        uint8_t code = (uint8_t)(ends.low + ((word & UINT32_MAX) * places >> 32));
        cuts->inputs[at] = inputs[j];
        cuts->codes[at] = code;
        cuts->left[at] = (attune_code_range){0, code};
        cuts->missing[at] = ends.missing;
    }
}

bool attune_cuts_turn(const attune_bins *bins, attune_cuts *cuts)
{
    int32_t n = 0;
    for (int32_t k = 0; k < cuts->n; k++) {
        if (!cuts->missing[k])
            continue;
        uint8_t turn = (uint8_t)(256 - bins->columns[cuts->inputs[k]].n_bins);
        cuts->inputs[n] = cuts->inputs[k];
        cuts->codes[n] = cuts->codes[k];
        cuts->missing[n] = true;
        cuts->left[n++] = (attune_code_range){turn, (uint8_t)(cuts->codes[k] + turn)};
    }
    cuts->n = n;
    return n > 0;
}

/* Rows without a value that come later go where more rows of the node went, when it had none. */
void attune_cuts_take(const attune_cuts *cuts, int32_t total, double *least, attune_split *split)
{
    int32_t at = -1;
    for (int32_t k = 0; k < cuts->n; k++)
        if (cuts->scores[k] > *least) {
            at = k;
            *least = cuts->scores[k];
        }
    if (at < 0)
        return;
    bool more_left = cuts->hessians[at] > total - cuts->hessians[at];
    *split = (attune_split){
        .left = (int64_t)cuts->gradients[at] * (INT64_C(1) << 32) + cuts->hessians[at],
        .input = cuts->inputs[at],
        .code = cuts->codes[at],
        .missing_left = cuts->missing[at] ? cuts->left[at].turn != 0 : more_left};
}
