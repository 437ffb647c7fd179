# SPDX-License-Identifier: BSD-2-Clause
"""Measurements that other programs make, small enough to stand in the report beside the runs: the
CG iteration (cgbench), scaling with its model, cost against the mesh (scripts/scaling)."""
import csv
import os
import statistics
import subprocess
import sys
import time
from html import escape

from . import figures, html, measures

TOOK = "studies.csv"  # name, seconds
HERE = os.path.dirname(os.path.abspath(__file__))
SCALING = [sys.executable, os.path.normpath(os.path.join(HERE, "..", "scaling"))]
SMALL = ["--ranks", "1,2,4", "--strong", "250000", "--weak", "100000", "--sizes", "10000,160000",
         "--cost-sizes", "400,2500,10000,40000,250000,1000000", "--repeats", "2"]
MESH = ["--sides", "50,100,200", "--ranks", "1", "--max-equivalents", "5000", "--max-seconds", "60"]


def commands(bench, jobs):
    """(the file it makes, a command) of each study; those before the mesh's are timed."""
    program = os.path.join(os.path.dirname(bench.driver), "cgbench")
    out = ["--out", bench.out]
    table = os.path.join(bench.out, "scaling.csv")
    return [("cg.csv", [program, "-skip_petscrc", "-its", "20", "-repeats", "5", "-csv",
                        os.path.join(bench.out, "cg.csv")]),
            ("scaling_model.svg", [*SCALING, "run", *out, *SMALL]),
            ("scaling_measured.svg", [*SCALING, "plot", *out, table]),
            ("mesh.svg", [*SCALING, "mesh", *out, *MESH, "--jobs", str(jobs)])]


def due(bench, jobs):
    """What is not there or older than the programs."""
    built = max(os.path.getmtime(path) for path in (bench.driver, bench.library))
    return [(name, command) for name, command in commands(bench, jobs)
            if not os.path.exists(os.path.join(bench.out, name))
            or os.path.getmtime(os.path.join(bench.out, name)) <= built]


def run(bench, jobs):
    """Makes what is due; a study that fails is left out, in words."""
    left_out = []
    for name, command in due(bench, jobs):
        print(f"{name}: {' '.join(map(os.path.basename, command[:3]))} ...", file=sys.stderr,
              flush=True)
        began = time.time()
        done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL,
                              stdin=subprocess.DEVNULL)
        if done.returncode:
            left_out.append(f"{name}: {' '.join(command[:3])} failed")
        with open(os.path.join(bench.out, TOOK), "a", encoding="utf-8") as file:
            file.write(f"{name},{time.time() - began:.1f}\n")
    return left_out


def took(bench):
    """Seconds of the wall that all of them took when they were made last."""
    path, seconds = os.path.join(bench.out, TOOK), {}
    if os.path.exists(path):
        with open(path, encoding="utf-8", newline="") as file:
            seconds = dict(csv.reader(file))
    return sum(map(float, seconds.values()))


def rows_of(data, name):
    return measures.read_rows(os.path.join(data.bench.out, name))


def listing(name, rows):
    if not rows:
        return ""
    return html.folded(f"{len(rows)} rows of {name}",
                       html.table([escape(h) for h in rows[0]],
                                  [[escape(v or "") for v in row.values()] for row in rows]))


def picture(data, name, words):
    """A figure that stands in the output folder, with what it shows."""
    path = os.path.join(data.bench.out, name)
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return html.paragraph(words, "note") + figures.element(file.read(), escape(name))


def section(title, *parts):
    parts = list(filter(None, parts))
    return html.section(title, *parts) if parts else ""


def mesh_section(data):
    return section(
        "Cost against the mesh",
        picture(data, "mesh.svg", "The grid problems as their mesh is refined: work and outer "
                "iterations to the same tolerance. CG alone is trustncg without preconditioner "
                "and without steps of the learned model; sparse is what auto chooses here, so "
                "that the two lines lie on each other."),
        listing("mesh.csv", rows_of(data, "mesh.csv")),
        picture(data, "mesh_study.svg", "The whole study, to side 1000, made apart by <code>"
                "scripts/scaling mesh --study</code>."),
        listing("mesh_study.csv", rows_of(data, "mesh_study.csv")))


CHECKS = {"ranks": "cgbench", "driver": "the driver's solves, by its ledger",
          "latency": "cgbench, reductions made slow"}


def check_table(rows):
    """How far the model is from what was measured here."""
    groups = {}
    for row in rows:
        groups.setdefault((row["what"], int(row["ranks"])), []).append(float(row["error"]))
    return html.table(
        [("predicted/measured &#8722; 1", "text"), "ranks", "runs", "median", "median size",
         "worst"],
        [[(CHECKS.get(what, what), "text"), str(ranks), str(len(errors)),
          f"{statistics.median(errors):+.1%}", f"{statistics.median(map(abs, errors)):.1%}",
          f"{max(errors, key=abs):+.1%}"]
         for (what, ranks), errors in sorted(groups.items())]) if groups else ""


def scaling_section(data):
    return section(
        "Scaling, and the model that explains it",
        picture(data, "scaling_measured.svg", "Time of a CG iteration against ranks, measured on "
                "this machine, beside the model with the network's parameters it is drawn for."),
        picture(data, "scaling_check.svg", "The model against what this machine can measure: "
                "several ranks, and reductions made slow on purpose."),
        check_table(rows_of(data, "scaling_check.csv")),
        picture(data, "scaling_model.svg", "Extrapolated to many ranks. Predicted, not measured; "
                "the assumptions stand in the figure."),
        listing("scaling.csv", rows_of(data, "scaling.csv")))


def cg_section(data):
    rows = rows_of(data, "cg.csv")
    if not rows:
        return ""
    return section(
        "The CG iteration and the memory's bandwidth",
        html.paragraph("Left, a roofline: the vector operations of a CG iteration, without its "
                       "product. A pass is a vector read or written once; the roof is the speed "
                       "of a += s b over as many bytes as the solve holds. Right: the time an "
                       "unknown, against the passes the solver makes at that speed (the tick). "
                       "KSPSTCG is PETSc's, tuned: in the norm that saves it reductions.", "note"),
        figures.roofline(rows), listing("cg.csv", rows))
