#include "ingest/otlp_traces_push.h"

#include <simdjson.h>

#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "ingest/otlp_answer.h"
#include "wire/otlp_metrics.h"
#include "wire/otlp_traces.h"

namespace kizashi {
namespace {

// What the specification of resources gives a service without a name.
constexpr std::string_view kUnknownService = "unknown_service";
constexpr std::string_view kUnnamed = "unnamed";

bool IsUtf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

uint64_t Number(std::string_view bytes) {
  uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof(number));
  return number;
}

/// Whom a client's span calls; nothing when it does not say.
void FindPeer(std::string_view attributes, JoinedSpan* span) {
  std::vector<Label> labels;
  if (!ReadOtlpAttributes(attributes, &labels)) return;
  struct Source {
    std::string_view attribute;
    std::string_view type;
  };
  constexpr Source kSources[] = {{"peer.service", "virtual_node"},
                                 {"db.system.name", "database"},
                                 {"db.system", "database"},
                                 {"messaging.system", "messaging_system"}};
  for (const Source& source : kSources) {
    for (const Label& label : labels) {
      if (label.name != source.attribute || label.value.empty() || !IsUtf8(label.value)) continue;
      span->peer = label.value;
      span->peer_type = source.type;
      return;
    }
  }
}

/// The spans of one request.
class Spans final : public OtlpSpanVisitor {
 public:
  Spans(SpanCounts* counts, size_t spans_max) : counts_(*counts), spans_max_(spans_max) {}

  struct Read {
    TraceJoin::TraceId trace;
    JoinedSpan span;
    SpanCounts::Outcome outcome;
  };

  void BeginResource(const std::vector<Label>& attributes) override {
    service_name_ = kUnknownService;
    for (const Label& attribute : attributes) {
      if (attribute.name == "service.name" && !attribute.value.empty()) {
        service_name_ = attribute.value;
      }
    }
    service_is_text_ = IsUtf8(service_name_);
    // Known when the first good span comes.
    service_.reset();
  }

  void Span(const OtlpSpan& span) override {
    if (const std::string_view wrong = WrongIn(span); !wrong.empty()) {
      if (rejected_++ == 0) reason_ = fmt::format("span {}: {}", seen_, wrong);
      ++seen_;
      return;
    }
    ++seen_;
    if (!service_) service_ = counts_.ServiceOf(service_name_);
    Read read{{Number(span.trace_id), Number(span.trace_id.substr(8))}, {}, span.outcome};
    read.span.id = Number(span.span_id);
    read.span.parent = span.parent_id.size() == 8 ? Number(span.parent_id) : 0;
    read.span.service = *service_;
    read.span.operation = counts_.OperationOf(*service_, span.name.empty() ? kUnnamed : span.name);
    read.span.kind = span.kind;
    read.span.failed = span.outcome == OtlpSpan::Outcome::kError;
    read.span.start_ns = static_cast<int64_t>(span.start_ns);
    read.span.end_ns = static_cast<int64_t>(span.end_ns);
    read.span.service_name = service_name_;
    if (span.kind == OtlpSpan::Kind::kClient || span.kind == OtlpSpan::Kind::kProducer) {
      FindPeer(span.attributes, &read.span);
    }
    read_.push_back(std::move(read));
  }

  std::vector<Read>& read() { return read_; }
  size_t rejected() const { return rejected_; }
  const std::string& reason() const { return reason_; }

 private:
  std::string_view WrongIn(const OtlpSpan& span) const {
    if (read_.size() >= spans_max_) return "the request has too many spans";
    if (!service_is_text_) return "service.name is not UTF-8";
    if (span.trace_id.size() != 16) return "trace_id is not of 16 bytes";
    if (span.span_id.size() != 8) return "span_id is not of 8 bytes";
    if (!span.parent_id.empty() && span.parent_id.size() != 8) {
      return "parent_span_id is not of 8 bytes";
    }
    if (!IsUtf8(span.name)) return "the name is not UTF-8";
    if (span.start_ns == 0 || span.end_ns == 0) return "a time is missing";
    if (span.end_ns > INT64_MAX) return "a time is too large";
    if (span.end_ns < span.start_ns) return "it ends before it starts";
    return {};
  }

  SpanCounts& counts_;
  const size_t spans_max_;
  std::string service_name_{kUnknownService};
  bool service_is_text_ = true;
  std::optional<uint32_t> service_;
  std::vector<Read> read_;
  size_t seen_ = 0;
  size_t rejected_ = 0;
  std::string reason_;
};

}  // namespace

OtlpTracesPush::OtlpTracesPush(const Clock& clock, Registry* registry, SpanLimits limits)
    : clock_(clock),
      limits_(limits),
      spans_(registry->GetCounter("kizashi_ingest_spans_total", "Spans counted.")),
      rejected_(registry->GetCounter("kizashi_ingest_spans_rejected_total",
                                     "Spans of good requests that were not taken.")),
      refused_(registry->GetCounter("kizashi_ingest_refused_total",
                                    "Log lines, samples and other items that were not taken.",
                                    {{"receiver", "otlp_traces"}, {"reason", "bad_input"}})),
      counts_(registry, limits.counts),
      join_(&counts_, registry, limits.join) {}

void OtlpTracesPush::Traces(const HttpRequest& request, const Responder& respond) {
  const auto encoding = OtlpEncodingOf(request);
  if (!encoding) {
    refused_.Add();
    return respond(OtlpWrongEncoding());
  }
  const bool json = *encoding == OtlpEncoding::kJson;
  Spans spans(&counts_, limits_.spans_max);
  const Status status =
      json ? ReadOtlpTracesJson(request.body, &spans) : ReadOtlpTracesProto(request.body, &spans);
  if (!status.ok()) {
    refused_.Add();
    return respond(OtlpBadRequest(status, json));
  }
  const Time now = clock_.Now();
  for (const Spans::Read& read : spans.read()) {
    const double seconds = static_cast<double>(read.span.end_ns - read.span.start_ns) / 1e9;
    counts_.CountSpan(read.span.operation, read.span.kind, read.outcome, seconds);
  }
  spans_.Add(static_cast<double>(spans.read().size()));
  rejected_.Add(static_cast<double>(spans.rejected()));
  {
    const std::lock_guard lock(mutex_);
    for (Spans::Read& read : spans.read()) {
      // What is not counted by service has no edges either.
      if (read.span.service == SpanCounts::kNone) continue;
      join_.Add(read.trace, std::move(read.span), now);
    }
    join_.Settle(now);
  }
  respond(OtlpResponse(200, OtlpTracesResponse(spans.rejected(), spans.reason(), json), json));
}

std::string OtlpTracesPush::Write() {
  {
    const std::lock_guard lock(mutex_);
    join_.Settle(clock_.Now());
  }
  return counts_.Write();
}

}  // namespace kizashi
