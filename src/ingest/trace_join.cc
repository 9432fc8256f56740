#include "ingest/trace_join.h"

#include <algorithm>
#include <utility>

namespace kizashi {
namespace {

using Kind = OtlpSpan::Kind;

constexpr uint32_t kNone = SpanCounts::kNone;
constexpr size_t kTraceBytes = 160;  // of an empty one with its places in the map and the order

size_t BytesOf(const JoinedSpan& span) {
  return sizeof(JoinedSpan) + span.service_name.capacity() + span.peer.capacity() +
         span.peer_type.capacity();
}

double SecondsOf(const JoinedSpan& span) {
  return static_cast<double>(span.end_ns - span.start_ns) / 1e9;
}

bool Asks(Kind kind) { return kind == Kind::kClient || kind == Kind::kProducer; }
bool Answers(Kind kind) { return kind == Kind::kServer || kind == Kind::kConsumer; }

/// The length of the union of the intervals within [begin, end]; sorts them.
int64_t CoveredNs(std::vector<std::pair<int64_t, int64_t>>* intervals, int64_t begin, int64_t end) {
  std::sort(intervals->begin(), intervals->end());
  int64_t covered = 0;
  int64_t at = begin;
  for (const auto& [from, to] : *intervals) {
    const int64_t first = std::max(at, from);
    const int64_t last = std::min(end, to);
    if (last <= first) continue;
    covered += last - first;
    at = last;
  }
  return covered;
}

}  // namespace

/// The spans of one trace with their places: parents before them, children behind them.
struct TraceJoin::Tree {
  const std::vector<JoinedSpan>& spans;
  std::vector<uint32_t> parent;                 // kNone: none that is known
  std::vector<std::vector<uint32_t>> children;  // in order of the spans

