#include "act/report/report_loop.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "act/destinations.h"
#include "act/format.h"
#include "act/message.h"
#include "base/json_writer.h"
#include "base/log.h"

namespace kizashi {
namespace {

constexpr size_t kSectionUnitsMax = 2900;  // of Slack's 3,000
constexpr size_t kSectionsMax = 20;        // of Slack's 50 blocks

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// "| a | b \| c |" as its cells.
std::vector<std::string> CellsOf(std::string_view row) {
  std::vector<std::string> cells;
  std::string cell;
  for (size_t i = 1; i < row.size(); ++i) {
    if (row[i] == '\\' && i + 1 < row.size() && std::ispunct(static_cast<uint8_t>(row[i + 1]))) {
      cell += row[++i];
    } else if (row[i] == '|') {
      cells.emplace_back(Trim(cell));
      cell.clear();
    } else {
      cell += row[i];
    }
  }
  return cells;
}

std::string SlackLine(std::string_view line) {
  constexpr size_t kLineUnitsMax = 800;
  if (line.starts_with('#')) {
    line.remove_prefix(std::min(line.find_first_not_of('#'), line.size()));
    return "*" + SlackEscape(Trim(line), kLineUnitsMax) + "*";
  }
  if (!line.starts_with('|')) return SlackEscape(line, kLineUnitsMax);
  std::string text;
  for (const std::string& cell : CellsOf(line)) {
    if (!cell.empty()) text += (text.empty() ? "" : " · ") + cell;
  }
  return "• " + SlackEscape(text, kLineUnitsMax);
}

std::string TitleOf(std::string_view markdown) {
  std::string_view line = markdown.substr(0, markdown.find('\n'));
  line.remove_prefix(std::min(line.find_first_not_of("# "), line.size()));
  return std::string(line);
}

std::string ReportLink(std::string_view page_url, std::string_view team) {
  if (page_url.empty()) return "";
  while (page_url.ends_with('/')) page_url.remove_suffix(1);
  return fmt::format("{}/report?team={}", page_url, PercentEncode(team));
}

/// As an answer of HTTP, so that one policy decides what becomes of an attempt.
FetchResult AsResult(const Status& status) {
  FetchResult result;
  if (status.ok()) {
    result.code = 200;
  } else if (status.code() == absl::StatusCode::kInvalidArgument) {
    result.code = 400;
    result.body = Message(status);
  } else {
    result.status = status;
  }
  return result;
}

/// Whole or not at all: written beside and renamed.
Status WriteReportFile(const std::string& directory, const ReportRecord& report) {
  std::error_code error;
  const std::string folder = directory + "/" + PercentEncode(report.team);
  std::filesystem::create_directories(folder, error);
  const std::string path = fmt::format("{}/{}.md", folder, report.day);
  std::ofstream out(path + ".new", std::ios::binary | std::ios::trunc);
  out << report.markdown;
  out.close();
  if (!out) return Unavailable("cannot write {}: {}", path, std::strerror(errno));
  std::filesystem::rename(path + ".new", path, error);
  if (error) return Unavailable("cannot write {}: {}", path, error.message());
  return OkStatus();
}

}  // namespace

std::string SlackReport(std::string_view markdown, std::string_view link, Language language) {
  std::vector<std::string> sections(1);
  bool cut = false;
  for (std::string_view rest = markdown; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.starts_with("|---") || line.starts_with("| ---")) continue;
    const bool head = line.starts_with('|') && rest.starts_with("|---");
    if (head || line.empty()) continue;
    const std::string text = SlackLine(line);
    if (sections.back().size() + text.size() + 1 > kSectionUnitsMax) {
      if (sections.size() == kSectionsMax) {
        cut = true;
        break;
      }
      sections.emplace_back();
    }
    sections.back() += (sections.back().empty() ? "" : "\n") + text;
  }
  if (cut) sections.back() = "…";
  JsonWriter json;
  json.BeginObject().Key("text").String(SlackEscape(TitleOf(markdown), 300));
  json.Key("blocks").BeginArray();
  const auto section = [&](const std::string& text) {
    json.BeginObject().Key("type").String("section").Key("text").BeginObject();
    json.Key("type").String("mrkdwn").Key("text").String(text).EndObject().EndObject();
  };
  for (const std::string& text : sections) section(text.empty() ? "–" : text);
  if (!link.empty()) {
    section(fmt::format("<{}|{}>", SlackEscape(link, 2000), Text(TextId::kReportLink, language)));
  }
  return json.EndArray().EndObject().Take();
}

ReportLoop::ReportLoop(RecordStore& store, const Clock& clock, Registry* registry, Options options)
    : store_(store), clock_(clock), options_(std::move(options)) {
  made_ = &registry->GetCounter("kizashi_reports_total", "Daily reports made.");
  delivered_ = &registry->GetCounter("kizashi_reports_delivered_total",
                                     "Daily reports that a destination took.");
  given_up_ = &registry->GetCounter("kizashi_reports_given_up_total",
                                    "Daily reports that a destination refused for good.");
}

ReportLoop::~ReportLoop() { Stop(); }

void ReportLoop::Start() {
  thread_ = std::thread([this] { Run(); });
}

void ReportLoop::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void ReportLoop::Run() {
  while (true) {
    const Status looked = options_.ready() ? Look(clock_.Now()) : OkStatus();
    if (!looked.ok()) Log(LogLevel::kError, "daily reports", {{"reason", Message(looked)}});
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, options_.poll, [this] { return stopping_; })) return;
  }
}

