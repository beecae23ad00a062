#!/usr/bin/python3
"""search/bench/compare_racing.py - a search under fold racing beside the same one with every fold.

    search/bench/compare_racing.py ATTUNE DATA [--trials N] [--seeds K] [--most ROWS]
        [--without mlp,svm] [SET ...]

ATTUNE is the program, DATA a folder of CSV files with a manifest.json. The default plan of each set
of at most ROWS rows is searched twice, by the sampler random, so that both see the same trials, and
with no stages, so that a fold is a fit. A row has the folds fitted on both sides and how much worse
the best of racing is on all folds, with the standard error of that difference over the folds. The
last line is a paired test over all rows: the difference in shares of the best's own standard error.
"""
import argparse
import json
import math
import os
import sqlite3
import statistics
import subprocess
import tempfile

import numpy as np
from scipy.stats import wilcoxon


def plan_of(options, entry, seed):
    data = os.path.join(options.data, entry["file"])
    text = subprocess.run([options.attune, "plan", data, "--target", entry["target"]], check=True,
                          capture_output=True, text=True).stdout
    plan = json.loads(text)
    choose = plan["pipeline"]["steps"][-1]
    choose["steps"] = [s for s in choose["steps"] if s["name"] not in options.without.split(",")]
    plan["search"] = {"trials": options.trials, "sampler": "random", "stages": 0, "seed": seed}
    return plan


def searched(options, folder, plan, pruner):
    """number: its folds' losses, of the trials that were scored; and how many folds were."""
    path, store = os.path.join(folder, "plan.json"), os.path.join(folder, f"{pruner}.db")
    plan["search"]["pruner"] = pruner
    with open(path, "w") as file:
        json.dump(plan, file)
    if os.path.exists(store):
        os.remove(store)
    subprocess.run([options.attune, "search", path, "--jobs", str(options.jobs), "--store", store,
                    "--out", os.path.join(folder, "best"), "--overwrite", "--quiet"],
                   check=True, capture_output=True)
    with sqlite3.connect(store) as base:
        rows = base.execute("SELECT number, folds FROM attune_trials WHERE folds IS NOT NULL")
        folds = {number: np.frombuffer(blob, dtype="<f8") for number, blob in rows}
    return folds, sum(int(np.isfinite(losses).sum()) for losses in folds.values())


def best_of(folds):
    whole = {number: losses.mean() for number, losses in folds.items()
             if np.isfinite(losses).all()}
    return min(whole, key=whole.get)


def error_of(values):
    return values.std(ddof=1) / math.sqrt(len(values))


def compare(options, folder, entry, seed):
    """The row's share of folds, and its difference in standard errors of the best."""
    plan = plan_of(options, entry, seed)
    every, n_every = searched(options, folder, plan, "none")
    raced, n_raced = searched(options, folder, plan, "fold_racing")
    best, found = best_of(every), best_of(raced)
    worse = every[found] - every[best]
    said = "the same" if best == found else \
        f"{worse.mean():.3g} worse ({error_of(worse):.2g}) than {every[best].mean():.5g}"
    print(f"| {entry['name']}, {seed} | {entry['rows']} | {n_every}, {n_raced} | "
          f"{n_raced / n_every:.0%} | {said} |", flush=True)
    return n_raced / n_every, worse.mean() / error_of(every[best])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("attune")
    parser.add_argument("data")
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--most", type=int, default=10000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--without", default="", help="models to leave out of the plan")
    options = parser.parse_intermixed_args()
    with open(os.path.join(options.data, "manifest.json")) as file:
        entries = [e for e in json.load(file)["datasets"] if e["rows"] <= options.most]
    print("| set, seed | rows | folds fitted: all, racing | share | best on all folds |")
    print("|-|-|-|-|-|")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for entry in sorted(entries, key=lambda e: e["rows"]):
            if options.sets and entry["name"] not in options.sets:
                continue
            rows += [compare(options, folder, entry, s) for s in range(1, options.seeds + 1)]
    shares, worse = zip(*rows)
    moved = [w for w in worse if w != 0]
    p = wilcoxon(moved).pvalue if len(moved) > 5 else float("nan")
    print(f"\n{statistics.fmean(shares):.0%} of the folds; the same best in {len(rows) - len(moved)} "
          f"of {len(rows)} runs, in the mean {statistics.fmean(worse):.3f} standard errors worse, at "
          f"most {max(worse):.2f} (Wilcoxon over those that differ: p = {p:.2g})")


if __name__ == "__main__":
    main()
