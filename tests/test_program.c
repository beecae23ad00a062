/* tests/test_program.c - a command as an objective: its words, what it prints, its processes. */
#define _GNU_SOURCE /* kill */
#include "search/program/folders.h"
#include "search/program/left.h"
#include "search/program/output.h"
#include "search/program/process.h"
#include "search/program/words.h"
#include "spaces/base/clock.h"
#include "tests/support.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const space_text =
    "{\"lr\": {\"log_uniform\": [1e-5, 0.1]}, \"opt\": [\"adam\", \"sgd\"], \"depth\": [null, 3],"
    " \"momentum\": {\"uniform\": [0.8, 0.99], \"when\": \"opt = 'sgd'\"}}";

/* ---- Words ---- */

struct words {
    attune_space *space;
    attune_sample sample;
    attune_program_plan plan;
    attune_program_facts facts;
};

static attune_status read_plan(const char *objective, attune_program_plan *plan,
                               const attune_space *space, attune_error *error)
{
    attune_document document = {0};
    memset(plan, 0, sizeof *plan);
    assert_ok(
        attune_document_parse(&document, "p.json", objective, (int64_t)strlen(objective), error),
        error);
    attune_at top = attune_at_top(&document);
    attune_status status = attune_program_plan_read(plan, document.root, &top, space, error);
    attune_document_clear(&document);
    return status;
}

static void open_words(struct words *words, const char *objective, const char *values)
{
    attune_error error = {0};
    attune_document document = {0};
    attune_at nowhere = {0};
    *words = (struct words){.space = space_of(space_text)};
    assert_ok(attune_sample_init(&words->sample, words->space, &error), &error);
    assert_ok(attune_document_parse(&document, "values", values, (int64_t)strlen(values), &error),
              &error);
    assert_ok(
        attune_sample_from_json(words->space, document.root, &nowhere, &words->sample, &error),
        &error);
    attune_document_clear(&document);
    assert_ok(read_plan(objective, &words->plan, words->space, &error), &error);
    words->facts = (attune_program_facts){.space = words->space,
                                          .sample = &words->sample,
                                          .dir = "runs/7",
                                          .slot = "gpu 1",
                                          .trial = 7,
                                          .seed = 42};
}

static void close_words(struct words *words)
{
    attune_program_plan_clear(&words->plan);
    attune_sample_clear(&words->sample);
    attune_space_free(words->space);
}

static void assert_line(const char *objective, const char *values, const char *expected)
{
    struct words words;
    attune_error error = {0};
    attune_text line = {0};
    open_words(&words, objective, values);
    assert_ok(attune_program_line(&words.plan, &words.facts, &line, &error), &error);
    assert_string_equal(line.bytes, expected);
    attune_text_clear(&line);
    close_words(&words);
}

#define COMMAND                                                                                    \
    "{\"command\": [\"train\", \"--lr={lr}\", [\"--momentum\", \"{momentum}\"], \"--d={depth}\", " \
    "\"{opt}-{trial}-{seed}\", \"{dir}/{{x}\"], \"env\": {\"GPU\": \"{slot}\"}}"

static void words_stand_for_the_values_of_a_trial(void **state)
{
    (void)state;
    assert_line(COMMAND, "{\"opt\": \"sgd\", \"lr\": 0.025, \"momentum\": 0.9, \"depth\": 3}",
                "GPU='gpu 1' train --lr=0.025 --momentum 0.9 --d=3 sgd-7-42 'runs/7/{x}'");
}

static void what_has_no_value_is_left_out_with_its_group(void **state)
{
    (void)state;
    assert_line(COMMAND, "{\"opt\": \"adam\", \"lr\": 0.025, \"depth\": null}",
                "GPU='gpu 1' train --lr=0.025 adam-7-42 'runs/7/{x}'");
}

static void a_line_is_quoted_for_a_shell(void **state)
{
    (void)state;
    assert_line("{\"command\": [\"echo\", \"it's {lr}\", \"\", \"$HOME\", \"{dir}\"]}",
                "{\"lr\": 0.025}", "echo 'it'\\''s 0.025' '' '$HOME' runs/7");
}

static void assert_refused(const char *objective, const char *words)
{
    attune_error error = {0};
    attune_program_plan plan;
    attune_space *space = space_of(space_text);
    read_plan(objective, &plan, space, &error);
    assert_error(&error, ATTUNE_INVALID, words);
    attune_program_plan_clear(&plan);
    attune_space_free(space);
}

