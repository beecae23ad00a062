#!/bin/sh
# tests/checks/clones.sh - loops with clones have names of their own in the whole tree: clang gives what
# picks among the clones of a static function a symbol that all files see.
. "$(dirname "$0")/common.sh"

# A long line may have its name on the next.
names() {
    sources steps search | while read -r file; do
        awk -v file="$file" '
            /^ATTUNE_CLONES/ { begun = 1 }
            begun && match($0, /[a-z_0-9]+\(/) {
                print substr($0, RSTART, RLENGTH - 1), file ":" FNR
                begun = 0
            }' "$file"
    done
}

names | sort | awk '
    $1 == name { print $2 ": " name " has clones in " place " too; give it a name of its own" }
    { name = $1; place = $2 }' | report
