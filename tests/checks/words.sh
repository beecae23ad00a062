#!/bin/sh
# tests/checks/words.sh - no leftovers: notes to self, paths of one machine, addresses, odd bytes.
. "$(dirname "$0")/common.sh"

tracked | grep -v '^tests/fuzz/corpus/\|^tests/golden/\|^tests/data/\|^tests/checks/selftest' |
    while read -r file; do
        [ -f "$file" ] && grep -Iq . "$file" || continue
        awk -v file="$file" '
            function fault(what) { print file ":" FNR ": " what }
            # The words are put together here, so that this file is not its own finding.
            BEGIN { notes = "(^|[^A-Za-z_])(TO" "DO|FIX" "ME|XX" "X|HA" "CK)([^A-Za-z_]|$)" }
            $0 ~ notes { fault("a note to self; do it, or write it in an issue") }
            /(^|[^A-Za-z0-9_.])\/(work|home|root|Users|mnt|tmp\/brief)\// {
                fault("a path of one machine; make it relative, or an argument") }
            /https?:\/\/[^ ]*(registry|pypi|npmjs|proxy|mirror|\.internal|localhost:|127\.0\.0\.1:|10\.[0-9]+\.)/ {
                fault("an address of a registry or an inner machine; leave it out") }
            /\r$/ { fault("ends with a carriage return; use plain line ends") }
            /[ \t]$/ && file !~ /\.md$/ { fault("blanks at the end of the line; take them off") }
            file ~ /\.(c|h)$/ && /\t/ { fault("a tab; use spaces") }
            length($0) > 100 && file ~ /\.(c|h)$/ { gsub(/[\200-\277]/, ""); if (length($0) > 100)
                fault("longer than 100 columns; break it") }
        ' "$file"
    done | report
