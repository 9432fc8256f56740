#include "ingest/remote_write.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/json_writer.h"
#include "ingest/sample_append.h"

namespace kizashi {
namespace {

constexpr SeriesId kNoSeries = std::numeric_limits<SeriesId>::max();

HttpResponse Make(const PushResult& result) {
  if (!result.failure.ok()) {
    HttpResponse response = ErrorResponse(503, Message(result.failure));
    response.headers.emplace_back("Retry-After", "1");
    return response;
  }
  if (!result.has_bad) return HttpResponse{204, {}, ""};
  JsonWriter json;
  json.BeginObject().Key("error").String(result.reason).Key("item").String(result.item);
  json.Key("kept").Int(static_cast<int64_t>(result.kept));
  json.Key("refused").Int(static_cast<int64_t>(result.refused)).EndObject();
  return JsonResponse(400, json.Take());
}

std::string ItemName(size_t series, std::string_view label_bytes) {
  std::string name = fmt::format("timeseries[{}]", series);
  const StatusOr<Labels> labels = ParseRemoteLabels(label_bytes);
  if (labels.ok()) name += " " + labels->ToString();
  return name;
}

}  // namespace

/// One request, as it is read.
struct RemoteWrite::Push {
  explicit Push(std::string_view body) : reader(body) {}

  struct Series {
    std::string_view labels;
    SeriesCache::Key key;
    uint32_t index = 0;  // in the request
    uint32_t samples = 0;
    uint32_t exemplars = 0;
    SeriesId id = kNoSeries;
  };
  RemoteWriteReader reader;
  std::vector<Series> series;
  SampleBatch batch;
  std::vector<RemoteExemplar> exemplars;
  size_t histograms = 0;
  std::string first_histogram;
};

RemoteWrite::RemoteWrite(TelemetrySink& sink, ExemplarRing* exemplars, MetricMetadata* metadata,
                         Registry* registry, RemoteWriteLimits limits)
    : sink_(sink),
      exemplars_(exemplars),
      metadata_(metadata),
      limits_(limits),
      counters_(PushCounters::MakeForSamples("remote_write", registry)),
      histograms_(registry->GetCounter("kizashi_ingest_native_histograms_refused_total",
                                       "Samples that are native histograms, which are not kept.",
                                       {{"receiver", "remote_write"}})) {}

void RemoteWrite::Write(const HttpRequest& request, Responder respond) {
  const std::string_view type = request.Header("Content-Type");
  if (type.find("io.prometheus.write.v2") != std::string_view::npos) {
    return respond(ErrorResponse(415, "expected prometheus.WriteRequest (remote write 1.0)", type));
  }
  Push push(request.body);
  if (const Status status = ReadBody(request.body, &push); !status.ok()) {
    counters_.refused_bad->Add();
    return respond(ErrorResponse(400, Message(status), "body"));
  }
  const auto answer = std::make_shared<PushAnswer>(counters_, std::move(respond), Make);
  FindSeries(&push, answer.get());
  if (push.histograms > 0) {
    histograms_.Add(static_cast<double>(push.histograms));
    answer->Refuse(push.first_histogram,
                   "native histograms are not kept: send classic ones, or set "
                   "send_native_histograms to false",
                   push.histograms);
  }
  if (metadata_ != nullptr) {
    for (const RemoteMetadata& one : push.reader.metadata()) {
      metadata_->Put("remote_write", one.name,
                     {std::string(one.type), std::string(one.help), std::string(one.unit)});
    }
  }
  if (exemplars_ != nullptr) AddExemplars(push);
  AppendSamples(sink_, std::move(push.batch), answer, [&push](size_t sample) {
    for (const Push::Series& one : push.series) {
      if (one.id == kNoSeries) continue;
      if (sample < one.samples) return ItemName(one.index, one.labels);
      sample -= one.samples;
    }
    return std::string();
  });
  answer->Release();
}

Status RemoteWrite::ReadBody(std::string_view body, Push* push) {
  RemoteSeries series;
  // A sample takes 11 bytes at least, and more than twice as many with its labels as a rule.
  push->batch.samples.reserve(body.size() / 24);
  for (uint32_t index = 0; push->reader.Next(&series); ++index) {
    if (index == limits_.series_max ||
        push->batch.samples.size() + series.samples.size() > limits_.samples_max ||
        push->exemplars.size() + series.exemplars.size() > limits_.samples_max) {
      return InvalidArgument(
          "the request has more than {} series or {} samples: lower max_samples_per_send",
          limits_.series_max, limits_.samples_max);
    }
    if (series.histograms > 0) {
      if (push->histograms == 0) push->first_histogram = ItemName(index, series.labels);
      push->histograms += series.histograms;
      if (series.samples.empty() && series.exemplars.empty()) continue;
    }
    push->series.push_back({series.labels, SeriesCache::KeyOf(series.labels), index,
                            static_cast<uint32_t>(series.samples.size()),
                            static_cast<uint32_t>(series.exemplars.size())});
    for (const RemoteSample& sample : series.samples) {
      push->batch.samples.push_back({kNoSeries, sample.time, sample.value});
    }
    push->exemplars.insert(push->exemplars.end(), series.exemplars.begin(), series.exemplars.end());
  }
  return push->reader.status();
}

// Gives every sample its series; those of series that are not taken leave the batch.
void RemoteWrite::FindSeries(Push* push, PushAnswer* answer) {
  size_t unknown = 0;
  {
    SeriesCache::Batch known(cache_);
    for (Push::Series& one : push->series) {
      one.id = known.Find(one.key).value_or(kNoSeries);
      if (one.id == kNoSeries) ++unknown;
    }
  }
  if (unknown > 0) {
    for (Push::Series& one : push->series) {
      if (one.id != kNoSeries) continue;
      const StatusOr<SeriesId> id = Intern(one.labels);
      if (id.ok()) {
        one.id = *id;
        continue;
      }
      answer->Refuse(fmt::format("timeseries[{}]", one.index), std::string(Message(id.status())),
                     std::max<size_t>(one.samples, 1));
    }
    SeriesCache::Batch known(cache_);
    for (const Push::Series& one : push->series) {
      if (one.id != kNoSeries) known.Put(one.key, one.id);
    }
  }
  std::vector<SampleBatch::Sample>& samples = push->batch.samples;
  size_t from = 0;
  size_t to = 0;
  for (const Push::Series& one : push->series) {
    for (uint32_t i = 0; i < one.samples; ++i, ++from) {
      if (one.id == kNoSeries) continue;
      samples[to] = samples[from];
      samples[to++].series = one.id;
    }
  }
  samples.resize(to);
}

// At the limit of series a retry would not help: the sample is refused as a bad one is.
StatusOr<SeriesId> RemoteWrite::Intern(std::string_view label_bytes) {
  KZ_ASSIGN_OR_RETURN(const Labels labels, ParseRemoteLabels(label_bytes, limits_.labels));
  return sink_.InternSeries(labels);
}

// An exemplar that cannot be read is no reason to refuse anything.
void RemoteWrite::AddExemplars(const Push& push) {
  size_t at = 0;
  for (const Push::Series& one : push.series) {
    for (uint32_t i = 0; i < one.exemplars; ++i, ++at) {
      if (one.id == kNoSeries) continue;
      const RemoteExemplar& exemplar = push.exemplars[at];
      StatusOr<Labels> labels = ParseExemplarLabels(exemplar.labels);
      if (labels.ok()) exemplars_->Add(one.id, {*std::move(labels), exemplar.value, exemplar.time});
    }
  }
}

}  // namespace kizashi
