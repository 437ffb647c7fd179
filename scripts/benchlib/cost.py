# SPDX-License-Identifier: BSD-2-Clause
"""What a run from nothing costs, by the seconds kept of an earlier one: told at the start.

A row for each problem: runs, and CPU seconds of their whole programs, of which as many go at a time
as there are cores; then rows of what goes alone, in seconds of the wall.
"""
import os

from . import measures

NAME = "seconds.csv"
KEPT = os.path.join("benchmarks", "kept", NAME)
ALONE = "alone: "


def used(record):
    """CPU seconds; of records of old the solve's, and about what a start takes."""
    return record.get("cpu", 0.2 + ((record["result"] or {}).get("cpu_seconds") or 0.0))


def write(bench, records, alone):
    """What was kept, renewed by these; `alone`: {what: (number, seconds of the wall)}"""
    sums = {}
    for record in records:
        runs, cpu = sums.get(record["problem"], (0, 0.0))
        sums[record["problem"]] = runs + 1, cpu + used(record)
    sums.update({ALONE + what: pair for what, pair in alone.items() if pair[1]})
    old = {row["what"]: (row["runs"], float(row["seconds"])) for row in measures.read_rows(KEPT)}
    measures.write_rows(os.path.join(bench.out, NAME), [
        {"what": what, "runs": runs, "seconds": round(seconds, 1)}
        for what, (runs, seconds) in {**old, **sums}.items()])


def kept():
    """{what: seconds of one run}"""
    return {row["what"]: float(row["seconds"]) / max(1, int(row["runs"]))
            for row in measures.read_rows(KEPT)}


def weights(tasks):
    """About how many CPU seconds each takes; 1 where nothing is known of its problem."""
    each = kept()
    return [each.get(task["problem"], 1.0) for task in tasks]


def estimate(todo, alone):
    """A line: minutes for these tasks on this machine's cores, and for `alone`, {what: number}."""
    cores, each = len(os.sched_getaffinity(0)), kept()
    together = sum(weights(todo)) / cores
    lonely = sum(each.get(ALONE + what, 0.0) * number for what, number in alone.items())
    told = (f"About {(together + lonely) / 60:.0f} minutes on {cores} idle cores: {len(todo)} runs "
            f"in {together / 60:.1f}, what goes alone in {lonely / 60:.1f}")
    return told + (f" (by {KEPT})" if each else f" (a guess: there is no {KEPT})")
