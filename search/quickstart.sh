#!/bin/sh
# search/quickstart.sh - builds attune and shows it at work on 344 penguins.
# Installs what is missing (root or sudo). What it makes is in build/quickstart, made anew each time.
set -eu
cd "$(dirname "$0")/.."

sh tests/install.sh

log=build/release/build.log
mkdir -p build/release
[ -x build/release/attune ] || echo "building build/release/attune (a minute or two) ..."
if ! { cmake --preset release && cmake --build --preset release --target attune; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "search/quickstart.sh: the build failed; the reason is above" >&2
    exit 1
fi

out=build/quickstart
rm -rf "$out"
mkdir -p "$out"

# Shows a command as one would type it, then runs it.
run() {
    printf '\n$ %s\n' "$*"
    "$@"
}

attune=build/release/attune
echo
echo "Which species is this penguin? 40 pipelines are tried; every trial is kept."
run $attune search tests/data/penguins.csv --target species --trials 40 --seed 1 \
    --store $out/attune.db --out $out/best
echo
echo "The leaderboard:"
run $attune trials $out/attune.db --top 5
echo
echo "The best pipeline is a folder that needs nothing else:"
run $attune show $out/best
run $attune predict $out/best tests/data/penguins.csv -o $out/predictions.csv
run head -n 5 $out/predictions.csv
echo
echo "A gate for a script: exit code 3 when it is missed."
run $attune score $out/best tests/data/penguins.csv --min accuracy=0.9
echo
echo "The same bits again, from the plan in the dump:"
run $attune reproduce $out/best tests/data/penguins.csv
echo
echo "All of it is in $out. Next: README.md, or $attune help."
