// ParseSeriesDescription: series in the notation of Prometheus' tests.
#include <fmt/core.h>

#include <charconv>
#include <utility>

#include "query/promql/go_text.h"
#include "query/promql/parser.h"
#include "query/promql/token_reader.h"

namespace kizashi::promql {
namespace {

using enum TokenType;

class DescriptionParser {
 public:
  explicit DescriptionParser(std::string_view text) : in_(text, true) {}

  StatusOr<SeriesDescription> Parse() {
    if (Metric() && Values() && in_.PeekType() != kEof) in_.Unexpected("series values", "");
    if (in_.failed()) return in_.status();
    return std::move(result_);
  }

 private:
  bool Metric() {
    std::vector<Label> labels;
    const TokenType type = in_.PeekType();
    if (type != kLeftBrace && (type == kEof || in_.failed())) return in_.Unexpected("", "");
    if (type != kLeftBrace) labels.push_back({std::string(kMetricName), in_.Take().text});
    if (in_.TakeIf(kLeftBrace) && !in_.TakeIf(kRightBrace) && !LabelSet(&labels)) return false;
    result_.labels = Labels(std::move(labels));
    return !in_.failed();
  }

  bool LabelSet(std::vector<Label>* labels) {
    while (true) {
      if (in_.PeekType() != kIdentifier) {
        return in_.Unexpected("label set", "identifier or \"}\"");
      }
      Label label{in_.Take().text, {}};
      if (!in_.TakeIf(kEqual)) return in_.Unexpected("label set", "\"=\"");
      if (in_.PeekType() != kString) return in_.Unexpected("label set", "string");
      if (!in_.Unquote(in_.Take(), &label.value)) return false;
      labels->push_back(std::move(label));
      if (in_.TakeIf(kRightBrace)) return true;
      if (!in_.TakeIf(kComma)) return in_.Unexpected("label set", "\",\" or \"}\"");
      if (in_.TakeIf(kRightBrace)) return true;
    }
  }

  bool Values() {
    while (in_.TakeIf(kSpace)) {
      if (in_.PeekType() == kEof) break;
      if (!Item()) return false;
    }
    return !in_.failed();
  }

  // `_`, `_x3`, `1`, `1x3`, `1+2x3`, `stale`, `stalex3`
  bool Item() {
    SequenceValue value;
    uint64_t repeat = 0;
    if (in_.TakeIf(kBlank)) {
      value.omitted = true;
      if (in_.TakeIf(kTimes)) return Count(&repeat) && Append(value, 0, repeat);
      return Append(value, 0, 1);
    }
    if (!Value(&value.value)) return false;
    double step = 0;
    const TokenType sign = in_.PeekType();
    if (sign == kAdd || sign == kSub) {
      in_.Take();
      if (in_.PeekType() != kNumber) return in_.Unexpected("series values", "");
      if (!in_.ReadNumber(in_.Take(), &step)) return false;
      if (sign == kSub) step = -step;
      if (in_.PeekType() != kTimes) return in_.Unexpected("series values", "");
    }
    if (!in_.TakeIf(kTimes)) return Append(value, 0, 1);
    return Count(&repeat) && Append(value, sign == kAdd || sign == kSub ? step : 0, repeat + 1);
  }

  bool Value(double* value) {
    const TokenType type = in_.PeekType();
    if (type == kIdentifier) {
      if (in_.Peek().text != "stale") {
        return in_.Unexpected("series values", "number or \"stale\"");
      }
      in_.Take();
      *value = StaleNan();
      return true;
    }
    const bool negative = type == kSub;
    if (negative || type == kAdd) in_.Take();
    if (in_.PeekType() != kNumber) return in_.Unexpected("series values", "");
    if (!in_.ReadNumber(in_.Take(), value)) return false;
    if (negative) *value = -*value;
    return true;
  }

  bool Count(uint64_t* count) {
    if (in_.PeekType() != kNumber) return in_.Unexpected("series values", "");
    const Token token = in_.Take();
    const char* const end = token.text.data() + token.text.size();
    const auto [at, error] = std::from_chars(token.text.data(), end, *count);
    if (error == std::errc() && at == end) return true;
    return in_.Fail(token.span(),
                    fmt::format("invalid repetition in series values: {}", QuoteGo(token.text)));
  }

  bool Append(SequenceValue value, double step, uint64_t count) {
    if (count > kSequenceMax || result_.values.size() + count > kSequenceMax) {
      return in_.Fail({0, 0}, fmt::format("more than {} values in one series", kSequenceMax));
    }
    for (uint64_t i = 0; i < count; ++i) {
      result_.values.push_back(value);
      if (step != 0) value.value += step;
    }
    return true;
  }

  TokenReader in_;
  SeriesDescription result_;
};

}  // namespace

StatusOr<SeriesDescription> ParseSeriesDescription(std::string_view text) {
  return DescriptionParser(text).Parse();
}

}  // namespace kizashi::promql
