/* tests/test_beside.c - what a dead writer left is swept, and nothing else. */
#include "spaces/base/beside.h"
#include "tests/support.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char *path_in(const char *folder, const char *name)
{
    char *path = attune_path_join(folder, name, NULL);
    assert_non_null(path);
    return path;
}

static int64_t count_in(const char *folder)
{
    attune_texts names = {0};
    assert_ok(attune_folder_list(folder, &names, NULL), NULL);
    int64_t n = names.n;
    attune_texts_clear(&names);
    return n;
}

/* A process that makes a folder with a file in it and a file beside path, then is killed. */
static void die_beside(const char *path)
{
    pid_t child = fork();
    if (child == 0) {
        attune_beside folder, file;
        if (attune_beside_folder(&folder, path, NULL) || attune_beside_file(&file, path, NULL) ||
            attune_folder_make(path_in(folder.path, "inner"), NULL) ||
            attune_file_write_new(path_in(folder.path, "inner/f"), "half", 4, NULL))
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    int state = 0;
    assert_int_equal(waitpid(child, &state, 0), child);
    assert_true(WIFSIGNALED(state));
}

static void what_the_dead_left_is_removed(void **state)
{
    (void)state;
    char *folder = scratch_folder(), *best = path_in(folder, "best");
    die_beside(best);
    assert_int_equal(count_in(folder), 2);
    attune_beside_sweep(best);
    assert_int_equal(count_in(folder), 0);
    die_beside(best);
    free(best);
    best = path_in(folder, "best/"); /* named otherwise */
    attune_beside_sweep(best);
    assert_int_equal(count_in(folder), 0);
    attune_beside_sweep("/no/such/folder/best");
    free(best);
    scratch_remove(folder);
}

static void what_is_being_written_stays(void **state)
{
    (void)state;
    char *folder = scratch_folder(), *best = path_in(folder, "best");
    attune_beside made, file;
    assert_ok(attune_beside_folder(&made, best, NULL), NULL);
    assert_ok(attune_beside_file(&file, best, NULL), NULL);
    attune_beside_sweep(best);
    assert_int_equal(count_in(folder), 2);
    attune_beside_end(&made);
    attune_beside_sweep(best);
    assert_int_equal(count_in(folder), 1);
    attune_beside_end(&file);
    attune_beside_end(&file); /* ended already */
    attune_beside_sweep(best);
    assert_int_equal(count_in(folder), 0);
    free(best);
    scratch_remove(folder);
}

/* Names like ours, none of which a writer of best would draw. */
static void what_others_called_alike_stays(void **state)
{
    (void)state;
    static const char *const others[] = {
        "best",
        "best.tmp",
        "best.0123456789abcdef.tmp", /* its end does not follow from its beginning */
        "best.0123456789abcdef.old",
        "best.0123456789ab.tmp",
        "bestof.0123456789abcdef.tmp",
        "best.0123456789abcdef.tmp.gz",
    };
    enum { n_others = sizeof others / sizeof *others };
    char *folder = scratch_folder(), *best = path_in(folder, "best");
    char *second = path_in(folder, "second"), *link = NULL;
    attune_beside made;
    for (int i = 0; i < n_others; i++) {
        char *path = path_in(folder, others[i]);
        assert_ok(attune_folder_make(path, NULL), NULL);
        free(path);
    }
    die_beside(second);
    assert_ok(attune_beside_file(&made, best, NULL), NULL);
    link = attune_copy_text(made.path, NULL);
    assert_int_equal(unlink(made.path), 0);
    attune_beside_end(&made);
    assert_int_equal(symlink(second, link), 0); /* a name of ours that is a link */
    attune_beside_sweep(best);
    assert_int_equal(count_in(folder), n_others + 2 + 1);
    attune_beside_sweep(second);
    assert_int_equal(count_in(folder), n_others + 1);
    free(link);
    free(second);
    free(best);
    scratch_remove(folder);
}

static void a_written_file_takes_what_the_dead_left_with_it(void **state)
{
    (void)state;
    char *folder = scratch_folder(), *path = path_in(folder, "out.csv");
    die_beside(path);
    write_whole(path, "a\n1\n");
    assert_int_equal(count_in(folder), 1);
    char *text = read_whole(path);
    assert_string_equal(text, "a\n1\n");
    free(text);
    free(path);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_dead_left_is_removed),
        cmocka_unit_test(what_is_being_written_stays),
        cmocka_unit_test(what_others_called_alike_stays),
        cmocka_unit_test(a_written_file_takes_what_the_dead_left_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
