#include "act/report/daily.h"

#include <algorithm>
#include <map>
#include <vector>

#include "act/anomaly_text.h"
#include "act/format.h"
#include "act/message.h"
#include "act/report/markdown.h"
#include "act/slo_text.h"
#include "act/texts.h"

namespace kizashi {
namespace {

/// Records of one kind that a report reads.
constexpr int kRecordsMax = 10'000;
constexpr size_t kAnomalyRowsMax = 10;
constexpr size_t kPatternRowsMax = 50;
constexpr size_t kFailureRowsMax = 100;
constexpr size_t kTextCharsMax = 200;

/// Makes one report; `text` grows section by section.
class Report {
 public:
  Report(const Catalog& catalog, const DailyReportOptions& options)
      : catalog_(catalog), options_(options) {
    const Team* team = options.team.empty() ? nullptr : catalog.FindTeam(options.team);
    language_ =
        LanguageFromCode(options.language.empty() && team ? team->language : options.language);
    zone_ = KnownTimeZone(team == nullptr ? "UTC" : team->time_zone);
    title_ = options.team;
    if (team != nullptr && !team->title.empty()) title_ = team->title;
    if (options.team.empty()) title_ = Say(TextId::kAllTeams);
  }

  std::string Write(std::vector<AlertRecord> alerts, const std::vector<AnomalyRecord>& anomalies,
                    const std::vector<LedgerEditRecord>& edits) {
    text_ = fmt::format("# {}\n\n{}\n", Say(TextId::kReportTitle, {{"team", MarkdownCell(title_)}}),
                        Say(TextId::kPeriod, {{"since", Moment(options_.since)},
                                              {"until", Moment(options_.until)},
                                              {"zone", zone_}}));
    if (options_.incidents) {
      text_ += options_.incidents(options_.team, language_, zone_, options_.until);
    }
    std::vector<AnomalyRecord> news;
    for (const AnomalyRecord& anomaly : anomalies) {
      if (!anomaly.ledger.expected_until) news.push_back(anomaly);
    }
    if (alerts.empty() && news.empty()) {
      text_ += fmt::format("\n{}\n", Say(TextId::kNothing));
      WriteExpected(anomalies, edits);
      return std::move(text_);
    }
    const bool cut = alerts.size() >= kRecordsMax || anomalies.size() >= kRecordsMax;
    if (cut) {
      Paragraph(TextId::kCutShort, {{"count", FormatNumber(kRecordsMax, 0)}});
    }
    WriteFailures(std::move(alerts));
    WriteAnomalies(news);
    WriteCameBack(news);
    WritePatterns(news);
    WriteExpected(anomalies, edits);
    WriteSpend(news);
    return std::move(text_);
  }

 private:
  std::string Say(TextId id, TextValues values = {}) const {
    return FillText(id, language_, values);
  }
  std::string Moment(Time time) const { return FormatMoment(time, zone_, language_); }

  void Paragraph(TextId id, TextValues values = {}) {
    text_ += fmt::format("\n{}\n", Say(id, values));
  }
  void Heading(TextId id) { text_ += fmt::format("\n## {}\n", Say(id)); }
  void More(size_t all, size_t shown) {
    if (all <= shown) return;
    Paragraph(TextId::kMore, {{"count", FormatNumber(static_cast<double>(all - shown), 0)}});
  }

  struct Column {
    TextId name;
    bool is_number = false;
  };
  void TableHead(const std::vector<Column>& columns) {
    text_ += "\n|";
    for (const Column& column : columns) text_ += fmt::format(" {} |", Say(column.name));
    text_ += "\n|";
    for (const Column& column : columns) text_ += column.is_number ? "---:|" : "---|";
    text_ += '\n';
  }
  /// The cells are Markdown already.
  void TableRow(const std::vector<std::string>& cells) {
    text_ += '|';
    for (const std::string& cell : cells) text_ += fmt::format(" {} |", cell);
    text_ += '\n';
  }

