/* search/program/program.c - a program of your own as the objective of a search. */
#define _GNU_SOURCE /* environ, sigabbrev_np */
#include "search/program/program.h"

#include "search/program/left.h"
#include "search/program/output.h"
#include "search/program/process.h"
#include "search/program/words.h"
#include "spaces/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long a program has to put things in order when it is told to end. */
static const double grace_seconds = 5;

/* One trial as it runs; on its thread's stack. */
struct attempt {
    attune_program *program;
    const attune_services *services;
    const attune_job *job;
    int64_t slot;
    char *dir, *stdout_path, *stderr_path, *process_path;
    attune_texts argv, env;
    attune_program_output output;
    attune_process_end end;
};

attune_status attune_program_open(attune_program *program, attune_error *error)
{
    program->slots_taken =
        attune_alloc((program->n_slots + 63) / 64, sizeof *program->slots_taken, error);
    if (!program->slots_taken)
        return ATTUNE_MEMORY;
    pthread_mutex_init(&program->lock, NULL);
    return ATTUNE_OK;
}

void attune_program_close(attune_program *program)
{
    if (program->slots_taken)
        pthread_mutex_destroy(&program->lock);
    free(program->slots_taken);
    program->slots_taken = NULL;
}

/* The lowest that is free; -1: there is none, which does not happen with a thread a slot. */
static int64_t take_slot(attune_program *program)
{
    int64_t slot = 0;
    pthread_mutex_lock(&program->lock);
    while (slot < program->n_slots && program->slots_taken[slot / 64] >> slot % 64 & 1)
        slot++;
    if (slot < program->n_slots)
        program->slots_taken[slot / 64] |= (uint64_t)1 << slot % 64;
    pthread_mutex_unlock(&program->lock);
    return slot < program->n_slots ? slot : -1;
}

static void give_slot(attune_program *program, int64_t slot)
{
    if (slot < 0)
        return;
    pthread_mutex_lock(&program->lock);
    program->slots_taken[slot / 64] &= ~((uint64_t)1 << slot % 64);
    pthread_mutex_unlock(&program->lock);
}

static bool is_set_by(const attune_texts *env, const char *variable)
{
    size_t length = strcspn(variable, "=") + 1;
    for (int64_t i = 0; i < env->n; i++)
        if (strncmp(env->items[i], variable, length) == 0)
            return true;
    return false;
}

/* Ours, under what the plan sets; to be freed, its texts are borrowed. */
static char **whole_environment(const attune_texts *env, attune_error *error)
{
    int64_t n = 0, k = 0;
    while (environ && environ[n])
        n++;
    char **all = attune_alloc(n + env->n + 1, sizeof *all, error);
    for (int64_t i = 0; i < n && all; i++)
        if (!is_set_by(env, environ[i]))
            all[k++] = environ[i];
    for (int64_t i = 0; i < env->n && all; i++)
        all[k++] = env->items[i];
    return all;
}

static attune_status write_hyperparams(const struct attempt *attempt, attune_error *error)
{
    const attune_job *job = attempt->job;
    json_t *json = attune_sample_to_json(job->space, job->sample, error);
    char *text = json ? attune_json_write_pretty(json, error) : NULL;
    char *path = attune_path_join(attempt->dir, "hyperparams.json", error);
    attune_status status = text && path
                               ? attune_file_write_new(path, text, (int64_t)strlen(text), error)
                               : ATTUNE_MEMORY;
    json_decref(json);
    free(text);
    free(path);
    return status;
}

/* What was left by an attune that was killed under this trial is ended first. */
static attune_status begin_folder(struct attempt *attempt, attune_error *error)
{
    attune_trial_folders *folders = attempt->program->folders;
    int64_t number = attempt->job->number;
    char *left = attune_trial_folders_path(folders, number, error);
    attempt->process_path = left ? attune_path_join(left, ".process", error) : NULL;
    free(left);
    if (!attempt->process_path)
        return ATTUNE_MEMORY;
    attune_left_end(attempt->process_path);
    attune_status status = attune_trial_folders_begin(folders, number, &attempt->dir, error);
    return status ? status : write_hyperparams(attempt, error);
}

