/* search/bench/fronts.c - attune-bench-fronts: samplers on problems of two objectives.
 *
 *     attune-bench-fronts [--sampler S] [--trials N] [--seeds K] [--lookahead L]
 *     attune-bench-fronts --evaluate PROBLEM
 *
 * The problems of Zitzler, Deb and Thiele 2000 (ZDT), a form of one with integers and categories,
 * and four with constraints (Deb 2001). A line of JSON for each (problem, seed): the part of the
 * square between the ideal point and the reference that is dominated (hypervolume), after each
 * trial. --evaluate reads points, one a line, and writes both objectives and the constraints, for
 * samplers of other tools. */
#include "search/attune.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { most_inputs = 6, most_trials = 5000 };

static const double pi = 3.14159265358979323846;

struct problem {
    const char *name;
    int n, n_constraints;
    double low[most_inputs], high[most_inputs];
    double ideal[2], reference[2];
    bool mixed; /* the second is of 5 categories, the third an integer of 0 to 7 */
    void (*evaluate)(const double *x, double *values, double *constraints);
};

static double spread(const double *x, int n)
{
    double sum = 0;
    for (int i = 1; i < n; i++)
        sum += x[i];
    return 1 + 9 * sum / (n - 1);
}

static void zdt1(const double *x, double *values, double *constraints)
{
    (void)constraints;
    double g = spread(x, 6);
    values[0] = x[0];
    values[1] = g * (1 - sqrt(x[0] / g));
}

static void zdt2(const double *x, double *values, double *constraints)
{
    (void)constraints;
    double g = spread(x, 6);
    values[0] = x[0];
    values[1] = g * (1 - (x[0] / g) * (x[0] / g));
}

static void zdt3(const double *x, double *values, double *constraints)
{
    (void)constraints;
    double g = spread(x, 6), share = x[0] / g;
    values[0] = x[0];
    values[1] = g * (1 - sqrt(share) - share * sin(10 * pi * x[0]));
}

static void zdt6(const double *x, double *values, double *constraints)
{
    (void)constraints;
    double g = 1 + 9 * pow((spread(x, 6) - 1) / 9, 0.25);
    values[0] = 1 - exp(-4 * x[0]) * pow(sin(6 * pi * x[0]), 6);
    values[1] = g * (1 - (values[0] / g) * (values[0] / g));
}

/* Categories 0 to 4 are as far off as this, the integer as |n - 3|. */
static void mixed(const double *x, double *values, double *constraints)
{
    static const double costs[] = {0.6, 0, 1, 0.3, 0.8};
    const double at[] = {x[0], costs[(int)x[1]], fabs(x[2] - 3) / 4, x[3], x[4], x[5]};
    zdt1(at, values, constraints);
    values[0] += x[1] == 1 ? 0.1 : 0; /* nothing is best in both */
}

static void bnh(const double *x, double *values, double *constraints)
{
    values[0] = 4 * x[0] * x[0] + 4 * x[1] * x[1];
    values[1] = (x[0] - 5) * (x[0] - 5) + (x[1] - 5) * (x[1] - 5);
    constraints[0] = (x[0] - 5) * (x[0] - 5) + x[1] * x[1] - 25;
    constraints[1] = 7.7 - (x[0] - 8) * (x[0] - 8) - (x[1] + 3) * (x[1] + 3);
}

static void srn(const double *x, double *values, double *constraints)
{
    values[0] = 2 + (x[0] - 2) * (x[0] - 2) + (x[1] - 1) * (x[1] - 1);
    values[1] = 9 * x[0] - (x[1] - 1) * (x[1] - 1);
    constraints[0] = x[0] * x[0] + x[1] * x[1] - 225;
    constraints[1] = x[0] - 3 * x[1] + 10;
}

static void tnk(const double *x, double *values, double *constraints)
{
    values[0] = x[0];
    values[1] = x[1];
    constraints[0] = 1 + 0.1 * cos(16 * atan2(x[0], x[1])) - x[0] * x[0] - x[1] * x[1];
    constraints[1] = (x[0] - 0.5) * (x[0] - 0.5) + (x[1] - 0.5) * (x[1] - 0.5) - 0.5;
}

