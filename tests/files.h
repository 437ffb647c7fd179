/* SPDX-License-Identifier: BSD-2-Clause
   Files that problems read, made for a test. */
#ifndef TRUSTNCG_TEST_FILES_H
#define TRUSTNCG_TEST_FILES_H

#include "harness.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A new file, by one rank */
static inline PetscErrorCode FileOpen(char name[PETSC_MAX_PATH_LEN], FILE **file)
{
  int fd;

  PetscFunctionBegin;
  PetscCall(PetscGetTmp(PETSC_COMM_SELF, name, PETSC_MAX_PATH_LEN));
  PetscCall(PetscStrlcat(name, "/trustncg_XXXXXX", PETSC_MAX_PATH_LEN));
  fd = mkstemp(name);
  PetscCheck(fd >= 0, PETSC_COMM_SELF, PETSC_ERR_FILE_OPEN, "%s cannot be made", name);
  *file = fdopen(fd, "w");
  PetscCheck(*file, PETSC_COMM_SELF, PETSC_ERR_FILE_OPEN, "%s does not open", name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A new folder, the same on all ranks */
static inline void FolderCreate(char name[PETSC_MAX_PATH_LEN])
{
  PetscCallAbort(PETSC_COMM_WORLD, PetscGetTmp(PETSC_COMM_WORLD, name, PETSC_MAX_PATH_LEN));
  if (PetscGlobalRank == 0) {
    PetscCallAbort(PETSC_COMM_SELF, PetscStrlcat(name, "/trustncgXXXXXX", PETSC_MAX_PATH_LEN));
    if (!mkdtemp(name)) abort();
  }
  PMPI_Bcast(name, PETSC_MAX_PATH_LEN, MPI_CHAR, 0, PETSC_COMM_WORLD);
}

/* Three classes in five features, in LIBSVM's format */
static inline PetscErrorCode FileWriteData(char name[PETSC_MAX_PATH_LEN])
{
  FILE *file = NULL;

  PetscFunctionBegin;
  PetscCall(FileOpen(name, &file));
  for (int s = 0; s < 30; s++) {
    fprintf(file, "%d", s % 3 + 1);
    for (int k = 1; k <= 5; k++) {
      if ((s + k) % 4) fprintf(file, " %d:%g", k, ((7 * s + 3 * k * k) % 11) / 5.0 - 1.0);
    }
    fprintf(file, "\n");
  }
  PetscCheck(!fclose(file), PETSC_COMM_SELF, PETSC_ERR_FILE_WRITE, "%s is not written", name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif
