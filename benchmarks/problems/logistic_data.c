/* SPDX-License-Identifier: BSD-2-Clause
   The samples of a classification problem: read from files, and spread over the ranks in blocks. */
#include "logistic_data.h"
#include "idx.h"
#include "libsvm.h"
#include "problem.h"

#include <stdlib.h>

#define MESSAGE      PROBLEM_MESSAGE
#define MOST_CLASSES 1000

/* The labels of the training set in the order of their first sample; known to rank 0 alone. */
typedef struct {
  int count;
  int label[MOST_CLASSES];
} Classes;

/* Rank r has the samples BlockStart(M, p, r) ... BlockStart(M, p, r + 1) - 1 of M on p ranks. */
static PetscInt BlockStart(PetscInt M, PetscMPIInt p, PetscMPIInt r)
{
  return M / p * r + PetscMin(M % p, r);
}

static PetscErrorCode SamplesFree(Samples *s)
{
  PetscFunctionBegin;
  PetscCall(PetscFree4(s->start, s->label, s->column, s->value));
  s->M = s->m = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SamplesCreate(PetscInt M, PetscInt m, PetscInt features, size_t entries,
                                    Samples *s)
{
  PetscFunctionBegin;
  s->M        = M;
  s->m        = m;
  s->features = features;
  PetscCall(PetscMalloc4(m + 1, &s->start, m, &s->label, entries, &s->column, entries, &s->value));
  s->start[0] = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Black pixels are left out; the others are scaled to (0,1]. */
static PetscErrorCode SamplesFromImages(PetscInt M, PetscInt m, size_t width,
                                        const unsigned char *pixel, const unsigned char *label,
                                        Samples *s)
{
  size_t entries = 0;

  PetscFunctionBegin;
  if (!pixel) m = 0; /* no image is this rank's */
  for (size_t k = 0; k < (size_t)m * width; k++) entries += pixel[k] != 0;
  PetscCall(SamplesCreate(M, m, (PetscInt)width, entries, s));
  entries = 0;
  for (PetscInt i = 0; i < m; i++, pixel += width) {
    for (size_t k = 0; k < width; k++) {
      if (!pixel[k]) continue;
      s->column[entries]  = (int)k;
      s->value[entries++] = pixel[k] / 255.0;
    }
    s->start[i + 1] = entries;
    s->label[i]     = label[i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* `first` is in: the samples asked for, or 0 for all; out: the samples taken. */
static PetscErrorCode Limit(const char file[], size_t rows, PetscInt *first, char message[MESSAGE])
{
  PetscFunctionBegin;
  if (rows > PETSC_MPI_INT_MAX) {
    PetscCall(PetscSNPrintf(message, MESSAGE, "%s: it has more than 2^31 - 1 samples", file));
  } else if ((size_t)*first > rows) {
    PetscCall(PetscSNPrintf(message, MESSAGE,
                            "%s: it has %zu samples, fewer than -problem_samples %" PetscInt_FMT,
                            file, rows, *first));
  }
  if (!*first) *first = (PetscInt)rows;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective. Each rank reads its own block of the images, and all labels: the largest tells the
   number of classes. */
static PetscErrorCode ReadImages(MPI_Comm comm, const char dir[], const char set[], PetscInt M,
                                 PetscInt *classes, Samples *s)
{
  const char     hint[] = " (Fashion-MNIST is Debian's package dataset-fashion-mnist; "
                          "-problem_data_dir names another folder, -problem_data another file)";
  char           images[PETSC_MAX_PATH_LEN], labels[PETSC_MAX_PATH_LEN], message[MESSAGE] = "";
  unsigned char *pixel = NULL, *label = NULL;
  IdxShape       shape = {0, 0};
  PetscMPIInt    rank, size;
  PetscInt       first, last;
  PetscErrorCode ierr;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscSNPrintf(images, sizeof(images), "%s/%s-images-idx3-ubyte.gz", dir, set));
  PetscCall(PetscSNPrintf(labels, sizeof(labels), "%s/%s-labels-idx1-ubyte.gz", dir, set));
  IdxReadShape(images, labels, &shape, message, MESSAGE);
  PetscCall(ProblemAgreeOnError(comm, message, hint));
  PetscCall(Limit(images, shape.items, &M, message));
  PetscCall(ProblemAgreeOnError(comm, message, ""));
  first    = BlockStart(M, size, rank);
  last     = BlockStart(M, size, rank + 1);
  *classes = 0;
  if (!IdxReadItems(labels, 1, 0, shape.items, &label, message, MESSAGE)) {
    IdxReadItems(images, 3, (size_t)first, (size_t)last, &pixel, message, MESSAGE);
  }
  ierr = ProblemAgreeOnError(comm, message, "");
  if (!ierr) {
    for (size_t i = 0; i < shape.items; i++) *classes = PetscMax(*classes, label[i] + 1);
    ierr = SamplesFromImages(M, last - first, shape.width, pixel, label + first, s);
  }
  free(pixel);
  free(label);
  PetscCall(ierr);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Replaces the labels of the first M samples by their classes; `learn` adds those that are new. */
static PetscErrorCode FindClasses(const char file[], LibsvmTable *table, PetscInt M,
                                  PetscBool learn, Classes *classes, char message[MESSAGE])
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < M; i++) {
    int k = 0;

    while (k < classes->count && classes->label[k] != table->label[i]) k++;
    if (k == classes->count && learn) {
      if (k == MOST_CLASSES) {
        PetscCall(PetscSNPrintf(message, MESSAGE,
                                "%s: it has more than %d different labels: "
                                "they do not look like classes",
                                file, MOST_CLASSES));
        PetscFunctionReturn(PETSC_SUCCESS);
      }
      classes->label[classes->count++] = table->label[i];
    }
    table->label[i] = k < classes->count ? k : -1;
  }
  if (classes->count < 2) {
    PetscCall(PetscSNPrintf(message, MESSAGE,
                            "%s: all samples have the label %d: there must be two "
                            "classes at least",
                            file, classes->label[0]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective. Gives each rank its block of the first M samples of rank 0's table. */
static PetscErrorCode ScatterTable(MPI_Comm comm, const LibsvmTable *table, PetscInt M,
                                   PetscInt features, Samples *s)
{
  PetscMPIInt  rank, size, m, n;
  PetscMPIInt *row, *rows, *entry, *entries;
  size_t      *ends = table->start ? table->start + 1 : NULL;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc4(size + 1, &row, size, &rows, size + 1, &entry, size, &entries));
  for (PetscMPIInt r = 0; r <= size; r++) {
    row[r]   = (PetscMPIInt)BlockStart(M, size, r);
    entry[r] = table->start ? (PetscMPIInt)table->start[row[r]] : 0;
  }
  PetscCallMPI(MPI_Bcast(entry, size + 1, MPI_INT, 0, comm));
  for (PetscMPIInt r = 0; r < size; r++) {
    rows[r]    = row[r + 1] - row[r];
    entries[r] = entry[r + 1] - entry[r];
  }
  m = rows[rank];
  n = entries[rank];
  PetscCall(SamplesCreate(M, m, features, (size_t)n, s));
  PetscCallMPI(MPI_Scatterv(table->label, rows, row, MPI_INT, s->label, m, MPI_INT, 0, comm));
  PetscCallMPI(MPI_Scatterv(ends, rows, row, MPIU_SIZE_T, s->start + 1, m, MPIU_SIZE_T, 0, comm));
  PetscCallMPI(
    MPI_Scatterv(table->column, entries, entry, MPI_INT, s->column, n, MPI_INT, 0, comm));
  PetscCallMPI(
    MPI_Scatterv(table->value, entries, entry, MPI_DOUBLE, s->value, n, MPI_DOUBLE, 0, comm));
  for (PetscMPIInt i = 1; i <= m; i++) s->start[i] -= (size_t)entry[rank];
  PetscCall(PetscFree4(row, rows, entry, entries));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective. Rank 0 reads, for the lines before decide which line is wrong. `learn` tells a
   training set, which defines the classes, from a test set. */
static PetscErrorCode ReadLibsvm(MPI_Comm comm, const char file[], PetscInt M, PetscBool learn,
                                 Classes *classes, Samples *s)
{
  char           message[MESSAGE] = "";
  LibsvmTable    table            = {0, 0, NULL, NULL, NULL, NULL};
  PetscMPIInt    rank;
  PetscInt       sizes[3];
  PetscErrorCode ierr;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0 && !LibsvmRead(file, &table, message, MESSAGE)) {
    PetscCall(Limit(file, table.rows, &M, message));
    if (!message[0]) PetscCall(FindClasses(file, &table, M, learn, classes, message));
    if (!message[0] && table.start[M] > PETSC_MPI_INT_MAX) {
      PetscCall(PetscSNPrintf(message, MESSAGE, "%s: it has more than 2^31 - 1 entries", file));
    }
  }
  ierr = ProblemAgreeOnError(comm, message, "");
  if (!ierr) {
    sizes[0] = M;
    sizes[1] = table.columns;
    sizes[2] = classes->count;
    PetscCallMPI(MPI_Bcast(sizes, 3, MPIU_INT, 0, comm));
    classes->count = (int)sizes[2];
    ierr           = ScatterTable(comm, &table, sizes[0], sizes[1], s);
  }
  LibsvmFree(&table);
  PetscCall(ierr);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A feature that no training sample has has no weight: leave it out of the test samples. */
static PetscErrorCode DropColumns(PetscInt features, Samples *s)
{
  size_t from = 0, kept = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->m; i++) {
    for (; from < s->start[i + 1]; from++) {
      if (s->column[from] >= features) continue;
      s->column[kept]  = s->column[from];
      s->value[kept++] = s->value[from];
    }
    s->start[i + 1] = kept;
  }
  s->features = features;
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  char      file[PETSC_MAX_PATH_LEN]; /* training set in LIBSVM format, or empty: Fashion-MNIST */
  char      test[PETSC_MAX_PATH_LEN]; /* test set in LIBSVM format, may be empty */
  char      dir[PETSC_MAX_PATH_LEN];  /* the folder of Fashion-MNIST */
  PetscInt  samples;                  /* take only the first training samples; 0: all */
  PetscReal lambda;                   /* weight of the regularisation */
} Source;

static PetscErrorCode SourceFromOptions(MPI_Comm comm, PetscInt samples, PetscReal lambda,
                                        Source *source)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(source, sizeof(*source)));
  PetscCall(PetscStrncpy(source->dir, "/usr/share/datasets/fashion-mnist", sizeof(source->dir)));
  source->lambda = lambda;
  PetscOptionsBegin(comm, NULL, "Classification", NULL);
  PetscCall(PetscOptionsString("-problem_data",
                               "training set in LIBSVM format (else Fashion-MNIST)", NULL,
                               source->file, source->file, sizeof(source->file), NULL));
  PetscCall(PetscOptionsString("-problem_test", "test set in LIBSVM format", NULL, source->test,
                               source->test, sizeof(source->test), NULL));
  PetscCall(PetscOptionsString("-problem_data_dir", "folder of Fashion-MNIST", NULL, source->dir,
                               source->dir, sizeof(source->dir), NULL));
  PetscCall(PetscOptionsReal("-problem_lambda", "weight of the regularisation, > 0", NULL,
                             source->lambda, &source->lambda, NULL));
  if (!source->file[0]) source->samples = samples;
  PetscCall(PetscOptionsBoundedInt("-problem_samples",
                                   "take only the first training samples (0: all)", NULL,
                                   source->samples, &source->samples, NULL, 0));
  PetscOptionsEnd();
  PetscCheck(source->lambda > 0.0 && !PetscIsInfReal(source->lambda), comm,
             PETSC_ERR_ARG_OUTOFRANGE, "-problem_lambda %g: it must be finite and > 0",
             (double)source->lambda);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadFashion(MPI_Comm comm, const Source *source, LogisticData *data)
{
  PetscInt classes;

  PetscFunctionBegin;
  PetscCall(ReadImages(comm, source->dir, "train", source->samples, &data->classes, &data->train));
  PetscCheck(data->classes > 1, comm, PETSC_ERR_FILE_UNEXPECTED,
             "%s: all training images are of class 0", source->dir);
  PetscCall(ReadImages(comm, source->dir, "t10k", 0, &classes, &data->test));
  PetscCheck(data->test.features == data->train.features, comm, PETSC_ERR_FILE_UNEXPECTED,
             "%s: the training images have %" PetscInt_FMT
             " pixels, the test images %" PetscInt_FMT,
             source->dir, data->train.features, data->test.features);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadFiles(MPI_Comm comm, const Source *source, LogisticData *data)
{
  Classes classes = {0, {0}};

  PetscFunctionBegin;
  if (!source->file[0]) {
    PetscCheck(!source->test[0], comm, PETSC_ERR_ARG_INCOMP,
               "-problem_test goes with -problem_data: Fashion-MNIST has a test set of its own");
    PetscCall(ReadFashion(comm, source, data));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(ReadLibsvm(comm, source->file, source->samples, PETSC_TRUE, &classes, &data->train));
  data->classes = classes.count;
  if (source->test[0]) {
    PetscCall(ReadLibsvm(comm, source->test, 0, PETSC_FALSE, &classes, &data->test));
    PetscCall(DropColumns(data->train.features, &data->test));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode LogisticDataRead(MPI_Comm comm, PetscInt samples, PetscReal lambda,
                                LogisticData *data)
{
  Source source;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(data, sizeof(*data)));
  PetscCall(SourceFromOptions(comm, samples, lambda, &source));
  data->lambda = source.lambda;
  PetscCall(ReadFiles(comm, &source, data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode LogisticDataFree(LogisticData *data)
{
  PetscFunctionBegin;
  PetscCall(SamplesFree(&data->train));
  PetscCall(SamplesFree(&data->test));
  PetscFunctionReturn(PETSC_SUCCESS);
}