static void a_plan_with_something_wrong_is_refused(void **state)
{
    (void)state;
    assert_refused("{\"command\": [\"train\", \"{lrr}\"]}", "did you mean \"lr\"?");
    assert_refused("{\"command\": [\"train\", \"{lr\"]}", "this { is not closed");
    assert_refused("{\"command\": [\"train\", \"{lr}\", \"{opt}\", \"{momentum}\"]}",
                   "it is not told depth");
    assert_refused("{\"command\": \"train {dir}\"}", "must be a list");
    assert_refused("{\"command\": []}", "must be a list");
    assert_refused("{\"command\": [3, \"{dir}\"]}", "must be a text");
    assert_refused("{\"command\": [[], \"\", \"{dir}\"]}", "its first word is the program");
    assert_refused("{\"command\": [\"a\", \"{dir}\"], \"steps\": 0}", "need at least 1, got 0");
    assert_refused("{\"command\": [\"a\", \"{dir}\"], \"keep\": -1}", "need 0 to 1000000 trials");
    assert_refused("{\"command\": [\"a\", \"{dir}\"], \"timeout\": \"soon\"}", "a duration");
    assert_refused("{\"command\": [\"a\", \"{dir}\"], \"env\": {\"A=B\": \"x\"}}", "without =");
    assert_refused("{\"command\": [\"a\", \"{dir}\"], \"env\": [\"A\"]}", "must be an object");
    attune_error error = {0};
    attune_space *space = space_of("{\"seed\": {\"uniform\": [0, 1]}}");
    assert_int_equal(attune_template_check_space(space, &error), ATTUNE_INVALID);
    attune_space_free(space);
}

static void a_seed_differs_from_trial_to_trial(void **state)
{
    (void)state;
    attune_key study = attune_key_start("study");
    int64_t first = attune_program_seed(study, 0);
    assert_true(first >= 0 && first < (int64_t)1 << 31);
    assert_int_equal(attune_program_seed(study, 0), first);
    assert_true(attune_program_seed(study, 1) != first);
}

/* ---- Output ---- */

struct heard {
    int64_t n, steps[8];
    double values[8];
};

static attune_status hear_report(void *user, int64_t step, double value, attune_error *error)
{
    struct heard *heard = user;
    if (step == 99)
        return attune_fail(error, ATTUNE_STOPPED, "pruned");
    if (heard->n < 8) {
        heard->steps[heard->n] = step;
        heard->values[heard->n++] = value;
    }
    return ATTUNE_OK;
}

/* The same text in pieces of any size comes to the same. */
static attune_status read_output(const char *text, int64_t piece, struct heard *heard,
                                 double *value, attune_error *error)
{
    int file = open("/dev/null", O_WRONLY | O_CLOEXEC);
    attune_program_output output = {
        .file = file, .steps = 100, .user = heard, .reported = hear_report};
    int64_t length = (int64_t)strlen(text);
    attune_status status = ATTUNE_OK;
    *value = NAN;
    *heard = (struct heard){0};
    memset(error, 0, sizeof *error);
    for (int64_t at = 0; at < length && !status; at += piece)
        status = attune_program_output_take(&output, text + at,
                                            at + piece < length ? piece : length - at, error);
    if (!status)
        status = attune_program_output_end(&output, value, error);
    attune_program_output_clear(&output);
    close(file);
    return status;
}

static void assert_value(const char *text, double expected)
{
    for (int64_t piece = 1; piece < 40; piece += 13) {
        struct heard heard;
        attune_error error;
        double value;
        assert_ok(read_output(text, piece, &heard, &value, &error), &error);
        assert_close(value, expected, 0);
    }
}

static void a_value_is_the_last_that_is_said(void **state)
{
    (void)state;
    assert_value("2.385", 2.385);
    assert_value("loading\n7\n2.385\ndone in 3 s\n\n", 2.385);
    assert_value("  -1e-3 \r\n", -1e-3);
    assert_value("{\"value\": 2.385, \"accuracy\": 0.9}\n", 2.385);
    assert_value("7\n{\"value\": 2.385}\n{\"lr\": 3}\n", 2.385);
    assert_value("{\"step\": 1, \"value\": 3}\n{\"step\": 2, \"value\": 2.385}\n", 2.385);
    assert_value("2.385\n{\"step\": 2, \"value\": 3}\n", 2.385);
}

