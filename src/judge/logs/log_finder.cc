#include "judge/logs/log_finder.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace kizashi {
namespace {

// Steps in a week, as looks at a minute that overlap: four count as new.
constexpr double kLooksPerWeek = 7 * 24 * 60 * 4;
constexpr double kPatternsAssumed = 50;
// A deviation goes on while its surprise is above this share of the alarm level.
constexpr double kGoesOnShare = 0.5;
// A companion tells of a finding after so many lines together.
constexpr double kCommonLinesMin = 300;
// An error that is new says more than another new line: worth e^3 in chances.
constexpr double kErrorNats = 3;
constexpr double kOtherScores = 0.1;
constexpr size_t kAliasesMax = LogFinder::kPatternsMax;

bool IsError(LogSeverity severity) { return severity >= LogSeverity::kError; }

// -ln P(at least one) for a Poisson count of mean `mean`.
double AnyNats(double mean) { return -std::log(-std::expm1(-std::max(1e-12, mean))); }

}  // namespace

std::string_view PatternChangeName(PatternChange change) {
  switch (change) {
    case PatternChange::kNew: return "new";
    case PatternChange::kUp: return "up";
    case PatternChange::kDown: return "down";
    case PatternChange::kGone: return "gone";
  }
  return "";
}

uint32_t LogFinder::SlotOf(uint64_t pattern_id) const {
  const auto found = slots_.find(pattern_id);
  return found == slots_.end() ? Companions::kNone : found->second;
}

const LogFinder::Pattern* LogFinder::Find(uint64_t pattern_id) const {
  const uint32_t slot = SlotOf(pattern_id);
  return slot == Companions::kNone ? nullptr : &patterns_[slot];
}

std::optional<LogFinder::News> LogFinder::Add(uint64_t pattern_id, LogSeverity severity,
                                              std::string_view text, Time now, bool was_learnt) {
  std::optional<News> news;
  uint32_t slot = SlotOf(pattern_id);
  ++lines_;
  ++step_lines_;
  if (slot == Companions::kNone) {
    if (patterns_.size() >= kPatternsMax) {
      ++other_lines_;
      return news;
    }
    --lines_;
    const bool learnt = was_learnt && IsLearnt() && now - patterns_.front().first_seen >= kLifeMin;
    const bool rare = IsRare(severity, learnt, now);
    if (learnt) news = News{UnseenShare(), lines_, rare};
    ++lines_;
    slot = static_cast<uint32_t>(patterns_.size());
    slots_.emplace(pattern_id, slot);
    Pattern& pattern = patterns_.emplace_back();
    pattern.id = pattern_id;
    pattern.first_seen = now;
    pattern.example = text.substr(0, kExampleBytesMax);
    ++seen_once_;
  }
  Pattern& pattern = patterns_[slot];
  if (pattern.count == 1) --seen_once_;
  ++pattern.count;
  pattern.last_seen = now;
  pattern.severity = std::max(pattern.severity, severity);
  if (pattern.step == 0) touched_.emplace_back(slot, 0);
  ++pattern.step;
  return news;
}

bool LogFinder::IsLearnt() const { return lines_ >= kLinesMin && UnseenShare() <= kUnseenShareMax; }

bool LogFinder::IsRare(LogSeverity severity, bool learnt, Time now) {
  const Time begin = patterns_.empty() ? now : patterns_.front().first_seen;
  const bool rare = sightings_.See(now, begin, kQuietMax, learnt);
  error_was_last_ = IsError(severity);
  if (!error_was_last_) return rare;
  return error_sightings_.See(now, begin, kErrorQuietMax, learnt) || rare;
}

void LogFinder::ExplainNews() {
  sightings_.Explain();
  if (error_was_last_) error_sightings_.Explain();
}

double LogFinder::UnseenShare() const {
  if (lines_ == 0) return 1;
  return static_cast<double>(seen_once_) / static_cast<double>(lines_);
}

double LogFinder::AlarmNats() const {
  const double tests = std::max(kPatternsAssumed, double(patterns_.size())) * kLooksPerWeek;
  return std::log(tests / kFalsePerWeek);
}

