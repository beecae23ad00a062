/* tests/test_text.c - growing strings, lists of them, misspelt names, patterns. */
#include "spaces/base/text.h"
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

static void appends_add_up_past_every_growth(void **state)
{
    (void)state;
    attune_text text = {0};
    int64_t length = 0;
    for (int i = 0; i < 1000; i++) {
        attune_text_printf(&text, "%d,", i);
        length += i < 10 ? 2 : i < 100 ? 3 : 4;
    }
    assert_int_equal(text.length, length);
    assert_int_equal(strlen(text.bytes), (size_t)length);
    assert_string_equal(text.bytes + length - 8, "998,999,");
    attune_text_append_bytes(&text, "a\0b", 3);
    assert_memory_equal(text.bytes + length, "a\0b", 4);
    attune_text_clear(&text);
    assert_null(text.bytes);
}

static void take_gives_the_bytes_away(void **state)
{
    (void)state;
    attune_text text = {0};
    char *empty = attune_text_take(&text, NULL);
    assert_string_equal(empty, "");
    free(empty);
    attune_text_append(&text, "kept");
    char *bytes = attune_text_take(&text, NULL);
    assert_string_equal(bytes, "kept");
    assert_null(text.bytes);
    assert_int_equal(text.length, 0);
    free(bytes);
}

static void a_failed_append_is_told_at_the_end(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_text text = {0};
    attune_text_append(&text, "first");
    text.failed = true; /* as when memory runs out */
    attune_text_append(&text, " second");
    attune_text_printf(&text, "%d", 3);
    assert_string_equal(text.bytes, "first");
    assert_null(attune_text_take(&text, &error));
    assert_error(&error, ATTUNE_MEMORY, "5 bytes");
    assert_false(text.failed);
}

static void lists_own_their_items(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_texts texts = {0}, copy = {0};
    char word[8] = "w0";
    for (char c = '0'; c <= '9'; c++) {
        word[1] = c;
        assert_ok(attune_texts_add(&texts, word, &error), &error);
    }
    assert_int_equal(attune_texts_find(&texts, "w7"), 7);
    assert_int_equal(attune_texts_find(&texts, "w"), -1);
    assert_ok(attune_texts_add(&copy, "goes", &error), &error);
    assert_ok(attune_texts_copy(&copy, &texts, &error), &error);
    attune_texts_clear(&texts);
    assert_int_equal(copy.n, 10);
    assert_string_equal(copy.items[9], "w9");
    attune_texts_clear(&copy);
    assert_int_equal(copy.n, 0);
}

static const char *const metrics[] = {
    "accuracy", "balanced_accuracy", "log_loss", "roc_auc", "f1", "brier", "rmse", "r2"};

static const char *nearest(const char *word)
{
    return attune_nearest(word, metrics, sizeof metrics / sizeof *metrics);
}

static void a_slip_finds_the_name_meant(void **state)
{
    (void)state;
    assert_string_equal(nearest("acuracy"), "accuracy");
    assert_string_equal(nearest("logloss"), "log_loss");
    assert_string_equal(nearest("ROC_AUC"), "roc_auc");
    assert_string_equal(nearest("F1"), "f1");
    assert_string_equal(nearest("rsme"), "rmse");
    assert_string_equal(nearest("balanced_acuracy"), "balanced_accuracy");
}

static void what_is_far_from_all_is_not_guessed(void **state)
{
    (void)state;
    char hint[64];
    char endless[300];
    memset(endless, 'a', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    assert_null(nearest("silhouette"));
    assert_null(nearest(""));
    assert_null(nearest(endless));
    assert_null(attune_nearest("x", NULL, 0));
    assert_string_equal(attune_did_you_mean("zzzzz", metrics, 8, hint, sizeof hint), "");
    assert_string_equal(attune_did_you_mean("bier", metrics, 8, hint, sizeof hint),
                        ", did you mean \"brier\"?");
    assert_string_equal(attune_did_you_mean("bier", metrics, 8, hint, 7), ", did ");
}

static void patterns_match_whole_names(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "anything", true},
        {"bill_*", "bill_", true},
        {"bill_*", "bill", false},
        {"*_mm", "bill_mm", true},
        {"*_mm", "_mm_", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"*a*b*c", "xxaxxbxxc", true},
        {"*a*b*c", "xxaxxcxxb", false},
        {"a*b", "ab", true},
        {"**", "x", true},
        {"?", "", false},
        {"abc", "abcd", false},
        {"*aab", "aaaab", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (attune_matches(cases[i].pattern, cases[i].text) != cases[i].matches)
            fail_msg("%s against %s", cases[i].pattern, cases[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_add_up_past_every_growth),
        cmocka_unit_test(take_gives_the_bytes_away),
        cmocka_unit_test(a_failed_append_is_told_at_the_end),
        cmocka_unit_test(lists_own_their_items),
        cmocka_unit_test(a_slip_finds_the_name_meant),
        cmocka_unit_test(what_is_far_from_all_is_not_guessed),
        cmocka_unit_test(patterns_match_whole_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