static void reports_are_passed_on(void **state)
{
    (void)state;
    struct heard heard;
    attune_error error;
    double value;
    const char *text = "{\"step\": 0, \"value\": 0.75}\nepoch 1\n{\"value\": 0.5, \"step\": 10}\n";
    assert_ok(read_output(text, 7, &heard, &value, &error), &error);
    assert_int_equal(heard.n, 2);
    assert_int_equal(heard.steps[1], 10);
    assert_close(heard.values[0], 0.75, 0);
    assert_close(heard.values[1], 0.5, 0);
    assert_int_equal(read_output("{\"step\": 99, \"value\": 1}\n3\n", 64, &heard, &value, &error),
                     ATTUNE_STOPPED);
}

static void assert_unfit(const char *text, const char *words)
{
    struct heard heard;
    attune_error error;
    double value;
    assert_int_equal(read_output(text, 5, &heard, &value, &error), ATTUNE_UNFIT);
    assert_error(&error, ATTUNE_UNFIT, words);
}

static void what_says_no_value_is_unfit(void **state)
{
    (void)state;
    assert_unfit("", "it printed no value");
    assert_unfit("loss 0.25\n", "it printed no value");
    assert_unfit("3\nnan\n", "the value is not a finite number");
    assert_unfit("{\"value\": NaN}\n", "line 1 of its output is not as in");
    assert_unfit("3\n{\"value\": \"low\"}\n", "line 2 of its output is not as in");
    assert_unfit("{\"step\": 1, \"value\": \"inf\"}\n", "the value at step 1 is not a finite");
    assert_unfit("{\"step\": 1.5, \"value\": 1}\n", "a step is a whole number");
    assert_unfit("{\"step\": -1, \"value\": 1}\n", "a step is a whole number");
    assert_unfit("{\"step\": 101, \"value\": 1}\n", "the plan says that 100 is the last");
}

static void a_line_without_end_is_not_kept(void **state)
{
    (void)state;
    struct heard heard;
    attune_error error;
    double value;
    int64_t length = 3 * (int64_t)ATTUNE_OUTPUT_LONGEST;
    char *text = attune_alloc(length + 16, 1, &error);
    assert_non_null(text);
    memset(text, '1', (size_t)length);
    memcpy(text + length, "\n2.385\n", 8);
    assert_ok(read_output(text, 4096, &heard, &value, &error), &error);
    assert_close(value, 2.385, 0);
    free(text);
}

/* ---- Processes ---- */

struct running {
    attune_text said;
    int64_t pid;
    double stop_at; /* clock; 0: never */
};

static attune_status note(void *user, int64_t pid, attune_error *error)
{
    (void)error;
    ((struct running *)user)->pid = pid;
    return ATTUNE_OK;
}

static attune_status take(void *user, const char *bytes, int64_t length, attune_error *error)
{
    (void)error;
    attune_text_append_bytes(&((struct running *)user)->said, bytes, length);
    return ATTUNE_OK;
}

static attune_status stop(void *user, attune_error *error)
{
    const struct running *running = user;
    return running->stop_at > 0 && attune_clock_seconds() > running->stop_at
               ? attune_fail(error, ATTUNE_TIMEOUT, "too long")
               : ATTUNE_OK;
}

static attune_status run_shell(const char *script, const char *folder, struct running *running,
                               attune_process_end *end, attune_error *error)
{
    char text[512];
    char sh[] = "sh", c[] = "-c", path[] = "PATH=/usr/bin:/bin", told[] = "TOLD=2.385";
    char *argv[] = {sh, c, text, NULL}, *envp[] = {path, told, NULL};
    char *errors = attune_path_join(folder, "stderr", error);
    snprintf(text, sizeof text, "%s", script);
    attune_process_request request = {.argv = argv,
                                      .envp = envp,
                                      .folder = folder,
                                      .error_path = errors,
                                      .grace = 0.3,
                                      .user = running,
                                      .started = note,
                                      .take = take,
                                      .stop = stop};
    attune_status status = attune_process_run(&request, end, error);
    free(errors);
    return status;
}

