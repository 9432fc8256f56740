#include "judge/logs/line_patterns.h"

namespace kizashi {

std::optional<LinePatterns::Named> LinePatterns::Add(const LogLine& line, StreamId stream,
                                                     bool learnt) {
  const PatternSet::BucketId bucket = set_.Add(line.text);
  const auto found = index_.find(set_.skeleton());
  if (found != index_.end()) {
    ++held_[found->second].count;
    return std::nullopt;
  }
  if (!set_.IsNamed(bucket) && held_.size() < kHeldMax) {
    index_[set_.skeleton()] = held_.size();
    Held& held = held_.emplace_back();
    held.line.time = line.time;
    held.line.severity = line.severity;
    held.line.text = line.text.substr(0, kTextBytesMax);
    held.stream = stream;
    held.count = 1;
    held.learnt = learnt;
    held.skeleton = set_.skeleton();
    return std::nullopt;
  }
  const PatternSet::Pattern& pattern = set_.pattern(set_.PatternOf(bucket));
  return Named{pattern.id, pattern.text};
}

void LinePatterns::Resolve(const PatternSet::Renamed& renamed,
                           const std::function<void(const Held&, const Named&)>& visit) {
  set_.Drain([](const PatternSet::Count&) {}, renamed);
  const std::vector<Held> held = std::exchange(held_, {});
  index_.clear();
  for (const Held& one : held) {
    const PatternSet::Pattern& pattern = set_.pattern(set_.Lookup(one.line.text));
    visit(one, {pattern.id, pattern.text});
  }
}

}  // namespace kizashi
