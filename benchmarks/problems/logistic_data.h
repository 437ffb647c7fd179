/* SPDX-License-Identifier: BSD-2-Clause
   The samples of a classification problem: read from files, and spread over the ranks in blocks. */
#ifndef TRUSTNCG_LOGISTIC_DATA_H
#define TRUSTNCG_LOGISTIC_DATA_H

#include "samples.h"

typedef struct {
  char      file[PETSC_MAX_PATH_LEN]; /* training set in LIBSVM format, or empty: Fashion-MNIST */
  char      test[PETSC_MAX_PATH_LEN]; /* test set in LIBSVM format, may be empty */
  char      dir[PETSC_MAX_PATH_LEN];  /* the folder of Fashion-MNIST */
  PetscInt  samples;                  /* take only the first training samples; 0: all */
  PetscReal lambda;                   /* weight of the regularisation */
} LogisticSource;

typedef struct {
  PetscInt classes;
  Samples  train, test;
} LogisticData;

/* Collective. Defaults: how many of Fashion-MNIST's samples to take, 0 for all, and lambda */
extern PetscErrorCode LogisticSourceFromOptions(MPI_Comm comm, PetscInt samples, PetscReal lambda,
                                                LogisticSource *source);

/* Collective: a file that is wrong is the same error on all ranks. */
extern PetscErrorCode LogisticDataRead(MPI_Comm comm, const LogisticSource *source,
                                       LogisticData *data);
extern PetscErrorCode LogisticDataFree(LogisticData *data);

#endif
