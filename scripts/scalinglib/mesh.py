# SPDX-License-Identifier: BSD-2-Clause
"""Cost against the mesh: the grid problems at several sides with several solvers, to a tolerance.
A run that a cap stops is in the table with the cap as its reason."""
import os
from concurrent import futures

from . import measure, model

PROBLEMS = ("torsion", "minsurf", "composites", "combustion", "gl2")
UNKNOWNS = {"gl2": 4}  # at a node of the grid; else 1
SOLVERS = ("trustncg: -tao_type trustncg",
           "trustncg, CG alone: -tao_type trustncg -tao_trustncg_precond none "
           "-tao_trustncg_learned_steps 0",
           "trustncg, sparse: -tao_type trustncg -tao_trustncg_precond sparse",
           "TAO ntr, EW: -tao_type ntr -tao_ntr_pc_type none -tao_ksp_ew")
KEY = ("problem", "solver", "side", "ranks", "options", "rtol", "max_equivalents", "max_seconds")
RESULTS = ("n", "reason", "iterations", "cg_iterations", "gradient_equivalents", "reductions",
           "seconds", "f", "gnorm", "verified")


def known(path, programs):
    """Rows of a table that is younger than the programs: these runs are not made again."""
    if not os.path.exists(path) or os.path.getmtime(path) < max(map(os.path.getmtime, programs)):
        return {}
    return {tuple(row[k] for k in KEY): row for row in model.read(path)}


def tasks(args):
    for side in args.sides:
        for problem in args.problems:
            for ranks in args.ranks:
                for text in args.solver or SOLVERS:
                    name, _, options = text.partition(":")
                    values = (problem, name.strip(), side, ranks, options.strip(), args.rtol,
                              args.max_equivalents, args.max_seconds)
                    yield dict(zip(KEY, map(str, values)))


def row_of(task, result):
    empty = dict.fromkeys(RESULTS, "")
    if result is None:
        return {**task, **empty, "n": int(task["side"])**2, "reason": "no result"}
    return {**task, **{k: result.get(k, "") for k in RESULTS}}


def solve(machine, task):
    n = int(task["side"])**2 * UNKNOWNS.get(task["problem"], 1)
    run = (int(task["ranks"]), task["problem"], n, *task["options"].split(), "-rtol", task["rtol"],
           "-max_equivalents", task["max_equivalents"], "-max_seconds", task["max_seconds"])
    return row_of(task, machine.driver(*run) or machine.driver(*run))  # MPI may fail to start


def mesh(machine, path, args):
    """Writes the table after each run, so that it may be stopped at any time."""
    programs = [os.path.join(machine.build, "bin", "trustncg"),
                os.path.join(machine.build, "lib", "libtrustncg.so")]
    old, rows = known(path, programs), []
    todo = list(tasks(args))
    with futures.ThreadPoolExecutor(args.jobs) as pool:
        keys = [tuple(task[name] for name in KEY) for task in todo]
        made = [old.get(key) or pool.submit(solve, machine, task)
                for key, task in zip(keys, todo)]
        for k, (key, run) in enumerate(zip(keys, made), 1):
            if key in old:
                rows.append(run)
                continue
            row = run.result()
            rows.append(row)
            model.write(path, rows)
            measure.tell(f"[{k}/{len(todo)}] {row['problem']} {row['side']}, {row['ranks']} ranks, "
                         f"{row['solver']}: {row['reason']}, {row['iterations']} outer, "
                         f"{row['cg_iterations']} CG, {row['gradient_equivalents']} "
                         f"gradient-equivalents, {row['seconds']} s")
    model.write(path, rows)
    return rows