static void osy(const double *x, double *values, double *constraints)
{
    values[0] = -(25 * pow(x[0] - 2, 2) + pow(x[1] - 2, 2) + pow(x[2] - 1, 2) + pow(x[3] - 4, 2) +
                  pow(x[4] - 1, 2));
    values[1] = 0;
    for (int i = 0; i < 6; i++)
        values[1] += x[i] * x[i];
    constraints[0] = 2 - x[0] - x[1];
    constraints[1] = x[0] + x[1] - 6;
    constraints[2] = x[1] - x[0] - 2;
    constraints[3] = x[0] - 3 * x[1] - 2;
    constraints[4] = pow(x[2] - 3, 2) + x[3] - 4;
    constraints[5] = 4 - pow(x[4] - 3, 2) - x[5];
}

#define UNIT                                                                                       \
    {0},                                                                                           \
    {                                                                                              \
        1, 1, 1, 1, 1, 1                                                                           \
    }

static const struct problem problems[] = {
    {"zdt1", 6, 0, UNIT, {0, 0}, {1.1, 8}, false, zdt1},
    {"zdt2", 6, 0, UNIT, {0, 0}, {1.1, 8}, false, zdt2},
    {"zdt3", 6, 0, UNIT, {0, -0.8}, {1.1, 8}, false, zdt3},
    {"zdt6", 6, 0, UNIT, {0.28, 0}, {1.1, 10}, false, zdt6},
    {"mixed", 6, 0, {0}, {1, 4, 7, 1, 1, 1}, {0, 0}, {1.2, 8}, true, mixed},
    {"bnh", 2, 2, {0}, {5, 3}, {0, 4}, {140, 50}, false, bnh},
    {"srn", 2, 2, {-20, -20}, {20, 20}, {0, -220}, {250, 10}, false, srn},
    {"tnk",
     2,
     2,
     {0.001, 0.001},
     {3.14159265358979, 3.14159265358979},
     {0, 0},
     {1.3, 1.3},
     false,
     tnk},
    {"osy", 6, 6, {0, 0, 1, 0, 1, 0}, {10, 10, 5, 6, 5, 10}, {-274, 4}, {0, 80}, false, osy},
};

enum { n_problems = sizeof problems / sizeof *problems };

struct options {
    const char *sampler, *problem;
    int64_t trials, seeds, lookahead;
};

/* What was found so far, and the curve of its worth. */
struct play {
    const struct problem *problem;
    double points[most_trials][2];
    int64_t n;
    bool first; /* of a line */
};

static attune_status evaluate(attune_candidate *candidate, double *values, void *user)
{
    const struct problem *p = user;
    double x[most_inputs], constraints[most_inputs] = {0};
    for (int i = 0; i < p->n; i++) {
        char name[8];
        snprintf(name, sizeof name, "x%d", i);
        if (p->mixed && i == 1)
            x[i] = attune_candidate_text(candidate, name)[0] - 'a';
        else
            x[i] = attune_candidate_real(candidate, name);
    }
    p->evaluate(x, values, constraints);
    for (int k = 0; k < p->n_constraints; k++)
        attune_candidate_constraint(candidate, k, constraints[k]);
    return ATTUNE_OK;
}

static int by_first(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return x[0] != y[0] ? (x[0] > y[0]) - (x[0] < y[0]) : (x[1] > y[1]) - (x[1] < y[1]);
}

/* The dominated part of the square from the ideal point (0, 0) to the reference (1, 1). */
static double hypervolume(struct play *play)
{
    double below = 1, area = 0;
    qsort(play->points, (size_t)play->n, sizeof *play->points, by_first);
    for (int64_t i = 0; i < play->n; i++) {
        if (play->points[i][1] >= below)
            continue;
        area += (1 - fmax(0, play->points[i][0])) * (below - fmax(0, play->points[i][1]));
        below = fmax(0, play->points[i][1]);
    }
    return area;
}

static bool measure(attune_candidate *candidate, void *user)
{
    struct play *play = user;
    const struct problem *p = play->problem;
    double place[2];
    bool counts = play->n < most_trials;
    for (int k = 0; k < 2; k++) {
        place[k] =
            (attune_candidate_value(candidate, k) - p->ideal[k]) / (p->reference[k] - p->ideal[k]);
        counts = counts && place[k] < 1;
    }
    for (int k = 0; k < p->n_constraints; k++)
        counts = counts && attune_candidate_value(candidate, 2 + k) <= 0;
    if (counts)
        memcpy(play->points[play->n++], place, sizeof place);
    printf("%s%.6g", play->first ? "" : ",", hypervolume(play));
    play->first = false;
    return true;
}

