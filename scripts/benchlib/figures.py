# SPDX-License-Identifier: BSD-2-Clause
"""The figures of the report, each a string of SVG to stand in the page."""
import io
import math
import re

import matplotlib.pyplot as plt
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from . import sets
from .style import GRID, INK, OURS, PEERS


def colours(names):
    return {sets.OURS: OURS, **dict(zip(names, PEERS))}


def svg(figure, label):
    """The figure as an element of the page."""
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight", transparent=True,
                   metadata={"Date": None})
    plt.close(figure)
    return element(text.getvalue(), label)


def element(text, label):
    """An SVG file as an element of the page, which scales with it."""
    body = text[text.index("<svg"):]
    width = re.search(r'width="([\d.]+)pt"', body).group(1)
    body = re.sub(r' (width|height)="[\d.]+pt"', "", body, count=2)
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"(-?\d+\.\d\d)\d+", r"\1", body)  # hundredths of a point are enough
    pixels = round(float(width) * 4 / 3)
    return f'<figure role="img" aria-label="{label}" style="max-width:{pixels}px">{body}</figure>'


def times(value, _=None):
    return f"{value:g}"


def log_axis(axis, low, high):
    """Ticks of a logarithmic axis of ratios that a reader can read."""
    ticks = [t for t in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
             if low <= t <= high]
    if len(ticks) > 8:
        ticks = [t for t in ticks if math.log10(t) == round(math.log10(t))]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(times))


def label_of(end, name, ratio):
    """What is written beside a problem: where a peer is ahead, which, and by how much."""
    if math.isinf(ratio):
        return f"{'ends higher' if end == 'higher' else end}; {name}"
    if ratio == 0:
        return "no peer solves it"
    return f"{ratio:.2g}: {name}"


def against_best(rows):
    """trustncg's work over the cheapest peer's, one bar for each problem."""
    limit = 20
    figure, axes = plt.subplots(figsize=(4.2, 0.6 + 0.165 * max(len(rows), 3)))
    for k, (_, end, name, ratio) in enumerate(rows):
        shown = min(max(ratio, 1 / limit), limit)
        behind = ratio > 1
        axes.plot([1, shown], [k, k], color=OURS if behind else PEERS[0], linewidth=4.2,
                  solid_capstyle="butt")
        if behind or ratio == 0:
            axes.annotate(label_of(end, name, ratio), (shown if behind else 1, k), xytext=(4, 0),
                          textcoords="offset points", va="center", fontsize=7.2,
                          annotation_clip=False)
    axes.axvline(1, color=INK, linewidth=0.8)
    worst = max([2.0] + [min(row[3], limit) for row in rows])
    least = min([0.5] + [max(row[3], 1 / limit) for row in rows])
    axes.set_xscale("log")
    axes.set_xlim(least / 1.1, worst * 1.05)
    log_axis(axes.xaxis, least / 1.1, worst * 1.05)
    axes.set_yticks(range(len(rows)), [row[0] for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.8)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("work of trustncg / work of the cheapest of all peers on that problem")
    return svg(figure, "work of trustncg over that of the cheapest peer, for each problem")


def end_labels(axes, ends, colour, xs):
    """Names at the right ends of lines, moved apart."""
    gap, last = 0.062, -1.0
    for y, name in sorted(ends):
        place = max(y, last + gap)
        last = place
        axes.annotate(name, (xs, y), xytext=(xs * 1.06, place), textcoords="data", va="center",
                      fontsize=7.4, color=colour[name], annotation_clip=False,
                      fontweight="bold" if name == sets.OURS else "normal")


def profile_panel(axes, results, names, tolerance, cls=None):
    """One of Dolan and More's performance profiles; where its lines end."""
    colour, most, ends = colours(names), 20.0, []
    for name in [*names, sets.OURS]:
        ratios = results.performance(name, tolerance, [sets.OURS, *names], cls)
        if not ratios:
            continue
        finite = [r for r in ratios if math.isfinite(r)]
        xs = [1.0] + [min(r, most) for r in finite if r <= most] + [most]
        ys = [sum(r <= x * (1 + 1e-12) for r in finite) / len(ratios) for x in xs]
        axes.step(xs, ys, where="post", color=colour[name],
                  linewidth=2.2 if name == sets.OURS else 1.1)
        ends.append((ys[-1], name))
    axes.set_xscale("log")
    axes.set_xlim(1, most)
    axes.set_ylim(0, 1.02)
    log_axis(axes.xaxis, 1, most)
    axes.grid(True)
    return ends


def exponent(tolerance):
    return f"to {tolerance:.0e}".replace("e-0", "e-")


PROFILE_AXIS = "within this multiple of the least work of those drawn"


def profiles(results, names):
    """A panel for each tolerance."""
    colour = colours(names)
    figure, panels = plt.subplots(1, len(sets.TOLERANCES), figsize=(11, 3.1), sharey=True)
    for axes, tolerance in zip(panels, sets.TOLERANCES):
        ends = profile_panel(axes, results, names, tolerance)
        axes.set_title(exponent(tolerance))
        if axes is panels[-1]:
            end_labels(axes, ends, colour, 20.0)
    panels[0].set_ylabel("share of problems solved")
    panels[1].set_xlabel(PROFILE_AXIS)
    return figure


def class_profiles(results, names):
    """A row of panels for each class of problems."""
    classes = [c for c in sets.CLASSES if results.names(c)]
    figure, panels = plt.subplots(len(classes), len(sets.TOLERANCES), sharex=True, sharey=True,
                                  figsize=(9.4, 0.8 + 1.75 * len(classes)), squeeze=False)
    for cls, row in zip(classes, panels):
        row[0].set_ylabel(f"{cls} ({len(results.names(cls))})", fontweight="bold")
        for axes, tolerance in zip(row, sets.TOLERANCES):
            profile_panel(axes, results, names, tolerance, cls)
    for axes, tolerance in zip(panels[0], sets.TOLERANCES):
        axes.set_title(exponent(tolerance))
    panels[-1][1].set_xlabel(PROFILE_AXIS)
    figure.tight_layout(h_pad=0.8, w_pad=0.8)
    solver_keys(figure, names)
    return figure


def solver_keys(figure, names):
    colour = colours(names)
    handles = [plt.Line2D([], [], color=colour[n], linewidth=2 if n == sets.OURS else 1.2, label=n)
               for n in (sets.OURS, *names)]
    figure.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False,
                  ncols=4, fontsize=8)


