#include "judge/graph/traffic_watch.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

#include "judge/logs/count_model.h"

namespace kizashi {
namespace {

constexpr std::string_view kSpanPrefix = "traces_span_metrics_";
constexpr std::string_view kEdgePrefix = "traces_service_graph_request_";
// A level of durations is the first bound that so many of the past passed at most.
constexpr std::array<double, 3> kLevelShares = {0.5, 0.1, 0.02};
// The over-dispersion before anything is known is 1; it weighs so many windows. One window teaches
// at most so much, and the past weighs half after kErrorsMax of them (a day of minutes).
constexpr double kPriorWindows = 10;
constexpr double kErrorMax = 16;
constexpr double kErrorsMax = 1440;
// The past of an operation weighs half once it has so many requests: shares follow slow changes.
constexpr double kHistoryMax = 20'000;
// What the long past weighs beside the minutes before, in requests.
constexpr double kPastWeighs = 20;
constexpr uint32_t kGood = 0;
constexpr uint32_t kAllOfPair = 1;

std::optional<double> BoundOf(const Labels& labels) {
  const std::string_view text = labels.Get("le");
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  double bound = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), bound);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return bound;
}

bool TakesRequests(const Labels& labels) {
  const std::string_view kind = labels.Get("span_kind");
  return kind == "SPAN_KIND_SERVER" || kind == "SPAN_KIND_CONSUMER";
}

double SumOf(const std::vector<double>& counts) {
  return std::accumulate(counts.begin(), counts.end(), 0.0);
}

double SumFrom(const std::vector<double>& counts, size_t bucket) {
  const auto from = counts.begin() + static_cast<ptrdiff_t>(std::min(bucket, counts.size()));
  return std::accumulate(from, counts.end(), 0.0);
}

}  // namespace

std::string_view TrafficAspectName(TrafficAspect aspect) {
  switch (aspect) {
    case TrafficAspect::kFailed: return "failed";
    case TrafficAspect::kSlow: return "slow";
    case TrafficAspect::kOwnFailed: return "own_failed";
    case TrafficAspect::kOwnSlow: return "own_slow";
    case TrafficAspect::kNetworkSlow: return "network_slow";
  }
  return "";
}

uint32_t TrafficWatch::Plan(const Labels& labels, const NameOf& name_of) {
  const std::string_view name = labels.Get(kMetricName);
  Feed feed;
  if (name.starts_with(kSpanPrefix)) {
    feed = PlanSpanMetric(name.substr(kSpanPrefix.size()), labels, name_of);
  } else if (name.starts_with(kEdgePrefix)) {
    feed = PlanEdge(name.substr(kEdgePrefix.size()), labels, name_of);
  }
  if (feed.watch == kNone && feed.caller.empty()) return kNone;
  feeds_.push_back(std::move(feed));
  return static_cast<uint32_t>(feeds_.size() - 1);
}

TrafficWatch::Feed TrafficWatch::PlanSpanMetric(std::string_view what, const Labels& labels,
                                                const NameOf& name_of) {
  const std::string_view operation = labels.Get("span_name");
  if (!labels.Has("service_name")) return {};
  const std::string service = name_of(labels.Get("service_name"));
  const auto key = [&](TrafficAspect aspect) { return Key(aspect, service, ""); };
  if (what == "calls_total" && TakesRequests(labels)) {
    const bool failed = labels.Get("status_code") == "STATUS_CODE_ERROR";
    return PairFeed(key(TrafficAspect::kFailed), operation,
                    failed ? Counts::kFailed : Counts::kGood);
  }
  if (what == "duration_seconds_bucket" && TakesRequests(labels)) {
    return TimesFeed(key(TrafficAspect::kSlow), operation, labels);
  }
  if (what == "exclusive_seconds_bucket") {
    return TimesFeed(key(TrafficAspect::kOwnSlow), operation, labels);
  }
  if (what == "exclusive_seconds_count") {
    return PairFeed(key(TrafficAspect::kOwnFailed), operation, Counts::kAll);
  }
  if (what == "exclusive_failed_total") {
    return PairFeed(key(TrafficAspect::kOwnFailed), operation, Counts::kFailedOfAll);
  }
  return {};
}

