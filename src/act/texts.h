// The texts that go to people in messages and reports, in English and Japanese side by side.
//
// One table, checked when it is compiled: every text exists in both languages and both take the
// same values. Plain values; any thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace kizashi {

enum class Language { kEnglish, kJapanese };

/// "ja" is Japanese, anything else English.
Language LanguageFromCode(std::string_view code);

enum class TextId {
  // Messages.
  kPageFiring,
  kTicketFiring,
  kPageResolved,
  kTicketResolved,
  kSummaryFiring,
  kSummaryResolved,
  kRuleFiring,
  kRuleResolved,
  kRuleSummaryFiring,
  kRuleSummaryResolved,
  kAlert,
  kLabels,
  kExpression,
  kSeverity,
  kPage,
  kTicket,
  kService,
  kOwner,
  kSlo,
  kSloValue,
  kBurnRate,
  kBurnRateValue,
  kPair,
  kPairValue,
  kBudgetSpent,
  kTimeToEmpty,
  kBegin,
  kEnd,
  kDuration,
  kAlertId,
  kOpenService,
  kNoDataFiring,
  kNoDataResolved,
  kNoDataSummaryFiring,
  kNoDataSummaryResolved,
  kSilent,
  kAlerts,
  kAlertsFrozen,
  kPolicyFiring,
  kPolicyResolved,
  kPolicySummaryFiring,
  kPolicySummaryResolved,
  kPolicyTell,
  kPolicyTicket,
  kPolicyHold,
  kCondition,
  kConditionSpent,
  kConditionBurn,
  kAgreed,
  kFailureCount,
  kFailureCountValue,
  kBurnedBy,
  kDependency,
  // Anomalies in one sentence.
  kMemberDown,
  kPatternNew,
  kPatternNewDetails,
  kPatternsNewMany,
  kPatternUp,
  kPatternDown,
  kPatternGone,
  kPatternMissing,
  kParameterValue,
  kParameterRange,
  kRange,
  kReleaseChanged,
  kLevel,
  kFirstOn,
  kLines,
  kKnownIn,
  // The daily report.
  kReportTitle,
  kAllTeams,
  kPeriod,
  kNothing,
  kFailures,
  kNoFailures,
  kOngoing,
  kAnomalies,
  kNoAnomalies,
  kPrice,
  kPriceNote,
  kWhat,
  kMore,
  kAboutNoData,
  kAboutPolicy,
  kPatterns,
  kNoPatterns,
  kPattern,
  kCount,
  kExample,
  kFirstSeen,
  kSpend,
  kSpendNote,
  kSpendMinutes,
  kTotal,
  kCutShort,
  // The review of SLOs.
  kSloReviewWeek,
  kSloReviewQuarter,
  kSloCounts,
  kNoSlos,
  kNoOwner,
  kSlos,
  kTarget,
  kAttained,
  kNotMeasured,
  kMeasured,
  kSpentOf,
  kBudgetLeft,
  kWorstDay,
  kWorstDayValue,
  kPages,
  kTickets,
  kWhatBurned,
  kNothingBurned,
  kAgreements,
  kAllApproved,
  kState,
  kUnapproved,
  kOverdue,
  kApprover,
  kReviewDay,
  kExclusions,
  kNoExclusions,
  kAttainedWithout,
  kReason,
  kAuthor,
  kExcluded,
  kExcludedTimes,
  kGivenBack,
  kPolicyInForce,
  kNoPolicyInForce,
  kAction,
  kSince,
  kOverridden,
  kOverriddenBy,
  kEndOfTable,  // how many there are
};

std::string_view Text(TextId id, Language language);

/// The text with each {name} replaced by its value. A name without a value stays as it is.
using TextValues = std::initializer_list<std::pair<std::string_view, std::string>>;
std::string FillText(TextId id, Language language, TextValues values);

}  // namespace kizashi
