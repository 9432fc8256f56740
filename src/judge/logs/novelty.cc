#include "judge/logs/novelty.h"

namespace kizashi {

std::optional<Novelty::News> Novelty::Add(uint64_t pattern_id, Time time) {
  const auto found = patterns_.find(pattern_id);
  if (found != patterns_.end()) {
    Pattern& pattern = found->second;
    if (pattern.count == 1) --seen_once_;
    ++pattern.count;
    pattern.last_seen = time;
    ++lines_;
    return std::nullopt;
  }
  std::optional<News> news;
  if (patterns_.size() < kPatternsMax) {
    if (IsLearnt()) news = News{pattern_id, UnseenShare(), lines_};
    patterns_[pattern_id] = {1, time, time};
    ++seen_once_;
  } else {
    ++other_lines_;
  }
  ++lines_;
  return news;
}

bool Novelty::IsLearnt() const { return lines_ >= kLinesMin && UnseenShare() <= kUnseenShareMax; }

double Novelty::UnseenShare() const {
  if (lines_ == 0) return 1;
  return static_cast<double>(seen_once_) / static_cast<double>(lines_);
}

const Novelty::Pattern* Novelty::Find(uint64_t pattern_id) const {
  const auto found = patterns_.find(pattern_id);
  return found == patterns_.end() ? nullptr : &found->second;
}

}  // namespace kizashi
