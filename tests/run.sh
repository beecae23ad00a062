#!/bin/sh
# tests/run.sh - installs what is missing, builds preset release, runs every test.
#     sh tests/run.sh [arguments of ctest, such as -R json]
# Ends with ctest's own summary; not 0 when anything failed.
set -eu
cd "$(dirname "$0")/.."

sh tests/install.sh

log=build/release/build.log
mkdir -p build/release
if ! cmake --preset release -DATTUNE_TESTS=ON >"$log" 2>&1; then
    cat "$log" >&2
    echo "tests/run.sh: cmake could not configure; the reason is above" >&2
    exit 1
fi
echo "building build/release ..."
if ! cmake --build --preset release >"$log" 2>&1; then
    grep -v '^\[[0-9]*/[0-9]*\] \(Building\|Linking\)' "$log" >&2
    echo "tests/run.sh: the build failed; the whole log is $log" >&2
    exit 1
fi
ctest --test-dir build/release --output-on-failure --progress --timeout 300 --parallel "$(nproc)" "$@"
