#!/bin/sh
# tests/checks/registries.sh - every member of a kind has its file and its row, and only those.
# A file named after a member and an underscore (sqlite_views.c) is a part of that member; one with
# a header beside it is shared by several.
. "$(dirname "$0")/common.sh"

# kind, its .def file, the macro of a row, the folders of its members
kinds() {
    cat <<'END'
distribution spaces/distributions.def ATTUNE_DISTRIBUTION spaces/distributions
step steps/steps.def ATTUNE_STEP steps/transforms steps/models steps/wrappers
saver steps/savers.def ATTUNE_SAVER steps/savers
metric steps/metrics.def ATTUNE_METRIC steps/metrics
splitter steps/splitters.def ATTUNE_SPLITTER steps/splitters
storage trials/storages.def ATTUNE_STORAGE trials/storages
sampler search/samplers.def ATTUNE_SAMPLER search/samplers
pruner search/pruners.def ATTUNE_PRUNER search/pruners
export search/exports.def ATTUNE_EXPORT search/exports
command search/commands.def ATTUNE_COMMAND search/commands
END
}

# The first argument of every row; comments (which show how a row looks) do not count.
rows() {
    [ ! -f "$1" ] || awk -f "$here/strip.awk" -f "$here/rows.awk" -v macro="$2" "$1"
}

members() {
    for folder in "$@"; do
        [ ! -d "$folder" ] || find "$folder" -name '*.c'
    done | sort
}

# What several members share has a header of its own, and defines no member.
is_helper() {
    [ -f "${2%.c}.h" ] && ! grep -q "^const attune_$1_type attune_$1_" "$2"
}

check_kind() {
    kind=$1 def=$2 macro=$3
    shift 3
    names=$(rows "$def" "$macro")
    files=$(members "$@")
    if [ -n "$files" ] && [ ! -f "$def" ]; then
        echo "$def: missing, but there are ${kind}s in $*; make it, a row each: $macro(name)"
        return
    fi
    printf '%s\n' "$names" | sort | uniq -d | while read -r name; do
        [ -z "$name" ] || echo "$def: two rows for $name; leave one"
    done
    for name in $names; do
        printf '%s\n' "$files" | grep -q "/$name\.c\$" ||
            echo "$def: no $name.c in $*; add the file or take the row out"
    done
    for file in $files; do
        base=$(basename "$file" .c)
        found=no
        for name in $names; do
            case $base in "$name" | "$name"_*) found=yes ;; esac
        done
        [ $found = yes ] || is_helper "$kind" "$file" || echo "$file:1: no row in $def; add $macro($base)"
    done
}

kinds | while read -r line; do
    # shellcheck disable=SC2086 # words
    check_kind $line
done | report
