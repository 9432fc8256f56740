#include "api/foreign_alert_routes.h"

#include <algorithm>
#include <utility>

#include "api/request.h"
#include "base/json_writer.h"
#include "base/log.h"

namespace kizashi {
namespace {

constexpr std::string_view kIn = "/kizashi/v1/alerts/in/";

void WriteItem(std::string_view item, std::string_view reason, JsonWriter* json) {
  json->BeginObject().Key("item").String(item).Key("reason").String(reason).EndObject();
}

std::string AnswerOf(const ForeignAlerts& read, const ForeignAlertFeed::Taken& taken) {
  const auto whose = [&read](size_t index) {
    return "no service claims " + read.alerts[index].labels.ToString();
  };
  const size_t kept = taken.alerts + taken.anomalies;
  JsonWriter json;
  json.BeginObject();
  json.Key("kept").Int(static_cast<int64_t>(kept - std::min(kept, taken.refused.size())));
  json.Key("alerts").Int(static_cast<int64_t>(taken.alerts));
  json.Key("anomalies").Int(static_cast<int64_t>(taken.anomalies));
  json.Key("by_default_route").BeginArray();
  for (const size_t index : taken.unclaimed) {
    WriteItem(read.alerts[index].name, whose(index), &json);
  }
  json.EndArray();
  json.Key("left_out").BeginArray();
  for (const ForeignAlerts::Error& error : read.errors) WriteItem(error.item, error.reason, &json);
  for (const size_t index : taken.left_out) {
    WriteItem(read.alerts[index].name, whose(index), &json);
  }
  for (const std::string& reason : taken.refused) WriteItem("", reason, &json);
  json.EndArray().EndObject();
  return json.Take();
}

HttpResponse Later(std::string_view reason) { return ComeBackResponse(503, reason); }

std::string NamesOf(const ForeignSources& sources) {
  std::string names;
  for (const auto& [name, source] : sources) names += (names.empty() ? "" : ", ") + name;
  return names;
}

}  // namespace

ForeignAlertRoutes::~ForeignAlertRoutes() {
  const std::lock_guard lock(alive_->mutex);
  alive_->routes = nullptr;
}

bool ForeignAlertRoutes::IsMine(std::string_view path) { return path.starts_with(kIn); }

void ForeignAlertRoutes::SetSources(std::shared_ptr<const ForeignSources> sources) {
  const std::lock_guard lock(mutex_);
  sources_ = std::move(sources);
}

std::shared_ptr<const ForeignSources> ForeignAlertRoutes::sources() const {
  const std::lock_guard lock(mutex_);
  return sources_;
}

std::optional<ForeignSource> ForeignAlertRoutes::SourceOf(const HttpRequest& request) const {
  const auto all = sources();
  const auto found = all->find(std::string_view(request.path).substr(kIn.size()));
  return found == all->end() ? std::nullopt : std::make_optional(found->second);
}

std::optional<HttpResponse> ForeignAlertRoutes::Refusal(const HttpRequest& request,
                                                        bool* has_proof) const {
  const auto source = SourceOf(request);
  *has_proof = source && source->has_proof();
  if (!*has_proof || HoldsSecret(*source, request)) return std::nullopt;
  return SecretRefusal(*source);
}

void ForeignAlertRoutes::Handle(const HttpRequest& request, bool is_known,
                                const Responder& respond) const {
  const auto source = SourceOf(request);
  if (!source) {
    return respond(ErrorResponse(404, "expected one of " + NamesOf(*sources()),
                                 request.path.substr(kIn.size())));
  }
  if (request.method != "POST") {
    return respond(ErrorResponse(405, "this path takes POST alone", request.path));
  }
  if (source->topics.empty()) return Take(*source, request, is_known, respond);
  gate_.Check(request.body, source->topics,
              [alive = alive_, source = *source, request, respond](const Status& checked) {
                const std::lock_guard lock(alive->mutex);
                if (alive->routes == nullptr) return respond(Later("the server is stopping"));
                if (checked.ok()) return alive->routes->Take(source, request, true, respond);
                switch (checked.code()) {
                  case absl::StatusCode::kPermissionDenied:
                    return respond(ErrorResponse(401, Message(checked)));
                  case absl::StatusCode::kUnavailable: return respond(Later(Message(checked)));
                  default: return respond(ErrorResponse(400, Message(checked)));
                }
              });
}

bool ForeignAlertRoutes::IsSettling(const Snapshot& snapshot, const CatalogState& catalog) const {
  return snapshot.catalog->version() != catalog.catalog->version() &&
         parts_.clock->Now() - catalog.loaded < kCatalogSettles;
}

void ForeignAlertRoutes::Take(const ForeignSource& source, const HttpRequest& request,
                              bool is_known, const Responder& respond) const {
  const auto snapshot = parts_.snapshot();
  if (snapshot == nullptr) return respond(Later("the server is starting"));
  const Time now = parts_.clock->Now();
  auto read = std::make_shared<ForeignAlerts>(
      source.mapping ? ReadMappedAlerts(*source.mapping, request.body, now)
                     : ReadForeignAlerts(source.kind, request.body,
                                         request.Header("sentry-hook-resource"), now));
  if (!read->confirm_url.empty() && !(is_known && gate_.Confirm(read->confirm_url))) {
    // Nothing is fetched because a stranger's message says so: an administrator opens it.
    Log(LogLevel::kWarn, "SNS asks to confirm a subscription: open the address once",
        {{"url", read->confirm_url}});
  }
  if (read->alerts.empty()) {
    return respond(JsonResponse(read->error_count > 0 ? 400 : 200, AnswerOf(*read, {})));
  }
  if (source.never_urgent) {
    for (ForeignAlert& alert : read->alerts) alert.urgent = false;
  }
  const auto catalog = parts_.catalog();
  const bool any_low = std::any_of(read->alerts.begin(), read->alerts.end(),
                                   [](const ForeignAlert& alert) { return !alert.urgent; });
  if (any_low && IsSettling(*snapshot, *catalog)) {
    return respond(Later("the catalog is being taken in"));
  }
  parts_.feed->Put({source.kind, source.name}, read->alerts, *catalog->catalog,
                   [read, respond](const ForeignAlertFeed::Taken& taken) {
                     respond(StoredResponse(taken.status, AnswerOf(*read, taken)));
                   });
}

}  // namespace kizashi
