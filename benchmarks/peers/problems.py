# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark problems in Python, through build/lib/libpeers.so (benchmarks/peers/problems.c).

Counted counts what a solver asks for by the driver's rule: f and/or the gradient at a point is 1,
a Hessian-vector product is 1, and what is asked for again at the point asked for last is free.
"""
import ctypes
import time

import numpy as np

VECTOR = np.ctypeslib.ndpointer(float, ndim=1, flags="C_CONTIGUOUS")


class Problem:
    """f with its gradient, Hv and start, on arrays of n numbers."""

    def __init__(self, library, name, n=0, options=""):
        # the whole process must see libmpi's symbols: Open MPI opens plug-ins that need them
        self.lib = ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
        handle = ctypes.c_void_p
        self.lib.PeersCreate.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_long,
                                         ctypes.POINTER(handle)]
        self.lib.PeersSize.argtypes = [handle, ctypes.POINTER(ctypes.c_long)]
        self.lib.PeersStart.argtypes = [handle, VECTOR]
        self.lib.PeersObjGrad.argtypes = [handle, VECTOR, ctypes.POINTER(ctypes.c_double), VECTOR]
        self.lib.PeersHessVec.argtypes = [handle, VECTOR, VECTOR, VECTOR]
        self.lib.PeersDestroy.argtypes = [ctypes.POINTER(handle)]
        self.handle = handle()
        self._call("PeersCreate", options.encode(), name.encode(), n, ctypes.byref(self.handle))
        size = ctypes.c_long()
        self._call("PeersSize", self.handle, ctypes.byref(size))
        self.n = size.value

    def _call(self, name, *arguments):
        code = getattr(self.lib, name)(*arguments)
        if code:
            raise RuntimeError(f"{name} failed with PETSc's error {code}")

    def start(self):
        x = np.empty(self.n)
        self._call("PeersStart", self.handle, x)
        return x

    def objgrad(self, x):
        f, g = ctypes.c_double(), np.empty(self.n)
        self._call("PeersObjGrad", self.handle, np.ascontiguousarray(x), ctypes.byref(f), g)
        return f.value, g

    def hessvec(self, x, v):
        product = np.empty(self.n)
        self._call("PeersHessVec", self.handle, np.ascontiguousarray(x), np.ascontiguousarray(v),
                   product)
        return product

    def destroy(self):
        self._call("PeersDestroy", ctypes.byref(self.handle))


class Stop(Exception):
    """Raised out of a solver; its text is the reason, in TAO's words."""


class Counted:
    """A problem as a solver sees it: counts, remembers the last point, stops as the driver."""

    def __init__(self, problem, rtol, max_equivalents, max_seconds):
        self.problem, self.rtol = problem, rtol
        self.max_equivalents, self.max_seconds = max_equivalents, max_seconds
        self.x0 = problem.start()
        self.f0, g = problem.objgrad(self.x0)  # the referee's, not counted
        self.gnorm0 = np.linalg.norm(g)
        self.nfg = self.nhv = 0
        self.memo = self.accepted = (None, np.nan, None)  # x, f, g
        self.history = []
        self.began = time.perf_counter()

    @property
    def equivalents(self):
        return self.nfg + self.nhv

    def _evaluate(self, x):
        if self.memo[0] is None or not np.array_equal(x, self.memo[0]):
            self._check_budget()
            self.nfg += 1
            self.memo = (np.array(x), *self.problem.objgrad(x))
        return self.memo

    def _check_budget(self):
        if self.equivalents >= self.max_equivalents:
            raise Stop("DIVERGED_MAXFCN")
        if time.perf_counter() - self.began >= self.max_seconds:
            raise Stop("DIVERGED_USER")

    def objective(self, x):
        return self._evaluate(x)[1]

    def gradient(self, x):
        self.accepted = self._evaluate(x)
        return self.accepted[2].copy()

    def product(self, x, v):
        self._check_budget()
        self.nhv += 1
        return self.problem.hessvec(x, v)

    def iterate(self, x, *_):
        """A solver's callback: x is its new iterate. Ends the solve by the common stop rule."""
        for known in (self.memo, self.accepted):
            if known[0] is not None and np.array_equal(x, known[0]):
                break
        else:
            known = (np.array(x), *self.problem.objgrad(x))  # the referee's, not counted
        self.accepted = known
        gnorm = np.linalg.norm(known[2])
        self.history.append((len(self.history), known[1], gnorm, self.equivalents,
                             time.perf_counter() - self.began))
        if gnorm <= self.rtol * self.gnorm0:
            raise Stop("CONVERGED_GTTOL")
