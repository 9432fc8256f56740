// Any bytes as a report: it is read or refused, with places that are in the text, and what is read
// is within its limits.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "act/incident/report.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi::incidents;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ReportRead read = ReadReport(text);
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  for (const ReportError& error : read.errors) {
    KZ_CHECK(error.line >= 1 && error.line <= lines + 1, "line {} of {}", error.line, lines);
    KZ_CHECK(error.column >= 1, "column {}", error.column);
    KZ_CHECK(!error.ToString("r.md").empty());
  }
  KZ_CHECK(read.report.actions.size() <= kActionsMax);
  if (!read.errors.empty()) return 0;
  for (const ActionItem& item : read.report.actions) {
    KZ_CHECK(item.due.empty() || IsDay(item.due));
    KZ_CHECK(!item.what.empty() || item.line > 0);
  }
  // Reading is a function of the text alone.
  KZ_CHECK(ReadReport(text).report.summary == read.report.summary);
  return 0;
}
