# SPDX-License-Identifier: BSD-2-Clause
"""Other programs: the environment they run in, and what they print."""
import os
import subprocess

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def environment(ranks):
    """What scripts/env.sh sets for programs of up to so many ranks."""
    script = os.path.join(ROOT, "scripts", "env.sh")
    done = subprocess.run(["sh", "-c", '. "$0"; env -0', script], check=True, capture_output=True,
                          env={**os.environ, "NP": str(ranks)})
    os.environ.update(item.split("=", 1) for item in done.stdout.decode().split("\0") if item)


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