bool LogFinder::Alias(uint64_t old_id, uint64_t new_id) {
  const uint32_t from = SlotOf(old_id);
  const uint32_t to = SlotOf(new_id);
  if (old_id == new_id || (from != Companions::kNone && from == to)) return true;
  if (aliases_.size() >= kAliasesMax) return false;
  if (from == Companions::kNone && to == Companions::kNone) {
    return true;  // nothing was counted under either; lines come with the new id
  }
  aliases_.emplace_back(old_id, new_id);
  if (to == Companions::kNone) {
    slots_.emplace(new_id, from);
    return true;
  }
  slots_[old_id] = to;
  if (from == Companions::kNone) return true;
  Pattern& one = patterns_[from];
  Pattern& sum = patterns_[to];
  seen_once_ -= (one.count == 1) + (sum.count == 1);
  sum.severity = std::max(sum.severity, one.severity);
  sum.first_seen = std::min(sum.first_seen, one.first_seen);
  sum.last_seen = std::max(sum.last_seen, one.last_seen);
  sum.count += one.count;
  sum.occasions = std::min(2u, sum.occasions + one.occasions);
  sum.windows_at_last = std::max(sum.windows_at_last, one.windows_at_last);
  sum.lines_at_last = std::max(sum.lines_at_last, one.lines_at_last);
  sum.longest_gap = std::min(sum.longest_gap, one.longest_gap);
  sum.model.Add(one.model);
  // The lines of the last minute are learnt where they were counted; the slot stays, empty.
  one.count = 0;
  one.model = {};
  one.occasions = 2;
  open_.erase(from);
  return true;
}

void LogFinder::EndStep(uint64_t service, Companions* companions) {
  std::sort(touched_.begin(), touched_.end());
  for (auto& [slot, lines] : touched_) {
    Pattern& pattern = patterns_[slot];
    lines = std::exchange(pattern.step, 0);
    pattern.window += lines;
    window_lines_ += lines;
    if (pattern.member == Companions::kNone) pattern.member = companions->Join(service, pattern.id);
    if (pattern.member != Companions::kNone) companions->Count(pattern.member, lines);
  }
  step_lines_ = 0;
  recent_.push_back(std::move(touched_));
  touched_.clear();
  while (recent_.size() > kWindowSteps) LearnOldestStep();
}

void LogFinder::SkipWindow() {
  while (!recent_.empty()) LearnOldestStep();
}

void LogFinder::LearnOldestStep() {
  for (const auto& [slot, lines] : recent_.front()) {
    Pattern& pattern = patterns_[slot];
    pattern.window -= lines;
    pattern.minute += lines;
    pattern.occasions = std::min(2u, pattern.occasions + 1);
    window_lines_ -= lines;
    minute_lines_ += lines;
  }
  recent_.pop_front();
  if (++minute_steps_ >= kWindowSteps) LearnWindow();
}

void LogFinder::LearnWindow() {
  minute_steps_ = 0;
  if (minute_lines_ == 0) return;
  learnt_lines_ += minute_lines_;
  ++window_count_;
  for (Pattern& pattern : patterns_) {
    if (pattern.minute == 0) continue;
    pattern.model.Learn(pattern.minute, double(minute_lines_), windows_);
    if (pattern.windows_at_last > 0) {
      pattern.longest_gap =
          std::max(pattern.longest_gap, window_count_ - pattern.windows_at_last - 1);
    }
    pattern.windows_at_last = window_count_;
    pattern.lines_at_last = learnt_lines_;
    pattern.minute = 0;
  }
  minute_lines_ = 0;
  windows_ += 1;
  if (windows_ < CountModel::kWindowsMax) return;
  windows_ /= 2;
  for (Pattern& pattern : patterns_) pattern.model.Halve();
}

