#include "act/report/slo_report.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <algorithm>
#include <map>

#include "act/format.h"
#include "act/message.h"
#include "act/report/slo_review.h"
#include "act/slo_text.h"
#include "act/texts.h"

namespace kizashi {
namespace {

constexpr int kRecordsMax = 10'000;
constexpr size_t kAlertRowsMax = 50;
constexpr int kMonths = 3;

/// Three months before, at the same time of the day there.
Time QuarterBefore(Time until, std::string_view time_zone) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(absl::string_view(time_zone.data(), time_zone.size()), &zone)) {
    zone = absl::UTCTimeZone();
  }
  const absl::CivilSecond end = absl::ToCivilSecond(absl::FromUnixMillis(ToMs(until)), zone);
  const absl::CivilMonth month = absl::CivilMonth(end) - kMonths;
  // 31 August less three months is 31 May; 31 May less three is the last of February.
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  const int day = std::min(end.day(), last.day());
  const absl::CivilSecond begin(month.year(), month.month(), day, end.hour(), end.minute(),
                                end.second());
  return TimeFromMs(absl::ToUnixMillis(absl::FromCivil(begin, zone)));
}

/// Writes one report; `document` grows section by section.
class Writer {
 public:
  Writer(const SloReportOptions& options, const SloPeriod& period, Document* document)
      : options_(options),
        since_(period.since),
        zone_(period.time_zone),
        language_(LanguageFromCode(options.language)),
        today_(FormatDay(options.now, zone_)),
        document_(*document) {}

  void Title(std::string_view team) {
    const TextId id = options_.quarter ? TextId::kSloReviewQuarter : TextId::kSloReviewWeek;
    document_.Heading(1, Say(id, {{"team", std::string(team)}}));
    document_.Paragraph(
        Say(TextId::kPeriod,
            {{"since", Moment(since_)}, {"until", Moment(options_.until)}, {"zone", zone_}}));
  }

  /// Headings of the sections are of this level.
  void Team(const std::vector<SloReview>& reviews, int level) {
    level_ = level;
    Counts(reviews);
    if (reviews.empty()) return;
    Slos(reviews);
    Burned(reviews);
    Policy(reviews);
    Agreements(reviews);
    Exclusions(reviews);
  }

  std::string Say(TextId id, TextValues values = {}) const {
    return FillText(id, language_, values);
  }

 private:
  std::string Moment(Time time) const { return FormatMoment(time, zone_, language_); }
  static std::string Name(const SloReview& review) {
    const std::string& title = review.service->title;
    const SloSpec& spec = *review.slo->spec;
    return fmt::format("{}: {}", title.empty() ? review.service->name : title,
                       spec.title.empty() ? spec.name : spec.title);
  }
  std::string Attained(const std::optional<double>& share) const {
    if (!share) return Say(TextId::kNotMeasured);
    // As many digits as tell it apart from a target of five nines.
    return fmt::format("{:.4f}%", *share * 100);
  }
  void Section(TextId heading) { document_.Heading(level_, Say(heading)); }
  Document::Column Text(TextId id) const { return {Say(id), false}; }
  Document::Column Number(TextId id) const { return {Say(id), true}; }
  /// A table, or in its place a sentence when it has no rows.
  void TableOr(std::vector<Document::Column> columns, std::vector<Document::Row> rows,
               TextId nothing) {
    if (rows.empty()) return document_.Paragraph(Say(nothing));
    document_.Table(std::move(columns), std::move(rows));
  }

  void Counts(const std::vector<SloReview>& reviews) {
    if (reviews.empty()) return document_.Paragraph(Say(TextId::kNoSlos));
    int met = 0;
    int missed = 0;
    for (const SloReview& review : reviews) {
      if (!review.attained()) continue;
      ++(*review.attained() >= review.slo->spec->target ? met : missed);
    }
    const int all = static_cast<int>(reviews.size());
    document_.Paragraph(Say(TextId::kSloCounts, {{"count", std::to_string(all)},
                                                 {"met", std::to_string(met)},
                                                 {"missed", std::to_string(missed)},
                                                 {"unknown", std::to_string(all - met - missed)}}));
  }

  std::string Spent(const SloReview& review) const {
    if (!review.attained()) return "–";
    return Say(TextId::kSpentOf, {{"share", FormatPercent(review.spent_share())},
                                  {"spent", FormatAmount(review.spent_minutes)},
                                  {"all", FormatAmount(review.allowance_minutes)}});
  }