def class_dots(results, names, tolerances=(sets.MAIN_TOLERANCE,)):
    """Geometric means by class: a row for each class, a dot for each peer, a panel for each
    tolerance."""
    colour = colours(names)
    classes = [None, *[c for c in sets.CLASSES if results.names(c)]]
    wide = len(tolerances) > 1
    figure, panels = plt.subplots(1, len(tolerances), sharex=True, sharey=True, squeeze=False,
                                  figsize=(11 if wide else 8.2, 0.7 + 0.42 * len(classes)))
    values = []
    for axes, tolerance in zip(panels[0], tolerances):
        for k, cls in enumerate(classes):
            axes.axhline(k, color=GRID, linewidth=0.8, zorder=0)
            for j, name in enumerate(names):
                ratio, count = results.ratio(sets.OURS, name, tolerance, cls)
                if count:
                    values.append(ratio)
                    axes.plot(ratio, k + 0.09 * (j - (len(names) - 1) / 2), "o", markersize=5.5,
                              color=colour[name], markeredgecolor="white", markeredgewidth=0.5)
        axes.axvline(1, color=INK, linewidth=0.8)
        axes.tick_params(axis="y", length=0)
        if wide:
            axes.set_title(exponent(tolerance))
    low, high = min([0.5, *values]) / 1.15, max([2, *values]) * 1.15
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    for axes in panels[0]:
        log_axis(axes.xaxis, low, high)
    axes.set_yticks(range(len(classes)),
                    [f"{c or 'all'} ({len(results.names(c))})" for c in classes])
    axes.set_ylim(len(classes) - 0.5, -0.5)
    panels[0][len(tolerances) // 2].set_xlabel(
        "work of trustncg / work of the peer, geometric mean; left of 1: trustncg needs less")
    handles = [plt.Line2D([], [], color=colour[n], marker="o", linestyle="", markersize=5.5,
                          label=n) for n in names]
    axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False,
                fontsize=7.6, handletextpad=0.2)
    return figure


