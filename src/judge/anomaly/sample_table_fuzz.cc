// Any bytes as a table of samples: rows or an error, and what was read is as wide as the header.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "judge/anomaly/sample_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  kizashi::SampleTable table;
  bool first = true;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto status = first ? table.ReadHeader(line) : table.ReadRow(line);
    if (first && !status.ok()) return 0;
    first = false;
    KZ_CHECK(
        !status.ok() || table.values().empty() || table.values().size() == table.names().size(),
        "a row is not as wide as the header");
  }
  return 0;
}