  std::string ServiceName(const std::string& name) const {
    const Service* service = catalog_.FindService(name);
    return MarkdownCell(service == nullptr || service->title.empty() ? name : service->title);
  }
  std::string EndText(const std::optional<Time>& end) const {
    return end ? Moment(*end) : Say(TextId::kOngoing);
  }
  std::string DurationText(Time begin, const std::optional<Time>& end) const {
    const std::string span = FormatSpan(end.value_or(options_.until) - begin, language_);
    if (end) return span;
    return span + (language_ == Language::kJapanese ? "、" : ", ") + Say(TextId::kOngoing);
  }

  /// The SLO, and what is said about it when that is not that it burns.
  std::string AboutText(const AlertRecord& alert) const {
    const std::string code = AlertCode(alert);
    if (code == "no_data") return Say(TextId::kAboutNoData, {{"slo", alert.slo}});
    if (code != "policy") return alert.slo;
    const std::string about = IsOfAnomalies(alert) ? Say(TextId::kAnomalyBudgetOf) : alert.slo;
    return Say(TextId::kAboutPolicy,
               {{"slo", about}, {"condition", PolicyConditionOf(alert, language_)}});
  }

  void WriteFailures(std::vector<AlertRecord> alerts) {
    Heading(TextId::kFailures);
    if (alerts.empty()) return Paragraph(TextId::kNoFailures);
    // Pages before tickets, then by begin.
    std::stable_sort(alerts.begin(), alerts.end(), [](const AlertRecord& a, const AlertRecord& b) {
      return std::tie(a.severity, a.begin, a.id) < std::tie(b.severity, b.begin, b.id);
    });
    TableHead({{TextId::kSeverity},
               {TextId::kService},
               {TextId::kSlo},
               {TextId::kBegin},
               {TextId::kEnd},
               {TextId::kDuration, true},
               {TextId::kBudgetSpent, true}});
    for (size_t i = 0; i < std::min(alerts.size(), kFailureRowsMax); ++i) {
      const AlertRecord& alert = alerts[i];
      const bool page = alert.severity == Severity::kPage;
      const bool has_share = FindField(alert.fields, "spent_share") != nullptr;
      TableRow({Say(page ? TextId::kPage : TextId::kTicket), ServiceName(alert.service),
                MarkdownCell(AboutText(alert)), Moment(alert.begin), EndText(alert.end),
                FormatSpan(alert.end.value_or(options_.until) - alert.begin, language_),
                has_share ? FormatPercent(FieldNumber(alert.fields, "spent_share")) : "–"});
    }
    More(alerts.size(), kFailureRowsMax);
  }

  void WriteAnomalies(const std::vector<AnomalyRecord>& anomalies) {
    Heading(TextId::kAnomalies);
    if (anomalies.empty()) return Paragraph(TextId::kNoAnomalies);
    // One row a kind: what came thirty times is one thing to see to.
    struct Item {
      const AnomalyRecord* dearest = nullptr;
      int times = 0;
      double minutes = 0;
    };
    std::map<std::string, Item> by_kind;
    for (const AnomalyRecord& anomaly : anomalies) {
      Item& item = by_kind[anomaly.kind.empty() ? anomaly.id : anomaly.kind];
      ++item.times;
      item.minutes += anomaly.price.mean_minutes;
      if (item.dearest == nullptr || IsDearer(anomaly, *item.dearest)) item.dearest = &anomaly;
    }
    std::vector<Item> sorted;
    for (const auto& [kind, item] : by_kind) sorted.push_back(item);
    std::sort(sorted.begin(), sorted.end(), [](const Item& a, const Item& b) {
      return std::tie(b.minutes, a.dearest->begin, a.dearest->id) <
             std::tie(a.minutes, b.dearest->begin, b.dearest->id);
    });
    Paragraph(TextId::kPriceNote);
    TableHead({{TextId::kPrice, true},
               {TextId::kService},
               {TextId::kWhat},
               {TextId::kEpisodes, true},
               {TextId::kBegin},
               {TextId::kDuration, true}});
    for (size_t i = 0; i < std::min(sorted.size(), kAnomalyRowsMax); ++i) {
      const AnomalyRecord& anomaly = *sorted[i].dearest;
      TableRow({fmt::format("{} ({}–{})", FormatAmount(anomaly.price.mean_minutes),
                            FormatAmount(anomaly.price.low_minutes),
                            FormatAmount(anomaly.price.high_minutes)),
                ServiceName(anomaly.service),
                MarkdownCell(CutText(AnomalyText(anomaly, language_), kTextCharsMax)),
                FormatNumber(sorted[i].times, 0), Moment(anomaly.begin),
                DurationText(anomaly.begin, anomaly.end)});
    }
    More(sorted.size(), kAnomalyRowsMax);
  }

