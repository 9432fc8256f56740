// Any bytes: as a message, and as a stream's labels; lines or errors within the limits.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/loki_proto.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const LokiPush push = ParseLokiProto(bytes);
  KZ_CHECK(push.errors.size() <= kLokiErrorsMax && push.errors.size() <= push.error_count);
  for (const LokiStream& stream : push.streams) {
    KZ_CHECK(!stream.labels.empty() && stream.labels.size() <= kStreamLabelsMax);
    KZ_CHECK(!stream.lines.empty() && stream.lines.size() <= size);
  }
  const auto labels = ParseLokiLabels(bytes);
  KZ_CHECK(!labels.ok() || (!labels->empty() && labels->size() <= kStreamLabelsMax));
  return 0;
}
