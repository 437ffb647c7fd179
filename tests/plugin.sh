#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The library as a plugin: it shows only its public names, and it refuses in words to work for a
# PETSc with integers of another size.
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/env.sh
PETSC=${PETSC:-petsc}
BUILD=${BUILD:-build}
case $BUILD in
/*) ;;
*) BUILD=$PWD/$BUILD ;;
esac
work=$BUILD/plugin
status=0
mkdir -p "$work"
rm -f "$work"/user*

ok() { echo "ok $1"; }
not_ok() { # NAME WHY LOG
  echo "not ok $1: $2"
  cut -c 1-160 "$3" | tail -n 15 | sed 's/^/  | /'
  status=1
}

name="only public names are visible"
nm -D --defined-only "$BUILD/lib/libtrustncg.so" 2>&1 | awk '{ print $NF }' >"$work/all"
grep -vE '^(TaoTrustNCG|TrustNCG|KSPTrustCG|PetscDLLibraryRegister_trustncg$)' "$work/all" |
  grep -vE '^(__bss_start|_edata|_end)$' >"$work/others" # these are the linker's
if [ -s "$work/others" ]; then not_ok "$name" "others too" "$work/others"
elif ! grep -qx PetscDLLibraryRegister_trustncg "$work/all"; then
  not_ok "$name" "PetscDLLibraryRegister_trustncg is missing" "$work/all"
else ok "$name"; fi

# A program of a user's, which knows TAO alone.
cat >"$work/user.c" <<'EOC'
#include <petscdmda.h>
#include <petsctao.h>
static PetscErrorCode Sphere(Tao tao, Vec x, PetscReal *f, Vec g, void *ctx)
{
  PetscFunctionBeginUser;
  PetscCall(VecCopy(x, g));
  PetscCall(VecShift(g, -1));
  PetscCall(VecDot(g, g, f));
  *f /= 2;
  PetscFunctionReturn(0);
}
int main(int argc, char **argv)
{
  Tao tao;
  Vec x;
  DM  dm;
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(DMDACreate1d(PETSC_COMM_WORLD, DM_BOUNDARY_NONE, 50, 1, 1, NULL, &dm));
  PetscCall(DMSetUp(dm));
  PetscCall(DMCreateGlobalVector(dm, &x));
  PetscCall(TaoCreate(PETSC_COMM_WORLD, &tao));
  PetscCall(TaoSetSolution(tao, x));
  PetscCall(TaoSetObjectiveAndGradient(tao, NULL, Sphere, NULL));
  PetscCall(TaoSetFromOptions(tao));
  PetscCall(TaoSolve(tao));
  PetscCall(TaoDestroy(&tao));
  PetscCall(VecDestroy(&x));
  PetscCall(DMDestroy(&dm));
  return PetscFinalize();
}
EOC

# The same in Fortran
cat >"$work/user.F90" <<'EOF'
#include <petsc/finclude/petsctao.h>
#include <petsc/finclude/petscdmda.h>
module functions
  use petsctao
  implicit none
contains
  subroutine Sphere(tao, x, f, g, ctx, ierr)
    Tao tao
    Vec x, g
    PetscReal f
    PetscInt ctx
    PetscErrorCode ierr
    PetscScalar :: minus = -1
    PetscCall(VecCopy(x, g, ierr))
    PetscCall(VecShift(g, minus, ierr))
    PetscCall(VecDot(g, g, f, ierr))
    f = f / 2
  end subroutine
end module
program main
  use functions
  use petscdmda
  implicit none
  Tao tao
  Vec x
  DM dm
  PetscInt :: n = 50, one = 1, ctx = 0
  PetscErrorCode ierr
  PetscCallA(PetscInitialize(ierr))
  PetscCallA(DMDACreate1d(PETSC_COMM_WORLD, DM_BOUNDARY_NONE, n, one, one, PETSC_NULL_INTEGER, dm, ierr))
  PetscCallA(DMSetUp(dm, ierr))
  PetscCallA(DMCreateGlobalVector(dm, x, ierr))
  PetscCallA(TaoCreate(PETSC_COMM_WORLD, tao, ierr))
  PetscCallA(TaoSetSolution(tao, x, ierr))
  PetscCallA(TaoSetObjectiveAndGradient(tao, PETSC_NULL_VEC, Sphere, ctx, ierr))
  PetscCallA(TaoSetFromOptions(tao, ierr))
  PetscCallA(TaoSolve(tao, ierr))
  PetscCallA(TaoDestroy(tao, ierr))
  PetscCallA(VecDestroy(x, ierr))
  PetscCallA(DMDestroy(dm, ierr))
  PetscCallA(PetscFinalize(ierr))
end program
EOF

compile() { # MODULE: the program in C, and in Fortran where there is a compiler
  # shellcheck disable=SC2046 # lists of options
  mpicc -w $(pkg-config --cflags "$1") "$work/user.c" -o "$work/user.$1" $(pkg-config --libs "$1") ||
    return
  command -v mpifort >/dev/null || return 0
  # shellcheck disable=SC2046
  mpifort -w -ffree-line-length-none -J "$work" $(pkg-config --cflags "$1") "$work/user.F90" \
    -o "$work/userf.$1" $(pkg-config --libs "$1")
}

load() { # MODULE LIBRARY RANKS OPTIONS...: the program built with MODULE loads LIBRARY; output in $log
  log=$work/$1.$3.log
  module=$1 library=$2 n=$3
  shift 3
  [ -x "$work/user.$module" ] || compile "$module" >"$log" 2>&1 || return
  timeout -k 10 60 mpirun -n "$n" "$work/${program:-user}.$module" -skip_petscrc -dll_append "$library" \
    -tao_type trustncg -tao_converged_reason "$@" >"$log" 2>&1 </dev/null
}

for ranks in 1 2; do
  name="a program that knows TAO alone loads it, $ranks ranks"
  load "$PETSC" "$BUILD/lib/libtrustncg.so" $ranks
  code=$?
  if [ $code -eq 0 ] && grep -q 'due to CONVERGED' "$log"; then ok "$name"
  else not_ok "$name" "exit code $code" "$log"; fi
done

for program in user userf; do
  if [ $program = userf ] && ! command -v mpifort >/dev/null; then
    echo "skip coarser grids first, $program: there is no mpifort"
    continue
  fi
  name="coarser grids first, $program"
  load "$PETSC" "$BUILD/lib/libtrustncg.so" 2 -tao_trustncg_grid_sequence 2 -tao_view
  code=$?
  if [ $code -eq 0 ] && grep -q 'grids solved before: 2, the last one ended: FIRST' "$log"; then
    ok "$name"
  else not_ok "$name" "exit code $code" "$log"; fi
done
program=user

refused() { # MODULE LIBRARY: fails, says why, and does not crash
  name="a program of $1 refuses the library of the other index size"
  load "$1" "$2" 1
  code=$?
  if [ $code -eq 0 ]; then not_ok "$name" "it was loaded" "$log"
  elif [ $code -ge 124 ] || grep -qiE 'segmentation|caught signal|signal number' "$log"; then
    not_ok "$name" "exit code $code, a crash or a hang" "$log"
  elif ! grep -qiE 'PetscInt|index size|indices' "$log"; then
    not_ok "$name" "does not say that the sizes of integers differ" "$log"
  else ok "$name"
  fi
}

other=${BUILD}64/lib/libtrustncg.so
if [ "$PETSC" = petsc ] && [ -f "$other" ]; then
  refused petsc "$other"
  refused petsc64 "$BUILD/lib/libtrustncg.so"
else
  echo "skip refusal of another index size: no $other"
fi
exit $status
