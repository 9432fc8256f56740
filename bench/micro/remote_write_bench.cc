// What a pushed sample costs: RemoteWrite::Write of requests of 500 samples, as Prometheus sends
// them, of series that were met before (steady) and that were not (new series). The store takes
// everything at once. The figure is samples a second on one core, without the snappy block.
#include <benchmark/benchmark.h>

#include <protozero/pbf_writer.hpp>
#include <string>
#include <vector>

#include "ingest/remote_write.h"

namespace kizashi {
namespace {

constexpr int kRequests = 20;
constexpr int kSamples = 500;  // of a request, each of another series

/// Gives out ids and keeps nothing: the receiver alone is measured.
class NullSink final : public TelemetrySink {
 public:
  StatusOr<SeriesId> InternSeries(const Labels&) override { return next_++; }
  StatusOr<StreamId> InternStream(const Labels&) override { return 0; }
  void Append(ScrapeBatch, Done) override {}
  std::vector<RefusedSample> Append(SampleBatch, Done done) override {
    done(OkStatus());
    return {};
  }
  void Append(LogBatch, Done) override {}
  std::string ReadCursor(const std::string&) override { return ""; }

 private:
  SeriesId next_ = 0;
};

std::string MakeBody(int request, int round) {
  std::string body;
  protozero::pbf_writer write(body);
  for (int i = 0; i < kSamples; ++i) {
    protozero::pbf_writer series(write, 1);
    const auto add = [&](const std::string& name, const std::string& value) {
      protozero::pbf_writer label(series, 1);
      label.add_string(1, name);
      label.add_string(2, value);
    };
    add("__name__", fmt::format("http_requests_{}_total", i / 10));
    add("cluster", "production-1");
    add("code", "200");
    add("instance", fmt::format("10.0.{}.{}:8080", round % 250, request));
    add("job", "kubernetes-pods");
    add("method", "GET");
    add("namespace", "shop");
    add("pod", fmt::format("cart-7d4b9c6f5-{:05}", round * kRequests + request));
    add("route", fmt::format("/api/v1/items/{}", i % 10));
    add("service", "cart");
    protozero::pbf_writer sample(series, 2);
    sample.add_double(1, 1000.5 * i);
    sample.add_int64(2, 1'700'000'000'000);
  }
  return body;
}

void Write(RemoteWrite& write, const std::string& body) {
  HttpRequest request;
  request.body = body;
  write.Write(request, [](const HttpResponse& response) {
    if (response.status != 204) std::abort();
  });
}

void Steady(benchmark::State& state) {
  std::vector<std::string> bodies;
  for (int i = 0; i < kRequests; ++i) bodies.push_back(MakeBody(i, 0));
  NullSink sink;
  Registry registry;
  RemoteWrite write(sink, nullptr, nullptr, &registry);
  size_t at = 0;
  int64_t bytes = 0;
  for (auto _ : state) {
    const std::string& body = bodies[at++ % bodies.size()];
    Write(write, body);
    bytes += static_cast<int64_t>(body.size());
  }
  state.SetItemsProcessed(state.iterations() * kSamples);
  state.SetBytesProcessed(bytes);
}
BENCHMARK(Steady);

void NewSeries(benchmark::State& state) {
  NullSink sink;
  Registry registry;
  RemoteWrite write(sink, nullptr, nullptr, &registry);
  int round = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const std::string body = MakeBody(0, ++round);
    state.ResumeTiming();
    Write(write, body);
  }
  state.SetItemsProcessed(state.iterations() * kSamples);
}
BENCHMARK(NewSeries);

}  // namespace
}  // namespace kizashi

BENCHMARK_MAIN();