static void a_program_is_run_to_its_end(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_process_end end;
    struct running running = {0};
    char *folder = scratch_folder(), *path = attune_path_join(folder, "stderr", NULL);
    assert_ok(run_shell("read line; echo \"$TOLD $line\"; echo bad >&2; : >made; exit 3", folder,
                        &running, &end, &error),
              &error);
    assert_int_equal(end.exit_code, 3);
    assert_int_equal(end.signal, 0);
    assert_string_equal(running.said.bytes, "2.385 \n");
    char *said = read_whole(path), *made = attune_path_join(folder, "made", NULL);
    assert_string_equal(said, "bad\n");
    assert_true(attune_file_exists(made));
    attune_text_clear(&running.said);
    assert_ok(run_shell("kill -SEGV $$", folder, &running, &end, &error), &error);
    assert_int_equal(end.signal, SIGSEGV);
    free(said);
    free(made);
    free(path);
    scratch_remove(folder);
}

static bool lives(int64_t pid)
{
    attune_owner owner = {0};
    if (attune_owner_of(&owner, pid, NULL))
        return false;
    return attune_owner_alive(&owner); /* a zombie does not */
}

static int64_t number_in(const char *folder, const char *name)
{
    int64_t number = 0;
    char *path = attune_path_join(folder, name, NULL), *text = read_whole(path);
    assert_true(attune_integer_read(text, (int64_t)strcspn(text, "\n"), &number));
    free(text);
    free(path);
    return number;
}

static void assert_ends(int64_t pid)
{
    for (int i = 0; i < 200 && lives(pid); i++)
        usleep(10000);
    assert_false(lives(pid));
}

/* One child ignores to be asked, one is left by a program that ends by itself. */
static void what_a_program_started_ends_with_it(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_process_end end;
    char *folder = scratch_folder();
    struct running running = {.stop_at = attune_clock_seconds() + 0.3};
    assert_int_equal(
        run_shell("trap '' TERM; sleep 60 & echo $! >child; wait", folder, &running, &end, &error),
        ATTUNE_TIMEOUT);
    assert_error(&error, ATTUNE_TIMEOUT, "too long");
    assert_ends(number_in(folder, "child"));
    assert_ends(running.pid);
    running = (struct running){0};
    attune_error_clear(&error);
    assert_ok(run_shell("sleep 60 & echo $! >child", folder, &running, &end, &error), &error);
    assert_ends(number_in(folder, "child"));
    scratch_remove(folder);
}

