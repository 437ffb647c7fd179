# SPDX-License-Identifier: BSD-2-Clause
"""The page build/bench/index.html: a list of sections, each a function of the report's data."""
import math
import time
from html import escape

from . import figures, html, keep, machine, measures, sets, studies


def power(tolerance):
    return f"10<sup>&#8722;{-round(math.log10(tolerance))}</sup>"


def times(ratio):
    if math.isnan(ratio):
        return "&#8211;"
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def share(results, solver, tolerance):
    solved, runs = results.count(solver, tolerance)
    return f"{solved}/{runs}" if runs else "&#8211;"


def ratio_cell(results, peer, tolerance, what="gradient_equivalents"):
    ratio, count = results.ratio(sets.OURS, peer, tolerance, what=what)
    return (times(ratio), "worse" if ratio > 1 else "") if count else "&#8211;"


def behind(results, peer, tolerance):
    """(on how many problems this peer needs less, the problem where by most, that ratio)"""
    told = []
    for problem in results.names():
        ours, theirs = (results.cost(problem, s, tolerance) for s in (sets.OURS, peer))
        if ours is not None and theirs is not None and theirs < ours:
            told.append((ours / theirs, problem))
    return len(told), *max(told, default=(0, ""))[::-1]


def peer_row(results, peer, most):
    lost, problem, ratio = behind(results, peer, sets.MAIN_TOLERANCE)
    end = results.end(problem, sets.OURS, sets.MAIN_TOLERANCE)
    worst = f"{problem} {end if math.isinf(ratio) else times(ratio) + '&#215;'}"
    return [escape(peer), *[ratio_cell(results, peer, t) for t in sets.TOLERANCES],
            *[share(results, peer, t) for t in sets.TOLERANCES], str(lost),
            *([(worst if lost else "", "text"),
               ratio_cell(results, peer, sets.MAIN_TOLERANCE, "reductions")] if most else [])]


def comparison(results, peers, most=True):
    """A row for each peer; `most`: with the problem on which it is furthest ahead, and the ratio of
    the reductions."""
    powers = [power(t) for t in sets.TOLERANCES]
    ours = [sets.OURS, *["1"] * len(powers),
            *[share(results, sets.OURS, t) for t in sets.TOLERANCES], "", *["", "1"] * most]
    return html.table(["", *powers, *powers, power(sets.MAIN_TOLERANCE),
                       *[("furthest ahead on", "text"), power(sets.MAIN_TOLERANCE)] * most],
                      [ours, *[peer_row(results, p, most) for p in peers]], ours=(0,),
                      above=[("", 1), ("work ratio, to", len(powers)),
                             ("solved, to", len(powers)), ("ahead on", 1),
                             *[("", 1), ("reductions, to", 1)] * most])


def losses(results, most=5):
    rows = results.against_best(sets.MAIN_TOLERANCE)
    lost = [f"<b>{p}</b> {end if math.isinf(r) else times(r) + '&#215;'} ({escape(name)})"
            for p, end, name, r in rows if r > 1]
    mean = results.mean_against_best(sets.MAIN_TOLERANCE)
    text = (f"Against the cheapest of all {len(results.peers)} peer settings, chosen anew for each "
            f"problem, trustncg needs {times(mean)} times the work (geometric mean, to "
            f"{power(sets.MAIN_TOLERANCE)}). It is behind on <b>{len(lost)} of {len(rows)}</b> "
            "problems")
    more = "; all in the figure" if len(lost) > most else ""
    return html.paragraph(text + (": " + ", ".join(lost[:most]) + more if lost else "") + ".")


