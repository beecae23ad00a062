/* tests/test_file.c - files and folders are old or new, never half; paths. */
#include "spaces/base/beside.h"
#include "spaces/base/file.h"
#include "tests/support.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char *path_in(const char *folder, const char *name)
{
    char *path = attune_path_join(folder, name, NULL);
    assert_non_null(path);
    return path;
}

static void assert_holds(const char *path, const char *text)
{
    char *bytes = read_whole(path);
    assert_string_equal(bytes, text);
    free(bytes);
}

static void assert_lists(const char *folder, int64_t n, const char *const names[])
{
    attune_error error = {0};
    attune_texts found = {0};
    assert_ok(attune_folder_list(folder, &found, &error), &error);
    assert_int_equal(found.n, n);
    for (int64_t i = 0; i < n; i++)
        assert_string_equal(found.items[i], names[i]);
    attune_texts_clear(&found);
}

static void written_is_read(void **state)
{
    (void)state;
    attune_error error = {0};
    char *folder = scratch_folder(), *path = path_in(folder, "a.txt");
    char *bytes = NULL;
    int64_t length = 0;
    assert_ok(attune_file_write(path, "a\0b", 3, &error), &error);
    assert_ok(attune_file_read(path, 3, &bytes, &length, &error), &error);
    assert_int_equal(length, 3);
    assert_memory_equal(bytes, "a\0b", 4);
    free(bytes);
    assert_ok(attune_file_write(path, "", 0, &error), &error);
    assert_holds(path, "");
    assert_true(attune_file_exists(path));
    assert_false(attune_folder_exists(path));
    assert_lists(folder, 1, (const char *const[]){"a.txt"}); /* no temporary file is left */
    free(path);
    scratch_remove(folder);
}

