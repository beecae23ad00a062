#!/usr/bin/python3
"""The samplers of an installed Optuna on the problems of attune-bench-fronts.

    compare_fronts.py PROGRAM [--samplers nsga2,tpe,multivariate_tpe] [--trials N] [--seeds K] > optuna.jsonl
    compare_fronts.py --report ours.jsonl optuna.jsonl

Prints what attune-bench-fronts prints; constraints are given to the samplers, as numbers that are
kept when 0 or less. The report shows the mean hypervolume at the end of each problem.
"""
import argparse
import collections
import json
import math
import subprocess
from pathlib import Path

# As in fronts.c: ranges, constraints, the ideal point and the reference.
UNIT = [(0, 1)] * 6
PROBLEMS = {
    "zdt1": (UNIT, 0, (0, 0), (1.1, 8)),
    "zdt2": (UNIT, 0, (0, 0), (1.1, 8)),
    "zdt3": (UNIT, 0, (0, -0.8), (1.1, 8)),
    "zdt6": (UNIT, 0, (0.28, 0), (1.1, 10)),
    "mixed": ([(0, 1), list(range(5)), range(8), (0, 1), (0, 1), (0, 1)], 0, (0, 0), (1.2, 8)),
    "bnh": ([(0, 5), (0, 3)], 2, (0, 4), (140, 50)),
    "srn": ([(-20, 20)] * 2, 2, (0, -220), (250, 10)),
    "tnk": ([(0.001, math.pi)] * 2, 2, (0, 0), (1.3, 1.3)),
    "osy": ([(0, 10), (0, 10), (1, 5), (0, 6), (1, 5), (0, 10)], 6, (-274, 4), (0, 80)),
}


def sampler_of(name, seed, constrained):
    import optuna

    limits = (lambda trial: trial.user_attrs["constraints"]) if constrained else None
    if name == "nsga2":
        return optuna.samplers.NSGAIISampler(seed=seed, constraints_func=limits)
    return optuna.samplers.TPESampler(seed=seed, multivariate=name == "multivariate_tpe",
                                      constraints_func=limits)


def suggest(trial, name, values):
    if isinstance(values, list):
        return trial.suggest_categorical(name, values)
    if isinstance(values, range):
        return trial.suggest_int(name, values[0], values[-1])
    return trial.suggest_float(name, *values)


def hypervolume(points):
    below, area = 1, 0
    for x, y in sorted(points):
        if y < below:
            area += (1 - max(0, x)) * (below - max(0, y))
            below = max(0, y)
    return area


def play(program, name, sampler, trials, seed):
    import optuna

    inputs, n_constraints, ideal, reference = PROBLEMS[name]
    process = subprocess.Popen([program, "--evaluate", name], text=True, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    study = optuna.create_study(directions=["minimize"] * 2,
                                sampler=sampler_of(sampler, seed, n_constraints > 0))
    points, curve = [], []
    for _ in range(trials):
        trial = study.ask()
        x = [suggest(trial, f"x{i}", values) for i, values in enumerate(inputs)]
        process.stdin.write(" ".join(map(repr, x)) + "\n")
        process.stdin.flush()
        results = [float(word) for word in process.stdout.readline().split()]
        trial.set_user_attr("constraints", results[2:])
        study.tell(trial, results[:2])
        place = [(v - a) / (b - a) for v, a, b in zip(results, ideal, reference)]
        if max(place) < 1 and max(results[2:], default=0) <= 0:
            points.append(place)
        curve.append(hypervolume(points))
    process.stdin.close()
    process.wait()
    return curve


def report(files):
    ends = collections.defaultdict(lambda: collections.defaultdict(list))
    for file in files:
        for line in Path(file).read_text().splitlines():
            row = json.loads(line)
            ends[row["problem"]][row["sampler"]].append(row["value"][-1])
    names = list(dict.fromkeys(name for problem in ends.values() for name in problem))
    print("| hypervolume at the end | " + " | ".join(names) + " |")
    print("|-|" + "-|" * len(names))
    means = {p: {n: sum(v) / len(v) for n, v in ends[p].items()} for p in ends}
    for problem in means:
        cells = [f"{means[problem].get(name, float('nan')):.3f}" for name in names]
        print(f"| {problem} | " + " | ".join(cells) + " |")
    whole = [sum(m.get(name, float("nan")) for m in means.values()) / len(means) for name in names]
    print("| mean | " + " | ".join(f"{v:.3f}" for v in whole) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?")
    parser.add_argument("--samplers", default="nsga2,tpe,multivariate_tpe")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--report", nargs="+")
    options = parser.parse_args()
    if options.report:
        report(options.report)
        return
    import warnings

    import optuna

    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for sampler in options.samplers.split(","):
        for problem in PROBLEMS:
            for seed in range(options.seeds):
                curve = play(options.program, problem, sampler, options.trials, seed)
                print(json.dumps({"problem": problem, "seed": seed, "sampler": f"optuna_{sampler}",
                                  "value": curve}, separators=(",", ":")), flush=True)


if __name__ == "__main__":
    main()
