// Text scenarios: what goes in and what must come out, on a virtual clock.
//
// One file tells one story. tests/scenario/README.md has the grammar.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "catalog/load.h"
#include "store/records.h"
#include "wire/telemetry.h"

namespace kizashi::scenario {

/// From `at` on: matching series take this value; with `every`, new series begin.
struct SeriesAction {
  Time at{};
  std::vector<Labels> series;  // with `every`: what begins
  std::vector<Label> match;    // without: which of the running ones change
  enum class Kind { kSet, kAdd, kStop } kind = Kind::kSet;
  double value = 0;  // kAdd: growth at each scrape
  Duration every{0};
};

struct LogAction {
  Time at{};
  Labels stream;
  std::string text;  // "%n" becomes a running number
  Duration every{0};
  int times = -1;  // -1: until the end
};

struct Expectation {
  int line = 0;
  enum class Kind { kBy, kNever, kCount } kind = Kind::kBy;
  std::optional<Time> by;
  std::optional<Time> after;
  int count = 0;
  std::string what;                // "anomaly", "anomaly-end", "page", "ticket", "resolved"
  std::vector<std::string> words;  // each must be a word of the event: service, code, slo, k=v
  bool price_above_zero = false;
};

/// From `at` on this is the catalog.
struct CatalogAction {
  Time at{};
  std::vector<CatalogSource> catalog;
};

/// At `at` the slices of an SLO that end in (since, until], one each `interval`, are filled in.
struct FillAction {
  Time at{};
  std::string service;
  std::string slo;
  Time since{};
  Time until{};
  Duration interval{std::chrono::minutes(1)};
  double good = 0;
  double total = 0;
};

struct Scenario {
  std::vector<CatalogSource> catalog;
  std::vector<CatalogAction> catalogs;  // the later ones
  std::vector<SeriesAction> series;
  std::vector<LogAction> logs;
  std::vector<FillAction> fills;
  std::vector<Expectation> expectations;
  Time begin{};
  Time end{};
};

StatusOr<Scenario> Parse(const std::string& text);

/// One thing that the judge said, in words that expectations name.
struct Event {
  Time time{};
  std::string what;
  std::vector<std::string> words;
  double price = 0;
  std::string text;
};

/// Plays the scenario from its begin to its end. With `restart_every` > 0 the judge is saved and
/// restored after so many entries; nothing may come out differently.
std::vector<Event> Play(const Scenario& scenario, int restart_every);

/// What was expected and did not happen, or happened and was not to; empty when all is well.
std::vector<std::string> Check(const Scenario& scenario, const std::vector<Event>& events);

}  // namespace kizashi::scenario
