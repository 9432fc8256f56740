#include "act/incident/incident_summary.h"

#include <algorithm>

#include "act/format.h"
#include "act/incident/incident_texts.h"
#include "act/report/markdown.h"

namespace kizashi::incidents {
namespace {

using Id = IncidentText;

constexpr Duration kDueSoon = std::chrono::hours(3 * 24);
constexpr size_t kDailyLinesMax = 50;
constexpr size_t kTextCharsMax = 200;

bool IsOf(const IncidentView& view, std::string_view team) {
  return view.incident.merged_into == 0 && (team.empty() || view.incident.team == team);
}

Duration Median(std::vector<Duration> values) {
  if (values.empty()) return Duration(-1);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::vector<FollowedAction> ListActions(const IncidentViews& views, std::string_view team,
                                        std::string_view state, std::string_view today) {
  std::vector<FollowedAction> actions;
  for (const auto& view : views) {
    if (!IsOf(*view, team) || !view->report) continue;
    for (size_t i = 0; i < view->report->actions.size(); ++i) {
      const ActionItem& item = view->report->actions[i];
      const bool overdue = item.is_overdue(today);
      const bool wanted = state == "all" || (state == "unfinished" && !item.is_ended()) ||
                          (state == "overdue" && overdue) || state == item.state;
      if (!wanted) continue;
      actions.push_back(
          {view->incident.number, view->incident.title, view->incident.team, i, item, overdue});
    }
  }
  std::stable_sort(actions.begin(), actions.end(), [](const auto& a, const auto& b) {
    if (a.item.due.empty() != b.item.due.empty()) return b.item.due.empty();
    return a.item.due < b.item.due;
  });
  return actions;
}

IncidentStats CountIncidents(const IncidentViews& views, std::string_view team, Time since,
                             Time until, std::string_view today) {
  IncidentStats stats;
  std::vector<Duration> acknowledged;
  std::vector<Duration> resolved;
  for (const auto& view : views) {
    const Incident& incident = view->incident;
    if (!IsOf(*view, team) || incident.begin < since || incident.begin >= until) continue;
    ++stats.incidents;
    ++stats.by_severity[incident.severity];
    if (!incident.service.empty()) ++stats.by_service[incident.service];
    if (!incident.is_over()) ++stats.open;
    if (incident.acknowledged) acknowledged.push_back(*incident.acknowledged - incident.begin);
    if (incident.resolved) resolved.push_back(*incident.resolved - incident.begin);
    if (incident.is_over() && (!view->report || !view->report->is_published())) {
      ++stats.unpublished;
    }
    if (!view->report) continue;
    ++stats.by_trigger[view->report->trigger];
    for (const std::string& cause : view->report->causes) ++stats.by_cause[cause];
    for (const ActionItem& item : view->report->actions) {
      ++(item.is_ended() ? stats.actions_ended : stats.actions_unfinished);
      if (item.is_overdue(today)) ++stats.actions_overdue;
    }
  }
  stats.to_acknowledge = Median(std::move(acknowledged));
  stats.to_resolve = Median(std::move(resolved));
  return stats;
}

std::string DailyIncidents(const IncidentViews& views, std::string_view team, Language language,
                           std::string_view time_zone, Time now) {
  std::vector<std::string> lines;
  const auto person = [&](std::string_view name) {
    return name.empty() ? std::string(Text(Id::kNobody, language)) : MarkdownCell(name);
  };
  const auto name = [](uint64_t number, std::string_view title) {
    return fmt::format("#{} {}", number, MarkdownCell(CutText(title, kTextCharsMax)));
  };
  for (const auto& view : views) {
    const Incident& incident = view->incident;
    if (!IsOf(*view, team)) continue;
    if (!incident.is_over()) {
      lines.push_back(FillText(Id::kDailyOpen, language,
                               {{"incident", name(incident.number, incident.title)},
                                {"state", StateText(incident.state, language)},
                                {"time", FormatMoment(incident.begin, time_zone, language)},
                                {"severity", SeverityText(incident.severity)},
                                {"person", person(incident.PersonOf(kCommander))}}));
    } else if (view->report && !view->report->is_published()) {
      lines.push_back(FillText(
          Id::kDailyUnpublished, language,
          {{"incident", name(incident.number, incident.title)},
           {"span", FormatSpan(now - incident.resolved.value_or(incident.begin), language)},
           {"person", person(view->report->owner)}}));
    }
  }
  const std::string today = FormatDay(now, time_zone);
  const std::string soon = FormatDay(now + kDueSoon, time_zone);
  for (const FollowedAction& action : ListActions(views, team, "unfinished", today)) {
    if (action.item.due.empty() || action.item.due > soon) continue;
    lines.push_back(FillText(action.overdue ? Id::kDailyOverdue : Id::kDailyDueSoon, language,
                             {{"incident", name(action.incident, action.title)},
                              {"day", action.item.due},
                              {"what", MarkdownCell(CutText(action.item.what, kTextCharsMax))},
                              {"person", person(action.item.owner)}}));
  }
  if (lines.empty()) return "";
  std::string text = fmt::format("\n## {}\n\n", Text(Id::kDailyTitle, language));
  for (size_t i = 0; i < std::min(lines.size(), kDailyLinesMax); ++i) {
    text += fmt::format("- {}\n", lines[i]);
  }
  if (lines.size() > kDailyLinesMax) {
    const size_t more = lines.size() - kDailyLinesMax;
    text += fmt::format(
        "- {}\n", kizashi::FillText(TextId::kMore, language, {{"count", fmt::format("{}", more)}}));
  }
  return text;
}

}  // namespace kizashi::incidents
