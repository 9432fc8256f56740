#include "api/slo_backfill.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>
#include <vector>

#include "api/range_source.h"
#include "api/slo_backfill_plan.h"
#include "base/hash.h"
#include "judge/slo_filler.h"
#include "judge/slo_formats/commands.h"
#include "judge/slo_formats/slo_import.h"
#include "query/promql/file_source.h"

namespace kizashi {
namespace {

constexpr int kFine = 0;
constexpr int kRefused = 1;
constexpr int kUsage = 2;
constexpr int kCouldNotRun = 3;
constexpr int kWorkers = 3;
constexpr Duration kStepMin = std::chrono::seconds(10);  // a day has less than 11,000 of them
constexpr Duration kWarmUp = std::chrono::days(1);

int Say(std::FILE* err, int code, std::string_view text) {
  fmt::print(err, "kizashi slo backfill: {}\n", text);
  return code;
}

// A time, or how long before `now` it was.
StatusOr<Time> ReadMoment(std::string_view option, const std::string& text, Time now) {
  if (const auto ago = ParseDuration(text); ago.ok()) return now - *ago;
  const auto time = ParseTime(text);
  if (time.ok()) return *time;
  return InvalidArgument(
      "{}: found '{}', expected a duration such as 90d or a time such as "
      "2026-01-31T09:00:00Z",
      option, text);
}

StatusOr<std::string> ReadToken(const std::string& path) {
  std::ifstream file(path);
  std::string token;
  while (std::getline(file, token)) {
    while (!token.empty() && std::isspace(static_cast<unsigned char>(token.back()))) {
      token.pop_back();
    }
    if (!token.empty() && token[0] != '#') return token;
  }
  return InvalidArgument("--token-file {}: no token is in it", path);
}

std::string PostBody(const SloSpec& slo, const std::vector<SliceBatch::Slice>& slices) {
  std::string body = fmt::format(R"({{"interval_seconds":{},"meaning":"{}","slices":[)",
                                 ToSeconds(slo.interval), HexId(SloMeaningHash(slo)));
  auto out = std::back_inserter(body);
  const char* separator = "";
  for (const SliceBatch::Slice& slice : slices) {
    fmt::format_to(out, "{}[{},{},{},{}]", std::exchange(separator, ","), ToMs(slice.end) / 1000,
                   slice.good, slice.total, slice.covered_seconds);
  }
  return body + "]}";
}

class Backfill {
 public:
  Backfill(const SloBackfillOptions& options, std::FILE* err)
      : options_(options), err_(err), shows_progress_(isatty(fileno(err)) != 0) {}

  /// Reads what the options name; an exit code other than kFine after saying why.
  int Prepare(Time now);
  int Run();
  void PrintTotals(std::FILE* out, double seconds) const;

 private:
  int ReadTimes(Time now);
  int ReadSlos();
  int OpenSource();
  void Work();
  Status FillSlo(const ImportedSlo& slo);
  Status FeedPart(const SloSpec& slo, const PastPart& part, SloFiller* filler);
  Status Post(const ImportedSlo& slo, const std::vector<SliceBatch::Slice>& slices);
  void Tell(const ImportedSlo& slo, const PastPart& part);

  const SloBackfillOptions& options_;
  std::FILE* const err_;
  const bool shows_progress_;
  Time since_{};
  Time until_{};
  std::optional<Duration> step_;
  HttpHeaders headers_;
  HttpClient client_;
  std::unique_ptr<RangeSource> source_;
  std::unique_ptr<ResumeFile> resume_;
  std::vector<ImportedSlo> slos_;

