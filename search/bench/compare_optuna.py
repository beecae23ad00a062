#!/usr/bin/python3
"""The samplers of an installed Optuna on tables of measured configurations.

    compare_optuna.py DIR [--samplers tpe,multivariate_tpe,cmaes] [--trials N] [--seeds K]
        [--lookahead L] > optuna.jsonl
    compare_optuna.py --report ours.jsonl optuna.jsonl

Prints what attune-bench-tables prints, a line of JSON for each (table, sampler, seed). With a
lookahead above 1, L trials are asked for before the first of them is told, and one more after each.
Numeric kinds are ordered grids, given to Optuna as an integer index: the same metric on both sides.
The report shows the mean quantile at the end of each table, and a paired test over tables.
"""
import argparse
import collections
import csv
import json
import sys
from pathlib import Path


def sampler_of(name, seed):
    import optuna

    if name == "tpe":
        return optuna.samplers.TPESampler(seed=seed)
    if name == "multivariate_tpe":
        return optuna.samplers.TPESampler(seed=seed, multivariate=True)
    if name == "cmaes":
        return optuna.samplers.CmaEsSampler(seed=seed)
    if name == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    sys.exit(f"compare_optuna.py: unknown sampler {name}")


class Table:
    def __init__(self, folder, file, description):
        self.parameters = description["parameters"]
        self.maximize = description["direction"] == "maximize"
        self.rows = {}
        index = {
            name: {self.written(p, choice): i for i, choice in enumerate(p["choices"])}
            for name, p in self.parameters.items()
        }
        with open(Path(folder) / file, newline="") as lines:
            for row in csv.DictReader(lines):
                key = tuple(
                    index[name][self.written(p, row[name])] for name, p in self.parameters.items()
                )
                self.rows[key] = float(row["mean"])
        self.sorted = sorted(self.rows.values(), reverse=self.maximize)
        n = len(self.sorted)
        self.median = (self.sorted[(n - 1) // 2] + self.sorted[n // 2]) / 2

    @staticmethod
    def written(parameter, value):
        return str(value) if parameter["kind"] == "categorical" else f"{float(value):.9g}"

    def ask(self, trial):
        key = []
        for name, p in self.parameters.items():
            n = len(p["choices"])
            if p["kind"] == "categorical":
                key.append(trial.suggest_categorical(name, list(range(n))))
            else:
                key.append(trial.suggest_int(name, 0, n - 1))
        return self.rows[tuple(key)]

    def quantile(self, value):
        import bisect

        if self.maximize:
            better = bisect.bisect_left([-v for v in self.sorted], -value)
        else:
            better = bisect.bisect_left(self.sorted, value)
        return better / len(self.sorted)


def play(table, name, seed, trials, lookahead):
    import optuna

    direction = "maximize" if table.maximize else "minimize"
    study = optuna.create_study(sampler=sampler_of(name, seed), direction=direction)
    waiting, values = collections.deque(), []
    for _ in range(trials):
        trial = study.ask()
        waiting.append((trial, table.ask(trial)))
        values.append(waiting[-1][1])
        if len(waiting) >= lookahead:
            study.tell(*waiting.popleft())
    best, curve = None, []
    for value in values:
        better = best is None or (value > best if table.maximize else value < best)
        best = value if better else best
        curve.append(best)
    return curve


def run(options):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder = Path(options.folder)
    for file, description in json.loads((folder / "tables.json").read_text()).items():
        table = Table(folder, file, description)
        for name in options.samplers.split(","):
            for seed in range(options.seeds):
                curve = play(table, name, seed, options.trials, options.lookahead)
                line = {"table": file, "sampler": f"optuna_{name}", "seed": seed, "value": curve,
                        "quantile": [table.quantile(v) for v in curve],
                        "regret": [(v - table.sorted[0]) / (table.median - table.sorted[0])
                                   for v in curve]}
                print(json.dumps(line, separators=(",", ":")), flush=True)


def report(files):
    from scipy.stats import wilcoxon

    ends = collections.defaultdict(lambda: collections.defaultdict(list))
    for file in files:
        for line in Path(file).read_text().splitlines():
            row = json.loads(line)
            ends[row["sampler"]][row["table"]].append(row["quantile"][-1])
    tables = sorted({table for rows in ends.values() for table in rows})
    names = sorted(ends)
    means = {n: {t: sum(v) / len(v) for t, v in ends[n].items()} for n in names}
    print("| mean quantile at the end | " + " | ".join(names) + " |")
    print("|-|" + "-|" * len(names))
    for table in tables:
        print(f"| {table} | " + " | ".join(f"{means[n].get(table, float('nan')):.6f}" for n in names) + " |")
    whole = {n: sum(means[n].values()) / len(means[n]) for n in names}
    print("| mean | " + " | ".join(f"{whole[n]:.6f}" for n in names) + " |")
    theirs = [n for n in names if n.startswith("optuna_")]
    for ours in names:
        if ours in theirs or not theirs:
            continue
        best = min(theirs, key=whole.get)
        worse = [t for t in tables if means[ours][t] > min(means[n][t] for n in theirs)]
        pairs = [(means[ours][t], means[best][t]) for t in tables]
        p = wilcoxon(*zip(*pairs), alternative="less").pvalue if len(pairs) > 1 else float("nan")
        print(f"\n{ours} beside {best}: {whole[ours] / whole[best]:.3f} of its mean quantile; "
              f"Wilcoxon over {len(pairs)} tables p = {p:.4f}; worse than any of them on: "
              f"{', '.join(worse) or 'no table'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--samplers", default="tpe,multivariate_tpe,cmaes")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--lookahead", type=int, default=1)
    parser.add_argument("--report", nargs="+")
    options = parser.parse_args()
    if options.report:
        report(options.report)
    elif options.folder:
        run(options)
    else:
        parser.error("needs a folder of tables, or --report")


if __name__ == "__main__":
    main()
