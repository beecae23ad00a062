/* tests/test_table.c - delimited text, well-made and broken: fields, summaries, named errors. */
#include "tests/support.h"

#include "steps/data/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static attune_table *parse_with(const char *text, const attune_table_options *options)
{
    attune_error error = {0};
    attune_table *table = NULL;
    assert_ok(attune_table_parse(&table, "test", text, (int64_t)strlen(text), options, &error),
              &error);
    return table;
}

static attune_table *parse(const char *text)
{
    return parse_with(text, NULL);
}

static void assert_field(const attune_table *table, int64_t row, int64_t column, const char *text)
{
    int64_t length = 0;
    const char *field = attune_table_field(table, row, column, &length);
    if (!text) {
        assert_int_equal(length, -1);
        return;
    }
    assert_int_equal(length, strlen(text));
    assert_memory_equal(field, text, (size_t)length);
}

static void fields_are_unquoted(void **state)
{
    (void)state;
    attune_table *table = parse("a,b,c\r\n\"x \"\"y\"\"\",\"1,\n2\",\r\n\"\",z\"z,\"\"\"\"\n");
    assert_int_equal(attune_table_n_rows(table), 2);
    assert_int_equal(attune_table_n_columns(table), 3);
    assert_field(table, 0, 0, "x \"y\"");
    assert_field(table, 0, 1, "1,\n2");
    assert_field(table, 0, 2, NULL);
    assert_field(table, 1, 0, NULL);
    assert_field(table, 1, 1, "z\"z");
    assert_field(table, 1, 2, "\"");
    assert_int_equal(attune_table_line(table, 0), 2);
    assert_int_equal(attune_table_line(table, 1), 4);
    assert_string_equal(attune_table_name(table, 2), "c");
    assert_string_equal(attune_table_source(table), "test");
    attune_table_free(table);
}

static void names_are_found(void **state)
{
    (void)state;
    attune_table *table = parse("Sepal.Length, b ,\"c d\"\n1,2,3\n");
    assert_int_equal(attune_table_find(table, "Sepal.Length"), 0);
    assert_int_equal(attune_table_find(table, "b"), 1);
    assert_int_equal(attune_table_find(table, "c d"), 2);
    assert_int_equal(attune_table_find(table, "sepal.length"), -1);
    attune_table_free(table);
}

static void header_alone_has_no_rows(void **state)
{
    (void)state;
    attune_table *table = parse("a,b\n");
    assert_int_equal(attune_table_n_rows(table), 0);
    assert_false(attune_table_summary(table, 0)->real);
    attune_table_free(table);
    table = parse("a");
    assert_int_equal(attune_table_n_rows(table), 0);
    attune_table_free(table);
}

static void blank_lines(void **state)
{
    (void)state;
    attune_table *table = parse("\n\na,b\n\n1,2\n\r\n3,4\n\n");
    assert_int_equal(attune_table_n_rows(table), 2);
    assert_int_equal(attune_table_line(table, 1), 7);
    attune_table_free(table);
    table =
        parse("a\n1\n\n3\n\"\"\n\n\n"); /* one column: a blank line is a value, but at the end */
    assert_int_equal(attune_table_n_rows(table), 4);
    assert_field(table, 1, 0, NULL);
    assert_field(table, 2, 0, "3");
    assert_field(table, 3, 0, NULL);
    attune_table_free(table);
}

static void summaries_of_whole_columns(void **state)
{
    (void)state;
    attune_table *table = parse("i,r,d,t,m,e,mixed\n"
                                "1,1.5,2026-11-22,x,NA,,7\n"
                                "-2,2e3,2026-11-22 10:00,y,5,,8\n"
                                "1, 3 ,2026-11-22T10:00Z,x,NaN,?,nine\n");
    const attune_summary *s[7];
    for (int i = 0; i < 7; i++)
        s[i] = attune_table_summary(table, i);
    assert_true(s[0]->real && s[0]->integer && !s[0]->datetime);
    assert_int_equal(s[0]->n_distinct, 2);
    assert_true(s[1]->real && !s[1]->integer);
    assert_int_equal(s[1]->first_text, -1);
    assert_true(s[2]->datetime && !s[2]->real);
    assert_int_equal(s[2]->n_distinct, 3);
    assert_true(!s[3]->real && !s[3]->datetime);
    assert_int_equal(s[3]->first_text, 0);
    assert_int_equal(s[3]->bytes, 3);
    assert_int_equal(s[4]->n_missing, 2);
    assert_true(s[4]->real && s[4]->integer);
    assert_int_equal(s[5]->n_missing, 3);
    assert_int_equal(s[5]->n_distinct, 0);
    assert_false(s[5]->real || s[5]->integer || s[5]->datetime);
    assert_int_equal(s[6]->first_text, 2);
    assert_int_equal(s[6]->n_numbers, 2);
    attune_table_free(table);
}

