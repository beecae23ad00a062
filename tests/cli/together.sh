#!/bin/sh
# tests/cli/together.sh PROGRAM DATA - several processes search one store, under fold racing, and one
# of them is killed: the others end, and trials and dump are those of one process.
set -u
program=$1 data=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
cp "$data/penguins.csv" .

search() { # store, dump, jobs
    exec "$program" search penguins.csv --target species --trials 40 --jobs "$3" --quiet --store "$1" \
        --out "$2" >/dev/null
}
list() { "$program" trials "$1" --format csv --columns number,state,value,hyperparams; }
fail() {
    echo "FAILED: $*"
    exit 1
}

(search one.db one 1) || fail "one process"
list one.db >one.csv
grep -q PRUNED one.csv || fail "nothing was pruned: this says little of racing"

# The processes each make a dump of their own: they end at different times.
(search both.db first 2) &
first=$!
(search both.db second 1) &
second=$!
(search both.db third 2) &
third=$!
sleep 0.4
kill -9 $third 2>/dev/null
wait $third 2>/dev/null
wait $first || fail "the first of two processes"
wait $second || fail "the second of two processes"
list both.db >both.csv
cmp one.csv both.csv || fail "two processes have other trials than one"
diff -r one first || fail "the first has another dump"
diff -r one second || fail "the second has another dump"
(search both.db first 4) || fail "there is nothing to do, and that fails"
diff -r one first || fail "nothing to do, and another dump"
echo "together: ok"
