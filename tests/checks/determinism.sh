#!/bin/sh
# tests/checks/determinism.sh - the same trials and the same dump, whatever happens on the way.
#     tests/checks/determinism.sh ATTUNE PLAN.json|DATA.csv [TARGET [TRIALS [JOBS ...]]]
# Runs the plan, or the default plan of the data, with each number of jobs, with the cache off, and
# killed (kill -9) again and again; compares the trials by what `attune trials` prints and the dumps
# by diff -r.
set -eu
attune=$1 data=$2 target=${3:-} trials=${4:-12}
shift "$(($# < 4 ? $# : 4))"
jobs_list=${*:-2 4 8 64}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT INT TERM

search() { # name, options
    name=$1
    shift
    "$attune" search "$data" ${target:+--target "$target"} --trials "$trials" --seed 5 --quiet \
        --store "$place/$name.db" --out "$place/$name" "$@" >/dev/null
}

list() { # name
    "$attune" trials "$place/$1.db" --format csv --columns number,state,value,hyperparams \
        >"$place/$1.csv"
}

compare() { # name
    list "$1"
    cmp "$place/first.csv" "$place/$1.csv"
    diff -r "$place/first" "$place/$1"
}

search first --jobs 1
list first
[ "$(wc -l <"$place/first.csv")" -eq $((trials + 1)) ]
for jobs in $jobs_list; do
    search "jobs$jobs" --jobs "$jobs"
    compare "jobs$jobs"
done
search uncached --jobs 2 --cache off
compare uncached

killed=0
for pause in 0.1 0.2 0.3 0.4; do
    (exec "$attune" search "$data" ${target:+--target "$target"} --trials "$trials" --seed 5 --quiet \
        --store "$place/killed.db" --out "$place/killed" --jobs 2 >/dev/null 2>&1) &
    sleep "$pause"
    kill -9 $! 2>/dev/null && killed=$((killed + 1))
    wait || true
done
search killed --jobs 2
compare killed
search killed --jobs 1 # finished: nothing to do, and the dump stays as it is
compare killed
echo "same trials, same dump: $(basename "$data"), $trials trials, jobs 1 $jobs_list, cache off," \
    "killed $killed times"
