# SPDX-License-Identifier: BSD-2-Clause
"""The figures: the model out to many ranks, the check on this machine, measured beside model."""
import matplotlib.pyplot as plt
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from benchlib.style import INK, OURS, PEERS, save

from . import model

COLOUR = {"trustcg 1": OURS, "trustcg overlapped": PEERS[1],
          "stcg natural": "#55606b", "stcg default": "#b3bac1"}
LABEL = {"trustcg 1": "1 reduction", "trustcg overlapped": "1 overlapped",
         "stcg natural": "KSPSTCG tuned, 2",
         "stcg default": "KSPSTCG, 6"}


def power(value, _=None):
    """10^3 as text that a reader can read."""
    exponent = f"{value:.0e}".split("e")
    return f"{value:g}" if 0.01 <= value < 1e4 else f"$10^{{{int(exponent[1])}}}$"


def duration(us, _=None):
    for scale, unit in ((1e6, "s"), (1e3, "ms")):
        if us >= scale:
            return f"{us / scale:g} {unit}"
    return f"{us:g} µs"


def tidy(axes, title, x="ranks", log=True):
    axes.set_title(title)
    axes.set_xlabel(x)
    axes.grid(True)
    if log:
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(power))


def pick(rows, kind, solver, key, value):
    """Points (ranks, µs an iteration) of one line."""
    return sorted((int(r["ranks"]), float(r["us_per_iteration"])) for r in rows
                  if r["kind"] == kind and r["solver"] == solver and float(r[key]) == value)


def values(rows, kind, key):
    return sorted({float(r[key]) for r in rows if r["kind"] == kind})


def count(value):
    """1000000000 as 10^9"""
    mantissa, exponent = f"{value:.2e}".split("e")
    mantissa = f"{float(mantissa):g}"
    return (f"$10^{{{int(exponent)}}}$" if mantissa == "1" else
            f"{mantissa}·$10^{{{int(exponent)}}}$")


HELD = 1e8  # unknowns on a rank at most: ten vectors of them are 8 GB


def strong_panel(axes, rows):
    """Ranks times time for an unknown, which is flat where scaling is ideal."""
    styles = zip(values(rows, "strong", "n"), ("-", "--", ":"))
    for n, style in styles:
        for solver in COLOUR:
            points = [(p, 1e3 * p * us / n) for p, us in pick(rows, "strong", solver, "n", n)
                      if n / p <= HELD]
            if points:
                axes.plot(*zip(*points), color=COLOUR[solver], linewidth=1.6, linestyle=style)
        axes.plot([], [], color=INK, linestyle=style, linewidth=1.2, label=f"n = {count(n)}")
    tidy(axes, "Strong: n fixed, flat is ideal")
    axes.set_ylabel("ranks × time of a CG iteration / n, ns")
    axes.yaxis.set_major_formatter(FuncFormatter(power))
    axes.yaxis.set_minor_locator(FixedLocator([2, 5, 20, 50, 200, 500]))
    axes.yaxis.set_minor_formatter(FuncFormatter(power))
    axes.legend(frameon=False, loc="upper left", fontsize=7.6)


def weak_panel(axes, rows):
    for m in values(rows, "weak", "n_local"):
        for solver in COLOUR:
            points = pick(rows, "weak", solver, "n_local", m)
            if points:
                axes.plot(*zip(*points), color=COLOUR[solver], linewidth=1.6)
        last = max((r for r in rows if r["kind"] == "weak" and float(r["n_local"]) == m),
                   key=lambda r: int(r["ranks"]))
        first = min(pick(rows, "weak", "trustcg 1", "n_local", m))
        axes.annotate(f"n/P = {count(m)}, to n = {count(float(last['n']))}", first, xytext=(4, -12),
                      textcoords="offset points")
    tidy(axes, "Weak: n/P fixed, flat is ideal")
    axes.margins(y=0.16)
    axes.set_ylabel("a CG iteration")
    axes.yaxis.set_major_formatter(FuncFormatter(duration))


def parts_panel(axes, rows, n):
    """Where an iteration goes on the most ranks, strong."""
    ranks = max(int(r["ranks"]) for r in rows)
    names = [("loop_us", "loops", "#22303c"), ("hv_us", "Hv", "#8e9aa5"),
             ("halo_us", "neighbours", "#b0801c"), (None, "reductions not hidden", "#c8401f")]
    chosen = [r for r in rows if r["kind"] == "strong" and int(r["ranks"]) == ranks
              and float(r["n"]) == n]
    for k, row in enumerate(chosen):
        left = 0.0
        for key, label, colour in names:
            known = sum(float(row[part]) for part, *_ in names[:-1])
            width = float(row[key]) if key else float(row["us_per_iteration"]) - known
            axes.barh(k, width, left=left, color=colour, height=0.6,
                      label=label if k == 0 else None)
            left += width
        axes.annotate(f"{left:.0f} µs", (left, k), xytext=(4, 0), textcoords="offset points",
                      va="center")
    axes.set_yticks(range(len(chosen)), [LABEL[r["solver"]] for r in chosen])
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    tidy(axes, f"On {ranks:,} ranks, n = {count(n)}", "µs an iteration", log=False)
    axes.grid(False, axis="y")
    axes.margins(x=0.16)
    axes.legend(frameon=False, fontsize=7.4, loc="upper center", bbox_to_anchor=(0.45, -0.17),
                ncols=4, columnspacing=1, handlelength=1)


