#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""One solve of a benchmark problem by scipy.optimize.minimize, by the rules of the driver.

  scipy_peers.py -lib build/lib/libpeers.so -problem minsurf -n 2500 -method trust-ncg \\
    [-options '{"max_trust_radius": 1e10}'] [-problem_options '...'] [-rtol 1e-6]
    [-max_equivalents N] [-max_seconds S] [-json FILE] [-csv FILE]

The JSON and CSV have the names of the driver's. SciPy's own tests are turned off: the stop rule is
||g|| <= rtol ||g(x0)||, tested at each iterate.
"""
import argparse
import json
import re
import time
import warnings

import numpy as np
import scipy.optimize

from problems import Counted, Problem, Stop

NEVER = 10**9
TESTS_OFF = {
    "trust-ncg": {"gtol": 0.0, "maxiter": NEVER},
    "trust-krylov": {"gtol": 0.0, "maxiter": NEVER},
    "Newton-CG": {"xtol": 1e-300, "maxiter": NEVER},
    "L-BFGS-B": {"gtol": 0.0, "ftol": 0.0, "maxiter": NEVER, "maxfun": NEVER},
}


def solve(counted, method, options):
    """Why it ended, in TAO's words."""
    second_order = {} if method == "L-BFGS-B" else {"hessp": counted.product}
    try:
        counted.iterate(counted.x0)
        end = scipy.optimize.minimize(
            counted.objective, counted.x0, jac=counted.gradient, method=method,
            callback=counted.iterate, options={**TESTS_OFF[method], **options}, **second_order)
    except Stop as reason:
        return str(reason)
    except (ValueError, FloatingPointError, np.linalg.LinAlgError) as error:
        return f"DIVERGED_{type(error).__name__}"
    return "DIVERGED_SCIPY_" + str(end.message)[:40]


def peak_memory():
    """MB of this program: getrusage() may tell the peak of the one that started it."""
    with open("/proc/self/status", encoding="ascii") as file:
        return float(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1)) / 1024


def outcome(counted, reason, cpu):
    x, f, g = counted.accepted
    true_f, true_g = counted.problem.objgrad(x)
    return {
        "n": counted.problem.n, "ranks": 1, "reason": reason, "f": true_f, "f0": counted.f0,
        "gnorm": np.linalg.norm(true_g), "gnorm0": counted.gnorm0, "rtol": counted.rtol,
        "iterations": len(counted.history) - 1, "nfg": counted.nfg, "nhv": counted.nhv,
        "gradient_equivalents": counted.equivalents, "reductions": None,
        "seconds": time.perf_counter() - counted.began, "cpu_seconds": cpu,
        "peak_rss_mb": peak_memory(),
        "verified": bool(reason.startswith("CONVERGED") and true_f == f
                         and np.array_equal(true_g, g) and true_f <= counted.f0)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("-lib", required=True)
    parser.add_argument("-problem", required=True)
    parser.add_argument("-problem_options", default="")
    parser.add_argument("-n", type=int, default=0)
    parser.add_argument("-method", required=True, choices=TESTS_OFF)
    parser.add_argument("-options", type=json.loads, default={})
    parser.add_argument("-rtol", type=float, default=1e-6)
    parser.add_argument("-max_equivalents", type=int, default=NEVER)
    parser.add_argument("-max_seconds", type=float, default=1e6)
    parser.add_argument("-json")
    parser.add_argument("-csv")
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # of a line search that fails: the reason tells it
    problem = Problem(args.lib, args.problem, args.n, args.problem_options)
    counted = Counted(problem, args.rtol, args.max_equivalents, args.max_seconds)
    cpu = time.process_time()
    reason = solve(counted, args.method, args.options)
    result = outcome(counted, reason, time.process_time() - cpu)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(result, file)
    if args.csv:
        with open(args.csv, "w", encoding="utf-8") as file:
            file.write("iteration,f,gnorm,gradient_equivalents,seconds\n")
            file.writelines("{},{:.17g},{:.17g},{},{:.4f}\n".format(*row)
                            for row in counted.history)
    print(f"{args.problem} {args.method}: {reason}, f = {result['f']:.12g}, ||g||/||g(x0)|| = "
          f"{result['gnorm'] / result['gnorm0']:.3e}, {result['gradient_equivalents']} "
          f"gradient-equivalents, {result['cpu_seconds']:.2f} s")
    problem.destroy()


if __name__ == "__main__":
    main()
