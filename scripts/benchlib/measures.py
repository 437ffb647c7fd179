# SPDX-License-Identifier: BSD-2-Clause
"""From the records of the runs to what is told: who solved what at which cost, and who is ahead.

A run ends "solved", "higher" (the gradient test is passed, but f is higher than the best any solver
found at that tolerance: another minimum, or a flat place short of it), "unsolved" or "wrong" (what
the solver claims of its answer is not so). Ratios are over problems both solvers solved.
"""
import csv
import math
import os
import statistics

from . import sets

COLUMNS = ["problem", "n", "classes", "solver", "family", "hessvec", "ranks", "tolerance", "end",
           "reason", "f", "gnorm_ratio", "gradient_equivalents", "reductions", "seconds",
           "peak_rss_mb", "cap", "options", "date"]
STOPPED = {"MAXFCN": "cap of work", "USER": "cap of time"}


def f_slack(best, f0, ratio):
    """How much above the best f a run may end, with ||g||/||g(x0)|| = ratio, at the same minimum.

    At the ratio 1e-9: 1e-4 of |best| or, where that is more (a minimum of 0 has no scale but the
    start's), 1e-7 of the whole decrease. A run stopped earlier on the way to the same minimum
    ends higher: the two grow with the cube root of the ratio and its square.
    """
    looser = (max(ratio, 1e-9) / 1e-9) ** (1 / 3)
    return max(1e-4 * abs(best) * looser, 1e-7 * (f0 - best) * looser**2)


