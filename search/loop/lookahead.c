/* search/loop/lookahead.c - the lookahead rule. */
#include "search/loop/lookahead.h"

/* The window that grows: 8 jobs, one more for every 12, at most 32. Chosen on simulated workers
 * (search/bench/README.md). One job more in 12 at most, so what is known never becomes less. */
enum { first_window = 8, jobs_a_step = 12, last_window = 32 };

static int64_t window(int64_t lookahead, int64_t j)
{
    if (lookahead != ATTUNE_LOOKAHEAD_GROWS)
        return lookahead;
    int64_t grown = first_window + j / jobs_a_step;
    return grown < last_window ? grown : last_window;
}

int64_t attune_lookahead_known(int64_t lookahead, int64_t j)
{
    int64_t known = j - window(lookahead, j) + 1;
    return known > 0 ? known : 0;
}

int64_t attune_lookahead_most(int64_t lookahead)
{
    return window(lookahead, INT64_MAX);
}

json_t *attune_lookahead_to_json(int64_t lookahead)
{
    return lookahead == ATTUNE_LOOKAHEAD_GROWS ? json_string("grows") : json_integer(lookahead);
}

int64_t attune_lookahead_from_json(const json_t *json)
{
    json_int_t lookahead = json_integer_value(json);
    return lookahead >= 1 && lookahead <= ATTUNE_LOOKAHEAD_MOST ? (int64_t)lookahead
                                                                : ATTUNE_LOOKAHEAD_GROWS;
}
