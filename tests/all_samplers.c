/* tests/all_samplers.c - what holds for every sampler there is.
 *
 * A search is played without a loop: results are a function of the point, and job j is shown those
 * of the jobs below j - lookahead + 1. */
#include "tests/support.h"

#include "search/sampler.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { most_jobs = 160, planned_jobs = 60, most_results = 3, lookahead = 5 };

static const char mixed[] =
    "{\"C\": {\"log_uniform\": [0.001, 1000]}, \"opt\": [\"adam\", \"sgd\", \"none\"],"
    "\"momentum\": {\"uniform\": [0.5, 0.99], \"when\": \"opt = 'sgd'\"},"
    "\"nesterov\": {\"boolean\": 0.5, \"when\": \"momentum > 0.7\"},"
    "\"layers\": {\"rand_int\": [1, 5]}, \"grade\": {\"priority_choice\": [\"a\", \"b\", \"c\"]},"
    "\"step\": {\"quantized\": [{\"uniform\": [0, 1]}, 0.25]}, \"width\": {\"log_int\": [4, 512]},"
    "\"require\": \"layers <= 4 or C < 10\"}";

static const char finite[] =
    "{\"a\": [1, 2, 3], \"b\": {\"boolean\": 0.3}, \"c\": {\"rand_int\": [1, 4], \"when\": \"b\"},"
    "\"d\": {\"priority_choice\": [\"x\", \"y\", \"z\"]}, \"require\": \"a < 3 or d != 'z'\"}";
enum { n_finite = (3 * 3 - 1) * (1 + 4) };

static const char one_value[] = "{\"a\": 1, \"b\": \"x\"}";

static attune_space *wide_space(int64_t n)
{
    static const char *const kinds[] = {"{\"uniform\": [-1, 1]}", "[\"p\", \"q\", \"r\"]",
                                        "{\"rand_int\": [0, 9]}"};
    attune_text text = {0};
    for (int64_t i = 0; i < n; i++)
        attune_text_printf(&text, "%s\"h%lld\": %s", i ? ", " : "{", (long long)i, kinds[i % 3]);
    attune_text_append(&text, "}");
    attune_space *space = space_of(text.bytes);
    attune_text_clear(&text);
    return space;
}

/* How the results of a search look. */
enum results { SMOOTH, CONSTANT, INFINITE, FAILING, IGNORED, HUGE_VALUES, N_RESULTS };

/* A search: every job's point, and what comes of it. */
struct play {
    const attune_sampler_type *type;
    int64_t n_objectives, n_constraints;
    attune_space *space;
    json_t *fixed;
    enum results results;
    int64_t seed, n, ahead;
    double *unit, *ended; /* ended: the results of each */
    double *limits;       /* and by how much it breaks a constraint */
    uint8_t *active;
    attune_answer answer; /* the last one */
};

static void open_play(struct play *p, const attune_sampler_type *type, attune_space *space)
{
    *p = (struct play){
        .type = type, .space = space, .n_objectives = 1, .seed = 7, .ahead = lookahead};
    p->unit = calloc((size_t)(most_jobs * space->n), sizeof *p->unit);
    p->ended = calloc(most_jobs * most_results, sizeof *p->ended);
    p->limits = calloc(most_jobs * most_results, sizeof *p->limits);
    p->active = calloc((size_t)(most_jobs * space->n), 1);
}

static void close_play(struct play *p)
{
    free(p->unit);
    free(p->ended);
    free(p->limits);
    free(p->active);
}

