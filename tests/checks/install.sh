#!/bin/sh
# tests/checks/install.sh - what is installed can be used: headers, libraries, package files.
#     sh tests/checks/install.sh BUILD [CC]    BUILD: a built folder
# Installs into a scratch folder, compiles the examples against it by pkg-config and by
# find_package, runs them, and looks at what the shared library shows.
set -eu
build=$(cd "$1" && pwd)
cc=${2:-cc}
examples=$(cd "$(dirname "$0")/../../search/examples" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/prefix

fail() {
    echo "install: $*" >&2
    exit 1
}

cmake --install "$build" --prefix "$prefix" >"$scratch/log" || fail "$(cat "$scratch/log")"
library=$(find "$prefix" -name 'libattune.so')
[ -n "$library" ] || fail "there is no libattune.so"

strange=$(nm -D --defined-only "$library" | awk '$3 !~ /^attune_/ && $2 != "A" { print $3 }')
[ -z "$strange" ] || fail "libattune.so shows more than attune_*:" $strange
shown=$(nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sort)
written=$(grep -o 'ATTUNE_API [^;]*' "$prefix/include/attune.h" | grep -o 'attune_[a-z_]*(' | tr -d '(' | sort)
[ "$shown" = "$written" ] || fail "libattune.so and attune.h do not name the same calls"
soname=$(objdump -p "$library" | awk '$1 == "SONAME" { print $2 }')
[ "$soname" = "libattune.so.${soname##*.}" ] || fail "the soname is $soname"

# The header alone, as C and, where there is a compiler for it, as C++.
echo '#include <attune.h>' >"$scratch/alone.c"
"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$prefix/include" -c "$scratch/alone.c" -o "$scratch/alone.o"
if command -v g++ >/dev/null; then
    g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -I"$prefix/include" -x c++ -c "$scratch/alone.c" -o "$scratch/alone.o"
fi

folder=$(dirname "$(find "$prefix" -name attune.pc)")
PKG_CONFIG_PATH=$folder
LD_LIBRARY_PATH=$(dirname "$library")
export PKG_CONFIG_PATH LD_LIBRARY_PATH
[ "$(pkg-config --modversion attune)" = "$("$prefix/bin/attune" --version | sed 's/attune //')" ] ||
    fail "attune.pc and attune --version do not agree"
for example in objective ask_tell predict; do
    "$cc" -std=c11 -Wall -Wextra -Werror "$examples/$example.c" $(pkg-config --cflags --libs attune) -lm \
        -o "$scratch/$example" || fail "$example.c does not compile by pkg-config"
done
"$cc" -std=c11 "$examples/objective.c" $(pkg-config --cflags attune) "$(dirname "$library")/libattune.a" \
    $(pkg-config --static --libs attune) -o "$scratch/objective_static" || fail "the static library does not link"

mkdir "$scratch/project"
cat >"$scratch/project/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.20)
project(user C)
find_package(attune 0.1 REQUIRED)
add_executable(shared $examples/objective.c)
target_link_libraries(shared PRIVATE attune::attune m)
add_executable(static $examples/objective.c)
target_link_libraries(static PRIVATE attune::attune_static)
END
cmake -S "$scratch/project" -B "$scratch/made" -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix" \
    >"$scratch/log" 2>&1 || fail "find_package: $(cat "$scratch/log")"
cmake --build "$scratch/made" >"$scratch/log" 2>&1 || fail "$(cat "$scratch/log")"

said=$("$scratch/objective")
case $said in
'best of 500: trial '*) ;;
*) fail "objective said: $said" ;;
esac
for other in "$scratch/objective_static" "$scratch/made/shared" "$scratch/made/static"; do
    [ "$("$other")" = "$said" ] || fail "$other said something else than objective"
done
"$scratch/ask_tell" "$scratch/study.db" | grep -q '^best of 50 loaves: ' || fail "ask_tell, first time"
"$scratch/ask_tell" "$scratch/study.db" | grep -q '^best of 100 loaves: ' || fail "ask_tell, gone on with"

data=$(cd "$(dirname "$0")/../data" && pwd)
(cd "$scratch" && "$prefix/bin/attune" search "$data/penguins.csv" --target species --trials 3 --quiet >/dev/null)
"$scratch/predict" "$scratch/best" | grep -q '^7 inputs, 3 numbers a row' || fail "predict"
echo "install: header, libraries, pkg-config, CMake package, examples: ok"
