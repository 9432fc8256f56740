// Any bytes: lines or errors, never both missing for a stream that is there, and within the limits.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/loki_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const LokiPush push = ParseLokiJson(text);
  KZ_CHECK(push.errors.size() <= kLokiErrorsMax && push.errors.size() <= push.error_count);
  KZ_CHECK((push.error_count == 0) == push.errors.empty());
  for (const LokiStream& stream : push.streams) {
    KZ_CHECK(!stream.labels.empty() && stream.labels.size() <= kStreamLabelsMax);
    KZ_CHECK(!stream.lines.empty() && stream.lines.size() <= size);
  }
  return 0;
}
