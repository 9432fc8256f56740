#include "judge/signal/signal_watch.h"

#include <algorithm>
#include <cmath>

namespace kizashi {
namespace {

// What is full at one: of file systems, memory, descriptors. A processor is no store.
bool IsShare(const SignalRule& rule) {
  return rule.kind == SignalKind::kRest || rule.kind == SignalKind::kRatio;
}

}  // namespace

// Rules are few and shipped with the program: what is saved is their ids, so that a number means
// the same after the table has grown.
uint32_t SignalWatch::NumberOf(const SignalRule& rule) {
  const auto found = std::find(names_.begin(), names_.end(), rule.id);
  if (found == names_.end()) {
    names_.emplace_back(rule.id);
    return static_cast<uint32_t>(names_.size() - 1);
  }
  return static_cast<uint32_t>(found - names_.begin());
}

void SignalWatch::BorrowSignal(uint32_t number, Siblings siblings) {
  if (number >= detector_.size() || !detector_.signal(number).Borrows()) return;
  std::vector<const SeriesDetector*> others;
  for (const SignalWatch* sibling : siblings) {
    const auto found = std::find(sibling->names_.begin(), sibling->names_.end(), names_[number]);
    const auto at = static_cast<uint32_t>(found - sibling->names_.begin());
    if (at < sibling->detector_.size()) others.push_back(&sibling->detector_.signal(at));
  }
  detector_.signal(number).Borrow(others);
}

void SignalWatch::Borrow(Siblings siblings) {
  if (!detector_.Borrows()) return;
  std::vector<const ServiceDetector*> others;
  for (const SignalWatch* sibling : siblings) others.push_back(&sibling->detector_);
  detector_.Borrow(others);
}

SignalWatch::Change SignalWatch::Look(const std::vector<SignalValue>& values, Time now,
                                      int32_t zone_s, Siblings siblings) {
  if (now - looked_ < kEvery) return Change::kNothing;
  looked_ = now;
  // What moved lately and led to nothing yet.
  if (!open_) {
    std::erase_if(moved_, [&](const Moved& moved) {
      return ToSeconds(now - moved.last) > ServiceDetector::kWindowS;
    });
  }
  if (!since_) since_ = now;
  if (!siblings.empty()) Borrow(siblings);
  const double weeks =
      std::max({ToSeconds(now - *since_), double{detector_.age_s()}, 60.0}) / 604'800;
  const double alone_from = std::min(kAloneLog10Weeks, std::log10(weeks) + kAloneBeyondAge);
  bool alone = false;
  for (const SignalValue& signal : values) {
    if (!signal.value || signal.rule->signal == SignalClass::kAvailability) continue;
    const uint32_t number = NumberOf(*signal.rule);
    if (!siblings.empty()) BorrowSignal(number, siblings);
    const Reading reading = detector_.Observe(number, now, *signal.value, zone_s);
    if (IsShare(*signal.rule)) {
      growth_[std::string(signal.rule->id)].Observe(now, *signal.value, zone_s);
    }
    if (signal.rule->signal == SignalClass::kThroughput) {
      const UsageWatch::News news = usage_[std::string(signal.rule->id)].Observe(now, reading);
      alone = alone || news == UsageWatch::News::kBeginHigh || news == UsageWatch::News::kBeginLow;
    }
    if (number >= was_rare_.size()) was_rare_.resize(number + 1);
    const bool rare = !reading.masked && !reading.recurring && reading.log10_weeks >= alone_from;
    alone = alone || (rare && was_rare_[number] != 0);
    was_rare_[number] = rare ? 1 : 0;
    if (reading.masked) continue;
    if (reading.log10_weeks >= kMovesLog10Weeks || (open_ && reading.shifted)) {
      Take(number, reading, *signal.value, now);
    }
  }
  const ServiceDetector::Finding finding = detector_.Judge(now);
  const bool together = finding.alert && moved_.size() >= kTogetherMin;
  rarity_weeks_ = std::pow(10.0, std::clamp(double{finding.log10_weeks}, -9.0, 9.0));
  if (!open_) {
    if ((!together && !alone) || moved_.empty()) return Change::kNothing;
    open_ = true;
    begin_ = moved_.front().first;
    last_ = now;
    return Change::kBegins;
  }
  if (now - last_ >= kQuiet || now - begin_ >= kUsualAfter) {
    open_ = false;
    moved_.clear();
    return Change::kEnds;
  }
  return Change::kGoesOn;
}

void SignalWatch::Take(uint32_t number, const Reading& reading, double value, Time now) {
  last_ = now;
  auto found = std::find_if(moved_.begin(), moved_.end(),
                            [&](const Moved& moved) { return moved.number == number; });
  if (found == moved_.end()) {
    if (moved_.size() >= kMovedMax) return;
    moved_.push_back({});
    found = moved_.end() - 1;
    found->number = number;
    found->first = now;
    Mend();
  }
  found->last = now;
  if (reading.log10_weeks < found->log10_weeks) return;
  const SeriesDetector::Band band = detector_.signal(number).Expected();
  found->value = value;
  found->expected = band.expected;
  found->low = band.low;
  found->high = band.high;
  found->log10_weeks = reading.log10_weeks;
  found->direction = reading.direction;
  found->predictor = reading.predictor;
  found->look = reading.look;
}

const SignalRule* SignalWatch::RuleOf(std::string_view id) {
  const auto rules = SignalRules();
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](const SignalRule& rule) { return rule.id == id; });
  return found == rules.end() ? nullptr : &*found;
}

std::vector<SignalWatch::Filling> SignalWatch::LookAtGrowth(Time now) const {
  std::vector<Filling> found;
  for (const auto& [id, growth] : growth_) {
    const SignalRule* const rule = RuleOf(id);
    if (rule == nullptr) continue;
    const auto reach = growth.Reaches(1);
    if (reach && reach->expected <= now + kLimitNear) {
      found.push_back({rule, true, *reach, growth.Now().value_or(Growth::Trend{})});
    } else if (!reach || reach->expected > now + kLimitFar) {
      found.push_back({rule, false, {}, {}});
    }
  }
  return found;
}

// Finds the rules of the signals that moved; of alternatives any is as good.
void SignalWatch::Mend() {
  std::erase_if(moved_, [&](Moved& moved) {
    if (moved.number >= names_.size()) return true;
    moved.rule = RuleOf(names_[moved.number]);
    return moved.rule == nullptr;
  });
}

}  // namespace kizashi