  static bool IsDearer(const AnomalyRecord& a, const AnomalyRecord& b) {
    return std::tie(b.price.mean_minutes, a.begin, a.id) <
           std::tie(a.price.mean_minutes, b.begin, b.id);
  }

  void WriteCameBack(const std::vector<AnomalyRecord>& anomalies) {
    std::vector<const AnomalyRecord*> back;
    for (const AnomalyRecord& anomaly : anomalies) {
      if (anomaly.begin >= options_.since && !anomaly.ledger.came_back.empty()) {
        back.push_back(&anomaly);
      }
    }
    if (back.empty()) return;
    Heading(TextId::kCameBackTitle);
    text_ += '\n';
    for (size_t i = 0; i < std::min(back.size(), kAnomalyRowsMax); ++i) {
      const EpisodeLedger& ledger = back[i]->ledger;
      const bool fixed = ledger.came_back == "fixed";
      const std::string seen = ledger.last_seen ? Moment(*ledger.last_seen) : "–";
      text_ += fmt::format(
          "- {}, {}: {} ({})\n", ServiceName(back[i]->service), Moment(back[i]->begin),
          MarkdownCell(CutText(AnomalyText(*back[i], language_), kTextCharsMax)),
          Say(fixed ? TextId::kCameBackFixed : TextId::kCameBackAbsent, {{"time", seen}}));
    }
    More(back.size(), kAnomalyRowsMax);
  }

  /// What was said to be expected: it stayed away, or came and spent nothing.
  void WriteExpected(const std::vector<AnomalyRecord>& anomalies,
                     const std::vector<LedgerEditRecord>& edits) {
    std::map<std::string, const LedgerEditRecord*> expected;  // by kind
    for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
      const Service* service = catalog_.FindService(edit->service);
      const bool ours = options_.team.empty() || (service && service->owner == options_.team);
      if (!ours || edit->time > options_.until) continue;
      if (edit->what == "expect") expected[edit->kind] = &*edit;
      if (edit->what == "unexpect") expected.erase(edit->kind);
    }
    std::string lines;
    for (const auto& [kind, edit] : expected) {
      if (!edit->until || *edit->until <= options_.since) continue;
      const auto came = std::count_if(
          anomalies.begin(), anomalies.end(), [&, &name = kind](const AnomalyRecord& anomaly) {
            return anomaly.kind == name && anomaly.ledger.expected_until;
          });
      const std::string reason = MarkdownCell(CutText(OneLine(edit->reason), kTextCharsMax));
      lines += "- ";
      lines += came == 0 ? Say(TextId::kExpectedAway, {{"kind", MarkdownCell(kind)},
                                                       {"until", Moment(*edit->until)},
                                                       {"reason", reason}})
                         : Say(TextId::kExpectedCame,
                               {{"kind", MarkdownCell(kind)},
                                {"count", FormatNumber(static_cast<double>(came), 0)},
                                {"reason", reason}});
      lines += '\n';
    }
    if (lines.empty()) return;
    Heading(TextId::kExpectedTitle);
    text_ += '\n' + lines;
  }

  void WritePatterns(const std::vector<AnomalyRecord>& anomalies) {
    Heading(TextId::kPatterns);
    std::vector<const AnomalyRecord*> patterns;
    std::vector<const AnomalyRecord*> floods;
    for (const AnomalyRecord& anomaly : anomalies) {
      if (anomaly.begin < options_.since) continue;  // was new in an earlier report
      const bool enough = FieldNumber(anomaly.fields, "count") >= options_.lines_min;
      if (anomaly.code == "pattern_new" && enough) patterns.push_back(&anomaly);
      if (anomaly.code == "patterns_new_many") floods.push_back(&anomaly);
    }
    if (patterns.empty() && floods.empty()) return Paragraph(TextId::kNoPatterns);
    std::sort(patterns.begin(), patterns.end(), [](const AnomalyRecord* a, const AnomalyRecord* b) {
      const double a_count = FieldNumber(a->fields, "count");
      const double b_count = FieldNumber(b->fields, "count");
      return std::tie(b_count, a->begin, a->id) < std::tie(a_count, b->begin, b->id);
    });
    if (!patterns.empty()) WritePatternTable(patterns);
    if (!floods.empty()) text_ += '\n';
    for (const AnomalyRecord* flood : floods) {
      text_ += fmt::format("- {}, {}: {}\n", ServiceName(flood->service), Moment(flood->begin),
                           MarkdownCell(AnomalyText(*flood, language_)));
    }
  }

