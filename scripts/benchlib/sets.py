# SPDX-License-Identifier: BSD-2-Clause
"""What is measured: the problems with their sizes and classes, the solvers with their options."""
from dataclasses import dataclass
import re

TOLERANCES = (1e-4, 1e-6, 1e-9)
MAIN_TOLERANCE = 1e-6
MAX_EQUIVALENTS = 10000  # a run that needs more is unsolved; problems may have a cap of their own
MAX_SECONDS = 300        # of the solve; only so that the whole ends: the work is the cap
OURS = "trustncg"

CLASSES = {
    "grid": "on a grid or a mesh: ill-conditioned as it is refined",
    "cheap": "Hv costs about as much as a few vector operations",
    "expensive": "Hv costs far more than the vector operations of a CG iteration",
    "dense": "every unknown interacts with (almost) every other",
    "nonconvex": "negative curvature is met on the way",
}


@dataclass(frozen=True)
class Problem:
    """One row of the set. `name` is the report's, `driver` the driver's -problem."""
    name: str
    n: int
    classes: tuple
    cap: int = MAX_EQUIVALENTS  # the most work of a run, in gradient-equivalents
    quick: bool = False
    timed: bool = False
    pattern: bool = False  # the Hessian has the pattern of the problem's DM
    driver: str = ""
    options: str = ""

    @property
    def driver_name(self):
        return self.driver or self.name


def _rows(text):
    """Lines `name n cap classes [quick] [timed] [pattern] [= driver-name options]`."""
    for line in text.strip().splitlines():
        head, _, tail = line.partition("=")
        name, n, cap, classes, *marks = head.split()
        driver, _, options = tail.strip().partition(" ")
        classes = tuple(classes.split(","))
        assert set(classes) <= set(CLASSES), line
        yield Problem(name, int(n), classes, int(cap), "quick" in marks, "timed" in marks,
                      "pattern" in marks, driver, options)


# {data} is the output folder. Problems the driver does not list are left out. The caps are several
# times what most solvers need to the tightest tolerance, and keep a whole run under half an hour.
PROBLEMS = list(_rows("""
torsion      99856  2000 grid,cheap                 timed pattern
minsurf      40000  3000 grid,cheap                 quick timed pattern
combustion   40000  3000 grid,cheap                 pattern
catenoid     40000  6000 grid,cheap                 pattern
bratuls      10000 10000 grid,cheap
composites   10000  6000 grid,cheap,nonconvex       pattern
gl2           2500 10000 grid,cheap,nonconvex       quick pattern
tridia       30000  5000 cheap
rosenbrock  100000  1000 cheap,nonconvex            quick
chained       1000 40000 cheap,nonconvex            timed
broydn3d    100000  1000 cheap                      quick
dixmaanl      9000 10000 cheap                      quick
genrose       1000 40000 cheap,nonconvex
tvdeblur     16384  4000 grid,cheap                 timed
elastic       2500  5000 grid,expensive,nonconvex   timed pattern
inverse       1024  3000 grid,expensive,dense
lj            1002  3000 expensive,dense,nonconvex
robust        5000  3000 expensive
network      12730  4000 expensive,dense,nonconvex = network -problem_samples 200
arwhead    1000000  1000 cheap
broydn7d      5000 10000 cheap,nonconvex
chainwoo      4000 20000 cheap,nonconvex
cosine     1000000  1000 cheap,nonconvex            timed
curly10       1000 30000 cheap,nonconvex
dixmaana    999999  1000 cheap
dixmaanf     99999  2000 cheap
dixmaanj      9000 10000 cheap
fletchcr      1000 40000 cheap,nonconvex
genhumps      1000 40000 cheap,nonconvex
nondquar     10000  5000 cheap
powellsg    100000  1000 cheap
woods       100000  1000 cheap,nonconvex            quick
tquartic   1000000  1000 cheap
fminsurf      5625 10000 grid,cheap,dense
morebv         100 10000 cheap
ncb20         5010 10000 cheap,nonconvex
noncvxu2      5000 10000 cheap,nonconvex
penalty1      1000 10000 cheap,dense
sinquad       5000 10000 cheap,nonconvex
sparsqur    100000  1000 cheap
spmsrtls      4999  5000 cheap,nonconvex
vareigvl      5000  3000 cheap,dense,nonconvex
eigenals      2550 10000 expensive,dense,nonconvex
eigenbls      1056 20000 expensive,dense,nonconvex
freuroth    100000  1000 cheap
liarwhd    1000000  1000 cheap
logistic      7850  3000 expensive,dense            timed = logistic -problem_samples 1000
shirts 785 2000 expensive,dense quick timed = logistic -problem_data {data}/shirts-3000.libsvm
"""))

