/* steps/trees/trees_scan.c - small trees without walks: every cut of a tree is asked of 64 rows at
 * once.
 */
#include "steps/trees/trees_scan.h"

#include "steps/numeric/clones.h"
#include "steps/numeric/wide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 64, MOST_CODES = 254, MISSING = 255, NARROW = 32, MOST_LEAVES = 64, SET_BYTES = 32 };

/* One inner node: rows go right, and lose `left`, where their code, turned, is above most; where
 * missing ones go left it turns by one, for that makes theirs the least. */
struct cut {
    uint64_t left; /* a bit a leaf */
    int32_t input;
    uint8_t most, turn;
    bool nominal;
};

struct attune_scan {
    const attune_trees *trees;
    double *thresholds; /* of input c: MOST_CODES from c * MOST_CODES on, ascending */
    int32_t *n_thresholds;
    struct cut *cuts;
    uint8_t *sets; /* of cut k: SET_BYTES from k * SET_BYTES on, a bit a level that goes left */
    double *leaves;
    int64_t *first_cut, *first_leaf; /* of each tree, and the end */
    uint8_t *codes;                  /* input c, row i: c * ATTUNE_SCAN_ROWS + i */
};

/* How many are below x; NaN: 0. */
static int32_t rank_of(const double *values, int32_t n, double x)
{
    int32_t low = 0;
    if (n == 0)
        return 0;
    while (n > 1) {
        int32_t half = n / 2;
        low += values[low + half - 1] < x ? half : 0;
        n -= half;
    }
    return low + (values[low] < x);
}

/* False when there is no room for one more. */
static bool add_threshold(attune_scan *scan, int32_t input, double value)
{
    double *values = scan->thresholds + (int64_t)input * MOST_CODES;
    int32_t n = scan->n_thresholds[input], at = rank_of(values, n, value);
    if (at < n && values[at] == value)
        return true;
    if (n == MOST_CODES)
        return false;
    memmove(values + at + 1, values + at, (size_t)(n - at) * sizeof *values);
    values[at] = value;
    scan->n_thresholds[input]++;
    return true;
}

static bool collect_thresholds(attune_scan *scan)
{
    const attune_trees *t = scan->trees;
    for (int64_t c = 0; c < t->inputs.n; c++)
        if (t->n_levels.i32[c] > MOST_CODES)
            return false;
    for (int64_t i = 0; i < attune_array_count(&t->node_input); i++) {
        int32_t input = t->node_input.i32[i];
        if (input >= 0 && !(t->node_flags.u8[i] & ATTUNE_NODE_NOMINAL) &&
            !add_threshold(scan, input, t->node_value.f64[i]))
            return false;
    }
    return true;
}

static struct cut cut_of(const attune_scan *scan, int64_t node, int64_t first, int64_t n_left)
{
    const attune_trees *t = scan->trees;
    uint8_t flags = t->node_flags.u8[node];
    struct cut cut = {.input = t->node_input.i32[node], .nominal = flags & ATTUNE_NODE_NOMINAL};
    uint64_t ones = n_left == 64 ? UINT64_MAX : (UINT64_C(1) << n_left) - 1;
    cut.left = ones << first;
    cut.turn = flags & ATTUNE_NODE_MISSING_LEFT ? 1 : 0;
    if (!cut.nominal)
        cut.most =
            (uint8_t)(cut.turn + rank_of(scan->thresholds + (int64_t)cut.input * MOST_CODES,
                                         scan->n_thresholds[cut.input], t->node_value.f64[node]));
    return cut;
}

/* Whether each node but the first is the child of one: in a damaged tree branches may meet. */
static bool is_tree(const attune_trees *t, int64_t from, int64_t n)
{
    bool seen[2 * MOST_LEAVES] = {false};
    int64_t children = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t left = t->node_left.i32[from + i];
        if (t->node_input.i32[from + i] < 0)
            continue;
        if (seen[left] || seen[left + 1])
            return false;
        seen[left] = seen[left + 1] = true;
        children += 2;
    }
    return children == n - 1;
}

/* Leaves are numbered from the left. Children come after their parent. */
static bool add_tree(attune_scan *scan, int64_t tree)
{
    int32_t n_leaves[2 * MOST_LEAVES], first[2 * MOST_LEAVES];
    const attune_trees *t = scan->trees;
    int64_t from = t->start.i64[tree], n = t->start.i64[tree + 1] - from;
    int64_t cut = scan->first_cut[tree], leaf = scan->first_leaf[tree];
    if (!is_tree(t, from, n))
        return false;
    for (int64_t i = n - 1; i >= 0; i--) {
        int32_t left = t->node_left.i32[from + i];
        bool inner = t->node_input.i32[from + i] >= 0;
        n_leaves[i] = inner ? n_leaves[left] + n_leaves[left + 1] : 1;
    }
    first[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t left = t->node_left.i32[from + i];
        if (t->node_input.i32[from + i] < 0) {
            scan->leaves[leaf + first[i]] = t->node_value.f64[from + i];
            continue;
        }
        first[left] = first[i];
        first[left + 1] = first[i] + n_leaves[left];
        scan->cuts[cut] = cut_of(scan, from + i, first[i], n_leaves[left]);
        if (scan->cuts[cut].nominal)
            memcpy(scan->sets + cut * SET_BYTES, t->sets.u8 + t->node_set.i32[from + i],
                   (size_t)(t->n_levels.i32[scan->cuts[cut].input] + 7) / 8);
        cut++;
    }
    scan->first_cut[tree + 1] = cut;
    scan->first_leaf[tree + 1] = leaf + n_leaves[0];
    return true;
}