/* Result k: of an objective, how far the point is from a place of its own. */
static double result_of(const struct play *p, int64_t job, const attune_sample *sample, int64_t k)
{
    double sum = 0;
    const double *unit = p->unit + job * p->space->n;
    for (int64_t i = 0; i < p->space->n; i++)
        sum += sample->active[i] ? pow(unit[i] - 0.3 - 0.2 * (double)k, 2) : 0.01;
    switch (p->results) {
    case CONSTANT:
        return 2.385;
    case INFINITE:
        return job % 3 == 0 ? INFINITY : job % 3 == 1 ? -INFINITY : sum;
    case FAILING:
    case IGNORED:
        return NAN;
    case HUGE_VALUES:
        return job % 2 ? sum * 1e300 : sum * 1e-300;
    default:
        return job % 7 == 3 ? NAN : sum;
    }
}

/* Asks for job j, given the rows before it; a sampler of this play or a new one. */
static attune_answer ask(struct play *p, attune_sampler *sampler, int64_t j, double *unit,
                         attune_sample *sample)
{
    uint8_t outcome[most_jobs], ignore[most_jobs];
    double values[most_jobs * most_results], limits[most_jobs * most_results];
    int64_t m = p->n_objectives, c = p->n_constraints;
    int64_t known = j - p->ahead + 1 > 0 ? j - p->ahead + 1 : 0;
    for (int64_t i = 0; i < j; i++) {
        bool failed = isnan(p->ended[i * m]);
        outcome[i] = i >= known ? ATTUNE_PENDING : failed ? ATTUNE_FAILED : ATTUNE_COMPLETED;
        ignore[i] = i < known && p->results == IGNORED && i % 2;
        for (int64_t k = 0; k < m; k++)
            values[i * m + k] = i >= known ? NAN : p->ended[i * m + k];
        for (int64_t k = 0; k < c; k++)
            limits[i * c + k] = i >= known ? NAN : p->limits[i * c + k];
    }
    attune_key seed = attune_key_integer(attune_key_start("study"), p->seed);
    attune_history history = {.space = p->space,
                              .n = j,
                              .n_known = known,
                              .unit = p->unit,
                              .active = p->active,
                              .outcome = outcome,
                              .ignore = ignore,
                              .values = values,
                              .n_objectives = m,
                              .constraints = c ? limits : NULL,
                              .n_constraints = c,
                              .budget = planned_jobs,
                              .seed = seed};
    attune_stream stream = attune_stream_new(attune_key_integer(seed, j));
    attune_error error = {0};
    attune_answer answer = ATTUNE_ANSWER_WAIT;
    sampler->fixed = p->fixed;
    assert_ok(attune_sampler_ask(sampler, &history, &stream, unit, sample, &answer, &error),
              &error);
    return answer;
}

/* The sample is one that the space can have: its stored form reads back to the same bits. */
static void assert_fits(const attune_space *space, const attune_sample *sample)
{
    attune_sample back;
    attune_error error = {0};
    assert_ok(attune_sample_init(&back, space, &error), &error);
    char *text = attune_sample_write(space, sample, &error);
    assert_ok(attune_sample_read(space, text, &back, &error), &error);
    assert_true(attune_key_same(attune_sample_key(sample), attune_sample_key(&back)));
    assert_null(attune_space_broken(space, sample));
    for (int64_t i = 0; i < space->n; i++)
        if (!sample->active[i])
            assert_true(isnan(sample->x[i]));
    free(text);
    attune_sample_clear(&back);
}

static void play(struct play *p, int64_t jobs)
{
    attune_error error = {0};
    attune_sampler *sampler = NULL;
    attune_sample sample;
    int64_t d = p->space->n;
    double *unit = calloc((size_t)d, sizeof *unit);
    assert_ok(attune_sampler_new(&sampler, p->type->name, &error), &error);
    assert_ok(attune_sample_init(&sample, p->space, &error), &error);
    for (p->n = 0; p->n < jobs; p->n++) {
        p->answer = ask(p, sampler, p->n, unit, &sample);
        if (p->answer != ATTUNE_ANSWER_POINT)
            break;
        assert_fits(p->space, &sample);
        attune_space_encode(p->space, &sample, p->unit + p->n * d);
        memcpy(p->active + p->n * d, sample.active, (size_t)d);
        for (int64_t k = 0; k < p->n_objectives; k++)
            p->ended[p->n * p->n_objectives + k] = result_of(p, p->n, &sample, k);
        for (int64_t k = 0; k < p->n_constraints; k++)
            p->limits[p->n * p->n_constraints + k] =
                result_of(p, p->n, &sample, k) - (p->results == CONSTANT ? 1 : 0.5);
    }
    free(unit);
    attune_sample_clear(&sample);
    attune_sampler_free(sampler);
}

