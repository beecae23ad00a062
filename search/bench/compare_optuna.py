#!/usr/bin/python3
"""The samplers of an installed Optuna on tables of measured configurations.

    compare_optuna.py DIR [--samplers tpe,multivariate_tpe,cmaes] [--trials N] [--seeds K]
        [--lookahead L] > optuna.jsonl
    compare_optuna.py --functions build/release/attune-bench-functions --dimension D
        [--instances K] [--mixed 1] [--lookahead L] > optuna.jsonl
    compare_optuna.py --report ours.jsonl optuna.jsonl

Prints what attune-bench-tables prints, a line of JSON for each (table, sampler, seed). With a
lookahead above 1, L trials are asked for before the first of them is told, and one more after each.
Numeric kinds are ordered grids, given to Optuna as an integer index: the same metric on both sides.
Functions are evaluated by the program, 20 d trials each. The report shows the mean quantile at the
end of each table and a paired test over tables; for functions, each sampler's mean rank.
"""
import argparse
import collections
import csv
import json
import math
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


def number(text):
    try:
        return float(text)
    except ValueError:
        return math.nan


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
                self.rows[key] = number(row["mean"])
        self.sorted = sorted((v for v in self.rows.values() if math.isfinite(v)),
                             reverse=self.maximize)
        n = len(self.sorted)
        self.median = (self.sorted[(n - 1) // 2] + self.sorted[n // 2]) / 2

    @staticmethod
    def written(parameter, value):
        """How a choice and a cell that mean the same are both written."""
        value = "" if str(value).lower() in ("", "none", "null", "nan", "na") else str(value)
        try:
            return f"{float(value):.6g}"
        except ValueError:
            return value.lower() if value.lower() in ("true", "false") else value

    def ask(self, trial):
        key = []
        for name, p in self.parameters.items():
            n = len(p["choices"])
            if p["kind"] == "categorical":
                key.append(trial.suggest_categorical(name, list(range(n))))
            else:
                key.append(trial.suggest_int(name, 0, n - 1))
        return self.rows.get(tuple(key), math.nan)

    def quantile(self, value):
        import bisect

        if self.maximize:
            better = bisect.bisect_left([-v for v in self.sorted], -value)
        else:
            better = bisect.bisect_left(self.sorted, value)
        return better / len(self.sorted)

    def regret(self, value):
        if value is None:
            return None
        spread = self.median - self.sorted[0]
        return (value - self.sorted[0]) / spread if spread else 0


class Function:
    """A function of attune-bench-functions, which is given points and answers values."""

    maximize = False

    def __init__(self, options, number, instance):
        import subprocess

        self.grids = [(0, 16, 8, 4, 2)[i % 5] if options.mixed else 0
                      for i in range(options.dimension)]
        command = [options.functions, "--evaluate", number, "--dimension", options.dimension,
                   "--instance", instance, "--mixed", options.mixed]
        self.process = subprocess.Popen([str(word) for word in command], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, trial):
        x = [trial.suggest_int(f"x{i}", 0, grid - 1) if grid else trial.suggest_float(f"x{i}", -5, 5)
             for i, grid in enumerate(self.grids)]
        self.process.stdin.write(" ".join(map(repr, x)) + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


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
            trial, value = waiting.popleft()
            failed = not math.isfinite(value)
            study.tell(trial, None if failed else value,
                       optuna.trial.TrialState.FAIL if failed else None)
    best, curve = None, []
    for value in values:
        if math.isfinite(value) and (
                best is None or (value > best if table.maximize else value < best)):
            best = value
        curve.append(best)
    return curve


def run(options):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder = Path(options.folder)
    for file, description in json.loads((folder / "tables.json").read_text()).items():
        table = Table(folder, file, description)
        for name in options.samplers.split(","):
            for seed in range(options.first, options.first + options.seeds):
                curve = play(table, name, seed, options.trials, options.lookahead)
                line = {"table": file, "sampler": f"optuna_{name}", "seed": seed, "value": curve,
                        "quantile": [1 if v is None else table.quantile(v) for v in curve],
                        "regret": [table.regret(v) for v in curve]}
                print(json.dumps(line, separators=(",", ":")), flush=True)


def run_functions(options):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for name in options.samplers.split(","):
        for number in range(1, 25):
            for instance in range(options.first, options.first + options.instances):
                function = Function(options, number, instance)
                curve = play(function, name, instance, 20 * options.dimension, options.lookahead)
                function.close()
                line = {"function": number, "dimension": options.dimension, "instance": instance,
                        "mixed": bool(options.mixed), "sampler": f"optuna_{name}", "value": curve}
                print(json.dumps(line, separators=(",", ":")), flush=True)


def report_functions(rows):
    """Each sampler's rank by the mean of log10 of what is left, averaged over functions."""
    left = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in rows:
        key = (row["dimension"], row["mixed"], row["function"])
        left[key][row["sampler"]].append(math.log10(max(row["value"][-1], 1e-12)))
    ranks = collections.defaultdict(list)
    for values in left.values():
        means = {name: sum(v) / len(v) for name, v in values.items()}
        for name, mean in means.items():
            below = sum(m < mean for m in means.values())
            same = sum(m == mean for m in means.values())
            ranks[name].append(below + (same + 1) / 2)
    print("| sampler | mean rank | cases |\n|-|-|-|")
    for name in sorted(ranks, key=lambda n: sum(ranks[n])):
        print(f"| {name} | {sum(ranks[name]) / len(ranks[name]):.2f} | {len(ranks[name])} |")


def report(files):
    rows = [json.loads(line) for file in files for line in Path(file).read_text().splitlines()]
    functions = [row for row in rows if "function" in row]
    tables = [row for row in rows if "table" in row]
    if functions:
        report_functions(functions)
    if tables:
        report_tables(tables)
    if functions and tables:
        report_together(tables, functions)


def report_together(tables, functions):
    """One pair a table (log10 of the mean quantile, 1e-5 added) and one a function (mean log10 of
    what is left, over dimensions and forms), ours beside each of theirs."""
    from scipy.stats import wilcoxon

    ends = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in tables:
        ends[row["sampler"]][row["table"]].append(row["quantile"][-1])
    scores = {name: {key: math.log10(sum(v) / len(v) + 1e-5) for key, v in of.items()}
              for name, of in ends.items()}
    cases = collections.defaultdict(lambda: collections.defaultdict(dict))
    for row in functions:
        case = (row["dimension"], row["mixed"], row["instance"])
        cases[row["sampler"]][row["function"]][case] = math.log10(max(row["value"][-1], 1e-12))
    theirs = sorted(name for name in scores if name.startswith("optuna_"))
    for ours in sorted(name for name in scores if not name.startswith("optuna_")):
        for other in theirs:
            pairs = [(scores[ours][t], scores[other][t]) for t in scores[ours] if t in scores[other]]
            for function, mine in cases[ours].items():
                both = [case for case in mine if case in cases[other][function]]
                if both:
                    pairs.append(tuple(sum(of[case] for case in both) / len(both)
                                       for of in (mine, cases[other][function])))
            better = sum(x < y for x, y in pairs)
            p = wilcoxon(*zip(*pairs), alternative="less").pvalue
            print(f"{ours} beside {other}: better on {better} of {len(pairs)} tables and functions, "
                  f"Wilcoxon p = {p:.2g}")


def report_tables(rows):
    from scipy.stats import wilcoxon

    ends = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in rows:
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
        worse = [t for t in tables if means[ours][t] > min(means[n].get(t, 1) for n in theirs)]
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
    parser.add_argument("--first", type=int, default=0, help="the first seed or instance")
    parser.add_argument("--lookahead", type=int, default=1)
    parser.add_argument("--functions")
    parser.add_argument("--dimension", type=int, default=5)
    parser.add_argument("--instances", type=int, default=5)
    parser.add_argument("--mixed", type=int, default=0)
    parser.add_argument("--report", nargs="+")
    options = parser.parse_args()
    if options.report:
        report(options.report)
    elif options.functions:
        run_functions(options)
    elif options.folder:
        run(options)
    else:
        parser.error("needs a folder of tables, or --report")


if __name__ == "__main__":
    main()
