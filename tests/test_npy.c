/* tests/test_npy.c - arrays as .npy files, to numpy's own bytes, and damaged ones refused. */
#include "steps/dump/npy.h"
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *golden(const char *name, int64_t *length)
{
    attune_text path = {0};
    char *bytes = NULL;
    attune_error error = {0};
    attune_text_printf(&path, "%s/npy/%s.npy", ATTUNE_TEST_GOLDEN, name);
    assert_ok(attune_file_read(path.bytes, 1 << 20, &bytes, length, &error), &error);
    attune_text_clear(&path);
    return bytes;
}

/* Reads numpy's file, checks type and shape, and writes it again to the same bytes. */
static attune_array there_and_back(const char *name, attune_array_type type, int n_dims,
                                   const int64_t *shape)
{
    attune_error error = {0};
    attune_array array = {0};
    int64_t length = 0, again = 0;
    char *bytes = golden(name, &length), *written = NULL;
    assert_ok(attune_npy_read(name, bytes, length, &array, &error), &error);
    assert_int_equal(array.type, type);
    assert_int_equal(array.n_dims, n_dims);
    for (int i = 0; i < n_dims; i++)
        assert_int_equal(array.shape[i], shape[i]);
    assert_ok(attune_npy_write(&array, &written, &again, &error), &error);
    assert_int_equal(again, length);
    assert_memory_equal(written, bytes, (size_t)length);
    free(bytes);
    free(written);
    return array;
}

static void reads_and_writes_as_numpy(void **state)
{
    (void)state;
    attune_array a = there_and_back("f64_2d", ATTUNE_ARRAY_F64, 2, (int64_t[]){2, 3});
    assert_true(a.f64[0] == 1.5 && a.f64[1] == 0 && signbit(a.f64[1]) && isinf(a.f64[2]));
    assert_true(a.f64[3] == 2.385 && isnan(a.f64[4]) && a.f64[5] == 5e-324);
    attune_array_clear(&a);
    a = there_and_back("f32_scalar", ATTUNE_ARRAY_F32, 0, NULL);
    assert_true(a.f32[0] == 0.1f);
    attune_array_clear(&a);
    a = there_and_back("i64_1d", ATTUNE_ARRAY_I64, 1, (int64_t[]){3});
    assert_true(a.i64[0] == INT64_MIN && a.i64[1] == 0 && a.i64[2] == INT64_MAX);
    attune_array_clear(&a);
    a = there_and_back("i32_empty", ATTUNE_ARRAY_I32, 2, (int64_t[]){0, 7});
    attune_array_clear(&a);
    a = there_and_back("u8_3d", ATTUNE_ARRAY_U8, 3, (int64_t[]){2, 3, 4});
    assert_int_equal(a.u8[23], 23);
    attune_array_clear(&a);
}

/* A file with the header's text replaced; items is what follows it. */
static attune_status read_made(const char *header, int64_t items, attune_error *error)
{
    attune_text text = {0};
    attune_array array = {0};
    int64_t length = (int64_t)strlen(header) + 1;
    char start[10] = {
        '\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, (char)(length & 0xff), (char)(length >> 8)};
    attune_error_clear(error);
    attune_text_append_bytes(&text, start, sizeof start);
    attune_text_append(&text, header);
    attune_text_append(&text, "\n");
    for (int64_t i = 0; i < items; i++)
        attune_text_append_bytes(&text, "\x07", 1);
    attune_status status = attune_npy_read("a.npy", text.bytes, text.length, &array, error);
    attune_text_clear(&text);
    attune_array_clear(&array);
    return status;
}

static void refuses_bad_headers(void **state)
{
    (void)state;
    static const struct {
        const char *header, *words;
    } bad[] = {
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", "does not fit"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
         "does not fit"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }",
         "whole numbers"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (-2,), }", "whole numbers"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2), }", "tuple"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2 }", "tuple"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1, 2), }", "three dimensions"},
        {"{'descr': '>f8', 'fortran_order': False, 'shape': (2,), }", "items are none of"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", "items are none of"},
        {"{'descr': '<f8', 'fortran_order': True, 'shape': (2,), }", "C order"},
        {"{'descr': '<f8', 'fortran_order': False, }", "lacks"},
        {"{'descr': '<f8', 'descr': '<f8', 'shape': (2,), }", "unknown member"},
        {"{'descr': '<f8', 'other': 1, 'shape': (2,), }", "unknown member"},
        {"{'descr': '<f8' 'fortran_order': False, 'shape': (2,), }", "not a dictionary"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), } x", "newline"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), ", "unknown member"},
        {"", "not a dictionary"},
    };
    attune_error error = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        read_made(bad[i].header, 16, &error);
        assert_error(&error, ATTUNE_CORRUPT, bad[i].words);
        assert_string_equal(error.source, "a.npy");
    }
    const char *fine = "{'shape':(2 , 1), 'descr' :'<f8','fortran_order':False}";
    assert_error((read_made(fine, 16, &error), &error), ATTUNE_CORRUPT, "unknown member");
    fine = "{'shape':(2 , 1), 'descr':'<f8','fortran_order':False}";
    assert_ok(read_made(fine, 16, &error), &error);
}

static void refuses_fortran_order_of_numpy(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_array array = {0};
    int64_t length = 0;
    char *bytes = golden("fortran", &length);
    assert_int_equal(attune_npy_read("f", bytes, length, &array, &error), ATTUNE_CORRUPT);
    assert_error(&error, ATTUNE_CORRUPT, "C order");
    free(bytes);
}

/* Cut anywhere or with any header bit flipped: refused, or the same bytes of items in some other
 * legal shape or type; never read out of bounds (exact blocks, so that sanitizers see it). */
static void survives_damage(void **state)
{
    (void)state;
    int64_t length = 0;
    char *bytes = golden("f64_2d", &length);
    for (int64_t cut = 0; cut < length; cut++) {
        attune_array array = {0};
        char *block = malloc((size_t)cut + (cut == 0));
        assert_non_null(block);
        memcpy(block, bytes, (size_t)cut);
        assert_int_equal(attune_npy_read("cut", block, cut, &array, NULL), ATTUNE_CORRUPT);
        assert_null(array.data);
        free(block);
    }
    for (int64_t bit = 0; bit < 128 * 8; bit++) {
        attune_array array = {0};
        attune_error error = {0};
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
        attune_status status = attune_npy_read("bit", bytes, length, &array, &error);
        if (status)
            assert_int_equal(status, ATTUNE_CORRUPT);
        else
            assert_int_equal(
                attune_array_count(&array) * (int64_t)attune_array_item_size(array.type), 48);
        attune_array_clear(&array);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
    }
    free(bytes);
}

static void names_types(void **state)
{
    (void)state;
    for (int i = 0; i < ATTUNE_ARRAY_TYPES; i++) {
        attune_array_type type = ATTUNE_ARRAY_TYPES;
        assert_true(
            attune_array_type_from_word(attune_array_type_word((attune_array_type)i), &type));
        assert_int_equal(type, i);
    }
    attune_array_type type = ATTUNE_ARRAY_U8;
    assert_false(attune_array_type_from_word("f16", &type));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_as_numpy),
        cmocka_unit_test(refuses_bad_headers),
        cmocka_unit_test(refuses_fortran_order_of_numpy),
        cmocka_unit_test(survives_damage),
        cmocka_unit_test(names_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
