# tests/checks/rows.awk - with strip.awk: the first argument of each macro(...) row of a .def file.
{
    line = strip($0)
    while (match(line, macro "\\([ \t]*[a-z0-9_]+")) {
        row = substr(line, RSTART, RLENGTH)
        line = substr(line, RSTART + RLENGTH)
        sub(/^[^(]*\([ \t]*/, "", row)
        print row
    }
}
