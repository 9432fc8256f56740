#include "metric_receivers.h"

#include <utility>

namespace kizashi {

MetricReceivers::MetricReceivers(TelemetrySink& sink, const Clock& clock, Registry* registry)
    : exemplars_(registry),
      metadata_(registry),
      remote_write_(sink, &exemplars_, &metadata_, registry),
      otlp_(sink, &exemplars_, &metadata_, clock, registry),
      traces_(clock, registry) {}

HttpHandler MetricReceivers::remote_write() {
  return [this](const HttpRequest& request, Responder respond) {
    remote_write_.Write(request, std::move(respond));
  };
}

HttpHandler MetricReceivers::otlp() {
  return [this](const HttpRequest& request, Responder respond) {
    otlp_.Metrics(request, std::move(respond));
  };
}

HttpHandler MetricReceivers::otlp_traces() {
  return [this](const HttpRequest& request, const Responder& respond) {
    traces_.Traces(request, respond);
  };
}

HttpHandler MetricReceivers::metadata_answers() {
  return [this](const HttpRequest& request, const Responder& respond) {
    respond(metadata_.Answer(request));
  };
}

}  // namespace kizashi
