# tests/checks/common.sh - what the gates share. Read in with . by each; run from any folder.
# A gate looks at the tree in $ATTUNE_TREE (this repository unless the self-test says otherwise),
# prints one line a fault, "file:line: what; how to mend it", and ends with 1 when there was any.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "${ATTUNE_TREE:-$here/../..}" || exit 2
export LC_ALL=C # bytes, whatever the locale

# Every .c and .h file of ours, or those below the folders given.
sources() {
    for folder in "${@:-.}"; do
        [ ! -d "$folder" ] || find "$folder" -name build -prune -o \( -name '*.c' -o -name '*.h' \) -print
    done | sed 's|^\./||' | sort
}

# Every text file that is in the repository: git knows, and a tree without git is taken whole.
tracked() {
    git ls-files --cached --others --exclude-standard 2>/dev/null ||
        find . -path ./build -prune -o -type f -print | sed 's|^\./||'
}

# Ends a gate: its faults come in on standard input.
report() {
    faults=$(cat)
    [ -n "$faults" ] || exit 0
    printf '%s\n' "$faults"
    exit 1
}
