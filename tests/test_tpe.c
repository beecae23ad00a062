/* tests/test_tpe.c - the densities behind the tpe sampler. */
#include "tests/support.h"

#include "search/samplers/gp_search.h"
#include "search/samplers/tpe_density.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char text[] =
    "{\"a\": {\"uniform\": [0, 2]}, \"b\": [\"x\", \"y\", \"z\"], \"c\": {\"log_uniform\": [1, 9]},"
    "\"d\": {\"uniform\": [0, 1], \"when\": \"b = 'y'\"}}";

/* Coordinates of the model at a point drawn evenly. */
static void draw(const attune_space *space, attune_stream *stream, attune_sample *sample,
                 double *features)
{
    double unit[4];
    for (int i = 0; i < 4; i++)
        unit[i] = attune_stream_uniform(stream);
    attune_space_decode(space, unit, sample);
    attune_space_encode(space, sample, unit);
    attune_gp_features(space, sample->x, sample->active, unit, features);
}

/* Its mean over points drawn evenly is 1, whether or not a kernel's point has every dimension. */
static void a_density_integrates_to_one(void **state)
{
    (void)state;
    enum { n = 7, draws = 400000 };
    attune_space *space = space_of(text);
    attune_tpe_density density;
    attune_sample sample;
    attune_error error = {0};
    attune_stream stream = attune_stream_new(attune_key_start("density"));
    double features[4], sum = 0;
    assert_ok(attune_sample_init(&sample, space, &error), &error);
    assert_ok(attune_tpe_density_init(&density, space, n, &error), &error);
    attune_tpe_density_reset(&density, 0.17, 0.3);
    for (int k = 0; k < n; k++) {
        draw(space, &stream, &sample, features);
        attune_tpe_density_add(&density, features, sample.active, k + 1);
    }
    attune_tpe_density_finish(&density, 2);
    for (int i = 0; i < draws; i++) {
        draw(space, &stream, &sample, features);
        sum += exp(attune_tpe_density_log(&density, features, sample.active)) / draws;
    }
    assert_close(sum, 1, 0.02);
    attune_tpe_density_clear(&density);
    attune_sample_clear(&sample);
    attune_space_free(space);
}

/* Dense where the points are: the same point made twice over is likelier than one far from all. */
static void near_is_denser_than_far(void **state)
{
    (void)state;
    attune_space *space = space_of(text);
    attune_tpe_density density;
    attune_error error = {0};
    const uint8_t all[4] = {1, 1, 1, 1};
    double near[4] = {0.21, 1, 0.83, 0.4}, far[4] = {0.9, 1, 0.11, 0.4}, other[4];
    memcpy(other, near, sizeof other);
    other[1] = 2; /* another choice */
    assert_ok(attune_tpe_density_init(&density, space, 2, &error), &error);
    attune_tpe_density_reset(&density, 0.1, 0.2);
    attune_tpe_density_add(&density, near, all, 1);
    attune_tpe_density_add(&density, near, all, 1);
    attune_tpe_density_finish(&density, 1);
    double at = attune_tpe_density_log(&density, near, all);
    assert_true(at > attune_tpe_density_log(&density, other, all));
    assert_true(attune_tpe_density_log(&density, other, all) >
                attune_tpe_density_log(&density, far, all));
    /* Far from all the even kernel is left: its share is a third. */
    assert_close(attune_tpe_density_log(&density, far, all), log(1.0 / 3), 1e-6);
    attune_tpe_density_clear(&density);
    attune_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_density_integrates_to_one),
        cmocka_unit_test(near_is_denser_than_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
