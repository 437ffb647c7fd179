/* SPDX-License-Identifier: BSD-2-Clause
   The samples of a classification problem: read from files, and spread over the ranks in blocks. */
#ifndef TRUSTNCG_LOGISTIC_DATA_H
#define TRUSTNCG_LOGISTIC_DATA_H

#include "samples.h"

typedef struct {
  PetscInt  classes;
  Samples   train, test;
  PetscReal lambda; /* weight of the regularisation */
} LogisticData;

/* Collective, by options -problem_...; a file that is wrong is the same error on all ranks.
   Defaults: how many of Fashion-MNIST's samples to take, 0 for all, and lambda */
extern PetscErrorCode LogisticDataRead(MPI_Comm comm, PetscInt samples, PetscReal lambda,
                                       LogisticData *data);
extern PetscErrorCode LogisticDataFree(LogisticData *data);

#endif
