#!/bin/sh
# tests/checks/selftest.sh - each gate finds the fault it is for, and leaves a good tree alone.
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
export ATTUNE_TREE="$tree"
status=0

# A small tree without a fault; every case starts from it.
good_tree() {
    rm -rf "$tree"
    mkdir -p "$tree/spaces/base" "$tree/steps/metrics" "$tree/trials" "$tree/search/commands" "$tree/tests"
    cp "$here/../../.clang-format" "$tree/"
    {
        echo '/* spaces/base/good.h - a good header: it may say atof(x) and exit(1) in a comment. */'
        printf '#ifndef ATTUNE_GOOD_H\n#define ATTUNE_GOOD_H\n\n'
        printf '/* Gives n. */\nint attune_good_get(int n);\n\n'
        printf 'void attune_good_clear(int n); /* behind the line will do */\n\n#endif\n'
    } >"$tree/spaces/base/good.h"
    {
        echo '/* steps/metrics/rmse.c - root mean squared error. */'
        printf '#include "spaces/base/good.h"\n\n#include <math.h>\n\n'
        printf 'static const char *words = "exit(1); \\" printf(2) // no comment";\n\n'
        printf 'int good(int n)\n{\n    for (int i = 0; i < n; i++)\n        while (n)\n            if (n > i)\n'
        printf '                return (int)sqrt(n) + *words;\n    return attune_good_get(n);\n}\n'
    } >"$tree/steps/metrics/rmse.c"
    echo '/* ATTUNE_METRIC(name) */ ATTUNE_METRIC(rmse)' >"$tree/steps/metrics.def"
    echo 'See `steps/metrics.def` and [the header](spaces/base/good.h).' >"$tree/README.md"
}

# gate, words its output must have; the tree was spoilt before. Then the next case starts afresh.
finds() {
    out=$(sh "$here/$1.sh" 2>&1)
    code=$?
    if [ $code -ne 1 ] || ! printf '%s\n' "$out" | grep -qF -- "$2"; then
        echo "$1: did not find: $2 (exit code $code)"
        printf '%s\n' "$out" | sed 's/^/    /'
        status=1
    fi
    good_tree
}

# Puts a line, or a file's whole text from standard input, where it does harm.
line() {
    printf '%s\n' "$2" >>"$tree/$1"
}

good_tree
for gate in includes registries banned clones size format words headers readme; do
    out=$(sh "$here/$gate.sh" 2>&1) || {
        echo "$gate: complains about a good tree:"
        printf '%s\n' "$out" | sed 's/^/    /'
        status=1
    }
done

line spaces/base/good.h '#include "steps/step.h"'
finds includes "good.h:11: spaces may not include steps"
line steps/metrics/rmse.c '#  include "trials/trial.h"'
finds includes "steps may not include trials"
line trials/a.c '#include "steps/step.h"'
finds includes "trials may not include steps"
line search/a.c '#include "tests/support.h"'
finds includes "search may not include tests"
line search/a.c '#include "a.h"'
finds includes "not spelled from the root"
line search/a.c '#include "search/../steps/a.h"'
finds includes "not spelled from the root"

line steps/a.c 'ATTUNE_CLONES static void add(int n)'
line steps/b.c 'ATTUNE_CLONES static int64_t'
printf 'add(int n)\n' >>"$tree/steps/b.c"
finds clones "add has clones in steps/a.c:1 too"

line steps/metrics/mae.c 'x'
finds registries "mae.c:1: no row"
line steps/metrics/rmse_part.c 'x' # a part of rmse: no fault of its own
line steps/metrics.def 'ATTUNE_METRIC(mape)'
finds registries "no mape.c"
line steps/metrics.def 'ATTUNE_METRIC(rmse)'
finds registries "two rows for rmse"
rm "$tree/steps/metrics.def"
finds registries "metrics.def: missing"
line search/commands/help.c 'x'
finds registries "commands.def: missing"

for call in sprintf strcpy strcat gets atoi atof strtok rand srand system setlocale uselocale json_dumps; do
    line search/main.c "x = $call (a);"
    finds banned "main.c:1: $call: "
done
for call in exit abort printf puts umask strtod assert; do
    line steps/a.c "    $call(1);"
    finds banned "a.c:1: $call: "
done
line trials/a.c 'fprintf(stderr, "x");'
finds banned "a.c:1: a library does not print"
line steps/a.c '#pragma omp parallel for schedule(static)'
finds banned "num_threads"
line steps/a.c 'f = fopen(path, "r");'
finds banned "fopen"
line steps/a.c 'f = open(path, O_RDONLY);'
finds banned "O_CLOEXEC"
line CMakeLists.txt 'add_compile_options(-ffast-math)'
finds banned "CMakeLists.txt:1: changes results"
line steps/a.c '/* over'
line steps/a.c '*/ exit(1);'
finds banned "a.c:2: exit"

yes '/* long */' | head -n 601 >"$tree/steps/a.c"
finds size "601 lines, 600 at most"
{ printf 'int f(int n)\n{\n'; yes '    n++;' | head -n 59; printf '}\n'; } >"$tree/steps/a.c"
finds size "steps/a.c:2: f has 61 lines"
{
    printf 'int f(int n)\n{\n    if (n)\n        for (;;)\n            while (n)\n'
    printf '                if (n)\n                    n++;\n}\n'
} >"$tree/steps/a.c"
finds size "steps/a.c:6: nested 4 levels"

line steps/metrics/rmse.c 'int   x;'
finds format "rmse.c:16: not laid out"

line steps/a.c "/* TO""DO: later */"
finds words "a note to self"
line steps/a.c "// FIX""ME"
finds words "a note to self"
line README.md "see /""work/x"
finds words "a path of one machine"
line README.md "see https://registry"".npmjs.org/x"
finds words "an address of a registry"
line steps/a.c 'int a; '
finds words "blanks at the end"
line steps/a.c "$(printf '\tint a;')"
finds words "a tab"
line steps/a.c "/* $(yes x | head -n 100 | tr -d '\n') */"
finds words "longer than 100"

line steps/a.c 'int a;'
finds headers "steps/a.c:1: begin the file"
line steps/a.h '/* steps/a.h - no guard. */'
finds headers "no include guard"
printf '\nint attune_bare_call(int n);\n' >>"$tree/spaces/base/good.h"
finds headers "good.h:12: attune_bare_call has no comment"

line README.md 'Run `sh tests/missing.sh`.'
finds readme "README.md:2: there is no tests/missing.sh"
line README.md '[x](steps/none.h)'
finds readme "there is no steps/none.h"

exit $status
