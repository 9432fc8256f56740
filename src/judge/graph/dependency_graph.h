// Who calls whom: what the catalog declares, and what was seen in traffic.
//
// Part of the judge's state, as far as it was seen; what is declared comes from the catalog in
// force. One thread. Names are the catalog's where it claims what telemetry names, else telemetry's
// own; a peer that sends no telemetry ("mysql") is a name like any other. Bounded: kEdgesMax seen
// edges, of which the one not seen for longest makes room; one not seen for kForgetAfter is
// forgotten.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace kizashi {

class Catalog;

class DependencyGraph {
 public:
  static constexpr size_t kEdgesMax = 20'000;
  static constexpr Duration kForgetAfter = std::chrono::hours(7 * 24);

  struct Edge {
    std::string caller;
    std::string callee;
    bool declared = false;
    Time last_seen{};  // zero: never
  };

  /// Takes depends_on of every service in place of what was declared before.
  void Declare(const Catalog& catalog);
  void Declare(std::vector<std::pair<std::string, std::string>> caller_callee);
  /// Requests went from `caller` to `callee`. A service is no dependency of itself.
  void Saw(std::string_view caller, std::string_view callee, Time now);
  void Forget(Time now);
  /// Calls what was seen by what `name_of` says of each name: a new catalog may claim others.
  void Rename(const std::function<std::string(std::string_view)>& name_of);

  bool empty() const { return seen_.empty() && declared_.empty(); }
  /// By caller, then callee.
  std::vector<Edge> Edges() const;
  /// Whether anything is known of the service.
  bool Knows(std::string_view service) const;

  /// Steps on the shortest way, to services at most `steps_max` away; without the service itself.
  using Steps = std::map<std::string, int, std::less<>>;
  /// Those that call `service`, directly or by others.
  Steps CallersOf(std::string_view service, int steps_max) const;
  /// Those that `service` calls.
  Steps CalleesOf(std::string_view service, int steps_max) const;

  template <typename A>
  void Fields(A& a) {
    a(seen_);
    if constexpr (A::kReading) Mend();
  }

 private:
  using Neighbours = std::map<std::string, std::set<std::string, std::less<>>, std::less<>>;
  static Steps Walk(const Neighbours& neighbours, std::string_view from, int steps_max);
  void Link(const std::string& caller, const std::string& callee);
  void Mend();

  std::map<std::pair<std::string, std::string>, Time> seen_;  // caller, callee
  std::set<std::pair<std::string, std::string>> declared_;
  // Follows from both.
  Neighbours callees_;
  Neighbours callers_;
};

}  // namespace kizashi
