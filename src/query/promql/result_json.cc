#include "query/promql/result_json.h"

#include <fmt/core.h>

#include "base/json_writer.h"
#include "query/promql/go_text.h"

namespace kizashi::promql {
namespace {

// Milliseconds as seconds: three decimals, or none.
void AppendTime(int64_t time_ms, std::string* out) {
  uint64_t ms = static_cast<uint64_t>(time_ms);
  if (time_ms < 0) {
    *out += '-';
    ms = 0 - ms;
  }
  *out += std::to_string(ms / 1000);
  if (ms % 1000 != 0) *out += fmt::format(".{:03}", ms % 1000);
}

void AppendPoint(int64_t time_ms, double value, FloatStyle style, std::string* out) {
  *out += '[';
  AppendTime(time_ms, out);
  *out += ",\"";
  *out += FormatFloat(value, style);
  *out += "\"]";
}

void AppendMetric(const Labels& labels, std::string* out) {
  *out += "{\"metric\":{";
  bool first = true;
  for (const Label& label : labels) {
    if (!first) *out += ',';
    first = false;
    AppendJsonString(label.name, out);
    *out += ':';
    AppendJsonString(label.value, out);
  }
  *out += '}';
}

void AppendSeries(const ResultSeries& series, bool instant, std::string* out) {
  AppendMetric(series.labels, out);
  *out += instant ? ",\"value\":" : ",\"values\":[";
  for (size_t i = 0; i < series.values.size(); ++i) {
    if (i > 0) *out += ',';
    AppendPoint(series.times_ms[i], series.values[i], FloatStyle::kJson, out);
  }
  *out += instant ? "}" : "]}";
}

}  // namespace

std::string ResultJson(const QueryResult& result) {
  std::string out = fmt::format(R"({{"status":"success","data":{{"resultType":"{}","result":[)",
                                ResultType(result.type));
  if (result.type == ValueType::kScalar || result.type == ValueType::kString) {
    out.pop_back();  // one point alone
    if (result.type == ValueType::kScalar) {
      AppendPoint(result.time_ms, result.series[0].values[0], FloatStyle::kFixed, &out);
    } else {
      out += '[';
      AppendTime(result.time_ms, &out);
      out += ',';
      AppendJsonString(result.text, &out);
      out += ']';
    }
    return out + "}}";
  }
  for (size_t i = 0; i < result.series.size(); ++i) {
    if (i > 0) out += ',';
    AppendSeries(result.series[i], result.type == ValueType::kVector, &out);
  }
  return out + "]}}";
}

std::string_view ErrorType(const Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kInvalidArgument: return "bad_data";
    case absl::StatusCode::kDeadlineExceeded: return "timeout";
    case absl::StatusCode::kCancelled: return "canceled";
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kResourceExhausted: return "execution";
    default: return "internal";
  }
}

std::string ErrorJson(const Status& error) {
  std::string out =
      fmt::format(R"({{"status":"error","errorType":"{}","error":)", ErrorType(error));
  AppendJsonString(Message(error), &out);
  return out + "}";
}

}  // namespace kizashi::promql
