/* tests/test_key.c - content keys: the parts count, their kind and order too; SHA-256. */
#include "spaces/base/key.h"
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void the_same_parts_give_the_same_key(void **state)
{
    (void)state;
    attune_key a = attune_key_start("fit"), b = attune_key_start("fit");
    a = attune_key_real(attune_key_integer(attune_key_text(a, "ridge"), 3), 2.385);
    b = attune_key_real(attune_key_integer(attune_key_text(b, "ridge"), 3), 2.385);
    assert_true(attune_key_same(a, b));
    /* Keys are stored: another value here means that every store of an older version is lost. */
    char text[ATTUNE_KEY_TEXT_SIZE];
    assert_string_equal(attune_key_name(a, text), "56b012ac625e02785eae87b41baf085b");
}

static void different_parts_never_meet(void **state)
{
    (void)state;
    attune_key s = attune_key_start("fit");
    attune_key keys[] = {
        s,
        attune_key_start("Fit"),
        attune_key_start(""),
        attune_key_text(s, NULL),
        attune_key_text(s, ""),
        attune_key_text(s, "1"),
        attune_key_bytes(s, "1", 1),
        attune_key_bytes(s, "", 0),
        attune_key_bytes(s, "1\0", 2),
        attune_key_integer(s, 1),
        attune_key_integer(s, 0),
        attune_key_integer(s, -1),
        attune_key_real(s, 1),
        attune_key_real(s, 0),
        attune_key_real(s, NAN),
        attune_key_join(s, s),
        attune_key_join(s, attune_key_start("")),
        attune_key_join(attune_key_start(""), s),
        attune_key_text(attune_key_text(s, "a"), "b"),
        attune_key_text(attune_key_text(s, "b"), "a"),
        attune_key_text(attune_key_text(s, "ab"), ""),
        attune_key_text(attune_key_text(s, ""), "ab"),
        attune_key_text(s, "ab"),
    };
    const int n = (int)(sizeof keys / sizeof *keys);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            if (attune_key_same(keys[i], keys[j]) != (i == j))
                fail_msg("keys %d and %d", i, j);
}

static void reals_are_keyed_by_value(void **state)
{
    (void)state;
    attune_key s = attune_key_start("real");
    assert_true(attune_key_same(attune_key_real(s, 0.0), attune_key_real(s, -0.0)));
    assert_true(attune_key_same(attune_key_real(s, NAN), attune_key_real(s, -NAN)));
    assert_false(attune_key_same(attune_key_real(s, 0.3), attune_key_real(s, 0.1 + 0.2)));
}

static void sha256_knows_its_vectors(void **state)
{
    (void)state;
    char text[ATTUNE_SHA256_TEXT_SIZE];
    attune_error error = {0};
    /* FIPS 180-2, appendix B. */
    assert_ok(attune_sha256("", 0, text, &error), &error);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_ok(attune_sha256("abc", 3, text, &error), &error);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    char *million = malloc(1000000);
    assert_non_null(million);
    memset(million, 'a', 1000000);
    assert_ok(attune_sha256(million, 1000000, text, &error), &error);
    assert_string_equal(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(million);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_parts_give_the_same_key),
        cmocka_unit_test(different_parts_never_meet),
        cmocka_unit_test(reals_are_keyed_by_value),
        cmocka_unit_test(sha256_knows_its_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
