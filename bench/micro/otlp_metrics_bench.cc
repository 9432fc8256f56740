// What a sample of OpenTelemetry costs: OtlpMetricsPush::Metrics of requests in protobuf, of series
// that were met before; cumulative sums, sums of delta temporality, and histograms of 15 buckets.
// The store takes everything at once. The figure is samples a second on one core.
#include <benchmark/benchmark.h>

#include <protozero/pbf_writer.hpp>
#include <string>
#include <vector>

#include "ingest/otlp_metrics_push.h"

namespace kizashi {
namespace {

constexpr int kMetrics = 20;
constexpr int kPoints = 25;
constexpr int kBounds = 14;

/// Gives out ids and keeps nothing: the receiver alone is measured.
class NullSink final : public TelemetrySink {
 public:
  StatusOr<SeriesId> InternSeries(const Labels&) override { return next_++; }
  StatusOr<StreamId> InternStream(const Labels&) override { return 0; }
  void Append(ScrapeBatch, Done) override {}
  std::vector<RefusedSample> Append(SampleBatch batch, Done done) override {
    samples_ += batch.samples.size();
    done(OkStatus());
    return {};
  }
  void Append(LogBatch, Done) override {}
  std::string ReadCursor(const std::string&) override { return ""; }
  size_t samples() const { return samples_; }

 private:
  SeriesId next_ = 0;
  size_t samples_ = 0;
};

void AddAttribute(protozero::pbf_writer* to, uint32_t tag, const char* key,
                  const std::string& text) {
  protozero::pbf_writer pair(*to, tag);
  pair.add_string(1, key);
  protozero::pbf_writer value(pair, 2);
  value.add_string(1, text);
}

void AddPoint(protozero::pbf_writer* data, int i, bool is_histogram, uint64_t time_ns) {
  protozero::pbf_writer point(*data, 1);
  const uint32_t attributes = is_histogram ? 9 : 7;
  AddAttribute(&point, attributes, "http.route", "/api/v1/items/" + std::to_string(i));
  AddAttribute(&point, attributes, "http.request.method", "GET");
  AddAttribute(&point, attributes, "http.response.status_code", "200");
  point.add_fixed64(3, time_ns);
  if (!is_histogram) return point.add_sfixed64(6, 1000 + i);
  std::vector<uint64_t> counts(kBounds + 1, 3);
  std::vector<double> bounds;
  for (int bound = 0; bound < kBounds; ++bound) bounds.push_back(0.005 * (1 << bound));
  point.add_fixed64(4, 3 * counts.size());
  point.add_double(5, 12.5);
  point.add_packed_fixed64(6, counts.begin(), counts.end());
  point.add_packed_double(7, bounds.begin(), bounds.end());
}

std::string MakeBody(bool is_histogram, int temporality, uint64_t time_ns) {
  std::string body;
  protozero::pbf_writer request(body);
  protozero::pbf_writer resource_metrics(request, 1);
  {
    protozero::pbf_writer resource(resource_metrics, 1);
    AddAttribute(&resource, 1, "service.name", "cart");
    AddAttribute(&resource, 1, "service.instance.id", "cart-7d4b9c6f5-00001");
    AddAttribute(&resource, 1, "host.name", "node-17");
  }
  protozero::pbf_writer scope_metrics(resource_metrics, 2);
  for (int i = 0; i < kMetrics; ++i) {
    protozero::pbf_writer metric(scope_metrics, 2);
    metric.add_string(1, "http.server.requests." + std::to_string(i));
    metric.add_string(3, "s");
    protozero::pbf_writer data(metric, is_histogram ? 9 : 7);
    for (int k = 0; k < kPoints; ++k) AddPoint(&data, k, is_histogram, time_ns);
    data.add_enum(2, temporality);
    if (!is_histogram) data.add_bool(3, true);
  }
  return body;
}

void Measure(benchmark::State& state, bool is_histogram, int temporality) {
  NullSink sink;
  SystemClock clock;
  Registry registry;
  OtlpMetricsPush push(sink, nullptr, nullptr, clock, &registry);
  HttpRequest request;
  request.headers = {{"Content-Type", "application/x-protobuf"}};
  request.body = MakeBody(is_histogram, temporality, 1'700'000'000'000'000'000);
  for (auto _ : state) {
    push.Metrics(request, [](const HttpResponse& response) {
      if (response.status != 200 || !response.body.empty()) std::abort();
    });
  }
  state.SetItemsProcessed(static_cast<int64_t>(sink.samples()));
}

void CumulativeSums(benchmark::State& state) { Measure(state, false, 2); }
BENCHMARK(CumulativeSums);
void DeltaSums(benchmark::State& state) { Measure(state, false, 1); }
BENCHMARK(DeltaSums);
void Histograms(benchmark::State& state) { Measure(state, true, 2); }
BENCHMARK(Histograms);

}  // namespace
}  // namespace kizashi

BENCHMARK_MAIN();
