#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# scripts/scaling on tiny problems: its tables and figures, its model against numbers worked out
# here, the job scripts.
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/env.sh
export BUILD="${BUILD:-build}"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
status=0

verdict() { # NAME WHY: ok where WHY is empty
  if [ -z "$2" ]; then echo "ok $1"; else
    status=1
    echo "not ok $1: $2"
    [ ! -s "$out/said" ] || tail -n 15 "$out/said"
  fi
}

scaling() { # COMMAND...: output in $out/said, exit code in $rc
  rc=0
  timeout -k 10 240 "$python" scripts/scaling "$@" >"$out/said" 2>&1 </dev/null || rc=$?
}

columns() { # FILE NAME...: which of the columns are missing
  head=,$(head -n 1 "$1" 2>/dev/null),
  shift
  for name in "$@"; do case $head in *",$name,"*) ;; *) printf 'no %s ' "$name" ;; esac; done
}

missing() { # FILE...: which are not there or empty
  for file in "$@"; do [ -s "$file" ] || printf 'no %s ' "$(basename "$file")"; done
}

field() { # FILE COLUMN CONDITION...: the column's values in rows where every NAME=VALUE holds
  awk -F, -v column="$2" -v wanted="$(shift 2 && echo "$*")" '
    NR == 1 { for (k = 1; k <= NF; k++) at[$k] = k; conditions = split(wanted, want, ";"); next }
    { for (k = 1; k <= conditions; k++) { split(want[k], is, "="); if ($at[is[1]] != is[2]) next }
      print $at[column] }' "$1"
}

about() { # VALUE EXPECTED: why not, if it differs by more than 1e-4 of it
  awk -v a="${1:-none}" -v b="$2" 'BEGIN { d = a - b; if (d < 0) d = -d
    if (a == "none" || d > 1e-4 * b) print a ", not " b }'
}