static void assert_same_points(const struct play *a, const struct play *b)
{
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->unit, b->unit, (size_t)(a->n * a->space->n) * sizeof *a->unit);
}

static void same_seed_same_points(void **state)
{
    attune_space *space = space_of(mixed);
    struct play a, b, other;
    open_play(&a, *state, space);
    open_play(&b, *state, space);
    open_play(&other, *state, space);
    other.seed = 8;
    int64_t n = in_short(60, 20);
    play(&a, n);
    play(&b, n);
    play(&other, n);
    assert_int_equal(a.n, n);
    assert_same_points(&a, &b);
    if (strcmp(a.type->name, "grid") != 0)
        assert_memory_not_equal(a.unit, other.unit, (size_t)(n * space->n) * sizeof *a.unit);
    close_play(&a);
    close_play(&b);
    close_play(&other);
    attune_space_free(space);
}

/* Whoever is asked for job j of a stored study says the same, without having seen the others. */
static void assert_repeats(const attune_sampler_type *type, int64_t n_objectives,
                           int64_t n_constraints)
{
    attune_space *space = space_of(mixed);
    struct play p;
    attune_error error = {0};
    attune_sample sample;
    double *unit = calloc((size_t)space->n, sizeof *unit);
    double *settled = calloc((size_t)space->n, sizeof *settled);
    assert_ok(attune_sample_init(&sample, space, &error), &error);
    open_play(&p, type, space);
    p.n_objectives = n_objectives;
    p.n_constraints = n_constraints;
    play(&p, in_short(90, 23));
    for (int64_t j = 0; j < p.n; j += 11) {
        attune_sampler *sampler = NULL;
        assert_ok(attune_sampler_new(&sampler, p.type->name, &error), &error);
        assert_int_equal(ask(&p, sampler, j, unit, &sample), ATTUNE_ANSWER_POINT);
        attune_space_encode(space, &sample, settled);
        assert_memory_equal(settled, p.unit + j * space->n, (size_t)space->n * sizeof *unit);
        attune_sampler_free(sampler);
    }
    close_play(&p);
    free(unit);
    free(settled);
    attune_sample_clear(&sample);
    attune_space_free(space);
}

static void a_new_one_answers_the_same(void **state)
{
    assert_repeats(*state, 1, 0);
}

static void play_any(const attune_sampler_type *type, int64_t n_objectives, int64_t n_constraints)
{
    attune_space *space = space_of(mixed);
    int64_t n = in_short(45, 20);
    for (int results = 0; results < N_RESULTS; results++) {
        struct play p;
        open_play(&p, type, space);
        p.results = (enum results)results;
        p.n_objectives = n_objectives;
        p.n_constraints = n_constraints;
        play(&p, n);
        assert_int_equal(p.n, n);
        close_play(&p);
    }
    attune_space_free(space);
}

static void any_history_will_do(void **state)
{
    play_any(*state, 1, 0);
}

/* What a type says it can do it does: several objectives, constraints, or both. */
static void what_it_is_able_to(void **state)
{
    const attune_sampler_type *type = *state;
    for (int64_t what = 1; what <= 3; what++) {
        int64_t m = what & 1 ? 3 : 1, c = what & 2 ? 2 : 0;
        attune_error error = {0};
        if (!attune_sampler_suits(type, m, c, &error)) {
            play_any(type, m, c);
            assert_repeats(type, m, c);
        } else {
            assert_error(&error, ATTUNE_INVALID, "these are: random");
            assert_null(strstr(strstr(error.message, "these are"), type->name));
        }
    }
}