// A peer that sends no spans is judged by those who call it.
TrafficWatch::Feed TrafficWatch::PlanEdge(std::string_view what, const Labels& labels,
                                          const NameOf& name_of) {
  const bool is_silent = labels.Has("connection_type");
  // "user" is whoever calls from outside.
  if (!labels.Has("client") || !labels.Has("server")) return {};
  if (is_silent && labels.Get("client") == "user") return {};
  const std::string client = name_of(labels.Get("client"));
  const std::string server = name_of(labels.Get("server"));
  if (client == server) return {};  // what telemetry tells apart is one service of the catalog
  Feed feed;
  if (what == "total" || what == "failed_total") {
    const Counts counts = what == "total" ? Counts::kAll : Counts::kFailedOfAll;
    if (is_silent) feed = PairFeed(Key(TrafficAspect::kFailed, server, ""), client, counts);
    if (what == "total") {
      feed.caller = client;
      feed.callee = server;
    }
  } else if (what == "client_seconds_bucket" && is_silent) {
    feed = TimesFeed(Key(TrafficAspect::kSlow, server, ""), client, labels);
  } else if (what == "network_seconds_bucket" && !is_silent) {
    feed = TimesFeed(Key(TrafficAspect::kNetworkSlow, client, server), "", labels);
  }
  return feed;
}

TrafficWatch::Meter* TrafficWatch::MeterOf(const Key& key, std::string_view operation, Feed* feed) {
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    if (watches_.size() >= kWatchesMax) return nullptr;
    found = by_key_.emplace(key, static_cast<uint32_t>(watches_.size())).first;
    Watch watch;
    std::tie(watch.aspect, watch.service, watch.callee) = key;
    watches_.push_back(std::move(watch));
  }
  std::vector<Meter>& meters = watches_[found->second].meters;
  auto meter = std::find_if(meters.begin(), meters.end(),
                            [&](const Meter& known) { return known.operation == operation; });
  if (meter == meters.end()) {
    if (meters.size() >= kMetersMax) return nullptr;
    meter = meters.insert(meters.end(), Meter{std::string(operation), {}, {}, {}});
  }
  feed->watch = found->second;
  feed->meter = static_cast<uint32_t>(meter - meters.begin());
  return &*meter;
}

TrafficWatch::Feed TrafficWatch::TimesFeed(const Key& key, std::string_view operation,
                                           const Labels& labels) {
  const std::optional<double> bound = BoundOf(labels);
  Feed feed;
  if (!bound || std::isnan(*bound)) return feed;
  Meter* meter = MeterOf(key, operation, &feed);
  if (meter == nullptr) return {};
  const auto place = std::lower_bound(meter->bounds.begin(), meter->bounds.end(), *bound);
  const auto index = place - meter->bounds.begin();
  if (place == meter->bounds.end() || *place != *bound) {
    if (meter->bounds.size() >= kBoundsMax) return {};
    // Feeds name a bound by its place, which moves those behind it.
    meter->bounds.insert(place, *bound);
    meter->history.insert(meter->history.begin() + index, 0);
    meter->step.insert(meter->step.begin() + index, 0);
    const auto moved = static_cast<uint32_t>(index);
    for (Feed& other : feeds_) {
      if (other.watch != feed.watch || other.meter != feed.meter) continue;
      for (auto& bucket : other.buckets) bucket.first += bucket.first >= moved ? 1 : 0;
    }
    for (std::vector<Count>& step : recent_) {
      for (Count& count : step) {
        if (count.watch != feed.watch || count.meter != feed.meter) continue;
        if (count.bucket >= moved) ++count.bucket;
      }
    }
  }
  feed.buckets.emplace_back(static_cast<uint32_t>(index), 1.0);
  return feed;
}

TrafficWatch::Feed TrafficWatch::PairFeed(const Key& key, std::string_view operation,
                                          Counts counts) {
  Feed feed;
  Meter* meter = MeterOf(key, operation, &feed);
  if (meter == nullptr) return {};
  if (meter->bounds.empty()) {
    meter->bounds = {kGood, kAllOfPair};
    meter->history.assign(2, 0);
    meter->step.assign(2, 0);
  }
  // As in a histogram each bucket holds what lies below it too: the second holds all.
  if (counts == Counts::kGood || counts == Counts::kAll) feed.buckets.emplace_back(kGood, 1.0);
  if (counts != Counts::kFailedOfAll) feed.buckets.emplace_back(kAllOfPair, 1.0);
  if (counts == Counts::kFailedOfAll) feed.buckets.emplace_back(kGood, -1.0);
  return feed;
}

