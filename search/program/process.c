/* search/program/process.c - a program run to its end. */
#define _GNU_SOURCE /* posix_spawn_file_actions_addchdir_np, pipe2, wait4 */
#include "search/program/process.h"

#include "spaces/base/clock.h"
#include "spaces/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long nobody looks whether to stop, at most. */
enum { look_milliseconds = 100 };

struct run {
    const attune_process_request *request;
    pid_t id;
    int output;       /* -1: it has closed it */
    int milliseconds; /* without an output to wait for: how long to sleep next */
};

static attune_status set_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, ignored_by_us;
    sigemptyset(&none);
    sigemptyset(&ignored_by_us);
    sigaddset(&ignored_by_us, SIGPIPE);
    sigaddset(&ignored_by_us, SIGXFSZ);
    bool failed =
        posix_spawnattr_setsigmask(attributes, &none) ||
        posix_spawnattr_setsigdefault(attributes, &ignored_by_us) ||
        posix_spawnattr_setpgroup(attributes, 0) ||
        posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                 POSIX_SPAWN_SETPGROUP);
    return failed ? ATTUNE_MEMORY : ATTUNE_OK;
}

static attune_status set_files(posix_spawn_file_actions_t *actions, const struct run *run,
                               int output)
{
    const char *folder = run->request->folder;
    /* Paths are ours, so the folder is changed last. */
    bool failed = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0) ||
                  posix_spawn_file_actions_adddup2(actions, output, 1) ||
                  posix_spawn_file_actions_addopen(actions, 2, run->request->error_path,
                                                   O_WRONLY | O_CREAT | O_TRUNC, 0666) ||
                  (*folder && posix_spawn_file_actions_addchdir_np(actions, folder));
    return failed ? ATTUNE_MEMORY : ATTUNE_OK;
}

static attune_status spawn(struct run *run, int output, attune_error *error)
{
    const attune_process_request *request = run->request;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    if (posix_spawnattr_init(&attributes))
        return attune_fail(error, ATTUNE_MEMORY, "out of memory: a process");
    if (posix_spawn_file_actions_init(&actions)) {
        posix_spawnattr_destroy(&attributes);
        return attune_fail(error, ATTUNE_MEMORY, "out of memory: a process");
    }
    attune_status status = set_signals(&attributes);
    if (!status)
        status = set_files(&actions, run, output);
    if (status)
        attune_fail(error, status, "out of memory: a process");
    int failed = status ? 0
                        : posix_spawnp(&run->id, request->argv[0], &actions, &attributes,
                                       request->argv, request->envp);
    if (failed)
        status = attune_fail(error, failed == ENOENT ? ATTUNE_NOT_FOUND : ATTUNE_IO,
                             "cannot start %s: %s%s", request->argv[0], strerror(failed),
                             failed == ENOENT    ? ", it or what its first line (#!) names"
                             : failed == ENOEXEC ? "; a script begins with #! and what runs it"
                                                 : "");
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return status;
}

static attune_status start(struct run *run, attune_error *error)
{
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return attune_fail_errno(error, "make", "a pipe");
    attune_status status = ATTUNE_OK;
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
        status = attune_fail_errno(error, "set up", "a pipe");
    if (!status)
        status = spawn(run, ends[1], error);
    close(ends[1]);
    if (status)
        close(ends[0]);
    else
        run->output = ends[0];
    return status;
}

/* Whether it has ended; it is not reaped, so its number stays its own. A process of ours that is no
 * child any more was reaped for us, by a system that was told to (SIGCHLD ignored). */
static bool has_ended(const struct run *run)
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)run->id, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
        return errno == ECHILD;
    return info.si_pid == run->id;
}

static void close_output(struct run *run)
{
    if (run->output >= 0)
        close(run->output);
    run->output = -1;
    run->milliseconds = 1;
}

