// Any bytes as an alert log: every whole record is read or refused, nothing beyond is touched, and
// what the engine takes it can write and read again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "act/alert/engine.h"
#include "base/check.h"
#include "store/append_log.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  using namespace kizashi::alerts;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  AlertEngine engine;
  const auto restore = [&engine](std::string_view record) { engine.Restore(record); };
  const AppendLogScan scan = ScanAppendLog(bytes, restore);
  KZ_CHECK(scan.good_bytes <= size);
  // The checksum stops nearly everything: the bytes as one record as well.
  engine.Restore(bytes);
  std::vector<std::string> records;
  engine.Save([&](std::string_view record) { records.emplace_back(record); });
  AlertEngine again;
  for (const std::string& record : records) KZ_CHECK(again.Restore(record));
  return 0;
}
