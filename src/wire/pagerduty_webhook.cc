#include "wire/pagerduty_webhook.h"

#include <simdjson.h>

#include <algorithm>

#include "wire/signature.h"

namespace kizashi {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kTextBytesMax = 2048;
constexpr size_t kDepthMax = 64;

std::string TextAt(const dom::element& root, std::initializer_list<std::string_view> path) {
  dom::element at = root;
  for (const std::string_view name : path) {
    if (at[name].get(at) != simdjson::SUCCESS) return {};
  }
  std::string_view text;
  if (at.get(text) != simdjson::SUCCESS || text.size() > kTextBytesMax) return {};
  return std::string(text);
}

}  // namespace

Status CheckPagerDutySignature(std::string_view secret, std::string_view body,
                               std::string_view header) {
  const std::string wanted = "v1=" + HmacSha256Hex(secret, body);
  while (!header.empty()) {
    const size_t end = std::min(header.find(','), header.size());
    std::string_view one = header.substr(0, end);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (SameSecret(wanted, one)) return OkStatus();
    header.remove_prefix(std::min(end + 1, header.size()));
  }
  return Errorf(absl::StatusCode::kPermissionDenied,
                "no signature in X-PagerDuty-Signature is that of this request");
}

StatusOr<PagerDutyEvent> ReadPagerDutyEvent(std::string_view body) {
  if (body.size() > kPagerDutyBodyBytesMax) {
    return InvalidArgument("more than {} bytes", kPagerDutyBodyBytesMax);
  }
  dom::parser parser(kPagerDutyBodyBytesMax);
  dom::element root;
  if (parser.allocate(kPagerDutyBodyBytesMax, kDepthMax) != simdjson::SUCCESS ||
      parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) {
    return InvalidArgument("no JSON");
  }
  PagerDutyEvent event;
  event.id = TextAt(root, {"event", "id"});
  event.type = TextAt(root, {"event", "event_type"});
  if (event.id.empty() || event.type.empty()) {
    return InvalidArgument("event.id and event.event_type: expected, as in webhooks version 3");
  }
  event.incident_key = TextAt(root, {"event", "data", "incident_key"});
  event.incident_url = TextAt(root, {"event", "data", "html_url"});
  if (TextAt(root, {"event", "agent", "type"}) == "user_reference") {
    event.by = TextAt(root, {"event", "agent", "summary"});
  }
  const auto at = ParseTime(TextAt(root, {"event", "occurred_at"}));
  if (at.ok()) event.at = *at;
  return event;
}

}  // namespace kizashi
