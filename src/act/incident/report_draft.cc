#include "act/incident/report_draft.h"

#include <algorithm>

#include "act/format.h"
#include "act/incident/incident_texts.h"
#include "act/report/markdown.h"
#include "catalog/local_time.h"
#include "net/http.h"
#include "wire/yaml_writer.h"

namespace kizashi::incidents {
namespace {

using Id = IncidentText;

constexpr size_t kLineCharsMax = 300;
constexpr size_t kDeploysMax = 5;

class Draft {
 public:
  Draft(const Incident& incident, const DraftFacts& facts, const DraftOptions& options)
      : incident_(incident), facts_(facts), options_(options) {}

  std::string Write() {
    text_ = "---\n" + WriteYaml(FrontMatter()) + "---\n";
    text_ += fmt::format("\n# {}\n", MarkdownCell(incident_.title));
    WriteSummary();
    WriteImpact();
    WriteDetection();
    WriteTrigger();
    Heading(Id::kCauses);
    Hint(Id::kCausesHint, {{"classes", ListOf(kCauseClasses)}});
    WriteTimeline();
    const std::pair<Id, Id> questions[] = {{Id::kWentWell, Id::kWentWellHint},
                                           {Id::kWentWrong, Id::kWentWrongHint},
                                           {Id::kLucky, Id::kLuckyHint},
                                           {Id::kSurprise, Id::kSurpriseHint}};
    for (const auto& [heading, hint] : questions) {
      Heading(heading);
      Hint(hint, {});
    }
    WriteSimilar();
    Heading(Id::kActions);
    Hint(Id::kActionsHint, {{"states", ListOf(kActionStates)}});
    return std::move(text_);
  }

 private:
  std::string Say(Id id, TextValues values = {}) const {
    return FillText(id, options_.language, values);
  }
  std::string Local(Time time) const { return LocalSecond(time, options_.time_zone); }
  void Heading(Id id) { text_ += fmt::format("\n## {}\n\n", Say(id)); }
  void Paragraph(std::string_view text) { text_ += fmt::format("{}\n", text); }
  void Hint(Id id, TextValues values) { text_ += fmt::format("<!-- {} -->\n", Say(id, values)); }

  YamlNode FrontMatter() const {
    YamlMapping front;
    front.Add("incident", YamlPlain(fmt::format("{}", incident_.number)));
    front.Add("title", OneLine(incident_.title));
    front.Add("state", YamlPlain("draft"));
    front.Add("owner", OneLine(options_.owner));
    front.Add("severity", YamlPlain(fmt::format("{}", incident_.severity)));
    front.AddIfAny("service", incident_.service);
    front.AddIfAny("team", incident_.team);
    front.Add("begin", YamlPlain(FormatTime(incident_.begin)));
    const auto time = [&front](std::string_view name, const std::optional<Time>& at) {
      if (at) front.Add(name, YamlPlain(FormatTime(*at)));
    };
    time("acknowledged", incident_.acknowledged);
    time("mitigated", incident_.mitigated);
    time("resolved", incident_.resolved);
    double minutes = 0;
    for (const Impact& impact : facts_.impacts) minutes += impact.budget_minutes;
    if (!facts_.impacts.empty()) {
      front.Add("budget_minutes", YamlPlain(fmt::format("{:.2f}", minutes)));
    }
    front.Add("trigger", YamlPlain("unknown"));
    front.Add("causes", YamlList({}));
    front.Add("actions", YamlList({}));
    return front.Take();
  }

  Time End() const { return incident_.resolved.value_or(incident_.begin); }

  void WriteSummary() {
    Heading(Id::kSummary);
    std::string alerts;
    for (const RelatedAlert& alert : incident_.alerts) {
      if (!alert.pages || alerts.find(alert.name) != alerts.npos) continue;
      alerts += (alerts.empty() ? "" : ", ") + alert.name;
    }
    const std::string span = FormatSpan(End() - incident_.begin, options_.language);
    if (incident_.by_page) {
      const std::string& who = incident_.service.empty() ? incident_.title : incident_.service;
      Paragraph(Say(Id::kSummaryPage, {{"service", MarkdownCell(who)},
                                       {"alerts", MarkdownCell(alerts)},
                                       {"begin", Local(incident_.begin)},
                                       {"end", Local(End())},
                                       {"span", span}}));
    } else {
      Paragraph(Say(Id::kSummaryPerson, {{"actor", MarkdownCell(incident_.opened_by)},
                                         {"begin", Local(incident_.begin)},
                                         {"end", Local(End())},
                                         {"span", span}}));
    }
    Hint(Id::kSummaryHint, {});
  }