  void Slos(const std::vector<SloReview>& reviews) {
    Section(TextId::kSlos);
    std::vector<Document::Row> rows;
    for (const SloReview& review : reviews) {
      const SloSpec& spec = *review.slo->spec;
      const std::string worst =
          Say(TextId::kWorstDayValue,
              {{"day", review.worst_day}, {"share", FormatPercent(review.worst_day_share)}});
      const std::string left = review.remaining_share
                                   ? fmt::format("{} ({})", FormatPercent(*review.remaining_share),
                                                 SloWindowText(spec.window))
                                   : "–";
      rows.push_back({Name(review), FormatTarget(spec.target), Attained(review.attained()),
                      FormatPercent(review.measured_share), Spent(review), left,
                      review.worst_day.empty() ? "–" : worst,
                      std::to_string(review.Count(Severity::kPage)),
                      std::to_string(review.Count(Severity::kTicket))});
    }
    document_.Table(
        {Text(TextId::kSlo), Number(TextId::kTarget), Number(TextId::kAttained),
         Number(TextId::kMeasured), Number(TextId::kBudgetSpent), Number(TextId::kBudgetLeft),
         Text(TextId::kWorstDay), Number(TextId::kPages), Number(TextId::kTickets)},
        std::move(rows));
  }

  void Burned(const std::vector<SloReview>& reviews) {
    Section(TextId::kWhatBurned);
    std::vector<Document::Row> rows;
    size_t more = 0;
    for (const SloReview& review : reviews) {
      for (const AlertRecord& alert : review.alerts) {
        if (AlertCode(alert) != "burn") continue;
        if (rows.size() >= kAlertRowsMax && ++more > 0) continue;
        std::string by = FieldText(alert.fields, "burned_by");
        const std::string partner = FieldText(alert.fields, "dependency");
        if (!partner.empty()) by += (by.empty() ? "" : ", ") + partner;
        const bool page = alert.severity == Severity::kPage;
        rows.push_back({Name(review), Say(page ? TextId::kPage : TextId::kTicket),
                        Moment(alert.begin),
                        FormatSpan(alert.end.value_or(options_.until) - alert.begin, language_),
                        by.empty() ? "–" : by});
      }
    }
    TableOr({Text(TextId::kSlo), Text(TextId::kSeverity), Text(TextId::kBegin),
             Number(TextId::kDuration), Text(TextId::kBurnedBy)},
            std::move(rows), TextId::kNothingBurned);
    if (more > 0) document_.Paragraph(Say(TextId::kMore, {{"count", std::to_string(more)}}));
  }

  std::string Action(const PolicyStep& step) const {
    switch (step.action) {
      case PolicyStep::Action::kTell: return Say(TextId::kPolicyTell);
      case PolicyStep::Action::kTicket: return Say(TextId::kPolicyTicket);
      case PolicyStep::Action::kHold: return Say(TextId::kPolicyHold);
    }
    return "";
  }

  void Policy(const std::vector<SloReview>& reviews) {
    Section(TextId::kPolicyInForce);
    std::vector<Document::Row> rows;
    for (const SloReview& review : reviews) {
      for (const PolicyStatus& status : review.slo->policy) {
        if (!status.since) continue;
        std::string overridden = "–";
        if (const PolicyOverride* by = status.overridden) {
          overridden =
              Say(TextId::kOverriddenBy,
                  {{"author", by->author}, {"until", Moment(by->until)}, {"reason", by->reason}});
        }
        rows.push_back({Name(review), Action(status.step),
                        SloConditionText(PolicyConditionText(status.step), language_),
                        Moment(*status.since), status.step.text, overridden});
      }
    }
    TableOr({Text(TextId::kSlo), Text(TextId::kAction), Text(TextId::kCondition),
             Text(TextId::kSince), Text(TextId::kAgreed), Text(TextId::kOverridden)},
            std::move(rows), TextId::kNoPolicyInForce);
  }

  void Agreements(const std::vector<SloReview>& reviews) {
    Section(TextId::kAgreements);
    std::vector<Document::Row> rows;
    for (const SloReview& review : reviews) {
      const Agreement& agreement = review.slo->spec->agreement;
      const std::string_view state = AgreementState(agreement, today_);
      if (state == "approved") continue;
      rows.push_back({Name(review),
                      Say(state == "overdue" ? TextId::kOverdue : TextId::kUnapproved),
                      agreement.approver.empty() ? "–" : agreement.approver,
                      agreement.review.empty() ? "–" : agreement.review});
    }
    TableOr({Text(TextId::kSlo), Text(TextId::kState), Text(TextId::kApprover),
             Text(TextId::kReviewDay)},
            std::move(rows), TextId::kAllApproved);
  }

