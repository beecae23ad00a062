/* steps/models/neighbours.c - distances to tiles of training rows, and a heap of the nearest. */
#include "steps/models/neighbours.h"

#include "spaces/base/share.h"
#include "steps/numeric/clones.h"
#include "steps/numeric/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TILE = ATTUNE_TILE_ROWS, ASKED = 4 }; /* rows asked for at a time: a tile is read once */

typedef double half __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t bits __attribute__((vector_size(64), aligned(8), may_alias));

/* One more column of eight distances. */
static ATTUNE_INLINE void step(half *sum, const double *tile, double asked,
                               attune_distance distance)
{
    half x = *(const half *)tile, apart = x - asked;
    const bits sign = (bits){0} + INT64_MAX;
    if (distance == ATTUNE_COSINE) {
        *sum += x * asked;
    } else if (distance == ATTUNE_EUCLIDEAN) {
        *sum += apart * apart;
    } else if (distance == ATTUNE_MANHATTAN) {
        *sum += (half)((bits)apart & sign);
    } else {
        apart = (half)((bits)apart & sign);
        bits more = (bits)(apart > *sum);
        *sum = (half)(((bits)apart & more) | ((bits)*sum & ~more));
    }
}

static ATTUNE_INLINE void measure(const double *tile, const double *const asked[ASKED], int64_t p,
                                  attune_distance distance, double out[ASKED][TILE])
{
    half low[ASKED] = {{0}}, high[ASKED] = {{0}};
    for (int64_t j = 0; j < p; j++)
        for (int a = 0; a < ASKED; a++) {
            step(&low[a], tile + j * TILE, asked[a][j], distance);
            step(&high[a], tile + j * TILE + TILE / 2, asked[a][j], distance);
        }
    for (int a = 0; a < ASKED; a++) {
        memcpy(out[a], &low[a], sizeof low[a]);
        memcpy(out[a] + TILE / 2, &high[a], sizeof high[a]);
    }
}

ATTUNE_CLONES static void tile_distances(const double *tile, const double *const asked[ASKED],
                                         int64_t p, attune_distance distance,
                                         double out[ASKED][TILE])
{
    switch (distance) {
    case ATTUNE_EUCLIDEAN:
        measure(tile, asked, p, ATTUNE_EUCLIDEAN, out);
        return;
    case ATTUNE_MANHATTAN:
        measure(tile, asked, p, ATTUNE_MANHATTAN, out);
        return;
    case ATTUNE_CHEBYSHEV:
        measure(tile, asked, p, ATTUNE_CHEBYSHEV, out);
        return;
    default:
        measure(tile, asked, p, ATTUNE_COSINE, out);
    }
}

/* The nearest so far of one asked row, the farthest of them on top. */
struct heap {
    double *distance;
    int32_t *row;
    int64_t n, room;
};

static bool farther(const struct heap *h, int64_t a, int64_t b)
{
    return h->distance[a] > h->distance[b] ||
           (h->distance[a] == h->distance[b] && h->row[a] > h->row[b]);
}

static void swap(struct heap *h, int64_t a, int64_t b)
{
    double distance = h->distance[a];
    int32_t row = h->row[a];
    h->distance[a] = h->distance[b];
    h->row[a] = h->row[b];
    h->distance[b] = distance;
    h->row[b] = row;
}

static void sift_down(struct heap *h, int64_t at, int64_t n)
{
    for (int64_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && farther(h, child + 1, child))
            child++;
        if (!farther(h, child, at))
            return;
        swap(h, at, child);
        at = child;
    }
}

static void heap_add(struct heap *h, double distance, int32_t row)
{
    int64_t at = h->n < h->room ? h->n++ : 0;
    h->distance[at] = distance;
    h->row[at] = row;
    if (h->n == h->room && at == 0) {
        sift_down(h, 0, h->n);
        return;
    }
    for (; at > 0 && farther(h, at, (at - 1) / 2); at = (at - 1) / 2)
        swap(h, at, (at - 1) / 2);
}

static void heap_sort(struct heap *h)
{
    for (int64_t n = h->n - 1; n > 0; n--) {
        swap(h, 0, n);
        sift_down(h, 0, n);
    }
}