for script in scripts/jobs/*; do
  verdict "$script is a shell script" "$(bash -n "$script" 2>&1 && sh -n "$script" 2>&1)"
done
python=$(find_python) || {
  echo "skip scripts/scaling: no Python with numpy and matplotlib"
  exit $status
}

# The model: 2 and 3 ns an unknown, L = 1 us, o = 0.5 us, bytes for nothing; 10^6 unknowns on 16.
# An allreduce is 4 steps of 2 us, the halo of an inner rank 4 times 1.5 us.
made=$out/costs.csv
echo "n,ranks,solver,ns,ns_hv" >"$made"
for solver in 'trustcg 1' 'trustcg overlapped' 'stcg natural'; do
  for n in 100 1000000; do echo "$n,1,$solver,2,3" >>"$made"; done
done
set -- --out "$out" --costs "$made" --latency 1e-6 --overhead 0.5e-6 --bandwidth 1e30
scaling model "$@" --model-strong 1000000 --model-weak 6.25e4
verdict "the model runs" "$([ $rc -eq 0 ] || echo "exit code $rc")"
compute=$((1000000 * 5 / 16000))
for expected in "stcg natural:334.5" "trustcg 1:326.5" "trustcg overlapped:318.5"; do
  for kind in strong weak; do
    got=$(field "$out/scaling_model.csv" us_per_iteration \
      "kind=$kind;solver=${expected%:*};ranks=16" | head -n 1)
    verdict "${expected%:*}, $kind: $compute us and what the network adds" \
      "$(about "$got" "${expected#*:}")"
  done
done
last=$(field "$out/scaling_model.csv" n "kind=weak;solver=trustcg 1;ranks=100000")
verdict "the model goes to 100000 ranks" "$(about "$last" 6.25e9)"
verdict "the model's figures" "$(missing "$out/scaling_model.svg" "$out/scaling_model.png")"

# Points that the model made, as if measured: no error with its parameters, and fitted back.
awk -F, 'NR == 1 { print "kind,program,solver,ranks,oversubscribed,n,us_per_iteration"
  for (k = 1; k <= NF; k++) at[$k] = k }
  NR > 1 && $at["ranks"] <= 1024 { print $at["kind"] ",cgbench," $at["solver"] "," $at["ranks"] \
    ",no," $at["n"] "," $at["us_per_iteration"] }' "$out/scaling_model.csv" >"$out/points.csv"
scaling plot "$@" "$out/points.csv"
wrong=$(grep -E '^(strong|weak) ' "$out/said" | grep -cv '[+-]0\.0%')
verdict "plot finds no error in the model's own points" \
  "$([ $rc -eq 0 ] && [ "$wrong" -eq 0 ] || echo "exit code $rc, $wrong lines")"
scaling plot "$@" --fit "$out/points.csv"
verdict "plot --fit finds the parameters" \
  "$(grep -q 'Fitted: L + 2o = 2 µs; stcg natural 5 ns, trustcg 1 5 ns' "$out/said" || echo "not so")"
verdict "the figures of plot" "$(missing "$out/scaling_measured.svg" "$out/scaling_measured.png")"

# Everything, tiny.
scaling run --out "$out/run" --ranks 1,2 --strong 2500 --weak 400 --cost-sizes 400,2500 \
  --sizes 900,2500 --repeats 1 --problems torsion --work 60
verdict "scripts/scaling runs" "$([ $rc -eq 0 ] || echo "exit code $rc")"
verdict "columns of scaling.csv" "$(columns "$out/run/scaling.csv" kind program problem solver \
  ranks oversubscribed n seconds cg_iterations gradient_equivalents reductions us_per_iteration)"
rows=$(wc -l <"$out/run/scaling.csv")
verdict "a row for each kind, number of ranks, form and program" \
  "$([ "$rows" -eq 25 ] || echo "$rows lines, not 25")"
verdict "columns of scaling_check.csv" "$(columns "$out/run/scaling_check.csv" what solver ranks n \
  latency_us predicted_per_s measured_per_s error)"
error=$(field "$out/run/scaling_check.csv" error \
  "what=latency;solver=trustcg 1;ranks=2;n=900;latency_us=2000")
verdict "reductions of 2 ms are predicted within 5 %" \
  "$(awk -v e="${error:-1}" 'BEGIN { if (e < -0.05 || e > 0.05) print e }')"
verdict "all figures" "$(missing "$out/run/scaling_check.svg" "$out/run/scaling_model.svg")"
scaling mesh --out "$out/run" --sides 10 --problems torsion,gl2 --ranks 1
verdict "columns of mesh.csv" "$(columns "$out/run/mesh.csv" problem solver side ranks n reason \
  iterations cg_iterations gradient_equivalents seconds max_equivalents max_seconds)"
verdict "a row for each problem and solver" \
  "$([ "$(wc -l <"$out/run/mesh.csv")" -eq 11 ] || echo "not 11 lines")"
scaling mesh --out "$out/run" --sides 10 --problems torsion,gl2 --ranks 1
verdict "the figure of the mesh" "$(missing "$out/run/mesh.svg" "$out/run/mesh.png")"
verdict "what is known is not run again" "$(grep -F 'gradient-equivalents,' "$out/said")"

# The job script where a node has one rank.
rc=0
PER_NODE=1 NODES='1 2' OUT=$out/job STRONG=2500 WEAK=400 COST_SIZES=400,2500 PROBLEMS=- REPEATS=1 \
  PYTHON=$python timeout -k 10 240 scripts/jobs/scaling.sh >"$out/said" 2>&1 </dev/null || rc=$?
verdict "scripts/jobs/scaling.sh runs" "$([ $rc -eq 0 ] || echo "exit code $rc")"
verdict "its tables and figure" "$(missing "$out/job/scaling_costs.csv" "$out/job/scaling.csv" \
  "$out/job/scaling_measured.svg")"
exit $status