  std::atomic<size_t> next_{0};
  std::atomic<bool> stopped_{false};
  mutable std::mutex mutex_;  // guards what follows, and err_
  int code_ = kFine;
  size_t parts_done_ = 0;
  size_t slos_filled_ = 0;
  uint64_t slices_ = 0;
};

int Backfill::ReadTimes(Time now) {
  if (options_.since.empty()) return Say(err_, kUsage, "--since is needed, such as 90d");
  const auto since = ReadMoment("--since", options_.since, now);
  const auto until = options_.until.empty() ? now : ReadMoment("--until", options_.until, now);
  for (const Status& status : {since.status(), until.status()}) {
    if (!status.ok()) return Say(err_, kUsage, Message(status));
  }
  since_ = FloorTo(*since, std::chrono::minutes(1));
  until_ = FloorTo(std::min(*until, now), SloSpec::kIntervalMin);
  if (since_ >= until_) return Say(err_, kUsage, "--since is not before --until and now");
  if (until_ - since_ > SloSpec::kWindowMax) {
    return Say(err_, kUsage, "--since: a year is the most that an SLO keeps");
  }
  if (options_.step.empty()) return kFine;
  const auto step = ParseDuration(options_.step);
  if (!step.ok() || *step < kStepMin || *step > SloTracker::kGapMax) {
    return Say(err_, kUsage, "--step: expected a duration of 10s to 5m");
  }
  step_ = *step;
  return kFine;
}

int Backfill::ReadSlos() {
  auto sources = ReadSloPaths({options_.catalog});
  if (!sources.ok()) return Say(err_, kCouldNotRun, Message(sources.status()));
  SloImport import = ImportSlos(*sources, {.service = options_.service});
  for (const CatalogError& error : import.errors) fmt::print(err_, "{}\n", error.ToString());
  if (!import.errors.empty()) return kRefused;
  std::erase_if(import.slos, [&](const ImportedSlo& slo) {
    return (!options_.service.empty() && slo.service != options_.service) ||
           (!options_.slo.empty() && slo.slo.name != options_.slo);
  });
  if (import.slos.empty()) return Say(err_, kUsage, "--catalog: there is no such SLO in it");
  slos_ = std::move(import.slos);
  return kFine;
}

int Backfill::OpenSource() {
  if (options_.series_file.empty()) {
    const bool own = options_.prometheus.empty();
    source_ = MakeServerSource(own ? options_.server : options_.prometheus,
                               own ? headers_ : HttpHeaders{}, &client_);
    return kFine;
  }
  if (!options_.prometheus.empty()) {
    return Say(err_, kUsage, "--from-prometheus and --from-file exclude each other");
  }
  auto text = promql::ReadText(options_.series_file);
  if (!text.ok()) return Say(err_, kCouldNotRun, Message(text.status()));
  const SeriesFile file = ParseSeriesFile(options_.series_file, *text);
  for (const std::string& error : file.errors) fmt::print(err_, "{}\n", error);
  if (!file.errors.empty()) return kRefused;
  source_ = MakeFileSource(file, since_);
  return kFine;
}

int Backfill::Prepare(Time now) {
  if (const int code = ReadTimes(now)) return code;
  if (!options_.token_file.empty()) {
    const auto token = ReadToken(options_.token_file);
    if (!token.ok()) return Say(err_, kUsage, Message(token.status()));
    headers_.emplace_back("Authorization", "Bearer " + *token);
  }
  if (const int code = ReadSlos()) return code;
  if (const int code = OpenSource()) return code;
  auto resume = ResumeFile::Open(options_.dry_run ? "" : options_.resume);
  if (!resume.ok()) return Say(err_, kCouldNotRun, Message(resume.status()));
  resume_ = *std::move(resume);
  return kFine;
}

int Backfill::Run() {
  std::vector<std::thread> workers;
  for (int i = 0; i < kWorkers; ++i) workers.emplace_back([this] { Work(); });
  for (std::thread& worker : workers) worker.join();
  if (shows_progress_) fmt::print(err_, "\r{:70}\r", "");
  return code_;
}

// Takes one SLO after the other. What is refused leaves the other SLOs be; a server that is away
// ends everything.
void Backfill::Work() {
  for (size_t i; !stopped_ && (i = next_++) < slos_.size();) {
    const ImportedSlo& slo = slos_[i];
    const Status filled = FillSlo(slo);
    const std::lock_guard lock(mutex_);
    if (filled.ok()) {
      ++slos_filled_;
      continue;
    }
    const bool away = filled.code() == absl::StatusCode::kUnavailable;
    code_ = std::max(code_, away ? kCouldNotRun : kRefused);
    if (!away || !stopped_.exchange(true)) {
      Say(err_, code_, fmt::format("{}/{}: {}", slo.service, slo.slo.name, Message(filled)));
    }
  }
}

// Begins a day before the first part that is not done, so that series that were there are known.
Status Backfill::FillSlo(const ImportedSlo& slo) {
  KZ_ASSIGN_OR_RETURN(SloFiller filler, SloFiller::Create(slo.service, slo.slo));
  const std::string key = ResumeFile::KeyOf(slo.service, slo.slo.name, SloMeaningHash(slo.slo));
  Time fed{};
  for (const PastPart& part : DayParts(since_, FloorTo(until_, slo.slo.interval))) {
    if (stopped_) return OkStatus();
    if (!resume_->IsDone(key, part)) {
      if (fed != part.from) {
        const PastPart before{part.from - kWarmUp, part.from};
        KZ_RETURN_IF_ERROR(FeedPart(slo.slo, before, &filler));
        (void)filler.Take(before.from, before.until);
      }
      KZ_RETURN_IF_ERROR(FeedPart(slo.slo, part, &filler));
      fed = part.until;
      const auto slices = filler.Take(part.from, part.until);
      if (!options_.dry_run) KZ_RETURN_IF_ERROR(Post(slo, slices));
      KZ_RETURN_IF_ERROR(resume_->Done(key, part));
      const std::lock_guard lock(mutex_);
      slices_ += slices.size();
    }
    Tell(slo, part);
  }
  return OkStatus();
}

Status Backfill::FeedPart(const SloSpec& slo, const PastPart& part, SloFiller* filler) {
  const Duration step = step_.value_or(std::min<Duration>(slo.interval, std::chrono::minutes(1)));
  std::vector<promql::ResultSeries> raw;
  for (const std::string& selector : filler->selectors()) {
    KZ_ASSIGN_OR_RETURN(auto series, source_->Query(selector, part.from, part.until, step));
    std::move(series.begin(), series.end(), std::back_inserter(raw));
  }
  std::vector<SloFiller::Measured> measured;
  for (const SliExpression& sli : filler->expressions()) {
    KZ_ASSIGN_OR_RETURN(auto series,
                        source_->Query(sli.promql, part.from, part.until, slo.interval));
    measured.push_back({sli.part, std::move(series)});
  }
  filler->Feed(raw, measured);
  return OkStatus();
}

Status Backfill::Post(const ImportedSlo& slo, const std::vector<SliceBatch::Slice>& slices) {
  if (slices.empty()) return OkStatus();
  FetchRequest request;
  request.method = "POST";
  request.url = options_.server;
  while (request.url.ends_with('/')) request.url.pop_back();
  request.url += fmt::format("/kizashi/v1/slos/{}/{}/slices", PercentEncode(slo.service),
                             PercentEncode(slo.slo.name));
  request.headers = headers_;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = PostBody(slo.slo, slices);
  request.timeout = std::chrono::minutes(1);
  return Ask(&client_, request).status();
}

void Backfill::Tell(const ImportedSlo& slo, const PastPart& part) {
  const std::lock_guard lock(mutex_);
  ++parts_done_;
  if (!shows_progress_) return;
  const size_t parts = DayParts(since_, until_).size() * slos_.size();
  const std::string text = fmt::format(
      "{}/{} {:.10} {:.1f} %", slo.service, slo.slo.name, FormatTime(part.until - Duration(1)),
      100.0 * static_cast<double>(parts_done_) / static_cast<double>(parts));
  fmt::print(err_, "\r{:70.70}", text);
}

void Backfill::PrintTotals(std::FILE* out, double seconds) const {
  fmt::print(out, "{} of {} SLOs, {} to {}: {} slices {} in {:.1f} s\n", slos_filled_, slos_.size(),
             FormatTime(since_), FormatTime(until_), slices_,
             options_.dry_run ? "read, none sent" : "on the server's disk", seconds);
}

}  // namespace

int SloBackfillCommand(const SloBackfillOptions& options, const Clock& clock, std::FILE* out,
                       std::FILE* err) {
  const Time begin = clock.Now();
  Backfill backfill(options, err);
  if (const int code = backfill.Prepare(begin)) return code;
  const int code = backfill.Run();
  backfill.PrintTotals(out, ToSeconds(clock.Now() - begin));
  if (std::fflush(out) != 0) return Say(err, kCouldNotRun, "the output cannot be written");
  return code;
}

}  // namespace kizashi