/* Rows come in their order: one that is as far as the farthest stays out, its number is higher. */
static void offer(struct heap *h, const double *distance, int64_t first, int64_t n,
                  attune_distance kind)
{
    for (int64_t i = 0; i < n; i++) {
        double d = kind == ATTUNE_COSINE ? 1 - distance[i] : distance[i];
        d = d > 0 ? d : 0;
        if (h->n < h->room || d < h->distance[0])
            heap_add(h, d, (int32_t)(first + i));
    }
}

static void search(attune_neighbours *found, int64_t first, int64_t n,
                   const attune_training_rows *t, const double *const asked[ASKED])
{
    struct heap heaps[ASKED];
    double out[ASKED][TILE];
    for (int64_t a = 0; a < n; a++)
        heaps[a] = (struct heap){.distance = found->distance + (first + a) * found->k,
                                 .row = found->row + (first + a) * found->k,
                                 .room = found->k};
    for (int64_t r = 0; r < t->n; r += TILE) {
        tile_distances(t->tiles + r * t->p, asked, t->p, t->distance, out);
        for (int64_t a = 0; a < n; a++)
            offer(&heaps[a], out[a], r, t->n - r < TILE ? t->n - r : TILE, t->distance);
    }
    for (int64_t a = 0; a < n; a++) {
        heap_sort(&heaps[a]);
        for (int64_t i = 0; i < found->k && t->distance == ATTUNE_EUCLIDEAN; i++)
            heaps[a].distance[i] = sqrt(heaps[a].distance[i]);
    }
}

void attune_neighbours_unit(double *x, int64_t p)
{
    double length = sqrt(attune_dot(x, x, p));
    for (int64_t j = 0; j < p && length > 0; j++)
        x[j] /= length;
}

static attune_status search_all(attune_neighbours *found, const attune_training_rows *t,
                                const attune_matrix *matrix, const int64_t *index, double *room,
                                const attune_context *context, attune_error *error)
{
    enum { BETWEEN_STOPS = 64 };
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < found->n && !status; i += ASKED) {
        const double *asked[ASKED];
        int64_t n = found->n - i < ASKED ? found->n - i : ASKED;
        for (int64_t a = 0; a < ASKED; a++) {
            double *x = room + (a < n ? a : 0) * t->p;
            asked[a] = x;
            if (a >= n || t->p == 0)
                continue;
            memcpy(x, matrix->values + index[i + a] * matrix->stride, (size_t)t->p * sizeof *x);
            if (t->distance == ATTUNE_COSINE)
                attune_neighbours_unit(x, t->p);
        }
        search(found, i, n, t, asked);
        if (i % BETWEEN_STOPS == 0)
            status = attune_context_stop(context, error);
    }
    return status;
}

attune_status attune_neighbours_new(attune_neighbours **neighbours,
                                    const attune_training_rows *training,
                                    const attune_matrix *matrix, const int64_t *index, int64_t n,
                                    int64_t k, const attune_context *context, attune_error *error)
{
    attune_status status = ATTUNE_MEMORY;
    attune_neighbours *made = attune_alloc(1, sizeof *made, error);
    double *room = attune_alloc(ASKED * training->p, sizeof *room, error);
    if (made)
        made->count = 1;
    if (!made || !room)
        goto done;
    made->n = n;
    made->k = k < training->n ? k : training->n;
    made->distance = attune_alloc(n * made->k, sizeof *made->distance, error);
    made->row = attune_alloc(n * made->k, sizeof *made->row, error);
    if (made->distance && made->row)
        status = search_all(made, training, matrix, index, room, context, error);
done:
    free(room);
    if (status)
        attune_neighbours_free(made);
    else
        *neighbours = made;
    return status;
}

void attune_neighbours_free(attune_neighbours *neighbours)
{
    if (!neighbours || !attune_share_give(&neighbours->count))
        return;
    free(neighbours->distance);
    free(neighbours->row);
    free(neighbours);
}

static void *kind_ref(void *value)
{
    attune_share_take(&((attune_neighbours *)value)->count);
    return value;
}

static void kind_free(void *value)
{
    attune_neighbours_free(value);
}

static int64_t kind_bytes(const void *value)
{
    const attune_neighbours *n = value;
    return (int64_t)sizeof *n + n->n * n->k * (int64_t)(sizeof *n->distance + sizeof *n->row);
}

const attune_shared_kind attune_neighbours_kind = {"neighbours", kind_ref, kind_free, kind_bytes};
