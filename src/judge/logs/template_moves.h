// What a team's templates moved: mined patterns whose lines count for a template now, or did.
//
// A change of templates is no change of the log. So lines are not news when either their mined
// pattern or their template was logged before, and rates of what lost or got lines by it are not
// compared with the past until kSettle has gone; a mined pattern that templates cover stays away
// for good. Part of the judge's state; one thread. Limit: kIdsMax ids of each kind; further ones
// are treated as if their lines had come and gone by themselves.
#pragma once

#include <cstdint>
#include <memory>
#include <set>

#include "base/clock.h"
#include "judge/logs/log_finder.h"
#include "pattern/pattern_set.h"
#include "pattern/templates.h"

namespace kizashi {

class TemplateMoves {
 public:
  static constexpr Duration kSettle = std::chrono::hours(2);
  static constexpr size_t kIdsMax = 20'000;

  /// These templates are in force from now on; null: none. `logged`: lines were counted before.
  void Follow(std::shared_ptr<const PatternTemplates> templates, bool logged, Time now);
  /// A line of a mined pattern counts for a template.
  void Saw(uint64_t mined, uint64_t template_id);
  /// A mined pattern became part of another.
  void Renamed(uint64_t old_id, uint64_t new_id);

  /// Whether the pattern stays what it is, though mining has made it part of another.
  bool Freezes(uint64_t id) const {
    return templates_ != nullptr && templates_->ById(id) != nullptr;
  }
  /// Whether any line ever counted for a template.
  bool any() const { return !moved_.empty(); }
  const PatternTemplates* templates() const { return templates_.get(); }
  /// Whether lines of the mined pattern were logged, as the finder does not know.
  bool WasLogged(uint64_t mined) const { return moved_.contains(mined); }
  /// Whether templates explain that the finder's pattern `id` is logged more or less than it was.
  /// `mined` are the service's patterns.
  bool Explain(uint64_t id, const LogFinder& finder, const PatternSet& mined, Time now) const;

  template <typename A>
  void Fields(A& a) {
    a(moved_, named_, hash_, since_);
  }

 private:
  std::shared_ptr<const PatternTemplates> templates_;  // the catalog's in force
  std::set<uint64_t> moved_;                           // mined patterns
  std::set<uint64_t> named_;                           // templates that lines were of
  uint64_t hash_ = 0;                                  // of the templates in force
  Time since_{};                                       // when they changed
};

}  // namespace kizashi
