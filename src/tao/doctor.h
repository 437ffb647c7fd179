/* SPDX-License-Identifier: BSD-2-Clause
   The derivative check before a solve: what it knows. */
#ifndef TRUSTNCG_DOCTOR_H
#define TRUSTNCG_DOCTOR_H

#include "tao/trustncg_impl.h"
#include "hessvec/check.h"
#include "rules/rules.h"

/* Two ways to one number, at the rung where their gap is known best. */
typedef struct {
  PetscReal   h;     /* 0 where no rung tells anything */
  PetscReal   gap;   /* the differences say so much more; a norm for vectors */
  PetscReal   doubt; /* error of the differences */
  PetscReal   scale; /* of the number */
  TrustNCGFit fit;
} DoctorGap;

typedef struct {
  Tao           tao;
  MPI_Comm      comm;
  TrustNCGCheck c;
  DoctorGap     fg, gH, fH; /* f and g, g and Hv, f and v'Hv */
  PetscInt      faults;
  char          words[1500];  /* the faults, a line each, */
  char          remarks[900]; /* and what is no fault */
} Doctor;

PETSC_INTERN PetscErrorCode TrustNCGDoctorJudge(Doctor *doctor);
PETSC_INTERN PetscErrorCode TrustNCGDoctorView(const Doctor *doctor, PetscViewer viewer);

#endif
