/* SPDX-License-Identifier: BSD-2-Clause
   Samples as sparse rows, each of a class: their products with weights, and the softmax loss. */
#ifndef TRUSTNCG_SAMPLES_H
#define TRUSTNCG_SAMPLES_H

#include "compat.h"

/* This rank's block of the samples, as sparse rows. The entries are counted in size_t: they may be
   more than a 32-bit PetscInt counts. */
typedef struct {
  PetscInt M;        /* samples of all ranks, 0 where no file was given */
  PetscInt m;        /* samples of this rank */
  PetscInt features; /* of the training set; the bias is not among them */
  size_t  *start;    /* m + 1: sample i has the entries start[i] ... start[i+1] - 1 */
  int     *column;   /* the feature of each entry, from 0 */
  double  *value;
  int     *label; /* from 0; -1 in a test set: a class the training set does not have */
} Samples;

/* x_i ends with the constant feature 1. W has K columns and is stored by feature: the K weights of
   feature 0, of feature 1, ..., of the bias. */
extern void SamplesMult(const Samples *s, PetscInt i, int K, const PetscScalar *W,
                        PetscScalar *z); /* z = W'x_i */
extern void SamplesAdd(const Samples *s, PetscInt i, int K, const PetscScalar *t,
                       PetscScalar *G); /* G += x_i t' */

/* The class with the largest of K scores; with `reference`, class K has the score 0. */
extern int SoftmaxTop(int K, PetscBool reference, const PetscScalar *z);

/* Fills p = softmax(z) and returns the loss log sum_c exp(z_c) - z_y. */
extern PetscReal Softmax(int K, PetscBool reference, const PetscScalar *z, int y, PetscReal *p);

/* t = p o (u - p'u), the derivative of the softmax along u; t may be u */
extern void SoftmaxTangent(int K, const PetscReal *p, const PetscScalar *u, PetscScalar *t);

/* Collective: prints how many of all samples are `right`, which each rank counts of its own */
extern PetscErrorCode SamplesReport(MPI_Comm comm, const char set[], const Samples *s,
                                    PetscInt right, PetscViewer viewer);

#endif
