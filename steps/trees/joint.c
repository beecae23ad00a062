/* steps/trees/joint.c - which columns share a code, and whose rows a joint cell holds. */
#include "steps/trees/joint.h"

#include "steps/trees/bins.h"

#include <stdlib.h>
#include <string.h>

/* Codes of a group: more than MOST_CODES would not stay in the nearest cache. */
enum {
    PLAIN_CODES = 256, /* whose pairs need not be listed */
    FEW_CODES = 512,   /* at most, where there are few rows */
    MOST_CODES = 2048, /* at most, where there are many */
    ROWS_A_CODE = 16,  /* between the two */
    LISTED_WORK = 3    /* of a code whose pair is listed, in additions */
};

static int32_t codes_of(const attune_bin_column *column)
{
    int32_t n = column->n_bins + column->missing;
    return n > 0 ? n : 1;
}

static int32_t padded(int32_t n)
{
    return (n + ATTUNE_CELLS - 1) / ATTUNE_CELLS * ATTUNE_CELLS;
}

struct entry {
    int32_t input, n_codes;
};

static int by_codes(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return x->n_codes != y->n_codes ? (x->n_codes > y->n_codes) - (x->n_codes < y->n_codes)
                                    : (x->input > y->input) - (x->input < y->input);
}

/* The group that is being made. */
struct making {
    attune_joint *joint;
    const attune_bins *bins;
    int32_t n_members, most_groups;
    int32_t most_listed; /* pairs */
    uint16_t **groups;   /* most_groups + 1: the codes of all rows in each */
    uint16_t *codes;     /* those of the group at hand */
    uint16_t *number;    /* of each pair; MOST_CODES x (ATTUNE_MOST_BINS + 1) */
};

static const uint8_t *codes_in(const struct making *m, int32_t input)
{
    return m->bins->by_column + input * m->bins->n;
}

/* Marks the pairs that occur, and counts them: up to one more than may be. */
static int32_t mark_pairs(struct making *m, int32_t n_inner, int32_t n_own, const uint8_t *own)
{
    int32_t n = 0;
    memset(m->number, 0, (size_t)(n_inner * n_own) * sizeof *m->number);
    for (int64_t i = 0; i < m->bins->n && n <= m->most_listed; i++) {
        uint16_t *at = &m->number[m->codes[i] + n_inner * own[i]];
        n += !*at;
        *at = 1;
    }
    return n;
}

/* Numbers the pairs in their order. */
static attune_status list_pairs(struct making *m, attune_joint_member *member, int32_t n_inner,
                                attune_error *error)
{
    int32_t n = 0;
    member->inner = attune_alloc(member->n_codes, sizeof *member->inner, error);
    member->ends = attune_alloc(member->n_own, sizeof *member->ends, error);
    if (!member->inner || !member->ends)
        return ATTUNE_MEMORY;
    for (int32_t k = 0; k < n_inner * member->n_own; k++) {
        if (m->number[k]) {
            member->inner[n] = (uint16_t)(k % n_inner);
            m->number[k] = (uint16_t)n++;
        }
        member->ends[k / n_inner] = n;
    }
    return ATTUNE_OK;
}

/* Whether a column joins the group at hand; if so, the codes of rows are those with it. */
static attune_status try_join(struct making *m, const struct entry *entry, bool *joins,
                              attune_error *error)
{
    attune_joint_member *member = &m->joint->members[m->n_members];
    int32_t n_inner = member[-1].n_codes, pairs = n_inner * entry->n_codes;
    const uint8_t *own = codes_in(m, entry->input);
    int32_t met = mark_pairs(m, n_inner, entry->n_codes, own);
    bool listed = met <= m->most_listed && (pairs > PLAIN_CODES || LISTED_WORK * met < pairs);
    attune_status status = ATTUNE_OK;
    *joins = listed || pairs <= PLAIN_CODES;
    if (!*joins)
        return ATTUNE_OK;
    *member = (attune_joint_member){entry->input, entry->n_codes, listed ? met : pairs, NULL, NULL};
    m->n_members++;
    m->joint->work += listed ? LISTED_WORK * met : pairs;
    if (listed)
        status = list_pairs(m, member, n_inner, error);
    for (int64_t i = 0; i < m->bins->n && !status; i++) {
        int32_t pair = m->codes[i] + n_inner * own[i];
        m->codes[i] = listed ? m->number[pair] : (uint16_t)pair;
    }
    return status;
}

/* A column begins a group. */
static attune_status begin_group(struct making *m, const struct entry *entry, attune_error *error)
{
    const uint8_t *own = codes_in(m, entry->input);
    m->codes = m->groups[m->joint->n_groups] = attune_alloc(m->bins->n, sizeof *m->codes, error);
    if (!m->codes)
        return ATTUNE_MEMORY;
    m->joint->begin[m->joint->n_groups++] = m->n_members;
    m->joint->members[m->n_members++] =
        (attune_joint_member){entry->input, entry->n_codes, entry->n_codes, NULL, NULL};
    for (int64_t i = 0; i < m->bins->n; i++)
        m->codes[i] = own[i];
    return ATTUNE_OK;
}

/* Columns of few codes first. Gives up where rows would not be much shorter. */
static attune_status make_groups(struct making *m, const struct entry *entries, attune_error *error)
{
    attune_joint *joint = m->joint;
    attune_status status = ATTUNE_OK;
    for (int32_t c = 0; c < m->bins->p && joint->n_groups <= m->most_groups && !status; c++) {
        bool joins = false;
        if (c > 0)
            status = try_join(m, &entries[c], &joins, error);
        if (!status && !joins)
            status = begin_group(m, &entries[c], error);
        joint->begin[joint->n_groups] = m->n_members;
    }
    for (int32_t g = 0; g < joint->n_groups && !status; g++)
        joint->first[g + 1] =
            joint->first[g] + padded(joint->members[joint->begin[g + 1] - 1].n_codes);
    return status;
}

