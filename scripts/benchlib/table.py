# SPDX-License-Identifier: BSD-2-Clause
"""The README's table: gradient-equivalents and f of a few solvers, in Markdown."""
import tempfile

from . import runner, sets


def cell(record):
    """Gradient-equivalents, f to tell different minima, or why there is no answer."""
    result = record["result"]
    if result is None:
        return "failed"
    if not result["verified"]:
        return result["reason"].replace("DIVERGED_", "").lower()
    return f"{result['gradient_equivalents']:.0f} (f = {result['f']:.6g})"


def table(args):
    solvers = [text.split(":", 1) for text in args.solver or sets.README_SOLVERS]
    print("| problem | n |", " | ".join(name for name, _ in solvers), "|")
    print("|---|---|" + "---|" * len(solvers), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        bench = runner.Bench(folder, args.np, args.hessvec)
        for item in args.problems or sets.README_PROBLEMS:
            name, _, n = item.partition(":")
            problem = sets.Problem(name, int(n or 0), ())
            records = [bench.run({**bench.task(problem, sets.Solver(label, "", "ours", options),
                                               sets.MAIN_TOLERANCE),
                                  "max_equivalents": 10**6, "max_seconds": 1800})
                       for label, options in solvers]
            size = next((r["result"]["n"] for r in records if r["result"]), n)
            print(f"| {name} | {size} |", " | ".join(map(cell, records)), "|", flush=True)
    return 0
