// The part of ServiceJudge that is about signals: what moved becomes an episode.
#include <algorithm>
#include <cmath>
#include <utility>

#include "catalog/local_time.h"
#include "judge/price/price.h"
#include "judge/service_judge.h"

namespace kizashi {
namespace {

constexpr size_t kOthersMax = 4;
constexpr Duration kDay = std::chrono::hours(24);

std::string_view DirectionName(int direction) { return direction < 0 ? "down" : "up"; }

// "once in so many weeks", at most ten thousand: more is not known of any series.
double WeeksOf(const SignalWatch::Moved& moved) {
  return std::pow(10.0, std::min(double{moved.log10_weeks}, 4.0));
}

// `by` is the label that tells members apart.
Fields BandFields(const SignalWatch::Moved& moved, const std::string& by) {
  Fields fields = {{"signal", std::string(moved.rule->id)},
                   {"class", std::string(SignalClassName(moved.rule->signal))},
                   {"unit", std::string(moved.rule->unit)},
                   {"direction", std::string(DirectionName(moved.direction))},
                   {"value", moved.value},
                   {"expected", moved.expected},
                   {"band_low", moved.low},
                   {"band_high", moved.high},
                   {"predictor", std::string(PredictorName(moved.predictor))},
                   {"look", std::string(LookName(moved.look))},
                   {"weeks", WeeksOf(moved)}};
  if (moved.member.empty()) return fields;
  fields.emplace_back("member", moved.member);
  fields.emplace_back("by", by);
  fields.emplace_back("member_value", moved.member_value);
  fields.emplace_back("siblings_low", moved.siblings_low);
  fields.emplace_back("siblings_high", moved.siblings_high);
  return fields;
}

}  // namespace

void ServiceJudge::LookAtSignals(const std::vector<MemberBoards::Odd>& odd,
                                 SignalWatch::Siblings siblings, Time now, JudgeOutput* out) {
  const int32_t zone_s = UtcOffsetSeconds(time_zone_, now);
  switch (signal_watch_.Look(latest_signals_, odd, now, zone_s, siblings)) {
    case SignalWatch::Change::kNothing: return;
    case SignalWatch::Change::kBegins: signals_pending_ = true; return;
    case SignalWatch::Change::kGoesOn: return TellSignals();
    case SignalWatch::Change::kEnds: {
      signals_pending_ = false;
      signals_host_.clear();
      const std::string id = std::exchange(signals_id_, {});
      const auto found = open_.find(id);
      if (found == open_.end()) return;
      found->second.record.end = std::max(signal_watch_.last(), found->second.record.begin);
      return End(id, now, out);
    }
  }
}

// Once a day, at its beginning in UTC: a trend is of days.
void ServiceJudge::LookAtGrowth(Time now, JudgeOutput* out) {
  if (FloorTo(now, kDay) == growth_looked_) return;
  growth_looked_ = FloorTo(now, kDay);
  for (const SignalWatch::Filling& filling : signal_watch_.LookAtGrowth(now)) {
    const std::string key = fmt::format("growth {}", filling.rule->id);
    const auto found = std::find_if(open_.begin(), open_.end(),
                                    [&](const auto& entry) { return entry.second.key == key; });
    if (!filling.near) {
      if (found != open_.end()) End(found->first, now, out);
      continue;
    }
    Open open;
    AnomalyRecord& record = found == open_.end() ? open.record : found->second.record;
    if (found == open_.end()) {
      open.key = key;
      record = BeginEpisode(*service_, "signals", "growth_limit", key, "", now);
      record.price = PriceSignals();
    }
    record.fields = {{"signal", std::string(filling.rule->id)},
                     {"unit", std::string(filling.rule->unit)},
                     {"value", filling.trend.level},
                     {"per_day", filling.trend.per_day},
                     {"reaches", FormatTime(filling.reach.expected)},
                     {"earliest", FormatTime(filling.reach.earliest)},
                     {"latest", filling.reach.latest ? FormatTime(*filling.reach.latest) : ""}};
    if (found == open_.end()) {
      Begin(std::move(open), now, out);
    } else {
      found->second.changed = true;
    }
  }
}

// Traffic is a kind of its own: more or fewer users than usual are no fault of the service.
void ServiceJudge::BeginSignals(Time now, JudgeOutput* out) {
  const SignalWatch::Moved& first = signal_watch_.moved().front();
  const bool traffic = first.rule->signal == SignalClass::kThroughput;
  const std::string direction(DirectionName(first.direction));
  const std::string code = traffic ? "traffic_" + direction : "signals_moved";
  Open open;
  open.record =
      BeginEpisode(*service_, "signals", code, fmt::format("{} {}", first.rule->id, direction), "",
                   signal_watch_.begin());
  open.record.price = PriceSignals();
  FillSignals(&open.record);
  signals_id_ = open.record.id;
  signals_host_ = service_->name;
  signals_pending_ = false;
  Begin(std::move(open), now, out);
}

void ServiceJudge::JoinSignals(const std::string& host) {
  signals_host_ = host;
  signals_pending_ = false;
}

std::string ServiceJudge::LogEpisodeSince(Time begin) const {
  const AnomalyRecord* newest = nullptr;
  for (const auto& [id, open] : open_) {
    const bool newer = newest == nullptr || open.record.begin > newest->begin;
    if (open.record.source == "logs" && open.record.begin >= begin && newer) newest = &open.record;
  }
  return newest == nullptr ? "" : newest->id;
}

void ServiceJudge::AddPart(const ServiceJudge& part, Time now) {
  const auto found = open_.find(signals_id_.empty() ? LogEpisodeSince({}) : signals_id_);
  if (found == open_.end()) return;
  const std::vector<SignalWatch::Moved>& moved = part.signal_watch_.moved();
  const std::string by = part.service_->redundancy ? part.service_->redundancy->by : "";
  for (size_t i = 0; i < std::min(moved.size(), kOthersMax); ++i) {
    kizashi::Fields fields = BandFields(moved[i], by);
    fields.insert(fields.begin(), {"service", part.service_->name});
    found->second.record.evidence.push_back({moved[i].first, "part", std::move(fields)});
  }
  found->second.changed = true;
  found->second.last_told = now;
}

void ServiceJudge::FillSignals(AnomalyRecord* record) const {
  const std::vector<SignalWatch::Moved>& moved = signal_watch_.moved();
  const std::string by = service_->redundancy ? service_->redundancy->by : "";
  record->fields = BandFields(moved.front(), by);
  std::string others;
  for (size_t i = 1; i < std::min(moved.size(), kOthersMax + 1); ++i) {
    others += fmt::format("{}{} {}", others.empty() ? "" : ", ", moved[i].rule->id,
                          DirectionName(moved[i].direction));
  }
  if (moved.size() > kOthersMax + 1) others += fmt::format(" + {}", moved.size() - kOthersMax - 1);
  record->fields.emplace_back("others", others);
  record->fields.emplace_back("count", static_cast<double>(moved.size()));
  std::erase_if(record->evidence, [](const Evidence& one) { return one.code == "signal"; });
  for (const SignalWatch::Moved& one : moved) {
    record->evidence.push_back({one.first, "signal", BandFields(one, by)});
  }
}

std::string ServiceJudge::first_signal() const {
  const std::vector<SignalWatch::Moved>& moved = signal_watch_.moved();
  if (moved.empty()) return "";
  return fmt::format("{} {}", moved.front().rule->id, DirectionName(moved.front().direction));
}

void ServiceJudge::AddEvidence(const std::string& id, const std::vector<Evidence>& evidence) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  std::vector<Evidence>& own = found->second.record.evidence;
  own.insert(own.end(), evidence.begin(), evidence.end());
}

// The record is written by Tick, at most once a minute.
void ServiceJudge::TellSignals() {
  const auto found = open_.find(signals_id_);
  if (found == open_.end() || signal_watch_.moved().empty()) return;
  FillSignals(&found->second.record);
  found->second.changed = true;
}

}  // namespace kizashi
