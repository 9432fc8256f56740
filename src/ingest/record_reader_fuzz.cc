// Any bytes as the lines of a file: every line comes out once and in order, within the limits, and
// where nothing was put around the lines, byte for byte. The first byte says how they are read.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "ingest/record_reader.h"

namespace kizashi {
namespace {

void Check(const Record& record, uint64_t* next, std::string* texts) {
  KZ_CHECK(record.first <= record.last && record.lines >= 1);
  KZ_CHECK(record.line.text.size() <= kLogTextBytesMax && record.lines <= kTraceLinesMax);
  *next = std::max(*next, record.last + 1);
  *texts += record.line.text;
  *texts += '\n';
  FrameFingerprint(record.line.text);
}

}  // namespace
}  // namespace kizashi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  if (size == 0) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  RecordReader reader({.take_message = (data[0] & 1) != 0, .join_traces = (data[0] & 2) == 0});
  std::string lines;
  std::string texts;
  uint64_t added = 0;
  uint64_t next = 0;
  bool framed = (data[0] & 1) != 0;
  FramedLine unframed;
  Record record;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.size() > kLogTextBytesMax) return 0;
    lines += line;
    lines += '\n';
    Unframe(line, &unframed);
    framed = framed || unframed.framing != Framing::kNone;
    reader.Add(line, false, TimeFromMs(1'767'366'245'000));
    ++added;
    if ((data[0] & 4) != 0) reader.CloseWhole();
    while (reader.Next(&record)) Check(record, &next, &texts);
    KZ_CHECK(next <= added);
  }
  reader.Close();
  while (reader.Next(&record)) Check(record, &next, &texts);
  KZ_CHECK(next == added && !reader.has_open());
  if (!framed) KZ_CHECK(texts == lines);
  return 0;
}
