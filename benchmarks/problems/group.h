/* SPDX-License-Identifier: BSD-2-Clause
   Terms that are a function of one number, as the groups of the SIF format: phi_e(u_e(x)). */
#ifndef TRUSTNCG_GROUP_H
#define TRUSTNCG_GROUP_H

#include "terms.h"

enum { GROUP_WIDTH = 20 };

/* The functions work on the `width` unknowns of term e; d and w come in as zeros. */
typedef struct {
  PetscInt width; /* <= GROUP_WIDTH */
  PetscReal (*inner)(PetscInt N, PetscInt e, const PetscReal x[], PetscReal d[]); /* u, d = u' */
  void (*curvature)(PetscInt N, PetscInt e, const PetscReal x[], const PetscReal v[],
                    PetscReal w[]);                                  /* w = u'' v; NULL for 0 */
  void (*outer)(PetscInt N, PetscInt e, PetscReal u, PetscReal p[]); /* phi, phi', phi'' at u;
                                                                        comes in as for u^2, which
                                                                        NULL stands for */
} Group;

/* p := c p, for phi = c u^2 */
static inline void GroupScale(PetscReal c, PetscReal p[])
{
  for (int k = 0; k < 3; k++) p[k] *= c;
}

/* d = u' and p = (phi, phi', phi'') */
static inline void GroupTerm(const Group *group, PetscInt N, PetscInt e, const PetscReal x[],
                             PetscReal d[], PetscReal p[])
{
  PetscReal u;

  for (PetscInt j = 0; j < group->width; j++) d[j] = 0.0;
  u    = group->inner(N, e, x, d);
  p[0] = u * u;
  p[1] = 2.0 * u;
  p[2] = 2.0;
  if (group->outer) group->outer(N, e, u, p);
}

/* g := g + sum phi' u' */
static inline PetscReal GroupValue(const Group *group, const TermRange *r, const PetscScalar x[],
                                   PetscScalar g[])
{
  PetscReal f = 0.0, xe[GROUP_WIDTH], d[GROUP_WIDTH], p[3];

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt *i = r->idx + group->width * k;

    for (PetscInt j = 0; j < group->width; j++) xe[j] = x[i[j]];
    GroupTerm(group, r->N, r->first + k, xe, d, p);
    f += p[0];
    if (!g) continue;
    for (PetscInt j = 0; j < group->width; j++) g[i[j]] += p[1] * d[j];
  }
  return f;
}

/* Hv := Hv + sum phi'' u' (u'.v) + phi' u'' v */
static inline void GroupHessVec(const Group *group, const TermRange *r, const PetscScalar x[],
                                const PetscScalar v[], PetscScalar Hv[])
{
  PetscReal xe[GROUP_WIDTH], ve[GROUP_WIDTH], d[GROUP_WIDTH], w[GROUP_WIDTH], p[3];

  for (PetscInt k = 0; k < r->count; k++) {
    const PetscInt *i  = r->idx + group->width * k;
    PetscReal       du = 0.0;

    for (PetscInt j = 0; j < group->width; j++) {
      xe[j] = x[i[j]];
      ve[j] = v[i[j]];
      w[j]  = 0.0;
    }
    GroupTerm(group, r->N, r->first + k, xe, d, p);
    for (PetscInt j = 0; j < group->width; j++) du += d[j] * ve[j];
    if (group->curvature) group->curvature(r->N, r->first + k, xe, ve, w);
    for (PetscInt j = 0; j < group->width; j++) Hv[i[j]] += p[2] * du * d[j] + p[1] * w[j];
  }
}

/* Value() and HessVec() of a TermsForm for a group known at compile time, whose functions the
   compiler then puts into the loops. */
#define GROUP_LOOPS(group)                                                                         \
  static PetscReal Value(const TermRange *r, const PetscScalar x[], PetscScalar g[])               \
  {                                                                                                \
    return GroupValue(&group, r, x, g);                                                            \
  }                                                                                                \
  static void HessVec(const TermRange *r, const PetscScalar x[], const PetscScalar v[],            \
                      PetscScalar Hv[])                                                            \
  {                                                                                                \
    GroupHessVec(&group, r, x, v, Hv);                                                             \
  }

#endif