  // How it is written, behind what the team calls it.
  static std::string PatternCell(const Fields& fields) {
    const std::string name = FieldText(fields, "pattern_name");
    const std::string text = MarkdownCodeCell(FieldText(fields, "pattern"), kTextCharsMax);
    return name.empty() ? text : MarkdownCell(name) + ": " + text;
  }

  void WritePatternTable(const std::vector<const AnomalyRecord*>& patterns) {
    TableHead({{TextId::kService},
               {TextId::kPattern},
               {TextId::kCount, true},
               {TextId::kExample},
               {TextId::kFirstSeen}});
    for (size_t i = 0; i < std::min(patterns.size(), kPatternRowsMax); ++i) {
      const AnomalyRecord& anomaly = *patterns[i];
      TableRow({ServiceName(anomaly.service), PatternCell(anomaly.fields),
                FormatNumber(FieldNumber(anomaly.fields, "count"), 0),
                MarkdownCodeCell(FieldText(anomaly.fields, "example"), kTextCharsMax),
                Moment(anomaly.begin)});
    }
    More(patterns.size(), kPatternRowsMax);
  }

  void WriteSpend(const std::vector<AnomalyRecord>& anomalies) {
    struct Spend {
      std::string service;
      int count = 0;
      double minutes = 0;
    };
    std::map<std::string, Spend> by_service;
    Spend total;
    for (const AnomalyRecord& anomaly : anomalies) {
      if (anomaly.begin < options_.since) continue;  // paid in an earlier report
      Spend& spend = by_service[anomaly.service];
      spend.service = anomaly.service;
      for (Spend* each : {&spend, &total}) {
        ++each->count;
        each->minutes += anomaly.price.mean_minutes;
      }
    }
    if (by_service.empty()) return;
    std::vector<Spend> sorted;
    for (const auto& [name, spend] : by_service) sorted.push_back(spend);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Spend& a, const Spend& b) { return a.minutes > b.minutes; });
    Heading(TextId::kSpend);
    Paragraph(TextId::kSpendNote);
    TableHead({{TextId::kService}, {TextId::kCount, true}, {TextId::kSpendMinutes, true}});
    const auto row = [this](const std::string& name, const Spend& spend) {
      TableRow({name, FormatNumber(spend.count, 0), FormatAmount(spend.minutes)});
    };
    for (const Spend& spend : sorted) row(ServiceName(spend.service), spend);
    if (sorted.size() > 1) row(Say(TextId::kTotal), total);
  }

  const Catalog& catalog_;
  const DailyReportOptions& options_;
  Language language_ = Language::kEnglish;
  std::string zone_;
  std::string title_;
  std::string text_;
};

}  // namespace

StatusOr<std::string> DailyReport(RecordStore& store, const Catalog& catalog,
                                  const DailyReportOptions& options) {
  RecordFilter filter;
  filter.owner = options.team;
  filter.overlapping_since = options.since;
  filter.overlapping_until = options.until;
  filter.limit = kRecordsMax;
  KZ_ASSIGN_OR_RETURN(std::vector<AlertRecord> alerts, store.ListAlerts(filter));
  KZ_ASSIGN_OR_RETURN(std::vector<AnomalyRecord> anomalies, store.ListAnomalies(filter));
  KZ_ASSIGN_OR_RETURN(const std::vector<LedgerEditRecord> edits,
                      store.ListEdits("", "", kRecordsMax));
  return Report(catalog, options).Write(std::move(alerts), anomalies, edits);
}

}  // namespace kizashi
