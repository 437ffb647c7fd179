# SPDX-License-Identifier: BSD-2-Clause
"""Runs every (problem, solver, tolerance) once and keeps what came out in OUT/runs.jsonl.

A run is known by its problem, size, solver options, ranks, Hv, tolerance and caps, and by the sha
of the sources and the version of what computes it (sources.py): what is known is not run again.
TAO's, SciPy's and ROL's iterates do not depend on the tolerance, so one run to the tightest serves
all: its history is read at the first iterate that passes the looser tests, where a run to that
tolerance would have stopped. trustncg and LIBLINEAR look at the tolerance and are run for each.

Where a source has changed, the cheapest known run of the problem by that kind of peer is made
again: if it comes out the same to the last digit, the others are taken over as they are. Runs of
trustncg never are.

Counts do not depend on what else runs: as many runs as there are cores, and one more because a
start waits, go at a time. Runs that are timed go alone, the solvers in turn, all of them anew
whenever trustncg has changed.
"""
import csv
import functools
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from concurrent import futures

from . import cost, sets, sources
from .programs import measured, package, said

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.normpath(os.path.join(HERE, "..", "..", "benchmarks", "peers"))
HISTORY_POINTS = 80
# so that the reductions of the vectors on one rank are made and counted as on many
COUNT_REDUCTIONS = ["-vec_type", "mpi", "-dm_vec_type", "mpi"]
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


