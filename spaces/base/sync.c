/* spaces/base/sync.c - many files on the disk at once. */
#include "spaces/base/sync.h"

#include "spaces/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { most_threads = 8 };

struct batch {
    attune_texts paths;
    int64_t next;       /* atomic */
    int code;           /* errno of the first failure; 0: none; under lock, as is failed */
    const char *failed; /* its path */
    pthread_mutex_t lock;
};

static attune_status gather(const char *path, attune_texts *paths, attune_error *error)
{
    attune_texts names = {0};
    attune_status status = attune_folder_list(path, &names, error);
    for (int64_t i = 0; i < names.n && !status; i++) {
        struct stat info = {0};
        char *child = attune_path_join(path, names.items[i], error);
        if (!child)
            status = ATTUNE_MEMORY;
        else if (lstat(child, &info) == 0 && S_ISDIR(info.st_mode))
            status = gather(child, paths, error);
        else if (S_ISREG(info.st_mode)) /* not what was removed meanwhile */
            status = attune_texts_add(paths, child, error);
        free(child);
    }
    attune_texts_clear(&names);
    return status ? status : attune_texts_add(paths, path, error);
}

/* 0, or errno. Some file systems cannot sync a folder (EINVAL): they order names themselves. */
static int sync_one(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return errno;
    int code = fsync(file) == 0 || errno == EINVAL ? 0 : errno;
    close(file);
    return code;
}

static void *run(void *user)
{
    struct batch *batch = user;
    for (;;) {
        int64_t i = __atomic_fetch_add(&batch->next, 1, __ATOMIC_RELAXED);
        if (i >= batch->paths.n)
            return NULL;
        int code = sync_one(batch->paths.items[i]);
        if (!code)
            continue;
        pthread_mutex_lock(&batch->lock);
        if (!batch->code) {
            batch->code = code;
            batch->failed = batch->paths.items[i];
        }
        pthread_mutex_unlock(&batch->lock);
    }
}

/* Threads that cannot be started are done without; none of them takes a signal. */
static void run_threads(struct batch *batch)
{
    pthread_t threads[most_threads];
    sigset_t all, before;
    int n = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (n < most_threads - 1 && n < batch->paths.n - 1 &&
           pthread_create(&threads[n], NULL, run, batch) == 0)
        n++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    run(batch);
    while (n > 0)
        pthread_join(threads[--n], NULL);
}

attune_status attune_tree_sync(const char *folder, attune_error *error)
{
    struct batch batch = {.lock = PTHREAD_MUTEX_INITIALIZER};
    attune_status status = gather(folder, &batch.paths, error);
    if (!status)
        run_threads(&batch);
    if (batch.code) {
        char reason[128];
        const char *words = strerror_r(batch.code, reason, sizeof reason) == 0 ? reason : "";
        status = attune_fail(error, ATTUNE_IO, "cannot write %s: %s", batch.failed, words);
    }
    attune_texts_clear(&batch.paths);
    return status;
}