static void what_cannot_be_read_says_why(void **state)
{
    (void)state;
    attune_error error = {0};
    char *folder = scratch_folder(), *path = path_in(folder, "long"),
         *pipe = path_in(folder, "pipe");
    char *bytes = NULL;
    int64_t length = 0;
    assert_int_equal(attune_file_read("/no/such/file", 9, &bytes, &length, &error),
                     ATTUNE_NOT_FOUND);
    assert_error(&error, ATTUNE_NOT_FOUND, "cannot open /no/such/file: ");
    attune_error_clear(&error);
    assert_int_equal(attune_file_read(folder, 9, &bytes, &length, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "not a regular file");
    attune_error_clear(&error);
    write_whole(path, "0123456789");
    assert_int_equal(attune_file_read(path, 9, &bytes, &length, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "10 bytes, at most 9");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(attune_file_read(pipe, 9, &bytes, &length, NULL), ATTUNE_INVALID);
    assert_null(bytes);
    free(path);
    free(pipe);
    scratch_remove(folder);
}

/* The size limit of this process stands in for a full disk: it binds root too. */
static void with_full_disk(const char *path, const char *bytes, int64_t length, bool whole_file,
                           attune_error *error)
{
    struct rlimit before, tight;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 1000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    attune_status status = whole_file ? attune_file_write(path, bytes, length, error)
                                      : attune_file_write_new(path, bytes, length, error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, ATTUNE_IO);
}

static void a_failed_write_leaves_the_old_file_and_nothing_else(void **state)
{
    (void)state;
    attune_error error = {0};
    char *folder = scratch_folder(), *path = path_in(folder, "f"), *other = path_in(folder, "g");
    char *large = calloc(1, 5000);
    assert_non_null(large);
    write_whole(path, "old");
    with_full_disk(path, large, 5000, true, &error);
    assert_error(&error, ATTUNE_IO, "cannot write");
    assert_holds(path, "old");
    with_full_disk(other, large, 5000, false, NULL);
    assert_false(attune_file_exists(other));
    assert_lists(folder, 1, (const char *const[]){"f"});
    assert_int_equal(attune_file_write("/no/such/folder/f", "x", 1, NULL), ATTUNE_NOT_FOUND);
    assert_int_equal(attune_file_write_new(path, "x", 1, NULL), ATTUNE_IO); /* stands there */
    assert_int_equal(attune_file_write(folder, "x", 1, NULL), ATTUNE_IO);   /* is a folder */
    assert_holds(path, "old");
    free(large);
    free(path);
    free(other);
    scratch_remove(folder);
}

enum { rounds = 60, long_text = 20000 };

struct writer {
    const char *path;
    char letter;
    int failures;
};

static void *write_often(void *data)
{
    struct writer *writer = data;
    char text[long_text];
    memset(text, writer->letter, sizeof text);
    for (int i = 0; i < rounds; i++)
        writer->failures += attune_file_write(writer->path, text, sizeof text, NULL) != ATTUNE_OK;
    return NULL;
}

static bool is_one_letter(const char *bytes, int64_t length)
{
    return length == long_text && (bytes[0] == 'a' || bytes[0] == 'b') &&
           memcmp(bytes, bytes + 1, long_text - 1) == 0;
}

static void two_writers_leave_one_of_the_two_whole(void **state)
{
    (void)state;
    char *folder = scratch_folder(), *path = path_in(folder, "f");
    struct writer writers[] = {{path, 'a', 0}, {path, 'b', 0}};
    pthread_t threads[2];
    int torn = 0;
    write_often(&(struct writer){path, 'a', 0});
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_often, &writers[i]), 0);
    for (int i = 0; i < rounds; i++) {
        char *bytes = NULL;
        int64_t length = 0;
        torn += attune_file_read(path, long_text, &bytes, &length, NULL) != ATTUNE_OK ||
                !is_one_letter(bytes, length);
        free(bytes);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(torn, 0);
    assert_int_equal(writers[0].failures + writers[1].failures, 0);
    assert_lists(folder, 1, (const char *const[]){"f"});
    free(path);
    scratch_remove(folder);
}

static void modes_follow_the_umask(void **state)
{
    (void)state;
    attune_error error = {0};
    char *folder = scratch_folder(), *path = path_in(folder, "f"), *dump = path_in(folder, "d");
    attune_beside made;
    struct stat info;
    mode_t before = umask(027);
    write_whole(path, "x");
    assert_ok(attune_beside_folder(&made, dump, &error), &error);
    umask(before);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_int_equal(stat(made.path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0750);
    attune_beside_end(&made);
    free(path);
    free(dump);
    scratch_remove(folder);
}

/* Fills a new folder with name/inner holding text, and puts it at path. */
static void commit(const char *path, const char *text)
{
    attune_error error = {0};
    attune_beside made;
    assert_ok(attune_beside_folder(&made, path, &error), &error);
    char *inner = path_in(made.path, "inner");
    char *file = path_in(inner, "f");
    assert_ok(attune_folder_make(inner, &error), &error);
    assert_ok(attune_file_write_new(file, text, (int64_t)strlen(text), &error), &error);
    assert_ok(attune_folder_commit(made.path, path, &error), &error);
    assert_false(attune_folder_exists(made.path));
    attune_beside_end(&made);
    free(inner);
    free(file);
}

static void a_folder_takes_the_place_of_the_old_one(void **state)
{
    (void)state;
    char *folder = scratch_folder(), *best = path_in(folder, "best"),
         *slash = path_in(folder, "best/");
    char *file = path_in(folder, "best/inner/f"), *stale = path_in(folder, "best/stale");
    commit(best, "first");
    assert_holds(file, "first");
    write_whole(stale, "x");
    commit(slash, "second");
    assert_holds(file, "second");
    assert_false(attune_file_exists(stale));
    assert_lists(folder, 1, (const char *const[]){"best"});
    free(best);
    free(slash);
    free(file);
    free(stale);
    scratch_remove(folder);
}

static void a_commit_that_fails_harms_nothing(void **state)
{
    (void)state;
    attune_error error = {0};
    char *folder = scratch_folder(), *path = path_in(folder, "best");
    attune_beside made;
    write_whole(path, "a file");
    assert_ok(attune_beside_folder(&made, path, &error), &error);
    assert_int_not_equal(attune_folder_commit(made.path, path, &error), ATTUNE_OK);
    assert_non_null(strstr(error.message, "best"));
    assert_holds(path, "a file");
    assert_true(attune_folder_exists(made.path));
    assert_int_equal(attune_folder_commit("/no/such", path, NULL), ATTUNE_NOT_FOUND);
    attune_beside_end(&made);
    assert_int_equal(attune_beside_folder(&made, "/no/such/best", NULL), ATTUNE_NOT_FOUND);
    assert_null(made.path);
    free(path);
    scratch_remove(folder);
}

static void removal_does_not_follow_links(void **state)
{
    (void)state;
    attune_error error = {0};
    char *folder = scratch_folder(), *inside = path_in(folder, "in"),
         *kept = path_in(folder, "kept");
    char *file = path_in(folder, "kept/f"), *link = path_in(folder, "in/link");
    assert_ok(attune_folder_make(inside, &error), &error);
    assert_ok(attune_folder_make(kept, &error), &error);
    assert_ok(attune_folder_make(kept, &error), &error); /* there already: fine */
    write_whole(file, "safe");
    assert_int_equal(symlink(kept, link), 0);
    assert_ok(attune_folder_remove(inside, &error), &error);
    assert_false(attune_folder_exists(inside));
    assert_holds(file, "safe");
    assert_ok(attune_folder_remove(inside, &error), &error); /* nothing there: fine */
    assert_int_equal(attune_folder_make(file, NULL), ATTUNE_IO);
    free(inside);
    free(kept);
    free(file);
    free(link);
    scratch_remove(folder);
}

static void names_are_sorted_by_bytes(void **state)
{
    (void)state;
    static const char *const names[] = {"B", "_", "a", "a10", "a2", "\xc3\xa9"};
    char *folder = scratch_folder();
    for (int i = 5; i >= 0; i--) {
        char *path = path_in(folder, names[i]);
        write_whole(path, "");
        free(path);
    }
    assert_lists(folder, 6, names);
    attune_texts none = {0};
    assert_int_equal(attune_folder_list("/no/such", &none, NULL), ATTUNE_NOT_FOUND);
    scratch_remove(folder);
}

static void paths(void **state)
{
    (void)state;
    static const struct {
        const char *path, *folder, *stem;
    } cases[] = {
        {"a/b.csv.gz", "a", "b"},
        {"b.csv", "", "b"},
        {"/b", "/", "b"},
        {"a/b/", "a", ""},
        {"a//b", "a", "b"},
        {"/", "/", ""},
        {"my.data.csv", "", "my.data"},
        {".hidden", "", ".hidden"},
        {"a.b/c", "a.b", "c"},
        {".gz", "", ".gz"},
        {"x.gz", "", "x"},
        {"", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *folder = attune_path_folder(cases[i].path, NULL);
        char *stem = attune_path_stem(cases[i].path, NULL);
        assert_string_equal(folder, cases[i].folder);
        assert_string_equal(stem, cases[i].stem);
        free(folder);
        free(stem);
    }
    static const char *const joins[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"", "b", "b"}, {"a", "/b", "/b"}, {"/", "b", "/b"}};
    for (size_t i = 0; i < sizeof joins / sizeof *joins; i++) {
        char *path = path_in(joins[i][0], joins[i][1]);
        assert_string_equal(path, joins[i][2]);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_is_read),
        cmocka_unit_test(what_cannot_be_read_says_why),
        cmocka_unit_test(a_failed_write_leaves_the_old_file_and_nothing_else),
        cmocka_unit_test(two_writers_leave_one_of_the_two_whole),
        cmocka_unit_test(modes_follow_the_umask),
        cmocka_unit_test(a_folder_takes_the_place_of_the_old_one),
        cmocka_unit_test(a_commit_that_fails_harms_nothing),
        cmocka_unit_test(removal_does_not_follow_links),
        cmocka_unit_test(names_are_sorted_by_bytes),
        cmocka_unit_test(paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