void TrafficWatch::Add(uint32_t number, double increase, Time now) {
  if (number >= feeds_.size() || !(increase > 0)) return;
  const Feed& feed = feeds_[number];
  if (!feed.caller.empty()) graph_.Saw(feed.caller, feed.callee, now);
  if (feed.watch == kNone) return;
  Meter& meter = watches_[feed.watch].meters[feed.meter];
  for (const auto& [bucket, sign] : feed.buckets) meter.step[bucket] += sign * increase;
  touched_.emplace_back(feed.watch, feed.meter);
}

void TrafficWatch::EndStep() {
  std::sort(touched_.begin(), touched_.end());
  touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
  std::vector<Count> counts;
  for (const auto& [watch, number] : touched_) {
    Meter& meter = watches_[watch].meters[number];
    double below = 0;
    for (uint32_t i = 0; i < meter.step.size(); ++i) {
      // A bound that one scrape did not show holds no less than the one before it.
      const double up_to = std::max(below, meter.step[i]);
      if (up_to > below) counts.push_back({watch, number, i, up_to - below});
      below = up_to;
      meter.step[i] = 0;
    }
  }
  touched_.clear();
  recent_.push_back(std::move(counts));
  if (++steps_to_errors_ >= kShortSteps) {
    steps_to_errors_ = 0;
    LearnErrors();
  }
  while (recent_.size() > kWindowSteps) LearnOldestStep();
}

void TrafficWatch::SkipWindow() {
  while (!recent_.empty()) LearnOldestStep();
}

void TrafficWatch::LearnOldestStep() {
  for (const Count& count : recent_.front()) {
    Watch& watch = watches_[count.watch];
    if (IsHeld(watch)) continue;
    Meter& meter = watch.meters[count.meter];
    if (SumOf(meter.history) > kHistoryMax) {
      for (double& requests : meter.history) requests /= 2;
    }
    meter.history[count.bucket] += count.requests;
  }
  recent_.pop_front();
}

std::vector<TrafficWatch::Window> TrafficWatch::WindowsOf(size_t from, size_t to) const {
  std::vector<Window> windows(watches_.size());
  for (size_t i = from; i < to; ++i) {
    for (const Count& count : recent_[i]) {
      const std::vector<Meter>& meters = watches_[count.watch].meters;
      Window& window = windows[count.watch];
      window.resize(meters.size());
      window[count.meter].resize(meters[count.meter].history.size());
      window[count.meter][count.bucket] += count.requests;
    }
  }
  return windows;
}

std::vector<TrafficWatch::Split> TrafficWatch::Splits() const {
  std::vector<Split> splits;
  const size_t all = recent_.size();
  for (const size_t steps : {kShortSteps, kLongSteps}) {
    // Without some time before there is nothing that it could be new against.
    if (all < steps + kShortSteps) break;
    const size_t at = all - steps;
    splits.push_back({WindowsOf(at, all), WindowsOf(0, at)});
  }
  return splits;
}

// What stays surprising for longer is the new normal.
bool TrafficWatch::IsHeld(const Watch& watch) {
  return watch.held_steps > 0 && watch.held_steps < kHoldSteps;
}

size_t TrafficWatch::LevelsOf(TrafficAspect aspect) {
  const bool is_pair = aspect == TrafficAspect::kFailed || aspect == TrafficAspect::kOwnFailed;
  return is_pair ? 1 : kLevels;
}

TrafficWatch::Test TrafficWatch::Compare(const Watch& watch, const Window& window,
                                         const Window* before, size_t level) {
  Test test;
  const bool is_pair = LevelsOf(watch.aspect) == 1;
  for (uint32_t i = 0; i < window.size(); ++i) {
    const Meter& meter = watch.meters[i];
    const double requests = SumOf(window[i]);
    const double past = SumOf(meter.history);
    if (requests == 0 || past < kRequestsMin) continue;
    size_t bucket = 1;
    double beyond = SumFrom(meter.history, bucket);
    while (!is_pair && beyond > kLevelShares[level] * past) {
      beyond = SumFrom(meter.history, ++bucket);
    }
    // Nothing can be slower than the last bucket.
    if (bucket >= meter.history.size()) continue;
    // Jeffreys' prior for a share that is seldom seen.
    double share = (beyond + 0.5) / (past + 1);
    double known_by = past + 2;
    if (before != nullptr && i < before->size() && !(*before)[i].empty()) {
      // The past says as much as kPastWeighs requests of the minutes before.
      const double lately = SumOf((*before)[i]);
      share = (SumFrom((*before)[i], bucket) + kPastWeighs * share) / (lately + kPastWeighs);
      known_by = lately + kPastWeighs;
    }
    const double observed = SumFrom(window[i], bucket);
    test.requests += requests;
    test.observed += observed;
    test.expected += requests * share;
    test.variance += requests * requests * share * (1 - share) / known_by;
    if (observed > test.most) {
      test.most = observed;
      test.meter = i;
      test.bucket = bucket;
    }
  }
  return test;
}

