// Any bytes: the first one says whether the rest is protobuf or JSON; records or an error.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/otlp_logs.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Time received = TimeFromMs(1'800'000'000'000);
  const auto logs =
      (data[0] & 1) != 0 ? ParseOtlpLogsProto(bytes, received) : ParseOtlpLogsJson(bytes, received);
  if (!logs.ok()) return 0;
  size_t records = logs->rejected;
  for (const OtlpStream& stream : logs->streams) {
    KZ_CHECK(!stream.labels.empty() && !stream.lines.empty());
    records += stream.lines.size();
    for (const LogLine& line : stream.lines) {
      KZ_CHECK(line.metadata.size() <= kOtlpAttributesMax + 3);
      KZ_CHECK(line.trace_id.empty() || line.trace_id.size() == 32);
    }
  }
  KZ_CHECK(records <= size);
  KZ_CHECK((logs->rejected == 0) == logs->reason.empty());
  return 0;
}
