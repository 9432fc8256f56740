// Any bytes are messages whose text stands in them; frames do not depend on how the bytes come.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "wire/syslog.h"

namespace {

using namespace kizashi;

void Check(std::string_view message) {
  const SyslogRecord record =
      ParseSyslog(message, TimeFromMs(1'700'000'000'000), std::chrono::hours(9));
  KZ_CHECK(message.find(record.line.text) != std::string_view::npos);
  KZ_CHECK(record.line.text.size() <= kSyslogTextBytesMax);
  KZ_CHECK(record.host.size() <= kSyslogNameBytesMax);
  KZ_CHECK(record.service.size() <= kSyslogNameBytesMax);
  KZ_CHECK(record.line.metadata.size() <= kSyslogParametersMax + 5);
}

std::vector<std::string> Frames(std::string_view bytes, size_t piece) {
  std::vector<std::string> frames;
  SyslogFramer framer;
  std::string_view frame;
  while (!bytes.empty()) {
    framer.Feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (framer.Next(&frame)) frames.emplace_back(frame);
    KZ_CHECK(framer.size() <= SyslogFramer::kFrameBytesMax + piece + 16);
  }
  if (framer.Rest(&frame)) frames.emplace_back(frame);
  KZ_CHECK(framer.size() == 0);
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Check(bytes);
  const std::vector<std::string> whole = Frames(bytes, bytes.size() + 1);
  KZ_CHECK(whole == Frames(bytes, data[0] % 16 + 1u));
  for (const std::string& frame : whole) {
    KZ_CHECK(frame.size() <= SyslogFramer::kFrameBytesMax);
    Check(frame);
  }
  return 0;
}
