#include "act/incident/incident_service.h"

#include <algorithm>
#include <future>

#include "act/incident/incident_records.h"
#include "act/incident/incident_summary.h"
#include "base/log.h"

namespace kizashi::incidents {
namespace {

bool IsUntouched(const Incident& incident) {
  return std::all_of(incident.report.begin(), incident.report.end(),
                     [](const ReportVersion& version) { return version.author == kSystem; });
}

}  // namespace

IncidentsOfTeam DailyIncidentsOf(const IncidentService* service) {
  if (service == nullptr) return {};
  return [service](std::string_view team, Language language, std::string_view zone, Time until) {
    return DailyIncidents(service->All(), team, language, zone, until);
  };
}

IncidentService::IncidentService(IncidentServiceOptions options, const Clock& clock,
                                 Registry* registry)
    : options_(std::move(options)), clock_(clock) {
  AddMetrics(registry);
}

void IncidentService::AddMetrics(Registry* registry) {
  events_ = &registry->GetCounter("kizashi_incident_events_total", "Events told to incidents.");
  refused_ = &registry->GetCounter("kizashi_incident_events_refused_total",
                                   "Events that were none, or that no memory was left for.");
  registry->AddCallback("kizashi_incidents_open", "Incidents that are not over.", [this] {
    const std::lock_guard lock(mutex_);
    return static_cast<double>(std::count_if(views_.begin(), views_.end(), [](const auto& entry) {
      return !entry.second->incident.is_over();
    }));
  });
  registry->AddCallback("kizashi_incident_events_pending",
                        "Events that wait until the disk takes them.", [this] {
                          const std::lock_guard lock(mutex_);
                          return static_cast<double>(pending_.size());
                        });
}

StatusOr<std::unique_ptr<IncidentService>> IncidentService::Open(IncidentServiceOptions options,
                                                                 const Clock& clock,
                                                                 Registry* registry) {
  const AppendLogOptions log = options.log;
  std::unique_ptr<IncidentService> service(
      new IncidentService(std::move(options), clock, registry));
  size_t unknown = 0;
  KZ_ASSIGN_OR_RETURN(service->log_, AppendLog::Open(log, registry, [&](std::string_view record) {
                        if (!service->book_.Restore(record)) ++unknown;
                      }));
  if (unknown > 0) {
    Log(LogLevel::kWarn, "records of incidents were left out", {{"records", unknown}});
  }
  for (const auto& [number, incident] : service->book_.all()) service->RefreshOne(incident);
  return service;
}

IncidentService::~IncidentService() { Stop(); }

void IncidentService::Start() {
  thread_ = std::thread([this] { Run(); });
}

void IncidentService::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void IncidentService::Run() {
  while (true) {
    Look(clock_.Now());
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, options_.poll, [this] { return stopping_ || wanted_; });
    wanted_ = false;
    if (stopping_) return;
  }
}

// ---- Inputs

void IncidentService::Tell(std::vector<IncidentEvent> events) {
  const std::lock_guard lock(mutex_);
  const Status taken =
      pending_.empty() ? TakeEvents(events, clock_.Now()) : Unavailable("others wait for the disk");
  if (taken.ok()) return;
  if (pending_.empty()) {
    Log(LogLevel::kError, "events of incidents cannot be kept; trying again",
        {{"reason", Message(taken)}});
  }
  for (IncidentEvent& event : events) {
    if (pending_.size() >= kPendingMax) {
      refused_->Add();
    } else {
      pending_.push_back(std::move(event));
    }
  }
}

Status IncidentService::TellAndWait(std::vector<IncidentEvent> events) {
  {
    const std::lock_guard lock(mutex_);
    KZ_RETURN_IF_ERROR(TakeEvents(events, clock_.Now()));
  }
  return WaitForDisk();
}

/// Requires the lock. All of them or none.
Status IncidentService::TakeEvents(const std::vector<IncidentEvent>& events, Time now) {
  std::vector<std::string> records;
  std::vector<const IncidentEvent*> taken;
  for (const IncidentEvent& event : events) {
    if (!Check(event).ok()) {
      refused_->Add();
    } else if (!book_.Seen(EventKindName(event.kind), event.id)) {
      records.push_back(EncodeEvent(event, now));
      taken.push_back(&event);
    }
  }
  if (records.empty()) return OkStatus();
  KZ_RETURN_IF_ERROR(log_->Append(records));
  std::vector<uint64_t> changed;
  for (const IncidentEvent* event : taken) {
    const IncidentBook::Outcome outcome = book_.Tell(*event, now);
    changed.insert(changed.end(), outcome.changed.begin(), outcome.changed.end());
    wanted_ = wanted_ || outcome.resolved != 0;
    if (outcome.is_full) {
      Log(LogLevel::kError, "no incident opened: too many are under way",
          {{"incidents", book_.all().size()}, {"service", event->service}, {"alert", event->id}});
    }
    if (outcome.opened != 0) {
      Log(LogLevel::kWarn, "incident opened",
          {{"incident", outcome.opened}, {"service", event->service}});
    }
  }
  events_->Add(static_cast<double>(taken.size()));
  Refresh(changed);
  MaybeCompact();
  if (wanted_) changed_.notify_all();
  return OkStatus();
}

