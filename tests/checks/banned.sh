#!/bin/sh
# tests/checks/banned.sh - calls that have no place here, each with what to use.
. "$(dirname "$0")/common.sh"

calls() {
    sources spaces steps trials search tests | while read -r file; do
        awk -v file="$file" -f "$here/strip.awk" -f "$here/banned.awk" "$file"
    done
}

# Flags that let the compiler change results, whoever asks for them.
flags() {
    tracked | grep -E '(CMakeLists\.txt|\.cmake|CMakePresets\.json|\.c|\.h)$' | while read -r file; do
        awk -v file="$file" '
            { sub(/\/\*.*\*\//, "") }
            /-f(fast-math|unsafe-math-optimizations|associative-math)|-Ofast/ {
                print file ":" FNR ": changes results; leave the optimisation out (-O3 is enough)" }
        ' "$file"
    done
}

{
    calls
    flags
} | report
