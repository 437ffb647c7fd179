# SPDX-License-Identifier: BSD-2-Clause
"""Predicted against measured, where this machine can measure: on one and two ranks, and with
reductions made slow by cgbench. The costs come from runs of one rank without messages."""
import statistics

from . import measure, model

TINY = 400  # unknowns: an iteration is then reductions, messages and calls
LATENCIES = (2e-5, 1e-4, 5e-4, 2e-3)


def node_times(machine, costs, ranks, repeats):
    """(an allreduce, a halo) between the ranks of this node: what a tiny problem takes longer on
    them than each part of it takes alone."""
    rows = {row["solver"]: row for row in machine.cgbench(ranks, [TINY], repeats)}
    row = rows[model.FORMS[0].name]
    loop, hv = costs.at(row["solver"], float(row["n"]) / ranks)
    scale = 1e-9 * float(row["n"])
    return (max(0.0, (scale * float(row["ns"]) - loop) / float(row["reductions"])),
            max(0.0, scale * float(row["ns_hv"]) - hv))


def row_of(what, form, ranks, n, latency, predicted, measured):
    """Both in iterations a second."""
    return {"what": what, "solver": form.name, "ranks": ranks, "n": n, "latency_us": 1e6 * latency,
            "predicted_per_s": predicted, "measured_per_s": measured,
            "error": predicted / measured - 1}


def check_ranks(machine, costs, times, ranks, sizes, repeats):
    """cgbench on so many ranks beside the model with the costs of this node."""
    rows = []
    for row in machine.cgbench(ranks, sizes, repeats):
        if row["solver"] not in model.BY_NAME:
            continue
        form, n = model.BY_NAME[row["solver"]], int(row["n"])
        loop, hv = costs.at(form.name, n / ranks)
        # PETSc's KSPSTCG makes no reductions on one rank
        reduce, halo = times if ranks > 1 else (0.0, 0.0)
        predicted = model.iteration(form, loop, hv, halo, reduce, float(row["reductions"]))
        measured = 1e-9 * n * (float(row["ns"]) + float(row["ns_hv"]))
        rows.append(row_of("ranks", form, ranks, n, 0.0, 1 / predicted, 1 / measured))
    return rows


def check_latency(machine, costs, times, ranks, sizes, repeats):
    """Slow reductions: an allreduce takes the latency, or what it takes here if that is more."""
    rows, counts = [], (2 * measure.CG_ITERATIONS + 1, *[measure.CG_ITERATIONS + 2] * 2)
    found = machine.latency(ranks, sizes, LATENCIES, repeats)
    for (n, latency, key), measured in found.items():
        form, count = next((f, c) for f, c in zip(model.FORMS, counts) if f.key == key)
        loop, hv = costs.at(form.name, n / ranks)
        predicted = model.iteration(form, loop, hv, times[1], max(latency, times[0]),
                                    count / measure.CG_ITERATIONS)
        rows.append(row_of("latency", form, ranks, n, latency, 1 / predicted, measured))
    return rows


def check_driver(machine, costs, times, ranks, n, repeats):
    """Whole solves of the quadratic by the ledger's counts: an evaluation taken for an Hv."""
    rows = []
    for form in model.FORMS:
        runs = [machine.driver(ranks, "torsion", n, *measure.driver_options(form, 300))
                for _ in range(repeats)]
        run, seconds = runs[0], statistics.median(r["seconds"] for r in runs)
        loop, hv = costs.at(form.name, n / ranks)
        reduce, halo = times if ranks > 1 else (0.0, 0.0)
        hidden = run["cg_iterations"] * min(hv + halo, reduce) if form.overlapped else 0.0
        predicted = (run["cg_iterations"] * loop + run["gradient_equivalents"] * (hv + halo)
                     + run["reductions"] * reduce - hidden)
        rows.append(row_of("driver", form, ranks, run["n"], 0.0, run["cg_iterations"] / predicted,
                           run["cg_iterations"] / seconds))
    return rows


def check(machine, path, args):
    """The rows of scaling_check.csv: ranks 1 and as many as there are cores (at most 2 here)."""
    rows = []
    for ranks in [r for r in args.ranks if r <= machine.cores]:
        costs = model.Costs.read(path, ranks)
        times = node_times(machine, costs, ranks, args.repeats) if ranks > 1 else (0.0, 0.0)
        measure.tell(f"check  {ranks} ranks: an allreduce {1e6 * times[0]:.2f} us, "
                     f"a halo {1e6 * times[1]:.2f} us")
        rows += check_ranks(machine, costs, times, ranks, args.sizes, args.repeats)
        rows += check_driver(machine, costs, times, ranks, args.sizes[-1], args.repeats)
        rows += check_latency(machine, costs, times, ranks, args.sizes[:2], args.repeats)
    return rows


def summary(rows):
    """Lines: the relative error by kind of check and ranks."""
    lines = [f"{'predicted/measured - 1':24s} {'ranks':>5s} {'runs':>5s} {'median':>8s} "
             f"{'median |.|':>10s} {'worst':>8s}"]
    for what, ranks in sorted({(row["what"], row["ranks"]) for row in rows}):
        errors = [row["error"] for row in rows if (row["what"], row["ranks"]) == (what, ranks)]
        lines.append(f"{what:24s} {ranks:5d} {len(errors):5d} {statistics.median(errors):+8.1%} "
                     f"{statistics.median(map(abs, errors)):10.1%} "
                     f"{max(errors, key=abs):+8.1%}")
    return "\n".join(lines)