// The surprise of the last minute's count: the larger of what its model and its companions say.
std::optional<LogFinder::Finding> LogFinder::Rate(uint32_t slot,
                                                  const Companions& companions) const {
  const Pattern& pattern = patterns_[slot];
  Finding finding;
  finding.slot = slot;
  finding.observed = pattern.window;
  if (window_lines_ > 0 && pattern.model.active() > 0) {
    const CountSurprise surprise =
        pattern.model.Surprise(pattern.window, double(window_lines_), windows_);
    finding.nats = surprise.nats;
    finding.expected = surprise.expected;
    const double spread =
        2.6 * std::sqrt(surprise.expected + surprise.expected * surprise.expected / surprise.size);
    finding.low = std::max(0.0, surprise.expected - spread);
    finding.high = surprise.expected + spread;
    finding.change = surprise.up           ? PatternChange::kUp
                     : pattern.window == 0 ? PatternChange::kGone
                                           : PatternChange::kDown;
  }
  if (pattern.member != Companions::kNone) {
    const Companions::Break broken = companions.Look(pattern.member);
    if (broken.nats > finding.nats) {
      finding.nats = broken.nats;
      finding.expected = finding.low = finding.high = broken.other_count;
      finding.companion = broken;
      finding.change = broken.count > broken.other_count ? PatternChange::kUp
                       : broken.count == 0               ? PatternChange::kGone
                                                         : PatternChange::kDown;
    }
  }
  if (finding.nats <= 0) return std::nullopt;
  return finding;
}

// How surprising it is that it has stayed away; nothing while that is not longer than usual.
std::optional<LogFinder::Finding> LogFinder::Silence(uint32_t slot) const {
  const Pattern& pattern = patterns_[slot];
  if (pattern.window > 0 || pattern.minute > 0 || pattern.windows_at_last == 0) return std::nullopt;
  const auto gap = static_cast<double>(window_count_ - pattern.windows_at_last + 1);
  if (gap <= kGapFactor * static_cast<double>(pattern.longest_gap) + 1) return std::nullopt;
  const double lines =
      static_cast<double>(learnt_lines_ - pattern.lines_at_last + minute_lines_ + window_lines_);
  const double logged = pattern.model.active() / std::max(1.0, windows_);
  const double expected = std::min(lines * pattern.model.Share() * std::min(1.0, logged),
                                   pattern.model.ExpectedByRate(gap, windows_));
  Finding finding;
  finding.slot = slot;
  finding.change = PatternChange::kGone;
  finding.nats = pattern.model.SilenceNats(expected, gap);
  finding.silent_minutes = gap;
  finding.expected = expected;
  return finding;
}

std::vector<LogFinder::Event> LogFinder::Look(Time now, const Companions& companions) {
  std::vector<Event> events;
  if (windows_ < kWindowsMin) return events;
  const double alarm = AlarmNats();
  for (uint32_t slot = 0; slot < patterns_.size(); ++slot) {
    const Pattern& pattern = patterns_[slot];
    if (pattern.model.active() < kActiveMin) continue;
    const auto open = open_.find(slot);
    std::optional<Finding> finding = Rate(slot, companions);
    if (finding && finding->companion && finding->companion->common < kCommonLinesMin) {
      finding.reset();
    }
    // Within one minute a pattern may fall or stay away by chance of its phase: that it is gone is
    // told by the length of its silence.
    if (finding && finding->change == PatternChange::kGone && !finding->companion) finding.reset();
    if (auto silence = Silence(slot); silence && (!finding || silence->nats > finding->nats)) {
      finding = std::move(silence);
    }
    const double nats = finding ? finding->nats : 0;
    if (open == open_.end()) {
      if (nats < alarm) continue;
      open_[slot] = {finding->change, now, now};
      events.push_back({Event::What::kBegin, *finding, ""});
      continue;
    }
    if (nats >= kGoesOnShare * alarm) {
      open->second.last_over = now;
      events.push_back({Event::What::kGoesOn, *finding, ""});
    }
    const auto reason = EndOf(open->second, pattern, now);
    if (!reason) continue;
    Finding ended;
    ended.slot = slot;
    ended.change = open->second.change;
    events.push_back({Event::What::kEnd, ended, *reason});
    if (*reason == "new_level") {
      patterns_[slot].model = {};
      patterns_[slot].windows_at_last = 0;
      patterns_[slot].longest_gap = 0;
    }
    open_.erase(open);
  }
  return events;
}