/* Every point of a space of countable values once, then the search is over. */
static void a_discrete_space_is_exhausted(void **state)
{
    attune_space *space = space_of(finite);
    struct play p;
    open_play(&p, *state, space);
    play(&p, most_jobs);
    assert_int_equal(p.answer, ATTUNE_ANSWER_EXHAUSTED);
    assert_int_equal(p.n, n_finite);
    for (int64_t i = 0; i < p.n; i++)
        for (int64_t j = 0; j < i; j++)
            assert_memory_not_equal(p.unit + i * space->n, p.unit + j * space->n,
                                    (size_t)space->n * sizeof *p.unit);
    close_play(&p);
    attune_space_free(space);
}

static void one_value_is_one_trial(void **state)
{
    attune_space *space = space_of(one_value);
    struct play p;
    open_play(&p, *state, space);
    play(&p, 5);
    assert_int_equal(p.n, 1);
    assert_int_equal(p.answer, ATTUNE_ANSWER_EXHAUSTED);
    close_play(&p);
    attune_space_free(space);
}

static void many_dimensions(void **state)
{
    attune_space *space = wide_space(500);
    struct play p;
    open_play(&p, *state, space);
    play(&p, 24);
    assert_int_equal(p.n, 24);
    close_play(&p);
    attune_space_free(space);
}

static void what_is_fixed_stays(void **state)
{
    attune_space *space = space_of(mixed);
    attune_error error = {0};
    struct play p;
    int64_t c = attune_space_find(space, "C", &error),
            opt = attune_space_find(space, "opt", &error);
    open_play(&p, *state, space);
    p.fixed = json_pack("{s:f, s:s, s:f}", "C", 3.7, "opt", "sgd", "momentum", 0.81);
    int64_t momentum = attune_space_find(space, "momentum", &error);
    play(&p, 40);
    assert_int_equal(p.n, 40);
    for (int64_t i = 0; i < p.n; i++) {
        const double *unit = p.unit + i * space->n;
        double x = attune_distribution_quantile(space->dimensions[c].distribution, unit[c]);
        assert_close(x, 3.7, 1e-12);
        assert_close(attune_distribution_quantile(space->dimensions[opt].distribution, unit[opt]),
                     1, 0);
        assert_true(p.active[i * space->n + momentum]);
    }
    json_decref(p.fixed);
    close_play(&p);
    attune_space_free(space);
}

int main(void)
{
    static const struct {
        const char *name;
        CMUnitTestFunction run;
    } cases[] = {{"same_seed_same_points", same_seed_same_points},
                 {"a_new_one_answers_the_same", a_new_one_answers_the_same},
                 {"any_history_will_do", any_history_will_do},
                 {"what_it_is_able_to", what_it_is_able_to},
                 {"a_discrete_space_is_exhausted", a_discrete_space_is_exhausted},
                 {"one_value_is_one_trial", one_value_is_one_trial},
                 {"many_dimensions", many_dimensions},
                 {"what_is_fixed_stays", what_is_fixed_stays}};
    enum { n_cases = sizeof cases / sizeof *cases, most_tests = 200 };
    struct CMUnitTest tests[most_tests];
    char names[most_tests][80];
    size_t n = 0;
    memset(tests, 0, sizeof tests);
    for (int t = 0; attune_sampler_types[t]; t++)
        for (int c = 0; c < n_cases && n < most_tests; c++, n++) {
            snprintf(names[n], sizeof names[n], "%s: %s", attune_sampler_types[t]->name,
                     cases[c].name);
            tests[n] =
                (struct CMUnitTest){.name = names[n],
                                    .test_func = cases[c].run,
                                    .initial_state = (void *)(uintptr_t)attune_sampler_types[t]};
        }
    return _cmocka_run_group_tests("samplers", tests, n, NULL, NULL);
}