SMALLER = {  # than 1000 unknowns, and why
    "morebv": "its conditioning grows as n^4: with 1000 no solver here reaches 1e-6 in 20,000 "
              "gradient-equivalents",
    "shirts": "as many as an image has pixels, and one: LIBLINEAR's problem"}

UNMEASURED = dict.fromkeys(("saddle", "monkey"), "its gradient is zero at the start, so that no "
                           "tolerance is relative to it")

# Memory: the growth of the peak between two sizes of one problem, in a few evaluations.
MEMORY_PROBLEM, MEMORY_SIZES, MEMORY_EQUIVALENTS = "minsurf", (10000, 250000), 70

# The README's table: sizes and solvers of its own.
README_PROBLEMS = ["torsion:40000", "minsurf:40000", "composites:40000", "combustion:40000",
                   "catenoid:40000", "gl2:10000", "tridia:30000", "rosenbrock:10000", "chained:1000",
                   "broydn3d:10000", "dixmaanl:3000", "genrose:500", "chainwoo:4000",
                   "eigenals:2550", "noncvxu2:5000", "elastic:22932", "inverse:4096",
                   "tvdeblur:65536"]
README_SOLVERS = ["trustncg: -tao_type trustncg",
                  "TAO ntr, Eisenstat-Walker: -tao_type ntr -tao_ntr_pc_type none -tao_ksp_ew",
                  "TAO lmvm: -tao_type lmvm"]


@dataclass(frozen=True)
class Solver:
    """One setting of one solver. `kind`: ours, tao (the driver), scipy, rol, liblinear."""
    name: str
    family: str
    kind: str
    options: str
    quick: bool = False
    timed: bool = False
    only: str = ""         # a problem's name: the only one this solver can be given
    pattern: bool = False  # it is given problems whose Hessian's pattern is known

    def takes(self, problem):
        return self.only in ("", problem.name) and (problem.pattern or not self.pattern)

    @property
    def follows_tolerance(self):
        """Do its iterates depend on the tolerance? Then each tolerance takes a run of its own."""
        return self.kind in ("ours", "liblinear")


QUICK = (("ntr", "none", ""), ("nls", "lmvm", ""), ("bntr", "lmvm", ""))


def _newton(tao, settings, prefix=""):
    """A Newton type of TAO's; a setting is its preconditioner, and rtol where that is fixed."""
    for setting in settings.split():
        pc, _, rtol = setting.partition(":")
        forcing = f"-tao_{prefix or tao}_ksp_rtol {rtol}" if rtol else "-tao_ksp_ew"
        yield Solver(
            f"TAO {tao}, {'rtol ' + rtol if rtol else 'EW'}{', pc lmvm' if pc == 'lmvm' else ''}",
            "TAO Newton, pc lmvm" if pc == "lmvm" else "TAO Newton", "tao",
            f"-tao_type {tao} -tao_{prefix or tao}_pc_type {pc} {forcing}",
            quick=(tao, pc, rtol) in QUICK, timed=tao == "nls" and not rtol)


