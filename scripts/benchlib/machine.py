# SPDX-License-Identifier: BSD-2-Clause
"""Where and with what the runs were made."""
import os
import platform
import subprocess

import matplotlib

from . import runner


def said(*command):
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout.strip()


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def memory():
    with open("/proc/meminfo", encoding="utf-8") as file:
        return f"{int(file.readline().split()[1]) / 2**20:.0f} GB"


def facts(bench):
    """Pairs (what, which)."""
    petsc = os.environ.get("PETSC", "petsc")
    dates = sorted(record["date"] for record in bench.known.values())
    return [
        ("machine", f"{processor()}, {os.cpu_count()} cores, {memory()}; load when this was "
                    f"written {os.getloadavg()[0]:.1f}"),
        ("system", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("compiler", said("mpicc", "--version").split("\n")[0]),
        ("MPI", said("mpirun", "--version").split("\n")[0]),
        ("PETSc", f"{said('pkg-config', '--modversion', petsc)} ({petsc})"),
        ("SciPy", said(runner.PYTHON, "-c", "import scipy; print(scipy.__version__)")),
        ("LIBLINEAR", said("dpkg-query", "-W", "-f", "${Version}", "liblinear-tools")),
        ("matplotlib", matplotlib.__version__),
        ("source", said("git", "describe", "--always", "--dirty")),
        ("driver, library", f"sha256 {runner.sha(bench.driver)}, {runner.sha(bench.library)}"),
        ("runs made", f"{dates[0]} to {dates[-1]}" if dates else ""),
    ]