def headline(data):
    results = data.results
    champions = results.champions()
    problems = results.names()
    sizes = [figures.size(results, problem) for problem in problems]
    left = [
        html.paragraph("Work of trustncg divided by the work of the peer, in gradient-equivalents: "
                       "below 1 trustncg needs less. Geometric mean over the problems both solve; "
                       "then how many each solves, and on how many of them the peer needs less.",
                       "note"),
        comparison(results, champions, most=False),
        losses(results),
        html.paragraph("One row for each family of peers (TAO's Newton types without and with "
                       "preconditioner, and with an assembled Hessian where its pattern is known; "
                       "its quasi-Newton and nonlinear CG; SciPy's and ROL's): the best "
                       "setting on this very set, chosen afterwards in the peer's favour; all are "
                       "below. trustncg runs with its defaults throughout. Red: the peer is ahead.",
                       "note")]
    rows = results.against_best(sets.MAIN_TOLERANCE)
    right = [html.paragraph(f"Each problem, to {power(sets.MAIN_TOLERANCE)}: red where some peer "
                            "needs less, with its name.", "note"), figures.against_best(rows)]
    return "\n".join([
        "<header><h1>trustncg beside its peers</h1>",
        html.paragraph(f"{len(problems)} problems, n = {min(sizes):,} to {max(sizes):,}, "
                       f"{len(results.peers) + 1} solver settings, "
                       f"{data.bench.ranks} rank{'s' * (data.bench.ranks > 1)}, "
                       f"Hv {'exact' if data.bench.hessvec == 'user' else 'by differences'}, "
                       f"{time.strftime('%Y-%m-%d')}. Every solver: same start, same products, "
                       "same stop rule &#8214;g&#8214; &#8804; tol &#8214;g(x<sub>0</sub>)&#8214;, "
                       "same count. Not solved: what needs more than its problem's cap of work, or "
                       "ends at a higher f than another solver found.", "lead"), "</header>",
        '<div class="screen"><div>', *left, "</div><div>", *right, "</div></div>"])


def profile_section(data):
    return html.section(
        "Performance profiles",
        html.paragraph("For each solver, the share of the problems it solves within a multiple of "
                       "the least work of the solvers drawn (Dolan and Mor&#233; 2002). At 1 "
                       "stands how often it is the cheapest, at the right how often it solves at "
                       "all. A profile orders each solver against the best one, not the solvers "
                       "behind it among themselves. Solvers that only some problems suit "
                       "are not drawn.", "note"),
        figures.svg(figures.profiles(data.results, data.results.champions(everywhere=True)),
                    "performance profiles at three tolerances"))


def class_section(data):
    words = "; ".join(f"<b>{c}</b>: {text}" for c, text in sets.CLASSES.items()
                      if data.results.names(c))
    results, champions = data.results, data.results.champions()
    everywhere = data.results.champions(everywhere=True)
    return html.section(
        "By class of problems",
        html.paragraph(words + ". A problem may be of several classes. The numbers, of every "
                       "setting, are in <code>means.csv</code>.", "note"),
        figures.svg(figures.class_dots(results, champions, sets.TOLERANCES),
                    "ratio of work by class of problems"),
        html.paragraph("Profiles as above, a row for each class.", "note"),
        figures.svg(figures.class_profiles(results, everywhere),
                    "performance profiles by class of problems"))


def settings_section(data):
    return html.section("Every setting of every peer",
                        comparison(data.results, data.results.peers))


def history_section(data):
    return html.section(
        "Every problem: gradient norm against work",
        html.paragraph("&#8214;g&#8214;/&#8214;g(x<sub>0</sub>)&#8214; against "
                       "gradient-equivalents, to 10<sup>&#8722;9</sup>; cut at three times the "
                       "work of trustncg. Points are accepted iterates.", "note"),
        figures.histories(data.results, data.results.champions()))


def seconds(row):
    if not row["verified"]:
        return (escape(ending(row["reason"])), "bad")
    return (f"{row['cpu_median']:.3g}<br/><small>{row['cpu_least']:.3g}&#8211;"
            f"{row['cpu_most']:.3g}</small>")