std::optional<std::string_view> LogFinder::EndOf(const Open& open, const Pattern& pattern,
                                                 Time now) const {
  if (open.change == PatternChange::kGone && pattern.last_seen > open.last_over) return "back";
  if (now - open.last_over >= kQuiet) {
    // What went on for long is what is expected now.
    return open.last_over - open.begin >= kQuiet ? "new_level" : "quiet";
  }
  if (now - open.begin >= kNewLevel) return "new_level";
  return std::nullopt;
}

std::optional<LogFinder::Finding> LogFinder::Newest() const {
  double once = 0.5;
  double errors_once = 0.5;
  const Pattern* news = nullptr;
  for (const Pattern& pattern : patterns_) {
    if (pattern.occasions == 1) {
      once += 1;
      if (IsError(pattern.severity)) errors_once += 1;
    }
    if (pattern.occasions > 0 || pattern.window == 0) continue;
    const auto rank = [](const Pattern& p) { return std::pair(IsError(p.severity), p.window); };
    if (news == nullptr || rank(pattern) > rank(*news)) news = &pattern;
  }
  const double learnt = double(learnt_lines_ + minute_lines_);
  if (news == nullptr || learnt == 0) return std::nullopt;
  const bool error = IsError(news->severity);
  Finding finding;
  finding.change = PatternChange::kNew;
  finding.slot = static_cast<uint32_t>(news - patterns_.data());
  finding.observed = news->window;
  finding.nats = AnyNats(double(window_lines_) * (error ? errors_once : once) / (learnt + 1)) +
                 (error ? kErrorNats : 0) + std::log(double(news->window));
  return finding;
}

LogFinder::Score LogFinder::ScoreNow(uint64_t service, const Companions& companions) const {
  std::optional<Finding> rate;
  std::optional<Finding> companion;
  double tests = 0;
  for (uint32_t slot = 0; slot < patterns_.size(); ++slot) {
    const Pattern& pattern = patterns_[slot];
    if (pattern.occasions == 0 && pattern.window == 0) continue;
    tests += 1;
    auto finding = Rate(slot, companions);
    if (!finding) continue;
    std::optional<Finding>& best = finding->companion ? companion : rate;
    if (!best || finding->nats > best->nats) best = std::move(finding);
  }
  if (rate) rate->nats -= std::log(tests);
  if (companion) companion->nats -= std::log(std::max(1, companions.CountOf(service)));
  std::optional<Finding> newest = Newest();
  Score score;
  double sum = 0;
  for (std::optional<Finding>* finding : {&rate, &companion, &newest}) {
    if (!*finding || (*finding)->nats <= 0) continue;
    sum += (*finding)->nats;
    if (!score.finding || (*finding)->nats > score.finding->nats) score.finding = *finding;
  }
  if (score.finding) {
    score.nats = score.finding->nats + kOtherScores * (sum - score.finding->nats);
  }
  return score;
}

// What was read may be damaged: numbers of patterns that are not there are dropped.
void LogFinder::Mend() {
  if (patterns_.size() > kPatternsMax) patterns_.resize(kPatternsMax);
  slots_.clear();
  touched_.clear();
  window_lines_ = 0;
  for (uint32_t slot = 0; slot < patterns_.size(); ++slot) {
    slots_.emplace(patterns_[slot].id, slot);
    patterns_[slot].window = 0;
    if (patterns_[slot].step > 0) touched_.emplace_back(slot, 0);
  }
  for (const auto& [old_id, new_id] : aliases_) {
    const uint32_t from = SlotOf(old_id);
    const uint32_t to = SlotOf(new_id);
    if (to == Companions::kNone) {
      if (from != Companions::kNone) slots_.emplace(new_id, from);
    } else {
      slots_[old_id] = to;
    }
  }
  for (Step& step : recent_) {
    std::erase_if(step, [&](const auto& count) { return count.first >= patterns_.size(); });
    for (const auto& [slot, lines] : step) {
      patterns_[slot].window += lines;
      window_lines_ += lines;
    }
  }
  std::erase_if(open_, [&](const auto& open) { return open.first >= patterns_.size(); });
}

}  // namespace kizashi
