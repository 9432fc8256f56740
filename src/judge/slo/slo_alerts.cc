#include "judge/slo/slo_alerts.h"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/slo_alerts.h"

namespace kizashi {
namespace {

std::string PairMeaning(const BurnPair& pair) {
  return fmt::format("{} {} {}/{} x{} for {}", pair.name, SeverityName(pair.severity),
                     FormatDuration(pair.long_window), FormatDuration(pair.short_window),
                     pair.factor, FormatDuration(pair.hold));
}

}  // namespace

const std::vector<SloAlerts::Pair>& SloAlerts::Evaluate(const SloSpec& slo,
                                                        const SloTracker& tracker, Time now) {
  const std::vector<BurnPair> pairs = ReachablePairs(slo);
  states_.resize(pairs.size());
  pairs_.clear();
  for (size_t i = 0; i < pairs.size(); ++i) {
    State& state = states_[i];
    if (std::string text = PairMeaning(pairs[i]); state.pair != text)
      state = {std::move(text), {}, false};
    BurnState burn = EvaluatePair(pairs[i], slo, tracker, now);
    if (burn.known) {
      if (!burn.firing()) {
        state.burns_since.reset();
        state.firing = false;
      } else {
        if (!state.burns_since) state.burns_since = now;
        state.firing = now - *state.burns_since >= pairs[i].hold;
      }
    }
    pairs_.push_back({std::move(burn), state.firing});
  }
  return pairs_;
}

const SloAlerts::Pair* SloAlerts::Firing(Severity severity, bool to_tell) const {
  for (const Pair& pair : pairs_) {
    if (to_tell && !pair.burn.filled) continue;
    if (pair.firing && pair.burn.pair.severity == severity) return &pair;
  }
  return nullptr;
}

bool SloAlerts::Frozen(Severity severity) const {
  bool frozen = false;
  for (const Pair& pair : pairs_) {
    if (pair.burn.pair.severity != severity) continue;
    if (pair.burn.known) return false;
    frozen = true;
  }
  return frozen;
}

std::vector<std::string> FiringNames(const std::vector<SloAlerts::Pair>& pairs) {
  std::vector<std::string> names;
  for (const SloAlerts::Pair& pair : pairs) {
    if (!pair.firing) continue;
    std::string name = pair.burn.pair.name;
    if (name.empty()) name = SeverityName(pair.burn.pair.severity);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

}  // namespace kizashi