double TrafficWatch::NatsOf(const Watch& watch, const Test& test, size_t level) {
  if (test.expected <= 0 || test.observed <= test.expected) return 0;
  const double size = test.expected * test.expected / std::max(test.variance, 1e-9);
  const double tail = NegBinomialUpperTail(test.observed, test.expected, size);
  const double dispersion =
      std::max(1.0, (kPriorWindows + watch.error[level]) / (kPriorWindows + watch.weight));
  return -std::log(std::max(tail, 1e-300)) / dispersion;
}

TrafficWatch::Finding TrafficWatch::Judge(uint32_t number, const std::vector<Split>& splits) const {
  const Watch& watch = watches_[number];
  Finding finding;
  finding.aspect = watch.aspect;
  finding.service = watch.service;
  finding.callee = watch.callee;
  const size_t levels = LevelsOf(watch.aspect);
  if (splits.empty()) return finding;
  const double tests = std::log(static_cast<double>(levels * splits.size()));
  for (size_t level = 0; level < levels; ++level) {
    for (const Split& split : splits) {
      const Test test = Compare(watch, split.now[number], nullptr, level);
      finding.requests = std::max(finding.requests, test.requests);
      if (test.most == 0) continue;
      const Test lately = Compare(watch, split.now[number], &split.before[number], level);
      const double nats =
          std::min(NatsOf(watch, test, level), NatsOf(watch, lately, level)) - tests;
      if (nats <= finding.nats) continue;
      finding.nats = nats;
      finding.observed = test.observed;
      finding.expected = std::max(test.expected, lately.expected);
      const Meter& meter = watch.meters[test.meter];
      finding.operation = meter.operation;
      finding.bound_seconds = levels == 1 ? 0 : meter.bounds[test.bucket - 1];
    }
  }
  return finding;
}

std::vector<TrafficWatch::Finding> TrafficWatch::Look() const {
  const std::vector<Split> splits = Splits();
  std::vector<Finding> findings;
  for (const auto& [key, number] : by_key_) {
    Finding finding = Judge(number, splits);
    if (finding.requests > 0) findings.push_back(std::move(finding));
  }
  return findings;
}

// Once in a short window: how wrong it was, and whether the watch is to be held as it is.
void TrafficWatch::LearnErrors() {
  const std::vector<Split> splits = Splits();
  if (splits.empty()) return;
  for (uint32_t i = 0; i < watches_.size(); ++i) {
    Watch& watch = watches_[i];
    const bool surprises = Judge(i, splits).nats > kHoldNats;
    watch.held_steps =
        surprises ? std::min<uint32_t>(watch.held_steps + kShortSteps, kHoldSteps) : 0;
    if (IsHeld(watch)) continue;
    if (watch.weight > kErrorsMax) {
      watch.weight /= 2;
      for (double& error : watch.error) error /= 2;
    }
    bool judged = false;
    for (size_t level = 0; level < LevelsOf(watch.aspect); ++level) {
      const Test test = Compare(watch, splits[0].now[i], nullptr, level);
      if (test.requests == 0) continue;
      judged = true;
      const double miss = test.observed - test.expected;
      watch.error[level] += std::min(kErrorMax, miss * miss / (test.expected + test.variance));
    }
    if (judged) watch.weight += 1;
  }
}

void TrafficWatch::Mend() {
  by_key_.clear();
  feeds_.clear();
  touched_.clear();
  for (uint32_t i = 0; i < watches_.size(); ++i) {
    Watch& watch = watches_[i];
    by_key_.emplace(Key(watch.aspect, watch.service, watch.callee), i);
    for (uint32_t m = 0; m < watch.meters.size(); ++m) {
      Meter& meter = watch.meters[m];
      // Equal, unless the bytes are no state of ours.
      meter.history.resize(meter.bounds.size());
      meter.step.resize(meter.bounds.size());
      if (SumOf(meter.step) > 0) touched_.emplace_back(i, m);
    }
  }
  for (std::vector<Count>& step : recent_) {
    std::erase_if(step, [&](const Count& count) {
      return count.watch >= watches_.size() || count.meter >= watches_[count.watch].meters.size() ||
             count.bucket >= watches_[count.watch].meters[count.meter].bounds.size();
    });
  }
}

}  // namespace kizashi
