/* SPDX-License-Identifier: BSD-2-Clause
   What the derivative check concludes: which of f, gradient and Hv is wrong, and where. */
#include "tao/doctor.h"
#include <stdarg.h>

#define SLIGHT 1e-8 /* asymmetry and nonlinearity worth a remark */
#define GRAVE  1e-2 /* and those that are faults */
#define LISTED 8    /* ranks named one by one */
#define RANKS  64   /* and looked at one by one */

/* Appends a line to the faults, or to the remarks. */
static PetscErrorCode Say(Doctor *d, PetscBool fault, const char format[], ...)
  PETSC_ATTRIBUTE_FORMAT(3, 4);

static PetscErrorCode Say(Doctor *d, PetscBool fault, const char format[], ...)
{
  char    line[400];
  size_t  full;
  va_list args;

  PetscFunctionBegin;
  va_start(args, format);
  PetscCall(PetscVSNPrintf(line, sizeof(line), format, &full, args));
  va_end(args);
  if (fault) {
    PetscCall(PetscStrlcat(d->words, "\n  ", sizeof(d->words)));
    PetscCall(PetscStrlcat(d->words, line, sizeof(d->words)));
    d->faults++;
  } else {
    PetscCall(PetscStrlcat(d->remarks, "\n  ", sizeof(d->remarks)));
    PetscCall(PetscStrlcat(d->remarks, line, sizeof(d->remarks)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool Disagree(const DoctorGap *gap)
{
  return (PetscBool)(gap->fit == TRUSTNCG_FIT_WRONG || gap->fit == TRUSTNCG_FIT_INEXACT);
}

/* From gaps and doubts, rung by rung, the verdict at the rung of least doubt. */
static void Judge(const Doctor *d, const PetscReal gap[], const PetscReal doubt[], PetscReal claim,
                  PetscBool norms, DoctorGap *best)
{
  const PetscInt k = TrustNCGBestRung(TRUSTNCG_RUNGS, doubt);

  best->fit = TRUSTNCG_FIT_HIDDEN;
  if (k < 0) return;
  best->h     = d->c.rung[k].h;
  best->gap   = gap[k];
  best->doubt = doubt[k];
  best->scale =
    PetscMax(PetscAbsReal(claim), norms ? d->c.rung[k].Dnorm : PetscAbsReal(claim + gap[k]));
  best->fit = TrustNCGJudge(PetscAbsReal(gap[k]), doubt[k], best->scale);
}

/* f against g by the trapezoidal rule: df/h - (g + g_h)'v/2 is O(h^2); one rung above tells how
   far it still is from its limit. */
static void JudgeGradient(Doctor *d)
{
  const TrustNCGCheck *c = &d->c;
  PetscReal            gap[TRUSTNCG_RUNGS], doubt[TRUSTNCG_RUNGS];

  for (PetscInt k = 0; k < TRUSTNCG_RUNGS; k++) {
    const TrustNCGRung *r = &c->rung[k];

    doubt[k] = PETSC_INFINITY;
    if (!r->finite) continue;
    gap[k] = r->df / r->h - (c->slope + r->slope) / 2.0;
    if (k == 0 || !r[-1].finite) continue;
    doubt[k] = PetscAbsReal(gap[k] - gap[k - 1]) + 2.0 * c->noisef / r->h + c->noiseg * c->vnorm;
  }
  Judge(d, gap, doubt, c->slope, PETSC_FALSE, &d->fg);
}

/* g against Hv by D = (g_h - g)/h, and f against v'Hv by second divided differences. */
static void JudgeProduct(Doctor *d)
{
  const TrustNCGCheck *c     = &d->c;
  const PetscReal      noise = 2.0 * c->noiseg * c->share;
  PetscReal            gap[TRUSTNCG_RUNGS], doubt[TRUSTNCG_RUNGS], curve[TRUSTNCG_RUNGS],
    doubtc[TRUSTNCG_RUNGS];

  for (PetscInt k = 0; k < TRUSTNCG_RUNGS; k++) {
    const TrustNCGRung *r = &c->rung[k];

    doubt[k] = doubtc[k] = curve[k] = PETSC_INFINITY;
    if (!r->finite) continue;
    gap[k]   = r->remg / r->h;
    doubt[k] = r->move + noise / r->h;
    if (k == 0 || !r[-1].finite) continue;
    curve[k] = TrustNCGCurvature(r[-1].h, r[-1].df, r->h, r->df) - c->vHv;
    if (k == 1 || !r[-2].finite) continue;
    doubtc[k] = PetscAbsReal(curve[k] - curve[k - 1]) + 4.0 * c->noisef / (r->h * r[-1].h);
  }
  Judge(d, gap, doubt, c->Hvnorm, PETSC_TRUE, &d->gH);
  Judge(d, curve, doubtc, c->vHv, PETSC_FALSE, &d->fH);
}

/* Off by its sign, or by the factor that would mend it? */
static PetscErrorCode Factor(PetscReal factor, char words[64])
{
  PetscFunctionBegin;
  if (PetscAbsReal(factor + 1.0) < GRAVE) PetscCall(PetscStrncpy(words, ": opposite sign", 64));
  else PetscCall(PetscSNPrintf(words, 64, ": a factor of %.4g would mend it", (double)factor));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SayGradient(Doctor *d)
{
  const char *who  = "The gradient or f is wrong";
  const char *hint = "";
  char        factor[64];

  PetscFunctionBegin;
  if (d->fg.fit == TRUSTNCG_FIT_INEXACT) {
    PetscCall(Say(d, PETSC_FALSE,
                  "f and the gradient differ slightly, by %.2g of g'v: a gradient with an inner "
                  "tolerance, or an error in few unknowns",
                  (double)(PetscAbsReal(d->fg.gap) / d->fg.scale)));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (d->c.apply && d->gH.fit == TRUSTNCG_FIT_WRONG && d->fH.fit != TRUSTNCG_FIT_WRONG &&
      d->fH.fit != TRUSTNCG_FIT_HIDDEN) {
    who  = "The gradient is wrong";
    hint = "; f and Hv fit each other";
  } else if (d->c.apply && d->gH.fit == TRUSTNCG_FIT_WRONG) {
    hint = "; nor does Hv fit this gradient";
  } else if (d->c.apply && d->gH.fit != TRUSTNCG_FIT_HIDDEN) {
    hint = "; Hv is the derivative of this gradient";
  }
  PetscCall(PetscStrncpy(factor, "", sizeof(factor)));
  if (d->c.slope != 0.0) PetscCall(Factor((d->c.slope + d->fg.gap) / d->c.slope, factor));
  PetscCall(Say(d, PETSC_TRUE, "%s: along v, g'v = %.6g, differences of f say %.6g%s%s", who,
                (double)d->c.slope, (double)(d->c.slope + d->fg.gap), factor, hint));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The rank that owns row `row` of the solution. */
static PetscErrorCode Owner(const Doctor *d, PetscInt row, PetscMPIInt *rank)
{
  const PetscInt *range;
  PetscMPIInt     size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(d->comm, &size));
  PetscCall(VecGetOwnershipRanges(d->c.x, &range));
  for (*rank = 0; *rank + 1 < size && row >= range[*rank + 1];) (*rank)++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is Hv a multiple of what it should be? At the rung of the verdict, least squares. */
static PetscErrorCode ProductFactor(const Doctor *d, char words[64])
{
  const PetscReal Hv2 = d->c.Hvnorm * d->c.Hvnorm;

  PetscFunctionBegin;
  words[0] = '\0';
  for (PetscInt k = 0; k < TRUSTNCG_RUNGS; k++) {
    const TrustNCGRung *r = &d->c.rung[k];

    if (r->h != d->gH.h || Hv2 == 0.0) continue;
    if (PetscSqr(r->Dnorm) - PetscSqr(r->DHv) / Hv2 <= PetscSqr(GRAVE * r->Dnorm)) {
      PetscCall(Factor(r->DHv / Hv2, words));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SayProduct(Doctor *d)
{
  const PetscBool wrong = (PetscBool)(d->gH.fit == TRUSTNCG_FIT_WRONG);
  const char     *who   = wrong ? "Hv is wrong" : "Hv is inexact";
  char            factor[64];
  PetscInt        row;
  PetscReal       D, Hv;
  PetscMPIInt     rank;

  PetscFunctionBegin;
  if (d->c.Hvnorm == 0.0) {
    PetscCall(Say(d, wrong, "Hv is 0, differences of the gradient are not"));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(TrustNCGCheckWorstRow(&d->c, d->gH.h, &row, &D, &Hv));
  PetscCall(Owner(d, row, &rank));
  PetscCall(ProductFactor(d, factor));
  PetscCall(
    Say(d, wrong,
        "%s: it differs from differences of the gradient by %.2g of its norm%s; most in row "
        "%" PetscInt_FMT " (rank %d), %.6g where they say %.6g",
        who, (double)(d->gH.gap / d->gH.scale), factor, row, rank, (double)Hv, (double)D));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SayOperator(Doctor *d)
{
  const TrustNCGCheck *c     = &d->c;
  const PetscReal      error = d->gH.scale > 0.0 ? (d->gH.gap + d->gH.doubt) / d->gH.scale : 0.0;

  PetscFunctionBegin;
  if (c->asymmetry > SLIGHT) {
    PetscCall(Say(d, (PetscBool)(c->asymmetry > GRAVE),
                  "H is not symmetric: u'Hv and v'Hu differ by %.2g of their typical size",
                  (double)c->asymmetry));
  }
  if (c->nonlinear > SLIGHT) {
    PetscCall(Say(d, (PetscBool)(c->nonlinear > GRAVE),
                  "Hv is not linear in v: H(2v) and 2Hv differ by %.2g of it",
                  (double)c->nonlinear));
  }
  if (c->stale > PetscMax(SLIGHT, 10.0 * c->nonlinear)) {
    PetscCall(Say(d, (PetscBool)(c->stale > GRAVE),
                  "Hv is that of another point: at x it changes by %.2g after f, the gradient and "
                  "Hv were evaluated elsewhere, so it uses state that they left",
                  (double)c->stale));
  }
  if (c->frozen > GRAVE + 10.0 * error) { /* D is no better there than at x */
    PetscCall(Say(d, PETSC_TRUE,
                  "Hv does not follow x: at another point it is the same, where differences of the "
                  "gradient change by %.2g of it; it is kept from an earlier point, or a constant",
                  (double)c->frozen));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The fit of a part of the unknowns, on the scale of its own slope and of a typical one. */
static PetscErrorCode JudgePart(Doctor *d, PetscInt lo, PetscInt hi, TrustNCGPart *part,
                                DoctorGap *gap)
{
  PetscInt N;

  PetscFunctionBegin;
  part->lo = lo;
  part->hi = hi;
  PetscCall(TrustNCGCheckPart(&d->c, d->fg.h, part));
  PetscCall(VecGetSize(d->c.x, &N));
  gap->gap   = part->gap;
  gap->doubt = part->doubt;
  gap->scale = PetscMax(PetscMax(PetscAbsReal(part->slope), PetscAbsReal(part->slope + part->gap)),
                        d->c.gnorm * part->norm / PetscSqrtReal((PetscReal)N));
  gap->fit   = TrustNCGJudge(PetscAbsReal(part->gap), part->doubt, gap->scale);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Which ranks' unknowns hold the gap; the one with most of it is [*lo, *hi). */
static PetscErrorCode LocateRanks(Doctor *d, PetscInt *lo, PetscInt *hi)
{
  const PetscInt *range;
  PetscMPIInt     size;
  PetscInt        bad  = 0;
  PetscReal       most = 0.0;
  TrustNCGPart    part;
  DoctorGap       gap = {.gap = 0.0};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(d->comm, &size));
  *lo = 0;
  PetscCall(VecGetSize(d->c.x, hi));
  if (size == 1 || size > RANKS) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecGetOwnershipRanges(d->c.x, &range));
  for (PetscMPIInt r = 0; r < size; r++) {
    PetscCall(JudgePart(d, range[r], range[r + 1], &part, &gap));
    if (!Disagree(&gap)) continue;
    if (bad++ < LISTED) {
      PetscCall(Say(d, (PetscBool)(gap.fit == TRUSTNCG_FIT_WRONG),
                    "rank %d, unknowns %" PetscInt_FMT " to %" PetscInt_FMT
                    ": g'v = %.6g there, differences of f say %.6g",
                    r, part.lo, part.hi - 1, (double)part.slope, (double)(part.slope + part.gap)));
    }
    if (PetscAbsReal(part.gap) <= most) continue;
    most = PetscAbsReal(part.gap);
    *lo  = part.lo;
    *hi  = part.hi;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Halves the range, always towards the larger gap, to an unknown at fault. */
static PetscErrorCode LocateUnknown(Doctor *d, PetscInt lo, PetscInt hi)
{
  TrustNCGPart part[2];
  DoctorGap    gap[2];
  PetscInt     side = 0;
  PetscMPIInt  rank;

  PetscFunctionBegin;
  PetscCall(JudgePart(d, lo, hi, &part[0], &gap[0]));
  while (Disagree(&gap[side]) && hi - lo > 1) {
    const PetscInt mid = lo + (hi - lo) / 2;

    PetscCall(JudgePart(d, lo, mid, &part[0], &gap[0]));
    PetscCall(JudgePart(d, mid, hi, &part[1], &gap[1]));
    side = PetscAbsReal(gap[1].gap) > PetscAbsReal(gap[0].gap) ? 1 : 0;
    lo   = part[side].lo;
    hi   = part[side].hi;
  }
  if (!Disagree(&gap[side])) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Owner(d, lo, &rank));
  PetscCall(Say(d, (PetscBool)(gap[side].fit == TRUSTNCG_FIT_WRONG),
                "unknown %" PetscInt_FMT " (rank %d): its gradient is %.6g, differences of f say "
                "%.6g",
                lo, rank, (double)(part[side].slope / part[side].norm),
                (double)((part[side].slope + part[side].gap) / part[side].norm)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Fills the verdict; more evaluations only where there is something to find. */
PetscErrorCode TrustNCGDoctorJudge(Doctor *d)
{
  PetscInt lo, hi;

  PetscFunctionBegin;
  JudgeGradient(d);
  if (d->c.apply) JudgeProduct(d);
  if (Disagree(&d->fg)) {
    PetscCall(SayGradient(d));
    PetscCall(LocateRanks(d, &lo, &hi));
    PetscCall(LocateUnknown(d, lo, hi));
  }
  if (d->fg.fit == TRUSTNCG_FIT_HIDDEN) {
    PetscCall(Say(d, PETSC_FALSE, "whether the gradient fits f cannot be told along this v"));
  }
  if (d->c.apply && PetscIsInfOrNanReal(d->c.Hvnorm)) {
    PetscCall(Say(d, PETSC_TRUE, "Hv is not finite"));
  } else if (d->c.apply) {
    if (Disagree(&d->gH) && d->fg.fit != TRUSTNCG_FIT_WRONG) PetscCall(SayProduct(d));
    if (d->gH.fit == TRUSTNCG_FIT_HIDDEN) {
      PetscCall(Say(d, PETSC_FALSE, "whether Hv fits the gradient cannot be told along this v"));
    }
    PetscCall(SayOperator(d));
  }
  if (d->c.spread > 0.0) {
    PetscCall(
      Say(d, PETSC_TRUE,
          "f is not the same number on all ranks: it differs by up to %.2g; reduce it once, "
          "or broadcast it",
          (double)d->c.spread));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
