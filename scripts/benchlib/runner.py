# SPDX-License-Identifier: BSD-2-Clause
"""Runs every (problem, solver, tolerance) once and keeps what came out in OUT/runs.jsonl.

A run is known by its problem, size, solver options, ranks, Hv, tolerance and caps, and by the sha
of what computed it (the driver; for trustncg the library too; for the others the problems' library
and SciPy's version): what is known is not run again. TAO's and SciPy's iterates do not depend on
the tolerance, so one run to the tightest serves all: its history is read at the first iterate that
passes the looser tests, where a run to that tolerance would have stopped. trustncg and LIBLINEAR
look at the tolerance and are run for each.
"""
import csv
import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from . import sets

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.normpath(os.path.join(HERE, "..", "..", "benchmarks", "peers"))
HISTORY_POINTS = 80
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


def sha(*paths):
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()[:16]


class Bench:
    """Where things are, how they are run, and what is known already."""

    def __init__(self, out, ranks=2, hessvec="user"):
        build = os.environ.get("BUILD", "build")
        self.out, self.ranks, self.hessvec = out, ranks, hessvec
        self.driver = os.path.join(build, "bin", "trustncg")
        self.library = os.path.join(build, "lib", "libtrustncg.so")
        self.peers = os.path.join(build, "lib", "libpeers.so")
        os.makedirs(out, exist_ok=True)
        self.store = os.path.join(out, "runs.jsonl")
        self.known = {record["key"]: record for record in read_jsonl(self.store)}
        self.shas = {}

    def listed(self):
        """The names of the problems the driver has."""
        run = subprocess.run(["mpirun", "-n", "1", self.driver, "-skip_petscrc", "-problem",
                              "list"], capture_output=True, text=True, check=True)
        return [line.split()[0] for line in run.stdout.splitlines() if " n = " in line]

    def origin(self, solver):
        """The sha of what computes a run of this solver."""
        if solver.kind not in self.shas:
            scripts = [os.path.join(PEERS, name) for name in sorted(os.listdir(PEERS))
                       if name.endswith(".py")]
            files = {"ours": [self.driver, self.library], "tao": [self.driver]}
            self.shas[solver.kind] = sha(*files.get(solver.kind, [self.peers, *scripts]))
            if solver.kind == "scipy":
                self.shas[solver.kind] += " " + importlib.metadata.version("scipy")
        return self.shas[solver.kind]

    def task(self, problem, solver, tolerance, ranks=None, repetition=None,
             max_equivalents=sets.MAX_EQUIVALENTS):
        driven = solver.kind in ("ours", "tao")
        task = {"problem": problem.name, "driver": problem.driver_name, "n": problem.n,
                "problem_options": problem.options.replace("{data}", self.out),
                "solver": solver.name, "kind": solver.kind, "options": solver.options,
                "ranks": (ranks or self.ranks) if driven else 1,
                "hessvec": self.hessvec if driven else "user", "rtol": tolerance,
                "max_equivalents": max_equivalents, "max_seconds": sets.MAX_SECONDS,
                "sha": self.origin(solver)}
        if repetition is not None:
            task["repetition"] = repetition
        task["key"] = hashlib.sha256(json.dumps(task, sort_keys=True).encode()).hexdigest()[:20]
        return task

    def tasks(self, problems, solvers):
        """What has to be run, and what stands in the store already, in order."""
        for problem in problems:
            for solver in solvers:
                if solver.only and solver.only != problem.name:
                    continue
                each = solver.follows_tolerance
                for tolerance in sets.TOLERANCES if each else sets.TOLERANCES[-1:]:
                    yield self.task(problem, solver, tolerance)

    def command(self, task, folder):
        common = ["-rtol", repr(task["rtol"]), "-json", os.path.join(folder, "json")]
        caps = ["-max_equivalents", str(task["max_equivalents"]), "-max_seconds",
                str(task["max_seconds"]), "-csv", os.path.join(folder, "csv")]
        if task["kind"] == "liblinear":
            data = task["problem_options"].split()[1]
            return [PYTHON, os.path.join(PEERS, "liblinear.py"), "-lib", self.peers, "-data", data,
                    *task["options"].split(), *common]
        problem = ["-problem", task["driver"], "-n", str(task["n"])]
        if task["kind"] == "scipy":
            return [PYTHON, os.path.join(PEERS, "scipy_peers.py"), "-lib", self.peers, *problem,
                    "-problem_options=" + task["problem_options"], *task["options"].split(),
                    *common, *caps]
        return ["mpirun", "-n", str(task["ranks"]), self.driver, "-skip_petscrc", *problem,
                *task["problem_options"].split(), *task["options"].split(), "-hessvec",
                task["hessvec"], *common, *caps]

    def run(self, task):
        """Runs a task and keeps the record: the task, its result (or why none), its crossings."""
        began = time.time()
        with tempfile.TemporaryDirectory() as folder:
            try:
                run = subprocess.run(self.command(task, folder), capture_output=True, text=True,
                                     stdin=subprocess.DEVNULL, check=False,
                                     timeout=2 * task["max_seconds"] + 60)
                said = (run.stdout + run.stderr)[-400:]
            except subprocess.TimeoutExpired:
                said = "killed: it did not end"
            result = read_json(os.path.join(folder, "json"))
            history = read_history(os.path.join(folder, "csv"))
        record = {**task, "result": result, "crossings": crossings(task, result, history),
                  "history": thinned(history), "wall": round(time.time() - began, 3),
                  "date": time.strftime("%Y-%m-%d %H:%M")}
        if result is None:
            record["said"] = said
        with open(self.store, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        self.known[task["key"]] = record
        return record


def crossings(task, result, history):
    """{tolerance: what had been spent at the first iterate that passes the test}."""
    if result is None:
        return {}
    limit = sets.TOLERANCES if task["kind"] in ("tao", "scipy") else (task["rtol"],)
    found = {}
    for tolerance in limit:
        if tolerance == task["rtol"] and result["reason"].startswith("CONVERGED"):
            found[repr(tolerance)] = {name: result[name] for name in (
                "f", "gnorm", "gradient_equivalents", "reductions", "seconds")}
            continue
        for row in history if tolerance > task["rtol"] else []:
            if row["gnorm"] <= tolerance * result["gnorm0"]:
                found[repr(tolerance)] = row
                break
    return found


def read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def read_jsonl(path):
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.endswith("}\n"):  # else it was being written when something stopped it
                    yield json.loads(line)


def read_history(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        rows = [{"f": float(row["f"]), "gnorm": float(row["gnorm"]),
                 "gradient_equivalents": float(row["gradient_equivalents"]),
                 "reductions": float(row["reductions"]) if "reductions" in row else None,
                 "seconds": float(row["seconds"])} for row in csv.DictReader(file)]
    return [row for row in rows if row["gnorm"] == row["gnorm"]]


def thinned(history):
    """(gradient-equivalents, ||g||) of at most HISTORY_POINTS iterates, the last kept."""
    step = max(1, -(-len(history) // HISTORY_POINTS))
    rows = history[::step] + ([history[-1]] if history and (len(history) - 1) % step else [])
    return [[row["gradient_equivalents"], float(f"{row['gnorm']:.4g}")] for row in rows]


def clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def describe(record):
    counts = [record["crossings"].get(repr(t)) for t in sets.TOLERANCES]
    told = " / ".join(f"{c['gradient_equivalents']:.0f}" if c else "-" for c in counts)
    reason = record["result"]["reason"] if record["result"] else "no result: " + record["said"]
    return f"{told}  {reason.splitlines()[-1] if reason else ''}"


def run_all(bench, problems, solvers):
    """Everything not known yet, with progress on stderr; the records of all."""
    tasks = list(bench.tasks(problems, solvers))
    todo = [task for task in tasks if task["key"] not in bench.known]
    print(f"{len(tasks)} runs, {len(tasks) - len(todo)} of them known already", file=sys.stderr)
    began = time.time()
    for k, task in enumerate(todo, 1):
        record = bench.run(task)
        spent = time.time() - began
        print(f"[{k}/{len(todo)}] {clock(spent)} gone, about {clock(spent / k * (len(todo) - k))}"
              f" left  {task['problem']}  {task['solver']} to {task['rtol']:.0e}: "
              f"{describe(record)}", file=sys.stderr, flush=True)
    return [bench.known[task["key"]] for task in tasks]


def run_timing(bench, problems, solvers, repetitions=3):
    """One rank, the solvers in alternation, so that what disturbs the machine disturbs all."""
    records = []
    for problem in problems:
        for repetition in range(repetitions):
            for solver in solvers:
                if solver.only in ("", problem.name):
                    task = bench.task(problem, solver, sets.MAIN_TOLERANCE, 1, repetition)
                    if task["key"] not in bench.known:
                        print(f"timing  {problem.name}  {solver.name}  {repetition + 1} of "
                              f"{repetitions}", file=sys.stderr, flush=True)
                        bench.run(task)
                    records.append(bench.known[task["key"]])
    return records


def run_memory(bench, solvers):
    """The records of one problem at two sizes, stopped early, one rank."""
    records = []
    for n in sets.MEMORY_SIZES:
        problem = sets.Problem(sets.MEMORY_PROBLEM, n, ())
        for solver in solvers:
            if not solver.only:
                task = bench.task(problem, solver, sets.TOLERANCES[-1], 1, 0,
                                  sets.MEMORY_EQUIVALENTS)
                if task["key"] not in bench.known:
                    print(f"memory  {problem.name}  n = {n}  {solver.name}", file=sys.stderr,
                          flush=True)
                    bench.run(task)
                records.append(bench.known[task["key"]])
    return records


def has_module(name):
    run = subprocess.run([PYTHON, "-c", f"import {name}"], capture_output=True, check=False)
    return run.returncode == 0


def has_program(name):
    return shutil.which(name) is not None
