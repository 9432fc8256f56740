// An alert engine with a clock of its own, what it wrote, and a receiver that answers when told to.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "act/alert/engine.h"

namespace kizashi::alerts {

/// "a=b,c=d"
inline Labels LabelsOf(std::string_view text) {
  Labels labels;
  const auto matchers = ParseMatchers(text);
  for (const Matcher& matcher : *matchers) labels.Set(matcher.name(), matcher.value());
  return labels;
}

inline AlertConfigPtr ConfigOf(std::string_view text) {
  AlertConfigResult read = ReadAlertConfig(text, "test.yml", {"webhook"});
  for (const std::string& error : read.errors) ADD_FAILURE() << error;
  return read.config;
}

struct EngineWorld {
  explicit EngineWorld(std::string_view config) : engine(EngineOptions()) {
    engine.Configure(ConfigOf(config), now);
  }

  void Put(Alert alert) {
    alert.updated_at = now;
    Alert merged = engine.Merged(std::move(alert), now);
    records.push_back(EncodeRecord(merged));
    engine.Put(std::move(merged), now);
  }
  /// Until the resolve timeout of five minutes, or longer.
  void Fire(std::string_view labels, Duration length = std::chrono::minutes(5)) {
    Alert alert;
    alert.labels = LabelsOf(labels);
    alert.starts_at = now;
    alert.ends_at = now + length;
    alert.timeout = true;
    Put(std::move(alert));
  }
  void Resolve(std::string_view labels) {
    Alert alert;
    alert.labels = LabelsOf(labels);
    alert.starts_at = now;
    alert.ends_at = now;
    Put(std::move(alert));
  }
  void Silence(std::string_view matchers, Duration length) {
    alerts::Silence silence;
    silence.matchers = *ParseMatchers(matchers);
    silence.starts_at = now;
    silence.ends_at = now + length;
    std::vector<alerts::Silence> plan = *engine.silences().PlanSet(silence, now);
    for (alerts::Silence& one : plan) {
      records.push_back(EncodeRecord(one));
      engine.SetSilence(std::move(one));
    }
  }

  /// Lets time pass in steps of a second; what is queued, as "destination +host=a -host=b".
  std::vector<std::string> Pass(Duration time) {
    std::vector<std::string> told;
    for (const Time end = now + time; now <= end; now += Duration(1000)) {
      engine.Advance(now);
      for (const Event& event : TakeEvents()) {
        if (event.kind != Event::Kind::kQueued) continue;
        const Notification* queued = engine.FindWaiting(event.number);
        if (queued == nullptr) continue;
        last = *queued;
        told.push_back(Describe(*queued));
      }
    }
    now -= Duration(1000);
    return told;
  }
  std::vector<Event> TakeEvents() {
    std::vector<Event> events = engine.Take();
    for (const Event& event : events) records.push_back(event.record);
    return events;
  }
  static std::string Describe(const Notification& queued) {
    std::string text = queued.destination;
    std::vector<std::string> alerts;
    for (const ToldAlert& told : queued.alerts) {
      alerts.push_back(
          fmt::format(" {}host={}", told.firing ? '+' : '-', told.alert->labels.Get("host")));
    }
    std::sort(alerts.begin(), alerts.end(),
              [](const auto& a, const auto& b) { return a.substr(2) < b.substr(2); });
    for (const std::string& one : alerts) text += one;
    return text;
  }
  void EndAll(EndReason reason) {
    for (const uint64_t number : engine.Waiting()) engine.End(number, reason, now);
    TakeEvents();
  }
  void DeliverAll() { EndAll(EndReason::kDelivered); }

  Time now = *ParseTime("2026-01-05T05:50:00Z");
  AlertEngine engine;
  Notification last;                 // queued
  std::vector<std::string> records;  // what a log would have
};

}  // namespace kizashi::alerts
