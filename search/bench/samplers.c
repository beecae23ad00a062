/* search/bench/samplers.c - attune-bench-samplers: what a suggestion costs as a history grows.
 *
 *     attune-bench-samplers [SAMPLER ...]
 *
 * 10 mixed hyperparameters, one of them conditional; CPU time of an ask and a tell with so many
 * trials told before, the first answer of a fresh process, and the memory that the sampler holds.
 */
#include "search/sampler.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char space_text[] =
    "{\"lr\": {\"log_uniform\": [1e-5, 1]}, \"l2\": {\"log_uniform\": [1e-8, 1]},"
    "\"dropout\": {\"uniform\": [0, 0.7]}, \"subsample\": {\"uniform\": [0.3, 1]},"
    "\"depth\": {\"rand_int\": [1, 12]}, \"width\": {\"log_int\": [8, 1024]},"
    "\"batch\": {\"priority_choice\": [32, 64, 128, 256]}, \"amsgrad\": {\"boolean\": 0.5},"
    "\"opt\": [\"adam\", \"sgd\", \"rmsprop\"],"
    "\"momentum\": {\"uniform\": [0, 0.99], \"when\": \"opt = 'sgd'\"}}";

enum { sizes = 7 };
static const int64_t told[sizes] = {100, 250, 1000, 3000, 10000, 30000, 100000};

struct past {
    attune_space *space;
    attune_sample sample;
    int64_t n, capacity;
    double *unit, *values;
    uint8_t *active, *outcome, *ignore;
};

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void tell(struct past *p)
{
    int64_t d = p->space->n;
    double *unit = p->unit + p->n * d, sum = 0;
    attune_space_encode(p->space, &p->sample, unit);
    for (int64_t i = 0; i < d; i++)
        sum += (unit[i] - 0.37) * (unit[i] - 0.37) * (1 + (double)(i % 3));
    memcpy(p->active + p->n * d, p->sample.active, (size_t)d);
    p->outcome[p->n] = ATTUNE_COMPLETED;
    p->values[p->n++] = sum;
}

static attune_status ask(struct past *p, attune_sampler *sampler, double *unit, attune_error *error)
{
    attune_key seed = attune_key_start("bench");
    attune_stream stream = attune_stream_new(attune_key_integer(seed, p->n));
    attune_answer answer;
    attune_history history = {.space = p->space,
                              .n = p->n,
                              .n_known = p->n,
                              .unit = p->unit,
                              .active = p->active,
                              .outcome = p->outcome,
                              .ignore = p->ignore,
                              .values = p->values,
                              .n_objectives = 1,
                              .seed = seed};
    return attune_sampler_ask(sampler, &history, &stream, unit, &p->sample, &answer, error);
}

/* Rows drawn at random up to n: what a stored study would have. */
static void fill(struct past *p, int64_t n, double *unit)
{
    p->n = 0;
    attune_stream stream = attune_stream_new(attune_key_start("past"));
    while (p->n < n) {
        for (int64_t i = 0; i < p->space->n; i++)
            unit[i] = attune_stream_uniform(&stream);
        attune_space_decode(p->space, unit, &p->sample);
        tell(p);
    }
}

static attune_status measure(struct past *p, const char *name, int64_t n, double *unit,
                             attune_error *error)
{
    attune_sampler *sampler = NULL;
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    int64_t asks = 0;
    fill(p, n, unit);
    attune_status status = attune_sampler_new(&sampler, name, error);
    double begun = cpu_seconds();
    if (!status)
        status = ask(p, sampler, unit, error);
    double first = cpu_seconds() - begun, used = 0;
    for (begun = cpu_seconds(); !status && (asks < 60 || used < 0.05) && asks < 3000; asks++) {
        tell(p);
        status = ask(p, sampler, unit, error);
        used = cpu_seconds() - begun;
    }
    size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
    if (!status)
        printf("| %s | %lld | %.2f | %.2f | %.0f |\n", name, (long long)n,
               1e6 * used / (double)asks, 1e3 * first, ((double)after - (double)before) / 1024);
    fflush(stdout);
    attune_sampler_free(sampler);
    return status;
}

static attune_status open_past(struct past *p, attune_error *error)
{
    attune_document document;
    attune_status status =
        attune_document_parse(&document, "space", space_text, (int64_t)strlen(space_text), error);
    attune_at top = attune_at_top(&document);
    p->space = status ? NULL : attune_space_new(error);
    p->capacity = told[sizes - 1] + 4000;
    if (p->space)
        status = attune_space_add_json(p->space, document.root, &top, "", ATTUNE_NO_BRANCH, error);
    attune_document_clear(&document);
    if (!status && p->space)
        status = attune_sample_init(&p->sample, p->space, error);
    if (status || !p->space)
        return ATTUNE_MEMORY;
    p->unit = attune_alloc(p->capacity * p->space->n, sizeof *p->unit, error);
    p->active = attune_alloc(p->capacity * p->space->n, 1, error);
    p->values = attune_alloc(p->capacity, sizeof *p->values, error);
    p->outcome = attune_alloc(p->capacity, 1, error);
    p->ignore = attune_alloc(p->capacity, 1, error);
    return p->unit && p->active && p->values && p->outcome && p->ignore ? ATTUNE_OK : ATTUNE_MEMORY;
}

static bool is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc < 2;
}

int main(int argc, char **argv)
{
    struct past p = {0};
    attune_error error = {0};
    attune_status status = open_past(&p, &error);
    double *unit = status ? NULL : attune_alloc(p.space->n, sizeof *unit, &error);
    printf("| sampler | trials told | us a suggestion | ms of a fresh process's first | KiB held "
           "|\n|-|-|-|-|-|\n");
    for (int t = 0; attune_sampler_types[t] && unit && !status; t++)
        for (int s = 0; s < sizes && !status; s++)
            if (is_wanted(attune_sampler_types[t]->name, argc, argv))
                status = measure(&p, attune_sampler_types[t]->name, told[s], unit, &error);
    if (status)
        fprintf(stderr, "attune-bench-samplers: %s\n", error.message);
    free(unit);
    free(p.unit);
    free(p.active);
    free(p.values);
    free(p.outcome);
    free(p.ignore);
    attune_sample_clear(&p.sample);
    attune_space_free(p.space);
    return attune_status_exit_code(status);
}
