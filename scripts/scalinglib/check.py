# SPDX-License-Identifier: BSD-2-Clause
"""Predicted against measured, where this machine can measure: on one and two ranks, and with
reductions made slow by cgbench. The costs come from runs of one rank without messages."""
import statistics

from . import measure, model

TINY = 400  # unknowns: an iteration is then reductions, messages and calls
# iterations that would take as many reductions as come before the first one
STARTING = {"2": 0.5, "1": 2, "overlapped": 2}
LATENCIES = (2e-5, 1e-4, 5e-4, 2e-3)


class Round:
    """What is measured on so many ranks: the least of several turns, in each of which the costs
    come right before what they are to explain."""

    def __init__(self, machine, ranks, args):
        alone, together, self.solves, self.slow = [], [], {}, {}
        local = [size // ranks for size in (TINY, *args.sizes)]
        for turn in range(args.repeats):
            measure.tell(f"check  {ranks} ranks, {turn + 1} of {args.repeats}")
            alone += machine.copies(ranks, local)
            together += machine.cgbench(ranks, [TINY, *args.sizes])
            for form in model.FORMS:
                run = machine.driver(ranks, "torsion", args.sizes[-1],
                                     *measure.driver_options(form, args.work))
                self.solves.setdefault(form, []).append(run)
            for key, rate in machine.latency(ranks, args.sizes[:2], LATENCIES).items():
                self.slow[key] = max(rate, self.slow.get(key, 0.0))
        self.ranks, self.costs = ranks, model.Costs.of(measure.least(alone))
        self.rows = measure.least(together)
        self.reduce, self.halo = self.node_times() if ranks > 1 else (0.0, 0.0)

    def node_times(self):
        """(an allreduce, a halo) between the ranks of this node: what a tiny problem takes longer
        on them than each part of it takes alone."""
        row = self.rows[0]
        loop, hv = self.costs.at(row["solver"], float(row["n"]) / self.ranks)
        scale = 1e-9 * float(row["n"])
        return (max(0.0, (scale * row["ns"] - loop) / float(row["reductions"])),
                max(0.0, scale * row["ns_hv"] - hv))


def row_of(what, form, ranks, n, latency, predicted, measured):
    """Both in iterations a second."""
    return {"what": what, "solver": form.name, "ranks": ranks, "n": n, "latency_us": 1e6 * latency,
            "predicted_per_s": predicted, "measured_per_s": measured,
            "error": predicted / measured - 1}


def check_ranks(done):
    """cgbench beside the model with the costs of this node. On one rank both sides measure the
    same: the error is the noise."""
    rows = []
    for row in done.rows:
        if row["solver"] not in model.BY_NAME or int(row["n"]) == TINY:
            continue
        form, n = model.BY_NAME[row["solver"]], int(row["n"])
        loop, hv = done.costs.at(form.name, n / done.ranks)
        predicted = model.iteration(form, loop, hv, done.halo, done.reduce,
                                    float(row["reductions"]))
        measured = 1e-9 * n * (row["ns"] + row["ns_hv"])
        rows.append(row_of("ranks", form, done.ranks, n, 0.0, 1 / predicted, 1 / measured))
    return rows


def check_latency(done):
    """Slow reductions: an allreduce takes the latency, or what it takes here if that is more."""
    rows = []
    for (n, latency, key), measured in done.slow.items():
        form = next(f for f in model.FORMS if f.key == key)
        loop, hv = done.costs.at(form.name, n / done.ranks)
        count = form.reductions * (1 + STARTING[key] / measure.CG_ITERATIONS)
        predicted = model.iteration(form, loop, hv, done.halo, max(latency, done.reduce), count)
        rows.append(row_of("latency", form, done.ranks, n, latency, 1 / predicted, measured))
    return rows


def check_driver(done):
    """Whole solves of the quadratic by the ledger's counts: an evaluation taken for an Hv."""
    rows = []
    for form, runs in done.solves.items():
        run, seconds = runs[0], min(map(measure.busy, runs))
        loop, hv = done.costs.at(form.name, run["n"] / done.ranks)
        cg = run["cg_iterations"]
        hidden = cg * min(hv + done.halo, done.reduce) if form.overlapped else 0.0
        predicted = (cg * loop + run["gradient_equivalents"] * (hv + done.halo)
                     + run["reductions"] * done.reduce - hidden)
        rows.append(row_of("driver", form, done.ranks, run["n"], 0.0, cg / predicted, cg / seconds))
    return rows


def check(machine, args):
    """The rows of scaling_check.csv."""
    rows = []
    for ranks in [r for r in args.ranks if r <= machine.cores]:
        done = Round(machine, ranks, args)
        measure.tell(f"on {ranks} ranks an allreduce takes {1e6 * done.reduce:.2f} us, a halo "
                     f"{1e6 * done.halo:.2f} us")
        rows += check_ranks(done) + check_driver(done) + check_latency(done)
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
