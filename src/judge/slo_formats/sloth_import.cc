// Sloth: `version: prometheus/v1` and the PrometheusServiceLevel of Kubernetes.
#include <algorithm>
#include <optional>

#include "judge/slo_formats/expression.h"
#include "judge/slo_formats/format_reader.h"
#include "judge/slo_formats/sloth.h"

namespace kizashi {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

/// The two spellings of Sloth's keys: error_query in files, errorQuery in Kubernetes.
struct Keys {
  bool kubernetes = false;
  std::string_view operator()(std::string_view file, std::string_view kube) const {
    return kubernetes ? kube : file;
  }
};

struct Period {
  Duration length = days(30);
  std::vector<SlothWindow> windows = SlothWindows();
};

std::optional<SlothWindow> ReadWindow(const Field& field) {
  if (!CheckMapping(field, "errorBudgetPercent, shortWindow and longWindow")) return std::nullopt;
  const auto percent = ReadNumber(field.Key("errorBudgetPercent"), 1e-6, 100);
  const auto shorter = ReadDuration(field.Key("shortWindow"), minutes(1), days(366));
  const auto longer = ReadDuration(field.Key("longWindow"), minutes(2), days(366));
  for (const char* key : {"errorBudgetPercent", "shortWindow", "longWindow"}) {
    if (!field.Key(key).present()) field.Key(key).Wrong("what an alert window needs");
  }
  if (!percent || !shorter || !longer) return std::nullopt;
  if (*shorter >= *longer) {
    field.Key("shortWindow").Wrong("less than the long window");
    return std::nullopt;
  }
  return SlothWindow{*percent, *shorter, *longer};
}

std::optional<Period> ReadAlertWindows(const Field& object) {
  const Field spec = object.Key("spec");
  if (!CheckMapping(spec, "sloPeriod, page and ticket")) return std::nullopt;
  Period period;
  period.windows.clear();
  const Field length = spec.Key("sloPeriod");
  if (!length.present()) length.Wrong("a duration such as 30d");
  const auto read = ReadDuration(length, SloSpec::kWindowMin, SloSpec::kWindowMax);
  for (const char* severity : {"page", "ticket"}) {
    for (const char* speed : {"quick", "slow"}) {
      if (const auto window = ReadWindow(spec.Key(severity).Key(speed))) {
        period.windows.push_back(*window);
      }
    }
  }
  if (!read || period.windows.size() != 4) return std::nullopt;
  period.length = *read;
  return period;
}

EventCount CountFrom(const Field& field, std::string query) {
  if (query.find("$window") == std::string::npos) {
    field.Warn("without {{.window}} it measures the same in every window");
  }
  if (auto found = FindCounters(query, {})) {
    if (found->grouped) field.Warn("groups are counted as one SLO, not one for each");
    return std::move(found->count);
  }
  field.Warn(
      "not a sum of rates of counters: it is evaluated once for each slice, and read as events a "
      "second");
  EventCount count;
  count.promql = std::move(query);
  return count;
}

std::optional<Indicator> ReadEvents(const Field& events, const Keys& keys) {
  WarnOfKeys(events, {keys("error_query", "errorQuery"), keys("total_query", "totalQuery")});
  const Field error = events.Key(keys("error_query", "errorQuery"));
  const Field total = events.Key(keys("total_query", "totalQuery"));
  for (const Field* field : {&error, &total}) {
    if (!field->present()) field->Wrong("a PromQL expression");
  }
  auto error_query = ReadQuery(error);
  auto total_query = ReadQuery(total);
  if (!error_query || !total_query) return std::nullopt;
  Indicator sli;
  sli.bad = CountFrom(error, *std::move(error_query));
  sli.total = CountFrom(total, *std::move(total_query));
  RecognizeLatency(&sli);
  return sli;
}

std::optional<Indicator> ReadIndicator(const Field& sli, const Keys& keys) {
  if (!CheckMapping(sli, "events, raw or plugin")) return std::nullopt;
  WarnOfKeys(sli, {"events", "raw", "plugin"});
  if (sli.Key("plugin").present()) {
    const Field plugin = sli.Key("plugin");
    const std::string id = ReadText(plugin.Key("id")).value_or("");
    plugin.Error(plugin.place(), fmt::format("the plugin {}, which is a program", Quoted(id)),
                 "events or raw with the queries that it gives");
    return std::nullopt;
  }
  if (sli.Key("events").present() == sli.Key("raw").present()) {
    sli.Wrong("one of events and raw");
    return std::nullopt;
  }
  if (sli.Key("events").present()) return ReadEvents(sli.Key("events"), keys);
  const Field query = sli.Key("raw").Key(keys("error_ratio_query", "errorRatioQuery"));
  if (!query.present()) query.Wrong("a PromQL expression");
  auto promql = ReadQuery(query);
  if (!promql) return std::nullopt;
  Indicator out;
  out.kind = Indicator::Kind::kRatio;
  out.promql_is_bad = true;
  out.promql = *std::move(promql);
  return out;
}

void Append(std::vector<std::pair<std::string, std::string>> more,
            std::vector<std::pair<std::string, std::string>>* to) {
  for (auto& one : more) SetText(one.first, std::move(one.second), to);
}

/// Whether this alert is on; its labels go to the annotations.
bool ReadAlert(const Field& alert, std::string_view labels, std::string_view annotations,
               SloSpec* slo) {
  WarnOfKeys(alert, {"disable", "labels", "annotations"});
  Append(ReadLabels(alert.Key("labels"), labels), &slo->annotations);
  Append(ReadLabels(alert.Key("annotations"), annotations), &slo->annotations);
  return !ReadTruth(alert.Key("disable")).value_or(false);
}

void ReadAlerting(const Field& alerting, const Keys& keys, const Period& period, SloSpec* slo) {
  WarnOfKeys(alerting, {"name", "labels", "annotations", keys("page_alert", "pageAlert"),
                        keys("ticket_alert", "ticketAlert")});
  if (const auto name = ReadText(alerting.Key("name"))) {
    SetText(kSlothAlertName, *name, &slo->annotations);
  }
  Append(ReadLabels(alerting.Key("labels"), kSlothAlertLabels), &slo->annotations);
  Append(ReadLabels(alerting.Key("annotations"), kSlothAlertAnnotations), &slo->annotations);
  const bool page = ReadAlert(alerting.Key(keys("page_alert", "pageAlert")), kSlothPageLabels,
                              kSlothPageAnnotations, slo);
  const bool ticket = ReadAlert(alerting.Key(keys("ticket_alert", "ticketAlert")),
                                kSlothTicketLabels, kSlothTicketAnnotations, slo);
  slo->alerting.kind = page || ticket ? SloAlerting::Pairs::kOwn : SloAlerting::Pairs::kNone;
  for (BurnPair& pair : SlothPairs(period.length, period.windows)) {
    if (pair.severity == Severity::kPage ? page : ticket) {
      slo->alerting.pairs.push_back(std::move(pair));
    }
  }
  DropUnreachable(alerting, slo);
}

void WarnOfPlugins(const Field& field) {
  if (field.present()) field.Warn("SLO plugins are programs of Sloth, they are passed over");
}

void ReadSlo(const Field& field, const Keys& keys, const Period& period, const std::string& service,
             const std::vector<std::pair<std::string, std::string>>& labels, SloImport* out) {
  if (!CheckMapping(field, "an SLO of Sloth")) return;
  WarnOfKeys(field, {"name", "description", "objective", "labels", "sli", "alerting", "plugins"});
  SloSpec slo;
  const Field name = field.Key("name");
  if (!name.present()) name.Wrong("a name");
  slo.name = NameFrom(name, ReadText(name).value_or(""));
  slo.description = ReadProse(field.Key("description")).value_or("");
  const Field objective = field.Key("objective");
  if (!objective.present()) objective.Wrong("a number between 0 and 100");
  const auto target = ReadPercent(objective, false);
  slo.target = target.value_or(slo.target);
  slo.window.length = period.length;
  const auto indicator = ReadIndicator(field.Key("sli"), keys);
  slo.labels = labels;
  Append(ReadLabels(field.Key("labels"), ""), &slo.labels);
  ReadAlerting(field.Key("alerting"), keys, period, &slo);
  WarnOfPlugins(field.Key("plugins"));
  if (!indicator || !target || slo.name.empty()) return;
  slo.indicator = *indicator;
  AddSlo(field, SloFormat::kSloth, service, std::move(slo), out);
}

void ReadSpec(const Field& spec, const Keys& keys, const Period& period, SloImport* out) {
  if (!CheckMapping(spec, "a service and its slos")) return;
  if (keys.kubernetes) {
    WarnOfKeys(spec, {"service", "labels", "slos", "sloPlugins"});
  } else {
    WarnOfKeys(spec, {"version", "service", "labels", "slos", "slo_plugins"});
  }
  const Field name = spec.Key("service");
  if (!name.present()) name.Wrong("the name of a service");
  const std::string service = NameFrom(name, ReadText(name).value_or(""));
  const auto labels = ReadLabels(spec.Key("labels"), "");
  WarnOfPlugins(spec.Key(keys("slo_plugins", "sloPlugins")));
  const Field slos = spec.Key("slos");
  if (!slos.present()) slos.Wrong("a list of SLOs");
  const std::vector<Field> items = ReadList(slos, "SLOs");
  if (!items.empty()) {
    slos.Warn(
        "Sloth's budget of the period is the mean of the ratios of 5 minutes; here it is counted "
        "in "
        "events, so the two differ when traffic does");
  }
  for (const Field& item : items) ReadSlo(item, keys, period, service, labels, out);
}

}  // namespace

