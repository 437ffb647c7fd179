# SPDX-License-Identifier: BSD-2-Clause
"""Two bench.csv beside each other: counts, not seconds."""
import csv
import sys

from . import sets

GROWTH = 1.1
PASSED = ("solved", "higher")  # which of the two depends on what the other solvers found
KEY = ("problem", "n", "solver", "tolerance", "hessvec", "ranks")


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return {tuple(row[name] for name in KEY): row for row in csv.DictReader(file)}


def compare(new_path, kept_path):
    """Prints what got worse and better in trustncg's own runs; 1 where something got worse."""
    new, kept = read(new_path), read(kept_path)
    worse, better = [], []
    common = [key for key in kept if key in new and key[2] == sets.OURS]
    for key in common:
        name = f"{key[0]} n = {key[1]}, {key[2]}, tolerance {key[3]}"
        was, now = kept[key], new[key]
        if was["end"] in PASSED and now["end"] not in PASSED:
            worse.append(f"{name}: was solved, is {now['end']} ({now['reason']})")
        elif was["end"] not in PASSED and now["end"] in PASSED:
            better.append(f"{name}: was {was['end']}, is solved")
        elif was["end"] in PASSED and now["end"] in PASSED:
            before = float(was["gradient_equivalents"])
            ratio = float(now["gradient_equivalents"]) / before
            line = f"{name}: {before:.0f} -> {before * ratio:.0f} gradient-equivalents"
            if ratio > GROWTH:
                worse.append(f"{line} (+{100 * (ratio - 1):.0f} %)")
            elif ratio < 1 / GROWTH:
                better.append(f"{line} ({100 * (ratio - 1):.0f} %)")
    for title, lines in (("worse", worse), ("better", better)):
        for line in lines:
            print(f"{title}: {line}")
    absent = sum(key[2] == sets.OURS and key not in new for key in kept)
    print(f"{len(common)} runs of {sets.OURS} compared: {len(worse)} worse, {len(better)} better"
          + (f"; {absent} kept runs are not in {new_path}" if absent else ""))
    if not common:
        print("Nothing to compare: no problem, size, tolerance and number of ranks in common",
              file=sys.stderr)
    return 1 if worse or not common else 0