Status ReportLoop::Look(Time now) {
  const std::shared_ptr<const Catalog> catalog = options_.catalog();
  for (const Team& team : catalog->teams()) {
    const auto& services = catalog->services();
    const bool owns = std::any_of(services.begin(), services.end(), [&](const Service& service) {
      return service.owner == team.name;
    });
    if (owns && team.report.on) KZ_RETURN_IF_ERROR(LookAt(*catalog, team, now));
  }
  KZ_ASSIGN_OR_RETURN(auto due, store_.DueReportDeliveries(now, kSentAtOnceMax));
  for (ReportDelivery& delivery : due) {
    KZ_RETURN_IF_ERROR(Send(std::move(delivery), now));
  }
  return OkStatus();
}

Status ReportLoop::LookAt(const Catalog& catalog, const Team& team, Time now) {
  const Time morning = AtTimeOfDay(now, team.report.at, team.time_zone);
  const std::string today = FormatDay(now, team.time_zone);
  KZ_ASSIGN_OR_RETURN(const auto reports, store_.ListReports(team.name, 1));
  ReportRecord report;
  report.team = team.name;
  report.created = report.until = now;
  report.language = team.language;
  if (reports.empty()) {
    // Seen for the first time: a morning that is past has no report.
    report.day =
        now >= morning ? today : FormatDay(morning - std::chrono::hours(24), team.time_zone);
    report.since = now;
    return store_.AddReport(report, {}).status();
  }
  if (now < morning || reports.front().day >= today) return OkStatus();
  report.day = today;
  report.since = std::max(reports.front().until, now - kBackMax);
  DailyReportOptions options;
  options.team = team.name;
  options.since = report.since;
  options.until = now;
  options.lines_min = team.report.lines_min;
  options.incidents = options_.incidents;
  KZ_ASSIGN_OR_RETURN(report.markdown, DailyReport(store_, catalog, options));
  KZ_ASSIGN_OR_RETURN(const bool is_new,
                      store_.AddReport(report, DeliveriesOf(catalog, team, report)));
  if (is_new) made_->Add();
  return OkStatus();
}

std::vector<ReportDelivery> ReportLoop::DeliveriesOf(const Catalog& catalog, const Team& team,
                                                     const ReportRecord& report) const {
  std::vector<ReportDelivery> deliveries;
  const auto add = [&](const std::string& kind, const std::string& target) {
    ReportDelivery delivery;
    delivery.team = team.name;
    delivery.day = report.day;
    delivery.message.kind = kind;
    delivery.message.url = target;
    delivery.message.created = delivery.message.next_attempt = report.created;
    deliveries.push_back(std::move(delivery));
  };
  for (const Destination& one : DestinationsOf(team.name, catalog, options_.default_destinations)) {
    // A channel takes messages of the app alone, not documents.
    const bool is_webhook = one.kind == Destination::Kind::kSlack && !one.url.starts_with('#');
    if (is_webhook) add("slack", one.url);
  }
  if (options_.send_mail) {
    for (const std::string& address : team.report.emails) add("email", address);
  }
  if (!options_.directory.empty()) add("file", options_.directory);
  return deliveries;
}

FetchResult ReportLoop::Attempt(const ReportDelivery& delivery, const ReportRecord& report,
                                Time now) const {
  const Language language = LanguageFromCode(report.language);
  if (delivery.message.kind == "file")
    return AsResult(WriteReportFile(delivery.message.url, report));
  if (delivery.message.kind == "email") {
    if (!options_.send_mail) return AsResult(Unavailable("no mail server is configured"));
    const std::string link = ReportLink(options_.page_url, report.team);
    Mail mail;
    mail.to = delivery.message.url;
    mail.subject = fmt::format("{} ({})", TitleOf(report.markdown), report.day);
    mail.text = report.markdown;
    if (!link.empty()) {
      mail.text += fmt::format("\n{}: {}\n", Text(TextId::kReportLink, language), link);
    }
    mail.message_id = fmt::format("report.{}.{}@kizashi", PercentEncode(report.team), report.day);
    mail.date = now;
    return AsResult(options_.send_mail(mail));
  }
  FetchRequest request;
  request.method = "POST";
  request.url = delivery.message.url;
  request.headers = {{"Content-Type", "application/json"},
                     {"Idempotency-Key", fmt::format("report-{}-{}", report.team, report.day)}};
  request.body = SlackReport(report.markdown, ReportLink(options_.page_url, report.team), language);
  return options_.fetch(std::move(request));
}

Status ReportLoop::Send(ReportDelivery delivery, Time now) {
  KZ_ASSIGN_OR_RETURN(const auto reports, store_.ListReports(delivery.team, 40));
  const auto report = std::find_if(reports.begin(), reports.end(), [&](const ReportRecord& one) {
    return one.day == delivery.day;
  });
  FetchResult result;
  if (report == reports.end()) {
    result.code = 410;  // older than what is looked through: nobody waits for it
  } else {
    result = Attempt(delivery, *report, now);
  }
  DeliveryRecord& message = delivery.message;
  message = AfterAttempt(std::move(message), result, now, options_.policy).delivery;
  if (message.state == DeliveryRecord::State::kDelivered) delivered_->Add();
  if (message.state == DeliveryRecord::State::kGivenUp) given_up_->Add();
  if (!message.last_error.empty()) {
    Log(LogLevel::kWarn, "daily report not delivered",
        {{"team", delivery.team}, {"to", message.kind}, {"reason", message.last_error}});
  }
  return store_.UpdateReportDelivery(delivery);
}

}  // namespace kizashi
