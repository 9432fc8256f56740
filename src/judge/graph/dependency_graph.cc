#include "judge/graph/dependency_graph.h"

#include <algorithm>
#include <deque>

#include "catalog/catalog.h"

namespace kizashi {

void DependencyGraph::Declare(const Catalog& catalog) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const Service& service : catalog.services()) {
    for (const std::string& callee : service.depends_on) pairs.emplace_back(service.name, callee);
  }
  Declare(std::move(pairs));
}

void DependencyGraph::Declare(std::vector<std::pair<std::string, std::string>> caller_callee) {
  declared_.clear();
  for (auto& pair : caller_callee) {
    if (pair.first != pair.second) declared_.insert(std::move(pair));
  }
  Mend();
}

void DependencyGraph::Saw(std::string_view caller, std::string_view callee, Time now) {
  if (caller == callee || caller.empty() || callee.empty()) return;
  const std::pair<std::string, std::string> key(caller, callee);
  const auto found = seen_.find(key);
  if (found != seen_.end()) {
    found->second = std::max(found->second, now);
    return;
  }
  seen_.emplace(key, now);
  Link(key.first, key.second);
  if (seen_.size() <= kEdgesMax) return;
  seen_.erase(std::min_element(seen_.begin(), seen_.end(),
                               [](const auto& a, const auto& b) { return a.second < b.second; }));
  Mend();
}

void DependencyGraph::Forget(Time now) {
  const size_t before = seen_.size();
  std::erase_if(seen_, [&](const auto& edge) { return now - edge.second > kForgetAfter; });
  if (seen_.size() != before) Mend();
}

void DependencyGraph::Rename(const std::function<std::string(std::string_view)>& name_of) {
  std::map<std::pair<std::string, std::string>, Time> renamed;
  for (const auto& [key, time] : seen_) {
    std::pair<std::string, std::string> names(name_of(key.first), name_of(key.second));
    if (names.first == names.second) continue;
    Time& last = renamed[std::move(names)];
    last = std::max(last, time);
  }
  seen_ = std::move(renamed);
  Mend();
}

std::vector<DependencyGraph::Edge> DependencyGraph::Edges() const {
  std::map<std::pair<std::string, std::string>, Edge> edges;
  for (const auto& key : declared_) edges[key] = {key.first, key.second, true, {}};
  for (const auto& [key, time] : seen_) {
    Edge& edge = edges[key];
    edge = {key.first, key.second, edge.declared, time};
  }
  std::vector<Edge> list;
  list.reserve(edges.size());
  for (auto& [key, edge] : edges) list.push_back(std::move(edge));
  return list;
}

bool DependencyGraph::Knows(std::string_view service) const {
  return callees_.contains(service) || callers_.contains(service);
}

DependencyGraph::Steps DependencyGraph::Walk(const Neighbours& neighbours, std::string_view from,
                                             int steps_max) {
  Steps steps;
  std::deque<std::pair<std::string_view, int>> open{{from, 0}};
  while (!open.empty()) {
    const auto [at, distance] = open.front();
    open.pop_front();
    const auto next = neighbours.find(at);
    if (distance == steps_max || next == neighbours.end()) continue;
    for (const std::string& name : next->second) {
      if (name == from || !steps.emplace(name, distance + 1).second) continue;
      open.emplace_back(name, distance + 1);
    }
  }
  return steps;
}

DependencyGraph::Steps DependencyGraph::CallersOf(std::string_view service, int steps_max) const {
  return Walk(callers_, service, steps_max);
}

DependencyGraph::Steps DependencyGraph::CalleesOf(std::string_view service, int steps_max) const {
  return Walk(callees_, service, steps_max);
}

void DependencyGraph::Link(const std::string& caller, const std::string& callee) {
  callees_[caller].insert(callee);
  callers_[callee].insert(caller);
}

void DependencyGraph::Mend() {
  callees_.clear();
  callers_.clear();
  for (const auto& [key, time] : seen_) Link(key.first, key.second);
  for (const auto& key : declared_) Link(key.first, key.second);
}

}  // namespace kizashi
