/* tests/test_sync.c - a whole folder brought to the disk. */
#include "spaces/base/sync.h"

#include "spaces/base/file.h"
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void a_tree_of_any_size_is_synced(void **state)
{
    (void)state;
    attune_error error = {0};
    char *folder = scratch_folder();
    assert_ok(attune_tree_sync(folder, &error), &error); /* empty */
    for (int i = 0; i < 40; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/part%d", folder, i % 5);
        assert_ok(attune_folder_make(path, &error), &error);
        snprintf(path, sizeof path, "%s/part%d/file%d", folder, i % 5, i);
        assert_ok(attune_file_write_new(path, "text", 4, &error), &error);
    }
    assert_ok(attune_tree_sync(folder, &error), &error);
    scratch_remove(folder);
}

static void links_and_pipes_are_passed_over(void **state)
{
    (void)state;
    attune_error error = {0};
    char *folder = scratch_folder(), path[4096];
    snprintf(path, sizeof path, "%s/link", folder);
    assert_int_equal(symlink("/no/such", path), 0);
    snprintf(path, sizeof path, "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_ok(attune_tree_sync(folder, &error), &error);
    scratch_remove(folder);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_tree_sync("/no/such", &error);
    assert_error(&error, ATTUNE_NOT_FOUND, "/no/such");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_of_any_size_is_synced),
        cmocka_unit_test(links_and_pipes_are_passed_over),
        cmocka_unit_test(a_folder_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
