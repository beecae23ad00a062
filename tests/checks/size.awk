# tests/checks/size.awk - with strip.awk: lengths and nesting of one file, as clang-format lays it out.
# A function is a block that opens with { alone in the first column. Its nesting is told from the
# indentation of a control statement (four columns a level), so that a block without braces counts.
function done_function() {
    length_of = FNR - start + 1
    if (length_of > 60)
        print file ":" start ": " name " has " length_of " lines, 60 at most; give a part of it a name" \
            " of its own"
}

{
    line = strip($0)
    if (line ~ /^[A-Za-z_].*\(/ && !inside)
        head = line
    if (line ~ /^\{/) {
        inside = 1
        start = FNR
        name = head
        sub(/\(.*/, "", name)
        sub(/.*[ *]/, "", name)
    }
    if (inside && line ~ /^ +(if|for|while|do|switch|else|case|json_object_foreach|json_array_foreach)[^A-Za-z0-9_]/) {
        match(line, /^ +/)
        level = RLENGTH / 4
        # clang-format sets case labels in the column of their switch
        if (level > 3 && line !~ /^ +case[^A-Za-z0-9_]/ && line !~ /^ +else if/)
            print file ":" FNR ": nested " level " levels deep, 3 at most; make the inner part a function" \
                " or leave early"
    }
    if (line ~ /^\}/ && inside) {
        inside = 0
        done_function()
    }
}

END {
    if (FNR > 600)
        print file ":" FNR ": " FNR " lines, 600 at most; split it where an idea ends"
}
