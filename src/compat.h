/* SPDX-License-Identifier: BSD-2-Clause
   The version seam: everything that differs between PETSc 3.18 and 3.25, and nothing else. */
#ifndef TRUSTNCG_COMPAT_H
#define TRUSTNCG_COMPAT_H

#include <petscsys.h>

#if PETSC_VERSION_LT(3, 18, 0)
#error "trustncg needs PETSc 3.18 or later"
#endif
#if defined(PETSC_USE_COMPLEX)
#error "trustncg needs a PETSc of real scalars: configure it with --with-scalar-type=real"
#endif

#if !defined(PETSC_USE_REAL_DOUBLE)
#error "trustncg needs a PETSc of double precision: configure it with --with-precision=double"
#endif

#if PETSC_VERSION_LT(3, 19, 0)
#define PETSC_SUCCESS                   0
#define TRUSTNCG_KSP_NEGATIVE_CURVATURE KSP_CONVERGED_CG_NEG_CURVE
#define TRUSTNCG_KSP_BOUNDARY           KSP_CONVERGED_CG_CONSTRAINED
#else
#define TRUSTNCG_KSP_NEGATIVE_CURVATURE KSP_CONVERGED_NEG_CURVE
#define TRUSTNCG_KSP_BOUNDARY           KSP_CONVERGED_STEP_LENGTH
#endif

/* Exported by every PETSc, but in 3.18 declared in a private header only. */
PETSC_EXTERN PetscErrorCode PetscObjectStateGet(PetscObject, PetscObjectState *);

/* A Tao whose type was another one before keeps what the user set, not what that type set. */
#if PETSC_VERSION_LT(3, 22, 0)
#define TrustNCGTaoDefaults(tao)                                                                   \
  do {                                                                                             \
    if (!(tao)->max_it_changed) (tao)->max_it = 10000;                                             \
    if (!(tao)->max_funcs_changed) (tao)->max_funcs = -1;                                          \
    if (!(tao)->trust0_changed) (tao)->trust0 = PETSC_INFINITY;                                    \
  } while (0)
#else
#define TrustNCGTaoDefaults(tao)                                                                   \
  do {                                                                                             \
    PetscCall(TaoParametersInitialize(tao));                                                       \
    PetscObjectParameterSetDefault(tao, max_it, 10000);                                            \
    PetscObjectParameterSetDefault(tao, trust0, PETSC_INFINITY);                                   \
  } while (0)
#endif

/* The last argument of ops->setfromoptions, which PetscOptionsHeadBegin() takes. */
#if PETSC_VERSION_LT(3, 23, 0)
typedef PetscOptionItems *TrustNCGOptionItems;
#else
typedef PetscOptionItems TrustNCGOptionItems;
#endif

#endif
