// What spans add up to: requests, errors and durations (RED) of each service and operation, and of
// each edge between two services, as counters and classic histograms in the text that a scrape
// reads.
//
// Names and labels are those of OpenTelemetry's span metrics and service graph connectors
// (opentelemetry-collector-contrib, connector/spanmetricsconnector and servicegraphconnector), in
// seconds:
//   traces_span_metrics_calls_total{service_name, span_name, span_kind, status_code}
//   traces_span_metrics_duration_seconds{the same}, not of internal spans
//   traces_service_graph_request_total{client, server, connection_type}
//   traces_service_graph_request_failed_total, _request_client_seconds, _request_server_seconds
// Ours:
//   traces_service_graph_request_network_seconds{client, server, connection_type}: how much longer
//     the client waited than the server worked
// and of the requests that a service took (their first span in it):
//   traces_span_metrics_exclusive_seconds{service_name, span_name}: how long a request took less
//   the
//     time that it waited for calls to others
//   traces_span_metrics_exclusive_failed_total: requests that failed while no call of theirs did
//
// Counts are exact from the start of the process on; a restart begins at zero, as that of any
// program does. Any thread. Bounded by SpanCountLimits: operations beyond the limit of their
// service are counted together as "other", services and edges beyond theirs are not counted, which
// is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/hash.h"
#include "base/metrics.h"
#include "wire/otlp_traces.h"

namespace kizashi {

struct SpanCountLimits {
  size_t services_max = 2'000;
  size_t operations_max = 100;  // of one service
  size_t name_bytes_max = 256;  // of an operation; a longer one is "other"
  size_t edges_max = 20'000;
};

class SpanCounts {
 public:
  using Kind = OtlpSpan::Kind;
  using Outcome = OtlpSpan::Outcome;
  static constexpr uint32_t kNone = UINT32_MAX;
  /// The default bounds of the span metrics connector.
  static constexpr std::array<double, 16> kBoundsSeconds = {
      0.002, 0.004, 0.006, 0.008, 0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 1, 1.4, 2, 5, 10, 15};

  explicit SpanCounts(Registry* registry, SpanCountLimits limits = {});

  /// Numbers that stand for a service and one of its operations, given once; kNone beyond the
  /// limit of services.
  uint32_t ServiceOf(std::string_view name);
  uint32_t OperationOf(uint32_t service, std::string_view name);

  void CountSpan(uint32_t operation, Kind kind, Outcome outcome, double seconds);
  /// A request that the service of `operation` took.
  void CountExclusive(uint32_t operation, double seconds, bool failed_by_itself);

  struct Edge {
    std::string client;
    std::string server;
    std::string connection_type;  // "", "database", "messaging_system" or "virtual_node"
    auto operator<=>(const Edge&) const = default;
  };
  /// One request over an edge; a duration below zero is not known.
  void CountEdge(const Edge& edge, bool failed, double client_seconds, double server_seconds);

  /// The exposition text (0.0.4), families in order.
  std::string Write() const;

 private:
  struct Times {
    std::array<uint64_t, kBoundsSeconds.size() + 1> counts{};
    double sum = 0;
    void Add(double seconds);
    uint64_t count() const;
  };
  struct Calls {
    uint64_t count = 0;
    Times times;
  };
  struct Operation {
    uint32_t service = 0;
    std::string name;
    std::map<std::pair<Kind, Outcome>, Calls> calls;
    Times exclusive;
    uint64_t failed_by_itself = 0;
  };
  struct Service {
    std::string name;
    std::map<std::string, uint32_t, std::less<>> operations;
  };
  struct EdgeCounts {
    uint64_t count = 0;
    uint64_t failed = 0;
    Times client;
    Times server;
    Times network;
  };
  static void WriteTimes(std::string_view name, const std::string& labels, const Times& times,
                         std::string* out);
  std::string LabelsOf(const Operation& operation) const;
  void WriteCalls(std::string* out) const;
  void WriteExclusive(std::string* out) const;
  void WriteEdges(std::string* out) const;

  const SpanCountLimits limits_;
  Counter& services_refused_;
  Counter& edges_refused_;
  mutable std::mutex mutex_;
  std::vector<Service> services_;                                  // under mutex_
  std::map<std::string, uint32_t, std::less<>> services_by_name_;  // under mutex_
  std::vector<Operation> operations_;                              // under mutex_
  std::map<Edge, EdgeCounts> edges_;                               // under mutex_
};

}  // namespace kizashi
