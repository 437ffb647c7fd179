#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Checkpoints under signals, kills and full disks, by the driver: the old file or the new one,
# whole; a documented exit code; and a solve that goes on as if nothing had been.
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/env.sh
BUILD=${BUILD:-build}
case $BUILD in
/*) ;;
*) BUILD=$PWD/$BUILD ;;
esac
DRIVER=$BUILD/bin/trustncg
KILLS=15
AGAIN=75 # the driver's exit code after a signal
work=$BUILD/checkpoint
status=0
rm -rf "$work"
mkdir -p "$work"

verdict() { # NAME WHY LOG: ok where WHY is empty
  if [ -z "$2" ]; then echo "ok $1"; else
    status=1
    echo "not ok $1: $2"
    cut -c 1-160 "$3" | tail -n 15 | sed 's/^/  | /'
  fi
}

solve() { # RANKS LOG OPTIONS...
  ranks=$1
  log=$2
  shift 2
  timeout -k 10 100 mpirun -n "$ranks" "$DRIVER" -skip_petscrc "$@" >"$log" 2>&1 </dev/null
}

number() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\).*/\1/p" "$2"; }

# What is to be interrupted is slowed, so that no machine ends it before: each reduction, or each
# way to the disk, waits for so many milliseconds. No number changes. The driver has an
# MPI_Allreduce of its own, which calls PMPI_Allreduce.
cat >"$work/slow.c" <<'EOC'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <mpi.h>

static void *Slowly(const char *wait, const char *name)
{
  const long ms = getenv(wait) ? atol(getenv(wait)) : 0;
  nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
  return dlsym(RTLD_NEXT, name);
}
int PMPI_Allreduce(const void *in, void *out, int n, MPI_Datatype type, MPI_Op op, MPI_Comm comm)
{
  int (*next)(const void *, void *, int, MPI_Datatype, MPI_Op, MPI_Comm);
  *(void **)&next = Slowly("SLOW_REDUCTION", "PMPI_Allreduce");
  return next(in, out, n, type, op, comm);
}
int fsync(int fd)
{
  int (*next)(int);
  *(void **)&next = Slowly("SLOW_DISK", "fsync");
  return next(fd);
}
EOC
if ! mpicc -shared -fPIC "$work/slow.c" -o "$work/slow.so" -ldl >"$work/slow.log" 2>&1; then
  verdict "what slows the solve is built" "it is not" "$work/slow.log"
  exit 1
fi

# launch RANKS NAME SLOW OPTIONS...: in the background, slowed by SLOW=milliseconds; the ids of the
# processes are in NAME.pid.*
launch() {
  ranks=$1
  name=$2
  slow=$3
  shift 3
  rm -f "$name".pid.*
  timeout -k 10 100 sh -c 'echo $$ >"$0.pid.mpirun"; exec mpirun "$@"' "$name" -n "$ranks" \
    sh -c 'echo $$ >"$0.pid.$OMPI_COMM_WORLD_RANK"; exec "$@"' "$name" \
    env "$slow" "LD_PRELOAD=$work/slow.so" \
    "$DRIVER" -skip_petscrc "$@" >"$name.log" 2>&1 </dev/null &
  job=$!
}

until_true() { # COMMAND...: within a minute
  for _ in $(seq 1200); do
    "$@" && return 0
    sleep 0.05
  done
  return 1
}

# A solve, and the same one slowed to minutes, stopped, resumed: the same answer to the last digit
LONG="-problem genrose -n 100" # 2,000 reductions
# shellcheck disable=SC2086 # a list of options
solve 2 "$work/full.log" $LONG -json "$work/full.json" || {
  verdict "the solve that is not interrupted" "exit code $?" "$work/full.log"
  exit 1
}

# mpirun waits so many seconds before it sends SIGTERM to the ranks, and as many before SIGKILL
export OMPI_MCA_odls_base_sigkill_timeout=0

stopped() { # NAME WHOM SIGNAL
  file=$work/$2.$3
  [ "$2.$3" != mpirun.TERM ] || export OMPI_MCA_odls_base_sigkill_timeout=5
  # shellcheck disable=SC2086
  launch 2 "$file" SLOW_REDUCTION=60 $LONG -tao_trustncg_signals -tao_trustncg_checkpoint "$file" \
    -tao_trustncg_checkpoint_interval 5 -json "$file.json"
  until_true test -f "$file"
  kill "-$3" "$(cat "$file.pid.$2")"
  code=0
  wait $job || code=$?
  export OMPI_MCA_odls_base_sigkill_timeout=0
  # shellcheck disable=SC2086
  solve 2 "$file.resumed.log" $LONG -tao_trustncg_restart "$file" -json "$file.resumed.json"
  why=
  if [ $code -ne $AGAIN ] && [ "$2" != mpirun ]; then why="exit code $code, not $AGAIN"
  elif [ "$(number outcome "$file.json")" != SIGNAL ]; then why="the outcome is not SIGNAL"
  elif [ "$(number f "$file.resumed.json")" != "$(number f "$work/full.json")" ]; then
    why="the resumed solve ends with another f"
  elif [ "$(number gnorm "$file.resumed.json")" != "$(number gnorm "$work/full.json")" ]; then
    why="the resumed solve ends with another gradient"
  fi
  verdict "$1" "$why" "$file.log"
}

