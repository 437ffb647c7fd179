// SPDX-License-Identifier: BSD-2-Clause
// One solve of a benchmark problem by Trilinos ROL, by the rules of the driver.
//
//   rol -problem minsurf -n 2500 -method trust-region [-pairs 0] [-problem_options=...]
//     [-rtol 1e-6] [-max_equivalents N] [-max_seconds S] [-json FILE] [-csv FILE]
//
// Methods: trust-region (truncated CG), newton-krylov (line search), quasi-newton (line search,
// L-BFGS of so many pairs). In the first, pairs > 0 precondition CG; in the second that crashes
// ROL 13.2. ROL's limit of 20 CG iterations is lifted, its own tests are off: the stop rule is
// ||g|| <= rtol ||g(x0)||, tested at each iterate.
#include <ROL_Solver.hpp>
#include <ROL_StdVector.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <map>
#include <numeric>
#include <string>
#include <vector>

extern "C" { // benchmarks/peers/problems.c
typedef struct PeersProblem *Peers;
int PeersCreate(const char options[], const char name[], long n, Peers *peers);
int PeersSize(Peers peers, long *n);
int PeersStart(Peers peers, double x[]);
int PeersObjGrad(Peers peers, const double x[], double *f, double g[]);
int PeersHessVec(Peers peers, const double x[], const double v[], double Hv[]);
int PeersDestroy(Peers *peers);
}

using Options = std::map<std::string, std::string>;
using Array   = std::vector<double>;
using Vector  = ROL::Vector<double>;

static const Array &Get(const Vector &x)
{
  return *static_cast<const ROL::StdVector<double> &>(x).getVector();
}

static Array &Get(Vector &x)
{
  return *static_cast<ROL::StdVector<double> &>(x).getVector();
}

static double Norm(const Array &a)
{
  return std::sqrt(std::inner_product(a.begin(), a.end(), a.begin(), 0.0));
}

static void Check(int code)
{
  if (code) throw std::runtime_error("PETSc's error " + std::to_string(code));
}

static double Now()
{
  return 1e-9 * (double)std::chrono::steady_clock::now().time_since_epoch().count();
}

struct Stop { // thrown out of a solver; the reason in TAO's words
  std::string reason;
};

// The problem as ROL sees it: counts, remembers the last point, stops as the driver.
class Counted : public ROL::Objective<double> {
public:
  Peers  peers = nullptr;
  double rtol, max_equivalents, max_seconds, f0 = 0.0, gnorm0 = 0.0, began = 0.0;
  long   n = 0, spent = 0; // spent: gradient-equivalents
  Array  x, g;             // the point asked for last
  double f = 0.0;

  explicit Counted(Options &o)
      : rtol(std::stod(o["-rtol"])), max_equivalents(std::stod(o["-max_equivalents"])),
        max_seconds(std::stod(o["-max_seconds"]))
  {
    Check(PeersCreate(o["-problem_options"].c_str(), o["-problem"].c_str(), std::stol(o["-n"]),
                      &peers));
    Check(PeersSize(peers, &n));
    g.resize(n);
  }

  void Evaluate(const Array &at)
  {
    if (at == x) return;
    Count();
    x = at;
    Check(PeersObjGrad(peers, x.data(), &f, g.data()));
  }

  double value(const Vector &at, double &) override
  {
    Evaluate(Get(at));
    return f;
  }

  void gradient(Vector &gradient, const Vector &at, double &) override
  {
    Evaluate(Get(at));
    Get(gradient) = g;
  }

  void hessVec(Vector &Hv, const Vector &v, const Vector &at, double &) override
  {
    Count();
    Check(PeersHessVec(peers, Get(at).data(), Get(v).data(), Get(Hv).data()));
  }

private:
  void Count()
  {
    if (spent >= max_equivalents) throw Stop{"DIVERGED_MAXFCN"};
    if (Now() - began >= max_seconds) throw Stop{"DIVERGED_USER"};
    spent++;
  }
};

struct Row {
  double f, gnorm, seconds;
  long   equivalents;
};

// The common stop rule, asked at each iterate, and the history
class StopRule : public ROL::StatusTest<double> {
public:
  const Counted   &counted;
  std::vector<Row> history;
  Array            x; // the iterate

  explicit StopRule(const Counted &c) : counted(c)
  {
  }

  bool check(ROL::AlgorithmState<double> &state) override
  {
    const bool stuck = !history.empty() && history.back().equivalents == counted.spent;

    x = Get(*state.iterateVec);
    history.push_back({state.value, state.gnorm, Now() - counted.began, counted.spent});
    if (state.gnorm <= counted.rtol * counted.gnorm0) throw Stop{"CONVERGED_GTTOL"};
    if (stuck) throw Stop{"DIVERGED_LS_FAILURE"}; // an iteration without work will go on so
    return true;
  }
};

