#!/bin/sh
# tests/cli/killed_dump.sh PROGRAM DATA PRELOAD [STRIDE] - kill -9 at every (STRIDE-th) step of putting
# one dump in the place of another: what stands there is one of the two, whole, and the same command
# again ends well.
set -u
program=$1 data=$2 preload=$3 stride=${4:-29}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
cp "$data/penguins.csv" .

fail() {
    echo "FAILED: $*"
    cat out.txt
    exit 1
}
fit() { "$program" fit "$1" --store a.db --out "$2" >out.txt 2>&1; }
same() { diff -r "$1" "$2" >/dev/null 2>&1; }

"$program" search penguins.csv --target species --trials 2 --quiet --store a.db --out best >out.txt 2>&1 ||
    fail "a search"
rm -rf best
fit 0 old && fit 1 new || fail "fit"
same old new && fail "the two dumps are one"

at=1 deaths=0 replaced=0
while :; do
    rm -rf best*
    cp -r old best
    LD_PRELOAD=$preload ATTUNE_DIE_AT=$at "$program" fit 1 --store a.db --out best >out.txt 2>&1
    code=$?
    same best old || same best new || fail "killed at step $at, best is neither of the two"
    "$program" check best >out.txt 2>&1 || fail "killed at step $at, best is no good dump"
    [ $code -eq 137 ] || break
    deaths=$((deaths + 1))
    same best new && replaced=$((replaced + 1))
    fit 1 best || fail "the same command after a kill at step $at"
    same best new || fail "the same command after a kill at step $at gives another dump"
    [ "$(echo best*)" = best ] || fail "left of a kill at step $at: $(echo best*)"
    at=$((at + stride))
done
[ $code -eq 0 ] || fail "without a kill, exit code $code"
[ $deaths -gt 5 ] || fail "only $deaths kills"
echo "killed dump: ok, $deaths kills, $replaced of them after the exchange"