StatusOr<uint64_t> IncidentService::Do(Edit edit) {
  if (edit.time == Time{}) edit.time = clock_.Now();
  if (edit.what == Edit::What::kReport && edit.via != "file") {
    // What somebody wrote into the file meanwhile comes first.
    if (const auto view = Find(edit.incident)) {
      const std::lock_guard lock(files_mutex_);
      LookAtFile(view);
      const ReportFiles::Known* known = files_.Find(edit.incident);
      if (known != nullptr && !known->errors.empty()) {
        return Status(absl::StatusCode::kFailedPrecondition,
                      fmt::format("the report's file was changed and has errors; correct it first: "
                                  "{}",
                                  ErrorText(known->errors, known->path)));
      }
    }
  }
  if (edit.what == Edit::What::kReport) KZ_RETURN_IF_ERROR(CheckReport(edit));
  KZ_ASSIGN_OR_RETURN(const uint64_t number, TakeEdit(edit));
  KZ_RETURN_IF_ERROR(WaitForDisk());
  CloseIfPublished(edit);
  const auto view = options_.on_edit ? Find(number) : nullptr;
  if (view != nullptr) options_.on_edit(view->incident, edit);
  return number;
}

Status IncidentService::CheckReport(const Edit& edit) const {
  if (edit.text.size() > IncidentBook::kReportBytesMax) return OkStatus();  // the book refuses it
  const ReportRead read = ReadReport(edit.text, edit.incident);
  if (read.errors.empty()) return OkStatus();
  return InvalidArgument("{}", ErrorText(read.errors, "report.md"));
}

StatusOr<uint64_t> IncidentService::TakeEdit(const Edit& edit) {
  const std::lock_guard lock(mutex_);
  uint64_t number = 0;
  if (book_.Seen("edit", edit.id, &number)) return number;  // sent again
  KZ_RETURN_IF_ERROR(book_.Check(edit));
  const Status kept = log_->Append({EncodeEdit(edit)});
  if (!kept.ok()) return Unavailable("not kept: {}", Message(kept));
  const IncidentBook::Outcome outcome = book_.Apply(edit);
  std::vector<uint64_t> changed = outcome.changed;
  if (edit.other != 0) changed.push_back(edit.other);
  Refresh(changed);
  MaybeCompact();
  wanted_ = true;
  changed_.notify_all();
  return outcome.opened != 0 ? outcome.opened : edit.incident;
}

/// Whoever publishes a report has done all that an incident asks for.
void IncidentService::CloseIfPublished(const Edit& edit) {
  const auto view = edit.what == Edit::What::kReport ? Find(edit.incident) : nullptr;
  if (view == nullptr || !view->report || !view->report->is_published() ||
      view->incident.state != State::kResolved) {
    return;
  }
  Edit close;
  close.what = Edit::What::kClose;
  close.id = fmt::format("published-{}-{}", edit.incident, view->incident.report.back().version);
  close.actor = edit.actor;
  close.via = edit.via;
  close.incident = edit.incident;
  close.time = edit.time;
  const auto closed = TakeEdit(close);
  if (!closed.ok()) Log(LogLevel::kWarn, "not closed", {{"reason", Message(closed.status())}});
}

Status IncidentService::WaitForDisk() {
  auto synced = std::make_shared<std::promise<Status>>();
  std::future<Status> done = synced->get_future();
  log_->Sync([synced](const Status& status) { synced->set_value(status); });
  const Status status = done.get();
  if (!status.ok()) return Unavailable("not on disk: {}", Message(status));
  return OkStatus();
}

void IncidentService::MaybeCompact() {
  if (!log_->WantsCompaction()) return;
  std::vector<std::string> records;
  book_.Save([&records](std::string record) { records.push_back(std::move(record)); });
  log_->Compact(std::move(records));
}

// ---- Views

void IncidentService::Refresh(const std::vector<uint64_t>& numbers) {
  for (const uint64_t number : numbers) {
    if (const Incident* incident = book_.Find(number)) RefreshOne(*incident);
    // Links are told at both ends.
    if (const Incident* standing = book_.FindStanding(number)) {
      for (const IncidentLink& link : standing->links) {
        if (const Incident* other = book_.Find(link.incident)) RefreshOne(*other);
      }
    }
  }
  std::erase_if(views_, [this](const auto& entry) { return book_.Find(entry.first) == nullptr; });
}

void IncidentService::RefreshOne(const Incident& incident) {
  auto view = std::make_shared<IncidentView>();
  view->incident = incident;
  const auto before = views_.find(incident.number);
  if (!incident.report.empty()) {
    const bool same =
        before != views_.end() && !before->second->incident.report.empty() &&
        before->second->incident.report.back().version == incident.report.back().version;
    view->report = same ? before->second->report
                        : std::make_optional(ReadReport(incident.report.back().text).report);
  }
  views_[incident.number] = std::move(view);
}

IncidentViews IncidentService::All() const {
  const std::lock_guard lock(mutex_);
  IncidentViews all;
  for (auto entry = views_.rbegin(); entry != views_.rend(); ++entry) all.push_back(entry->second);
  return all;
}

