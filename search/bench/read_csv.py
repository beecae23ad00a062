#!/usr/bin/env python3
"""search/bench/read_csv.py - our reading and typing of a data file beside pandas.read_csv.

    python3 search/bench/read_csv.py FILE [TARGET] [BUILD_FOLDER]

Compiles search/bench/read_csv.c against BUILD_FOLDER/libattune_objects.a (build/release unless
given). Ours is the whole process, from its start to its end; pandas is timed inside Python, without
the start of Python, the import, and what the first call of a process costs more. The best of seven, in turns, so that the ratio is of one moment.
"""
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PANDAS = """
import time, sys, pandas
times = []
for _ in range(3):
    start = time.perf_counter()
    pandas.read_csv(sys.argv[1])
    times.append(time.perf_counter() - start)
print(min(times))
"""
LIBRARIES = ["-lz", "-ljansson", "-lxxhash", "-lcrypto", "-lm"]


def compile_ours(build, folder):
    program = os.path.join(folder, "read_csv")
    subprocess.run(["cc", "-std=c11", "-O2", "-I", ROOT, "-o", program,
                    os.path.join(ROOT, "search/bench/read_csv.c"),
                    os.path.join(build, "libattune_objects.a"), *LIBRARIES], check=True)
    return program


def time_ours(program, words):
    start = time.perf_counter()
    inside = subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - start, float(inside)


def time_pandas(path):
    return float(subprocess.run([sys.executable, "-c", PANDAS, path], check=True,
                                capture_output=True, text=True).stdout)


def main():
    path = sys.argv[1]
    target = sys.argv[2:3]
    build = sys.argv[3] if len(sys.argv) > 3 else os.path.join(ROOT, "build/release")
    with tempfile.TemporaryDirectory() as folder:
        program = compile_ours(build, folder)
        ours, pandas = [], []
        for _ in range(7):
            ours.append(time_ours(program, [path, *target]))
            pandas.append(time_pandas(path))
    whole, inside = min(ours)[0], min(each[1] for each in ours)
    print(f"attune  {whole * 1000:7.1f} ms whole process, {inside * 1000:.1f} ms of it reading and typing")
    print(f"pandas  {min(pandas) * 1000:7.1f} ms read_csv alone")
    print(f"ratio   {min(pandas) / whole:7.2f}")


if __name__ == "__main__":
    main()