def _assembled(tao, pc, prefix=""):
    """With a matrix from coloured differences on the pattern of the DM; products are free then, so
    TAO's own tolerance of the linear solves, which is tighter, is the better one."""
    return Solver(f"TAO {tao}, assembled, pc {pc}", "TAO Newton, assembled", "tao",
                  f"-tao_type {tao} -hessian coloured -tao_{prefix or tao}_pc_type {pc}",
                  quick=tao == "nls", timed=pc == "gamg" and tao == "nls", pattern=True)


def _memory(tao, prefix, *sizes):
    for m in sizes:
        yield Solver(f"TAO {tao}, m = {m}", "TAO quasi-Newton", "tao",
                     f"-tao_type {tao} -{prefix}_mat_lmvm_hist_size {m}", quick=tao == "blmvm",
                     timed=(tao, m) in (("blmvm", 30), ("lmvm", 5)))


def _scipy(method, family, options="", words="", quick=False):
    return Solver(f"SciPy {method}{words}", family, "scipy", f"-method {method}{options}", quick)


def _rol(method, name, family, pairs=0, quick=False, timed=False):
    return Solver(f"ROL {name}", f"ROL {family}", "rol", f"-method {method} -pairs {pairs}", quick,
                  timed)


WIDE = ' -options {"max_trust_radius":1e10}'
SOLVERS = [
    Solver(OURS, OURS, "ours", "-tao_type trustncg", quick=True, timed=True),
    *_newton("ntr", "none lmvm none:0.1"),
    *_newton("ntl", "none lmvm"),
    *_newton("nls", "none lmvm none:0.1"),
    *_newton("bntr", "none lmvm none:0.1 lmvm:0.1", "bnk"),
    _assembled("ntr", "gamg"),
    _assembled("nls", "gamg"),
    _assembled("nls", "icc"),
    _assembled("bntr", "icc", "bnk"),
    *_memory("lmvm", "tao_lmvm", 5, 30),
    *_memory("blmvm", "tao_blmvm", 30),
    Solver("TAO bncg", "TAO nonlinear CG", "tao", "-tao_type bncg", quick=True),
    _scipy("trust-ncg", "SciPy Newton", WIDE, quick=True),
    _scipy("trust-krylov", "SciPy Newton", WIDE),
    _scipy("Newton-CG", "SciPy Newton"),
    _scipy("L-BFGS-B", "SciPy L-BFGS-B", ' -options {"maxcor":10}', ", m = 10"),
    _scipy("L-BFGS-B", "SciPy L-BFGS-B", ' -options {"maxcor":30}', ", m = 30", True),
    _rol("trust-region", "trust region", "Newton"),
    _rol("trust-region", "trust region, pc L-BFGS", "Newton", 10, True, True),
    _rol("newton-krylov", "Newton-Krylov", "Newton"),
    _rol("quasi-newton", "L-BFGS, m = 10", "L-BFGS", 10),
    _rol("quasi-newton", "L-BFGS, m = 30", "L-BFGS", 30, True),
    Solver("LIBLINEAR -s 0", "LIBLINEAR", "liblinear", "-lambda 1e-4", quick=True, timed=True,
           only="shirts"),
]


# beside trustncg as it comes, for the memory
LEAN = [Solver(f"{OURS}, {words}", OURS, "ours", f"-tao_type trustncg {options}")
        for words, options in (("pairs", "-tao_trustncg_precond pairs"),
                               ("no preconditioner", "-tao_trustncg_precond none "
                                                     "-tao_trustncg_learned_steps 0"))]


def chosen(problems, solvers, quick=False, only="", which=""):
    """The problems and solvers to run: all, the quick ones, or those whose names match."""
    return ([p for p in problems if (p.quick or not quick or only) and re.fullmatch(only or ".*",
                                                                                  p.name)],
            [s for s in solvers if (s.quick or not quick or which) and
             (s.kind == "ours" or re.search(which or ".", s.name))])
