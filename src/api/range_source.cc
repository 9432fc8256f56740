#include "api/range_source.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <thread>

#include "query/promql/memory_source.h"

namespace kizashi {
namespace {

constexpr int kAttemptsMax = 12;
constexpr Duration kFirstWait{250};
constexpr Duration kWaitMax = std::chrono::seconds(8);
constexpr size_t kAnswerBytesMax = 256 << 20;

using Element = simdjson::dom::element;
using Series = std::vector<promql::ResultSeries>;

std::string ReasonOf(const FetchResult& result) {
  simdjson::dom::parser parser;
  Element answer;
  std::string_view reason;
  if (parser.parse(result.body).get(answer) == simdjson::SUCCESS &&
      answer["error"].get(reason) == simdjson::SUCCESS) {
    std::string_view item;
    if (answer["item"].get(item) != simdjson::SUCCESS) return std::string(reason);
    return fmt::format("{}: {}", item, reason);
  }
  return result.body.substr(0, 200);
}

Duration WaitBefore(int attempt, const FetchResult& result) {
  Duration wait = std::min(kFirstWait * (int64_t{1} << std::min(attempt, 5)), kWaitMax);
  const std::string_view text = FindHeader(result.headers, "Retry-After");
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && seconds > 0) {
    wait = std::min<Duration>(std::chrono::seconds(seconds), kWaitMax);
  }
  return wait;
}

bool ReadNumber(std::string_view text, double* value) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

bool ReadPoints(Element values, promql::ResultSeries* series) {
  simdjson::dom::array points;
  if (values.get(points) != simdjson::SUCCESS) return false;
  series->times_ms.reserve(points.size());
  series->values.reserve(points.size());
  for (const Element point : points) {
    double seconds = 0;
    std::string_view text;
    double value = 0;
    if (point.at(0).get(seconds) != simdjson::SUCCESS ||
        point.at(1).get(text) != simdjson::SUCCESS || !ReadNumber(text, &value)) {
      return false;
    }
    series->times_ms.push_back(std::llround(seconds * 1000));
    series->values.push_back(value);
  }
  return true;
}

StatusOr<Series> ReadMatrix(const std::string& body) {
  simdjson::dom::parser parser;
  Element answer;
  simdjson::dom::array list;
  if (parser.parse(body).get(answer) != simdjson::SUCCESS ||
      answer["data"]["result"].get(list) != simdjson::SUCCESS) {
    return InvalidArgument("the answer is none of a range query");
  }
  Series all;
  for (const Element element : list) {
    promql::ResultSeries& series = all.emplace_back();
    simdjson::dom::object labels;
    Element values;
    if (element["metric"].get(labels) != simdjson::SUCCESS ||
        element["values"].get(values) != simdjson::SUCCESS || !ReadPoints(values, &series)) {
      return InvalidArgument("the answer is none of a range query");
    }
    std::vector<Label> read;
    for (const auto& [name, value] : labels) {
      std::string_view text;
      if (value.get(text) == simdjson::SUCCESS)
        read.push_back({std::string(name), std::string(text)});
    }
    series.labels = Labels(std::move(read));
  }
  return all;
}

class ServerSource final : public RangeSource {
 public:
  ServerSource(std::string url, HttpHeaders headers, HttpClient* client)
      : url_(std::move(url)), headers_(std::move(headers)), client_(client) {
    while (url_.ends_with('/')) url_.pop_back();
  }

  StatusOr<Series> Query(const std::string& promql, Time from, Time until, Duration step) override {
    const Time first = FloorTo(from, step) + step;
    if (first > until) return Series{};
    FetchRequest request;
    request.method = "POST";
    request.url = url_ + "/api/v1/query_range";
    request.headers = headers_;
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = fmt::format("query={}&start={}&end={}&step={}", PercentEncode(promql),
                               ToSeconds(first.time_since_epoch()),
                               ToSeconds(FloorTo(until, step).time_since_epoch()), ToSeconds(step));
    request.timeout = std::chrono::minutes(2);
    request.body_bytes_max = kAnswerBytesMax;
    request.accept_gzip = false;  // packing costs the other side more than the way does
    KZ_ASSIGN_OR_RETURN(const std::string body, Ask(client_, request));
    return ReadMatrix(body);
  }

 private:
  std::string url_;
  const HttpHeaders headers_;
  HttpClient* const client_;
};

class FileSource final : public RangeSource {
 public:
  FileSource(const SeriesFile& file, Time begin) {
    for (const auto& series : file.series) {
      SampleColumns* const samples = samples_.Intern(series.labels);
      for (size_t i = 0; i < series.values.size(); ++i) {
        if (series.values[i].omitted) continue;
        promql::MemorySource::Add(samples, ToMs(begin + file.interval * static_cast<int64_t>(i)),
                                  series.values[i].value);
      }
    }
  }

  StatusOr<Series> Query(const std::string& promql, Time from, Time until, Duration step) override {
    const Time first = FloorTo(from, step) + step;
    if (first > until) return Series{};
    KZ_ASSIGN_OR_RETURN(
        promql::QueryResult result,
        promql::QueryRange(samples_, promql, first, FloorTo(until, step), step, {}));
    return std::move(result.series);
  }

 private:
  promql::MemorySource samples_;
};

}  // namespace

StatusOr<std::string> Ask(HttpClient* client, const FetchRequest& request) {
  Status last;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    FetchResult result = client->FetchAndWait(request);
    if (result.status.ok() && result.code == 200) return std::move(result.body);
    if (!result.status.ok()) {
      last = Unavailable("{} does not answer: {}", request.url, Message(result.status));
    } else if (result.code == 429 || result.code >= 500) {
      last = Unavailable("{} answers {}: {}", request.url, result.code, ReasonOf(result));
    } else {
      return InvalidArgument("{} answers {}: {}", request.url, result.code, ReasonOf(result));
    }
    if (attempt + 1 < kAttemptsMax) std::this_thread::sleep_for(WaitBefore(attempt, result));
  }
  return last;
}

std::unique_ptr<RangeSource> MakeServerSource(const std::string& url, HttpHeaders headers,
                                              HttpClient* client) {
  return std::make_unique<ServerSource>(url, std::move(headers), client);
}

std::unique_ptr<RangeSource> MakeFileSource(const SeriesFile& file, Time begin) {
  return std::make_unique<FileSource>(file, begin);
}

}  // namespace kizashi
