/* SPDX-License-Identifier: BSD-2-Clause
   What the tridiagonal matrix T of Lanczos says of the smallest eigenvalue of H.

   T has the diagonal a_0 .. a_{k-1} and beside it b_0 .. b_{k-2} > 0; b_{k-1} belongs to the vector
   that comes next. That vector is p(H) v_0 with a polynomial p of degree k, and its norm is 1: so
   gamma |p(lambda)| <= 1, where gamma is the component of v_0 along an eigenvector of lambda. Left
   of all eigenvalues of T, |p(t)| = prod d_j / b_j with the pivots d_j of T - t, and grows as t
   falls. A random v_0 has a component below gamma = delta sqrt(pi/(2n)) with a probability of at
   most delta. So with probability 1 - delta no eigenvalue of H is below the t at which
   prod d_j / b_j = 1/gamma.

   References: J. Kuczynski, H. Wozniakowski, Estimating the largest eigenvalue by the power and
   Lanczos algorithms with a random start, SIAM J. Matrix Anal. Appl. 13 (1992), 1094-1122;
   J. L. M. van Dorsselaer, M. E. Hochstenbach, H. A. van der Vorst, Computing probabilistic bounds
   for extreme eigenvalues of symmetric matrices with the Lanczos method, SIAM J. Matrix Anal.
   Appl. 22 (2000), 837-852. */
#include "rules/rules.h"

#define BISECTIONS 200 /* more than a double has use for */
#define INVERSES   3   /* steps of inverse iteration, each gains almost all digits */

/* The next pivot of T - t: a_j - t - b_{j-1}^2 / d_{j-1} */
static inline PetscReal Pivot(PetscInt j, const PetscReal a[], const PetscReal b[], PetscReal t,
                              PetscReal before)
{
  return a[j] - t - (j ? b[j - 1] * b[j - 1] / before : 0.0);
}

/* log prod d_j / b_j; PETSC_NINFINITY where t is not left of all eigenvalues of T */
static PetscReal LogPolynomial(PetscInt k, const PetscReal a[], const PetscReal b[], PetscReal t)
{
  PetscReal sum = 0.0, d = 1.0;

  for (PetscInt j = 0; j < k; j++) {
    d = Pivot(j, a, b, t, d);
    if (!(d > 0.0)) return PETSC_NINFINITY;
    sum += PetscLogReal(d / b[j]);
  }
  return sum;
}

/* The largest t in [low, high] with log |p(t)| >= least, as it is at low */
static PetscReal Bisect(PetscInt k, const PetscReal a[], const PetscReal b[], PetscReal least,
                        PetscReal low, PetscReal high)
{
  for (int i = 0; i < BISECTIONS; i++) {
    const PetscReal t = 0.5 * (low + high);

    if (t <= low || t >= high) break;
    if (LogPolynomial(k, a, b, t) > least) low = t;
    else high = t;
  }
  return low;
}

/* The largest sum of the sizes in a row of T, a bound on ||T||. */
PetscReal TrustNCGTridiagonalNorm(PetscInt k, const PetscReal a[], const PetscReal b[])
{
  PetscReal norm = 0.0;

  for (PetscInt j = 0; j < k; j++) {
    norm = PetscMax(norm, PetscAbsReal(a[j]) + (j ? b[j - 1] : 0.0) + (j < k - 1 ? b[j] : 0.0));
  }
  return norm;
}

/* The smallest eigenvalue of T, from below */
PetscReal TrustNCGSmallestRitz(PetscInt k, const PetscReal a[], const PetscReal b[])
{
  const PetscReal norm = TrustNCGTridiagonalNorm(k, a, b);

  /* a b of 0 makes |p| infinite, but no pivot negative */
  return Bisect(k, a, b, PETSC_NINFINITY, -norm * (1.0 + 4.0 * PETSC_MACHINE_EPSILON), norm);
}

/* With probability 1 - delta no eigenvalue of H, of order n, is below what is returned; theta is
   the smallest eigenvalue of T. */
PetscReal TrustNCGCurvatureBound(PetscInt k, const PetscReal a[], const PetscReal b[],
                                 PetscReal theta, PetscReal n, PetscReal delta)
{
  const PetscReal least = -PetscLogReal(delta * PetscSqrtReal(PETSC_PI / (2.0 * n)));
  const PetscReal norm  = TrustNCGTridiagonalNorm(k, a, b);
  PetscReal       below = PETSC_MACHINE_EPSILON * norm;

  if (b[k - 1] == 0.0) return theta; /* the vectors span an invariant subspace */
  below = PetscMax(below, PETSC_MACHINE_EPSILON * b[k - 1]);
  while (LogPolynomial(k, a, b, theta - below) < least) below *= 2.0;
  return Bisect(k, a, b, least, theta - below, theta);
}

static void Normalise(PetscInt k, PetscReal s[])
{
  PetscReal most = 0.0, ss = 0.0;

  for (PetscInt j = 0; j < k; j++) most = PetscMax(most, PetscAbsReal(s[j]));
  for (PetscInt j = 0; j < k; j++) {
    s[j] /= most; /* its squares do not overflow */
    ss += s[j] * s[j];
  }
  for (PetscInt j = 0; j < k; j++) s[j] /= PetscSqrtReal(ss);
}

/* s = the eigenvector of T for its smallest eigenvalue theta, of norm 1, by inverse iteration with
   T - theta = L D L'. Its entries alternate in sign: the start is not orthogonal to it. */
void TrustNCGRitzVector(PetscInt k, const PetscReal a[], const PetscReal b[], PetscReal theta,
                        PetscReal d[], PetscReal s[])
{
  const PetscReal norm = TrustNCGTridiagonalNorm(k, a, b);
  const PetscReal tiny = norm > 0.0 ? PETSC_MACHINE_EPSILON * norm : 1.0;

  for (PetscInt j = 0; j < k; j++) {
    d[j] = PetscMax(tiny, Pivot(j, a, b, theta, j ? d[j - 1] : 1.0));
    s[j] = j % 2 ? -1.0 : 1.0;
  }
  for (int i = 0; i < INVERSES; i++) {
    for (PetscInt j = 1; j < k; j++) s[j] -= b[j - 1] / d[j - 1] * s[j - 1];
    for (PetscInt j = k - 1; j >= 0; j--) {
      s[j] = (s[j] - (j < k - 1 ? b[j] * s[j + 1] : 0.0)) / d[j];
    }
    Normalise(k, s);
  }
}
