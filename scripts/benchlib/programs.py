# SPDX-License-Identifier: BSD-2-Clause
"""Other programs: the environment they run in, and what they print."""
import os
import subprocess
import tempfile
import threading

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def environment(ranks):
    """What scripts/env.sh sets for programs of up to so many ranks."""
    script = os.path.join(ROOT, "scripts", "env.sh")
    done = subprocess.run(["sh", "-c", '. "$0"; env -0', script], check=True, capture_output=True,
                          env={**os.environ, "NP": str(ranks)})
    os.environ.update(item.split("=", 1) for item in done.stdout.decode().split("\0") if item)
    # Open MPI, one rank without mpirun: it needs no daemon, whose start takes most of a short run
    os.environ.setdefault("OMPI_MCA_ess_singleton_isolated", "1")


def measured(command, seconds):
    """(what a program prints, the CPU seconds it took, was it killed after so many of the wall)"""
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL)
        killer = threading.Timer(seconds, process.kill)
        killer.start()
        _, status, usage = os.wait4(process.pid, 0)
        killed = not killer.is_alive()
        killer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)  # so that nobody waits again
        output.seek(0)
        return output.read(), usage.ru_utime + usage.ru_stime, killed


def said(*command):
    """What a program prints; nothing where it is not there."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout.strip()


def package(name):
    """The version of a Debian package, empty where it is not installed."""
    return said("dpkg-query", "-W", "-f", "${Version}", name)
