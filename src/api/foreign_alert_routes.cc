#include "api/foreign_alert_routes.h"

#include "api/request.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "wire/foreign_alerts.h"

namespace kizashi {
namespace {

constexpr std::string_view kIn = "/kizashi/v1/alerts/in/";

std::string AnswerOf(const ForeignAlerts& read, size_t kept, const std::vector<size_t>& unclaimed) {
  JsonWriter json;
  json.BeginObject().Key("kept").Int(static_cast<int64_t>(kept));
  json.Key("left_out").BeginArray();
  for (const ForeignAlerts::Error& error : read.errors) {
    json.BeginObject().Key("item").String(error.item).Key("reason").String(error.reason);
    json.EndObject();
  }
  for (const size_t index : unclaimed) {
    const ForeignAlert& alert = read.alerts[index];
    json.BeginObject().Key("item").String(alert.name);
    json.Key("reason").String("no service claims " + alert.labels.ToString()).EndObject();
  }
  json.EndArray().EndObject();
  return json.Take();
}

}  // namespace

bool ForeignAlertRoutes::IsMine(std::string_view path) { return path.starts_with(kIn); }

void ForeignAlertRoutes::Handle(const HttpRequest& request, const Responder& respond) const {
  const std::string_view name = std::string_view(request.path).substr(kIn.size());
  const auto source = AlertSourceOf(name);
  if (!source) {
    return respond(ErrorResponse(
        404, "expected alertmanager, datadog, sentry, cloudwatch or generic", std::string(name)));
  }
  if (request.method != "POST") {
    return respond(ErrorResponse(405, "this path takes POST alone", request.path));
  }
  const auto snapshot = parts_.snapshot();
  if (snapshot == nullptr) {
    HttpResponse later = ErrorResponse(503, "the server is starting");
    later.headers.emplace_back("Retry-After", "1");
    return respond(later);
  }
  const ForeignAlerts read = ReadForeignAlerts(
      *source, request.body, request.Header("sentry-hook-resource"), parts_.clock->Now());
  if (!read.confirm_url.empty()) {
    // Nothing is fetched because a stranger's message says so: an administrator opens it.
    Log(LogLevel::kWarn, "SNS asks to confirm a subscription: open the address once",
        {{"url", read.confirm_url}});
  }
  AlertBatch batch{*source, {}};
  std::vector<size_t> unclaimed;
  for (size_t i = 0; i < read.alerts.size(); ++i) {
    if (snapshot->catalog->Claim(read.alerts[i].labels) == nullptr) {
      unclaimed.push_back(i);
    } else {
      batch.alerts.push_back(read.alerts[i]);
    }
  }
  const size_t kept = batch.alerts.size();
  const std::string answer = AnswerOf(read, kept, unclaimed);
  if (kept == 0) {
    const bool wrong = read.error_count > 0 && read.alerts.empty();
    return respond(JsonResponse(wrong ? 400 : 200, answer));
  }
  parts_.telemetry->Append(std::move(batch), [respond, answer](const Status& stored) {
    respond(StoredResponse(stored, answer));
  });
}

}  // namespace kizashi
