# tests/checks/banned.awk - with strip.awk: banned calls of one file.
# A call is the name, not part of a longer one, not after a dot or arrow, and an opening bracket.
function ban(names, why,    n, i, list) {
    n = split(names, list, " ")
    for (i = 1; i <= n; i++)
        reason[list[i]] = why
}

BEGIN {
    # What the command line alone uses: its verbs, its progress line, its signals.
    library = file !~ /^(search\/((main|command|reporter|signals)\.c|commands\/|examples\/|bench\/)|tests\/)/
    program = file ~ /^search\//
    tests = file ~ /^tests\//
    ban("sprintf vsprintf strcpy strcat stpcpy", "no size given; use snprintf, memcpy or attune_text")
    ban("gets", "use fgets or attune_file_read")
    ban("atoi atol atoll atof", "no errors; use attune_integer_read or attune_real_read")
    ban("strtok", "keeps state; use strcspn or strchr")
    ban("rand srand random srandom drand48 rand_r", "not keyed; use attune_stream")
    ban("tmpnam tempnam mktemp", "names race; use attune_file_write or attune_folder_begin")
    ban("localtime gmtime ctime asctime", "shared buffer; use the _r form")
    ban("alloca", "no check; use attune_alloc")
    if (!tests) {
        ban("system popen", "runs a shell; use posix_spawn")
        ban("setlocale uselocale", "the locale is the caller's; see spaces/base/locale.h")
    }
    if (!tests && file !~ /^search\/bench\//)
        ban("json_loads json_loadb json_loadf json_dumps json_dumpb json_dumpf", "follows the locale, and ends the process when memory is out; use attune_json_parse, attune_json_write")
    if (!tests)
        ban("json_copy json_deep_copy", "loses members when memory is out; use attune_json_copy")
    if (!tests && !program)
        ban("strtod strtof strtold", "follows the locale; use attune_real_read")
    if (library) {
        ban("exit _exit _Exit abort quick_exit raise", "a library does not end its caller; return a status")
        ban("assert", "ends the caller; return ATTUNE_INTERNAL")
        ban("printf vprintf puts putchar perror", "a library does not print; return an attune_error or log")
        ban("signal sigaction umask chdir setenv putenv unsetenv", "process-wide; attune_init or a command may")
        ban("gsl_set_error_handler_off gsl_set_error_handler openblas_set_num_threads", "process-wide; attune_init may")
    }
}

# number.c gives strtod text without a decimal mark; init.c is where process-wide state is set.
function allowed(name) {
    if (file == "spaces/base/number.c" && name == "strtod")
        return 1
    if (file == "spaces/base/json_make.c" && name == "json_deep_copy")
        return 1
    # A thread's own locale, put back before the call returns.
    if (file == "spaces/base/locale.c" && name == "uselocale")
        return 1
    return file == "search/init.c" && (name ~ /^gsl_set|^openblas_set|^signal$|^sigaction$/)
}

{
    raw = $0
    line = strip(raw)
    rest = line
    while (match(rest, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
        before = RSTART > 1 ? substr(rest, RSTART - 1, 1) : " "
        name = substr(rest, RSTART, RLENGTH)
        sub(/[ \t]*\($/, "", name)
        rest = substr(rest, RSTART + RLENGTH)
        if ((name in reason) && before !~ /[.>]/ && !allowed(name))
            print file ":" FNR ": " name ": " reason[name]
        if (name == "fopen" && raw !~ /fopen\([^;]*"[a-z+]*e[a-z+]*"/)
            print file ":" FNR ": fopen: a child process would get it; add e to the mode, as in \"re\""
        if (name == "open" && before !~ /[.>]/ && !tests)
            want_cloexec = FNR
    }
    if (library && line ~ /(^|[^A-Za-z0-9_])f?(printf|puts|write)[ \t]*\(.*(stderr|stdout)/)
        print file ":" FNR ": a library does not print; return an attune_error or log"
    if (want_cloexec && line ~ /O_CLOEXEC/)
        want_cloexec = 0
    if (want_cloexec && line ~ /;/) {
        print file ":" want_cloexec ": open: a child process would get it; add O_CLOEXEC"
        want_cloexec = 0
    }
    if (line ~ /#[ \t]*pragma[ \t]+omp[ \t].*parallel/)
        pragma = FNR
    if (pragma) {
        text = text line
        if (line !~ /\\$/) {
            if (text !~ /num_threads/)
                print file ":" pragma ": omp parallel: say num_threads(...); the number is the caller's"
            pragma = 0
            text = ""
        }
    }
}