  /// What a change did in the period; empty when nothing.
  std::string ChangeText(const SloSpec& spec, const BudgetChange& change) const {
    if (change.kind == BudgetChange::Kind::kAdjust) {
      if (change.begin <= since_ || change.begin > options_.until) return "";
      return Say(TextId::kGivenBack, {{"minutes", FormatAmount(change.minutes)}});
    }
    SloSpec only = spec;
    only.changes = {change};
    const std::vector<TimeRange> ranges = ExcludedRanges(only, since_, options_.until);
    if (ranges.empty()) return "";
    if (ranges.size() == 1) {
      return Say(TextId::kExcluded,
                 {{"begin", Moment(ranges[0].begin)}, {"end", Moment(ranges[0].end)}});
    }
    Duration span{};
    for (const TimeRange& range : ranges) span += range.end - range.begin;
    return Say(TextId::kExcludedTimes,
               {{"count", std::to_string(ranges.size())}, {"span", FormatSpan(span, language_)}});
  }

  void Exclusions(const std::vector<SloReview>& reviews) {
    Section(TextId::kExclusions);
    std::vector<Document::Row> rows;
    for (const SloReview& review : reviews) {
      for (const BudgetChange& change : review.slo->spec->changes) {
        std::string what = ChangeText(*review.slo->spec, change);
        if (what.empty()) continue;
        rows.push_back({Name(review), std::move(what), Attained(review.attained()),
                        Attained(review.attained_without()), change.reason, change.author});
      }
    }
    TableOr({Text(TextId::kSlo), Text(TextId::kWhat), Number(TextId::kAttained),
             Number(TextId::kAttainedWithout), Text(TextId::kReason), Text(TextId::kAuthor)},
            std::move(rows), TextId::kNoExclusions);
  }

  const SloReportOptions& options_;
  const Time since_;
  const std::string zone_;
  const Language language_;
  const std::string today_;
  Document& document_;
  int level_ = 2;  // of headings
};

using ReviewsByTeam = std::map<std::string, std::vector<SloReview>>;

StatusOr<ReviewsByTeam> ReviewAll(const Snapshot& snapshot, RecordStore& records,
                                  TelemetryStore& telemetry, const SloReportOptions& options,
                                  const SloPeriod& period) {
  ReviewsByTeam by_team;
  for (const ServiceSnapshot& service : snapshot.services) {
    for (const SloSnapshot& slo : service.slos) {
      const std::string& owner = SloOwner(service.owner, *slo.spec);
      if (!options.team.empty() && owner != options.team) continue;
      KZ_ASSIGN_OR_RETURN(SloReview review,
                          ReviewSlo(service, slo, telemetry, period, options.goes_on));
      RecordFilter filter;
      filter.service = service.name;
      filter.overlapping_since = period.since;
      filter.overlapping_until = period.until;
      filter.limit = kRecordsMax;
      KZ_ASSIGN_OR_RETURN(review.alerts, records.ListAlerts(filter));
      std::erase_if(review.alerts, [&](const AlertRecord& alert) {
        return alert.slo != slo.spec->name || alert.begin < period.since;
      });
      by_team[owner].push_back(std::move(review));
    }
  }
  for (auto& [team, reviews] : by_team) {
    std::stable_sort(reviews.begin(), reviews.end(), [](const SloReview& a, const SloReview& b) {
      return a.spent_share() > b.spent_share();
    });
  }
  return by_team;
}

}  // namespace

bool OwnsSlos(const Snapshot& snapshot, std::string_view team) {
  if (snapshot.catalog->FindTeam(team) != nullptr) return true;
  return std::any_of(snapshot.services.begin(), snapshot.services.end(), [&](const auto& service) {
    return std::any_of(service.slos.begin(), service.slos.end(), [&](const SloSnapshot& slo) {
      return SloOwner(service.owner, *slo.spec) == team;
    });
  });
}

StatusOr<SloReport> MakeSloReport(const Snapshot& snapshot, RecordStore& records,
                                  TelemetryStore& telemetry, const SloReportOptions& options) {
  const Team* team = snapshot.catalog->FindTeam(options.team);
  SloPeriod period;
  period.time_zone = KnownTimeZone(team == nullptr ? "UTC" : team->time_zone);
  period.until = options.until;
  period.since = options.quarter ? QuarterBefore(options.until, period.time_zone)
                                 : options.until - std::chrono::days(7);
  period.now = snapshot.now;
  KZ_ASSIGN_OR_RETURN(const ReviewsByTeam by_team,
                      ReviewAll(snapshot, records, telemetry, options, period));
  SloReport report;
  report.since = period.since;
  Writer writer(options, period, &report.document);
  const std::string title = options.team.empty() ? writer.Say(TextId::kAllTeams)
                                                 : TeamTitle(*snapshot.catalog, options.team);
  writer.Title(title);
  if (!options.team.empty() || by_team.empty()) {
    writer.Team(by_team.empty() ? std::vector<SloReview>{} : by_team.begin()->second, 2);
    return report;
  }
  for (const auto& [name, reviews] : by_team) {
    report.document.Heading(
        2, name.empty() ? writer.Say(TextId::kNoOwner) : TeamTitle(*snapshot.catalog, name));
    writer.Team(reviews, 3);
  }
  return report;
}

}  // namespace kizashi
