/* tests/all_distributions.c - what holds for every distribution there is.
 *
 * Each type is tested with its own example and with the harder arguments listed here. */
#include "tests/support.h"

#include "spaces/base/stream.h"
#include "spaces/distribution.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const harder[] = {
    "{\"boolean\":1e-9}",
    "{\"choice\":[1,\"1\",true,null,[1],{\"a\":[]},0.5]}",
    "{\"choice\":{\"values\":[1,2,3],\"weights\":[1e-9,1,1e9]}}",
    "{\"rand_int\":[-9007199254740992,-1]}",
    "{\"rand_int\":[0,9007199254740991]}",
    "{\"rand_int\":[3,9007199254740990]}",
    "{\"rand_int\":[-5,5]}",
    "{\"rand_int\":[0,48]}",
    "{\"log_int\":[1,2]}",
    "{\"log_int\":[1,1000]}",
    "{\"log_int\":[1,1099511627776]}",
    "{\"log_int\":[1000000000000,1000000000010]}",
    "{\"log_int\":[17,100000]}",
    "{\"uniform\":[-1e300,1e300]}",
    "{\"uniform\":[0,1]}",
    "{\"uniform\":[-1,3]}",
    "{\"uniform\":[1e15,1000000000000001]}",
    "{\"uniform\":[0,5e-324]}",
    "{\"log_uniform\":[1e-150,1e150]}",
    "{\"log_uniform\":[1,1.0000001]}",
    "{\"log_uniform\":[1e-5,0.1]}",
    "{\"log_uniform\":[1,2]}",
    "{\"priority_choice\":{\"values\":[1,2,3,4,5,6,7,8],\"ratio\":1}}",
    "{\"normal\":[0,1]}",
    "{\"normal\":[0,1,0,null]}",
    "{\"normal\":[0,1,5,6]}",
    "{\"normal\":[0,1,-9,-8]}",
    "{\"normal\":[0,1,30,null]}",
    "{\"normal\":[100,1e-3,null,100.001]}",
    "{\"log_normal\":[0,1]}",
    "{\"log_normal\":[-7,0.5,null,0.001]}",
    "{\"quantized\":[{\"uniform\":[1,10]},2]}",
    "{\"quantized\":[{\"normal\":[0,1]},0.001]}",
    "{\"quantized\":[{\"log_uniform\":[0.01,100]},0.37]}",
    "{\"quantized\":[{\"mixture\":[{\"uniform\":[0,1]},{\"uniform\":[0,2]}]},0.05]}",
    "{\"mixture\":{\"distributions\":[{\"uniform\":[0,1]},{\"uniform\":[5,6]}],\"weights\":[1,3]}}",
    "{\"mixture\":[{\"log_uniform\":[1e-5,1]},{\"normal\":[0.5,0.1,0,1]}]}",
    "{\"mixture\":[{\"mixture\":[{\"uniform\":[-1,1]}]},{\"histogram\":[[0,1,3],[1,2]]}]}",
    "{\"histogram\":[[0,1e-9,1],[1,1]]}",
    "{\"poisson\":1e-3}",
    "{\"poisson\":0.7}",
    "{\"poisson\":1234.5}",
    "{\"poisson\":1e6}",
};

static attune_distribution *parse(const char *text)
{
    attune_document document;
    attune_distribution *distribution = NULL;
    attune_error error = {0};
    assert_ok(attune_document_parse(&document, "case", text, (int64_t)strlen(text), &error),
              &error);
    attune_at top = attune_at_top(&document);
    assert_ok(attune_distribution_from_json(&distribution, document.root, &top, &error), &error);
    attune_document_clear(&document);
    return distribution;
}

static char *to_text(const attune_distribution *distribution)
{
    attune_error error = {0};
    json_t *json = attune_distribution_to_json(distribution, &error);
    assert_non_null(json);
    char *text = attune_json_write(json, &error);
    assert_non_null(text);
    json_decref(json);
    return text;
}

typedef void check_one(const attune_distribution *distribution, const char *name);

