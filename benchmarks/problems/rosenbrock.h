/* SPDX-License-Identifier: BSD-2-Clause
   The terms that the Rosenbrock functions share:
   phi(a, b) = 100 (b - a^2)^2 + weight[0] (1 - a)^2 + weight[1] (1 - b)^2. */
#ifndef TRUSTNCG_ROSENBROCK_H
#define TRUSTNCG_ROSENBROCK_H

#include "terms.h"

extern PetscReal RosenbrockValue(const TermRange *, const PetscScalar x[], PetscScalar g[]);
extern void      RosenbrockHessVec(const TermRange *, const PetscScalar x[], const PetscScalar v[],
                                   PetscScalar Hv[]);

#endif