/* In blocks of rows, so that what is written stays in the cache. */
static attune_status encode(struct making *m, attune_error *error)
{
    attune_joint *joint = m->joint;
    int64_t n = m->bins->n;
    joint->stride = (joint->n_groups + 3) / 4 * 4;
    joint->codes = attune_alloc(n * joint->stride, sizeof *joint->codes, error);
    if (!joint->codes)
        return ATTUNE_MEMORY;
    for (int64_t start = 0; start < n; start += 256) {
        int64_t end = start + 256 < n ? start + 256 : n;
        for (int32_t g = 0; g < joint->n_groups; g++)
            for (int64_t i = start; i < end; i++)
                joint->codes[i * joint->stride + g] = m->groups[g][i];
    }
    return ATTUNE_OK;
}

static attune_status make_sorted(struct making *m, attune_error *error)
{
    int32_t p = m->bins->p;
    struct entry *entries = attune_alloc(p, sizeof *entries, error);
    if (!entries)
        return ATTUNE_MEMORY;
    for (int32_t c = 0; c < p; c++)
        entries[c] = (struct entry){c, codes_of(&m->bins->columns[c])};
    qsort(entries, (size_t)p, sizeof *entries, by_codes);
    attune_status status = make_groups(m, entries, error);
    free(entries);
    if (!status && m->joint->n_groups <= m->most_groups)
        return encode(m, error);
    attune_joint_clear(m->joint, p);
    return status;
}

attune_status attune_joint_make(attune_joint *joint, const attune_bins *bins, attune_error *error)
{
    int32_t p = bins->p;
    int64_t listed = bins->n / ROWS_A_CODE;
    listed = listed < FEW_CODES ? FEW_CODES : listed > MOST_CODES ? MOST_CODES : listed;
    struct making m = {
        .joint = joint, .bins = bins, .most_groups = 4 * p / 5, .most_listed = (int32_t)listed};
    joint->members = attune_alloc(p, sizeof *joint->members, error);
    joint->begin = attune_alloc(p + 1, sizeof *joint->begin, error);
    joint->first = attune_alloc(p + 1, sizeof *joint->first, error);
    m.groups = attune_alloc(p + 1, sizeof *m.groups, error);
    m.number = attune_alloc(MOST_CODES * (ATTUNE_MOST_BINS + 1), sizeof *m.number, error);
    attune_status status = ATTUNE_MEMORY;
    if (joint->members && joint->begin && joint->first && m.groups && m.number)
        status = make_sorted(&m, error);
    for (int32_t g = 0; g <= p && m.groups; g++)
        free(m.groups[g]);
    free(m.groups);
    free(m.number);
    return status;
}

void attune_joint_clear(attune_joint *joint, int32_t p)
{
    for (int32_t c = 0; c < p && joint->members; c++) {
        free(joint->members[c].inner);
        free(joint->members[c].ends);
    }
    free(joint->members);
    free(joint->begin);
    free(joint->first);
    free(joint->codes);
    *joint = (attune_joint){0};
}

int64_t attune_joint_bytes(const attune_joint *joint, int64_t n)
{
    return joint->n_groups ? n * joint->stride * (int64_t)sizeof *joint->codes +
                                 3 * (int64_t)joint->first[joint->n_groups]
                           : 0;
}

int64_t attune_joint_cells(const attune_joint *joint)
{
    return joint->n_groups ? joint->first[joint->n_groups] + MOST_CODES : 0;
}

/* Sums for each own code, and for each code of the members before, which take the place of the
 * group's. */
static void part_plain(const attune_joint_member *member, int32_t n_inner, int64_t *group,
                       int64_t *own)
{
    for (int32_t k = 0; k < member->n_own; k++) {
        const int64_t *from = group + k * n_inner;
        int64_t sum = 0;
        for (int32_t i = 0; i < n_inner; i++)
            sum += from[i];
        own[k] = sum;
    }
    for (int32_t k = 1; k < member->n_own; k++)
        for (int32_t i = 0; i < n_inner; i++)
            group[i] += group[k * n_inner + i];
}

static void part_listed(const attune_joint_member *member, int32_t n_inner, int64_t *group,
                        int64_t *room, int64_t *own)
{
    memset(room, 0, (size_t)n_inner * sizeof *room);
    for (int32_t k = 0, i = 0; k < member->n_own; k++) {
        int64_t sum = 0;
        for (; i < member->ends[k]; i++) {
            room[member->inner[i]] += group[i];
            sum += group[i];
        }
        own[k] = sum;
    }
    memcpy(group, room, (size_t)n_inner * sizeof *room);
}

void attune_joint_part(const attune_joint *joint, const int32_t *first, int64_t *room,
                       int64_t *cells)
{
    int64_t *spare = room + joint->first[joint->n_groups];
    for (int32_t g = 0; g < joint->n_groups; g++) {
        int64_t *group = room + joint->first[g];
        int32_t m = joint->begin[g + 1] - 1;
        for (; m > joint->begin[g]; m--) {
            const attune_joint_member *member = &joint->members[m];
            if (member->inner)
                part_listed(member, member[-1].n_codes, group, spare, cells + first[member->input]);
            else
                part_plain(member, member[-1].n_codes, group, cells + first[member->input]);
        }
        const attune_joint_member *last = &joint->members[m];
        memcpy(cells + first[last->input], group, (size_t)last->n_own * sizeof *cells);
    }
}
