#!/usr/bin/env python3
"""make_tables.py - complete tables of real results, to play samplers on, from data sets in CSV.

    make_tables.py ATTUNE DATA FOLDER [--only NAME]

ATTUNE: the built program. DATA: a folder with vehicle.csv, concrete.csv, titanic.csv
and wine.csv, the target last. FOLDER: gets a CSV a table and tables.json, which
attune-bench-tables and compare_optuna.py read. Every configuration of a grid over three to seven
hyperparameters is measured: boosted trees and forests of this project, multilayer
perceptrons of scikit-learn, and least squares on columns that are each treated in one of five ways.
"""
import argparse
import csv
import io
import itertools
import json
import statistics
import subprocess
import tempfile
import warnings
from pathlib import Path


def grid(kind, *choices):
    return {"kind": kind, "choices": list(choices)}


def reals(*choices):
    return grid("float", *choices)


def integers(*choices):
    return grid("int", *choices)


def words(*choices):
    return grid("categorical", *choices)


# name: (data, metric, direction, step, parameters)
FITTED = {
    "boosting_vehicle": ("vehicle", "log_loss", "minimize", "gradient_boosting", {
        "learning_rate": reals(0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.0),
        "num_leaves": integers(3, 6, 12, 24, 48),
        "min_child_samples": integers(1, 3, 8, 20, 50),
        "colsample_bytree": reals(0.25, 0.5, 0.75, 1.0),
        "n_estimators": integers(10, 20, 35, 60)}),
    "boosting_concrete": ("concrete", "rmse", "minimize", "gradient_boosting", {
        "objective": words("squared", "absolute", "huber"),
        "learning_rate": reals(0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.0),
        "num_leaves": integers(3, 6, 12, 24, 48),
        "min_child_samples": integers(1, 3, 8, 20, 50),
        "reg_lambda": reals(0, 0.1, 1, 10, 100),
        "subsample": reals(0.4, 0.7, 1.0)}),
    "forest_vehicle": ("vehicle", "accuracy", "maximize", "extra_trees", {
        "max_features": reals(0.1, 0.2, 0.35, 0.5, 0.75, 1.0),
        "min_samples_leaf": integers(1, 2, 4, 8, 16, 32),
        "max_depth": integers(2, 3, 5, 8, 12),
        "n_estimators": integers(5, 12, 25, 50),
        "bootstrap": words(True, False),
        "class_weight": words("none", "balanced")}),
    "boosting_titanic": ("titanic", "accuracy", "maximize", "gradient_boosting", {
        "learning_rate": reals(0.01, 0.03, 0.1, 0.3, 1.0),
        "num_leaves": integers(2, 4, 8, 16, 32),
        "min_child_samples": integers(1, 4, 12, 30),
        "n_estimators": integers(5, 15, 40),
        "reg_lambda": reals(0, 1, 10, 100),
        "extra_trees": words(True, False),
        "class_weight": words("none", "balanced")}),
}


def plan_of(data, target, metric, step, parameters):
    space = {}
    for name, p in parameters.items():
        values = p["choices"]
        ordered = {"priority_choice": {"values": values, "ratio": 1}}
        space[name] = {"choice": {"values": values}} if p["kind"] == "categorical" else ordered
    return {"data": {"file": str(data), "target": target}, "metric": metric,
            "validation": {"folds": 3},
            "pipeline": {"name": "pipeline", "steps": [{"step": "impute"},
                                                       {"step": step, "space": space}]},
            "search": {"sampler": "grid", "pruner": "none", "seed": 1}}


def measure_fitted(program, data, metric, step, parameters):
    """Rows (values, mean) of every configuration, by the program's grid sampler."""
    n = 1
    for p in parameters.values():
        n *= len(p["choices"])
    with open(data, newline="") as lines:
        target = next(csv.reader(lines))[-1]
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.json"
        plan.write_text(json.dumps(plan_of(Path(data).resolve(), target, metric, step, parameters)))
        store = str(Path(folder) / "trials.db")
        subprocess.run([program, "search", plan, "--trials", str(n), "--jobs", "1", "--quiet",
                        "--store", store, "--out", str(Path(folder) / "best")], check=True,
                       stdout=subprocess.DEVNULL)
        text = subprocess.run([program, "trials", store, "--format", "csv", "--columns",
                               "value,hyperparams"], check=True, capture_output=True,
                              text=True).stdout
    for row in csv.DictReader(io.StringIO(text)):
        values = {name.split("__")[-1]: v for name, v in json.loads(row["hyperparams"]).items()}
        yield [values[name] for name in parameters], float(row["value"])


PERCEPTRON = {
    "alpha": reals(1e-6, 1e-4, 1e-2, 0.1, 1.0, 10.0),
    "batch_size": integers(8, 16, 32, 64),
    "depth": integers(1, 2, 3),
    "learning_rate_init": reals(1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1),
    "width": integers(4, 8, 16, 32, 64),
}


