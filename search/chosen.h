/* search/chosen.h - what a plan chooses by name, with settings: samplers and pruners.
 *
 * In JSON "name", or {"name": {its settings}}; its settings are a field table's.
 * Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_CHOSEN_H
#define ATTUNE_SEARCH_CHOSEN_H

#include "spaces/base/field.h"

typedef struct attune_chosen {
    const char *name; /* of the JSON */
    json_t *settings; /* of the JSON; NULL: the defaults */
    attune_at place;  /* of the name; refers to the place that was given */
} attune_chosen;

/* Borrows from both. INVALID: it has another shape. */
attune_status attune_chosen_read(attune_chosen *chosen, json_t *json, const attune_at *place,
                                 attune_error *error);

/* size bytes with fields at their defaults. NULL: MEMORY. */
void *attune_chosen_make(const attune_field *fields, size_t size, attune_error *error);
void attune_chosen_free(const attune_field *fields, void *self);

/* The chosen settings into self. check (nullable) says what is wrong with them together. */
attune_status attune_chosen_set(const attune_chosen *chosen, const attune_field *fields,
                                const char *(*check)(const void *self), void *self,
                                attune_error *error);

/* {name: {every setting}}: a new reference. NULL: MEMORY. */
json_t *attune_chosen_to_json(const char *name, const attune_field *fields, const void *self,
                              attune_error *error);

/* INVALID: there is no such name of a kind ("sampler"); with the name that may have been meant. */
attune_status attune_chosen_unknown(const char *kind, const char *name, const char *const *names,
                                    int64_t n, attune_error *error);

#endif