static void many_different_fields_have_no_dictionary(void **state)
{
    (void)state;
    attune_text text = {0};
    attune_text_append(&text, "n,t,few\n");
    for (int i = 0; i < 30000; i++)
        attune_text_printf(&text, "%d.5,%s%d,%d\n", i, i % 2 ? "a longer text " : "t", i / 2,
                           i == 29999 ? 5 : i % 3);
    attune_table *table = parse(text.bytes);
    int32_t n = 0;
    assert_null(attune_table_codes(table, 0, &n));
    assert_null(attune_table_codes(table, 1, &n));
    assert_int_equal(attune_table_summary(table, 0)->n_distinct, 10001);
    assert_int_equal(attune_table_summary(table, 0)->n_numbers, 30000);
    assert_true(attune_table_summary(table, 0)->real);
    assert_int_equal(attune_table_summary(table, 1)->n_numbers, 0);
    const uint16_t *codes = attune_table_codes(table, 2, &n);
    assert_non_null(codes);
    assert_int_equal(n, 4);
    assert_int_equal(codes[29999], 3);
    int64_t length = 0;
    assert_int_equal(*attune_table_word(table, 2, 3, &length), '5');
    assert_field(table, 29999, 1, "a longer text 14999");
    attune_table_free(table);
    attune_text_clear(&text);
}

static void missing_tokens_are_chosen(void **state)
{
    (void)state;
    char token[] = "-999", phrase[] = "no answer given";
    char *items[] = {token, phrase};
    attune_texts missing = {items, 2};
    attune_table_options options = {.missing = &missing};
    attune_table *table =
        parse_with("a,b\n-999,no answer given\n,NA\n5,no answer given\n", &options);
    assert_field(table, 0, 0, NULL);
    assert_field(table, 1, 0, NULL);
    assert_field(table, 0, 1, NULL);
    assert_field(table, 1, 1, "NA");
    assert_int_equal(attune_table_summary(table, 1)->n_missing, 2);
    assert_int_equal(attune_table_missing(table)->n, 3);
    attune_table_free(table);
}

static void delimiter_given_or_found(void **state)
{
    (void)state;
    attune_table *table = parse("a;b\n1,5;2\n2,5;3\n"); /* decimal commas do not mislead */
    assert_int_equal(attune_table_n_columns(table), 2);
    assert_field(table, 0, 0, "1,5");
    attune_table_free(table);
    attune_table_options options = {.delimiter = ':'};
    table = parse_with("a:b,c\n1:2\n", &options);
    assert_string_equal(attune_table_name(table, 1), "b,c");
    attune_table_free(table);
    table = parse("\"x,y\"\t\"b\"\n\"1,\n,2\"\t4\n");
    assert_int_equal(attune_table_n_columns(table), 2);
    attune_table_free(table);
}

static void ten_thousand_columns(void **state)
{
    (void)state;
    enum { n = 10000 };
    attune_text text = {0};
    for (int row = 0; row < 3; row++)
        for (int i = 0; i < n; i++)
            attune_text_printf(&text, row ? "%d.25%s" : "column_%d%s", i, i < n - 1 ? "," : "\n");
    attune_table *table = parse(text.bytes); /* its records are longer than 64 KiB */
    assert_int_equal(attune_table_n_columns(table), n);
    for (int i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "column_%d", i);
        assert_int_equal(attune_table_find(table, name), i);
        snprintf(name, sizeof name, "%d.25", i);
        assert_field(table, 1, i, name);
    }
    attune_table_free(table);
    attune_text_clear(&text);
}

static void a_long_record_after_short_ones(void **state)
{
    (void)state;
    attune_text text = {0};
    attune_text_append(&text, "a,b\n1,x\n2,\"");
    for (int i = 0; i < 70000; i++)
        attune_text_append(&text, i % 100 ? "w" : "\"\"");
    attune_text_append(&text, "\"\n3,z\n");
    attune_table *table = parse(text.bytes);
    int64_t length = 0;
    assert_field(table, 0, 1, "x");
    attune_table_field(table, 1, 1, &length);
    assert_int_equal(length, 70000);
    assert_field(table, 2, 1, "z");
    attune_table_free(table);
    attune_text_clear(&text);
}

