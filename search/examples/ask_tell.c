/* search/examples/ask_tell.c - the program drives: it asks what to try, and tells what came of it.
 *
 *     cc ask_tell.c $(pkg-config --cflags --libs attune) -lm -o ask_tell && ./ask_tell study.db
 *
 * With a file the study goes on where it was, whoever stopped: run it twice. Between asking and
 * telling there may be a minute or a day, and another process may tell. */
#include <attune.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A measurement that cannot be made with every setting: false then. */
static int bake(double degrees, long minutes, double *error_of_crust)
{
    if (degrees > 240)
        return 0;
    *error_of_crust = fabs(degrees - 205) / 10 + labs(minutes - 35) / 5.0;
    return 1;
}

static attune_status bake_one(attune_search *search, attune_error *error)
{
    attune_candidate *loaf = NULL;
    attune_status status = attune_search_ask(search, &loaf, error);
    if (status)
        return status;
    int64_t number = attune_candidate_number(loaf);
    double degrees = attune_candidate_real(loaf, "degrees"), value = 0;
    int64_t minutes = attune_candidate_integer(loaf, "minutes");
    status = attune_candidate_check(loaf, error);
    if (!status && bake(degrees, (long)minutes, &value))
        status = attune_search_tell(search, number, &value, 1, error);
    else if (!status)
        status = attune_search_tell_failure(search, number, ATTUNE_UNFIT, "it burnt", error);
    attune_candidate_free(loaf);
    return status;
}

int main(int argc, char **argv)
{
    attune_search_options options = {.size = sizeof options,
                                     .space = "{\"degrees\": {\"uniform\": [150, 260]},"
                                              " \"minutes\": {\"rand_int\": [10, 60]}}",
                                     .store = argc > 1 ? argv[1] : NULL,
                                     .study = "bread"};
    attune_search *search = NULL;
    attune_candidate *best = NULL;
    attune_error error = {0};
    int64_t number = 0, n = 0;
    attune_status status = attune_search_open(&search, &options, &error);
    for (int i = 0; i < 50 && !status; i++)
        status = bake_one(search, &error);
    if (!status)
        status = attune_search_count(search, &n, &error);
    if (!status)
        status = attune_search_best(search, 0, &number, &error);
    if (!status)
        status = attune_search_read(search, number, &best, &error);
    if (status)
        fprintf(stderr, "%s\n", error.message);
    else
        printf("best of %lld loaves: %lld, %.3f, %s\n", (long long)n, (long long)number,
               attune_candidate_value(best, 0), attune_candidate_json(best));
    attune_candidate_free(best);
    attune_search_close(search);
    return status != ATTUNE_OK;
}
