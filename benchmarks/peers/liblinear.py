#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""LIBLINEAR on two classes of Fashion-MNIST, the problem `logistic -problem_data FILE` solves.

  liblinear.py -write FILE            writes the data: the first 3000 shirts and T-shirts
  liblinear.py -lib build/lib/libpeers.so -data FILE -lambda 1e-4 -rtol 1e-6 -json FILE

f(w) = 1/M sum log(1 + exp(-b_i w'x_i)) + lambda/2 ||w||^2 is LIBLINEAR's `-s 0 -B 1 -c C` divided
by C M, with C = 1/(lambda M): minimiser, start (0) and ratio of gradient norms are the same.
LIBLINEAR stops at ||g|| <= eps min(pos, neg)/M ||g(0)||: eps is chosen to make it rtol. f and the
gradient at the answer are computed by the benchmark's own problem.

Its work is counted from its log: an evaluation of f, with the gradient where it is wanted, 1; a CG
iteration, which takes a Hessian-vector product, 1; a diagonal of the Hessian for its
preconditioner, a pass over the data like a gradient, 1.
"""
import argparse
import gzip
import json
import os
import re
import resource
import subprocess
import tempfile

import numpy as np

from problems import Problem

FASHION_MNIST = "/usr/share/datasets/fashion-mnist"
CLASSES = (0, 6)  # T-shirt, shirt: the pair that is hardest to tell apart
IMAGES = 3000
TRAIN = "liblinear-train"


def read_idx(name):
    with gzip.open(os.path.join(FASHION_MNIST, name)) as file:
        data = file.read()
    sizes = np.frombuffer(data, ">i4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(sizes)


def write_data(path):
    labels = read_idx("train-labels-idx1-ubyte.gz")
    images = read_idx("train-images-idx3-ubyte.gz").reshape(len(labels), -1)
    text = [f"{value / 255:.4g}" for value in range(256)]
    with open(path + ".part", "w", encoding="ascii") as file:
        for i in np.flatnonzero(np.isin(labels, CLASSES))[:IMAGES]:
            entries = " ".join(f"{j + 1}:{text[images[i, j]]}" for j in np.flatnonzero(images[i]))
            file.write(f"{1 + CLASSES.index(labels[i])} {entries}\n")
    os.replace(path + ".part", path)


def labels_of(path):
    with open(path, encoding="ascii") as file:
        return np.array([int(line.split(None, 1)[0]) for line in file])


def train(data, cost, eps, model):
    """The log, and the CPU seconds of the process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run([TRAIN, "-s", "0", "-B", "1", "-c", f"{cost:.17g}", "-e", f"{eps:.17g}",
                          data, model], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return run.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def work(log):
    """(outer iterations, evaluations, Hv, diagonals) of LIBLINEAR's trust-region Newton method."""
    cg = [int(count) for count in re.findall(r"^iter .* CG +(\d+)", log, re.MULTILINE)]
    drops = [float(actual) for actual in re.findall(r"^iter .* act +(\S+)", log, re.MULTILINE)]
    accepted = sum(drop > 0 for drop in drops)
    return len(cg), 1 + len(cg), sum(cg), 1 + accepted


def weights_of(model):
    with open(model, encoding="ascii") as file:
        text = file.read()
    return np.array(text.split("\nw\n", 1)[1].split(), dtype=float)


def solve(args):
    labels = labels_of(args.data)
    positive = np.sum(labels == labels[0])
    eps = args.rtol * len(labels) / min(positive, len(labels) - positive)
    cost = 1 / (args.lam * len(labels))
    problem = Problem(args.lib, "logistic", 0,
                      f"-problem_data {args.data} -problem_lambda {args.lam:.17g}")
    f0, g0 = problem.objgrad(problem.start())
    with tempfile.TemporaryDirectory() as folder:
        model = os.path.join(folder, "model")
        _, reading = train(args.data, cost, 1e9, model)  # converges at the start
        log, cpu = train(args.data, cost, eps, model)
        f, g = problem.objgrad(weights_of(model))
    iterations, evaluations, products, diagonals = work(log)
    gnorm, gnorm0 = np.linalg.norm(g), np.linalg.norm(g0)
    # the model file holds 17 digits: the norm at the answer is recomputed, not copied
    reached = bool(gnorm <= args.rtol * gnorm0 * (1 + 1e-6))
    return {
        "n": problem.n, "ranks": 1, "f": f, "f0": f0, "gnorm": gnorm, "gnorm0": gnorm0,
        "reason": "CONVERGED_GTTOL" if reached else "DIVERGED_LIBLINEAR", "rtol": args.rtol,
        "iterations": iterations, "nfg": evaluations, "nhv": products, "diagonals": diagonals,
        "gradient_equivalents": evaluations + products + diagonals, "reductions": None,
        "seconds": max(0.0, cpu - reading), "cpu_seconds": max(0.0, cpu - reading),
        "peak_rss_mb": None,
        "verified": reached}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("-write")
    parser.add_argument("-lib")
    parser.add_argument("-data")
    parser.add_argument("-lambda", dest="lam", type=float, default=1e-4)
    parser.add_argument("-rtol", type=float, default=1e-6)
    parser.add_argument("-json")
    args = parser.parse_args()
    if args.write:
        write_data(args.write)
        return
    result = solve(args)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(result, file)
    print(result)


if __name__ == "__main__":
    main()