std::vector<SlothWindow> SlothWindows() {
  return {{2, minutes(5), hours(1)},
          {5, minutes(30), hours(6)},
          {10, hours(2), days(1)},
          {10, hours(6), days(3)}};
}

std::vector<BurnPair> SlothPairs(Duration period, const std::vector<SlothWindow>& windows) {
  std::vector<BurnPair> pairs;
  for (size_t i = 0; i < windows.size(); ++i) {
    const SlothWindow& window = windows[i];
    BurnPair pair;
    pair.name = kSlothPairNames[i];
    pair.severity = i < 2 ? Severity::kPage : Severity::kTicket;
    pair.long_window = window.long_window;
    pair.short_window = window.short_window;
    const double period_hours = ToMinutes(period) / 60;
    pair.factor = window.budget_percent * period_hours / 100 / (ToMinutes(window.long_window) / 60);
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

void ImportSloth(const std::vector<Field>& objects, SloImport* out) {
  Period period;
  int given = 0;
  for (const Field& object : objects) {
    if (object.Key("kind").present() && ReadText(object.Key("kind")) == "AlertWindows") {
      const auto read = ReadAlertWindows(object);
      if (!read) continue;
      if (++given > 1) {
        object.Warn("AlertWindows a second time: the first of them is in force");
      } else {
        period = *read;
      }
    }
  }
  for (const Field& object : objects) {
    if (!object.Key("apiVersion").present()) {
      ReadSpec(object, {false}, period, out);
      continue;
    }
    const std::string kind = ReadText(object.Key("kind")).value_or("");
    if (kind == "PrometheusServiceLevel") {
      ReadSpec(object.Key("spec"), {true}, period, out);
    } else if (kind != "AlertWindows") {
      object.Key("kind").Wrong("PrometheusServiceLevel or AlertWindows");
    }
  }
}

}  // namespace kizashi
