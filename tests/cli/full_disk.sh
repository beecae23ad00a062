#!/bin/sh
# tests/cli/full_disk.sh PROGRAM DATA - no space for the store, the dump, the predictions: a message,
# the exit code, nothing half-written, and the same command afterwards goes on to the same end.
# A small file system in a mount namespace of its own; where there may be none, limits of a file's size.
set -u
if [ "${ATTUNE_OWN_MOUNTS:-}" = "" ]; then
    if unshare -rm mount -t tmpfs none /mnt 2>/dev/null; then
        ATTUNE_OWN_MOUNTS=yes exec unshare -rm sh "$0" "$@"
    fi
    ATTUNE_OWN_MOUNTS=no
fi
program=$1 data=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"/* 2>/dev/null; umount "$folder/small" 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder" || exit 1
cp "$data/penguins.csv" .
failures=0

fault() {
    echo "FAILED: $*"
    cat out.txt err.txt
    failures=$((failures + 1))
}

attune() { "$program" "$@" >out.txt 2>err.txt; }
search() { attune search penguins.csv --target species --trials 12 --jobs 2 --quiet "$@"; }
list() { "$program" trials "$1" --format csv --columns number,state,value,hyperparams; }

# The command fails with exit code 1, and says why.
refused() {
    words=$1
    shift
    "$@"
    was=$?
    [ $was -eq 1 ] && grep -qF -- "$words" err.txt || fault "$* gave $was, expected 1 with \"$words\""
}

# What goes on: to the store and the dump of a run that had space.
ends_the_same() { # store, dump
    search --store "$1" --out "$2" || fault "with space again, the search does not go on"
    list "$1" >list.csv
    cmp -s list.csv whole.csv || fault "the trials are not those of a run with space"
    diff -r whole "$2" >diff.txt || fault "the dump is not that of a run with space"
}

# Leaves so many KiB free on the small disk.
fill() {
    free=$(df -k --output=avail small | tail -n 1)
    dd if=/dev/zero of=small/filler bs=1024 count=$((free - $1)) 2>/dev/null
}

search --store whole.db --out whole || fault "a search with space"
list whole.db >whole.csv
"$program" predict whole penguins.csv >whole_predictions.csv 2>err.txt || fault "predict with space"

# Limits of a file's size, in blocks of 512 bytes: a failed write, not a death by signal.
limited() {
    blocks=$1
    shift
    (ulimit -f "$blocks" && "$@")
}
refused "limited.csv" limited 1 attune predict whole penguins.csv -o limited.csv
[ ! -e limited.csv ] || fault "limited.csv is there"
refused "disk is full" limited 200 search --store limited.db --out limited
[ ! -e limited ] || fault "a dump without its search is there"
ends_the_same limited.db limited

if [ -e /dev/full ]; then
    refused "cannot write" attune predict whole penguins.csv -o /dev/full
    to_full() { "$program" predict whole penguins.csv >/dev/full 2>err.txt; }
    refused "cannot write the output" to_full
fi

if [ "$ATTUNE_OWN_MOUNTS" = yes ]; then
    mkdir small && mount -t tmpfs -o size=1m none small || exit 1

    fill 120 # room for the tables, not for the trials
    refused "disk is full" search --store small/attune.db --out best
    rm small/filler
    ends_the_same small/attune.db best
    rm -rf small/*

    fill 8
    refused "No space left" search --store roomy.db --out small/best
    [ "$(ls small)" = filler ] || fault "left on the full disk: $(ls small)"
    refused "No space left" attune predict whole penguins.csv -o small/out.csv
    [ "$(ls small)" = filler ] || fault "left on the full disk: $(ls small)"
    rm small/filler
    ends_the_same roomy.db small/best
    rm -rf small/*

    echo "mine" >small/out.csv
    fill 4
    refused "No space left" attune predict whole penguins.csv -o small/out.csv
    [ "$(cat small/out.csv)" = mine ] || fault "what stood there before was lost"
    rm small/filler
    attune predict whole penguins.csv -o small/out.csv || fault "predict with space again"
    cmp -s small/out.csv whole_predictions.csv || fault "other predictions"
fi

[ $failures -eq 0 ] && echo "full disk: ok (a disk of our own: $ATTUNE_OWN_MOUNTS)"
exit $((failures > 0))