class Bench:
    """Where things are, how they are run, and what is known already."""

    def __init__(self, out, ranks=2, hessvec="user"):
        build = os.environ.get("BUILD", "build")
        self.out, self.ranks, self.hessvec = out, ranks, hessvec
        self.driver = os.path.join(build, "bin", "trustncg")
        self.library = os.path.join(build, "lib", "libtrustncg.so")
        self.rol = os.path.join(build, "bin", "rol")
        self.peers = os.path.join(build, "lib", "libpeers.so")
        petsc = os.environ.get("PETSC", "petsc")
        petsc = f"PETSC {said('pkg-config', '--modversion', petsc)} ({petsc})"
        self.versions = {
            "ours": petsc, "tao": petsc, "rol": package("libtrilinos-rol-dev"),
            "liblinear": package("liblinear-tools"),
            "scipy": said(PYTHON, "-c", "import scipy; print(scipy.__version__)")}
        os.makedirs(out, exist_ok=True)
        self.store = os.path.join(out, "runs.jsonl")
        self.known = {record["key"]: record for record in read_jsonl(self.store)}
        self.lock = threading.Lock()

    @functools.cached_property
    def sources(self):
        """{name: what it is and from where} of the problems the driver has."""
        run = subprocess.run(["mpirun", "-n", "1", self.driver, "-skip_petscrc", "-problem",
                              "list"], capture_output=True, text=True, check=True)
        lines = (re.fullmatch(r"(\S+) +n = \d+ +(.*)", line) for line in run.stdout.splitlines())
        return {line[1]: line[2] for line in lines if line}

    def task(self, problem, solver, tolerance, ranks=None, repetition=None):
        driven = solver.kind in ("ours", "tao")
        task = {"problem": problem.name, "driver": problem.driver_name, "n": problem.n,
                "problem_options": problem.options,
                "solver": solver.name, "kind": solver.kind, "options": solver.options,
                "ranks": (ranks or self.ranks) if driven else 1,
                "hessvec": self.hessvec if driven else "user", "rtol": tolerance,
                "max_equivalents": problem.cap, "max_seconds": sets.MAX_SECONDS,
                "origin": sources.origin(solver.kind, problem.driver_name,
                                         self.versions[solver.kind])}
        if repetition is not None:
            task["repetition"] = repetition
            task["beside"] = sources.origin("ours", problem.driver_name, self.versions["ours"])
        task["key"] = hashlib.sha256(json.dumps(task, sort_keys=True).encode()).hexdigest()[:20]
        return task

    def tasks(self, problems, solvers):
        """What has to be run, and what stands in the store already, in order."""
        for problem in problems:
            for solver in solvers:
                if not solver.takes(problem):
                    continue
                each = solver.follows_tolerance
                for tolerance in sets.TOLERANCES if each else sets.TOLERANCES[-1:]:
                    yield self.task(problem, solver, tolerance)

    def command(self, task, folder):
        common = ["-rtol", repr(task["rtol"]), "-json", os.path.join(folder, "json")]
        caps = ["-max_equivalents", str(task["max_equivalents"]), "-max_seconds",
                str(task["max_seconds"]), "-csv", os.path.join(folder, "csv")]
        words = task["problem_options"].replace("{data}", self.out)
        if task["kind"] == "liblinear":
            return [PYTHON, os.path.join(PEERS, "liblinear.py"), "-lib", self.peers, "-data",
                    words.split()[1], *task["options"].split(), *common]
        problem = ["-problem", task["driver"], "-n", str(task["n"])]
        if task["kind"] in ("scipy", "rol"):
            program = ([self.rol] if task["kind"] == "rol" else
                       [PYTHON, os.path.join(PEERS, "scipy_peers.py"), "-lib", self.peers])
            return [*program, *problem, *(["-problem_options=" + words] if words else []),
                    *task["options"].split(), *common, *caps]
        start = ["mpirun", "-n", str(task["ranks"])] if task["ranks"] > 1 else []
        return [*start, self.driver, "-skip_petscrc", *COUNT_REDUCTIONS, *problem,
                *words.split(), *task["options"].split(), "-hessvec", task["hessvec"], *common,
                *caps]

    def attempt(self, task):
        """(result or None, history, what was said, CPU seconds of the whole program)"""
        with tempfile.TemporaryDirectory() as folder:
            said_now, cpu, killed = measured(self.command(task, folder),
                                             2 * task["max_seconds"] + 60)
            return (read_json(os.path.join(folder, "json")),
                    read_history(os.path.join(folder, "csv")),
                    "killed: it did not end" if killed else said_now[-400:], cpu)

    def run(self, task):
        """Runs a task and keeps the record: the task, its result (or why none), its crossings."""
        began = time.time()
        result, history, words, cpu = self.attempt(task)
        if result is None and not words.startswith("killed"):  # MPI may fail to start: once more
            result, history, words, cpu = self.attempt(task)
        record = {**task, "result": result, "crossings": crossings(task, result, history),
                  "history": thinned(history), "wall": round(time.time() - began, 3),
                  "cpu": round(cpu, 3), "date": time.strftime("%Y-%m-%d %H:%M")}
        if result is None:
            record["said"] = words
        self.keep(record)
        return record

    def keep(self, record):
        with self.lock:
            with open(self.store, "a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
            self.known[record["key"]] = record


def crossings(task, result, history):
    """{tolerance: what had been spent at the first iterate that passes the test}."""
    if result is None:
        return {}
    limit = sets.TOLERANCES if task["kind"] in ("tao", "scipy", "rol") else (task["rtol"],)
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


IDENTITY = ("problem", "driver", "n", "problem_options", "solver", "kind", "options", "ranks",
            "hessvec", "rtol", "max_equivalents", "max_seconds")
OUTCOME = ("reason", "f", "gnorm", "gradient_equivalents", "iterations")


def identity(task):
    return tuple(task[name] for name in IDENTITY)


def outdated(bench, tasks):
    """Groups of [(task, its record of earlier sources)], one for each problem and kind of peer."""
    earlier = {identity(record): record for record in bench.known.values()
               if record["kind"] != "ours" and "repetition" not in record and record["result"]}
    groups = {}
    for task in tasks:
        if task["key"] not in bench.known and identity(task) in earlier:
            name = task["problem"], task["kind"], "-hessian coloured" in task["options"]
            groups.setdefault(name, []).append((task, earlier[identity(task)]))
    return list(groups.values())


def take_over(bench, group):
    """Makes the cheapest run of a group again, and takes the others over if it is the same."""
    group = sorted(group, key=lambda pair: pair[1]["result"]["cpu_seconds"])
    (task, before), others = group[0], group[1:]
    now = bench.run(task)["result"]
    if now is None or any(now[name] != before["result"][name] for name in OUTCOME):
        return 0
    for task, record in others:
        bench.keep({**record, **task})
    return len(others)


def run_together(jobs, function, items):
    """Yields what the function returns, as it comes, `jobs` at a time."""
    with futures.ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(function, item) for item in items]
        try:
            for done in futures.as_completed(running):
                yield done.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def run_all(bench, problems, solvers, jobs):
    """Everything not known yet, `jobs` at a time, with progress on stderr; the records of all."""
    tasks = list(bench.tasks(problems, solvers))
    groups = outdated(bench, tasks)
    if groups:
        print(f"{sum(map(len, groups))} runs were made with earlier sources: trying "
              f"{len(groups)} of them again", file=sys.stderr, flush=True)
        taken = sum(run_together(jobs, lambda group: take_over(bench, group), groups))
        print(f"{taken} taken over", file=sys.stderr)
    todo = [task for task in tasks if task["key"] not in bench.known]
    print(f"{len(tasks)} runs, {len(tasks) - len(todo)} of them known already", file=sys.stderr)
    weight = {task["key"]: seconds for task, seconds in zip(todo, cost.weights(todo))}
    began, done, whole = time.time(), 0.0, sum(weight.values())
    for k, record in enumerate(run_together(jobs, bench.run, todo), 1):
        spent = time.time() - began
        done += weight[record["key"]]
        print(f"[{k}/{len(todo)}] {clock(spent)} gone, about {clock(spent * (whole / done - 1))} "
              f"left  {record['problem']}  {record['solver']} to {record['rtol']:.0e}: "
              f"{describe(record)}", file=sys.stderr, flush=True)
    return [bench.known[task["key"]] for task in tasks]


def timing_tasks(bench, problems, solvers, repetitions=3):
    """One rank, the solvers in alternation, so that what disturbs the machine disturbs all."""
    return [bench.task(problem, solver, sets.MAIN_TOLERANCE, 1, repetition)
            for problem in problems for repetition in range(repetitions)
            for solver in solvers if solver.takes(problem)]


def memory_tasks(bench, solvers):
    """One problem at two sizes, stopped early, one rank."""
    sizes = [sets.Problem(sets.MEMORY_PROBLEM, n, (), sets.MEMORY_EQUIVALENTS, pattern=True)
             for n in sets.MEMORY_SIZES]
    return [bench.task(problem, solver, sets.TOLERANCES[-1], 1, 0)
            for problem in sizes for solver in solvers if solver.takes(problem)]


def run_alone(bench, tasks, what):
    """One after the other; the records."""
    todo = [task for task in tasks if task["key"] not in bench.known]
    for k, task in enumerate(todo, 1):
        print(f"{what} [{k}/{len(todo)}]  {task['problem']}, n = {task['n']}  {task['solver']}",
              file=sys.stderr, flush=True)
        bench.run(task)
    return [bench.known[task["key"]] for task in tasks]
