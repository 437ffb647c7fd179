#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The driver on bad and on good command lines: words and an exit code, on 1 and 2 ranks, no hang.
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/env.sh
BUILD=${BUILD:-build}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

run() { # RANKS OPTIONS...: leaves output and exit code in $out, $rc
  ranks=$1
  shift
  rc=0
  out=$(timeout -k 10 60 mpirun -n "$ranks" "$BUILD/bin/trustncg" -skip_petscrc -problem rosenbrock -n 20 "$@" 2>&1 </dev/null) || rc=$?
}

verdict() { # NAME WHY: ok where WHY is empty
  if [ -z "$2" ]; then echo "ok $1"; else
    echo "not ok $1: $2"
    echo "$out" | head -n 30
  fi
}

# Most of a run is waiting for MPI to start: several go at a time, each with its verdict in a file.
AT_A_TIME=4
several() { # FUNCTION WORDS...: on 1 and on 2 ranks
  for ranks in 1 2; do
    count=$((count + 1))
    "$@" >"$work/$(printf %04d $count)" &
    [ $((count % AT_A_TIME)) -ne 0 ] || wait
  done
}

refused() { # WORDS OPTIONS...
  words=$1
  shift
  run $ranks "$@"
  why=
  case $out in *"$words"*) ;; *) why="does not say '$words'" ;; esac
  [ $rc -ne 0 ] || why="exit code 0"
  [ $rc -lt 124 ] || why="hangs or dies: exit code $rc"
  verdict "refuses $* on $ranks ranks" "$why"
}

accepted() { # OPTIONS...
  run $ranks "$@"
  verdict "accepts $* on $ranks ranks" "$([ $rc -eq 0 ] || echo "exit code $rc")"
}

refuses() { several refused "$@"; }
accepts() { several accepted "$@"; }

refuses "There is no option -tao_trustncg_typo" -tao_trustncg_typo 1
refuses "at least 0, not -1 and 10" -tao_trustncg_checkpoint_interval -1
refuses "No such file" -tao_trustncg_restart nowhere/at/all
refuses "There is no option -tao_trustncg_etaa" -tao_trustncg_etaa 1e-3
refuses "must be in (0, 0.25), not 0.3" -tao_trustncg_eta 0.3
refuses "must be in (0, 1), or 0" -tao_trustncg_fd_step -1
refuses "-tao_trust0 must be positive" -tao_trust0 -2
refuses "largest forcing term, in (0, 1)" -tao_trustncg_ksp_rtol 1
refuses "at least one CG iteration, not 0" -tao_trustncg_ksp_max_it 0
refuses "-tao_trustncg_deadline must be a positive" -tao_trustncg_deadline 0
refuses "-tao_trustncg_second_order_flat, must be in (0, 1)" -tao_trustncg_second_order_flat 0
refuses "LIMIT: the limit of 2 iterations is reached" -tao_max_it 2
refuses "TIME: the limit of 1e-09 seconds is reached" -tao_trustncg_max_time 1e-9
refuses "USER_STOPPED: the user's convergence test" -max_seconds 1e-9
refuses "knows no trust-region radius" -tao_trustncg_ksp_type gmres
refuses "There is no problem 'nonsense'" -problem nonsense
refuses "-rtol must be in (0, 1)" -rtol 0
refuses "at least 0, not -1" -tao_trustncg_vectors -1
refuses "must not be negative: -1" -tao_trustncg_grid_sequence -1
refuses "There is no option -coarse_tao_trustncg_presond" -problem minsurf -n 900 \
  -tao_trustncg_grid_sequence 1 -coarse_tao_trustncg_presond none
refuses "There is no option -coarse_tao_trustncg_grid_sequence" -problem minsurf -n 900 \
  -tao_trustncg_grid_sequence 1 -coarse_tao_trustncg_grid_sequence 2
refuses "nable to open file" -start nowhere
refuses "time limit -tao_trustncg_max_time must be positive" -tao_trustncg_max_time -1
refuses "Unknown option best" -tao_trustncg_precond best
refuses "leaves no room for the PC" -tao_trustncg_precond pairs -tao_trustncg_pc_type jacobi
refuses "needs a pattern of the Hessian" -tao_trustncg_precond sparse
refuses "needs -tao_trustncg_ksp_type trustcg" -tao_trustncg_precond pairs -tao_trustncg_ksp_type stcg
accepts -problem minsurf -n 900 -tao_trustncg_grid_sequence 3
accepts -tao_trustncg_precond diagonal -tao_trustncg_learned_steps 0
accepts -tao_trustncg_precond pairs -tao_trustncg_vectors 11 -tao_trustncg_ksp_trustcg_reductions 1
accepts -tao_trustncg_max_time 100 -tao_trustncg_hv_fallback
accepts -tao_trustncg_eta 0.01 -tao_trust0 1 -hessvec fd -tao_trustncg_fd_step 1e-7
accepts -tao_trustncg_ksp_type stcg -tao_trustncg_ksp_rtol 0.1
accepts -tao_trustncg_mg_levels_ksp_max_it 2
accepts -tao_trustncg_check_derivatives -tao_trustncg_check_derivatives_error
accepts -problem list
wait
cat "$work"/*
! grep -q '^not ok ' "$work"/*
