#!/bin/sh
# tests/install.sh - installs the Debian packages that are missing, and says nothing when none is.
#     sh tests/install.sh [ci]     ci: also what .ci/run needs (clang, valgrind, locales, ...)
# Needs root or sudo only when there is something to install.
set -eu

packages="cmake ninja-build gcc libc6-dev pkg-config libgsl-dev libsqlite3-dev libjansson-dev
libcmocka-dev libssl-dev zlib1g-dev libxxhash-dev librandom123-dev"
ci_packages="clang-14 libclang-rt-14-dev llvm-14 libomp-14-dev clang-format-14 valgrind libc6-dbg
locales mold"
[ "${1:-}" = ci ] && packages="$packages $ci_packages"

if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
    {
        echo "tests/install.sh: there is no apt on this system, so nothing was installed."
        echo "Going on; if cmake finds something missing, install what your system calls:"
        echo "$packages" | tr '\n' ' ' | fold -s -w 78 | sed 's/^/    /'
        echo
    } >&2
    exit 0
fi

missing=
for package in $packages; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "tests/install.sh: missing packages, and neither root nor sudo to install them." >&2
        echo "Ask an administrator to run: apt-get install$missing" >&2
        exit 1
    fi
    as_root=sudo
fi

echo "installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >>"$log" 2>&1
}
# The lists that are there may do; a fresh machine has none, an old one has stale ones.
# shellcheck disable=SC2086 # a list of words
if ! apt install -y --no-install-recommends $missing; then
    : >"$log"
    if ! apt update || ! apt install -y --no-install-recommends $missing; then
        cat "$log" >&2
        echo "tests/install.sh: apt-get could not install:$missing" >&2
        exit 1
    fi
fi
