#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Strong and weak scaling on a cluster by plain mpirun, from the project's folder:
#   PER_NODE=64 NODES='1 2 4 8' LAUNCH='mpirun --hostfile hosts -n {ranks}' scripts/jobs/scaling.sh
# Writes scaling_costs.csv and scaling.csv into $OUT and, where there is matplotlib, draws them
# beside the model; elsewhere: scripts/scaling plot FILE.csv --costs COSTS.csv
set -eu

# The cluster: its modules, or the folder of its PETSc.
# module load openmpi petsc
# export PETSC_DIR=/path/to/petsc PETSC_ARCH=arch-opt

PER_NODE=${PER_NODE:-2}                       # ranks on a node, as many as it has cores
NODES=${NODES:-1}                             # numbers of nodes to run on
[ -n "${LAUNCH:-}" ] || LAUNCH='mpirun -n {ranks}' # {ranks} and {nodes} are filled in
STRONG=${STRONG:-1000000,16000000}            # unknowns in all
WEAK=${WEAK:-10000,1000000}                   # unknowns on a rank
COST_SIZES=${COST_SIZES:-400,2500,10000,40000,250000,1000000}
PROBLEMS=${PROBLEMS:-torsion,minsurf}         # of the driver; - for cgbench alone
REPEATS=${REPEATS:-5}

cd "$(dirname "$0")/../.."
# shellcheck source=scripts/env.sh
. scripts/env.sh
PYTHON=${PYTHON:-$(find_python || echo python3)} # with numpy and matplotlib, where there are
export BUILD="${BUILD:-build}"
OUT=${OUT:-$BUILD/bench/cluster}
ranks=1
most=1
for nodes in $NODES; do
  ranks=$ranks,$((nodes * PER_NODE))
  [ $((nodes * PER_NODE)) -le "$most" ] || most=$((nodes * PER_NODE))
done
[ "$PROBLEMS" != - ] || PROBLEMS=

make --no-print-directory all
scaling() {
  command=$1
  shift
  "$PYTHON" scripts/scaling "$command" --out "$OUT" "$@"
}
started() { # COMMAND OPTIONS...: one that starts programs
  scaling "$@" --launch "$LAUNCH" --ranks-per-node "$PER_NODE" --repeats "$REPEATS" --cores "$most"
}
started costs --together "$PER_NODE" --cost-sizes "$COST_SIZES"
started measure --ranks "$ranks" --strong "$STRONG" --weak "$WEAK" --problems "$PROBLEMS"
if "$PYTHON" -c 'import numpy, matplotlib' 2>/dev/null; then
  scaling plot "$OUT/scaling.csv" --ranks-per-node "$PER_NODE" --fit
else
  echo "no matplotlib here: draw $OUT/scaling.csv elsewhere with scripts/scaling plot"
fi
