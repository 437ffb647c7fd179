#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The benchmarks on two problems: the runner runs and resumes, the comparison finds what got worse,
# the page is well-formed, what is kept is whole, the problems that SciPy and ROL solve are those of
# the driver.
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/env.sh
PETSC=${PETSC:-petsc}
BUILD=${BUILD:-build}
export BUILD PETSC
work=$BUILD/check/bench
status=0
rm -rf "$work"
mkdir -p "$work"

python=/usr/bin/python3
"$python" -c 'import numpy, matplotlib' 2>/dev/null || {
  echo "skip benchmarks: $python has no numpy or no matplotlib"
  exit 0
}

verdict() { # NAME RC: ok where RC is 0; else the end of $work/log
  if [ "$2" -eq 0 ]; then echo "ok $1"; else
    status=1
    echo "not ok $1: exit code $2"
    tail -n 20 "$work/log" | cut -c 1-200
  fi
}

bench() {
  timeout -k 10 400 scripts/bench "$@" >"$work/log" 2>&1 </dev/null
}

bench_run() { # COMMAND
  bench "$1" --problems 'broydn3d|rosenbrock' --solvers 'TAO blmvm, m = 30|Newton-CG' --no-timing \
    --out "$work/out"
}

make --no-print-directory "BUILD=$BUILD" "PETSC=$PETSC" all peers >"$work/log" 2>&1
verdict "the problems build as a library" $?

bench_run peers && ! grep -q '"kind": "ours"' "$work/out/runs.jsonl" &&
  [ "$(wc -l <"$work/out/runs.jsonl")" -eq 4 ]
verdict "the peers run beforehand" $?

bench_run run && grep -q '^10 runs, 4 of them known already' "$work/log"
verdict "the runner runs" $?

runs=$(wc -l <"$work/out/runs.jsonl")
bench_run run && [ "$runs" -gt 7 ] && [ "$(wc -l <"$work/out/runs.jsonl")" -eq "$runs" ] &&
  grep -q "^$runs runs, $runs of them known already" "$work/log"
verdict "it does not run again what it knows" $?

sed -i '$ d' "$work/out/runs.jsonl"
bench_run run && [ "$(wc -l <"$work/out/runs.jsonl")" -eq "$runs" ]
verdict "it runs what is missing" $?

"$python" - "$work/out/index.html" >"$work/log" 2>&1 <<'EOP'
import sys
import xml.etree.ElementTree as tree
page = open(sys.argv[1], encoding="utf-8").read()
root = tree.fromstring(page.split("\n", 1)[1])
text = "".join(root.itertext())
for words in ("trustncg beside its peers", "Against the cheapest of all", "Performance profiles",
              "rosenbrock", "TAO blmvm, m = 30", "sha256"):
    assert words in text, words
assert len(list(root.iter("{http://www.w3.org/2000/svg}svg"))) == 5
assert "http" not in "".join(e.get("src", "") + e.get("href", "") for e in root.iter())
EOP
verdict "the page is well-formed, whole and tells the headline" $?

mkdir -p "$work/kept" && bench keep --out "$work/out" --to "$work/kept" &&
  grep -q '^!\[.*\](benchmarks/kept/profiles.svg)' "$work/log" &&
  [ -s "$work/kept/trustncg.csv" ] && [ -s "$work/kept/profiles.svg" ] &&
  grep -q '^broydn3d,' "$work/kept/seconds.csv" && grep -q '^broydn3d,' "$work/kept/minima.csv" &&
  [ -s "$work/kept/classes.svg" ]
verdict "what is kept is whole" $?

csv=$work/out/bench.csv
bench compare "$csv" "$csv" && grep -q '6 runs of trustncg compared: 0 worse' "$work/log"
verdict "a comparison with itself finds nothing worse" $?

# kept counts of half the size: the new ones have doubled
awk -F, -v OFS=, 'NR > 1 && /^broydn3d,/ && $4 == "trustncg" { $13 = $13 / 2 } { print }' \
  "$csv" >"$work/kept.csv"
bench compare "$csv" "$work/kept.csv"
[ $? -eq 1 ] && [ "$(grep -c '^worse: broydn3d .*(+100 %)' "$work/log")" -eq 3 ]
verdict "the comparison finds planted growth" $?

awk -F, -v OFS=, '/^rosenbrock,/ && $4 == "trustncg" && $8 == "1e-06" { $9 = "unsolved" }
  { print }' "$csv" >"$work/new.csv"
bench compare "$work/new.csv" "$csv"
[ $? -eq 1 ] && grep -q '^worse: rosenbrock .*was solved, is unsolved' "$work/log"
verdict "the comparison finds a run no longer solved" $?

bench table -np 1 rosenbrock:100 && grep -qE '^\| rosenbrock \| 100 \| [0-9]+ \(f = ' "$work/log"
verdict "the README's table is printed" $?

timeout 60 mpirun -n 2 "$BUILD/bin/trustncg" -skip_petscrc -problem gl2 -n 400 -tao_type ntr \
  -hessian coloured -tao_ntr_pc_type none -rtol 1e-4 >"$work/log" 2>&1 </dev/null
verdict "TAO solves a periodic grid with an assembled Hessian" $?

if [ -x "$BUILD/bin/rol" ]; then
  for method in trust-region newton-krylov quasi-newton; do
    timeout 60 "$BUILD/bin/rol" -problem minsurf -n 400 -method "$method" -rtol 1e-4 \
      -json "$work/rol.json" -csv "$work/rol.csv" >"$work/log" 2>&1 </dev/null &&
      grep -q '"verified": true' "$work/rol.json" && [ "$(wc -l <"$work/rol.csv")" -gt 3 ]
    verdict "ROL solves minsurf: $method" $?
  done
else
  echo "skip ROL: Trilinos is not installed (Debian's libtrilinos-rol-dev)"
fi

for problem in minsurf:400 gl2:200 rosenbrock:100 genrose:50; do
  timeout 60 mpirun -n 2 "$BUILD/bin/trustncg" -skip_petscrc -problem "${problem%:*}" \
    -n "${problem#*:}" -rtol 1e-2 -json "$work/json" -solution "$work/x" \
    >"$work/log" 2>&1 </dev/null &&
    "$python" - "$BUILD/lib/libpeers.so" "${problem%:*}" "$work" >>"$work/log" 2>&1 <<'EOP'
import json
import sys
sys.path.insert(0, "benchmarks/peers")
import numpy as np
from problems import Problem
library, name, work = sys.argv[1:]
told = json.load(open(work + "/json"))
n = told["n"]
x = np.frombuffer(open(work + "/x", "rb").read()[-8 * n:], ">f8").astype(float)
problem = Problem(library, name, n)
assert problem.n == n
for point, f, gnorm in ((problem.start(), told["f0"], told["gnorm0"]),
                        (x, told["f"], told["gnorm"])):
    mine, g = problem.objgrad(point)
    assert abs(mine - f) <= 1e-13 * (1 + abs(f)), (mine, f)
    assert abs(np.linalg.norm(g) - gnorm) <= 1e-12 * told["gnorm0"], (np.linalg.norm(g), gnorm)
v = np.sin(np.arange(n) + 1.0)
step = 1e-5 * (1 + np.linalg.norm(x)) / np.linalg.norm(v)
difference = (problem.objgrad(x + step * v)[1] - problem.objgrad(x - step * v)[1]) / (2 * step)
product = problem.hessvec(x, v)
assert np.linalg.norm(product - difference) <= 1e-5 * np.linalg.norm(product)
problem.destroy()
EOP
  verdict "f, gradient and Hv of ${problem%:*} in Python are the driver's" $?
done
exit $status
