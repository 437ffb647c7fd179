# SPDX-License-Identifier: BSD-2-Clause
"""What a run depends on: shas of source texts without comments and layout, so that they are the
same wherever and whenever the sources were built.

A problem's run by a peer depends on the problem's file, on the files it includes and theirs, and
on the driver's callbacks or on the peer's own files; a run of trustncg on the library as well.
"""
import functools
import hashlib
import os
import re

from .programs import ROOT

FOLDERS = ("benchmarks/problems", "benchmarks", "src", "include")
LIST = "benchmarks/problems/problem.c"
# the list of all problems, and what declares or renames: they change no number
INERT = {LIST, "benchmarks/problems/problem.h", "src/compat.h"}
CALLBACKS = ("benchmarks/driver/callbacks.c", "benchmarks/driver/reductions.c")
MAIN = "benchmarks/driver/main.c"  # the memory's and the time's measure
PEERS = {"scipy": ("problems.c", "problems.py", "scipy_peers.py"),
         "liblinear": ("problems.c", "problems.py", "liblinear.py"),
         "rol": ("problems.c", "rol.cpp")}


def text_of(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


@functools.lru_cache(maxsize=None)
def bare(path):
    """A source without comments and white space; of Python all."""
    text = text_of(path)
    if path.endswith(".py"):
        return text
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.DOTALL))


def bodies(header):
    """The .c files of a header: NAME.c and NAME_*.c"""
    folder, name = os.path.split(header[:-2])
    return [f"{folder}/{file}" for file in os.listdir(os.path.join(ROOT, folder))
            if re.fullmatch(rf"{re.escape(name)}(_\w+)?\.c", file)]


def included(path):
    """The project's headers that a file includes, each with its .c files."""
    for name in re.findall(r'^\s*#include "([^"]+)"', text_of(path), re.MULTILINE):
        for folder in (os.path.dirname(path), *FOLDERS):
            header = os.path.normpath(os.path.join(folder, name))
            if os.path.exists(os.path.join(ROOT, header)):
                yield from {header, *bodies(header)} - INERT
                break


def closure(paths):
    """These files and all that they include."""
    found, todo = set(), list(paths)
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo += included(path)
    return found


def sha(paths, *words):
    digest = hashlib.sha256()
    for text in (*(f"{path}\n{bare(path)}" for path in sorted(paths)), *words):
        digest.update(text.encode() + b"\n")
    return digest.hexdigest()[:16]


@functools.lru_cache(maxsize=None)
def makers():
    """{the name in ProblemCreate_NAME: its file}; a name that a macro completes ends with ##."""
    folder = os.path.dirname(LIST)
    paths = [f"{folder}/{name}" for name in sorted(os.listdir(os.path.join(ROOT, folder)))
             if name.endswith(".c") and f"{folder}/{name}" != LIST]
    return {name: path for path in paths
            for name in re.findall(r"ProblemCreate_(\w+(?:##)?)\w*\(", text_of(path))}


@functools.lru_cache(maxsize=None)
def problem_files(name):
    """The files that a problem of the driver is made of."""
    maker = re.search(rf'P\((\w+),\s*"{re.escape(name)}"', text_of(LIST)).group(1)
    for stem, path in makers().items():
        if stem == maker or stem.endswith("##") and maker.startswith(stem[:-2]):
            return frozenset(closure([path]))
    raise SystemExit(f"no file in benchmarks/problems defines ProblemCreate_{maker}()")


def newest():
    """When a source of the driver was changed last."""
    folders = ("src", "include", "benchmarks/problems", "benchmarks/driver")
    return max(os.path.getmtime(os.path.join(folder, name)) for part in folders
               for folder, _, names in os.walk(os.path.join(ROOT, part))
               for name in names if name.endswith((".c", ".h")))


@functools.lru_cache(maxsize=None)
def library_files():
    return frozenset(os.path.relpath(os.path.join(folder, name), ROOT)
                     for part in ("src", "include")
                     for folder, _, names in os.walk(os.path.join(ROOT, part))
                     for name in names if name.endswith((".c", ".h")))


@functools.lru_cache(maxsize=None)
def origin(kind, problem, version):
    """The sha of what computes a run of a solver of this kind, of this version."""
    files = set(problem_files(problem))
    if kind in PEERS:
        files |= {f"benchmarks/peers/{name}" for name in PEERS[kind]}
    else:
        files |= set(CALLBACKS) | ({MAIN, *library_files()} if kind == "ours" else set())
    return sha(files, version)