class Results:
    """The rows, one for each problem, solver and tolerance, and questions about them."""

    def __init__(self, records, problems, solvers):
        self.problems, self.solvers = problems, solvers
        self.families = {s.name: s.family for s in solvers}
        self.classes = {p.name: p.classes for p in problems}
        self.records = records
        self.rows = [row for record in records for row in self._rows(record)]
        self._tell_higher()
        self.by = {(r["problem"], r["solver"], r["tolerance"]): r for r in self.rows}
        self.peers = [s.name for s in solvers if s.kind != "ours"
                      and any(r["solver"] == s.name for r in self.rows)]

    def _rows(self, record):
        result = record["result"] or {}
        each = record["kind"] in ("ours", "liblinear")
        for tolerance in (record["rtol"],) if each else sets.TOLERANCES:
            at = record["crossings"].get(repr(tolerance))
            wrong = result.get("reason", "").startswith("CONVERGED") and not result["verified"]
            within = at and at["gradient_equivalents"] <= record["max_equivalents"]
            end = "wrong" if wrong else "solved" if within else "unsolved"
            at = at or {k: result.get(k) for k in ("f", "gnorm", "gradient_equivalents",
                                                   "reductions", "seconds")}
            gnorm0 = result.get("gnorm0")
            reason = result.get("reason", "crashed").replace("DIVERGED_", "")
            if result.get("seconds", 0) >= record["max_seconds"] or reason == "MAXFCN":
                reason = STOPPED.get(reason, reason)
            yield {"problem": record["problem"], "n": result.get("n", record["n"]),
                   "classes": " ".join(self.classes.get(record["problem"], ())),
                   "solver": record["solver"], "family": self.families.get(record["solver"], ""),
                   "hessvec": record["hessvec"], "ranks": record["ranks"],
                   "tolerance": tolerance, "end": end,
                   "reason": reason,
                   "f": at["f"], "f0": result.get("f0"),
                   "gnorm_ratio": at["gnorm"] / gnorm0 if gnorm0 and at["gnorm"] else None,
                   "gradient_equivalents": at["gradient_equivalents"],
                   "reductions": at["reductions"], "seconds": at["seconds"],
                   "peak_rss_mb": result.get("peak_rss_mb"), "cap": record["max_equivalents"],
                   "options": record["options"], "date": record["date"]}

    def _tell_higher(self):
        """A run that ends higher at a tolerance does so at the looser ones; one that stalls short
        of a tolerance is judged by where it stalls."""
        near = [row for row in self.rows if row["gnorm_ratio"] and row["gnorm_ratio"] <= 1.01e-4]
        best, told = {}, set()
        for row in near:
            key = row["problem"], row["tolerance"]
            best[key] = min(best.get(key, math.inf), row["f"])
        for row in sorted(near, key=lambda row: row["tolerance"]):
            who = row["problem"], row["solver"]
            least = best[row["problem"], row["tolerance"]]
            if row["f"] - least > f_slack(least, row["f0"], row["gnorm_ratio"]):
                told.add(who)
            if row["end"] == "solved" and who in told:
                row["end"] = "higher"

    def names(self, cls=None):
        present = {row["problem"] for row in self.rows}
        return [p.name for p in self.problems
                if p.name in present and (not cls or cls in p.classes)]

    def end(self, problem, solver, tolerance):
        row = self.by.get((problem, solver, tolerance))
        return row["end"] if row else "not run"

    def cost(self, problem, solver, tolerance, what="gradient_equivalents"):
        """Infinite unless solved; None where it was not run."""
        row = self.by.get((problem, solver, tolerance))
        if row is None:
            return None
        return row[what] if row["end"] == "solved" else math.inf

    def count(self, solver, tolerance, end="solved"):
        """(how many runs ended so, how many runs)"""
        ends = [row["end"] for row in self.rows
                if row["solver"] == solver and row["tolerance"] == tolerance]
        return ends.count(end), len(ends)

    def ratio(self, ours, theirs, tolerance, cls=None, what="gradient_equivalents"):
        """(geometric mean of ours/theirs, number of problems both solved)"""
        logs = []
        for problem in self.names(cls):
            a, b = (self.cost(problem, s, tolerance, what) for s in (ours, theirs))
            if a and b and math.isfinite(a) and math.isfinite(b):
                logs.append(math.log(a / b))
        return (math.exp(statistics.fmean(logs)) if logs else math.nan), len(logs)

    def best_peer(self, problem, tolerance, names=None):
        """(cost, name) of the cheapest of the peers"""
        costs = [(self.cost(problem, name, tolerance), name) for name in names or self.peers]
        return min((c for c in costs if c[0] is not None), default=(math.inf, ""))

    def against_best(self, tolerance):
        """(problem, how trustncg ended, the cheapest peer, ratio), the largest ratio first"""
        told = []
        for problem in self.names():
            ours = self.cost(problem, sets.OURS, tolerance)
            cost, name = self.best_peer(problem, tolerance)
            if ours is not None and (math.isfinite(ours) or math.isfinite(cost)):
                told.append((problem, self.end(problem, sets.OURS, tolerance), name, ours / cost))
        return sorted(told, key=lambda row: -row[3])

    def mean_against_best(self, tolerance):
        """Geometric mean of these ratios where both solve"""
        logs = [math.log(row[3]) for row in self.against_best(tolerance) if 0 < row[3] < math.inf]
        return math.exp(statistics.fmean(logs)) if logs else math.nan

    def performance(self, solver, tolerance, field, cls=None):
        """The solver's cost over the least cost of `field`, one number for each problem."""
        ratios = []
        for problem in self.names(cls):
            least = self.best_peer(problem, tolerance, field)[0]
            cost = self.cost(problem, solver, tolerance)
            if cost is not None:
                ratios.append(cost / least if math.isfinite(cost) else math.inf)
        return sorted(ratios)

    def means(self):
        """Rows: each setting of a peer, by class of problems and tolerance."""
        rows = []
        for cls in (None, *sets.CLASSES):
            names = self.names(cls)
            for tolerance in sets.TOLERANCES:
                for peer in self.peers:
                    ends = [[self.end(p, s, tolerance) for p in names] for s in (sets.OURS, peer)]
                    ratio, both = self.ratio(sets.OURS, peer, tolerance, cls)
                    if both:
                        rows.append({
                            "class": cls or "all", "tolerance": tolerance, "peer": peer,
                            "ratio": ratio, "both_solve": both, "reductions_ratio":
                            self.ratio(sets.OURS, peer, tolerance, cls, "reductions")[0],
                            "ours_solved": ends[0].count("solved"),
                            "peer_solved": ends[1].count("solved"),
                            "peer_runs": len(names) - ends[1].count("not run")})
        return rows

    def known_minimum(self, problem):
        """The one its source or its formula gives, else None."""
        known = [record["result"]["fstar"] for record in self.records
                 if record["problem"] == problem and record["result"]
                 and record["result"].get("fstar") is not None]
        return known[0] if known else None

    def minima(self, earlier=()):
        """Rows, one for each problem: the least f that a run ended at with its test passed, by
        whom; `earlier`: such rows, to which these are added."""
        best = {(row["problem"], row["n"]): row for row in earlier}
        for row in self.rows:
            key = row["problem"], str(row["n"])
            if row["end"] in ("solved", "higher") and (
                    key not in best or row["f"] < float(best[key]["f"])):
                best[key] = {"problem": row["problem"], "n": str(row["n"]), "f": f"{row['f']:.17g}",
                             "gnorm_ratio": f"{row['gnorm_ratio']:.3g}", "solver": row["solver"],
                             "date": row["date"]}
        return list(best.values())

    def champions(self, tolerance=sets.MAIN_TOLERANCE, everywhere=False):
        """The best setting of each family of peers: the largest mean of least cost/cost.
        `everywhere`: only those that all problems suit."""
        best = {}
        for name in self.peers:
            if everywhere and any(self.cost(p, name, tolerance) is None for p in self.names()):
                continue
            ratios = self.performance(name, tolerance, [sets.OURS, *self.peers])
            if len(ratios) < 2 and len(self.names()) > 1:
                continue  # a solver of one problem
            score = statistics.fmean(1 / r for r in ratios)
            family = self.families[name]
            if score > best.get(family, (-1,))[0]:
                best[family] = score, name
        return [name for _, name in best.values()]

    def write_csv(self, path, solver=None):
        write_rows(path, [{k: row[k] for k in COLUMNS} for row in self.rows
                          if solver in (None, row["solver"])])