static void a_program_that_is_not_there_is_named(void **state)
{
    (void)state;
    attune_error error = {0};
    char *folder = scratch_folder(), *path = attune_path_join(folder, "plain", NULL);
    write_whole(path, "echo 1\n");
    assert_ok(attune_process_find("sh", folder, &error), &error);
    assert_int_equal(attune_process_find("no-such-program", folder, &error), ATTUNE_NOT_FOUND);
    assert_error(&error, ATTUNE_NOT_FOUND, "no program \"no-such-program\" in PATH");
    attune_error_clear(&error);
    assert_int_equal(attune_process_find("./none", folder, &error), ATTUNE_NOT_FOUND);
    attune_error_clear(&error);
    assert_int_equal(attune_process_find("./plain", folder, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "may not be run: chmod +x");
    free(path);
    scratch_remove(folder);
}

/* A process that was noted is ended; one with its number that began at another time is not. */
static void what_was_left_is_ended(void **state)
{
    (void)state;
    attune_error error = {0};
    char *folder = scratch_folder(), *path = attune_path_join(folder, "left", NULL);
    attune_left_end(path);
    write_whole(path, "{\"host\": \"\", \"pid\": 1}");
    attune_left_end(path);
    assert_ok(attune_folder_remove(path, &error), &error);
    assert_ok(attune_left_note(path, getpid(), &error), &error);
    char *text = read_whole(path), *start = strstr(text, "\"start\":");
    assert_non_null(start);
    snprintf(start, strlen(start), "\"start\":1}");
    write_whole(path, text);
    attune_left_end(path); /* still here */
    free(text);
    free(path);
    scratch_remove(folder);
}

/* ---- Folders ---- */

static void end_trial(attune_trial_folders *folders, int64_t number, attune_folder_fate fate,
                      double value)
{
    attune_error error = {0};
    char *path = NULL;
    assert_ok(attune_trial_folders_begin(folders, number, &path, &error), &error);
    char *model = attune_path_join(path, "model", NULL),
         *out = attune_path_join(path, "stdout", NULL);
    write_whole(model, "m");
    write_whole(out, "o");
    assert_ok(attune_trial_folders_end(folders, number, fate, value, &error), &error);
    free(model);
    free(out);
    free(path);
}

static void assert_lists(const char *folder, const char *expected)
{
    attune_error error = {0};
    attune_texts names = {0};
    attune_text all = {0};
    assert_ok(attune_folder_list(folder, &names, &error), &error);
    for (int64_t i = 0; i < names.n; i++)
        attune_text_printf(&all, "%s%s", i ? " " : "", names.items[i]);
    assert_string_equal(all.bytes ? all.bytes : "", expected);
    attune_texts_clear(&names);
    attune_text_clear(&all);
}

static void the_best_folders_stay(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_trial_folders folders;
    char name[] = "s", begun[] = "2026-11-22", other[] = "2026-11-23", link[16] = "";
    attune_study study = {.name = name, .started = begun};
    char *scratch = scratch_folder(), *root = attune_path_join(scratch, "trials", NULL);
    char *failed = attune_path_join(root, "1", NULL), *best = attune_path_join(root, "best", NULL);
    assert_ok(
        attune_trial_folders_open(&folders, root, &study, 2, ATTUNE_MAXIMIZE, NULL, 0, &error),
        &error);
    const double values[] = {0.5, 0, 0.75, 0.25, 0, 0.75, 0.625};
    for (int64_t i = 0; i < 7; i++)
        end_trial(&folders, i,
                  i == 1   ? ATTUNE_FOLDER_FAILED
                  : i == 4 ? ATTUNE_FOLDER_DROPPED
                           : ATTUNE_FOLDER_SCORED,
                  values[i]);
    assert_lists(root, "1 2 5 best trials.json");
    assert_lists(failed, "stdout");
    assert_int_equal(readlink(best, link, sizeof link - 1), 1);
    assert_string_equal(link, "2"); /* of two that are as good, the earlier */
    attune_trial_folders_close(&folders);

    /* Opened again with what is known of its trials: what need not stay goes. */
    double value = 0.5, good = 0.9;
    attune_trial trials[] = {
        {.number = 2, .state = ATTUNE_TRIAL_COMPLETE, .values = &value, .n_values = 1},
        {.number = 5, .state = ATTUNE_TRIAL_COMPLETE, .values = &good, .n_values = 1}};
    assert_ok(
        attune_trial_folders_open(&folders, root, &study, 1, ATTUNE_MAXIMIZE, trials, 2, &error),
        &error);
    assert_lists(root, "1 5 best trials.json");
    attune_trial_folders_close(&folders);
    study.started = other;
    assert_int_equal(
        attune_trial_folders_open(&folders, root, &study, 2, ATTUNE_MAXIMIZE, NULL, 0, &error),
        ATTUNE_CONFLICT);
    assert_error(&error, ATTUNE_CONFLICT,
                 "has trials of another study or store (s, begun 2026-11-22 UTC)");
    attune_error_clear(&error);
    assert_int_equal(
        attune_trial_folders_open(&folders, scratch, &study, 2, ATTUNE_MAXIMIZE, NULL, 0, &error),
        ATTUNE_CONFLICT);
    assert_error(&error, ATTUNE_CONFLICT, "a folder with other things in it (trials)");
    free(best);
    free(failed);
    free(root);
    scratch_remove(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_stand_for_the_values_of_a_trial),
        cmocka_unit_test(what_has_no_value_is_left_out_with_its_group),
        cmocka_unit_test(a_line_is_quoted_for_a_shell),
        cmocka_unit_test(a_plan_with_something_wrong_is_refused),
        cmocka_unit_test(a_seed_differs_from_trial_to_trial),
        cmocka_unit_test(a_value_is_the_last_that_is_said),
        cmocka_unit_test(reports_are_passed_on),
        cmocka_unit_test(what_says_no_value_is_unfit),
        cmocka_unit_test(a_line_without_end_is_not_kept),
        cmocka_unit_test(a_program_is_run_to_its_end),
        cmocka_unit_test(what_a_program_started_ends_with_it),
        cmocka_unit_test(a_program_that_is_not_there_is_named),
        cmocka_unit_test(what_was_left_is_ended),
        cmocka_unit_test(the_best_folders_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
