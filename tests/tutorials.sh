#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# PETSc's own unconstrained TAO tutorials, unmodified and never compiled against trustncg, load it
# with -dll_append and reach the value that one of TAO's types reaches.
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/env.sh
PETSC=${PETSC:-petsc}
BUILD=${BUILD:-build}
version=$(pkg-config --modversion "$PETSC" | cut -d. -f1,2)
source=/usr/share/petsc/$version/share/petsc/examples/src/tao/unconstrained/tutorials
case $BUILD in
/*) ;;
*) BUILD=$PWD/$BUILD ;;
esac
library=$BUILD/lib/libtrustncg.so
work=$BUILD/tutorials

# tutorial, ranks, peer (`bounds`: it has some, and trustncg must refuse them), options. Those with
# one rank do not run on more; the time steps of burgers_spectral make gradients below 1e-4 noise.
list='
rosenbrock1 1 ntr
rosenbrock2 1 ntr
rosenbrock3 1 ntr
rosenbrock1f 1 ntr
eptorsion1 1 ntr -mx 20 -my 20
eptorsion2 1,2 ntr -mx 20 -my 20
eptorsion2f 1,2 ntr -mx 20 -my 20
eptorsion3 1 bounds -mx 20 -my 20
minsurf1 1 ntr -mx 20 -my 20
minsurf2 1,2 ntr -mx 20 -my 20
burgers_spectral 1,2 lmvm -tao_gatol 1e-4 -E 4 -N 8
spectraladjointassimilation 1 lmvm'

compile() { # NAME: C or Fortran
  if [ -f "$source/$1.F90" ]; then
    # shellcheck disable=SC2046 # lists of options
    mpifort -w -ffree-line-length-none $(pkg-config --cflags "$PETSC") "$source/$1.F90" \
      -o "$work/$1" $(pkg-config --libs "$PETSC")
  else
    # shellcheck disable=SC2046
    mpicc -w $(pkg-config --cflags "$PETSC") "$source/$1.c" -o "$work/$1" \
      $(pkg-config --libs "$PETSC") -lm
  fi
}

run() { # NAME RANKS TYPE OPTIONS...: output in $log, errors in $log.err; returns its exit code
  log=$work/$1.$2.$3.log
  _name=$1 _ranks=$2 _type=$3
  shift 3
  timeout -k 10 120 mpirun -n "$_ranks" "$work/$_name" -skip_petscrc -dll_append "$library" \
    -tao_type "$_type" -tao_view -tao_converged_reason "$@" >"$log" 2>"$log.err" </dev/null
}

value() { # the last objective value in the log
  sed -n 's/.*Objective value=//p' "$log" | tail -n 1
}

same() { # relative to 1e-4; the minimum of a sum of squares is 0
  awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; if (d < 0) d = -d; s = b < 0 ? -b : b
    exit !(a != "" && b != "" && d <= 1e-4 * s + 1e-7) }'
}

verdict() { # CODE PEER: empty, or why the run in $log did not pass
  # rosenbrock2 and 3 compare the counts of solves cut in pieces, a property of LMVM: code 91
  if [ "$1" -ne 0 ] && ! { [ "$1" -eq 91 ] && grep -q 'recycled its: ' "$log"; }; then
    echo "exit code $1"
  elif ! grep -q '^  type: trustncg' "$log"; then echo "trustncg was not in use"
  elif ! grep 'TAO.*solve .*due to' "$log" | tail -n 1 | grep -q 'due to CONVERGED'; then
    echo "$(grep 'TAO.*due to' "$log" | tail -n 1): not converged"
  elif ! same "$(value)" "$2"; then echo "f = $(value), the peer has $2"
  fi
}

refusal() { # CODE: empty, or why the run in $log is not an error about bounds
  if [ "$1" -eq 0 ]; then echo "its bounds were ignored"
  elif ! grep -q 'PETSC ERROR.*bounds' "$log.err"; then echo "exit code $1, bounds are not named"
  fi
}

[ -d "$source" ] || { echo "skip tutorials: there is no $source"; exit 0; }
mkdir -p "$work" && cd "$work" || exit 1 # they leave files where they run
status=0
while read -r name ranks peer options; do
  [ -n "$name" ] || continue
  if ! compile "$name" >"$work/$name.log" 2>&1; then
    case $(command -v mpifort):$source/$name in
    :*f) echo "skip $name: no Fortran" ;;
    *) echo "not ok $name: does not compile, see $work/$name.log" && status=1 ;;
    esac
    continue
  fi
  best=
  # shellcheck disable=SC2086 # a list of options
  [ "$peer" = bounds ] || { run "$name" 1 "$peer" $options; best=$(value); }
  for n in $(echo "$ranks" | tr , ' '); do
    # shellcheck disable=SC2086
    run "$name" "$n" trustncg $options
    code=$?
    if [ "$peer" = bounds ]; then why=$(refusal $code); else why=$(verdict $code "$best"); fi
    if [ -z "$why" ]; then
      echo "ok $name on $n ranks"
    else
      echo "not ok $name on $n ranks: $why"
      { grep 'PETSC ERROR' "$log.err" || tail -n 15 "$log"; } | head -n 12 | cut -c 1-160 | sed 's/^/  | /'
      status=1
    fi
  done
done <<EOL
$list
EOL
exit $status
