#include "judge/logs/template_moves.h"

#include <utility>

namespace kizashi {

void TemplateMoves::Follow(std::shared_ptr<const PatternTemplates> templates, bool logged,
                           Time now) {
  templates_ = std::move(templates);
  const uint64_t hash = templates_ == nullptr ? 0 : templates_->hash();
  if (std::exchange(hash_, hash) != hash && logged) since_ = now;
}

void TemplateMoves::Saw(uint64_t mined, uint64_t template_id) {
  if (moved_.size() < kIdsMax) moved_.insert(mined);
  if (named_.size() < kIdsMax) named_.insert(KeyOf(template_id));
}

bool TemplateMoves::Renamed(uint64_t old_id, uint64_t new_id) {
  if (moved_.contains(old_id) && moved_.size() < kIdsMax) moved_.insert(new_id);
  if (templates_ != nullptr && templates_->ById(old_id) != nullptr) return false;
  if (merged_.size() < kIdsMax) merged_.insert(old_id);
  return true;
}

const PatternTemplate* TemplateMoves::ByKey(uint64_t key) const {
  if (templates_ == nullptr) return nullptr;
  for (const uint64_t id : {key, ~key}) {
    if (KeyOf(id) != key) continue;
    if (const PatternTemplate* const found = templates_->ById(id)) return found;
  }
  return nullptr;
}

bool TemplateMoves::Explain(uint64_t id, const LogFinder& finder, const PatternSet& mined,
                            Time now) const {
  if (moved_.empty()) return false;
  const bool settling = now < since_ + kSettle;
  if (named_.contains(id)) {
    const bool counts = ByKey(id) != nullptr || mined.ById(id) != nullptr;
    return settling || !counts;
  }
  bool moved = false;
  bool covered = templates_ != nullptr;
  for (const uint64_t one : moved_) {
    const LogFinder::Pattern* const known = finder.Find(one);
    if (known == nullptr || known->id != id) continue;
    moved = true;
    const PatternSet::Pattern* const pattern = mined.ById(one);
    if (pattern != nullptr) covered = covered && templates_->Covers(pattern->text);
  }
  return moved && (settling || covered);
}

}  // namespace kizashi
