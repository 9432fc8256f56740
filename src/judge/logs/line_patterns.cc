#include "judge/logs/line_patterns.h"

#include <tuple>

namespace kizashi {

std::optional<LinePatterns::Named> LinePatterns::Add(const LogLine& line, StreamId stream,
                                                     bool learnt) {
  const PatternSet::BucketId bucket = set_.Add(line.text);
  const PatternTemplate* const of = templates_ == nullptr ? nullptr : templates_->Find(line.text);
  const std::pair key{set_.skeleton(), of == nullptr ? 0 : of->id};
  const auto found = index_.find(key);
  if (found != index_.end()) {
    ++held_[found->second].count;
    return std::nullopt;
  }
  if (!set_.IsNamed(bucket) && held_.size() < kHeldMax) {
    index_[key] = held_.size();
    Held& held = held_.emplace_back();
    held.line.time = line.time;
    held.line.severity = line.severity;
    held.line.text = line.text.substr(0, kTextBytesMax);
    held.stream = stream;
    held.count = 1;
    held.learnt = learnt;
    std::tie(held.skeleton, held.template_id) = key;
    return std::nullopt;
  }
  return NameOf(set_.pattern(set_.PatternOf(bucket)), of);
}

LinePatterns::Named LinePatterns::NameOf(const PatternSet::Pattern& mined,
                                         const PatternTemplate* of) {
  if (of == nullptr) return {mined.id, mined.text, {}, mined.id};
  return {of->id, of->text, of->name, mined.id};
}

void LinePatterns::Resolve(const PatternSet::Renamed& renamed,
                           const std::function<void(const Held&, const Named&)>& visit) {
  set_.Drain([](const PatternSet::Count&) {}, renamed);
  const std::vector<Held> held = std::exchange(held_, {});
  index_.clear();
  for (const Held& one : held) {
    // Null when the catalog has changed since.
    const PatternTemplate* const of =
        templates_ == nullptr || one.template_id == 0 ? nullptr : templates_->ById(one.template_id);
    visit(one, NameOf(set_.pattern(set_.Lookup(one.line.text)), of));
  }
}

}  // namespace kizashi
