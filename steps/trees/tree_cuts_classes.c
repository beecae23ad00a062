/* steps/trees/tree_cuts_classes.c - counting the classes that random cuts send left. */
#include "steps/numeric/wide.h"
#include "steps/trees/tree_cuts.h"

#include <string.h>

/* The weight of each class on the left of one cut. */
static void count_one(const attune_node_rows *rows, const attune_tree_pair *own,
                      attune_code_range range, int32_t input, int32_t *left)
{
    const attune_bins *bins = rows->bins;
    bool is_short = rows->bounds != NULL;
    const uint8_t *codes = is_short ? bins->by_row + input : bins->by_column + input * bins->n;
    int64_t step = is_short ? bins->stride : 1;
    for (int64_t i = 0; i < rows->n; i++) { /* no branch: half of the rows go */
        uint8_t code = codes[rows->rows[i] * step];
        left[own[i].label] += own[i].weight & -((uint8_t)(code + range.turn) <= range.most);
    }
}

static void count_plain(const attune_node_rows *rows, const attune_tree_pair *own,
                        const int64_t *all, int32_t n_classes, int32_t *left, attune_cuts *cuts)
{
    for (int32_t k = 0; k < cuts->n; k++) {
        int64_t squares = 0, products = 0;
        int32_t weight = 0;
        memset(left, 0, (size_t)n_classes * sizeof *left);
        count_one(rows, own, cuts->left[k], cuts->inputs[k], left);
        for (int32_t c = 0; c < n_classes; c++) {
            weight += left[c];
            squares += (int64_t)left[c] * left[c];
            products += left[c] * all[c];
        }
        cuts->gradients[k] = 0;
        cuts->hessians[k] = weight;
        cuts->squares[k] = squares;
        cuts->products[k] = products;
    }
}

#ifdef ATTUNE_WIDE
/* Sums of all lanes. */
struct sums {
    int32_t weights[ATTUNE_LANES];
    int64_t squares[ATTUNE_LANES], products[ATTUNE_LANES];
};

/* The weight of each class on the left, all lanes. */
ATTUNE_WIDE static void count_lanes(const attune_cut_lanes *lanes, const attune_node_rows *rows,
                                    const attune_tree_pair *own, int32_t *left)
{
    const uint8_t *codes = rows->bins->by_row + lanes->first;
    int64_t stride = rows->bins->stride;
    const __m128i turn = _mm_loadu_si128((const void *)lanes->turn);
    const __m128i most = _mm_loadu_si128((const void *)lanes->most);
    for (int64_t i = 0; i < rows->n; i++) {
        int32_t *at = left + (int64_t)own[i].label * ATTUNE_LANES;
        __m128i code = _mm_maskz_loadu_epi8(lanes->there, codes + rows->rows[i] * stride);
        __mmask16 goes = _mm_cmple_epu8_mask(_mm_add_epi8(code, turn), most);
        __m512i before = _mm512_loadu_si512(at), weight = _mm512_set1_epi32(own[i].weight);
        _mm512_storeu_si512(at, _mm512_mask_add_epi32(before, goes, before, weight));
    }
}

ATTUNE_WIDE static void sum_lanes(const int32_t *left, const int64_t *all, int32_t n_classes,
                                  struct sums *sums)
{
    __m512i weight = _mm512_setzero_si512(), squares[2] = {weight, weight},
            products[2] = {weight, weight};
    for (int32_t c = 0; c < n_classes; c++) {
        __m512i own = _mm512_loadu_si512(left + c * ATTUNE_LANES),
                of_class = _mm512_set1_epi64(all[c]);
        __m512i half[2] = {_mm512_cvtepi32_epi64(_mm512_castsi512_si256(own)),
                           _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(own, 1))};
        weight = _mm512_add_epi32(weight, own);
        for (int k = 0; k < 2; k++) {
            squares[k] = _mm512_add_epi64(squares[k], _mm512_mul_epi32(half[k], half[k]));
            products[k] = _mm512_add_epi64(products[k], _mm512_mul_epi32(half[k], of_class));
        }
    }
    _mm512_storeu_si512(sums->weights, weight);
    for (int k = 0; k < 2; k++) {
        _mm512_storeu_si512(sums->squares + 8 * k, squares[k]);
        _mm512_storeu_si512(sums->products + 8 * k, products[k]);
    }
}

static void count_wide(const attune_node_rows *rows, const attune_tree_pair *own,
                       const int64_t *all, int32_t n_classes, int32_t *left, attune_cuts *cuts)
{
    attune_cut_lanes lanes = {.first = -ATTUNE_LANES};
    struct sums sums;
    while (attune_cuts_next(cuts, rows->bins, &lanes)) {
        memset(left, 0, (size_t)n_classes * ATTUNE_LANES * sizeof *left);
        count_lanes(&lanes, rows, own, left);
        sum_lanes(left, all, n_classes, &sums);
        for (int32_t k = 0; k < lanes.n; k++) {
            int32_t at = lanes.cuts[k], lane = cuts->inputs[at] - lanes.first;
            cuts->gradients[at] = 0;
            cuts->hessians[at] = sums.weights[lane];
            cuts->squares[at] = sums.squares[lane];
            cuts->products[at] = sums.products[lane];
        }
    }
}
#endif

void attune_cuts_count(const attune_node_rows *rows, const attune_tree_pair *own,
                       const int64_t *all, int32_t n_classes, int32_t *room, attune_cuts *cuts)
{
#ifdef ATTUNE_WIDE
    if (rows->bounds && attune_is_wide()) {
        count_wide(rows, own, all, n_classes, room, cuts);
        return;
    }
#endif
    count_plain(rows, own, all, n_classes, room, cuts);
}
