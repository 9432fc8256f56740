#include "api/slo_routes.h"

#include <algorithm>

#include "act/report/slo_report.h"
#include "api/request.h"
#include "api/slo_views.h"
#include "judge/slo/slice_point.h"

namespace kizashi {
namespace {

constexpr std::string_view kSlos = "/kizashi/v1/slos";
constexpr std::string_view kHolds = "/kizashi/v1/holds";
constexpr Duration kSlicesBack = std::chrono::hours(6);
constexpr int64_t kStepsByDefault = 360;

const SloSnapshot* FindSlo(const ServiceSnapshot* service, std::string_view name) {
  if (service == nullptr) return nullptr;
  for (const SloSnapshot& slo : service->slos) {
    if (slo.spec->name == name) return &slo;
  }
  return nullptr;
}

/// The range and the step that a request asks for, both whole multiples of a slice.
StatusOr<SloSteps> StepsAskedFor(const HttpRequest& request, Time now) {
  KZ_ASSIGN_OR_RETURN(const auto end, TimeQuery(request, "end"));
  KZ_ASSIGN_OR_RETURN(const auto start, TimeQuery(request, "start"));
  KZ_ASSIGN_OR_RETURN(int64_t step, IntegerQuery(request, "step", 0, 10, 86'400));
  SloSteps steps;
  steps.end = end.value_or(now);
  steps.start = start.value_or(steps.end - kSlicesBack);
  if (steps.start >= steps.end || steps.end - steps.start > SloRoutes::kRangeMax) {
    return InvalidArgument("start {} and end {}: expected a range of at most a year",
                           FormatTime(steps.start), FormatTime(steps.end));
  }
  const int64_t seconds = (steps.end - steps.start) / std::chrono::seconds(1);
  if (step == 0) step = std::clamp<int64_t>((seconds / kStepsByDefault / 10 + 1) * 10, 10, 86'400);
  if (step % 10 != 0) return InvalidArgument("step {}: expected a multiple of 10", step);
  if (seconds / step >= static_cast<int64_t>(SloRoutes::kStepsMax)) {
    return InvalidArgument("step {}: expected at most {} steps, these are {}", step,
                           SloRoutes::kStepsMax, seconds / step);
  }
  steps.step = std::chrono::seconds(step);
  steps.start = FloorTo(steps.start, steps.step);
  return steps;
}

}  // namespace

bool SloRoutes::IsMine(std::string_view path) {
  return path == kHolds || path == kSlos ||
         (path.starts_with(kSlos) && path.substr(kSlos.size()).starts_with('/'));
}

void SloRoutes::Handle(const HttpRequest& request, const Responder& respond) {
  const std::string_view path = request.path;
  if (path == kHolds) return respond(Holds(request));
  if (path == kSlos) return respond(List(request));
  const std::string_view rest = path.substr(kSlos.size() + 1);
  respond(rest == "report" ? Report(request) : One(request, rest));
}

HttpResponse SloRoutes::List(const HttpRequest& request) {
  const auto state =
      ChoiceQuery(request, "state", {"", "paging", "burning", "exhausted", "no_data", "new", "ok"});
  if (!state.ok()) return StatusResponse(state.status());
  SloFilter filter;
  filter.state = *state;
  filter.team = request.Query("team").value_or("");
  filter.service = request.Query("service").value_or("");
  const auto snapshot = parts_.snapshot();
  const Time now = parts_.clock->Now();
  const Time minute = FloorTo(now, std::chrono::minutes(1));
  const std::string key = fmt::format("{}\n{}\n{}", filter.state, filter.team, filter.service);
  const std::lock_guard lock(boards_mutex_);
  if (boards_.snapshot != snapshot || boards_.minute != minute ||
      boards_.by_filter.size() >= kBoardsKept) {
    boards_ = {snapshot, minute, {}};
  }
  std::string& board = boards_.by_filter[key];
  if (board.empty()) board = SloListJson(*snapshot, filter, now);
  return JsonResponse(200, board);
}

HttpResponse SloRoutes::Holds(const HttpRequest& request) {
  const std::string service = request.Query("service").value_or("");
  const auto snapshot = parts_.snapshot();
  // A gate that asks about a name mistyped must not be told to go on.
  if (!service.empty() && snapshot->Find(service) == nullptr) {
    return ErrorResponse(404, "there is no such service", service);
  }
  return JsonResponse(200, HoldsJson(*snapshot, service));
}

HttpResponse SloRoutes::Report(const HttpRequest& request) {
  const auto language = ChoiceQuery(request, "language", {"en", "ja"});
  const auto period = ChoiceQuery(request, "period", {"week", "quarter"});
  const auto until = TimeQuery(request, "until");
  for (const Status& status : {language.status(), period.status(), until.status()}) {
    if (!status.ok()) return StatusResponse(status);
  }
  const auto snapshot = parts_.snapshot();
  SloReportOptions options;
  options.team = request.Query("team").value_or("");
  options.language = *language;
  options.quarter = *period == "quarter";
  options.until = until->value_or(parts_.clock->Now());
  options.now = parts_.clock->Now();
  const Stopwatch since;
  options.goes_on = [since] { return since.Elapsed() < kReportTimeMax; };
  if (!options.team.empty() && !OwnsSlos(*snapshot, options.team)) {
    return ErrorResponse(404, "there is no such team", options.team);
  }
  // It reads a lot: of the few handlers it takes one at most.
  const std::unique_lock one(reporting_, std::try_to_lock);
  if (!one.owns_lock()) {
    HttpResponse busy = ErrorResponse(503, "another report is being made; ask again");
    busy.headers.emplace_back("Retry-After", "5");
    return busy;
  }
  const auto report = MakeSloReport(*snapshot, *parts_.records, *parts_.telemetry, options);
  if (!report.ok()) return StatusResponse(report.status());
  JsonWriter json;
  json.BeginObject();
  json.Key("team").String(options.team);
  json.Key("language").String(*language);
  json.Key("period").String(*period);
  json.Key("since").Int(ToMs(report->since));
  json.Key("until").Int(ToMs(options.until));
  json.Key("markdown").String(report->document.Markdown());
  json.Key("html").String(report->document.Html(*language));
  json.EndObject();
  return JsonResponse(200, json.Take());
}

HttpResponse SloRoutes::One(const HttpRequest& request, std::string_view rest) {
  constexpr std::string_view kSlices = "/slices";
  const std::string asked(rest);
  const bool slices = rest.ends_with(kSlices) && rest.find('/') < rest.size() - kSlices.size();
  if (slices) rest.remove_suffix(kSlices.size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  const auto snapshot = parts_.snapshot();
  const ServiceSnapshot* service = snapshot->Find(rest.substr(0, slash));
  const SloSnapshot* slo = slash < rest.size() ? FindSlo(service, rest.substr(slash + 1)) : nullptr;
  if (slo == nullptr) return ErrorResponse(404, "there is no such SLO", asked);
  return slices ? Slices(request, service->name, slo->spec->name)
                : Detail(*snapshot, *service, *slo);
}

HttpResponse SloRoutes::Detail(const Snapshot& snapshot, const ServiceSnapshot& service,
                               const SloSnapshot& slo) {
  RecordFilter filter;
  filter.service = service.name;
  filter.overlapping_since = slo.budget.window.begin;
  filter.limit = kHistoryMax;
  auto alerts = parts_.records->ListAlerts(filter);
  auto anomalies = parts_.records->ListAnomalies(filter);
  auto edits = parts_.records->ListVerdictsOf("slo_changed", service.name, slo.budget.window.begin,
                                              kHistoryMax);
  for (const Status& status : {alerts.status(), anomalies.status(), edits.status()}) {
    if (!status.ok()) return StatusResponse(status);
  }
  SloHistory history{*std::move(alerts), *std::move(anomalies), *std::move(edits)};
  std::erase_if(history.alerts,
                [&](const AlertRecord& alert) { return alert.slo != slo.spec->name; });
  return JsonResponse(200, SloDetailJson(snapshot, service, slo, history, parts_.clock->Now()));
}

HttpResponse SloRoutes::Slices(const HttpRequest& request, std::string_view service,
                               std::string_view slo) {
  auto steps = StepsAskedFor(request, parts_.clock->Now());
  if (!steps.ok()) return StatusResponse(steps.status());
  const Status read = parts_.telemetry->ScanPoints(
      's', fmt::format("{}/{}", service, slo), steps->start, steps->end - Duration(1),
      [&](Time time, std::string_view value) {
        const Time begin = FloorTo(time, steps->step);
        if (steps->steps.empty() || steps->steps.back().begin != begin) {
          steps->steps.push_back({begin, {}});
        }
        steps->steps.back().sum += ReadSlicePoint(value);
        return true;
      });
  if (!read.ok()) return StatusResponse(read);
  return JsonResponse(200, SloSlicesJson(service, slo, *steps));
}

}  // namespace kizashi
