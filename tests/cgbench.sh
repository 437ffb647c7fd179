#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# cgbench on a small problem: its tables, its CSV file, and reductions that count as slow.
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/env.sh
BUILD=${BUILD:-build}
csv=$(mktemp)
trap 'rm -f "$csv"' EXIT
status=0

verdict() { # NAME WHY: ok where WHY is empty
  if [ -z "$2" ]; then echo "ok $1"; else
    status=1
    echo "not ok $1: $2"
    echo "$out" | head -n 30
  fi
}

bench() { # OPTIONS...: on two ranks, output and exit code in $out, $rc
  rc=0
  out=$(timeout -k 10 60 mpirun -n 2 "$BUILD/bin/cgbench" -skip_petscrc -n 400 -repeats 2 "$@" \
    2>&1 </dev/null) || rc=$?
}

reductions() { # SOLVER: a CG iteration, by the CSV file, start of the solve included
  awk -F, -v solver="$1" '$3 == solver { print $10 }' "$csv"
}

bench -its 10 -csv "$csv"
verdict "cgbench runs" "$([ $rc -eq 0 ] || echo "exit code $rc")"
lines=$(wc -l <"$csv")
verdict "the CSV file has a line a solver" "$([ "$lines" -eq 6 ] || echo "$lines lines")"
for expected in 'trustcg 1:1.100' 'trustcg overlapped:1.200'; do
  solver=${expected%:*}
  made=$(reductions "$solver")
  verdict "ten iterations and the start of $solver take ${expected#*:} reductions each" \
    "$([ "$made" = "${expected#*:}" ] || echo "$made")"
done

bench -its 10 -latency 0.1
slow=$(echo "$out" | awk 'NR == 3 { print ($4 > 8 && $4 < 10 && $5 > 8 && $5 < 10) }')
verdict "slow reductions count" "$([ "$slow" = 1 ] || echo "not 9 and 9 iterations a second")"

exit $status
