// Any text: parsing ends with a tree or an error; what a tree prints parses to the same print; and
// evaluating it on a few samples within limits ends with a result or an error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "query/promql/engine.h"
#include "query/promql/memory_source.h"
#include "query/promql/parser.h"
#include "query/promql/result_json.h"

namespace {

using namespace kizashi;
using namespace kizashi::promql;

MemorySource MakeSource() {
  MemorySource source;
  for (int i = 0; i < 40; ++i) {
    const double value = i % 13 * 1.5;
    source.Add(Labels({{"__name__", "a"}, {"job", "x"}}), i * 15'000, value);
    source.Add(Labels({{"__name__", "a"}, {"job", "y"}}), i * 15'000, i == 20 ? StaleNan() : i);
    source.Add(Labels({{"__name__", "b"}, {"job", "x"}, {"le", "1"}}), i * 15'000, -value);
    source.Add(Labels({{"__name__", "b"}, {"job", "x"}, {"le", "+Inf"}}), i * 15'000, i);
  }
  return source;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const MemorySource source = MakeSource();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto series = ParseSeriesDescription(text); series.ok()) {
    KZ_CHECK(series->values.size() <= kSequenceMax);
  }
  const auto parsed = ParseExpr(text);
  if (!parsed.ok()) return 0;
  const std::string printed = Print(**parsed);
  const auto again = ParseExpr(printed);
  KZ_CHECK(again.ok(), "{} becomes {}: {}", text, printed, Message(again.status()));
  KZ_CHECK(Print(**again) == printed, "{} becomes {}", printed, Print(**again));
  QueryOptions options;
  options.limits.samples_max = 100'000;
  options.limits.bytes_max = 16 << 20;
  options.limits.timeout = std::chrono::seconds(2);
  if (const auto result = QueryInstant(source, text, TimeFromMs(300'000), options); result.ok()) {
    ResultJson(*result);
  }
  if (const auto result = QueryRange(source, text, TimeFromMs(-60'000), TimeFromMs(700'000),
                                     std::chrono::seconds(45), options);
      result.ok()) {
    ResultJson(*result);
  }
  return 0;
}