/* Whatever stands at the end of the 64 bytes that are looked at together. */
static void any_length_of_fields(void **state)
{
    (void)state;
    char text[1200], field[150];
    for (int n = 0; n < 140; n++) {
        memset(field, 'f', sizeof field);
        field[n] = '\0';
        snprintf(text, sizeof text, "a,b,c\r\n%s,\"q%s\",1\r\n2,\"%s\"\"\",%s|", field, field,
                 field, field);
        attune_table *table = parse(text);
        char quoted[160];
        assert_field(table, 0, 0, n ? field : NULL);
        snprintf(quoted, sizeof quoted, "q%s", field);
        assert_field(table, 0, 1, quoted);
        snprintf(quoted, sizeof quoted, "%s\"", field);
        assert_field(table, 1, 1, quoted);
        snprintf(quoted, sizeof quoted, "%s|", field);
        assert_field(table, 1, 2, quoted);
        attune_table_free(table);
    }
}

static void broken_files_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        int line, column;
        const char *words;
    } broken[] = {
        {"empty.csv", 0, 0, "the file is empty"},
        {"blank.csv", 0, 0, "the file is empty"},
        {"ragged_short.csv", 3, 1, "2 fields here, but the header names 3"},
        {"ragged_long.csv", 3, 1, "4 fields here, but the header names 3"},
        {"open_quote.csv", 3, 3, "never closed"},
        {"after_quote.csv", 2, 4, "text after a closing quote"},
        {"two_names.csv", 1, 5, "columns 1 and 3 are both called \"a\""},
        {"no_name.csv", 1, 1, "column 1 has no name"},
        {"no_name_inside.csv", 1, 3, "column 2 has no name"},
        {"nul.csv", 2, 3, "not a text file"},
        {"latin1.csv", 2, 6, "not UTF-8: the byte 0xE9"},
        {"latin1_header.csv", 1, 4, "not UTF-8"},
        {"overlong.csv", 2, 3, "not UTF-8"},
        {"surrogate.csv", 2, 3, "not UTF-8"},
        {"cut_character.csv", 2, 3, "not UTF-8"},
        {"utf16.csv", 0, 0, "UTF-16"},
        {"zip.csv", 0, 0, "zip archive"},
        {"cr_only.csv", 1, 3, "CR alone"},
        {"cut.csv.gz", 0, 0, "cut short"},
        {"damaged.csv.gz", 0, 0, "damaged"},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        char path[512];
        attune_error error = {0};
        attune_table *table = NULL;
        snprintf(path, sizeof path, "%s/bad_csv/%s", ATTUNE_TEST_DATA, broken[i].file);
        assert_int_equal(attune_table_read(&table, path, NULL, &error), ATTUNE_INVALID);
        assert_error(&error, ATTUNE_INVALID, broken[i].words);
        assert_int_equal(error.line, broken[i].line);
        assert_int_equal(error.column, broken[i].column);
        assert_string_equal(error.source, path);
        assert_null(table);
    }
}

static void what_is_no_file(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_table *table = NULL;
    attune_table_read(&table, ATTUNE_TEST_DATA "/not_there.csv", NULL, &error);
    assert_error(&error, ATTUNE_NOT_FOUND, "not_there.csv");
    attune_error_clear(&error);
    attune_table_read(&table, ATTUNE_TEST_DATA, NULL, &error);
    assert_error(&error, ATTUNE_INVALID, "is a folder");
    attune_error_clear(&error);
    attune_table_options options = {.delimiter = '"'};
    attune_table_parse(&table, "test", "a\n", 2, &options, &error);
    assert_error(&error, ATTUNE_INVALID, "delimiter");
}

static void standard_input_and_gzip(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    char *path = attune_path_join(folder, "d.csv.gz", NULL);
    gzFile file = gzopen(path, "wb");
    gzprintf(file, "a,b\n");
    for (int i = 0; i < 100000; i++)
        gzprintf(file, "%d,%s\n", i, "the same");
    gzclose(file);
    int kept = dup(STDIN_FILENO);
    assert_non_null(freopen(path, "rb", stdin));
    attune_error error = {0};
    attune_table *table = NULL;
    assert_ok(attune_table_read(&table, "-", NULL, &error), &error);
    dup2(kept, STDIN_FILENO);
    close(kept);
    assert_int_equal(attune_table_n_rows(table), 100000);
    assert_field(table, 99999, 0, "99999");
    assert_string_equal(attune_table_source(table), "standard input");
    attune_table_free(table);
    free(path);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_unquoted),
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(header_alone_has_no_rows),
        cmocka_unit_test(blank_lines),
        cmocka_unit_test(summaries_of_whole_columns),
        cmocka_unit_test(many_different_fields_have_no_dictionary),
        cmocka_unit_test(missing_tokens_are_chosen),
        cmocka_unit_test(delimiter_given_or_found),
        cmocka_unit_test(ten_thousand_columns),
        cmocka_unit_test(a_long_record_after_short_ones),
        cmocka_unit_test(any_length_of_fields),
        cmocka_unit_test(broken_files_are_named),
        cmocka_unit_test(what_is_no_file),
        cmocka_unit_test(standard_input_and_gzip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
