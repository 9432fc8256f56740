// Joins the spans of a trace: which service called which, and how much of a request's time was a
// service's own.
//
// Spans wait until their trace was quiet for `quiet` or is `hold` old; then the trace is counted
// into a SpanCounts and forgotten. A span that comes later stands alone: it is counted, its edge is
// not. Rules, for the spans of one trace:
// - A span whose parent is of another service, or which is a server's (a consumer's) whose parent
//   is a client's (a producer's), is a request over the edge from the parent's service to its own.
//   It failed when either span did.
// - A client's span that nobody answered with a span is a request to what it names: peer.service,
//   db.system(.name) or messaging.system; without a name it is none. A server's span without a
//   parent is a request of "user".
// - A service's request begins with its span that has no parent of the same service. What it waited
//   for are the calls below it, within the same service: clients' spans, and spans of other
//   services. Its exclusive time is its duration without the union of these.
//
// One thread at a time; the owner locks. Memory: at most `bytes_max`; beyond, the oldest trace is
// counted at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "ingest/span_counts.h"
#include "wire/otlp_traces.h"

namespace kizashi {

struct TraceJoinLimits {
  Duration quiet = std::chrono::seconds(5);
  Duration hold = std::chrono::seconds(60);
  size_t bytes_max = 64 << 20;
  size_t trace_spans_max = 20'000;  // a larger trace is counted in parts
};

/// A span as it waits.
struct JoinedSpan {
  uint64_t id = 0;
  uint64_t parent = 0;  // 0: none
  uint32_t service = SpanCounts::kNone;
  uint32_t operation = SpanCounts::kNone;
  OtlpSpan::Kind kind = OtlpSpan::Kind::kUnspecified;
  bool failed = false;
  int64_t start_ns = 0;
  int64_t end_ns = 0;
  std::string service_name;
  std::string peer;       // of a client's: whom it calls, as far as it says
  std::string peer_type;  // connection_type of such an edge
};

class TraceJoin {
 public:
  using TraceId = std::array<uint64_t, 2>;

  TraceJoin(SpanCounts* counts, Registry* registry, TraceJoinLimits limits = {});

  void Add(const TraceId& trace, JoinedSpan span, Time now);
  /// Counts the traces that are complete at `now`.
  void Settle(Time now);
  /// Counts all of them.
  void SettleAll();

  size_t waiting_bytes() const { return bytes_; }

 private:
  struct Trace {
    Time first{};
    Time last{};
    size_t bytes = 0;
    std::vector<JoinedSpan> spans;
  };
  struct IdHash {
    size_t operator()(const TraceId& id) const { return id[0] ^ (id[1] * 0x9e3779b97f4a7c15ULL); }
  };
  struct Tree;
  void Count(const TraceId& id);
  static void CountEdges(const Tree& tree, SpanCounts* counts);
  static void CountRequests(const Tree& tree, SpanCounts* counts);

  SpanCounts* const counts_;
  const TraceJoinLimits limits_;
  Counter& early_;
  Gauge& waiting_;
  std::unordered_map<TraceId, Trace, IdHash> traces_;
  std::deque<TraceId> order_;  // of traces_, by when they were put here last
  size_t bytes_ = 0;
};

}  // namespace kizashi
