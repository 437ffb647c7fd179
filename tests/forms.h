/* SPDX-License-Identifier: BSD-2-Clause
   The forms of KSPTRUSTCG by number of reductions, and a model solved twice to compare them. */
#ifndef TRUSTNCG_TEST_FORMS_H
#define TRUSTNCG_TEST_FORMS_H

#include "model.h"

enum { SIZE = 100, FORMS = 3 };

static const char *const Forms[FORMS] = {"2", "1", "overlapped"};

static inline PetscErrorCode SetForm(KSP ksp, int form)
{
  PetscFunctionBegin;
  PetscCall(KSPSetOptionsPrefix(ksp, "form_"));
  PetscCall(PetscOptionsSetValue(NULL, "-form_ksp_trustcg_reductions", Forms[form]));
  PetscCall(KSPSetFromOptions(ksp));
  PetscCall(PetscOptionsClearValue(NULL, "-form_ksp_trustcg_reductions"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Makes x a vector whose type the loops do not know: only PETSc's calls are left. */
static inline PetscErrorCode MakeForeign(Vec x)
{
  PetscFunctionBegin;
  PetscCall(PetscObjectChangeTypeName((PetscObject)x, "foreign"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same model solved in two ways: the default, and what a test makes of the other */
typedef struct {
  Model m, other;
} Pair;

static inline PetscErrorCode PairCreate(PetscInt n, Kind kind, int jacobi, int form, Pair *pair)
{
  PetscFunctionBegin;
  PetscCall(ModelCreate(PETSC_COMM_WORLD, n, kind, jacobi, &pair->m));
  PetscCall(ModelCreate(PETSC_COMM_WORLD, n, kind, jacobi, &pair->other));
  PetscCall(SetForm(pair->other.ksp, form));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static inline PetscErrorCode PairDestroy(Pair *pair)
{
  PetscFunctionBegin;
  PetscCall(ModelDestroy(&pair->m));
  PetscCall(ModelDestroy(&pair->other));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif
