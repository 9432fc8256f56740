// Any bytes from any source: alerts within the limits, an error, or nothing of interest.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/foreign_alerts.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  if (size == 0) return 0;
  const Time now = TimeFromMs(1'800'000'000'000);
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr std::string_view kResources[] = {"event_alert", "issue", "metric_alert", "comment"};
  const ForeignAlerts read = ReadForeignAlerts(static_cast<AlertSource>(data[0] % 5), body,
                                               kResources[data[0] / 5 % 4], now);
  KZ_CHECK((read.error_count == 0) == read.errors.empty());
  KZ_CHECK(read.alerts.size() <= kForeignAlertsMax && read.alerts.size() <= size);
  KZ_CHECK(!read.alerts.empty() || read.error_count > 0 || read.nothing);
  for (const ForeignAlert& alert : read.alerts) {
    KZ_CHECK(!alert.id.empty() && !alert.name.empty() && alert.time <= now);
    KZ_CHECK(alert.id.size() <= kForeignNameBytesMax && alert.name.size() <= kForeignNameBytesMax);
    KZ_CHECK(alert.labels.size() <= kForeignLabelsMax);
    KZ_CHECK(alert.url.empty() || alert.url.substr(0, 4) == "http");
  }
  return 0;
}