static attune_status prepare(struct attempt *attempt, attune_error *error)
{
    attune_program *program = attempt->program;
    const attune_job *job = attempt->job;
    const attune_program_plan *plan = program->plan;
    char number[24];
    attune_status status = begin_folder(attempt, error);
    if (status)
        return status;
    attune_program_facts facts = {.space = job->space,
                                  .sample = job->sample,
                                  .dir = attempt->dir,
                                  .slot = attune_program_slot(plan, attempt->slot, number),
                                  .trial = job->number,
                                  .seed = attune_program_seed(program->seed, job->number)};
    attempt->stdout_path = attune_path_join(attempt->dir, "stdout", error);
    attempt->stderr_path = attune_path_join(attempt->dir, "stderr", error);
    if (!attempt->stdout_path || !attempt->stderr_path)
        return ATTUNE_MEMORY;
    status = attune_program_words(plan, &facts, &attempt->argv, error);
    return status ? status : attune_program_variables(plan, &facts, &attempt->env, error);
}

static attune_status note(void *user, int64_t pid, attune_error *error)
{
    struct attempt *attempt = user;
    return attune_left_note(attempt->process_path, pid, error);
}

static attune_status hear(void *user, const char *bytes, int64_t length, attune_error *error)
{
    struct attempt *attempt = user;
    return attune_program_output_take(&attempt->output, bytes, length, error);
}

static attune_status look(void *user, attune_error *error)
{
    struct attempt *attempt = user;
    return attempt->services->stop(attempt->services->user, error);
}

static attune_status pass_report(void *user, int64_t step, double value, attune_error *error)
{
    struct attempt *attempt = user;
    return attempt->services->report(attempt->services->user, step, value, error);
}

