/* search/shared_work.c - a hash table of counted values with the least recently used at one end. */
#include "search/shared_work.h"

#include <pthread.h>
#include <stdlib.h>

struct entry {
    attune_key key;
    const attune_shared_kind *kind;
    void *value; /* NULL while it is being built */
    int64_t bytes;
    struct entry *next;          /* in its bucket */
    struct entry *newer, *older; /* by use; only entries with a value are in this list */
};

struct attune_shared_work {
    pthread_mutex_t lock;
    pthread_cond_t built; /* some entry got its value, or was given up */
    struct entry **buckets;
    uint64_t n_buckets; /* a power of two */
    uint64_t n_entries;
    struct entry *newest, *oldest;
    int64_t budget;
    attune_shared_counts counts;
};

attune_status attune_shared_work_new(attune_shared_work **work, int64_t budget, attune_error *error)
{
    attune_shared_work *made = attune_alloc(1, sizeof *made, error);
    if (!made)
        return ATTUNE_MEMORY;
    made->n_buckets = 1024;
    made->budget = budget;
    made->buckets = attune_alloc((int64_t)made->n_buckets, sizeof *made->buckets, error);
    if (!made->buckets) {
        free(made);
        return ATTUNE_MEMORY;
    }
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->built, NULL);
    *work = made;
    return ATTUNE_OK;
}

void attune_shared_work_free(attune_shared_work *work)
{
    if (!work)
        return;
    for (struct entry *entry = work->newest, *older; entry; entry = older) {
        older = entry->older;
        entry->kind->free(entry->value);
        free(entry);
    }
    free(work->buckets);
    pthread_mutex_destroy(&work->lock);
    pthread_cond_destroy(&work->built);
    free(work);
}

static struct entry **bucket_of(attune_shared_work *work, attune_key key)
{
    return &work->buckets[key.low & (work->n_buckets - 1)];
}

static struct entry *find(attune_shared_work *work, attune_key key)
{
    struct entry *entry = *bucket_of(work, key);
    while (entry && !attune_key_same(entry->key, key))
        entry = entry->next;
    return entry;
}

static void unlink_use(attune_shared_work *work, struct entry *entry)
{
    *(entry->newer ? &entry->newer->older : &work->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &work->oldest) = entry->newer;
    entry->newer = entry->older = NULL;
}

static void use(attune_shared_work *work, struct entry *entry)
{
    entry->older = work->newest;
    entry->newer = NULL;
    *(work->newest ? &work->newest->newer : &work->oldest) = entry;
    work->newest = entry;
}

static void drop(attune_shared_work *work, struct entry *entry)
{
    struct entry **place = bucket_of(work, entry->key);
    while (*place != entry)
        place = &(*place)->next;
    *place = entry->next;
    work->n_entries--;
    free(entry);
}

static void evict(attune_shared_work *work)
{
    while (work->counts.bytes > work->budget && work->oldest) {
        struct entry *entry = work->oldest;
        unlink_use(work, entry);
        work->counts.bytes -= entry->bytes;
        work->counts.evicted++;
        entry->kind->free(entry->value);
        drop(work, entry);
    }
}

static void grow(attune_shared_work *work)
{
    uint64_t n = 2 * work->n_buckets;
    struct entry **buckets = calloc(n, sizeof *buckets);
    if (!buckets)
        return; /* longer chains, nothing worse */
    for (uint64_t i = 0; i < work->n_buckets; i++)
        for (struct entry *entry = work->buckets[i], *next; entry; entry = next) {
            next = entry->next;
            struct entry **place = &buckets[entry->key.low & (n - 1)];
            entry->next = *place;
            *place = entry;
        }
    free(work->buckets);
    work->buckets = buckets;
    work->n_buckets = n;
}

static struct entry *insert(attune_shared_work *work, attune_key key,
                            const attune_shared_kind *kind, attune_error *error)
{
    struct entry *entry = attune_alloc(1, sizeof *entry, error);
    if (!entry)
        return NULL;
    if (work->n_entries >= 2 * work->n_buckets)
        grow(work);
    struct entry **place = bucket_of(work, key);
    entry->key = key;
    entry->kind = kind;
    entry->next = *place;
    *place = entry;
    work->n_entries++;
    return entry;
}

/* Called with the lock held; it is let go while the value is built. */
static attune_status build_entry(attune_shared_work *work, struct entry *entry,
                                 attune_shared_build build, void *user, void **value,
                                 attune_error *error)
{
    pthread_mutex_unlock(&work->lock);
    void *built = NULL;
    attune_status status = build(user, &built, error);
    int64_t bytes = status ? 0 : entry->kind->bytes(built);
    pthread_mutex_lock(&work->lock);
    if (status) {
        /* Whoever waits builds for himself, and gets the same complaint in his own words. */
        drop(work, entry);
    } else {
        *value = entry->kind->ref(built);
        entry->value = built;
        entry->bytes = bytes;
        use(work, entry);
        work->counts.bytes += bytes;
        if (work->counts.bytes > work->counts.peak)
            work->counts.peak = work->counts.bytes;
        evict(work);
    }
    pthread_cond_broadcast(&work->built);
    return status;
}

attune_status attune_shared_work_get(attune_shared_work *work, attune_key key,
                                     const attune_shared_kind *kind, attune_shared_build build,
                                     void *build_user, void **value, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    pthread_mutex_lock(&work->lock);
    struct entry *entry = find(work, key);
    while (entry && !entry->value) {
        pthread_cond_wait(&work->built, &work->lock);
        entry = find(work, key);
    }
    if (entry) {
        work->counts.hits++;
        unlink_use(work, entry);
        use(work, entry);
        *value = kind->ref(entry->value);
    } else {
        work->counts.misses++;
        entry = insert(work, key, kind, error);
        status = entry ? build_entry(work, entry, build, build_user, value, error) : ATTUNE_MEMORY;
    }
    pthread_mutex_unlock(&work->lock);
    return status;
}

attune_shared_counts attune_shared_work_counts(attune_shared_work *work)
{
    pthread_mutex_lock(&work->lock);
    attune_shared_counts counts = work->counts;
    pthread_mutex_unlock(&work->lock);
    return counts;
}
