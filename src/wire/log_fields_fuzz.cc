// Any bytes as a line: what is found is of the form that is promised, and a walk over JSON ends.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/flat_json.h"
#include "wire/log_fields.h"

namespace kizashi {
namespace {

bool IsId(std::string_view id, size_t digits) {
  return id.size() == digits && id.find_first_not_of("0123456789abcdef") == id.npos;
}

void FuzzLine(std::string_view line) {
  const TimeContext context{TimeFromMs(1'767'366'245'000), std::chrono::hours(9)};
  const LogFields fields = FieldsOfLine(line, context);
  KZ_CHECK(fields.trace_id.empty() || IsId(fields.trace_id, 32) || IsId(fields.trace_id, 16));
  KZ_CHECK(fields.span_id.empty() || IsId(fields.span_id, 16));
  KZ_CHECK(fields.severity == SeverityOfLine(line));
  const Time near = LineTime(line, context.received);
  KZ_CHECK(std::chrono::abs(near - context.received) <= std::chrono::hours(24));
}

void FuzzMembers(std::string_view text) {
  FlatJson json(text);
  size_t bytes = 0;
  std::string value;
  for (FlatJson::Member member; json.Next(&member);) {
    bytes += member.key.size() + member.value.size() + 3;
    UnescapeJson(member.value, &value);
    KZ_CHECK(value.size() <= member.value.size() * 3);
  }
  KZ_CHECK(bytes <= text.size());
}

}  // namespace
}  // namespace kizashi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  kizashi::FuzzLine(text);
  kizashi::FuzzMembers(text);
  return 0;
}