/* What there is to read now; heard: the caller wants it. Never stays for more than a mebibyte. */
static attune_status drain(struct run *run, bool heard, attune_error *error)
{
    char bytes[16384];
    attune_status status = ATTUNE_OK;
    for (int i = 0; i < 64 && run->output >= 0 && !status; i++) {
        ssize_t n = read(run->output, bytes, sizeof bytes);
        if (n > 0 && heard)
            status = run->request->take(run->request->user, bytes, n, error);
        else if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            close_output(run);
        else if (n < 0)
            break;
    }
    return status;
}

static void sleep_a_little(struct run *run)
{
    struct pollfd waited = {.fd = run->output, .events = POLLIN};
    if (run->output >= 0) {
        poll(&waited, 1, look_milliseconds);
    } else {
        poll(NULL, 0, run->milliseconds);
        run->milliseconds =
            run->milliseconds < look_milliseconds / 2 ? 2 * run->milliseconds : look_milliseconds;
    }
}

static attune_status watch(struct run *run, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    while (!status && !has_ended(run)) {
        sleep_a_little(run);
        status = drain(run, true, error);
        if (!status)
            status = run->request->stop(run->request->user, error);
    }
    return status ? status : drain(run, true, error);
}

static void ask_to_end(struct run *run)
{
    double end = attune_clock_seconds() + run->request->grace;
    kill(-run->id, SIGTERM);
    while (!has_ended(run) && attune_clock_seconds() < end) {
        sleep_a_little(run);
        drain(run, false, NULL);
    }
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

attune_status attune_process_run(const attune_process_request *request, attune_process_end *end,
                                 attune_error *error)
{
    struct run run = {.request = request, .output = -1, .milliseconds = 1};
    struct rusage usage = {.ru_utime = {0, 0}};
    int how = 0;
    *end = (attune_process_end){0};
    attune_status status = start(&run, error);
    if (status)
        return status;
    status = request->started(request->user, run.id, error);
    if (!status)
        status = watch(&run, error);
    if (status)
        ask_to_end(&run);
    kill(-run.id, SIGKILL);
    pid_t reaped = 0;
    while ((reaped = wait4(run.id, &how, 0, &usage)) < 0 && errno == EINTR)
        continue;
    close_output(&run);
    if (reaped < 0 && !status)
        return attune_fail(error, ATTUNE_IO, "how %s ended is not known: %s", request->argv[0],
                           strerror(errno));
    end->exit_code = WIFEXITED(how) ? WEXITSTATUS(how) : 0;
    end->signal = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
    end->cpu = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    return status;
}

static attune_status find_in_path(const char *program, attune_error *error)
{
    const char *path = getenv("PATH");
    for (const char *at = path; at && *at;) {
        size_t length = strcspn(at, ":");
        attune_text file = {0};
        attune_text_append_bytes(&file, at, (int64_t)length);
        attune_text_printf(&file, "%s%s", length ? "/" : "", program);
        bool there = file.bytes && access(file.bytes, X_OK) == 0 && attune_file_exists(file.bytes);
        attune_text_clear(&file);
        if (there)
            return ATTUNE_OK;
        at += length + (at[length] == ':');
    }
    return attune_fail(error, ATTUNE_NOT_FOUND,
                       "there is no program \"%s\" in PATH; one beside the plan is \"./%s\"",
                       program, program);
}

attune_status attune_process_find(const char *program, const char *folder, attune_error *error)
{
    if (!strchr(program, '/'))
        return find_in_path(program, error);
    char *path = attune_path_join(folder, program, error);
    if (!path)
        return ATTUNE_MEMORY;
    attune_status status = ATTUNE_OK;
    if (!attune_file_exists(path))
        status = attune_fail(error, ATTUNE_NOT_FOUND, "there is no program %s", path);
    else if (access(path, X_OK) != 0)
        status = attune_fail(error, ATTUNE_INVALID,
                             "%s may not be run: chmod +x %s, or name what runs it first, as in "
                             "[\"sh\", \"%s\"]",
                             path, path, program);
    free(path);
    return status;
}
