// Any bytes from any source, by a mapping, and as a message of SNS: alerts within the limits, an
// error, or nothing of interest; no signature is good.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/foreign_alerts.h"
#include "wire/sns_message.h"

namespace {

void Check(const kizashi::ForeignAlerts& read, size_t size, kizashi::Time now) {
  using namespace kizashi;
  KZ_CHECK((read.error_count == 0) == read.errors.empty());
  KZ_CHECK(read.alerts.size() <= kForeignAlertsMax && read.alerts.size() <= size);
  KZ_CHECK(!read.alerts.empty() || read.error_count > 0 || read.nothing);
  for (const ForeignAlert& alert : read.alerts) {
    KZ_CHECK(!alert.id.empty() && !alert.name.empty() && alert.time <= now);
    KZ_CHECK(alert.id.size() <= kForeignNameBytesMax && alert.name.size() <= kForeignNameBytesMax);
    KZ_CHECK(alert.labels.size() <= kForeignLabelsMax);
    KZ_CHECK(alert.url.empty() || alert.url.substr(0, 4) == "http");
    KZ_CHECK(!alert.urgent || !alert.resolved);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  if (size == 0) return 0;
  const Time now = TimeFromMs(1'800'000'000'000);
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr std::string_view kResources[] = {"event_alert", "issue", "metric_alert", "comment"};
  Check(ReadForeignAlerts(static_cast<AlertSource>(data[0] % 5), body, kResources[data[0] / 5 % 4],
                          now),
        size, now);
  AlertMapping mapping;
  mapping.list = data[0] % 2 == 0 ? "" : "/data";
  mapping.name = "/title";
  mapping.id = "/id";
  mapping.severity = "/labels/severity";
  mapping.time = "/date";
  mapping.labels = "/labels";
  mapping.label = {{"service", "/project/slug"}};
  if (data[0] % 3 == 0) mapping.status = "/status";
  mapping.resolved = {"resolved"};
  Check(ReadMappedAlerts(mapping, body, now), size, now);
  const auto sns = ReadSnsMessage(body);
  if (!sns.ok()) return 0;
  KZ_CHECK(!CheckSnsSignature(*sns, body, now).ok());
  const bool is_https = sns->signing_cert_url.starts_with("https://sns.");
  KZ_CHECK(is_https || !IsSnsCertificateUrl(sns->signing_cert_url));
  return 0;
}
