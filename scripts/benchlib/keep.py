# SPDX-License-Identifier: BSD-2-Clause
"""What is kept of a run in the repository: trustncg's own counts, the seconds that all runs took,
the least f ever found, and the README's two figures."""
import os
import shutil
import sys
import textwrap
import time

import matplotlib.pyplot as plt

from . import cost, figures, measures, sets

FOLDER = os.path.join("benchmarks", "kept")
COUNTS = os.path.join(FOLDER, sets.OURS + ".csv")
LINES = "readme.md"
MINIMA = "minima.csv"
BEGIN, END = "<!-- scripts/bench keep writes from here -->\n", "<!-- to here -->\n"
PICTURES = {"profiles.svg": "Performance profiles of trustncg and its peers at three tolerances",
            "classes.svg": "Work of trustncg over that of each peer, by class of problems"}


def lines(data):
    """The README's lines."""
    results = data.results
    rows = results.against_best(sets.MAIN_TOLERANCE)
    ahead = sum(row[3] <= 1 for row in rows)
    behind = [row for row in rows if row[3] > 1]
    worst = ", ".join(f"{row[0]} ({figures.label_of(*row[1:])})" for row in behind[:5])
    ranks = f"{data.bench.ranks} rank{'s' * (data.bench.ranks > 1)}"
    sizes = [figures.size(results, problem) for problem in results.names()]
    told = (f"`make bench`, {time.strftime('%Y-%m-%d')}, PETSc "
            f"{data.bench.versions['tao'].split()[1]}, {ranks}, {len(sizes)} problems of "
            f"{min(sizes):,} to {max(sizes):,} unknowns, "
            f"{len(results.peers)} settings of peers. Against the cheapest of all of them, chosen "
            f"anew for each problem, to 1e-6: "
            f"{results.mean_against_best(sets.MAIN_TOLERANCE):.2f} times the work (geometric mean "
            f"where both solve), at least as cheap on {ahead} of {len(rows)} problems.")
    if behind:
        told += f" Furthest behind: {worst}."
    return "\n".join([*(f"![{words}]({FOLDER}/{name})\n" for name, words in PICTURES.items()),
                      textwrap.fill(told, 100), ""])


def best_known():
    return measures.read_rows(os.path.join(FOLDER, MINIMA))


def write(data):
    """The figures, the README's lines and the best known minima, into the output folder."""
    measures.write_rows(os.path.join(data.bench.out, MINIMA), data.results.minima(best_known()))
    out, results = data.bench.out, data.results
    drawn = (figures.profiles(results, results.champions(everywhere=True)),
             figures.class_dots(results, results.champions()))
    for figure, name in zip(drawn, PICTURES):
        figure.savefig(os.path.join(out, name), bbox_inches="tight", facecolor="white",
                       metadata={"Date": None})
        plt.close(figure)
    with open(os.path.join(out, LINES), "w", encoding="utf-8") as file:
        file.write(lines(data))


def write_readme(lines_now):
    with open("README.md", encoding="utf-8") as file:
        before, rest = file.read().split(BEGIN)
    with open("README.md", "w", encoding="utf-8") as file:
        file.write(before + BEGIN + lines_now + END + rest.split(END)[1])


def keep(out, folder):
    """Copies them into a folder and prints the README's lines; the repository's own go into it."""
    names = [sets.OURS + ".csv", cost.NAME, MINIMA, *PICTURES]
    missing = [name for name in (*names, LINES) if not os.path.exists(os.path.join(out, name))]
    if missing:
        print(f"{out} has no {', '.join(missing)}: `make bench` makes them", file=sys.stderr)
        return 1
    for name in names:
        shutil.copyfile(os.path.join(out, name), os.path.join(folder, name))
    with open(os.path.join(out, LINES), encoding="utf-8") as file:
        text = file.read()
    print(text)
    if folder == FOLDER:
        write_readme(text)
    return 0
