# SPDX-License-Identifier: BSD-2-Clause
"""The time of a CG iteration on P ranks.

  loop(n/P) + hv(n/P) + halo + reductions * allreduce          and in the overlapped form less
  min(hv + halo, allreduce), which is hidden behind the product,

  allreduce = ceil(log2 P) (L + 2 o),    halo = sum over the neighbours of L + o + bytes G.

loop and hv, the vector operations and the Hessian-vector product of m unknowns on a rank, are
measured for several m and interpolated. L, o and G are those of LogGP (Alexandrov, Ionescu,
Schauser, Scheiman 1995): latency, processor overhead of a message, time of a byte. The problem is a
square grid with the five-point star, cut into PETSc's rectangles.
"""
import csv
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """A form of CG: its option value, its name in cgbench's tables, reductions an iteration."""
    key: str
    name: str
    reductions: int
    overlapped: bool = False


FORMS = [Form("1", "trustcg 1", 1), Form("overlapped", "trustcg overlapped", 1, True)]
PEERS = [Form("", "stcg natural", 2), Form("", "stcg default", 6)]  # PETSc's KSPSTCG
BY_NAME = {form.name: form for form in (*FORMS, *PEERS)}


@dataclass(frozen=True)
class Network:
    """LogGP in seconds and bytes a second; the ranks of a node share its bandwidth."""
    latency: float = 1.5e-6
    overhead: float = 0.3e-6
    bandwidth: float = 12.5e9
    ranks_per_node: int = 64

    def allreduce(self, ranks):
        return math.ceil(math.log2(ranks)) * (self.latency + 2 * self.overhead)

    def halo(self, ranks, n):
        """The exchange of a side of 8-byte values with each neighbour, one after the other."""
        side, (px, py) = math.sqrt(n), cut(ranks)
        messages = [side / py] * min(2, px - 1) + [side / px] * min(2, py - 1)
        share = min(self.ranks_per_node, ranks)
        return sum(self.latency + self.overhead + 8 * length * share / self.bandwidth
                   for length in messages)

    def words(self):
        return (f"L = {1e6 * self.latency:g} µs, o = {1e6 * self.overhead:g} µs, "
                f"{self.bandwidth / 1e9:g} GB/s shared by {self.ranks_per_node} ranks of a node")


def cut(ranks):
    """PETSc's cut of a square grid: the largest divisor up to about the root, and the other."""
    px = int(0.5 + math.sqrt(ranks))
    while ranks % px:
        px -= 1
    return px, ranks // px


class Costs:
    """Seconds of the vector loops and of the product against unknowns on a rank, by form."""

    def __init__(self, points):
        """points: {form name: [(unknowns, seconds of the loops, seconds of the product)]}"""
        self.points = {name: sorted(rows) for name, rows in points.items()}

    @classmethod
    def of(cls, rows):
        """From rows of cgbench's CSV, one for each solver and size."""
        points = {}
        for row in rows:
            local, scale = float(row["n"]) / float(row["ranks"]), 1e-9 * float(row["n"])
            points.setdefault(row["solver"], []).append(
                (local, scale * float(row["ns"]), scale * float(row["ns_hv"])))
        return cls(points)

    def at(self, name, local):
        """(loop, hv) for `local` unknowns: between points straight in logarithms, above the last
        in proportion, below the first constant."""
        rows = self.points[name]
        if local <= rows[0][0]:
            return rows[0][1:]
        if local >= rows[-1][0]:
            return tuple(t * local / rows[-1][0] for t in rows[-1][1:])
        k = next(k for k in range(1, len(rows)) if local <= rows[k][0])
        low, high = rows[k - 1], rows[k]
        weight = math.log(local / low[0]) / math.log(high[0] / low[0])
        return tuple(a**(1 - weight) * b**weight for a, b in zip(low[1:], high[1:]))


def iteration(form, loop, hv, halo, reduce, reductions=None):
    """Seconds of an iteration from those of its parts."""
    count = form.reductions if reductions is None else reductions
    hidden = min(hv + halo, reduce) if form.overlapped else 0.0
    return loop + hv + halo + count * reduce - hidden


def predict(costs, network, form, ranks, n):
    """A row: the parts and the whole of an iteration."""
    loop, hv = costs.at(form.name, n / ranks)
    halo, reduce = network.halo(ranks, n), network.allreduce(ranks)
    whole = iteration(form, loop, hv, halo, reduce)
    return {"solver": form.name, "ranks": ranks, "n": n, "n_local": f"{n / ranks:.6g}",
            "loop_us": 1e6 * loop, "hv_us": 1e6 * hv, "halo_us": 1e6 * halo,
            "allreduce_us": 1e6 * reduce, "us_per_iteration": 1e6 * whole,
            "communication_share": 1 - (loop + hv) / whole}


def all_ranks(most=100000):
    return [2**k for k in range(int(math.log2(most)) + 1)] + [most]


def extrapolate(costs, network, strong, weak, most=100000):
    """Rows for n = each of `strong` on all ranks, and each of `weak` unknowns on every rank."""
    rows = []
    for form in [form for form in BY_NAME.values() if form.name in costs.points]:
        for ranks in all_ranks(most):
            rows += [{"kind": "strong", **predict(costs, network, form, ranks, n)} for n in strong]
            rows += [{"kind": "weak", **predict(costs, network, form, ranks, m * ranks)}
                     for m in weak]
    parameters = {"latency_us": 1e6 * network.latency, "overhead_us": 1e6 * network.overhead,
                  "gb_per_s": network.bandwidth / 1e9, "ranks_per_node": network.ranks_per_node}
    return [{**row, **parameters} for row in rows]


def fit(rows, network):
    """(L + 2 o, {form: seconds an unknown}) by least squares of relative errors over measured rows
    of the forms that hide nothing; the halo is the network's."""
    import numpy as np
    rows = [row for row in rows if row["solver"] in BY_NAME
            and not BY_NAME[row["solver"]].overlapped]
    names = sorted({row["solver"] for row in rows})
    lines, ones = [], []
    for row in rows:
        form, ranks, n = BY_NAME[row["solver"]], int(row["ranks"]), float(row["n"])
        time = 1e-6 * float(row["us_per_iteration"])
        line = [n / ranks if name == form.name else 0.0 for name in names]
        line.append(form.reductions * math.ceil(math.log2(ranks)))
        lines.append([entry / time for entry in line])
        ones.append(1 - network.halo(ranks, n) / time)
    found = np.linalg.lstsq(np.array(lines), np.array(ones), rcond=None)[0]
    return float(found[-1]), dict(zip(names, map(float, found)))


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()})