def histories(results, names, columns=5):
    """||g|| against work, a small panel for each problem."""
    colour, problems = colours(names), results.names()
    best = {}
    for record in results.records:  # of trustncg the run to the tightest tolerance
        if record["solver"] in colour and record["history"] and record["result"]:
            key = record["problem"], record["solver"]
            if key not in best or record["rtol"] < best[key]["rtol"]:
                best[key] = record
    lines = -(-len(problems) // columns)
    figure, panels = plt.subplots(lines, columns, figsize=(11, 1.75 * lines), sharey=True,
                                  squeeze=False)
    for axes, problem in zip(panels.flat, problems):
        ours = best.get((problem, sets.OURS))
        for name in [*names, sets.OURS]:
            record = best.get((problem, name))
            if record:
                axes.plot([w for w, _ in record["history"]],
                          [g / record["result"]["gnorm0"] for _, g in record["history"]],
                          color=colour[name], linewidth=1.8 if name == sets.OURS else 0.9)
        spent = [best[problem, n]["history"][-1][0] for n in (*names, sets.OURS)
                 if (problem, n) in best]
        right = 3 * ours["history"][-1][0] if ours else max(spent, default=1)
        axes.set_xlim(0, min(right, max(spent, default=1)) * 1.02)
        axes.set_title(f"{problem}, n = {size(results, problem):,}", fontsize=7.6)
        tidy_history(axes)
    for axes in list(panels.flat)[len(problems):]:
        axes.set_visible(False)
    for axes in panels[:, 0]:
        axes.set_ylabel("‖g‖ / ‖g(x₀)‖", fontsize=7)
    figure.supxlabel("gradient-equivalents", fontsize=8.5)
    figure.tight_layout(h_pad=0.8, w_pad=0.6)
    solver_keys(figure, names)
    return svg(figure, "gradient norm against work for each problem")


def tidy_history(axes):
    axes.set_yscale("log")
    axes.set_ylim(3e-10, 30)
    axes.yaxis.set_major_locator(FixedLocator([1e-9, 1e-6, 1e-4, 1]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0e}".replace("e-0", "e-")
                                                 if v < 1 else "1"))
    axes.grid(True, axis="y")
    axes.xaxis.set_major_locator(plt.MaxNLocator(3, integer=True))
    axes.tick_params(labelsize=6.8, length=2)


def size(results, problem):
    return next(int(row["n"]) for row in results.rows if row["problem"] == problem)


LABELS = {"trustcg 1": "trustncg's CG",
          "trustcg overlapped": "1 overlapped", "stcg natural": "KSPSTCG tuned",
          "stcg none": "KSPSTCG, no norm", "stcg default": "KSPSTCG as it comes"}
STYLES = ("-", "--", ":")


def roofline(rows):
    """From cgbench's table: flops against flops a byte under the memory's roof, one style for each
    n, and the time an unknown beside that of the passes alone."""
    colour = dict(zip(LABELS, (OURS, *PEERS)))
    sizes = sorted({int(row["n"]) for row in rows})
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.4, 3.3))
    for n, style in zip(sizes, STYLES):
        group = [row for row in rows if int(row["n"]) == n]
        speed = 8 / float(group[0]["ns_pass"])  # bytes a nanosecond
        left.plot([0.05, 0.3], [0.05 * speed, 0.3 * speed], style, color=INK, linewidth=1,
                  label=f"{speed:.0f} GB/s, n = {n:,}")
        for row in group:
            passes, flops = float(row["passes"]), float(row["flops"])
            left.plot(flops / (8 * passes), flops / float(row["ns"]), "o", markersize=5,
                      color=colour[row["solver"]], markeredgecolor="white", markeredgewidth=0.5)
    for k, row in enumerate(rows):
        place = k + sizes.index(int(row["n"]))  # a gap between sizes
        right.barh(place, float(row["ns"]), color=colour[row["solver"]], height=0.8)
        bound = float(row["passes"]) * float(row["ns_pass"])
        right.plot([bound, bound], [place - 0.45, place + 0.45], color=INK, linewidth=1.4)
    for k, n in enumerate(sizes):
        right.annotate(f"n = {n:,}", (1, k * (len(LABELS) + 1) - 0.2),
                       xycoords=("axes fraction", "data"), ha="right", va="center", fontsize=7.6)
    tidy_roofline(left, right)
    handles = [plt.Line2D([], [], color=c, marker="o", linestyle="", label=LABELS[s])
               for s, c in colour.items()]
    handles.append(plt.Line2D([], [], color=INK, marker="|", markersize=9, linestyle="",
                              label="its passes at the memory's speed"))
    figure.tight_layout(w_pad=2)
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.04, 0.98), frameon=False,
                  ncols=4)
    return svg(figure, "roofline of the CG iteration")


def tidy_roofline(left, right):
    left.set_xscale("log")
    left.set_yscale("log")
    log_axis(left.xaxis, 0.05, 0.3)
    log_axis(left.yaxis, *left.get_ylim())
    left.set(xlabel="flops a byte", ylabel="Gflop/s", title="Roofline")
    left.grid(True)
    left.legend(frameon=False, fontsize=7.4, loc="upper left")
    right.set(xlabel="ns an unknown and iteration, without the product", title="Time")
    right.set_yticks([])
    right.invert_yaxis()
    right.grid(True, axis="x")
