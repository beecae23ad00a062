"""search/examples/train.py - a training script as `attune search search/examples/train.json` runs it.

Fits a line by gradient descent, and says after each epoch how good it is. Any program will do that
takes its hyperparameters as arguments and prints lines such as {"step": 3, "value": 0.31}.
"""
import argparse
import json
import math
import random
import sys

arguments = argparse.ArgumentParser()
arguments.add_argument("--lr", type=float)
arguments.add_argument("--momentum", type=float, default=0)  # left out when it has no value
arguments.add_argument("--seed", type=int)
arguments.add_argument("--out")
a = arguments.parse_args()

draw = random.Random(1)
points = [(x, 3 * x - 1 + draw.gauss(0, 0.3)) for x in (draw.uniform(-2, 2) for _ in range(200))]
fitted, held_out = points[:150], points[150:]
slope = offset = slope_speed = offset_speed = 0.0
random.seed(a.seed)
for epoch in range(1, 31):
    for x, y in random.sample(fitted, 20):
        gap = slope * x + offset - y
        slope_speed = a.momentum * slope_speed - a.lr * gap * x
        offset_speed = a.momentum * offset_speed - a.lr * gap
        slope += slope_speed
        offset += offset_speed
    loss = sum((slope * x + offset - y) ** 2 for x, y in held_out) / len(held_out)
    if not math.isfinite(loss):
        sys.exit("diverged in epoch %d" % epoch)  # an exit code that is not 0: the trial failed
    print(json.dumps({"step": epoch, "value": loss}), flush=True)
with open(a.out + "/model.json", "w") as file:
    json.dump({"slope": slope, "offset": offset}, file)
