#include "act/incident/incident_texts.h"

#include "act/anomaly_text.h"
#include "act/format.h"
#include "act/text_table.h"
#include "base/check.h"

namespace kizashi::incidents {
namespace {

using Id = IncidentText;
using Entry = TextEntry<Id>;

constexpr std::array kTable = {
    Entry{Id::kPageBegin, "Page: {service} {name} fires", "呼び出し: {service} {name} が発報"},
    Entry{Id::kPageBeginBurn,
          "Page: {service} {name} burns its budget {burn} times as fast as it may",
          "呼び出し: {service} {name} がバジェットを許容の {burn} 倍の速さで消費"},
    Entry{Id::kPageEnd, "Page over: {service} {name}", "呼び出し解消: {service} {name}"},
    Entry{Id::kTicketBegin, "Ticket: {service} {name}", "チケット: {service} {name}"},
    Entry{Id::kTicketEnd, "Ticket over: {service} {name}", "チケット解消: {service} {name}"},
    Entry{Id::kAnomalyBegin, "Anomaly in {service}: {what}", "{service} の異常: {what}"},
    Entry{Id::kAnomalyEnd, "Anomaly over in {service}: {what}", "{service} の異常が終了: {what}"},
    Entry{Id::kDelivered, "Told {destination} that it is {event}: {answer}",
          "{destination} に {event} を通知: {answer}"},
    Entry{Id::kNotDelivered,
          "{destination} did not take that it is {event}, attempt {attempt}: {answer}",
          "{destination} への {event} の通知が失敗（{attempt} 回目）: {answer}"},
    Entry{Id::kGivenUp, "Gave up telling {destination} that it is {event}: {answer}",
          "{destination} への {event} の通知を断念: {answer}"},
    Entry{Id::kAcknowledgedEvent, "Acknowledged by {by} ({via})", "{by} が確認（{via}）"},
    Entry{Id::kEscalated, "Escalated to {to}, step {step}: {reason}",
          "{to} にエスカレーション（{step} 段目）: {reason}"},
    Entry{Id::kCall, "Call to {to}: {state}", "{to} に電話: {state}"},
    Entry{Id::kCallDigit, "Call to {to}: pressed {digit}", "{to} に電話: {digit} が押された"},
    Entry{Id::kDeploy, "Deployed to {service}: {version} {what}",
          "{service} にデプロイ: {version} {what}"},
    Entry{Id::kProbe, "Probe {probe} of {service} is {state} {where}",
          "{service} のプローブ {probe} が {state} {where}"},
    Entry{Id::kChat, "{by}: {text}", "{by}: {text}"},
    Entry{Id::kOpenedBySystem, "Incident opened by the page, {severity}",
          "呼び出しによりインシデントを開始、{severity}"},
    Entry{Id::kOpened, "Incident opened by {actor}, {severity}",
          "{actor} がインシデントを開始、{severity}"},
    Entry{Id::kAcknowledged, "Acknowledged by {actor} {text}", "{actor} が確認 {text}"},
    Entry{Id::kMitigated, "Mitigated, says {actor} {text}", "{actor} が緩和済みとした {text}"},
    Entry{Id::kResolvedBySystem, "Resolved: no page fires any more",
          "解決: 発報中の呼び出しはなくなった"},
    Entry{Id::kResolved, "Resolved by {actor} {text}", "{actor} が解決とした {text}"},
    Entry{Id::kClosed, "Closed by {actor} {text}", "{actor} がクローズ {text}"},
    Entry{Id::kReopenedBySystem, "Reopened: the page came back", "再開: 呼び出しが再発"},
    Entry{Id::kReopened, "Reopened by {actor} {text}", "{actor} が再開 {text}"},
    Entry{Id::kNote, "{actor}: {text}", "{actor}: {text}"},
    Entry{Id::kSeverity, "{actor} made it {after}, it was {before}",
          "{actor} が重大度を {before} から {after} に変更"},
    Entry{Id::kRole, "{person} is {role} ({actor})", "{person} が {role} を担当（{actor}）"},
    Entry{Id::kRoleNobody, "Nobody is {role} any more ({actor})", "{role} の担当を解除（{actor}）"},
    Entry{Id::kTitle, "{actor} called it: {text}", "{actor} が題名を変更: {text}"},
    Entry{Id::kMergedInto, "{actor} merged it into incident {incident}",
          "{actor} がインシデント {incident} に統合"},
    Entry{Id::kMergedFrom, "{actor} merged incident {incident} into it",
          "{actor} がインシデント {incident} をここに統合"},
    Entry{Id::kLinked, "{actor} linked incident {incident}: {relation}",
          "{actor} がインシデント {incident} を関連付け: {relation}"},
    Entry{Id::kUnlinked, "{actor} took the link to incident {incident} away",
          "{actor} がインシデント {incident} の関連付けを解除"},
    Entry{Id::kReport, "Report, version {version}, by {actor}",
          "レポート 第 {version} 版（{actor}）"},
    Entry{Id::kFrom, "{text} (from incident {incident})", "{text}（インシデント {incident} から）"},

    Entry{Id::kSummary, "Summary", "概要"},
    Entry{Id::kSummaryPage,
          "{service} was paged for {alerts} from {begin} to {end}, {span} in all.",
          "{service} が {alerts} で {begin} から {end} まで（計 {span}）呼び出しを出した。"},
    Entry{Id::kSummaryPerson,
          "{actor} opened it at {begin}; it was resolved at {end}, {span} later.",
          "{actor} が {begin} に開始し、{span} 後の {end} に解決。"},
    Entry{Id::kSummaryHint, "In two or three sentences: what happened, and what ended it?",
          "何が起き、何で終わったかを 2～3 文で。"},
    Entry{Id::kImpact, "Impact", "影響"},
    Entry{Id::kImpactLine,
          "{service} {slo}: {failed} of {total} failed ({share}), {minutes} min of error budget, "
          "from {begin} to {end}",
          "{service} {slo}: {total} 件中 {failed} 件が失敗（{share}）、エラーバジェット {minutes} "
          "分、{begin} から {end} まで"},
    Entry{Id::kImpactNone, "No SLO measured it.", "計測した SLO はない。"},
    Entry{Id::kImpactHint, "Who was hurt, and what did they see?",
          "誰が、どのような影響を受けたか。"},
    Entry{Id::kDetection, "Detection", "検知"},
    Entry{Id::kDetectionPage, "The alert {alert} fired at {time}.",
          "アラート {alert} が {time} に発報。"},
    Entry{Id::kDetectionPerson, "{actor} saw it, at {time}.", "{actor} が {time} に気付いた。"},
    Entry{Id::kDetectionAnomaly,
          "The first anomaly that fed it began {span} before, at {time}: {what}",
          "最初の異常は {span} 前の {time} に始まっていた: {what}"},
    Entry{Id::kDetectionHint, "Could it have been seen earlier?", "もっと早く気付けたか。"},
    Entry{Id::kTrigger, "Trigger", "きっかけ"},
    Entry{Id::kTriggerDeploy, "Deployed before it: {what}", "直前のデプロイ: {what}"},
    Entry{Id::kTriggerHint, "What set it off? Put its class into `trigger` above: {classes}.",
          "何がきっかけか。分類を上の `trigger` に書く: {classes}。"},
    Entry{Id::kCauses, "Causes", "原因"},
    Entry{Id::kCausesHint,
          "Why could the trigger do harm? Put the classes into `causes` above: {classes}.",
          "なぜそのきっかけで障害になったか。分類を上の `causes` に書く: {classes}。"},
    Entry{Id::kTimeline, "Timeline", "経緯"},
    Entry{Id::kTimelineLeftOut, "{count} events are left out.", "{count} 件のイベントを省略。"},
    Entry{Id::kWentWell, "What went well", "うまくいったこと"},
    Entry{Id::kWentWellHint, "What kept it short or small?", "影響を抑えたものは何か。"},
    Entry{Id::kWentWrong, "What went wrong", "うまくいかなかったこと"},
    Entry{Id::kWentWrongHint, "What made it longer or larger?", "影響を広げたものは何か。"},
    Entry{Id::kLucky, "Where we were lucky", "運がよかったこと"},
    Entry{Id::kLuckyHint, "What would have made it worse, and only by chance did not?",
          "偶然に助けられたことは何か。"},
    Entry{Id::kSurprise, "Why it surprised us", "なぜ予想外だったか"},
    Entry{Id::kSurpriseHint, "What did we believe that was not so?",
          "思い込みと実際の違いは何か。"},
    Entry{Id::kSimilar, "Similar incidents", "類似のインシデント"},
    Entry{Id::kActions, "Action items", "アクションアイテム"},
    Entry{Id::kActionsHint,
          "They stand above, under `actions`: what, owner, due (a day) and state ({states}).",
          "上の `actions` に書く: what、owner、due（日付）、state（{states}）。"},

    Entry{Id::kSameService, "the same service, {value}", "同じサービス {value}"},
    Entry{Id::kSameAlert, "the same alert, {value}", "同じアラート {value}"},
    Entry{Id::kSameAnomaly, "the same kind of anomaly, {value}", "同じ種類の異常 {value}"},
    Entry{Id::kSamePattern, "the same log pattern, {value}", "同じログパターン {value}"},
    Entry{Id::kSameTrigger, "the same trigger, {value}", "同じきっかけ {value}"},
    Entry{Id::kSameCause, "the same cause, {value}", "同じ原因 {value}"},

    Entry{Id::kDailyTitle, "Incidents", "インシデント"},
    Entry{Id::kDailyOpen, "{incident} is {state} since {time}, {severity}; commander: {person}",
          "{incident} は {time} から{state}、{severity}、指揮: {person}"},
    Entry{Id::kDailyUnpublished,
          "{incident}: its report is not published, {span} after the end; owner: {person}",
          "{incident}: レポートが未公開（終了から {span}）、担当: {person}"},
    Entry{Id::kDailyOverdue, "{incident}: overdue since {day}: {what}; owner: {person}",
          "{incident}: 期限 {day} を過ぎたアクション: {what}、担当: {person}"},
    Entry{Id::kDailyDueSoon, "{incident}: due on {day}: {what}; owner: {person}",
          "{incident}: 期限 {day} のアクション: {what}、担当: {person}"},
    Entry{Id::kNobody, "nobody", "未定"},
    Entry{Id::kNoIncidents, "No incidents.", "インシデントはありません。"},
    Entry{Id::kNoActions, "No action items.", "アクションアイテムはありません。"},
    Entry{Id::kShowState, "{severity}, {state}; begun {begin}, commander: {person}",
          "{severity}、{state}、開始 {begin}、指揮: {person}"},
    Entry{Id::kShowAlerts, "Alerts", "アラート"},
    Entry{Id::kShowAnomalies, "Anomalies", "異常"},
    Entry{Id::kShowLinks, "Links", "関連付け"},
    Entry{Id::kStatsCounts,
          "Incidents: {count}; under way: {open}; reports not published: {unpublished}",
          "インシデント: {count} 件、進行中 {open} 件、レポート未公開 {unpublished} 件"},
    Entry{Id::kStatsActions,
          "Action items: {unfinished} unfinished, {overdue} overdue, {ended} ended",
          "アクションアイテム: 未完了 {unfinished} 件、期限切れ {overdue} 件、終了 {ended} 件"},
    Entry{Id::kStatsMedians, "Median time to acknowledge: {acknowledge}; to resolve: {resolve}",
          "中央値: 確認まで {acknowledge}、解決まで {resolve}"},
    Entry{Id::kStatsTriggers, "Triggers", "きっかけ"},
    Entry{Id::kStatsCauses, "Causes", "原因"},
};
static_assert(IsCompleteTable(kTable, Id::kEndOfTable),
              "each IncidentText has one entry, in order, in both languages");

/// Blanks at the end and doubled ones within, from values that are empty, go.
std::string Tidy(const std::string& text) {
  std::string out;
  for (const char c : OneLine(text)) {
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c;
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string Value(const kizashi::Fields& fields, std::string_view name) {
  const FieldValue* value = FindField(fields, name);
  if (value == nullptr) return "";
  if (const auto* number = std::get_if<double>(value)) return FormatAmount(*number);
  return std::get<std::string>(*value);
}

std::string Whole(const kizashi::Fields& fields, std::string_view name) {
  return fmt::format("{:.0f}", FieldNumber(fields, name));
}

std::string AnomalyLine(const TimelineEntry& line, Language language) {
  AnomalyRecord anomaly;
  anomaly.service = line.service;
  anomaly.code = FieldText(line.fields, "code");
  anomaly.source = FieldText(line.fields, "source");
  anomaly.fields = line.fields;
  const std::string what = FieldText(line.fields, "what");
  const bool begins = line.what == EventKindName(EventKind::kAnomalyBegin);
  return FillText(
      begins ? Id::kAnomalyBegin : Id::kAnomalyEnd, language,
      {{"service", line.service}, {"what", what.empty() ? AnomalyText(anomaly, language) : what}});
}

std::string AlertLine(Id id, const TimelineEntry& line, Language language) {
  return FillText(id, language,
                  {{"service", line.service},
                   {"name", Value(line.fields, "name")},
                   {"burn", Value(line.fields, "short_burn")}});
}

std::string EventLine(EventKind kind, const TimelineEntry& line, Language language) {
  const kizashi::Fields& fields = line.fields;
  const auto fill = [&](Id id) {
    const std::string result = FieldText(fields, "result");
    return FillText(id, language,
                    {{"service", line.service},
                     {"destination", Value(fields, "destination")},
                     {"event", Value(fields, "event")},
                     {"attempt", Whole(fields, "attempt")},
                     {"answer", Value(fields, "answer")},
                     {"by", Value(fields, "by")},
                     {"via", Value(fields, "via")},
                     {"to", Value(fields, "to")},
                     {"step", Whole(fields, "step")},
                     {"reason", Value(fields, "reason")},
                     {"state", Value(fields, "state")},
                     {"digit", Value(fields, "digit")},
                     {"version", Value(fields, "version")},
                     {"what", Value(fields, "what")},
                     {"probe", Value(fields, "probe")},
                     {"where", Value(fields, "where")},
                     {"text", Value(fields, "text")}});
  };
  switch (kind) {
    case EventKind::kPageBegin:
      return AlertLine(FindField(fields, "short_burn") ? Id::kPageBeginBurn : Id::kPageBegin, line,
                       language);
    case EventKind::kPageEnd: return AlertLine(Id::kPageEnd, line, language);
    case EventKind::kTicketBegin: return AlertLine(Id::kTicketBegin, line, language);
    case EventKind::kTicketEnd: return AlertLine(Id::kTicketEnd, line, language);
    case EventKind::kAnomalyBegin:
    case EventKind::kAnomalyEnd: return AnomalyLine(line, language);
    case EventKind::kDelivery: {
      const std::string result = FieldText(fields, "result");
      return fill(result == "delivered"  ? Id::kDelivered
                  : result == "given_up" ? Id::kGivenUp
                                         : Id::kNotDelivered);
    }
    case EventKind::kAcknowledged: return fill(Id::kAcknowledgedEvent);
    case EventKind::kEscalated: return fill(Id::kEscalated);
    case EventKind::kCall:
      return fill(FieldText(fields, "state") == "digit" ? Id::kCallDigit : Id::kCall);
    case EventKind::kDeploy: return fill(Id::kDeploy);
    case EventKind::kProbe: return fill(Id::kProbe);
    case EventKind::kChat: return fill(Id::kChat);
  }
  return "";
}

Id TextOf(Edit::What what, const TimelineEntry& line) {
  const bool system = line.actor == kSystem;
  switch (what) {
    case Edit::What::kOpen: return system ? Id::kOpenedBySystem : Id::kOpened;
    case Edit::What::kAcknowledge: return Id::kAcknowledged;
    case Edit::What::kMitigate: return Id::kMitigated;
    case Edit::What::kResolve: return system ? Id::kResolvedBySystem : Id::kResolved;
    case Edit::What::kClose: return Id::kClosed;
    case Edit::What::kReopen: return system ? Id::kReopenedBySystem : Id::kReopened;
    case Edit::What::kNote: return Id::kNote;
    case Edit::What::kSeverity: return Id::kSeverity;
    case Edit::What::kRole:
      return FieldText(line.fields, "text").empty() ? Id::kRoleNobody : Id::kRole;
    case Edit::What::kTitle: return Id::kTitle;
    case Edit::What::kMerge:
      return FieldText(line.fields, "way") == "into" ? Id::kMergedInto : Id::kMergedFrom;
    case Edit::What::kLink: return Id::kLinked;
    case Edit::What::kUnlink: return Id::kUnlinked;
    case Edit::What::kReport: return Id::kReport;
  }
  return Id::kNote;
}

std::string EditLine(Edit::What what, const TimelineEntry& line, Language language) {
  const kizashi::Fields& fields = line.fields;
  const auto severity = [&](std::string_view name) {
    return SeverityText(static_cast<int>(FieldNumber(fields, name)));
  };
  std::string incident;
  for (const auto& [name, id] : line.links) {
    if (name == "incident") incident = id;
  }
  return FillText(TextOf(what, line), language,
                  {{"actor", line.actor},
                   {"text", Value(fields, "text")},
                   {"person", Value(fields, "text")},
                   {"role", Value(fields, "name")},
                   {"relation", Value(fields, "name")},
                   {"severity", severity("severity")},
                   {"before", severity("before")},
                   {"after", severity("after")},
                   {"incident", incident},
                   {"version", Whole(fields, "version")}});
}

}  // namespace

std::string_view Text(IncidentText id, Language language) {
  const auto index = static_cast<size_t>(id);
  KZ_CHECK(index < kTable.size(), "text {}", index);
  return language == Language::kJapanese ? kTable[index].ja : kTable[index].en;
}

std::string FillText(IncidentText id, Language language, TextValues values) {
  return FillTemplate(Text(id, language), values);
}

std::string StateText(State state, Language language) {
  if (language == Language::kEnglish) return std::string(StateName(state));
  switch (state) {
    case State::kOpen: return "対応待ち";
    case State::kAcknowledged: return "対応中";
    case State::kMitigated: return "緩和済み";
    case State::kResolved: return "解決済み";
    case State::kClosed: return "クローズ";
  }
  return "";
}

std::string SeverityText(int severity) { return fmt::format("SEV{}", severity); }

std::string LineText(const TimelineEntry& line, Language language) {
  std::string text;
  if (const auto kind = EventKindFromName(line.what)) {
    text = EventLine(*kind, line, language);
  } else if (const auto what = EditFromName(line.what)) {
    text = EditLine(*what, line, language);
  }
  if (line.from != 0) {
    text =
        FillText(Id::kFrom, language, {{"text", text}, {"incident", fmt::format("{}", line.from)}});
  }
  return Tidy(std::move(text));
}

}  // namespace kizashi::incidents