# fault 20: a signal to a rank, or to all by mpirun: a checkpoint, and the documented exit code
stopped "SIGUSR1 to a rank: exit code $AGAIN, resumed to the same bits" 1 USR1
stopped "SIGTERM to a rank: exit code $AGAIN, resumed to the same bits" 0 TERM
stopped "SIGUSR1 to mpirun: resumed to the same bits" mpirun USR1
stopped "SIGTERM to mpirun: resumed to the same bits" mpirun TERM

# The counts of a resumed run are its own, products by differences included.
file=$work/counted
few="-problem genrose -n 200 -hessvec fd -json $file.json"
# shellcheck disable=SC2086
solve 2 "$file.log" $few -tao_max_it 50 -tao_trustncg_checkpoint "$file"
# shellcheck disable=SC2086
solve 2 "$file.log" $few -tao_trustncg_restart "$file"
of() { number "$1" "$file.json"; }
why=
if [ "$(of ng)" != 0 ]; then why="$(of ng) gradients alone"
elif [ $(($(of nf) + $(of nfg) + $(of nhv))) -ne "$(of gradient_equivalents)" ]; then
  why="the parts do not sum up to the gradient-equivalents"
fi
verdict "a resumed run counts its own evaluations" "$why" "$file.log"

# fault 21: a rank is killed while a checkpoint is written, again and again: the file is whole
BIG="-problem rosenbrock -n 60000"
file=$work/killed
whole() {
  # shellcheck disable=SC2086
  solve 1 "$work/whole.log" $BIG -tao_trustncg_restart "$file" -tao_max_it 0
  grep -q 'DIVERGED_MAXITS\|CONVERGED' "$work/whole.log"
}
# shellcheck disable=SC2086
solve 4 "$work/first.log" $BIG -tao_trustncg_checkpoint "$file" -tao_max_it 3
torn=0
midway=0
for kill in $(seq $KILLS); do
  rm -f "$file.part"
  # shellcheck disable=SC2086
  launch 4 "$file" SLOW_DISK=150 $BIG \
    -tao_trustncg_checkpoint "$file" -tao_trustncg_checkpoint_interval 1
  until_true test -f "$file.part"
  sleep "0.$(printf %02d "$kill")"
  kill -KILL "$(cat "$file.pid.$((kill % 4))")"
  wait $job 2>/dev/null
  [ ! -f "$file.part" ] || midway=$((midway + 1))
  whole || torn=$((torn + 1))
done
why=
[ $torn -eq 0 ] || why="$torn of $KILLS files are torn"
[ $midway -gt 0 ] || why="no kill came while a file was written"
verdict "SIGKILL of a rank, $KILLS times ($midway while a file was written): the file is whole" \
  "$why" "$work/whole.log"

# fault 22: what can go wrong with the file does not stop the solve
warned() { # NAME FILE
  # shellcheck disable=SC2086
  solve 2 "$work/warned.log" $BIG -tao_trustncg_checkpoint "$2" -tao_trustncg_checkpoint_interval 9
  code=$?
  why=
  [ $code -eq 0 ] || why="exit code $code"
  grep -q 'warning: no checkpoint' "$work/warned.log" || why="no warning"
  verdict "$1" "$why" "$work/warned.log"
}
warned "/dev/full is no place for a checkpoint, but the solve goes on" /dev/full
[ -c /dev/full ] || verdict "/dev/full is what it was" "it is no device any more" "$work/warned.log"
warned "a folder that is not there, and the solve goes on" "$work/not/there"

small=$work/small
mkdir -p "$small"
name="a full disk keeps the old file, and the solve goes on"
if mount -t tmpfs -o size=12m none "$small" 2>/dev/null; then
  file=$small/file # 10 MB: there is no room for a second one
  # shellcheck disable=SC2086
  solve 2 "$work/old.log" $BIG -tao_trustncg_checkpoint "$file" -tao_max_it 25
  before=$(cksum <"$file")
  warned "$name" "$file"
  why=
  [ "$(cksum <"$file")" = "$before" ] || why="the old file has changed"
  [ ! -f "$file.part" ] || why="half a file is left behind"
  verdict "the old file is the same, and alone" "$why" "$work/warned.log"
  umount "$small"
else echo "skip $name: no small disk can be mounted here"; fi

refused() { # NAME FILE WORDS
  # shellcheck disable=SC2086
  solve 3 "$work/refused.log" $BIG -tao_trustncg_restart "$2"
  code=$?
  why=
  [ $code -ne 0 ] && [ $code -lt 124 ] || why="exit code $code"
  grep -q "$3" "$work/refused.log" || why="does not say '$3'"
  verdict "$1" "$why" "$work/refused.log"
}
# fault 24: refused in words
refused "no file to go on from" "$work/nothing" "No such file"
head -c 100000 "$work/killed" >"$work/cut"
refused "a file that was cut short" "$work/cut" "it is damaged: of 100000 bytes"
refused "a file of another problem" "$work/1.USR1" "has 100 unknowns, this problem has 60000"
rm -f "$work/killed" "$work/killed.part" "$work/cut"
exit $status
