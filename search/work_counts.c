/* search/work_counts.c - counted on the way through the door, told among a trial's attributes. */
#include "search/work_counts.h"

#include "spaces/base/json.h"

#include <stdlib.h>
#include <string.h>

static void count(attune_work_counts *counts, const char *name, int64_t hits, int64_t misses)
{
    int at = 0;
    while (at < counts->n && strcmp(counts->kinds[at].name, name) != 0)
        at++;
    if (at == counts->n && counts->n < ATTUNE_WORK_KINDS)
        counts->kinds[counts->n++].name = name;
    at = at < ATTUNE_WORK_KINDS ? at : ATTUNE_WORK_KINDS - 1;
    counts->kinds[at].hits += hits;
    counts->kinds[at].misses += misses;
}

/* A build that tells whether it was called. */
struct building {
    attune_shared_build build;
    void *user;
    bool called;
};

static attune_status build_noted(void *user, void **value, attune_error *error)
{
    struct building *building = user;
    building->called = true;
    return building->build(building->user, value, error);
}

attune_status attune_work_counted(attune_work_counts *counts, attune_work_door door, void *user,
                                  attune_key key, const attune_shared_kind *kind,
                                  attune_shared_build build, void *build_user, void **value,
                                  attune_error *error)
{
    struct building building = {build, build_user, false};
    attune_status status = door(user, key, kind, build_noted, &building, value, error);
    count(counts, kind->name, !building.called, building.called);
    return status;
}

void attune_work_counts_add(attune_work_counts *to, const attune_work_counts *from)
{
    for (int i = 0; i < from->n; i++)
        count(to, from->kinds[i].name, from->kinds[i].hits, from->kinds[i].misses);
}

attune_status attune_work_counts_write(const attune_work_counts *counts, char **attributes,
                                       attune_error *error)
{
    if (counts->n == 0)
        return ATTUNE_OK;
    json_t *all = *attributes ? attune_json_parse(*attributes) : json_object();
    json_t *kinds = json_object();
    for (int i = 0; i < counts->n; i++)
        json_object_set_new(kinds, counts->kinds[i].name,
                            json_pack("{s:I, s:I}", "hits", (json_int_t)counts->kinds[i].hits,
                                      "misses", (json_int_t)counts->kinds[i].misses));
    bool set = json_object_set_new(all, "shared_work", kinds) == 0;
    char *text = set ? attune_json_write(all, error) : NULL;
    json_decref(all);
    if (!text)
        return attune_fail(error, ATTUNE_MEMORY, "out of memory: attributes of a trial");
    free(*attributes);
    *attributes = text;
    return ATTUNE_OK;
}