static void write_space(const struct problem *p, char *text, size_t size)
{
    size_t used = 0;
    for (int i = 0; i < p->n; i++) {
        int64_t more = 0;
        if (p->mixed && i == 1)
            more =
                snprintf(text + used, size - used, ", \"x1\": [\"a\", \"b\", \"c\", \"d\", \"e\"]");
        else if (p->mixed && i == 2)
            more = snprintf(text + used, size - used, ", \"x2\": {\"rand_int\": [0, 7]}");
        else
            more = snprintf(text + used, size - used, "%s\"x%d\": {\"uniform\": [%.17g, %.17g]}",
                            i ? ", " : "{", i, p->low[i], p->high[i]);
        used += (size_t)more;
    }
    snprintf(text + used, size - used, "}");
}

static attune_status run(const struct options *o, const struct problem *p, int64_t seed,
                         attune_error *error)
{
    char space[1024];
    struct play *play = calloc(1, sizeof *play);
    attune_search *search = NULL;
    write_space(p, space, sizeof space);
    attune_search_options options = {.size = sizeof options,
                                     .space = space,
                                     .sampler = o->sampler,
                                     .n_objectives = 2,
                                     .n_constraints = p->n_constraints,
                                     .seed = seed,
                                     .lookahead = o->lookahead,
                                     .budget = o->trials};
    attune_run_options how = {.size = sizeof how, .trials = o->trials, .threads = 1};
    attune_status status = play ? attune_search_open(&search, &options, error) : ATTUNE_MEMORY;
    if (!status)
        status = attune_search_run(search, evaluate, (void *)(uintptr_t)p, &how, error);
    if (!status) {
        *play = (struct play){.problem = p, .first = true};
        printf("{\"problem\":\"%s\",\"seed\":%lld,\"sampler\":\"%s\",\"value\":[", p->name,
               (long long)seed, o->sampler);
        status = attune_search_visit(search, measure, play, error);
        puts("]}");
    }
    attune_search_close(search);
    free(play);
    return status;
}

static int answer(const struct problem *p)
{
    double x[most_inputs], values[2], constraints[most_inputs];
    for (;;) {
        for (int i = 0; i < p->n; i++)
            if (scanf("%lf", &x[i]) != 1)
                return 0;
        p->evaluate(x, values, constraints);
        printf("%.17g %.17g", values[0], values[1]);
        for (int k = 0; k < p->n_constraints; k++)
            printf(" %.17g", constraints[k]);
        putchar('\n');
        fflush(stdout);
    }
}

static bool read_options(struct options *o, int argc, char **argv)
{
    struct {
        const char *name;
        int64_t *to, high;
    } numbers[] = {{"--trials", &o->trials, most_trials},
                   {"--seeds", &o->seeds, 10000},
                   {"--lookahead", &o->lookahead, 4096}};
    for (int i = 1; i + 1 < argc; i += 2) {
        bool known = strcmp(argv[i], "--sampler") == 0 || strcmp(argv[i], "--evaluate") == 0;
        if (known)
            *(argv[i][2] == 's' ? &o->sampler : &o->problem) = argv[i + 1];
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
            char *end = NULL;
            if (strcmp(argv[i], numbers[k].name) != 0)
                continue;
            *numbers[k].to = strtoll(argv[i + 1], &end, 10);
            known = !*end && *numbers[k].to >= 1 && *numbers[k].to <= numbers[k].high;
        }
        if (!known)
            return false;
    }
    return argc % 2 == 1;
}

int main(int argc, char **argv)
{
    struct options o = {.sampler = "auto", .trials = 100, .seeds = 5, .lookahead = 1};
    attune_error error = {0};
    attune_status status = ATTUNE_OK;
    if (!read_options(&o, argc, argv)) {
        fprintf(stderr, "usage: attune-bench-fronts [--sampler S] [--trials N] [--seeds K] "
                        "[--lookahead L] | --evaluate PROBLEM\n");
        return 2;
    }
    for (int i = 0; i < n_problems; i++) {
        if (o.problem && strcmp(o.problem, problems[i].name) == 0)
            return answer(&problems[i]);
        for (int64_t seed = 0; seed < o.seeds && !status && !o.problem; seed++)
            status = run(&o, &problems[i], seed, &error);
    }
    if (status)
        fprintf(stderr, "attune-bench-fronts: %s\n", error.message);
    return status || o.problem ? 1 : 0;
}