  void WriteImpact() {
    Heading(Id::kImpact);
    if (facts_.impacts.empty()) Paragraph(Say(Id::kImpactNone));
    for (const Impact& impact : facts_.impacts) {
      const double share = impact.total > 0 ? impact.failed / impact.total : 0;
      Paragraph("- " + Say(Id::kImpactLine, {{"service", MarkdownCell(impact.service)},
                                             {"slo", MarkdownCell(impact.slo)},
                                             {"failed", FormatNumber(impact.failed, 0)},
                                             {"total", FormatNumber(impact.total, 0)},
                                             {"share", FormatPercent(share)},
                                             {"minutes", FormatAmount(impact.budget_minutes)},
                                             {"begin", Local(impact.begin)},
                                             {"end", Local(impact.end)}}));
    }
    Hint(Id::kImpactHint, {});
  }

  void WriteDetection() {
    Heading(Id::kDetection);
    const RelatedAlert* first = nullptr;
    for (const RelatedAlert& alert : incident_.alerts) {
      if (alert.pages && first == nullptr) first = &alert;
    }
    if (first != nullptr && incident_.by_page) {
      Paragraph(Say(Id::kDetectionPage,
                    {{"alert", MarkdownCell(first->name)}, {"time", Local(first->begin)}}));
    } else {
      Paragraph(Say(Id::kDetectionPerson, {{"actor", MarkdownCell(incident_.opened_by)},
                                           {"time", Local(incident_.begin)}}));
    }
    for (const TimelineEntry& line : incident_.timeline) {
      if (line.what != EventKindName(EventKind::kAnomalyBegin)) continue;
      if (line.time >= incident_.begin) break;
      Paragraph(
          Say(Id::kDetectionAnomaly,
              {{"span", FormatSpan(incident_.begin - line.time, options_.language)},
               {"time", Local(line.time)},
               {"what", MarkdownCell(CutText(LineText(line, options_.language), kLineCharsMax))}}));
      break;
    }
    Hint(Id::kDetectionHint, {});
  }

  void WriteTrigger() {
    Heading(Id::kTrigger);
    size_t deploys = 0;
    for (const TimelineEntry& line : incident_.timeline) {
      if (line.what != EventKindName(EventKind::kDeploy) || line.time > incident_.begin) continue;
      if (++deploys > kDeploysMax) break;
      Paragraph("- " + Say(Id::kTriggerDeploy,
                           {{"what", Local(line.time) + " " +
                                         MarkdownCell(LineText(line, options_.language))}}));
    }
    Hint(Id::kTriggerHint, {{"classes", ListOf(kTriggerClasses)}});
  }

  void WriteTimeline() {
    Heading(Id::kTimeline);
    for (const TimelineEntry& line : incident_.timeline) {
      if (line.what == EditName(Edit::What::kReport)) continue;
      const std::string text =
          MarkdownCell(CutText(LineText(line, options_.language), kLineCharsMax));
      const std::string event = CutText(line.what + " " + line.id, 60);
      const std::string link =
          options_.page_url.empty()
              ? MarkdownCodeCell(event, 60)
              : fmt::format("[{}]({}{})", MarkdownCell(event), options_.page_url,
                            LinePath(incident_.number, line));
      Paragraph(fmt::format("- {} {} ({})", Local(line.time), text, link));
    }
    if (incident_.left_out > 0) {
      Paragraph(Say(Id::kTimelineLeftOut, {{"count", fmt::format("{}", incident_.left_out)}}));
    }
  }

  void WriteSimilar() {
    if (facts_.similar.empty()) return;
    Heading(Id::kSimilar);
    for (const SimilarIncident& similar : facts_.similar) {
      std::string why;
      for (const Likeness& likeness : similar.reasons) {
        if (!why.empty()) why += options_.language == Language::kJapanese ? "、" : ", ";
        why += LikenessText(likeness, options_.language);
      }
      const Incident& other = similar.view->incident;
      Paragraph(fmt::format("- {} {} ({}): {}", other.number, MarkdownCell(other.title),
                            Local(other.begin), MarkdownCell(why)));
    }
  }

  const Incident& incident_;
  const DraftFacts& facts_;
  const DraftOptions& options_;
  std::string text_;
};

}  // namespace

std::string LocalSecond(Time time, std::string_view time_zone) {
  const Duration ahead = std::chrono::seconds(UtcOffsetSeconds(time_zone, time));
  std::string text = FormatTime(time + ahead);
  if (text.size() < 19) return text;
  text[10] = ' ';
  return text.substr(0, 19);
}

std::string LinePath(uint64_t incident, const TimelineEntry& line) {
  return fmt::format("/incidents/{}#{}-{}", incident, line.what, PercentEncode(line.id));
}

std::string DraftReport(const Incident& incident, const DraftFacts& facts,
                        const DraftOptions& options) {
  return Draft(incident, facts, options).Write();
}

}  // namespace kizashi::incidents