def keys(figure, solvers):
    handles = [plt.Line2D([], [], color=COLOUR[s], linewidth=2, label=LABEL[s]) for s in solvers]
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.06, 0.98), frameon=False,
                  ncols=len(handles), title="A prediction. Reductions in a CG iteration:",
                  alignment="left")


def model_figure(rows, network, words, stem):
    figure, panels = plt.subplots(1, 3, figsize=(11.6, 3.4), width_ratios=(1, 1, 0.9))
    strong_panel(panels[0], rows)
    weak_panel(panels[1], rows)
    parts_panel(panels[2], rows, values(rows, "strong", "n")[0])
    figure.tight_layout(w_pad=1.6)
    keys(figure, [s for s in COLOUR if any(r["solver"] == s for r in rows)])
    figure.text(0.01, -0.02, "Assumed: time = loops(n/P) + Hv(n/P) + neighbours + reductions × "
                "⌈log₂P⌉(L + 2o); overlapped: less what Hv hides. Neighbours: four sides of 8-byte "
                "values, L + o + bytes·G each, one after the other.\n"
                f"{network.words()}; every message crosses the network; no noise, no imbalance, "
                "no congestion.\n"
                f"Loops and Hv: {words}. Hv is the five-point star's (torsion), the cheapest: "
                "with a dearer one\nthe reductions weigh less. A line of the strong panel begins "
                "where a rank holds 10⁸ unknowns. KSPSTCG: PETSc's, as it comes and at its best.",
                va="top", fontsize=7.6,
                color=INK, linespacing=1.5)
    return save(figure, stem)


def latency_panel(axes, rows, n):
    for form in model.FORMS:
        line = sorted((r["latency_us"], r["predicted_per_s"], r["measured_per_s"]) for r in rows
                      if r["n"] == n and r["solver"] == form.name)
        if line:
            xs, predicted, measured = zip(*line)
            axes.plot(xs, predicted, color=COLOUR[form.name], linewidth=1.3)
            axes.plot(xs, measured, "o", color=COLOUR[form.name], markersize=4.5)
    tidy(axes, f"Slow reductions, n = {n:,}, {rows[0]['ranks']} ranks", "µs an allreduce")
    axes.yaxis.set_major_locator(FixedLocator([k * 10**e for e in range(1, 6) for k in (1, 2, 5)]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))


def check_figure(rows, stem):
    slow = [r for r in rows if r["what"] == "latency"]
    most = max(r["ranks"] for r in slow)
    slow = [r for r in slow if r["ranks"] == most]
    sizes = sorted({r["n"] for r in slow})
    figure, panels = plt.subplots(1, len(sizes) + 1, figsize=(3.7 * (len(sizes) + 1), 3.2))
    for axes, n in zip(panels, sizes):
        latency_panel(axes, slow, n)
    panels[0].set_ylabel("iterations a second")
    axes = panels[-1]
    marks = {"ranks": "o", "driver": "s"}
    for row in rows:
        if row["what"] in marks:
            axes.plot(row["measured_per_s"], row["predicted_per_s"], marks[row["what"]],
                      color=COLOUR[row["solver"]], markersize=5,
                      markerfacecolor="white" if row["ranks"] == 1 else COLOUR[row["solver"]])
    ends = axes.get_xlim()
    axes.plot(ends, ends, color=INK, linewidth=0.7, linestyle=":")
    tidy(axes, "No latency added", "measured iterations a second")
    axes.set_ylabel("predicted")
    figure.tight_layout(w_pad=1.6)
    keys_check(figure)
    return save(figure, stem)


def keys_check(figure):
    handles = [plt.Line2D([], [], color=COLOUR[s], linewidth=2, label=LABEL[s]) for s in COLOUR]
    handles += [plt.Line2D([], [], color=INK, linewidth=1.3, label="model"),
                plt.Line2D([], [], color=INK, linestyle="", marker="o", label="cgbench"),
                plt.Line2D([], [], color=INK, linestyle="", marker="s",
                           label="driver, torsion"),
                plt.Line2D([], [], color=INK, linestyle="", marker="o", markerfacecolor="white",
                           label="hollow: 1 rank")]
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.04, 0.98), frameon=False,
                  ncols=len(handles), columnspacing=1.1, handlelength=1.3)


