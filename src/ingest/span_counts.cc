#include "ingest/span_counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "ingest/otlp_names.h"

namespace kizashi {
namespace {

constexpr std::string_view kOther = "other";

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '\\' || c == '"') quoted += '\\';
    if (c == '\n') {
      quoted += "\\n";
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string_view KindText(OtlpSpan::Kind kind) {
  constexpr std::array<std::string_view, 6> kTexts = {
      "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER",
      "SPAN_KIND_CLIENT",      "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"};
  return kTexts[static_cast<size_t>(kind)];
}

std::string_view OutcomeText(OtlpSpan::Outcome outcome) {
  constexpr std::array<std::string_view, 3> kTexts = {"STATUS_CODE_UNSET", "STATUS_CODE_OK",
                                                      "STATUS_CODE_ERROR"};
  return kTexts[static_cast<size_t>(outcome)];
}

void WriteType(std::string_view name, std::string_view type, std::string_view help,
               std::string* out) {
  fmt::format_to(std::back_inserter(*out), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void WriteCount(std::string_view name, const std::string& labels, uint64_t count,
                std::string* out) {
  fmt::format_to(std::back_inserter(*out), "{}{{{}}} {}\n", name, labels, count);
}

}  // namespace

void SpanCounts::Times::Add(double seconds) {
  const auto bound = std::lower_bound(kBoundsSeconds.begin(), kBoundsSeconds.end(), seconds);
  ++counts[static_cast<size_t>(bound - kBoundsSeconds.begin())];
  sum += seconds;
}

uint64_t SpanCounts::Times::count() const {
  return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
}

SpanCounts::SpanCounts(Registry* registry, SpanCountLimits limits)
    : limits_(limits),
      services_refused_(
          registry->GetCounter("kizashi_traces_services_refused_total",
                               "Spans not counted because there are too many services.")),
      edges_refused_(registry->GetCounter(
          "kizashi_traces_edges_refused_total",
          "Requests between services not counted because there are too many edges.")) {}

uint32_t SpanCounts::ServiceOf(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = services_by_name_.find(name);
  if (found != services_by_name_.end()) return found->second;
  if (services_.size() >= limits_.services_max) return kNone;
  const auto number = static_cast<uint32_t>(services_.size());
  services_.push_back({std::string(name), {}});
  services_by_name_.emplace(name, number);
  return number;
}

uint32_t SpanCounts::OperationOf(uint32_t service, std::string_view name) {
  if (service == kNone) return kNone;
  const std::lock_guard lock(mutex_);
  auto& known = services_[service].operations;
  if (name.size() > limits_.name_bytes_max) name = kOther;
  auto found = known.find(name);
  if (found == known.end() && known.size() + 1 >= limits_.operations_max) {
    name = kOther;  // the last place is for all of them
    found = known.find(name);
  }
  if (found != known.end()) return found->second;
  const auto number = static_cast<uint32_t>(operations_.size());
  operations_.push_back({service, std::string(name), {}, {}, 0});
  known.emplace(name, number);
  return number;
}

void SpanCounts::CountSpan(uint32_t operation, Kind kind, Outcome outcome, double seconds) {
  if (operation == kNone) return services_refused_.Add();
  const std::lock_guard lock(mutex_);
  Calls& calls = operations_[operation].calls[{kind, outcome}];
  ++calls.count;
  calls.times.Add(seconds);
}

void SpanCounts::CountExclusive(uint32_t operation, double seconds, bool failed_by_itself) {
  if (operation == kNone) return;
  const std::lock_guard lock(mutex_);
  operations_[operation].exclusive.Add(seconds);
  if (failed_by_itself) ++operations_[operation].failed_by_itself;
}

void SpanCounts::CountEdge(const Edge& edge, bool failed, double client_seconds,
                           double server_seconds) {
  const std::lock_guard lock(mutex_);
  auto found = edges_.find(edge);
  if (found == edges_.end()) {
    if (edges_.size() >= limits_.edges_max) return edges_refused_.Add();
    found = edges_.emplace(edge, EdgeCounts{}).first;
  }
  EdgeCounts& counts = found->second;
  ++counts.count;
  if (failed) ++counts.failed;
  if (client_seconds >= 0) counts.client.Add(client_seconds);
  if (server_seconds >= 0) counts.server.Add(server_seconds);
  if (client_seconds >= 0 && server_seconds >= 0) {
    counts.network.Add(std::max(0.0, client_seconds - server_seconds));
  }
}

void SpanCounts::WriteTimes(std::string_view name, const std::string& labels, const Times& times,
                            std::string* out) {
  uint64_t below = 0;
  for (size_t i = 0; i < times.counts.size(); ++i) {
    below += times.counts[i];
    const std::string bound = i < kBoundsSeconds.size() ? BoundText(kBoundsSeconds[i]) : "+Inf";
    fmt::format_to(std::back_inserter(*out), "{}_bucket{{{},le=\"{}\"}} {}\n", name, labels, bound,
                   below);
  }
  fmt::format_to(std::back_inserter(*out), "{}_sum{{{}}} {}\n", name, labels, times.sum);
  fmt::format_to(std::back_inserter(*out), "{}_count{{{}}} {}\n", name, labels, below);
}

std::string SpanCounts::LabelsOf(const Operation& operation) const {
  return fmt::format("service_name={},span_name={}", Quoted(services_[operation.service].name),
                     Quoted(operation.name));
}

void SpanCounts::WriteCalls(std::string* out) const {
  const auto each = [this](auto write) {
    for (const Operation& operation : operations_) {
      for (const auto& [key, calls] : operation.calls) {
        write(key.first, calls,
              fmt::format("{},span_kind=\"{}\",status_code=\"{}\"", LabelsOf(operation),
                          KindText(key.first), OutcomeText(key.second)));
      }
    }
  };
  constexpr std::string_view kCalls = "traces_span_metrics_calls_total";
  constexpr std::string_view kDuration = "traces_span_metrics_duration_seconds";
  WriteType(kCalls, "counter", "Spans by service, name, kind and status.", out);
  each([&](Kind, const Calls& calls, const std::string& labels) {
    WriteCount(kCalls, labels, calls.count, out);
  });
  WriteType(kDuration, "histogram", "How long spans took.", out);
  each([&](Kind kind, const Calls& calls, const std::string& labels) {
    if (kind == Kind::kInternal || kind == Kind::kUnspecified) return;
    WriteTimes(kDuration, labels, calls.times, out);
  });
}

void SpanCounts::WriteExclusive(std::string* out) const {
  constexpr std::string_view kTime = "traces_span_metrics_exclusive_seconds";
  constexpr std::string_view kFailed = "traces_span_metrics_exclusive_failed_total";
  WriteType(kTime, "histogram", "How long requests took without what they waited for.", out);
  for (const Operation& operation : operations_) {
    if (operation.exclusive.count() == 0) continue;
    WriteTimes(kTime, LabelsOf(operation), operation.exclusive, out);
  }
  WriteType(kFailed, "counter", "Requests that failed while no call of theirs did.", out);
  for (const Operation& operation : operations_) {
    if (operation.exclusive.count() == 0) continue;
    WriteCount(kFailed, LabelsOf(operation), operation.failed_by_itself, out);
  }
}

void SpanCounts::WriteEdges(std::string* out) const {
  const auto each = [this](auto write) {
    for (const auto& [edge, counts] : edges_) {
      write(counts, fmt::format("client={},server={},connection_type={}", Quoted(edge.client),
                                Quoted(edge.server), Quoted(edge.connection_type)));
    }
  };
  constexpr std::string_view kTotal = "traces_service_graph_request_total";
  constexpr std::string_view kFailed = "traces_service_graph_request_failed_total";
  constexpr std::string_view kClient = "traces_service_graph_request_client_seconds";
  constexpr std::string_view kNetwork = "traces_service_graph_request_network_seconds";
  constexpr std::string_view kServer = "traces_service_graph_request_server_seconds";
  WriteType(kTotal, "counter", "Requests from one service to another.", out);
  each([&](const EdgeCounts& counts, const std::string& labels) {
    WriteCount(kTotal, labels, counts.count, out);
  });
  WriteType(kFailed, "counter", "Those of which either side said that they failed.", out);
  each([&](const EdgeCounts& counts, const std::string& labels) {
    WriteCount(kFailed, labels, counts.failed, out);
  });
  WriteType(kClient, "histogram", "How long they took as the client saw it.", out);
  each([&](const EdgeCounts& counts, const std::string& labels) {
    if (counts.client.count() > 0) WriteTimes(kClient, labels, counts.client, out);
  });
  WriteType(kNetwork, "histogram", "How much longer the client waited than the server worked.",
            out);
  each([&](const EdgeCounts& counts, const std::string& labels) {
    if (counts.network.count() > 0) WriteTimes(kNetwork, labels, counts.network, out);
  });
  WriteType(kServer, "histogram", "How long they took as the server saw it.", out);
  each([&](const EdgeCounts& counts, const std::string& labels) {
    if (counts.server.count() > 0) WriteTimes(kServer, labels, counts.server, out);
  });
}

std::string SpanCounts::Write() const {
  std::string out;
  const std::lock_guard lock(mutex_);
  WriteCalls(&out);
  WriteExclusive(&out);
  WriteEdges(&out);
  return out;
}

}  // namespace kizashi