  explicit Tree(const std::vector<JoinedSpan>& all)
      : spans(all), parent(all.size(), kNone), children(all.size()) {
    std::vector<std::pair<uint64_t, uint32_t>> by_id;
    by_id.reserve(spans.size());
    for (uint32_t i = 0; i < spans.size(); ++i) by_id.emplace_back(spans[i].id, i);
    std::sort(by_id.begin(), by_id.end());
    for (uint32_t i = 0; i < spans.size(); ++i) {
      if (spans[i].parent == 0 || spans[i].parent == spans[i].id) continue;
      const auto found =
          std::lower_bound(by_id.begin(), by_id.end(), std::pair(spans[i].parent, uint32_t{0}));
      if (found == by_id.end() || found->first != spans[i].parent) continue;
      parent[i] = found->second;
      children[found->second].push_back(i);
    }
  }
  /// The span is a request from another service, or from its own over the network.
  bool Enters(uint32_t i) const {
    if (parent[i] == kNone) return false;
    const JoinedSpan& from = spans[parent[i]];
    return from.service_name != spans[i].service_name ||
           (Asks(from.kind) && Answers(spans[i].kind));
  }
  bool BeginsRequest(uint32_t i) const { return parent[i] == kNone || Enters(i); }
};

TraceJoin::TraceJoin(SpanCounts* counts, Registry* registry, TraceJoinLimits limits)
    : counts_(counts),
      limits_(limits),
      early_(registry->GetCounter("kizashi_traces_counted_early_total",
                                  "Traces whose edges were counted before their time because too "
                                  "many spans waited.")),
      waiting_(registry->GetGauge("kizashi_traces_waiting_bytes",
                                  "Spans that wait for the others of their trace.")) {}

void TraceJoin::Add(const TraceId& id, JoinedSpan span, Time now) {
  auto [at, is_new] = traces_.try_emplace(id);
  Trace& trace = at->second;
  if (is_new) {
    trace.first = now;
    trace.bytes = kTraceBytes;
    bytes_ += kTraceBytes;
    order_.push_back(id);
  }
  trace.last = now;
  const size_t bytes = BytesOf(span);
  trace.bytes += bytes;
  bytes_ += bytes;
  trace.spans.push_back(std::move(span));
  if (trace.spans.size() >= limits_.trace_spans_max) {
    Count(id);
    early_.Add();
  }
  while (bytes_ > limits_.bytes_max && !order_.empty()) {
    const TraceId oldest = order_.front();
    order_.pop_front();
    if (!traces_.contains(oldest)) continue;
    Count(oldest);
    early_.Add();
  }
  waiting_.Set(static_cast<double>(bytes_));
}

void TraceJoin::Settle(Time now) {
  for (size_t left = order_.size(); left > 0; --left) {
    const TraceId id = order_.front();
    const auto found = traces_.find(id);
    // The young ones are behind; a trace that was put back there waits a little longer.
    if (found != traces_.end() && now - found->second.first < limits_.quiet) break;
    order_.pop_front();
    if (found == traces_.end()) continue;
    const Trace& trace = found->second;
    if (now - trace.last >= limits_.quiet || now - trace.first >= limits_.hold) {
      Count(id);
    } else {
      order_.push_back(id);
    }
  }
  waiting_.Set(static_cast<double>(bytes_));
}

void TraceJoin::SettleAll() {
  while (!traces_.empty()) Count(traces_.begin()->first);
  order_.clear();
  waiting_.Set(0);
}

void TraceJoin::Count(const TraceId& id) {
  auto node = traces_.extract(id);
  const Trace& trace = node.mapped();
  bytes_ -= trace.bytes;
  const Tree tree(trace.spans);
  CountEdges(tree, counts_);
  CountRequests(tree, counts_);
}

void TraceJoin::CountEdges(const Tree& tree, SpanCounts* counts) {
  for (uint32_t i = 0; i < tree.spans.size(); ++i) {
    const JoinedSpan& span = tree.spans[i];
    if (tree.Enters(i)) {
      const JoinedSpan& from = tree.spans[tree.parent[i]];
      const bool by_message = from.kind == Kind::kProducer || span.kind == Kind::kConsumer;
      counts->CountEdge(
          {from.service_name, span.service_name, by_message ? "messaging_system" : ""},
          from.failed || span.failed, Asks(from.kind) ? SecondsOf(from) : -1, SecondsOf(span));
    } else if (span.parent == 0 && Answers(span.kind)) {
      counts->CountEdge({"user", span.service_name, "virtual_node"}, span.failed, -1,
                        SecondsOf(span));
    }
    if (!Asks(span.kind) || span.peer.empty()) continue;
    const auto& below = tree.children[i];
    const bool answered =
        std::any_of(below.begin(), below.end(), [&](uint32_t child) { return tree.Enters(child); });
    if (answered) continue;
    counts->CountEdge({span.service_name, span.peer, span.peer_type}, span.failed, SecondsOf(span),
                      -1);
  }
}

// Every span has one parent, and a span that begins a request is not below one of its own service:
// each is visited at most once, and circles of parents are not visited.
void TraceJoin::CountRequests(const Tree& tree, SpanCounts* counts) {
  std::vector<std::pair<int64_t, int64_t>> waits;
  std::vector<uint32_t> open;
  for (uint32_t i = 0; i < tree.spans.size(); ++i) {
    const JoinedSpan& request = tree.spans[i];
    if (!tree.BeginsRequest(i) || Asks(request.kind)) continue;
    waits.clear();
    bool call_failed = false;
    open.assign(1, i);
    while (!open.empty()) {
      const uint32_t at = open.back();
      open.pop_back();
      const JoinedSpan& span = tree.spans[at];
      if (span.kind == Kind::kClient) {
        waits.emplace_back(span.start_ns, span.end_ns);
        call_failed = call_failed || span.failed;
      }
      for (const uint32_t child : tree.children[at]) {
        if (!tree.Enters(child)) {
          open.push_back(child);
          continue;
        }
        call_failed = call_failed || tree.spans[child].failed;
        // What a message sets off is not waited for.
        if (span.kind == Kind::kProducer) continue;
        waits.emplace_back(tree.spans[child].start_ns, tree.spans[child].end_ns);
      }
    }
    const int64_t waited = CoveredNs(&waits, request.start_ns, request.end_ns);
    const double own = static_cast<double>(request.end_ns - request.start_ns - waited) / 1e9;
    counts->CountExclusive(request.operation, own, request.failed && !call_failed);
  }
}

}  // namespace kizashi
