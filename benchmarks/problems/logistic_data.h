/* SPDX-License-Identifier: BSD-2-Clause
   The samples of the logistic regression: read from files, and spread over the ranks in blocks. */
#ifndef TRUSTNCG_LOGISTIC_DATA_H
#define TRUSTNCG_LOGISTIC_DATA_H

#include "compat.h"

/* This rank's block of the samples, as sparse rows. The entries are counted in size_t: they may be
   more than a 32-bit PetscInt counts. */
typedef struct {
  PetscInt M;      /* samples of all ranks, 0 where no file was given */
  PetscInt m;      /* samples of this rank */
  size_t  *start;  /* m + 1: sample i has the entries start[i] ... start[i+1] - 1 */
  int     *column; /* the feature of each entry, from 0; the bias is not among them */
  double  *value;
  int     *label; /* from 0; -1 in a test set: a class the training set does not have */
} Samples;

typedef struct {
  char     file[PETSC_MAX_PATH_LEN]; /* training set in LIBSVM format, or empty: Fashion-MNIST */
  char     test[PETSC_MAX_PATH_LEN]; /* test set in LIBSVM format, may be empty */
  char     dir[PETSC_MAX_PATH_LEN];  /* the folder of Fashion-MNIST */
  PetscInt samples;                  /* take only the first training samples; 0: all */
} LogisticSource;

typedef struct {
  PetscInt classes, features;
  Samples  train, test;
} LogisticData;

/* Collective: a file that is wrong is the same error on all ranks. */
extern PetscErrorCode LogisticDataRead(MPI_Comm comm, const LogisticSource *source,
                                       LogisticData *data);
extern PetscErrorCode LogisticDataFree(LogisticData *data);

#endif
