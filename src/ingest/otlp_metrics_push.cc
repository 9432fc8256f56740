#include "ingest/otlp_metrics_push.h"

#include <memory>
#include <utility>

#include "ingest/otlp_answer.h"
#include "ingest/sample_append.h"
#include "wire/otlp_metrics.h"

namespace kizashi {

OtlpMetricsPush::OtlpMetricsPush(TelemetrySink& sink, ExemplarRing* exemplars,
                                 MetricMetadata* metadata, const Clock& clock, Registry* registry,
                                 OtlpMetricLimits limits)
    : sink_(sink),
      exemplars_(exemplars),
      metadata_(metadata),
      clock_(clock),
      limits_(limits),
      counters_(PushCounters::MakeForSamples("otlp", registry)),
      deltas_(registry) {}

void OtlpMetricsPush::Metrics(const HttpRequest& request, Responder respond) {
  const auto encoding = OtlpEncodingOf(request);
  if (!encoding) {
    counters_.refused_bad->Add();
    return respond(OtlpWrongEncoding());
  }
  const bool json = *encoding == OtlpEncoding::kJson;
  OtlpSeries series({&sink_, &cache_, &deltas_, exemplars_, metadata_}, limits_, clock_.Now());
  const Status read = json ? ReadOtlpMetricsJson(request.body, &series)
                           : ReadOtlpMetricsProto(request.body, &series);
  if (!read.ok()) {
    counters_.refused_bad->Add();
    return respond(OtlpBadRequest(read, json));
  }
  const auto answer =
      std::make_shared<PushAnswer>(counters_, std::move(respond), [json](const PushResult& result) {
        if (!result.failure.ok()) return OtlpFailure(result.failure, json);
        return OtlpResponse(200, OtlpMetricsResponse(result.refused, result.reason, json), json);
      });
  if (series.rejected() > 0) answer->Refuse(series.item(), series.reason(), series.rejected());
  AppendSamples(
      sink_, series.TakeBatch(), answer, [](size_t) { return std::string(); },
      [&series](const std::vector<RefusedSample>& refused) {
        size_t points = 0;
        for (size_t i = 0; i < refused.size(); ++i) {
          const bool is_new =
              i == 0 || series.PointOf(refused[i].index) != series.PointOf(refused[i - 1].index);
          if (is_new) ++points;
        }
        return points;
      });
  answer->Release();
}

}  // namespace kizashi
