/* tests/test_bundle.c - the files of a folder in memory: kept in order, written whole, read with
 * suspicion. */
#include "steps/dump/bundle.h"
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void add(attune_bundle *bundle, const char *path, const char *text)
{
    attune_error error = {0};
    assert_ok(attune_bundle_add_text_take(bundle, path, attune_copy_text(text, NULL), &error),
              &error);
}

static attune_bundle sample(void)
{
    attune_bundle bundle = {0};
    add(&bundle, "manifest.json", "{}\n");
    add(&bundle, "model/step.json", "{\"a\": 1}\n");
    add(&bundle, "model/deep/er/coef.npy", "xyz");
    add(&bundle, "empty", "");
    return bundle;
}

static char *path_in(const char *folder, const char *name)
{
    char *path = attune_path_join(folder, name, NULL);
    assert_non_null(path);
    return path;
}

static void keeps_files_in_order(void **state)
{
    (void)state;
    attune_bundle bundle = sample();
    attune_error error = {0};
    for (int64_t i = 1; i < bundle.n; i++)
        assert_true(strcmp(bundle.files[i - 1].path, bundle.files[i].path) < 0);
    assert_int_equal(bundle.n, 4);
    assert_null(attune_bundle_find(&bundle, "model"));
    const attune_bundle_file *file = attune_bundle_find(&bundle, "model/deep/er/coef.npy");
    assert_non_null(file);
    assert_int_equal(file->length, 3);
    assert_memory_equal(file->bytes, "xyz", 3);
    attune_bundle_add_text_take(&bundle, "empty", attune_copy_text("again", NULL), &error);
    assert_error(&error, ATTUNE_CONFLICT, "two files of one name: empty");
    char *bytes = attune_copy_text("full", NULL);
    assert_ok(attune_bundle_put_take(&bundle, "empty", bytes, 4, &error), &error);
    assert_int_equal(attune_bundle_find(&bundle, "empty")->length, 4);
    assert_int_equal(bundle.n, 4);
    attune_bundle_clear(&bundle);
}

static void refuses_paths(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "/",        "/etc/passwd", "..",    "a/../b", "a/..",
                                      "./a", "a//b",     "a/",          "a b",   "a\nb",   "a\\b",
                                      "a:b", "\xc3\xa9", "a/.",         "~root*"};
    attune_bundle bundle = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        attune_error error = {0};
        assert_false(attune_bundle_path_ok(bad[i]));
        attune_bundle_add_text_take(&bundle, bad[i], attune_copy_text("", NULL), &error);
        assert_error(&error, ATTUNE_INVALID, "not a path that a dump may hold");
    }
    assert_int_equal(bundle.n, 0);
    assert_true(attune_bundle_path_ok("..."));
    assert_true(attune_bundle_path_ok("a..b/.c/d-E_9.npy"));
    char part[257];
    memset(part, 'a', 256);
    part[256] = '\0';
    assert_false(attune_bundle_path_ok(part));
    part[255] = '\0';
    assert_true(attune_bundle_path_ok(part));
    attune_text deep = {0};
    for (int i = 0; i < ATTUNE_BUNDLE_DEPTH; i++)
        attune_text_append(&deep, i ? "/a" : "a");
    assert_true(attune_bundle_path_ok(deep.bytes));
    attune_text_append(&deep, "/a");
    assert_false(attune_bundle_path_ok(deep.bytes));
    attune_text_clear(&deep);
}

static void writes_and_reads_a_folder(void **state)
{
    (void)state;
    attune_error error = {0};
    char *scratch = scratch_folder(), *path = path_in(scratch, "best");
    attune_bundle bundle = sample(), again = {0};
    assert_ok(attune_bundle_write(&bundle, path, &error), &error);
    assert_ok(attune_bundle_read(&again, path, &error), &error);
    assert_true(attune_bundle_same(&bundle, &again));
    /* A second one takes the place of the first, whole. */
    attune_bundle other = {0};
    add(&other, "only", "this");
    assert_false(attune_bundle_same(&other, &again));
    assert_ok(attune_bundle_write(&other, path, &error), &error);
    attune_bundle_clear(&again);
    assert_ok(attune_bundle_read(&again, path, &error), &error);
    assert_true(attune_bundle_same(&other, &again));
    attune_texts names = {0};
    assert_ok(attune_folder_list(scratch, &names, &error), &error);
    assert_int_equal(names.n, 1); /* nothing left over beside it */
    attune_texts_clear(&names);
    attune_bundle_clear(&bundle);
    attune_bundle_clear(&again);
    attune_bundle_clear(&other);
    free(path);
    scratch_remove(scratch);
}