static void for_all(check_one *check)
{
    for (int64_t i = 0; attune_distribution_types[i]; i++) {
        const attune_distribution_type *type = attune_distribution_types[i];
        attune_text text = {0};
        attune_text_printf(&text, "{\"%s\":%s}", type->name, type->example ? type->example : "{}");
        attune_distribution *distribution = parse(text.bytes);
        assert_ptr_equal(distribution->type, type);
        check(distribution, text.bytes);
        attune_distribution_free(distribution);
        attune_text_clear(&text);
    }
    for (size_t i = 0; i < sizeof harder / sizeof *harder; i++) {
        attune_distribution *distribution = parse(harder[i]);
        check(distribution, harder[i]);
        attune_distribution_free(distribution);
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorted points of (0, 1): random ones, and some near both ends. */
enum { n_units = 3000 };
static void fill_units(double units[n_units])
{
    attune_stream stream = attune_stream_new(attune_key_start("units"));
    for (int i = 0; i < n_units; i++)
        units[i] = attune_stream_uniform(&stream);
    for (int i = 0; i < 50; i++) {
        units[i] = ldexp(1, -1 - 20 * i);
        units[50 + i] = 1 - ldexp(1, -1 - i);
        units[100 + i] = nextafter(units[200 + i], 1);
    }
    qsort(units, n_units, sizeof *units, by_size);
}

static void quantile_is_monotone(const attune_distribution *d, const char *name)
{
    double units[n_units], low, high, before = -INFINITY;
    fill_units(units);
    attune_distribution_support(d, &low, &high);
    assert_true(low <= high);
    for (int i = 0; i < n_units; i += (int)in_short(1, 30)) {
        double x = attune_distribution_quantile(d, units[i]);
        if (!(x >= before && x >= low && x <= high))
            fail_msg("%s: quantile(%.17g) = %.17g after %.17g, support %.17g to %.17g", name,
                     units[i], x, before, low, high);
        if (!attune_distribution_has(d, x))
            fail_msg("%s: %.17g is not one of its values", name, x);
        before = x;
    }
    static const double outside[] = {-1, 0, 1, 2};
    for (int i = 0; i < 4; i++)
        assert_true(attune_distribution_quantile(d, outside[i]) == (outside[i] <= 0 ? low : high));
    assert_true(attune_distribution_quantile(d, NAN) == attune_distribution_quantile(d, 0.5));
    assert_true(attune_distribution_cdf(d, high) == 1);
    assert_true(attune_distribution_cdf(d, nextafter(low, -INFINITY)) == 0);
    assert_false(attune_distribution_has(d, NAN));
    assert_false(attune_distribution_has(d, INFINITY));
}

static void monotone(void **state)
{
    (void)state;
    for_all(quantile_is_monotone);
}

static bool is_one_of(const attune_distribution *d, const char *names)
{
    return strstr(names, d->type->name) != NULL;
}

static double ulp(double x)
{
    return nextafter(fabs(x), INFINITY) - fabs(x);
}

/* See quantile and cdf in spaces/distribution.h for the bound. */
static void cdf_undoes_quantile(const attune_distribution *d, const char *name)
{
    double units[n_units];
    if (attune_distribution_is_discrete(d))
        return;
    fill_units(units);
    bool difference = is_one_of(d, "normal, log_normal, mixture");
    for (int i = 0; i < n_units; i += (int)in_short(1, 30)) {
        double x = attune_distribution_quantile(d, units[i]);
        double back = attune_distribution_cdf(d, x);
        double steps = strcmp(d->type->name, "log_normal") == 0 ? 4 + fabs(log(x))
                                                                : 4; /* exp of a rounded log */
        double bound =
            4 * ulp(difference ? 1 : units[i]) + steps * ulp(x) * attune_distribution_pdf(d, x);
        double gap = attune_distribution_pdf(d, nextafter(x, INFINITY));
        bound += gap == 0 ? 0 : steps * ulp(x) * gap; /* at the edge of a bin */
        if (!(fabs(back - units[i]) <= bound))
            fail_msg("%s: cdf(quantile(%.17g)) is off by %g, the bound is %g (x = %.17g)", name,
                     units[i], back - units[i], bound, x);
        assert_true(attune_distribution_unit(d, x) == back);
    }
}

static void inverse(void **state)
{
    (void)state;
    for_all(cdf_undoes_quantile);
}

static void check_cell(const attune_distribution *d, const char *name, double x)
{
    double low, high;
    attune_distribution_cell(d, x, &low, &high);
    double unit = attune_distribution_unit(d, x);
    bool holds = low < high && low <= unit && unit < high &&
                 attune_distribution_quantile(d, unit) == x &&
                 attune_distribution_quantile(d, nextafter(high, 0)) == x &&
                 (low == 0 || attune_distribution_quantile(d, low) == x) &&
                 (low == 0 || attune_distribution_quantile(d, nextafter(low, 0)) < x) &&
                 attune_distribution_cdf(d, x) == high;
    if (!holds)
        fail_msg("%s: the cell of %.17g, %.17g to %.17g, does not fit", name, x, low, high);
    double pdf = attune_distribution_pdf(d, x);
    if (fabs(high - low - pdf) > 1e-12 * pdf + 4 * DBL_EPSILON)
        fail_msg("%s: pdf(%.17g) = %g, its cell is %g wide", name, x, pdf, high - low);
}

static void cells_fill_the_interval(const attune_distribution *d, const char *name)
{
    double units[n_units], low, high, edge = 0;
    if (!attune_distribution_is_discrete(d))
        return;
    fill_units(units);
    for (int i = 0; i < n_units; i += (int)in_short(1, 30))
        check_cell(d, name, attune_distribution_quantile(d, units[i]));
    int64_t count = attune_distribution_count(d), n = 0;
    if (count > 10000)
        return;
    for (; edge < 1; n++) {
        double x = attune_distribution_quantile(d, edge);
        check_cell(d, name, x);
        attune_distribution_cell(d, x, &low, &high);
        assert_true(low == edge);
        edge = high;
    }
    assert_int_equal(n, count);
    assert_true(edge == 1);
}

static void cells(void **state)
{
    (void)state;
    for_all(cells_fill_the_interval);
}

/* Sums of thousands of quantiles say no more of memory than the other tests do. */
static bool sums_are_left_out(void)
{
    return in_short(0, 1) == 1;
}

/* Two-point Gauss-Legendre between quantiles; a few pieces hold a kink. */
static void pdf_is_the_slope_of_cdf(const attune_distribution *d, const char *name)
{
    enum { pieces = 2000, most_kinks = 12 };
    int kinks = 0;
    double low, high, sum = 0;
    if (attune_distribution_is_discrete(d))
        return;
    attune_distribution_support(d, &low, &high);
    if (high - low < 1e-300 || ulp(high) > (high - low) * 1e-7)
        return; /* too few numbers between the ends to see a slope */
    if (d->type->log && high / low > 1e20)
        return; /* a piece is too wide for two points */
    for (int i = 0; i < pieces; i++) {
        double a = attune_distribution_quantile(d, (double)i / pieces);
        double b = attune_distribution_quantile(d, (double)(i + 1) / pieces);
        double middle = a + (b - a) / 2, off = (b - a) / 2 / sqrt(3);
        double area = (attune_distribution_pdf(d, middle - off) / 2 +
                       attune_distribution_pdf(d, middle + off) / 2) *
                      (b - a);
        double share = attune_distribution_cdf(d, b) - attune_distribution_cdf(d, a);
        kinks += fabs(area - share) > 1e-5 * share + 1e-9;
        sum += area;
    }
    if (kinks > most_kinks || fabs(sum - 1) > 5e-3)
        fail_msg("%s: pdf adds up to %.9g, %d pieces differ from cdf", name, sum, kinks);
    assert_true(attune_distribution_pdf(d, nextafter(low, -INFINITY)) == 0);
    assert_true(attune_distribution_pdf(d, nextafter(high, INFINITY)) == 0);
}

static void slopes(void **state)
{
    (void)state;
    if (!sums_are_left_out())
        for_all(pdf_is_the_slope_of_cdf);
}

static double centred_sum(const attune_distribution *d, double centre, int power)
{
    enum { points = 100000 };
    double sum = 0;
    int64_t count = attune_distribution_count(d);
    if (count && count <= 10000) {
        double edge = 0, low, high;
        for (; edge < 1; edge = high) {
            double x = attune_distribution_quantile(d, edge);
            attune_distribution_cell(d, x, &low, &high);
            sum += pow(x - centre, power) * (high - low);
        }
        return sum;
    }
    for (int i = 0; i < points; i++)
        sum += pow(attune_distribution_quantile(d, (i + 0.5) / points) - centre, power) / points;
    return sum;
}

static void moments_agree(const attune_distribution *d, const char *name)
{
    double mean = d->type->mean(d->self), variance = d->type->variance(d->self), low, high;
    if (d->type->kind == ATTUNE_DISTRIBUTION_NOMINAL) {
        assert_true(isnan(mean) && isnan(variance));
        return;
    }
    attune_distribution_support(d, &low, &high);
    assert_true(mean >= low && mean <= high && variance >= 0);
    if (high - low > 1e100 || ulp(high) > (high - low) * 1e-7)
        return; /* a square leaves the numbers, or a few points cannot see the moments */
    bool exact = attune_distribution_count(d) && attune_distribution_count(d) <= 10000;
    double sd = sqrt(variance), tolerance = exact ? 1e-8 : 2e-3;
    double off = centred_sum(d, mean, 1), square = centred_sum(d, mean, 2);
    if (fabs(off) > tolerance * sd || fabs(square - variance) > 10 * tolerance * variance)
        fail_msg("%s: mean %.12g is off by %g, variance %.12g by %g", name, mean, off, variance,
                 square - variance);
}

static void moments(void **state)
{
    (void)state;
    if (!sums_are_left_out())
        for_all(moments_agree);
}

static void assert_same(const attune_distribution *a, const attune_distribution *b)
{
    double units[n_units];
    char *text_a = to_text(a), *text_b = to_text(b);
    fill_units(units);
    assert_string_equal(text_a, text_b);
    for (int i = 0; i < n_units; i += 7)
        assert_true(attune_distribution_quantile(a, units[i]) ==
                    attune_distribution_quantile(b, units[i]));
    free(text_a);
    free(text_b);
}

static void json_and_copy_keep_it(const attune_distribution *d, const char *name)
{
    (void)name;
    char *text = to_text(d);
    attune_distribution *read = parse(text), *copy = NULL;
    attune_error error = {0};
    assert_same(d, read);
    assert_ok(attune_distribution_copy(&copy, d, &error), &error);
    assert_same(d, copy);
    attune_distribution_free(read);
    attune_distribution_free(copy);
    free(text);
}

static void round_trips(void **state)
{
    (void)state;
    for_all(json_and_copy_keep_it);
}

static void values_and_x_agree(const attune_distribution *d, const char *name)
{
    double units[n_units], back = 0;
    attune_error error = {0};
    fill_units(units);
    for (int i = 0; i < n_units; i += 11) {
        double x = attune_distribution_quantile(d, units[i]);
        attune_value value = {0};
        assert_ok(attune_distribution_value(d, x, &value, &error), &error);
        if (!attune_distribution_x(d, &value, &back) || back != x)
            fail_msg("%s: the value at %.17g gives %.17g", name, x, back);
        attune_value_clear(&value);
    }
    const attune_value stranger = {.kind = ATTUNE_VALUE_TEXT, .text = (char *)"no such value"};
    assert_false(attune_distribution_x(d, &stranger, &back));
}

static void values(void **state)
{
    (void)state;
    for_all(values_and_x_agree);
}

/* What is narrowed around x is of the same kind, stays inside, still has x, and x is no less likely
 * to come near. */
static void narrowing_stays_inside(const attune_distribution *d, const char *name)
{
    static const double kept[] = {1, 0.5, 0.01};
    attune_error error = {0};
    double low, high, inner_low, inner_high;
    attune_distribution_support(d, &low, &high);
    for (int i = 0; i < 9; i++) {
        attune_distribution *narrowed = NULL;
        double x = attune_distribution_quantile(d, 0.05 + 0.3 * (i / 3));
        assert_ok(attune_distribution_narrow(&narrowed, d, x, kept[i % 3], &error), &error);
        assert_ptr_equal(narrowed->type, d->type);
        attune_distribution_support(narrowed, &inner_low, &inner_high);
        if (inner_low < low || inner_high > high || x < inner_low || x > inner_high)
            fail_msg("%s: around %g it is %g to %g", name, x, inner_low, inner_high);
        if (d->type->value &&
            attune_distribution_pdf(narrowed, x) < attune_distribution_pdf(d, x) * (1 - 1e-12))
            fail_msg("%s: %g is less likely", name, x);
        attune_distribution_free(narrowed);
    }
}

static void narrowing(void **state)
{
    (void)state;
    for_all(narrowing_stays_inside);
}

static void every_type_is_described(void **state)
{
    (void)state;
    for (int64_t i = 0; attune_distribution_types[i]; i++) {
        const attune_distribution_type *type = attune_distribution_types[i];
        assert_true(type->doc && type->doc[strlen(type->doc) - 1] == '.');
        assert_ptr_equal(attune_distribution_type_find(type->name), type);
        for (const attune_field *field = type->fields; field->kind; field++)
            assert_true(field->doc && *field->doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_described),
        cmocka_unit_test(monotone),
        cmocka_unit_test(inverse),
        cmocka_unit_test(cells),
        cmocka_unit_test(slopes),
        cmocka_unit_test(moments),
        cmocka_unit_test(round_trips),
        cmocka_unit_test(values),
        cmocka_unit_test(narrowing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
