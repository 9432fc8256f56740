// Runs Prometheus' test files on the engine, as strictly as Prometheus' own harness of 2.42.
//
// Every instant case is repeated, at other times, with `@ T` on each of its selectors, and each of
// these as a range query of three steps of which the middle one is compared.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "query/promql/test_script.h"

namespace kizashi::promql {

struct TestFailure {
  size_t line = 0;
  std::string message;  // what was asked, expected and got, in one line
};

struct TestReport {
  size_t passed = 0;
  std::vector<TestFailure> failures;
};

/// Runs the commands in order on a source of its own.
TestReport RunTestScript(const std::vector<TestCommand>& commands);

/// The harness' equality: relative 1e-6, NaN equals NaN.
bool AlmostEqual(double a, double b);

}  // namespace kizashi::promql
