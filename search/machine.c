/* search/machine.c - processors and memory that we may use. */
#define _GNU_SOURCE /* sched_getaffinity, CPU_COUNT_S */
#include "search/machine.h"

#include "spaces/base/number.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* "max 100000" or "150000 100000" of version 2 of control groups. */
static double quota_cpus(void)
{
    char line[64] = "";
    long long quota = 0, period = 0;
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (!file)
        return INFINITY;
    bool read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    if (!read || sscanf(line, "%lld %lld", &quota, &period) != 2 || quota < 1 || period < 1)
        return INFINITY;
    return (double)quota / (double)period;
}

int attune_machine_cpus(void)
{
    enum { most = 8192 };
    cpu_set_t *set = CPU_ALLOC(most);
    size_t size = CPU_ALLOC_SIZE(most);
    int cpus = 1;
    if (set && sched_getaffinity(0, size, set) == 0)
        cpus = CPU_COUNT_S(size, set);
    CPU_FREE(set);
    double quota = ceil(quota_cpus());
    if (quota < cpus)
        cpus = (int)quota;
    return cpus < 1 ? 1 : cpus;
}

int64_t attune_machine_memory(void)
{
    int64_t bytes = (int64_t)sysconf(_SC_PHYS_PAGES) * (int64_t)sysconf(_SC_PAGE_SIZE);
    long long limit = 0;
    FILE *file = fopen("/sys/fs/cgroup/memory.max", "re");
    if (file) {
        if (fscanf(file, "%lld", &limit) == 1 && limit > 0 && limit < bytes)
            bytes = limit;
        fclose(file);
    }
    return bytes;
}

bool attune_size_read(const char *text, int64_t *bytes)
{
    static const struct {
        const char *name;
        double bytes;
    } units[] = {{"", 1},
                 {"B", 1},
                 {"k", 1e3},
                 {"kB", 1e3},
                 {"KiB", 1024},
                 {"M", 1e6},
                 {"MB", 1e6},
                 {"MiB", 1048576},
                 {"G", 1e9},
                 {"GB", 1e9},
                 {"GiB", 1073741824},
                 {"T", 1e12},
                 {"TB", 1e12},
                 {"TiB", 1099511627776.0}};
    size_t digits = strspn(text, "0123456789.");
    double number = 0;
    if (strcmp(text, "off") == 0) {
        *bytes = 0;
        return true;
    }
    if (digits == 0 || !attune_real_read(text, (int64_t)digits, &number))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcasecmp(units[i].name, text + digits) == 0 && number * units[i].bytes < 0x1p62) {
            *bytes = (int64_t)(number * units[i].bytes);
            return true;
        }
    return false;
}