def ending(reason):
    """TAO's reason in words."""
    name = reason.replace("DIVERGED_", "")
    return measures.STOPPED.get(name, name.lower().replace("_", " "))


def wrapped(name):
    """A heading of a narrow column"""
    return escape(name).replace(", ", ",<br/>").replace(" pc ", " pc&#160;")


def memory_part(data):
    if not data.memory:
        return []
    rows = [[escape(r["solver"]), f"{r['peak_rss_mb']:.0f}", f"{r['vectors']:.1f}"]
            for r in data.memory]
    small, large = sets.MEMORY_SIZES
    ours = [k for k, r in enumerate(data.memory) if r["solver"].startswith(sets.OURS)]
    return [html.paragraph(
        f"Memory on {sets.MEMORY_PROBLEM}, one rank: the peak at n = {large:,} in MB, and its "
        f"growth from n = {small:,} in vectors of n numbers. In it are the problem's own vectors, "
        "and for TAO's solvers two in which the driver remembers the last point. As it comes "
        "trustncg holds the sparse Hessian here, and its multigrid.", "note"),
            html.table(["", "MB", "vectors"], rows, ours=ours)]


def timing_row(problem, solvers, cells):
    """A problem's; red where a peer takes less."""
    rows = {s: cells.get((problem, s)) for s in solvers}
    ours = rows.get(sets.OURS)
    line = [f"{problem}, n = {next(r['n'] for r in rows.values() if r):,}"]
    for name, row in rows.items():
        told = seconds(row) if row else "&#8211;"
        ahead = ours and row and row["verified"] and name != sets.OURS and (
            row["cpu_median"] < ours["cpu_median"] or not ours["verified"])
        line.append((told, "worse") if ahead else told)
    return line


def timing_section(data):
    if not data.timing:
        return ""
    problems = list(dict.fromkeys(row["problem"] for row in data.timing))
    solvers = list(dict.fromkeys(row["solver"] for row in data.timing))
    cells = {(row["problem"], row["solver"]): row for row in data.timing}
    return html.section(
        f"CPU seconds and memory, to {power(sets.MAIN_TOLERANCE)}",
        html.paragraph("CPU seconds of the solve on one rank: median (least&#8211;most) of "
                       f"{data.timing[0]['runs']} runs, the solvers in alternation; red: the peer "
                       "takes less. What the driver's memory of the last point takes is not in "
                       "them; LIBLINEAR's are those of its process less those of reading the file. "
                       "Where f and Hv cost next to nothing a solver's own vector operations "
                       "are what is seen here; the work above is what counts where they are dear.",
                       "note"),
        html.table(["", *[wrapped(s) for s in solvers]],
                   [timing_row(p, solvers, cells) for p in problems]), *memory_part(data))


def count(value, form="{:.0f}"):
    return form.format(value) if value not in (None, "") else "&#8211;"


def ended(row):
    if row["end"] == "solved":
        return ("solved", "text")
    why = f" ({escape(ending(row['reason']))})" if row["end"] == "unsolved" else ""
    return (row["end"] + why, "text bad")


def runs_section(data):
    parts = []
    heads = ["solver", "tol", ("end", "text"), "gradient-equivalents", "f",
             "&#8214;g&#8214;/&#8214;g<sub>0</sub>&#8214;", "reductions", "seconds", "MB"]
    for problem in data.results.names():
        rows = [row for row in data.results.rows if row["problem"] == problem]
        cells = [[escape(r["solver"]), power(r["tolerance"]),
                  ended(r),
                  count(r["gradient_equivalents"]), count(r["f"], "{:.9g}"),
                  count(r["gnorm_ratio"], "{:.1e}"), count(r["reductions"]),
                  count(r["seconds"], "{:.3g}"), count(r["peak_rss_mb"])] for r in rows]
        ours = [k for k, r in enumerate(rows) if r["solver"] == sets.OURS]
        parts.append(html.folded(f"{problem}, n = {rows[0]['n']:,} ({rows[0]['classes']})",
                                 html.table(heads, cells, ours)))
    return html.section("All runs", html.paragraph("The same as <code>bench.csv</code>.", "note"),
                        *parts)