static attune_status make_room(attune_scan *scan, attune_error *error)
{
    int64_t p = scan->trees->inputs.n, n = attune_array_count(&scan->trees->node_input);
    int64_t n_trees = attune_trees_count(scan->trees);
    scan->thresholds = attune_alloc(p, MOST_CODES * sizeof *scan->thresholds, error);
    scan->n_thresholds = attune_alloc(p, sizeof *scan->n_thresholds, error);
    scan->cuts = attune_alloc(n, sizeof *scan->cuts, error);
    scan->sets = attune_alloc(n, SET_BYTES, error);
    scan->leaves = attune_alloc(n, sizeof *scan->leaves, error);
    scan->first_cut = attune_alloc(n_trees + 1, sizeof *scan->first_cut, error);
    scan->first_leaf = attune_alloc(n_trees + 1, sizeof *scan->first_leaf, error);
    scan->codes = attune_alloc(p, ATTUNE_SCAN_ROWS, error);
    return scan->thresholds && scan->n_thresholds && scan->cuts && scan->sets && scan->leaves &&
                   scan->first_cut && scan->first_leaf && scan->codes
               ? ATTUNE_OK
               : ATTUNE_MEMORY;
}

attune_status attune_scan_make(attune_scan **out, const attune_trees *trees, attune_error *error)
{
    int64_t n_trees = attune_trees_count(trees);
    *out = NULL;
    for (int64_t t = 0; t < n_trees; t++) /* before any work is done in vain */
        if (trees->start.i64[t + 1] - trees->start.i64[t] > 2 * MOST_LEAVES - 1)
            return ATTUNE_OK;
    attune_scan *scan = attune_alloc(1, sizeof *scan, error);
    if (!scan)
        return ATTUNE_MEMORY;
    scan->trees = trees;
    attune_status status = make_room(scan, error);
    if (!status) /* a level that is not there is never asked for */
        memset(scan->codes, MISSING, (size_t)trees->inputs.n * ATTUNE_SCAN_ROWS);
    bool fits = !status && collect_thresholds(scan);
    for (int64_t t = 0; t < n_trees && fits; t++)
        fits = add_tree(scan, t);
    if (fits)
        *out = scan;
    else
        attune_scan_free(scan);
    return status;
}

void attune_scan_free(attune_scan *scan)
{
    if (!scan)
        return;
    free(scan->thresholds);
    free(scan->n_thresholds);
    free(scan->cuts);
    free(scan->sets);
    free(scan->leaves);
    free(scan->first_cut);
    free(scan->first_leaf);
    free(scan->codes);
    free(scan);
}

void attune_scan_encode(attune_scan *scan, const attune_column *const *columns, const int64_t *rows,
                        int64_t n)
{
    for (int64_t c = 0; c < scan->trees->inputs.n; c++) {
        const attune_column *column = columns[c];
        const double *thresholds = scan->thresholds + c * MOST_CODES;
        int32_t n_levels = scan->trees->n_levels.i32[c], n_codes = scan->n_thresholds[c];
        uint8_t *codes = scan->codes + c * ATTUNE_SCAN_ROWS;
        for (int64_t i = 0; i < n && n_levels >= 0; i++) {
            int32_t code = column->codes[rows[i] * column->stride];
            codes[i] = code >= 0 && code < n_levels ? (uint8_t)code : MISSING;
        }
        for (int64_t i = 0; i < n && n_levels < 0 && n_codes; i++) {
            double x = column->reals[rows[i] * column->stride];
            codes[i] = isnan(x) ? MISSING : (uint8_t)rank_of(thresholds, n_codes, x);
        }
    }
}

/* 64 rows of a level's cut: 1 where they go right. */
static void ask_plain(const struct cut *cut, const uint8_t *set, const uint8_t *codes,
                      uint8_t *right)
{
    for (int i = 0; i < LANES; i++)
        right[i] = codes[i] == MISSING ? !cut->turn : !(set[codes[i] / 8] >> codes[i] % 8 & 1);
}

