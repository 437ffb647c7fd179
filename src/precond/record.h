/* SPDX-License-Identifier: BSD-2-Clause
   PETSc's kinds of numbers in the record of a checkpoint. */
#ifndef TRUSTNCG_RECORD_H
#define TRUSTNCG_RECORD_H

#include <petscsys.h>
#include <math.h>
#include "checkpoint/record.h"
#include "compat.h"

static inline void RecordInt(CheckpointRecord *record, PetscInt *value, PetscInt least,
                             PetscInt most, const char *name)
{
  int64_t wide = *value;

  CheckpointInt(record, &wide, least, most, name);
  *value = (PetscInt)wide;
}

static inline void RecordCount(CheckpointRecord *record, PetscInt *value, const char *name)
{
  RecordInt(record, value, 0, PETSC_MAX_INT, name);
}

static inline void RecordBool(CheckpointRecord *record, PetscBool *value, const char *name)
{
  PetscInt wide = *value;

  RecordInt(record, &wide, 0, 1, name);
  *value = (PetscBool)wide;
}

/* Anything but a NaN; at least `least` */
static inline void RecordReal(CheckpointRecord *record, PetscReal *value, PetscReal least,
                              const char *name)
{
  double wide = *value;

  CheckpointReal(record, &wide, least, HUGE_VAL, name);
  *value = wide;
}

#endif
