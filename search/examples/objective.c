/* search/examples/objective.c - your own function, searched on every processor.
 *
 *     cc objective.c $(pkg-config --cflags --libs attune) -lm -o objective && ./objective
 */
#include <attune.h>

#include <math.h>
#include <stdio.h>

/* A valley along y = x^2 with its floor at (1, 1), and walls that are steep or not. */
static attune_status valley(attune_candidate *candidate, double *values, void *user)
{
    (void)user;
    double x = attune_candidate_real(candidate, "x"), y = attune_candidate_real(candidate, "y");
    double steepness = attune_candidate_boolean(candidate, "steep") ? 100 : 10;
    values[0] = (1 - x) * (1 - x) + steepness * (y - x * x) * (y - x * x);
    return ATTUNE_OK;
}

int main(void)
{
    attune_search_options options = {.size = sizeof options,
                                     .space = "{\"x\": {\"uniform\": [-2, 2]},"
                                              " \"y\": {\"uniform\": [-1, 3]},"
                                              " \"steep\": {\"boolean\": 0.5}}",
                                     .seed = 1};
    attune_run_options run = {.size = sizeof run, .trials = 500};
    attune_search *search = NULL;
    attune_candidate *best = NULL;
    attune_error error = {0};
    int64_t number = 0;
    attune_status status = attune_search_open(&search, &options, &error);
    if (!status)
        status = attune_search_run(search, valley, NULL, &run, &error);
    if (!status)
        status = attune_search_best(search, 0, &number, &error);
    if (!status)
        status = attune_search_read(search, number, &best, &error);
    if (status)
        fprintf(stderr, "%s\n", error.message);
    else
        printf("best of 500: trial %lld, %.6f, %s\n", (long long)number,
               attune_candidate_value(best, 0), attune_candidate_json(best));
    attune_candidate_free(best);
    attune_search_close(search);
    return status != ATTUNE_OK;
}