static void leaves_nothing_when_writing_fails(void **state)
{
    (void)state;
    attune_error error = {0};
    char *scratch = scratch_folder(), *path = path_in(scratch, "best");
    attune_bundle bundle = {0};
    add(&bundle, "a", "a file where a folder is needed");
    add(&bundle, "a/b", "cannot be");
    assert_int_not_equal(attune_bundle_write(&bundle, path, &error), ATTUNE_OK);
    attune_texts names = {0};
    assert_ok(attune_folder_list(scratch, &names, NULL), NULL);
    assert_int_equal(names.n, 0);
    attune_bundle_clear(&bundle);
    free(path);
    path = path_in(scratch, "no/such/place");
    attune_error_clear(&error);
    attune_bundle_write(&bundle, path, &error);
    assert_error(&error, ATTUNE_NOT_FOUND, "no/such/place");
    free(path);
    scratch_remove(scratch);
}

static void refuse_folder(const char *path, attune_status status, const char *words)
{
    attune_error error = {0};
    attune_bundle bundle = {0};
    attune_bundle_read(&bundle, path, &error);
    assert_error(&error, status, words);
    assert_int_equal(bundle.n, 0);
}

static void reads_with_suspicion(void **state)
{
    (void)state;
    char *scratch = scratch_folder(), *path = path_in(scratch, "best");
    refuse_folder(path, ATTUNE_NOT_FOUND, "best");
    attune_bundle bundle = sample();
    assert_ok(attune_bundle_write(&bundle, path, NULL), NULL);
    char *link = path_in(path, "model/passwd"), *name = path_in(path, "model/a b");
    char *empty = path_in(path, "hollow"), *pipe = path_in(path, "pipe");
    char *file = path_in(path, "manifest.json");
    assert_int_equal(symlink("/etc/passwd", link), 0);
    refuse_folder(path, ATTUNE_CORRUPT, "is a link");
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink("..", link), 0);
    refuse_folder(path, ATTUNE_CORRUPT, "is a link");
    assert_int_equal(unlink(link), 0);
    write_whole(name, "");
    refuse_folder(path, ATTUNE_CORRUPT, "not one of ours");
    assert_int_equal(unlink(name), 0);
    assert_int_equal(mkdir(empty, 0777), 0);
    refuse_folder(path, ATTUNE_CORRUPT, "is empty");
    assert_int_equal(rmdir(empty), 0);
    assert_int_equal(mkfifo(pipe, 0666), 0);
    refuse_folder(path, ATTUNE_CORRUPT, "special file");
    assert_int_equal(unlink(pipe), 0);
    refuse_folder(file, ATTUNE_INVALID, "is a file; a dump is a folder");
    attune_bundle again = {0};
    assert_ok(attune_bundle_read(&again, path, NULL), NULL);
    assert_true(attune_bundle_same(&bundle, &again));
    attune_bundle_clear(&bundle);
    attune_bundle_clear(&again);
    free(link);
    free(name);
    free(empty);
    free(pipe);
    free(file);
    free(path);
    scratch_remove(scratch);
}

/* A file that claims 5 GiB (a hole) is refused by its size, before it is read. */
static void limits_a_file(void **state)
{
    (void)state;
    char *scratch = scratch_folder(), *path = path_in(scratch, "huge");
    write_whole(path, "");
    if (truncate(path, (off_t)5 << 30) == 0)
        refuse_folder(scratch, ATTUNE_INVALID, "too long");
    free(path);
    scratch_remove(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_files_in_order),
        cmocka_unit_test(refuses_paths),
        cmocka_unit_test(writes_and_reads_a_folder),
        cmocka_unit_test(leaves_nothing_when_writing_fails),
        cmocka_unit_test(reads_with_suspicion),
        cmocka_unit_test(limits_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