std::shared_ptr<const IncidentView> IncidentService::Find(uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = views_.find(number);
  return found == views_.end() ? nullptr : found->second;
}

std::optional<ReportFiles::Known> IncidentService::FileOf(uint64_t number) const {
  const std::lock_guard lock(files_mutex_);
  const ReportFiles::Known* known = files_.Find(number);
  return known == nullptr ? std::nullopt : std::make_optional(*known);
}

uint64_t IncidentService::version() const {
  const std::lock_guard lock(mutex_);
  return book_.inputs();
}

Time IncidentService::last_received() const {
  const std::lock_guard lock(mutex_);
  return book_.last_received();
}

// ---- Drafts and files

void IncidentService::Look(Time now) {
  TakePending(now);
  for (const auto& view : All()) {
    if (view->incident.merged_into != 0) continue;
    const std::lock_guard lock(files_mutex_);
    const bool ready = !options_.ready || options_.ready();
    if (view->incident.is_over() && ready) LookAtDraft(view, now);
    const auto newest = Find(view->incident.number);
    if (newest != nullptr && !newest->incident.report.empty()) LookAtFile(newest);
  }
}

void IncidentService::TakePending(Time now) {
  const std::lock_guard lock(mutex_);
  if (pending_.empty()) return;
  if (TakeEvents({pending_.begin(), pending_.end()}, now).ok()) pending_.clear();
}

/// Requires files_mutex_.
void IncidentService::LookAtDraft(const std::shared_ptr<const IncidentView>& view, Time now) {
  const Incident& incident = view->incident;
  Drafted& drafted = drafted_[incident.number];
  if (!incident.report.empty()) {
    const Time end = incident.resolved.value_or(incident.begin);
    if (!IsUntouched(incident) || now - end > kRedraftFor) return;
    if (incident.changed == drafted.changed) return;
    if (incident.changed != drafted.noticed) {
      drafted.noticed = incident.changed;
      drafted.noticed_at = now;
    }
    if (now - drafted.noticed_at < options_.draft_quiet) return;
  }
  std::string text = Draft(*view);
  drafted.changed = incident.changed;
  if (!incident.report.empty() && text == incident.report.back().text) return;
  Edit edit;
  edit.what = Edit::What::kReport;
  edit.incident = incident.number;
  edit.other = incident.report.empty() ? 0 : incident.report.back().version;
  edit.id = fmt::format("draft-{}-{}-{}", incident.number, edit.other + 1, incident.changed);
  edit.actor = kSystem;
  edit.time = now;
  edit.text = std::move(text);
  const auto done = TakeEdit(edit);
  if (!done.ok()) {
    Log(LogLevel::kWarn, "report not drafted",
        {{"incident", incident.number}, {"reason", Message(done.status())}});
    return;
  }
  if (const auto after = Find(incident.number)) drafted.changed = after->incident.changed;
}

std::string IncidentService::Draft(const IncidentView& view) const {
  const std::shared_ptr<const Catalog> catalog = options_.catalog();
  const Incident& incident = view.incident;
  DraftFacts facts;
  if (options_.impact) facts.impacts = options_.impact(incident);
  facts.similar = FindSimilar(view, All());
  DraftOptions options;
  if (const Team* team = catalog->FindTeam(incident.team)) {
    options.language = LanguageFromCode(team->language);
    options.time_zone = team->time_zone;
  }
  options.page_url = options_.page_url;
  while (options.page_url.ends_with('/')) options.page_url.pop_back();
  options.owner = incident.PersonOf(kCommander);
  if (options.owner.empty()) options.owner = incident.acknowledged_by;
  return DraftReport(incident, facts, options);
}

/// Requires files_mutex_.
void IncidentService::LookAtFile(const std::shared_ptr<const IncidentView>& view) {
  const Incident& incident = view->incident;
  if (incident.report.empty()) return;
  const std::string path = ReportPath(options_.places, incident, *options_.catalog());
  auto text = files_.Look(incident, path);
  const ReportFiles::Known& known = *files_.Find(incident.number);
  const std::string trouble =
      known.errors.empty() ? known.trouble : ErrorText(known.errors, known.path);
  if (std::string& told = told_[incident.number]; told != trouble) {
    told = trouble;
    if (!trouble.empty()) Log(LogLevel::kWarn, "report", {{"reason", trouble}});
  }
  if (!text) return;
  Edit edit;
  edit.what = Edit::What::kReport;
  edit.incident = incident.number;
  edit.other = incident.report.back().version;
  edit.id = fmt::format("file-{}-{}", incident.number, edit.other + 1);
  edit.actor = "file";
  edit.via = "file";
  edit.time = clock_.Now();
  edit.text = *std::move(text);
  const auto done = TakeEdit(edit);
  if (!done.ok()) {
    files_.GiveAgain(incident.number);
    Log(LogLevel::kWarn, "report not taken from its file",
        {{"incident", incident.number}, {"reason", Message(done.status())}});
    return;
  }
  CloseIfPublished(edit);
}

}  // namespace kizashi::incidents
