/* tests/failing.c - allocations that fail when they are told to. */
#define _GNU_SOURCE /* execinfo's backtrace_symbols_fd */
#include "tests/failing.h"

#include <execinfo.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strndup(const char *text, size_t most);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);

static struct {
    int armed, failed, on, traced;
    int64_t count, at, held;
} state;

static void trace(void)
{
    void *frames[24];
    int n = backtrace(frames, 24);
    backtrace_symbols_fd(frames, n, STDERR_FILENO);
}

static bool refuse(void)
{
    if (!__atomic_load_n(&state.armed, __ATOMIC_ACQUIRE))
        return false;
    int64_t n = __atomic_add_fetch(&state.count, 1, __ATOMIC_ACQ_REL);
    if (!state.at || n < state.at || (n > state.at && !state.on))
        return false;
    if (!__atomic_exchange_n(&state.failed, 1, __ATOMIC_ACQ_REL) && state.traced)
        trace();
    return true;
}

static void *held(void *block)
{
    if (block)
        __atomic_add_fetch(&state.held, 1, __ATOMIC_ACQ_REL);
    return block;
}

void *__wrap_malloc(size_t size)
{
    return refuse() ? NULL : held(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return refuse() ? NULL : held(__real_calloc(n, size));
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return refuse() ? NULL : held(__real_aligned_alloc(alignment, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (refuse())
        return NULL;
    return block ? __real_realloc(block, size) : held(__real_realloc(NULL, size));
}

char *__wrap_strndup(const char *text, size_t most)
{
    size_t length = strnlen(text, most);
    char *copy = __wrap_malloc(length + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *__wrap_strdup(const char *text)
{
    return __wrap_strndup(text, strlen(text));
}

void __wrap_free(void *block)
{
    if (block)
        __atomic_sub_fetch(&state.held, 1, __ATOMIC_ACQ_REL);
    __real_free(block);
}

/* SQLite asks how long a block is: its own way of keeping that is behind these. */
static sqlite3_mem_methods plain;

static void *sqlite_malloc(int size)
{
    return refuse() ? NULL : held(plain.xMalloc(size));
}

static void *sqlite_realloc(void *block, int size)
{
    return refuse() ? NULL : plain.xRealloc(block, size);
}

static void sqlite_free(void *block)
{
    if (block)
        __atomic_sub_fetch(&state.held, 1, __ATOMIC_ACQ_REL);
    plain.xFree(block);
}

void failing_install(void)
{
    json_set_alloc_funcs(__wrap_malloc, __wrap_free);
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain);
    sqlite3_mem_methods ours = plain;
    ours.xMalloc = sqlite_malloc;
    ours.xRealloc = sqlite_realloc;
    ours.xFree = sqlite_free;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &ours);
    sqlite3_initialize();
}

void failing_begin(int64_t n, bool on, bool traced)
{
    state.count = state.failed = 0;
    state.at = n;
    state.on = on;
    state.traced = traced;
    __atomic_store_n(&state.armed, 1, __ATOMIC_RELEASE);
}

int64_t failing_end(bool *failed)
{
    __atomic_store_n(&state.armed, 0, __ATOMIC_RELEASE);
    if (failed)
        *failed = state.failed;
    return state.count;
}

int64_t failing_held(void)
{
    return __atomic_load_n(&state.held, __ATOMIC_ACQUIRE);
}
