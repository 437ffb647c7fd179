#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A rank that fails before a collective call of its callback, where the others wait for it: the job
# ends by the deadline, with words that name rank, callback and error.
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/env.sh
PETSC=${PETSC:-petsc}
BUILD=${BUILD:-build}
work=$BUILD/deadline
status=0
mkdir -p "$work"

# f = ||x||^2 / 2, and H = I; the last rank fails in the second call of -in objective or product,
# before a reduction -by mpi, or by petsc on the communicator of the vectors.
cat >"$work/user.c" <<'EOC'
#include <string.h>
#include <trustncg.h>
static char in[16] = "objective", by[16] = "mpi";
static PetscErrorCode Dot(Vec x, const char name[], PetscReal *dot)
{
  static int         calls;
  const PetscScalar *a;
  PetscReal          mine = 0;
  PetscInt           n;

  PetscFunctionBeginUser;
  PetscCheck(strcmp(in, name) || ++calls < 2 || PetscGlobalRank < PetscGlobalSize - 1,
             PETSC_COMM_SELF, PETSC_ERR_USER, "this rank is on its own");
  if (by[0] == 'p') {
    PetscCall(VecDot(x, x, dot));
    PetscFunctionReturn(0);
  }
  PetscCall(VecGetLocalSize(x, &n));
  PetscCall(VecGetArrayRead(x, &a));
  for (PetscInt i = 0; i < n; i++) mine += a[i] * a[i];
  PetscCall(VecRestoreArrayRead(x, &a));
  PetscCallMPI(MPI_Allreduce(&mine, dot, 1, MPIU_REAL, MPIU_SUM, PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}
static PetscErrorCode Objective(Tao tao, Vec x, PetscReal *f, Vec g, void *ctx)
{
  PetscFunctionBeginUser;
  PetscCall(Dot(x, "objective", f));
  *f /= 2;
  PetscCall(VecCopy(x, g));
  PetscFunctionReturn(0);
}
static PetscErrorCode Product(Tao tao, Vec x, Vec v, Vec Hv, void *ctx)
{
  PetscReal dot;
  PetscFunctionBeginUser;
  PetscCall(Dot(v, "product", &dot));
  PetscCall(VecPointwiseMult(Hv, v, v)); /* no quadratic: CG goes on */
  PetscCall(VecAXPY(Hv, 1, v));
  PetscFunctionReturn(0);
}
int main(int argc, char **argv)
{
  Tao tao;
  Vec x;
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(PetscOptionsGetString(NULL, NULL, "-in", in, sizeof(in), NULL));
  PetscCall(PetscOptionsGetString(NULL, NULL, "-by", by, sizeof(by), NULL));
  PetscCall(TrustNCGInitializePackage());
  PetscCall(VecCreateMPI(PETSC_COMM_WORLD, 3, PETSC_DETERMINE, &x));
  PetscCall(VecSetRandom(x, NULL));
  PetscCall(TaoCreate(PETSC_COMM_WORLD, &tao));
  PetscCall(TaoSetType(tao, TAOTRUSTNCG));
  PetscCall(TaoSetSolution(tao, x));
  PetscCall(TaoSetObjectiveAndGradient(tao, NULL, Objective, NULL));
  PetscCall(TaoTrustNCGSetHessianVector(tao, Product, NULL));
  PetscCall(TaoSetFromOptions(tao));
  PetscCall(TaoSolve(tao));
  PetscCall(TaoDestroy(&tao));
  PetscCall(VecDestroy(&x));
  return PetscFinalize();
}
EOC

# shellcheck disable=SC2046 # flags are words
if ! mpicc -Iinclude $(pkg-config --cflags "$PETSC") "$work/user.c" -o "$work/user" \
  -L"$BUILD/lib" -ltrustncg -Wl,-rpath,"$(cd "$BUILD/lib" && pwd)" $(pkg-config --libs "$PETSC") \
  >"$work/log" 2>&1; then
  echo "not ok the program is built"
  head -n 20 "$work/log"
  exit 1
fi

ends() { # RANKS IN BY: within the deadline and a little
  name="alone in the $2, the others in a reduction by $3, $1 ranks"
  rc=0
  timeout -k 5 40 mpirun -n "$1" "$work/user" -in "$2" -by "$3" -tao_trustncg_deadline 1 \
    -tao_trustncg_precond none \
    >"$work/log" 2>&1 </dev/null || rc=$?
  words="rank $(($1 - 1)) of $1 met error 83 in the .*$4.*, and after 1 s"
  if [ $rc -eq 124 ] || [ $rc -eq 137 ]; then why="hangs"
  elif [ $rc -eq 0 ]; then why="exit code 0"
  elif ! grep -q "$words" "$work/log"; then why="does not say '$words'"
  elif ! grep -q "this rank is on its own" "$work/log"; then why="does not say the error itself"
  else
    echo "ok $name"
    return
  fi
  status=1
  echo "not ok $name: $why"
  cut -c 1-160 "$work/log" | tail -n 20 | sed 's/^/  | /'
}

# fault 8: a rank fails before its own collective: abort by a deadline that names the rank
for ranks in 2 3; do
  for by in mpi petsc; do
    ends $ranks objective $by objective
    ends $ranks product $by product
  done
done
exit $status
