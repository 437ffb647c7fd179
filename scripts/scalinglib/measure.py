# SPDX-License-Identifier: BSD-2-Clause
"""Runs the driver and cgbench on several numbers of ranks. Needs Python's own library alone."""
import json
import os
import statistics
import subprocess
import sys
import tempfile

from . import model

CG_ITERATIONS, CG_REPEATS = 50, 2  # of a run of cgbench
COLUMNS = ["kind", "program", "problem", "solver", "ranks", "oversubscribed", "n", "repeats",
           "seconds", "seconds_least", "cg_iterations", "gradient_equivalents", "reductions",
           "us_per_iteration", "ns_loop", "ns_hv"]


def tell(*words):
    print(*words, file=sys.stderr, flush=True)


class Machine:
    """Where the programs are and how they are started."""

    def __init__(self, build, launch, cores, ranks_per_node, seconds=600):
        self.build, self.launch, self.cores = build, launch, cores
        self.ranks_per_node, self.seconds = ranks_per_node, seconds

    def command(self, program, ranks, *options):
        launch = self.launch.format(ranks=ranks, nodes=-(-ranks // self.ranks_per_node)).split()
        return ["timeout", "-k", "10", str(self.seconds), *launch,
                os.path.join(self.build, "bin", program), "-skip_petscrc", *options]

    def run(self, program, ranks, *options):
        """What it prints. The driver's exit code is 1 where a cap stops it: its JSON tells more."""
        command = self.command(program, ranks, *options)
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              check=False)
        if done.returncode and program == "cgbench":
            raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def cgbench(self, ranks, sizes):
        """Rows of its CSV."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "cg.csv")
            self.run("cgbench", ranks, *cg_options(sizes), "-csv", path)
            return model.read(path)

    def latency(self, ranks, sizes, latencies):
        """{(n, latency in seconds, form key): iterations a second} with slow reductions."""
        said = self.run("cgbench", ranks, *cg_options(sizes), "-latency",
                        ",".join(f"{t:g}" for t in latencies))
        found = {}
        for line in said.splitlines()[2:]:
            n, _, _, *rates = line.split()
            wanted = latencies[len(found) // len(model.FORMS) % len(latencies)]
            found.update({(int(n), wanted, form.key): float(rate)
                          for form, rate in zip(model.FORMS, rates)})
        return found

    def driver(self, ranks, problem, n, *options):
        """Its JSON, or None."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "out.json")
            said = self.run("trustncg", ranks, "-problem", problem, "-n", str(n), "-json", path,
                            *options)
            if not os.path.exists(path):
                tell(said)
                return None
            with open(path, encoding="utf-8") as file:
                return json.load(file)

    def copies(self, count, sizes):
        """cgbench on one rank, so many copies at the same time: the memory shared, no messages.
        Rows of all copies, with the column copies."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, f"{k}.csv") for k in range(count)]
            running = []
            for path in paths:
                alone = Machine(self.build, "", self.cores, self.cores).command(
                    "cgbench", 1, *cg_options(sizes), "-csv", path)
                running.append(subprocess.Popen(alone, stdout=subprocess.DEVNULL))
            if any([process.wait() for process in running]):
                raise SystemExit(f"{' '.join(alone)} failed")
            return [{**row, "copies": count} for path in paths for row in model.read(path)]


def cg_options(sizes):
    return ("-n", ",".join(map(str, sizes)), "-its", str(CG_ITERATIONS), "-repeats",
            str(CG_REPEATS))


def least(rows):
    """Of rows of cgbench that differ in their times alone one, with the least times: what else
    runs on the machine only adds. In `all` the times with Hv of each, in ns an unknown."""
    groups = {}
    for row in rows:
        key = row["solver"], row["n"], row["ranks"], row.get("copies", 1)
        groups.setdefault(key, []).append(row)
    return [{**group[0], "ns": min(float(row["ns"]) for row in group),
             "ns_hv": min(float(row["ns_hv"]) for row in group),
             "all": [float(row["ns"]) + float(row["ns_hv"]) for row in group]}
            for group in groups.values()]


def cg_row(machine, kind, row):
    """A row of scaling.csv from one of least()."""
    n, ranks = int(row["n"]), int(row["ranks"])
    scale = 1e-9 * n * CG_ITERATIONS * sharing(machine, ranks)
    shortest = scale * (row["ns"] + row["ns_hv"])
    return {"kind": kind, "program": "cgbench", "problem": "torsion, one system",
            "solver": row["solver"], "ranks": ranks, "oversubscribed": over(machine, ranks),
            "n": n, "repeats": len(row["all"]), "seconds": scale * statistics.median(row["all"]),
            "seconds_least": shortest, "cg_iterations": CG_ITERATIONS,
            "gradient_equivalents": CG_ITERATIONS,
            "reductions": CG_ITERATIONS * float(row["reductions"]),
            "us_per_iteration": 1e6 * shortest / CG_ITERATIONS,
            "ns_loop": row["ns"], "ns_hv": row["ns_hv"]}


def over(machine, ranks):
    return "yes" if ranks > machine.cores else "no"


def sharing(machine, ranks):
    """How many ranks a core serves in turn: what is measured is a rank's processor time."""
    return max(1.0, ranks / machine.cores)


def driver_options(form, work):
    """CG alone, and a fixed amount of work, checked after each iteration of the trust region."""
    return ("-tao_trustncg_precond", "none", "-tao_trustncg_learned_steps", "0",
            "-tao_trustncg_ksp_trustcg_reductions", form.key,
            "-tao_trustncg_ksp_max_it", str(work), "-max_equivalents", str(work))


def busy(result):
    """Seconds of a rank's processor, as of cgbench; of the wall where the driver tells no other."""
    if "cpu_seconds" in result:
        return result["cpu_seconds"] / result["ranks"]
    return result["seconds"]


def driver_row(machine, kind, form, results):
    """A row from repeated runs of the driver; the seconds are those of the wall."""
    first, times = results[0], [r["seconds"] for r in results]
    return {"kind": kind, "program": "driver", "problem": first["problem"], "solver": form.name,
            "ranks": first["ranks"], "oversubscribed": over(machine, first["ranks"]),
            "n": first["n"], "repeats": len(times), "seconds": statistics.median(times),
            "seconds_least": min(times), "cg_iterations": first["cg_iterations"],
            "gradient_equivalents": first["gradient_equivalents"],
            "reductions": first["reductions"],
            "us_per_iteration": (1e6 * sharing(machine, first["ranks"]) * min(map(busy, results))
                                 / first["cg_iterations"]),
            "ns_loop": "", "ns_hv": ""}


def sizes_of(ranks, strong, weak):
    return [("strong", n) for n in strong] + [("weak", m * ranks) for m in weak]


def measure(machine, args):
    """Yields the rows of scaling.csv after each number of ranks. The repeats go round all runs, so
    that what disturbs the machine for a while disturbs all a little."""
    turns, runs = {"strong": [], "weak": []}, {}
    for repeat in range(args.repeats):
        for ranks in args.ranks:
            tell(f"{ranks} ranks, {repeat + 1} of {args.repeats}")
            for kind, n in sizes_of(ranks, args.strong, args.weak):
                turns[kind] += machine.cgbench(ranks, [n])
            for problem in args.problems:
                for kind, n in sizes_of(ranks, args.strong, args.weak):
                    for form in model.FORMS:
                        result = machine.driver(ranks, problem, n,
                                                *driver_options(form, args.work))
                        if result:
                            runs.setdefault((problem, kind, n, ranks, form), []).append(result)
            yield rows_of(machine, turns, runs)


def rows_of(machine, turns, runs):
    rows = [cg_row(machine, kind, row) for kind, made in turns.items()
            for row in least(made) if row["solver"] in model.BY_NAME]
    return rows + [driver_row(machine, kind, form, results)
                   for (_, kind, _, _, form), results in runs.items()]