def measured_panel(axes, rows, lines, kind):
    for solver in COLOUR:
        for hollow in ("no", "yes"):
            points = [(int(r["ranks"]), float(r["us_per_iteration"])) for r in rows
                      if r["kind"] == kind and r["solver"] == solver
                      and r["oversubscribed"] == hollow]
            if points:
                axes.plot(*zip(*points), "o", color=COLOUR[solver], markersize=5,
                          markerfacecolor="white" if hollow == "yes" else COLOUR[solver])
        for points in lines[kind, solver]:
            axes.plot(*zip(*points), color=COLOUR[solver], linewidth=1.2)
    tidy(axes, f"{'Strong' if kind == 'strong' else 'Weak'} scaling")
    ranks = sorted({int(r["ranks"]) for r in rows})
    if len(ranks) <= 6:
        axes.set_xticks(ranks, map(str, ranks))
    axes.yaxis.set_major_locator(FixedLocator([k * 10**e for e in range(7) for k in (1, 2, 5)]))
    axes.yaxis.set_major_formatter(FuncFormatter(duration))


def measured_figure(rows, lines, words, stem):
    figure, panels = plt.subplots(1, 2, figsize=(8.4, 3.4))
    for axes, kind in zip(panels, ("strong", "weak")):
        measured_panel(axes, rows, lines, kind)
    panels[0].set_ylabel("a CG iteration")
    figure.tight_layout(w_pad=1.6)
    handles = [plt.Line2D([], [], color=COLOUR[s], linewidth=2, label=LABEL[s]) for s in COLOUR
               if any(r["solver"] == s for r in rows)]
    handles += [plt.Line2D([], [], color=INK, linewidth=1.2, label="model"),
                plt.Line2D([], [], color=INK, linestyle="", marker="o", label="measured"),
                plt.Line2D([], [], color=INK, linestyle="", marker="o", markerfacecolor="white",
                           label="more ranks than cores")]
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.04, 0.98), frameon=False,
                  ncols=4)
    figure.text(0.01, -0.02, words, va="top", fontsize=7.6)
    return save(figure, stem)


SOLVERS = (OURS, *PEERS)


def mesh_line(axes, rows, column, colour, width):
    """A line over the runs that reached the tolerance; those that did not hollow, apart."""
    good = sorted((int(r["side"]), float(r[column])) for r in rows if r["verified"] == "True")
    bad = [(int(r["side"]), float(r[column])) for r in rows if r["verified"] != "True"
           and r[column]]
    if good:
        axes.plot(*zip(*good), color=colour, marker="o", markersize=width + 2, linewidth=width)
    if bad:
        axes.plot(*zip(*bad), color=colour, marker="o", markersize=5, linestyle="",
                  markerfacecolor="white")


def mesh_figure(rows, ranks, stem):
    """Gradient-equivalents, outer iterations and seconds against the side, a column for each
    problem."""
    rows = [{**row, "verified": str(row["verified"])} for row in rows
            if int(row["ranks"]) == ranks]
    problems, solvers = (list(dict.fromkeys(r[key] for r in rows)) for key in ("problem", "solver"))
    sides = sorted({int(row["side"]) for row in rows})
    columns = {"gradient_equivalents": "gradient-equivalents", "iterations": "outer iterations",
               "seconds": "seconds"}
    figure, panels = plt.subplots(3, len(problems), figsize=(2.3 * len(problems), 6.2),
                                  sharex=True, sharey="row", squeeze=False)
    for column, lines in zip(columns, panels):
        for problem, axes in zip(problems, lines):
            for solver, colour in zip(solvers, SOLVERS):
                mesh_line(axes, [r for r in rows if r["problem"] == problem
                                 and r["solver"] == solver], column, colour,
                          3.5 if solver == solvers[0] else 1.5)  # lines lie on each other
            tidy(axes, problem if column == "gradient_equivalents" else "",
                 "side" if column == "seconds" else "")
            axes.set_xticks(sides, map(str, sides))
        lines[0].set_ylabel(columns[column])
    figure.tight_layout(w_pad=0.8)
    handles = [plt.Line2D([], [], color=c, marker="o", markersize=4, label=s)
               for s, c in zip(solvers, SOLVERS)]
    handles.append(plt.Line2D([], [], color=INK, linestyle="", marker="o", markerfacecolor="white",
                              label="stopped by a cap, not solved"))
    caps = rows[0]
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.04, 0.98), frameon=False,
                  ncols=min(5, len(handles)), alignment="left",
                  title=f"To ||g|| ≤ {float(caps['rtol']):g} ||g(x₀)||, {ranks} ranks; caps "
                  f"{int(caps['max_equivalents']):,} gradient-equivalents, "
                  f"{float(caps['max_seconds']):g} s")
    return save(figure, stem)
