// The part of ServiceJudge that is about its log: what LogFinder finds becomes episodes.
#include <algorithm>

#include "base/check.h"
#include "base/hash.h"
#include "judge/price/price.h"
#include "judge/service_judge.h"
#include "wire/log_fields.h"

namespace kizashi {
namespace {

constexpr size_t kExampleBytesMax = 500;
constexpr size_t kPatternBytesMax = 1000;
constexpr size_t kEvidenceMax = 12;

void SetField(Fields* fields, std::string_view name, FieldValue value) {
  for (auto& [key, old] : *fields) {
    if (key == name) {
      old = std::move(value);
      return;
    }
  }
  fields->emplace_back(std::string(name), std::move(value));
}

void AddToField(Fields* fields, std::string_view name, double more) {
  SetField(fields, name, FieldNumber(*fields, name) + more);
}

std::string StreamName(const Labels& stream) {
  for (const std::string_view name : {"instance", "host", "filename"}) {
    if (stream.Has(name)) return std::string(stream.Get(name));
  }
  return stream.ToString();
}

LogSeverity SeverityOf(const LogLine& line) {
  return line.severity != LogSeverity::kNone ? line.severity : SeverityOfLine(line.text);
}

void AddName(const LinePatterns::Named& named, Fields* fields) {
  if (!named.name.empty()) fields->emplace_back("pattern_name", std::string(named.name));
}

std::string ChangeCode(PatternChange change) {
  return fmt::format("pattern_{}", PatternChangeName(change));
}

}  // namespace

void ServiceJudge::AddLine(const LogLine& line, StreamId stream, const SeriesDirectory& directory,
                           const PatternsElsewhere& elsewhere, Time now, JudgeOutput* out) {
  if (const auto pattern = line_patterns_.Add(line, stream, finder_.IsLearnt())) {
    CountLine(*pattern, line, directory.StreamLabels(stream), true, elsewhere, now, out);
    WatchParameters(*pattern, line, directory.StreamLabels(stream), now, out);
  }
}

// Requires that line_patterns_ took the line last.
void ServiceJudge::WatchParameters(const LinePatterns::Named& pattern, const LogLine& line,
                                   const Labels& stream, Time now, JudgeOutput* out) {
  const PatternSet& set = line_patterns_.set();
  const auto finding = parameters_.Add(set.skeleton(), line.text, set.slots(), now);
  if (!finding) return;
  const bool is_value = finding->what == ParameterWatch::Finding::What::kValue;
  const std::string text(line.text.substr(0, kExampleBytesMax));
  if (ReleaseOf(now) != nullptr) {
    CountInRelease(is_value ? "values" : "ranges", text, line.time, now, out);
    return;
  }
  if (!TakeShareOfHour(&log_episode_times_, kLogEpisodesPerHourMax, now)) return;
  const std::string pattern_id = HexId(pattern.id);
  const std::string code = is_value ? "parameter_value" : "parameter_range";
  Open open;
  open.last_seen = now;
  open.record =
      BeginEpisode(*service_, "logs", code,
                   fmt::format("{}/{}/{}", pattern_id, code, finding->slot), pattern_id, now);
  open.record.price = PriceNovelty();
  open.record.fields = {{"pattern", std::string(pattern.text.substr(0, kPatternBytesMax))},
                        {"pattern_id", pattern_id},
                        {"example", text},
                        {"level", std::string(ToString(SeverityOf(line)))},
                        {"value", finding->value}};
  AddName(pattern, &open.record.fields);
  if (is_value) {
    std::string known;
    for (const std::string& one : finding->known) known += (known.empty() ? "" : ", ") + one;
    open.record.fields.emplace_back("known", known);
  } else {
    open.record.fields.emplace_back("low", finding->low);
    open.record.fields.emplace_back("high", finding->high);
  }
  open.record.evidence = {{now, "learnt", {{"lines", double(finding->lines)}}},
                          {line.time, "line", {{"text", text}, {"stream", stream.ToString()}}}};
  Begin(std::move(open), now, out);
}

void ServiceJudge::CountLine(const LinePatterns::Named& named, const LogLine& line,
                             const Labels& stream, bool was_learnt,
                             const PatternsElsewhere& elsewhere, Time now, JudgeOutput* out) {
  if (named.text.empty()) return;  // a blank line says nothing
  const uint64_t key = KeyOf(named);
  const bool moved = CameByTemplates(named);
  const auto news = finder_.Add(key, SeverityOf(line), line.text, now, was_learnt && !moved);
  if (moved) finder_.ExplainNews();
  if (news) {
    const Release* release = ReleaseOf(now);
    if (release != nullptr) {
      const std::string text(line.text.substr(0, kExampleBytesMax));
      CountInRelease(PatternChangeName(PatternChange::kNew), text, line.time, now, out);
      finder_.ExplainNews();
      return;
    }
    if (news->rare) BeginPattern(*news, named, line, stream, elsewhere, now, out);
    return;
  }
  const auto found = open_pattern_.find({key, PatternChange::kNew});
  if (found == open_pattern_.end()) return;
  Open& open = open_.at(found->second);
  open.last_seen = now;
  open.changed = true;
  AddToField(&open.record.fields, "count", 1);
}

// Whether the finder does not know the pattern only because the templates changed: it is not new
// because it was written, nor is what it had because it was taken away.
bool ServiceJudge::CameByTemplates(const LinePatterns::Named& named) {
  if (named.mined == named.id && !template_moves_.any()) return false;
  const bool logged =
      template_moves_.WasLogged(named.mined) || finder_.Find(named.mined) != nullptr;
  if (named.mined != named.id) template_moves_.Saw(named.mined, named.id);
  return logged && finder_.Find(KeyOf(named)) == nullptr;
}

// What the finder knows the pattern by.
uint64_t ServiceJudge::KeyOf(const LinePatterns::Named& named) const {
  return named.mined == named.id ? named.id : template_moves_.KeyOf(named.id);
}

// True when this hour may have one more episode of that sort.
bool ServiceJudge::TakeShareOfHour(std::deque<Time>* taken, int most, Time now) {
  while (!taken->empty() && taken->front() + std::chrono::hours(1) <= now) taken->pop_front();
  if (std::ssize(*taken) >= most) return false;
  taken->push_back(now);
  return true;
}

void ServiceJudge::BeginPattern(const LogFinder::News& news, const LinePatterns::Named& named,
                                const LogLine& line, const Labels& stream,
                                const PatternsElsewhere& elsewhere, Time now, JudgeOutput* out) {
  const uint64_t id = named.id;
  if (!TakeShareOfHour(&new_pattern_times_, kNewPatternsPerHourMax, now)) {
    CountInMany(line, now, out);
    return;
  }
  const std::string pattern_id = HexId(id);
  const std::string example(line.text.substr(0, kExampleBytesMax));
  Open open;
  open.pattern_id = KeyOf(named);
  open.change = PatternChange::kNew;
  open.last_seen = now;
  open.record = BeginEpisode(*service_, "logs", "pattern_new", pattern_id, pattern_id, now);
  open.record.price = PriceNovelty();
  open.record.fields = {{"pattern", std::string(named.text.substr(0, kPatternBytesMax))},
                        {"pattern_id", pattern_id},
                        {"example", example},
                        {"count", 1.0},
                        {"level", std::string(ToString(SeverityOf(line)))},
                        {"first_seen_on", StreamName(stream)},
                        {"known_in", elsewhere.KnownIn(id, service_->name)}};
  AddName(named, &open.record.fields);
  open.record.evidence = {
      {now, "learnt", {{"lines", double(news.lines)}, {"unseen_share", news.unseen_share}}},
      {line.time, "line", {{"text", example}, {"stream", stream.ToString()}}}};
  Begin(std::move(open), now, out);
}

// What brings one new line often brings ten: beyond the hour's share they are one episode.
void ServiceJudge::CountInMany(const LogLine& line, Time now, JudgeOutput* out) {
  const Evidence said{line.time, "line", {{"text", line.text.substr(0, kExampleBytesMax)}}};
  const auto found = open_.find(many_id_);
  if (found != open_.end()) {
    Open& open = found->second;
    if (open.record.evidence.size() < kEvidenceMax) open.record.evidence.push_back(said);
    open.last_seen = now;
    open.changed = true;
    AddToField(&open.record.fields, "count", 1);
    return;
  }
  Open open;
  open.last_seen = now;
  open.record = BeginEpisode(*service_, "logs", "patterns_new_many", "many", "", now);
  open.record.price = PriceNovelty();
  open.record.fields = {{"count", 1.0}, {"hour", double(kNewPatternsPerHourMax)}};
  open.record.evidence = {said};
  many_id_ = open.record.id;
  Begin(std::move(open), now, out);
}

void ServiceJudge::EndLogStep(const SeriesDirectory& directory, const PatternsElsewhere& elsewhere,
                              Time now, Companions* companions, JudgeOutput* out) {
  // Every new form once, then the lines that repeat it: otherwise many lines of the first would
  // make the log look known, and the second be news.
  struct Repeated {
    LinePatterns::Held held;
    std::string text;
    uint64_t mined = 0;
  };
  std::vector<Repeated> repeated;
  line_patterns_.Resolve(
      [this](uint64_t old_id, uint64_t new_id) {
        if (template_moves_.Renamed(old_id, new_id)) finder_.Alias(old_id, new_id);
      },
      [&](const LinePatterns::Held& held, const LinePatterns::Named& pattern) {
        CountLine(pattern, held.line, directory.StreamLabels(held.stream), held.learnt, elsewhere,
                  now, out);
        if (held.count > 1) repeated.push_back({held, std::string(pattern.text), pattern.mined});
      });
  for (const auto& [held, text, mined] : repeated) {
    for (uint64_t i = 1; i < held.count; ++i) {
      CountLine({PatternIdOf(text), text, {}, mined}, held.line,
                directory.StreamLabels(held.stream), true, elsewhere, now, out);
    }
  }
  finder_.EndStep(Hash64(service_->name), companions);
}

void ServiceJudge::LookAtLog(Time now, const Companions& companions,
                             const PatternsElsewhere& elsewhere, JudgeOutput* out) {
  for (const LogFinder::Event& event : finder_.Look(now, companions)) {
    const LogFinder::Pattern& pattern = finder_.pattern(event.finding.slot);
    const auto found = open_pattern_.find({pattern.id, event.finding.change});
    if (event.what == LogFinder::Event::What::kBegin) {
      if (IsMoved(pattern.id, now)) continue;
      if (event.finding.companion) {
        const uint32_t other = event.finding.companion->other;
        if (elsewhere.IsMoved(companions.service(other), companions.pattern(other), now)) continue;
      }
      BeginChange(event.finding, companions, elsewhere, now, out);
    } else if (found == open_pattern_.end()) {
      continue;  // counted in a release, or beyond the hour's share
    } else if (event.what == LogFinder::Event::What::kEnd) {
      const std::string id = found->second;
      SetField(&open_.at(id).record.fields, "ended", std::string(event.reason));
      End(id, now, out);
    } else {
      Open& open = open_.at(found->second);
      open.changed = true;
      SetField(&open.record.fields, "observed", event.finding.observed);
      SetField(&open.record.fields, "silent_minutes", event.finding.silent_minutes);
      SetField(&open.record.fields, "expected", event.finding.expected);
      SetField(&open.record.fields, "last_seen", FormatTime(pattern.last_seen));
    }
  }
}

bool ServiceJudge::IsMoved(uint64_t pattern_id, Time now) const {
  return template_moves_.Explain(pattern_id, finder_, line_patterns_.set(), now);
}

// How the pattern is written, and what the team calls it.
LinePatterns::Named ServiceJudge::NameOf(const LogFinder::Pattern& pattern) const {
  if (const PatternTemplate* const of = template_moves_.ByKey(pattern.id)) {
    return {of->id, of->text, of->name, 0};
  }
  const PatternSet::Pattern* const mined = line_patterns_.set().ById(pattern.id);
  return {pattern.id, mined == nullptr ? pattern.example : mined->text, {}, 0};
}

void ServiceJudge::BeginChange(const LogFinder::Finding& finding, const Companions& companions,
                               const PatternsElsewhere& elsewhere, Time now, JudgeOutput* out) {
  const LogFinder::Pattern& pattern = finder_.pattern(finding.slot);
  const Release* release =
      ReleaseOf(finding.change == PatternChange::kGone ? pattern.last_seen : now);
  if (release != nullptr) {
    CountInRelease(PatternChangeName(finding.change), pattern.example, pattern.last_seen, now, out);
    return;
  }
  if (!TakeShareOfHour(&log_episode_times_, kLogEpisodesPerHourMax, now)) return;
  const LinePatterns::Named named = NameOf(pattern);
  const std::string pattern_id = HexId(named.id);
  const std::string code = ChangeCode(finding.change);
  Open open;
  open.pattern_id = pattern.id;
  open.change = finding.change;
  open.last_seen = now;
  open.record = BeginEpisode(*service_, "logs", code,
                             fmt::format("{}/{}", pattern_id, PatternChangeName(finding.change)),
                             pattern_id, now);
  open.record.price = PriceNovelty();
  open.record.fields = {{"pattern", std::string(named.text.substr(0, kPatternBytesMax))},
                        {"pattern_id", pattern_id},
                        {"example", pattern.example},
                        {"level", std::string(ToString(pattern.severity))},
                        {"observed", finding.observed},
                        {"expected", finding.expected},
                        {"silent_minutes", finding.silent_minutes},
                        {"low", finding.low},
                        {"high", finding.high},
                        {"first_seen", FormatTime(pattern.first_seen)},
                        {"last_seen", FormatTime(pattern.last_seen)},
                        {"known_in", elsewhere.KnownIn(pattern.id, service_->name)}};
  AddName(named, &open.record.fields);
  open.record.evidence = {
      {now, "surprise", {{"nats", finding.nats}, {"alarm_nats", finder_.AlarmNats()}}}};
  if (finding.companion) {
    const Companions::Break& broken = *finding.companion;
    open.record.evidence.push_back(
        {now,
         "companion",
         {{"pattern_id", HexId(companions.pattern(broken.other))},
          {"service", elsewhere.ServiceOf(companions.service(broken.other))},
          {"lines", broken.other_count},
          {"common", broken.common}}});
  }
  Begin(std::move(open), now, out);
}

void ServiceJudge::SawVersion(const std::string& version, Time now, JudgeOutput* out) {
  const auto found = versions_.find(version);
  if (found != versions_.end() && now - found->second < kVersionAway) {
    found->second = now;
    return;
  }
  if (!versions_.empty()) {
    const auto newest =
        std::max_element(versions_.begin(), versions_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    out->releases.push_back({service_->name, version, newest->first, now});
    BeginRelease(version, now, out);
  }
  versions_[version] = now;
  while (versions_.size() > kVersionsMax) {
    versions_.erase(
        std::min_element(versions_.begin(), versions_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; }));
  }
}

void ServiceJudge::BeginRelease(const std::string& version, Time now, JudgeOutput* out) {
  // What the one before changed is told by its own card.
  if (release_ && open_.count(release_->record.id) > 0) End(release_->record.id, now, out);
  release_ = Release{version, now, {}};
  signal_watch_.Mark(Change::kRelease, now);
}

// The release that a change at `time` is counted in; nullptr when there is none.
ServiceJudge::Release* ServiceJudge::ReleaseOf(Time time) {
  if (!release_ || time > release_->time + kReleaseFold) return nullptr;
  if (time < release_->time - kReleaseFold) return nullptr;
  return &*release_;
}

// `what` is a field of the card: new, gone, up, down, values, ranges.
void ServiceJudge::CountInRelease(std::string_view what, const std::string& text, Time time,
                                  Time now, JudgeOutput* out) {
  AnomalyRecord& record = release_->record;
  const bool begins = record.id.empty();
  if (begins) {
    record = BeginEpisode(*service_, "logs", "release_changed", "release", release_->version, now);
    record.price = PriceNovelty();
    record.fields = {{"version", release_->version},
                     {"released", FormatTime(release_->time)},
                     {"new", 0.0},
                     {"gone", 0.0},
                     {"up", 0.0},
                     {"down", 0.0},
                     {"values", 0.0},
                     {"ranges", 0.0}};
  }
  AddToField(&record.fields, what, 1);
  if (record.evidence.size() < kEvidenceMax) {
    record.evidence.push_back({time, "line", {{"text", text}, {"change", std::string(what)}}});
  }
  if (begins) {
    Open open;
    open.last_seen = now;
    open.record = record;
    Begin(std::move(open), now, out);
    record = open_.at(record.id).record;  // with its price and ledger
    return;
  }
  const auto found = open_.find(record.id);
  if (found == open_.end()) {
    out->verdicts.anomalies.push_back(record);  // the card is closed; what it says grows
    return;
  }
  found->second.record = record;
  found->second.last_seen = now;
  found->second.changed = true;
}

}  // namespace kizashi
