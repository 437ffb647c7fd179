# SPDX-License-Identifier: BSD-2-Clause
"""Cost against the mesh: the grid problems at several sides with several solvers, to a tolerance.
A run that a cap stops is in the table with the cap as its reason; on finer meshes the solver is not
run then, and the table says so."""
import os
from concurrent import futures

from . import measure, model

PROBLEMS = ("torsion", "minsurf", "composites", "combustion", "gl2")
UNKNOWNS = {"gl2": 4}  # at a node of the grid; else 1
SOLVERS = ("trustncg: -tao_type trustncg",
           "trustncg, coarser grids first: -tao_type trustncg -tao_trustncg_grid_sequence 20",
           "trustncg, CG alone: -tao_type trustncg -tao_trustncg_precond none "
           "-tao_trustncg_learned_steps 0",
           "trustncg, sparse: -tao_type trustncg -tao_trustncg_precond sparse",
           "TAO ntr, EW: -tao_type ntr -tao_ntr_pc_type none -tao_ksp_ew")
MORE = ("trustncg, pairs: -tao_type trustncg -tao_trustncg_precond pairs",
        "trustncg, diagonal: -tao_type trustncg -tao_trustncg_precond diagonal",
        "TAO nls, EW: -tao_type nls -tao_nls_pc_type none -tao_ksp_ew",
        "TAO lmvm: -tao_type lmvm -tao_lmvm_mat_lmvm_hist_size 30",
        "TAO nls, assembled, gamg: -tao_type nls -hessian coloured -tao_nls_pc_type gamg",
        "TAO ntr, assembled, gamg, EW: -tao_type ntr -hessian coloured -tao_ntr_pc_type gamg "
        "-tao_ksp_ew")
SIDES = (25, 50, 100, 200), (125, 250, 500, 1000)  # of a look, and of the whole study
KEY = ("problem", "solver", "side", "ranks", "options", "rtol", "max_equivalents", "max_seconds")
RESULTS = ("n", "reason", "iterations", "cg_iterations", "gradient_equivalents", "reductions",
           "seconds", "f", "gnorm", "verified")


def known(path, programs):
    """Rows of a table that is younger than the programs: these runs are not made again."""
    if not os.path.exists(path) or os.path.getmtime(path) < max(map(os.path.getmtime, programs)):
        return {}
    return {tuple(row[k] for k in KEY): row for row in model.read(path)}


def tasks(args, side):
    for problem in args.problems:
        for ranks in args.ranks:
            for text in args.solver or (SOLVERS + MORE if args.study else SOLVERS):
                name, _, options = text.partition(":")
                values = (problem, name.strip(), side, ranks, options.strip(), args.rtol,
                          args.max_equivalents, args.max_seconds)
                yield dict(zip(KEY, map(str, values)))


def row_of(task, result, reason="no result"):
    empty = dict.fromkeys(RESULTS, "")
    if result is None:
        return {**task, **empty, "n": unknowns(task), "reason": reason}
    return {**task, **{k: result.get(k, "") for k in RESULTS}}


def unknowns(task):
    return int(task["side"])**2 * UNKNOWNS.get(task["problem"], 1)


def line_of(row):
    return tuple(row[key] for key in ("problem", "solver", "ranks", "options"))


def solved(row):
    return str(row["verified"]) == "True"


def solve(machine, task):
    run = (int(task["ranks"]), task["problem"], unknowns(task), *task["options"].split(), "-rtol",
           task["rtol"], "-max_equivalents", task["max_equivalents"], "-max_seconds",
           task["max_seconds"])
    return row_of(task, machine.driver(*run) or machine.driver(*run))  # MPI may fail to start


def say(row):
    measure.tell(f"{row['problem']} {row['side']}, {row['ranks']} ranks, {row['solver']}: "
                 f"{row['reason']}, {row['iterations']} outer, {row['cg_iterations']} CG, "
                 f"{row['gradient_equivalents']} gradient-equivalents, {row['seconds']} s")


def mesh(machine, path, args):
    """Writes the table after each run, so that it may be stopped at any time and goes on there."""
    programs = [os.path.join(machine.build, "bin", "trustncg"),
                os.path.join(machine.build, "lib", "libtrustncg.so")]
    old, rows, capped = known(path, programs), [], {}
    with futures.ThreadPoolExecutor(args.jobs) as pool:
        for side in args.sides or SIDES[args.study]:
            made = []
            for task in tasks(args, side):
                key = tuple(task[name] for name in KEY)
                if key in old:
                    made.append((old[key], None))
                elif line_of(task) in capped:
                    reason = f"not run: capped at side {capped[line_of(task)]}"
                    made.append((row_of(task, None, reason), None))
                else:
                    made.append((None, pool.submit(solve, machine, task)))
            for row, run in made:
                if run:
                    row = run.result()
                    say(row)
                rows.append(row)
                if not solved(row):
                    capped.setdefault(line_of(row), side)
                if run:
                    model.write(path, rows)
    model.write(path, rows)
    return rows