static ROL::ParameterList Parameters(const std::string &method, int pairs)
{
  ROL::ParameterList list;
  auto              &general = list.sublist("General"), &step = list.sublist("Step");
  auto              &search = step.sublist("Line Search");

  step.set("Type", method == "trust-region" ? "Trust Region" : "Line Search");
  step.sublist("Trust Region").set("Subproblem Solver", "Truncated CG");
  search.sublist("Descent Method")
    .set("Type", method == "quasi-newton" ? "Quasi-Newton Method" : "Newton-Krylov");
  general.sublist("Krylov").set("Type", "Conjugate Gradients");
  general.sublist("Krylov").set("Iteration Limit", 10000);
  general.sublist("Krylov").set("Absolute Tolerance", 1e300); // the relative one alone
  general.sublist("Krylov").set("Relative Tolerance", 1e-1);
  general.sublist("Secant").set("Type", "Limited-Memory BFGS");
  if (pairs) general.sublist("Secant").set("Maximum Storage", pairs);
  general.sublist("Secant").set("Use as Preconditioner", method == "trust-region" && pairs > 0);
  return list;
}

// Why it ended, in TAO's words
static std::string Solve(Counted &counted, const ROL::Ptr<StopRule> &rule, Options &o)
{
  auto x         = ROL::makePtr<ROL::StdVector<double>>((int)counted.n);
  auto list      = Parameters(o["-method"], std::stoi(o["-pairs"]));
  auto objective = ROL::makePtrFromRef<ROL::Objective<double>>(counted);

  try {
    Check(PeersStart(counted.peers, Get(*x).data()));
    counted.g.assign(counted.n, 0.0);
    Check(PeersObjGrad(counted.peers, Get(*x).data(), &counted.f0, counted.g.data()));
    counted.gnorm0 = Norm(counted.g); // the referee's, not counted
    rule->x        = Get(*x);
    counted.began  = Now();
    auto algorithm = ROL::TypeU::AlgorithmFactory<double>(list);
    algorithm->setStatusTest(rule, false);
    algorithm->run(*x, *objective);
  } catch (const Stop &stop) {
    return stop.reason;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return "DIVERGED_ROL";
  }
  return "DIVERGED_ROL";
}

// MB of this program: getrusage() may tell the peak of the one that started it
static double PeakMemory()
{
  std::ifstream file("/proc/self/status");
  std::string   line;
  double        kb = 0.0;

  while (std::getline(file, line)) std::sscanf(line.c_str(), "VmHWM: %lf", &kb);
  return kb / 1024.0;
}

static void Write(Options &o, const Counted &c, const StopRule &rule, const std::string &reason,
                  double cpu)
{
  const double seconds = Now() - c.began;
  double       f;
  Array        g(c.n);

  Check(PeersObjGrad(c.peers, rule.x.data(), &f, g.data()));
  const double gnorm = Norm(g);
  const bool   right = reason[0] == 'C' && f == rule.history.back().f && f <= c.f0 &&
                     std::fabs(gnorm - rule.history.back().gnorm) <= 1e-12 * gnorm;
  std::printf("%s %s: %s, f = %.12g, ||g||/||g(x0)|| = %.3e, %ld gradient-equivalents, %.2f s\n",
              o["-problem"].c_str(), o["-method"].c_str(), reason.c_str(), f, gnorm / c.gnorm0,
              c.spent, cpu);
  if (FILE *file = std::fopen(o["-json"].c_str(), "w")) {
    std::fprintf(file,
                 "{\"n\": %ld, \"ranks\": 1, \"reason\": \"%s\", \"f\": %.17g, \"f0\": %.17g,\n"
                 " \"gnorm\": %.17g, \"gnorm0\": %.17g, \"rtol\": %g, \"iterations\": %zu,\n"
                 " \"gradient_equivalents\": %ld, \"reductions\": null, \"seconds\": %.6f, "
                 "\"cpu_seconds\": %.6f, \"peak_rss_mb\": %.1f,\n"
                 " \"verified\": %s}\n",
                 c.n, reason.c_str(), f, c.f0, gnorm, c.gnorm0, c.rtol,
                 rule.history.empty() ? 0 : rule.history.size() - 1, c.spent, seconds, cpu,
                 PeakMemory(), right ? "true" : "false");
    std::fclose(file);
  }
  if (FILE *file = std::fopen(o["-csv"].c_str(), "w")) {
    int k = 0;

    std::fprintf(file, "iteration,f,gnorm,gradient_equivalents,seconds\n");
    for (const Row &row : rule.history) {
      std::fprintf(file, "%d,%.17g,%.17g,%ld,%.4f\n", k++, row.f, row.gnorm, row.equivalents,
                   row.seconds);
    }
    std::fclose(file);
  }
}

int main(int argc, char **argv)
{
  Options o = {{"-n", "0"}, {"-pairs", "0"}, {"-rtol", "1e-6"}};

  o["-max_equivalents"] = "1e9";
  o["-max_seconds"]     = "1e6";
  for (int k = 1; k < argc; k++) {
    const std::string word = argv[k];
    const size_t      at   = word.find('=');

    if (at != std::string::npos) o[word.substr(0, at)] = word.substr(at + 1);
    else if (k + 1 < argc) o[word] = argv[++k];
  }
  Counted       counted(o);
  auto          rule   = ROL::makePtr<StopRule>(counted);
  const clock_t start  = std::clock();
  const auto    reason = Solve(counted, rule, o);

  Write(o, counted, *rule, reason, (double)(std::clock() - start) / CLOCKS_PER_SEC);
  Check(PeersDestroy(&counted.peers));
  return reason[0] == 'C' ? 0 : 1;
}
