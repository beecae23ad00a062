/* search/program/left.c - programs that go on though the attune that ran them was killed. */
#define _GNU_SOURCE /* kill */
#include "search/program/left.h"

#include "spaces/base/file.h"
#include "spaces/base/json.h"
#include "trials/storage.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { longest_record = 4096, most_waits = 200, wait_milliseconds = 10 };

attune_status attune_left_note(const char *path, int64_t pid, attune_error *error)
{
    attune_owner owner;
    if (attune_owner_of(&owner, pid, NULL))
        return ATTUNE_OK; /* it has ended already */
    json_t *json = json_pack("{s:s, s:I, s:I}", "host", owner.host, "pid", (json_int_t)owner.pid,
                             "start", (json_int_t)owner.start);
    char *text = json ? attune_json_write(json, error) : NULL;
    attune_status status = text ? attune_file_write_new(path, text, (int64_t)strlen(text), error)
                                : attune_fail(error, ATTUNE_MEMORY, "out of memory: a process");
    json_decref(json);
    free(text);
    return status;
}

static bool is_there(const json_t *record, int64_t *pid)
{
    const char *host = json_string_value(json_object_get(record, "host"));
    attune_owner owner;
    *pid = json_integer_value(json_object_get(record, "pid"));
    return host && *pid > 1 && attune_owner_of(&owner, *pid, NULL) == ATTUNE_OK &&
           strcmp(owner.host, host) == 0 &&
           owner.start == json_integer_value(json_object_get(record, "start"));
}

void attune_left_end(const char *path)
{
    char *text = NULL;
    int64_t length = 0, pid = 0;
    if (attune_file_read(path, longest_record, &text, &length, NULL))
        return;
    json_t *record = attune_json_parse(text);
    if (is_there(record, &pid))
        kill((pid_t)-pid, SIGKILL);
    for (int i = 0; i < most_waits && is_there(record, &pid); i++)
        poll(NULL, 0, wait_milliseconds);
    json_decref(record);
    free(text);
}