def measure_perceptron(data):
    """Balanced accuracy, the mean over two seeds, after 15 epochs."""
    import numpy as np
    import pandas as pd
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.model_selection import train_test_split
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler

    warnings.simplefilter("ignore", ConvergenceWarning)
    frame = pd.read_csv(data).dropna()
    inputs = pd.get_dummies(frame.iloc[:, :-1]).to_numpy(float)
    target = frame.iloc[:, -1].astype(str).to_numpy()
    train, test, y_train, y_test = train_test_split(inputs, target, test_size=0.5, random_state=0,
                                                    stratify=target)
    scale = StandardScaler().fit(train)
    train, test = scale.transform(train), scale.transform(test)
    for values in itertools.product(*(p["choices"] for p in PERCEPTRON.values())):
        alpha, batch, depth, rate, width = values
        scores = []
        for seed in range(2):
            model = MLPClassifier([width] * depth, alpha=alpha, batch_size=batch, max_iter=15,
                                  learning_rate_init=rate, random_state=seed)
            with np.errstate(all="ignore"):
                model.fit(train, y_train)
                scores.append(balanced_accuracy_score(y_test, model.predict(test)))
        yield list(values), statistics.fmean(scores)


TREATMENTS = ("out", "as_is", "log", "square", "steps")


def treat(column, how):
    import numpy as np

    if how == "out":
        return np.zeros((len(column), 0))
    if how == "log":
        return np.log(column - column.min() + 0.01 * np.ptp(column))[:, None]
    if how == "square":
        return np.stack([column, column**2], axis=1)
    if how == "steps":
        cuts = np.quantile(column, [0.2, 0.4, 0.6, 0.8])
        return (column[:, None] > cuts).astype(float)
    return column[:, None]


def measure_columns(data):
    """Root mean squared error of ridge regression, three folds, two columns' product added."""
    import numpy as np
    import pandas as pd

    frame = pd.read_csv(data).to_numpy(float)
    frame = frame[np.random.default_rng(0).permutation(len(frame))]
    inputs, y = frame[:, :6], frame[:, -1]
    inputs = (inputs - inputs.mean(0)) / inputs.std(0)
    treated = [[treat(inputs[:, i], how) for how in TREATMENTS] for i in range(6)]
    fold = np.arange(len(y)) % 3
    for choice in itertools.product(range(len(TREATMENTS)), repeat=6):
        parts = [treated[i][k] for i, k in enumerate(choice)]
        for a, b in ((0, 3), (1, 4), (2, 5)):
            if parts[a].shape[1] and parts[b].shape[1]:
                parts.append(parts[a][:, :1] * parts[b][:, :1])
        x = np.concatenate(parts + [np.ones((len(y), 1))], axis=1)
        grams = [x[fold == f].T @ x[fold == f] for f in range(3)]
        sides = [x[fold == f].T @ y[fold == f] for f in range(3)]
        errors = []
        for f in range(3):
            gram = sum(grams) - grams[f] + 1e-3 * np.eye(x.shape[1])
            weights = np.linalg.solve(gram, sum(sides) - sides[f])
            errors.append(np.mean((y[fold == f] - x[fold == f] @ weights) ** 2) ** 0.5)
        yield [TREATMENTS[k] for k in choice], statistics.fmean(errors)


def sources(options):
    """name: (direction, parameters, rows)"""
    data = Path(options.data)
    made = {}
    for name, (file, metric, direction, step, parameters) in FITTED.items():
        made[name] = (direction, parameters,
                      measure_fitted(options.program, data / f"{file}.csv", metric, step,
                                     parameters))
    for file in ("vehicle", "wine"):
        made[f"perceptron_{file}"] = ("maximize", PERCEPTRON,
                                      measure_perceptron(data / f"{file}.csv"))
    treatments = {f"column_{i}": words(*TREATMENTS) for i in range(6)}
    made["columns_concrete"] = ("minimize", treatments, measure_columns(data / "concrete.csv"))
    return made


def written(value):
    return json.dumps(value) if isinstance(value, bool) else str(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("data")
    parser.add_argument("folder")
    parser.add_argument("--only")
    options = parser.parse_args()
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, (direction, parameters, rows) in sources(options).items():
        if options.only and options.only != name:
            continue
        results = []
        with open(folder / f"{name}.csv", "w", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow([*parameters, "mean"])
            for values, mean in rows:
                out.writerow([*map(written, values), repr(mean)])
                results.append(mean)
        for p in parameters.values():
            p["choices"] = [written(v) if isinstance(v, bool) else v for v in p["choices"]]
        listing = folder / "tables.json"
        tables = json.loads(listing.read_text()) if listing.exists() else {}
        tables[f"{name}.csv"] = {"rows": len(results), "direction": direction,
                                 "parameters": parameters}
        listing.write_text(json.dumps(tables, indent=1) + "\n")
        print(f"{name}: {len(results)} configurations", flush=True)


if __name__ == "__main__":
    main()
