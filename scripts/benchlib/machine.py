# SPDX-License-Identifier: BSD-2-Clause
"""Where and with what the runs were made."""
import os
import platform

import matplotlib

from . import sources
from .programs import said


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
    dates = sorted(record["date"] for record in bench.known.values())
    versions = bench.versions
    return [
        ("machine", f"{processor()}, {os.cpu_count()} cores, {memory()}; load when this was "
                    f"written {os.getloadavg()[0]:.1f}"),
        ("system", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("compiler", said("mpicc", "--version").split("\n")[0]),
        ("MPI", said("mpirun", "--version").split("\n")[0]),
        ("PETSc", versions["tao"].removeprefix("PETSC ")),
        ("SciPy", versions["scipy"]),
        ("LIBLINEAR", versions["liblinear"]),
        ("Trilinos ROL", versions["rol"]),
        ("matplotlib", matplotlib.__version__),
        ("source", said("git", "describe", "--always", "--dirty")),
        ("trustncg", f"sha256 of its sources {sources.sha(sources.library_files())}"),
        ("runs made", f"{dates[0]} to {dates[-1]}" if dates else ""),
    ]
