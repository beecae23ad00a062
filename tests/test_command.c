/* tests/test_command.c - verbs and their arguments. */
#include "search/command.h"
#include "search/grid.h"
#include "search/named.h"
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const attune_option options[] = {
    {"out", "DIR", "where"}, {"top", "N", "how many"}, {"set", "A=B", "a key"},
    {"quiet", NULL, "hush"}, {NULL, NULL, NULL},
};

static const attune_command_type verb = {
    .name = "verb", .usage = "A [B]", .doc = "Does.", .options = options, .least = 1, .most = 2};

static attune_status read(attune_arguments **arguments, attune_error *error, int n, ...)
{
    char *words[16];
    va_list list;
    va_start(list, n);
    for (int i = 0; i < n; i++)
        words[i] = va_arg(list, char *);
    va_end(list);
    memset(error, 0, sizeof *error);
    return attune_arguments_read(arguments, &verb, n, words, error);
}

static void test_options_and_positions(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_arguments *a = NULL;
    int64_t top = 7;
    assert_ok(read(&a, &error, 9, "--set", "x=1", "first", "-o", "d", "--top=3", "--set=y=2",
                   "--quiet", "-"),
              &error);
    assert_int_equal(attune_arguments_n(a), 2);
    assert_string_equal(attune_arguments_at(a, 0), "first");
    assert_string_equal(attune_arguments_at(a, 1), "-");
    assert_null(attune_arguments_at(a, 2));
    assert_string_equal(attune_option_value(a, "out"), "d");
    assert_int_equal(attune_option_n(a, "set"), 2);
    assert_string_equal(attune_option_nth(a, "set", 1), "y=2");
    assert_true(attune_option_given(a, "quiet"));
    assert_ok(attune_option_integer(a, "top", 1, 10, &top, &error), &error);
    assert_int_equal(top, 3);
    attune_arguments_free(a);
    assert_ok(read(&a, &error, 2, "--", "--top"), &error);
    assert_string_equal(attune_arguments_at(a, 0), "--top");
    attune_arguments_free(a);
}

static void test_refusals(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_arguments *a = NULL;
    int64_t top = 0;
    assert_int_equal(read(&a, &error, 1, "--tpo"), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "did you mean --top");
    assert_int_equal(read(&a, &error, 2, "x", "--out"), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "--out needs a value");
    assert_int_equal(read(&a, &error, 2, "x", "--quiet=1"), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "takes no value");
    assert_int_equal(read(&a, &error, 3, "x", "y", "z"), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "\"z\" is one too many");
    assert_int_equal(read(&a, &error, 0), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "attune verb A [B]");
    assert_ok(read(&a, &error, 3, "x", "--top", "0"), &error);
    assert_int_equal(attune_option_integer(a, "top", 1, INT64_MAX, &top, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "need at least 1");
    attune_arguments_free(a);
}

/* Every verb says what it is for, and its options have a doc. */
static void test_every_command_is_described(void **state)
{
    (void)state;
    for (int64_t i = 0; attune_command_types[i]; i++) {
        const attune_command_type *type = attune_command_types[i];
        assert_non_null(type->usage);
        assert_true(strlen(type->doc) > 10 && type->doc[strlen(type->doc) - 1] == '.');
        assert_non_null(type->run);
        assert_ptr_equal(attune_command_find(type->name), type);
        for (const attune_option *o = type->options; o && o->name; o++) {
            assert_true(strlen(o->doc) > 5);
            for (const attune_option *p = type->options; p != o; p++)
                assert_string_not_equal(o->name, p->name);
        }
    }
    assert_null(attune_command_find("serch"));
}

static void test_what_is_named(void **state)
{
    (void)state;
    attune_error error = {0};
    char *folder = scratch_folder();
    char *file = attune_path_join(folder, "notes.txt", &error);
    char *none = attune_path_join(folder, "no/best", &error);
    int64_t number = 0;
    write_whole(file, "SQLite format 3");
    assert_int_equal(attune_named_of("203", &number), ATTUNE_NAMED_TRIAL);
    assert_int_equal(number, 203);
    assert_int_equal(attune_named_of("a.json", NULL), ATTUNE_NAMED_PLAN);
    assert_int_equal(attune_named_of("a.csv", NULL), ATTUNE_NAMED_DATA);
    assert_int_equal(attune_named_of("-", NULL), ATTUNE_NAMED_DATA);
    assert_int_equal(attune_named_of("x.db", NULL), ATTUNE_NAMED_STORE);
    assert_int_equal(attune_named_of(folder, NULL), ATTUNE_NAMED_DUMP);
    assert_int_equal(attune_named_of(file, NULL),
                     ATTUNE_NAMED_DATA); /* no final NUL: not a store */
    assert_int_equal(attune_named_check(none, &error), ATTUNE_NOT_FOUND);
    attune_error_clear(&error);
    assert_int_equal(attune_named_check_out(none, &error), ATTUNE_NOT_FOUND);
    attune_error_clear(&error);
    assert_int_equal(attune_named_check_out(file, &error), ATTUNE_CONFLICT);
    assert_error(&error, ATTUNE_CONFLICT, "is a file");
    attune_error_clear(&error);
    assert_int_equal(attune_named_check_out(folder, &error), ATTUNE_CONFLICT);
    assert_error(&error, ATTUNE_CONFLICT, "not a dump");
    free(none);
    free(file);
    scratch_remove(folder);
}

static char *printed(const attune_grid *grid, attune_format format)
{
    attune_error error = {0};
    char *bytes = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&bytes, &length);
    assert_ok(attune_grid_print(grid, format, file, &error), &error);
    fclose(file);
    return bytes;
}