def problem_row(data, problem, least):
    rows = [r for r in data.results.rows if r["problem"] == problem.name]
    known = data.results.known_minimum(problem.name)
    capped = sum(r["reason"] in measures.STOPPED.values() and r["end"] == "unsolved"
                 and r["tolerance"] == sets.TOLERANCES[-1] for r in rows)
    why = f"; no larger: {sets.SMALLER[problem.name]}" if problem.name in sets.SMALLER else ""
    best = least.get((problem.name, str(rows[0]["n"])))
    return [problem.name, f"{rows[0]['n']:,}", f"{problem.cap:,}", str(capped),
            "&#8211;" if known is None else f"{known:.9g}",
            f"{float(best['f']):.9g}" if best else "&#8211;",
            (escape(data.bench.sources.get(problem.driver_name, "") + why), "text wrap")]


def problems_section(data):
    present = set(data.results.names())
    least = {(row["problem"], row["n"]): row for row in data.results.minima(keep.best_known())}
    return html.section(
        "The problems",
        html.paragraph("Each from its published formula; <code>make check</code> compares every "
                       "gradient with f and every Hv with the gradient. Cap: the most "
                       "gradient-equivalents of a run; one that needs more is not solved. "
                       f"Stopped: the runs to {power(sets.TOLERANCES[-1])} that a cap stopped. f*: "
                       "the minimum where the formula or its source gives it; then the least f "
                       "that any run has ended at with its test passed, this time or earlier "
                       "(<code>benchmarks/kept/minima.csv</code>).", "note"),
        html.table(["", "n", "cap", "stopped", "f*", "least f found", ("what, and from where",
                                                                       "text")],
                   [problem_row(data, p, least) for p in data.results.problems
                    if p.name in present]))


RULES = """
A gradient-equivalent is an evaluation of f, of the gradient, or of both at one point, or a
Hessian-vector product. f and then the gradient at the same point count once for every solver. Hv
is the problem's own product for every solver that takes one. An assembled Hessian costs a gradient
a colour each time it is made; products with it are free.

The stop rule is the true &#8214;g&#8214;<sub>2</sub> at an iterate, measured against the true
&#8214;g(x<sub>0</sub>)&#8214;; the solvers' own tests are off. The iterates of TAO, SciPy and ROL
do not depend on the tolerance, so one run to 10<sup>&#8722;9</sup> is read at the first iterate
that passes each tolerance; trustncg and LIBLINEAR look at the tolerance and are run for each.

Solved: the test is passed within the problem's cap of gradient-equivalents ({caps}; and within
{seconds} s, which stopped {late} runs), and f is not
higher than the best f any solver found to that tolerance. Up to max(10<sup>&#8722;4</sup> &#964;
|f<sub>best</sub>|, 10<sup>&#8722;7</sup> &#964;&#178; (f<sub>0</sub> &#8722; f<sub>best</sub>))
above it counts as the same minimum; &#964; is the cube root of 10<sup>9</sup>
&#8214;g&#8214;/&#8214;g(x<sub>0</sub>)&#8214; at the end, so 1 at 10<sup>&#8722;9</sup> and 10 at
10<sup>&#8722;6</sup>. Higher: the test is passed, but there or further on the same solver's f is
higher: another minimum, or a flat place on the way. Higher and unsolved runs enter no ratio; in
the profiles they count as not solved.

To 10<sup>&#8722;9</sup> f often no longer changes in double precision: a solver that judges its
steps by f alone may stall there, and then counts as unsolved.

At the end of each run f and the gradient are computed afresh; a run whose claim does not hold is
called wrong. Crashed: the solver ended with an error or a signal (TAO's ntl without preconditioner
and bntr do where f is not finite at a trial).

TAO's Newton types run with Eisenstat and Walker's forcing terms (EW) or a fixed rtol, without
preconditioner and with TAO's lmvm; and, where the Hessian has the pattern of the problem's DM, with
a matrix assembled from coloured differences of the gradient and icc or gamg. trustncg's auto finds
that pattern out for itself; it is not told which problems have it. ROL's limit of 20 CG iterations
is lifted, its relative tolerance is 0.1; its Newton-Krylov method crashes with a secant
preconditioner (13.2), and is run without.

Counts are of one rank; they change a little with the order of sums, so also with the ranks. The
vectors make their reductions there too. SciPy, ROL and LIBLINEAR make none.

LIBLINEAR solves the same two-class problem (<code>-s 0 -B 1 -c 1/(&#955;M)</code>); the passes
for its diagonal preconditioner count 1 each.
"""


