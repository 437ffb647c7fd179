# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced by the other scripts: how MPI programs are run here, and what is found where.

# one thread a rank: MPI does the parallel work
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}"

# Open MPI (others ignore these): containers run as root; it counts cores, not threads
if [ "$(id -u)" -eq 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
export OMPI_MCA_rmaps_base_oversubscribe="${OMPI_MCA_rmaps_base_oversubscribe:-1}"
# fewer processors than ranks: a waiting rank yields (microseconds instead of 20 ms a reduction)
if [ "$(nproc)" -lt "${NP:-4}" ]; then
  export OMPI_MCA_mpi_yield_when_idle="${OMPI_MCA_mpi_yield_when_idle:-1}" \
    OMPI_MCA_hwloc_base_binding_policy="${OMPI_MCA_hwloc_base_binding_policy:-none}"
fi

# shellcheck disable=SC2034 # used by those who source this
FASHION_MNIST=/usr/share/datasets/fashion-mnist
# shellcheck disable=SC2034
PHOTOGRAPH=/usr/share/matplotlib/mpl-data/sample_data/grace_hopper.jpg

# the first Python that can draw
find_python() {
  for _python in python3 /usr/bin/python3; do
    "$_python" -c '
from importlib.util import find_spec as f
raise SystemExit(not (f("numpy") and f("matplotlib")))' 2>/dev/null && echo "$_python" && return
  done
  return 1
}

# does the PETSc in use come from the user, not from the system's packages?
own_petsc() {
  [ -n "${PETSC_DIR:-}" ] && return
  [ -n "${PKG_CONFIG_PATH:-}" ] || return
  _dir=$(pkg-config --variable=pcfiledir "${PETSC:-petsc}" 2>/dev/null) || return
  case ":$PKG_CONFIG_PATH:" in
  *":$_dir:"* | *":$_dir/:"*) return 0 ;;
  esac
  return 1
}