static void test_grids(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_grid grid = {0};
    assert_ok(attune_grid_column(&grid, "n", &error), &error);
    assert_ok(attune_grid_column(&grid, "name", &error), &error);
    assert_ok(attune_grid_column(&grid, "x", &error), &error);
    for (int i = 0; i < 2; i++) {
        attune_value *row = attune_grid_row(&grid, &error);
        row[0] = attune_value_integer(i ? 12 : 3);
        assert_ok(attune_value_set_text(&row[1], i ? "caf\xc3\xa9" : "a \"b\", c", &error), &error);
        row[2] = i ? attune_value_real(0.1) : (attune_value){0};
    }
    char *csv = printed(&grid, ATTUNE_FORMAT_CSV), *lines = printed(&grid, ATTUNE_FORMAT_JSONL);
    char *table = printed(&grid, ATTUNE_FORMAT_TABLE);
    assert_string_equal(csv, "n,name,x\n3,\"a \"\"b\"\", c\",\n12,caf\xc3\xa9,0.1\n");
    assert_string_equal(lines, "{\"n\":3,\"name\":\"a \\\"b\\\", c\",\"x\":null}\n"
                               "{\"n\":12,\"name\":\"caf\xc3\xa9\",\"x\":0.1}\n");
    assert_string_equal(table,
                        " n  name        x\n 3  a \"b\", c     \n12  caf\xc3\xa9      0.1\n");
    free(csv);
    free(lines);
    free(table);
    attune_grid_clear(&grid);
}

static void test_numbers_for_people(void **state)
{
    (void)state;
    char text[32];
    assert_string_equal(attune_count_text(7, text), "7");
    assert_string_equal(attune_count_text(-1234567, text), "-1,234,567");
    assert_string_equal(attune_count_text(100000, text), "100,000");
    assert_string_equal(attune_score_text(0.23134, text), "0.2313");
    assert_string_equal(attune_score_text(0.0000123456, text), "1.235e-05");
    assert_string_equal(attune_score_text(0, text), "0.0000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_and_positions),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_every_command_is_described),
        cmocka_unit_test(test_what_is_named),
        cmocka_unit_test(test_grids),
        cmocka_unit_test(test_numbers_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