#ifdef ATTUNE_WIDE
ATTUNE_WIDE static void ask_wide(const struct cut *cut, const uint8_t *set, const uint8_t *codes,
                                 uint8_t *right)
{
    const __m512i bits = _mm512_set1_epi64((long long)0x8040201008040201);
    const __m512i one = _mm512_set1_epi8(1);
    __m512i code = _mm512_loadu_si512(codes);
    __m512i low = _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)set));
    __m512i high = _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)(set + 16)));
    __m512i place = _mm512_and_si512(_mm512_srli_epi16(code, 3), _mm512_set1_epi8(31));
    __m512i byte = _mm512_mask_blend_epi8(
        _mm512_test_epi8_mask(place, _mm512_set1_epi8(16)),
        _mm512_shuffle_epi8(low, _mm512_and_si512(place, _mm512_set1_epi8(15))),
        _mm512_shuffle_epi8(high, _mm512_and_si512(place, _mm512_set1_epi8(15))));
    __m512i bit = _mm512_shuffle_epi8(bits, _mm512_and_si512(code, _mm512_set1_epi8(7)));
    __mmask64 goes = _mm512_test_epi8_mask(byte, bit);
    __mmask64 missing = _mm512_cmpeq_epi8_mask(code, _mm512_set1_epi8((char)MISSING));
    goes = cut->turn ? goes | missing : goes & ~missing;
    _mm512_storeu_si512(right, _mm512_maskz_mov_epi8(~goes, one));
}
#endif

static void ask_levels(const struct cut *cut, const uint8_t *set, const uint8_t *codes,
                       uint8_t *right)
{
#ifdef ATTUNE_WIDE
    if (attune_is_wide()) {
        ask_wide(cut, set, codes, right);
        return;
    }
#endif
    ask_plain(cut, set, codes, right);
}

/* As one of numbers: codes 0 and 1, most 0. */
static ATTUNE_INLINE const uint8_t *asked(const struct cut *cut, const uint8_t *set,
                                          const uint8_t *codes, uint8_t *room, struct cut *plain)
{
    *plain = *cut;
    codes += (int64_t)cut->input * ATTUNE_SCAN_ROWS;
    if (!cut->nominal)
        return codes;
    ask_levels(cut, set, codes, room);
    plain->most = plain->turn = 0;
    return room;
}

ATTUNE_CLONES static void scan_narrow(const struct cut *cuts, const uint8_t *sets, int64_t n,
                                      const uint8_t *codes, uint32_t *restrict alive)
{
    uint8_t room[LANES];
    struct cut cut;
    for (int i = 0; i < LANES; i++)
        alive[i] = UINT32_MAX;
    for (int64_t k = 0; k < n; k++) {
        const uint8_t *own = asked(&cuts[k], sets + k * SET_BYTES, codes, room, &cut);
        uint32_t left = (uint32_t)cut.left;
        for (int i = 0; i < LANES; i++)
            alive[i] &= (uint8_t)(own[i] + cut.turn) > cut.most ? ~left : UINT32_MAX;
    }
}

ATTUNE_CLONES static void scan_wide(const struct cut *cuts, const uint8_t *sets, int64_t n,
                                    const uint8_t *codes, uint64_t *restrict alive)
{
    uint8_t room[LANES];
    struct cut cut;
    for (int i = 0; i < LANES; i++)
        alive[i] = UINT64_MAX;
    for (int64_t k = 0; k < n; k++) {
        const uint8_t *own = asked(&cuts[k], sets + k * SET_BYTES, codes, room, &cut);
        for (int i = 0; i < LANES; i++)
            alive[i] &= (uint8_t)(own[i] + cut.turn) > cut.most ? ~cut.left : UINT64_MAX;
    }
}

void attune_scan_tree(const attune_scan *scan, int64_t t, int64_t n, double *scores, int64_t stride)
{
    const struct cut *cuts = scan->cuts + scan->first_cut[t];
    const uint8_t *sets = scan->sets + scan->first_cut[t] * SET_BYTES;
    const double *leaves = scan->leaves + scan->first_leaf[t];
    int64_t n_cuts = scan->first_cut[t + 1] - scan->first_cut[t];
    uint32_t narrow[LANES] __attribute__((aligned(64)));
    uint64_t wide[LANES] __attribute__((aligned(64)));
    for (int64_t from = 0; from < n; from += LANES) {
        int64_t end = n - from < LANES ? n - from : LANES;
        double *out = scores + from * stride;
        if (n_cuts < NARROW) {
            scan_narrow(cuts, sets, n_cuts, scan->codes + from, narrow);
            for (int64_t i = 0; i < end; i++)
                out[i * stride] += leaves[__builtin_ctz(narrow[i])];
        } else {
            scan_wide(cuts, sets, n_cuts, scan->codes + from, wide);
            for (int64_t i = 0; i < end; i++)
                out[i * stride] += leaves[__builtin_ctzll(wide[i])];
        }
    }
}
