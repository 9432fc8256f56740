// The pattern of each line of one service, in the stream.
//
// A line whose skeleton was met before has its pattern at once. One that is new is held until the
// step ends (Resolve): only then is it known whether it is another form of a known pattern. A line
// that is of one of the team's templates counts for that, and tells mining all the same: what is
// mined does not depend on templates. Part of the judge's state. One thread. Memory: a PatternSet,
// and at most kHeldMax lines that are held; when there are more, further new ones count as the
// pattern "<*>".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "ingest/telemetry_sink.h"
#include "pattern/pattern_set.h"
#include "pattern/templates.h"

namespace kizashi {

class LinePatterns {
 public:
  static constexpr size_t kHeldMax = 1000;
  static constexpr size_t kTextBytesMax = 4 << 10;  // of a line that is held

  struct Named {
    uint64_t id = 0;
    std::string_view text;  // good until the next call
    std::string_view name;  // the template's, for people
    uint64_t mined = 0;     // the pattern that mining found; `id` when no template has the line
  };
  /// The first line of a skeleton and a template, and how many came of it.
  struct Held {
    LogLine line;
    StreamId stream = 0;
    uint64_t count = 0;
    uint64_t skeleton = 0;
    bool learnt = false;       // as the caller said of the log when the line came
    uint64_t template_id = 0;  // 0: none
    template <typename A>
    void Fields(A& a) {
      a(line.time, line.text, line.severity, stream, count, skeleton, learnt, template_id);
    }
  };

  /// The templates in force from now on, of the catalog; null: none. They live until the next call.
  void UseTemplates(const PatternTemplates* templates) { templates_ = templates; }

  /// The pattern of a line, or nothing while it is held.
  std::optional<Named> Add(const LogLine& line, StreamId stream, bool learnt);

  /// Finds the patterns anew, tells which became part of another, then gives the lines that were
  /// held.
  void Resolve(const PatternSet::Renamed& renamed,
               const std::function<void(const Held&, const Named&)>& visit);

  const PatternSet& set() const { return set_; }

  template <typename A>
  void Fields(A& a) {
    std::string set;
    if constexpr (!A::kReading) set = set_.Save();
    a(set, held_);
    if constexpr (A::kReading) {
      set_ = PatternSet();
      if (!set_.Restore(set).ok()) a.Fail();
      index_.clear();
      for (size_t i = 0; i < held_.size(); ++i)
        index_[{held_[i].skeleton, held_[i].template_id}] = i;
    }
  }

 private:
  static Named NameOf(const PatternSet::Pattern& mined, const PatternTemplate* of);

  PatternSet set_;
  std::vector<Held> held_;                                 // as they came
  std::map<std::pair<uint64_t, uint64_t>, size_t> index_;  // skeleton, template: the place there
  const PatternTemplates* templates_ = nullptr;
};

}  // namespace kizashi