def rules_section(data):
    caps = [p.cap for p in data.results.problems]
    late = sum(r["reason"] == measures.STOPPED["USER"] for r in data.results.rows)
    rules = [html.paragraph(text.format(caps=f"{min(caps):,} to {max(caps):,}", late=late,
                                        seconds=sets.MAX_SECONDS))
             for text in RULES.strip().split("\n\n")]
    ends = {end: sum(r["end"] == end for r in data.results.rows)
            for end in ("solved", "higher", "unsolved", "wrong")}
    told = ", ".join(f"{n} {end}" for end, n in ends.items())
    higher = sorted({f"{r['problem']} ({escape(r['solver'])})" for r in data.results.rows
                     if r["end"] in ("higher", "wrong")})
    options = html.table(["solver", ("options", "text")],
                         [[escape(s.name), (f"<code>{escape(s.options)}</code>", "text")]
                          for s in data.results.solvers])
    return html.section("Rules, and what was left out", *rules,
                        html.paragraph(f"Of {len(data.results.rows)} results: {told}."
                                       + (" Higher or wrong: " + ", ".join(higher) + "."
                                          if higher else "")),
                        *[html.paragraph("Left out: " + escape(line) + ".", "note")
                          for line in data.left_out],
                        html.folded("Options of every solver", options))


def machine_section(data):
    return html.section("Machine and versions",
                        html.table(["", ("", "text")], [[k, (escape(v), "text wrap")]
                                                        for k, v in machine.facts(data.bench)]))


class Data:
    """What the sections draw from."""

    def __init__(self, results, timing, memory, bench, left_out):
        self.results, self.timing, self.memory = results, timing, memory
        self.bench, self.left_out = bench, left_out


SECTIONS = [headline, profile_section, class_section, history_section, settings_section,
            problems_section, timing_section, studies.mesh_section, studies.scaling_section,
            studies.cg_section, runs_section, rules_section, machine_section]


def page(data):
    return html.page("trustncg beside its peers", *filter(None, (s(data) for s in SECTIONS)))


def summary(results):
    """The headline for a terminal."""
    lines = [f"{'work of trustncg / work of the peer':40s} "
             + " ".join(f"{t:>8.0e}" for t in sets.TOLERANCES) + "   solved at each"]
    for peer in [sets.OURS, *results.champions()]:
        ratios = " ".join(f"{results.ratio(sets.OURS, peer, t)[0]:8.2f}" for t in sets.TOLERANCES)
        solved = "  ".join("{}/{}".format(*results.count(peer, t)) for t in sets.TOLERANCES)
        lines.append(f"{peer:40s} {ratios}   {solved}")
    lost = [f"{p} {end if math.isinf(r) else f'{r:.2g}x'} ({name})" for p, end, name, r
            in results.against_best(sets.MAIN_TOLERANCE) if r > 1]
    lines.append("A peer needs less, to 1e-6: " + (", ".join(lost) or "on no problem"))
    return "\n".join(lines)