def write_rows(path, rows):
    if not rows:
        return
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({k: f"{v:.10g}" if isinstance(v, float) else v
                             for k, v in row.items()})


def read_rows(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def timing_rows(records):
    """Medians over the repetitions, with the least and the most."""
    groups = {}
    for record in records:
        groups.setdefault((record["problem"], record["solver"]), []).append(record)
    rows = []
    for (problem, solver), group in groups.items():
        results = [r["result"] for r in group if r["result"]]
        if not results:
            continue
        cpu = sorted(r["cpu_seconds"] for r in results)
        peaks = [r["peak_rss_mb"] for r in results if r["peak_rss_mb"]]
        rows.append({"problem": problem, "n": results[0]["n"], "solver": solver,
                     "reason": results[0]["reason"], "verified": results[0]["verified"],
                     "cpu_median": statistics.median(cpu), "cpu_least": cpu[0],
                     "cpu_most": cpu[-1], "runs": len(cpu),
                     "gradient_equivalents": results[0]["gradient_equivalents"],
                     "peak_rss_mb": statistics.median(peaks) if peaks else ""})
    return rows


def memory_rows(records):
    """How many vectors of n numbers the peak memory grows by from the smaller to the larger n."""
    peaks = {}
    for record in records:
        if record["result"]:
            peaks.setdefault(record["solver"], {})[record["result"]["n"]] = (
                record["result"]["peak_rss_mb"])
    rows = []
    for solver, peak in peaks.items():
        if len(peak) == 2:
            (small, low), (large, high) = sorted(peak.items())
            rows.append({"solver": solver, "n": large, "peak_rss_mb": high,
                         "vectors": (high - low) * 2**20 / (8 * (large - small))})
    return rows
