// The texts about incidents, in English and Japanese (see act/texts.h), and lines of a timeline as
// people read them.
//
// Plain values; any thread.
#pragma once

#include <string>
#include <string_view>

#include "act/incident/incident.h"
#include "act/texts.h"

namespace kizashi::incidents {

enum class IncidentText {
  // Lines of a timeline.
  kPageBegin,
  kPageBeginBurn,
  kPageEnd,
  kTicketBegin,
  kTicketEnd,
  kAnomalyBegin,
  kAnomalyEnd,
  kDelivered,
  kNotDelivered,
  kGivenUp,
  kAcknowledgedEvent,
  kEscalated,
  kCall,
  kCallDigit,
  kDeploy,
  kProbe,
  kChat,
  kOpenedBySystem,
  kOpened,
  kAcknowledged,
  kMitigated,
  kResolvedBySystem,
  kResolved,
  kClosed,
  kReopenedBySystem,
  kReopened,
  kNote,
  kSeverity,
  kRole,
  kRoleNobody,
  kTitle,
  kMergedInto,
  kMergedFrom,
  kLinked,
  kUnlinked,
  kReport,
  kFrom,
  // The report.
  kSummary,
  kSummaryPage,
  kSummaryPerson,
  kSummaryHint,
  kImpact,
  kImpactLine,
  kImpactNone,
  kImpactHint,
  kDetection,
  kDetectionPage,
  kDetectionPerson,
  kDetectionAnomaly,
  kDetectionHint,
  kTrigger,
  kTriggerDeploy,
  kTriggerHint,
  kCauses,
  kCausesHint,
  kTimeline,
  kTimelineLeftOut,
  kWentWell,
  kWentWellHint,
  kWentWrong,
  kWentWrongHint,
  kLucky,
  kLuckyHint,
  kSurprise,
  kSurpriseHint,
  kSimilar,
  kActions,
  kActionsHint,
  // Why an incident is similar.
  kSameService,
  kSameAlert,
  kSameAnomaly,
  kSamePattern,
  kSameTrigger,
  kSameCause,
  // What the daily report and the command line say.
  kDailyTitle,
  kDailyOpen,
  kDailyUnpublished,
  kDailyOverdue,
  kDailyDueSoon,
  kNobody,
  kNoIncidents,
  kNoActions,
  kShowState,
  kShowAlerts,
  kShowAnomalies,
  kShowLinks,
  kStatsCounts,
  kStatsActions,
  kStatsMedians,
  kStatsTriggers,
  kStatsCauses,
  kEndOfTable,
};

std::string_view Text(IncidentText id, Language language);
std::string FillText(IncidentText id, Language language, TextValues values);
/// The words for states and severities: "open", "対応待ち"; "SEV2".
std::string StateText(State state, Language language);
std::string SeverityText(int severity);

/// What a line says, without its time: plain text on one line.
std::string LineText(const TimelineEntry& line, Language language);

}  // namespace kizashi::incidents
