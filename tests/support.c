/* tests/support.c - what the tests share. */
#include "tests/support.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The program never asks for a locale; a caller of the library may. With ATTUNE_TEST_LOCALE set
 * to a locale's name the whole suite runs as such a caller does. */
__attribute__((constructor)) static void take_locale(void)
{
    const char *name = getenv("ATTUNE_TEST_LOCALE");
    if (name && !setlocale(LC_ALL, name)) {
        fprintf(stderr, "ATTUNE_TEST_LOCALE: there is no locale %s\n", name);
        exit(1);
    }
}

void assert_close_at(double a, double b, double tolerance, const char *what, const char *file,
                     int line)
{
    double scale = fabs(b) > 1 ? fabs(b) : 1;
    if ((isnan(a) && isnan(b)) || a == b || fabs(a - b) <= tolerance * scale)
        return;
    print_error("%s is %.17g, not %.17g (tolerance %g)\n", what, a, b, tolerance);
    _fail(file, line);
}

void assert_ok_at(attune_status status, const attune_error *error, const char *what,
                  const char *file, int line)
{
    if (status == ATTUNE_OK)
        return;
    print_error("%s: %s: %s\n", what, attune_status_word(status), error->message);
    _fail(file, line);
}

void assert_error(const attune_error *error, attune_status status, const char *words)
{
    if (error->status == status && strstr(error->message, words))
        return;
    fail_msg("wanted %s with \"%s\", got %s: \"%s\"", attune_status_word(status), words,
             attune_status_word(error->status), error->message);
}

int64_t in_short(int64_t n, int64_t less)
{
    return getenv("ATTUNE_TEST_VALGRIND") ? less : n;
}

char *scratch_folder(void)
{
    const char *place = getenv("TMPDIR");
    attune_text path = {0};
    attune_text_printf(&path, "%s/attune-test-XXXXXX", place ? place : "/tmp");
    char *folder = attune_text_take(&path, NULL);
    assert_non_null(folder);
    assert_non_null(mkdtemp(folder));
    return folder;
}

void scratch_remove(char *folder)
{
    attune_folder_remove(folder, NULL);
    free(folder);
}

char *read_whole(const char *path)
{
    attune_error error = {0};
    char *bytes = NULL;
    int64_t length = 0;
    assert_ok(attune_file_read(path, INT64_MAX / 2, &bytes, &length, &error), &error);
    return bytes;
}

void write_whole(const char *path, const char *text)
{
    attune_error error = {0};
    assert_ok(attune_file_write(path, text, (int64_t)strlen(text), &error), &error);
}

attune_space *space_of(const char *text)
{
    attune_document document = {0};
    attune_error error = {0};
    attune_space *space = attune_space_new(&error);
    assert_non_null(space);
    assert_ok(attune_document_parse(&document, "space", text, (int64_t)strlen(text), &error),
              &error);
    attune_at top = attune_at_top(&document);
    assert_ok(attune_space_add_json(space, document.root, &top, "", ATTUNE_NO_BRANCH, &error),
              &error);
    attune_document_clear(&document);
    return space;
}