static attune_status run(struct attempt *attempt, attune_error *error)
{
    char **env = whole_environment(&attempt->env, error);
    char **argv = attune_alloc(attempt->argv.n + 1, sizeof *argv, error);
    attune_status status = env && argv ? ATTUNE_OK : ATTUNE_MEMORY;
    attempt->output = (attune_program_output){
        .steps = attempt->program->plan->steps, .user = attempt, .reported = pass_report};
    attempt->output.file =
        open(attempt->stdout_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (attempt->output.file < 0)
        status = attune_fail_errno(error, "write", attempt->stdout_path);
    if (!status) {
        memcpy(argv, attempt->argv.items, (size_t)attempt->argv.n * sizeof *argv);
        attune_process_request request = {.argv = argv,
                                          .envp = env,
                                          .folder = attempt->program->folder,
                                          .error_path = attempt->stderr_path,
                                          .grace = grace_seconds,
                                          .user = attempt,
                                          .started = note,
                                          .take = hear,
                                          .stop = look};
        status = attune_process_run(&request, &attempt->end, error);
        unlink(attempt->process_path);
    }
    if (attempt->output.file >= 0)
        close(attempt->output.file);
    free(argv);
    free(env);
    return status;
}

/* The last line of a file that says anything, cut to size, as text: what a person reads first. */
static void last_line(const char *path, char *line, int64_t size)
{
    char bytes[4096 + 1];
    const int64_t most = sizeof bytes - 1;
    int64_t n = 0, start = 0, k = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    line[0] = '\0';
    if (file < 0)
        return;
    off_t end = lseek(file, 0, SEEK_END);
    if (end > 0 && lseek(file, end > most ? end - most : 0, SEEK_SET) >= 0)
        n = read(file, bytes, (size_t)most);
    close(file);
    while (n > 0 && strchr(" \t\r\n", bytes[n - 1]))
        n--;
    for (int64_t i = 0; i < n; i++)
        if (bytes[i] == '\n')
            start = i + 1;
    bytes[n > 0 ? n : 0] = '\0';
    for (int64_t i = start; i < n;) {
        int width = attune_utf8_size(bytes + i);
        bool shown = width > 0 && (unsigned char)bytes[i] >= ' ' && bytes[i] != 0x7f;
        if (k + (width ? width : 1) > size - 1)
            break;
        memcpy(line + k, shown ? bytes + i : " ", (size_t)(shown ? width : 1));
        k += shown ? width : 1;
        i += width ? width : 1;
    }
    line[k] = '\0';
}

enum { longest_line = 400 };

static void what_it_said_last(const struct attempt *attempt, char line[longest_line])
{
    last_line(attempt->stderr_path, line, longest_line);
    if (!*line)
        last_line(attempt->stdout_path, line, longest_line);
}

/* Where it was when it was told to end, or what it said in place of a value. */
static void tell_last_line(const struct attempt *attempt, attune_error *error)
{
    char line[longest_line];
    what_it_said_last(attempt, line);
    size_t length = strlen(error->message);
    if (*line)
        snprintf(error->message + length, sizeof error->message - length, "; its last line: %s",
                 line);
}

/* How it ended, when it was not told to. */
static attune_status judge(const struct attempt *attempt, attune_error *error)
{
    const attune_process_end *end = &attempt->end;
    char line[longest_line];
    what_it_said_last(attempt, line);
    const char *colon = *line ? ": " : "";
    if (end->signal) {
        const char *name = sigabbrev_np(end->signal);
        return attune_fail(
            error, ATTUNE_IO, "killed by signal %d (SIG%s)%s%s%s", end->signal, name ? name : "?",
            end->signal == 9 ? ", as when the machine is out of memory" : "", colon, line);
    }
    if (end->exit_code)
        return attune_fail(error, ATTUNE_UNFIT, "exit code %d%s%s", end->exit_code, colon, line);
    return ATTUNE_OK;
}

static attune_status come_to_value(struct attempt *attempt, double *value, attune_error *error)
{
    attune_status status = run(attempt, error);
    if (status == ATTUNE_TIMEOUT)
        tell_last_line(attempt, error);
    if (!status)
        status = judge(attempt, error);
    if (status)
        return status;
    status = attune_program_output_end(&attempt->output, value, error);
    if (status)
        tell_last_line(attempt, error);
    return status;
}

static attune_folder_fate fate_of(attune_status status)
{
    return status == ATTUNE_OK        ? ATTUNE_FOLDER_SCORED
           : status == ATTUNE_STOPPED ? ATTUNE_FOLDER_DROPPED
                                      : ATTUNE_FOLDER_FAILED;
}

/* What cannot be removed is told, and no fault of the trial. */
static void end_folder(const struct attempt *attempt, attune_status status, double value)
{
    attune_error why = {0};
    const attune_services *services = attempt->services;
    if (attempt->dir && attune_trial_folders_end(attempt->program->folders, attempt->job->number,
                                                 fate_of(status), value, &why))
        services->log(services->user, ATTUNE_LOG_WARNING, why.message);
}

static void clear(struct attempt *attempt)
{
    attune_texts_clear(&attempt->argv);
    attune_texts_clear(&attempt->env);
    attune_program_output_clear(&attempt->output);
    free(attempt->process_path);
    free(attempt->stdout_path);
    free(attempt->stderr_path);
    free(attempt->dir);
}

static attune_status evaluate(void *user, const attune_job *job, int64_t fold,
                              const attune_services *services, attune_fold_result *result,
                              attune_error *error)
{
    (void)fold;
    attune_program *program = user;
    struct attempt attempt = {.program = program, .services = services, .job = job};
    attune_error problem = {0};
    result->scores[0] = NAN;
    attempt.slot = take_slot(program);
    attune_status status =
        attempt.slot < 0 ? attune_fail(&problem, ATTUNE_INTERNAL, "more trials run than slots")
                         : prepare(&attempt, &problem);
    if (!status)
        status = come_to_value(&attempt, result->scores, &problem);
    result->cpu = attempt.end.cpu;
    give_slot(program, attempt.slot);
    end_folder(&attempt, status, result->scores[0]);
    clear(&attempt);
    if (status)
        attune_fail(error, status, "%s", problem.message);
    return status;
}

attune_objective attune_program_objective(attune_program *program)
{
    return (attune_objective){.user = program,
                              .n_folds = 1,
                              .n_metrics = 1,
                              .n_objectives = 1,
                              .directions = program->directions,
                              .evaluate = evaluate};
}
