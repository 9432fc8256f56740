// Any bytes as a log of incidents: every whole record is read or refused, nothing beyond is
// touched, and what the book takes it can write and read again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "act/incident/incident_book.h"
#include "base/check.h"
#include "store/append_log.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  using namespace kizashi::incidents;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  IncidentBook book;
  const AppendLogScan scan =
      ScanAppendLog(bytes, [&book](std::string_view record) { book.Restore(record); });
  KZ_CHECK(scan.good_bytes <= size);
  // The checksum stops nearly everything: the bytes as one record as well.
  book.Restore(bytes);
  std::vector<std::string> records;
  book.Save([&](std::string record) { records.push_back(std::move(record)); });
  IncidentBook again;
  for (const std::string& record : records) KZ_CHECK(again.Restore(record));
  for (const auto& [number, incident] : book.all()) again.FindStanding(number);
  return 0;
}
