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
  /// A mined pattern became part of another. False when a template has its text: it stays.
  bool Renamed(uint64_t old_id, uint64_t new_id);

  /// What the finder knows a template by: not by its own id when that of a mined pattern with the
  /// same text is counted as part of another by now.
  uint64_t KeyOf(uint64_t template_id) const {
    return merged_.contains(template_id) ? ~template_id : template_id;
  }
  /// The template in force that the finder knows by `key`; null: none.
  const PatternTemplate* ByKey(uint64_t key) const;

  /// Whether any line ever counted for a template.
  bool any() const { return !moved_.empty(); }
  /// Whether lines of the mined pattern were logged, as the finder does not know.
  bool WasLogged(uint64_t mined) const { return moved_.contains(mined); }
  /// Whether templates explain that the finder's pattern `id` is logged more or less than it was.
  /// `mined` are the service's patterns.
  bool Explain(uint64_t id, const LogFinder& finder, const PatternSet& mined, Time now) const;

  template <typename A>
  void Fields(A& a) {
    a(moved_, named_, merged_, hash_, since_);
  }

 private:
  std::shared_ptr<const PatternTemplates> templates_;  // the catalog's in force
  std::set<uint64_t> moved_;                           // mined patterns
  std::set<uint64_t> named_;                           // templates that lines were of, by key
  std::set<uint64_t> merged_;                          // mined patterns that are part of others
  uint64_t hash_ = 0;                                  // of the templates in force
  Time since_{};                                       // when they changed
};

}  // namespace kizashi
