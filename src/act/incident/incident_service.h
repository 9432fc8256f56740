// Incidents at work: the book, its log, the drafts of reports and their files, on real time.
//
// What is accepted is on disk (Do, TellAndWait) or at least the system's (Tell, whose sender tells
// again after a restart): kill -9 loses nothing that was acknowledged, and an input told twice
// counts once. Owned by main; one thread of its own that drafts reports and looks at their files.
// Any thread may call; nothing is called back under its lock. What the options name outlives it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "act/incident/incident_book.h"
#include "act/incident/incident_view.h"
#include "act/incident/report_draft.h"
#include "act/incident/report_files.h"
#include "act/report/daily.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "catalog/catalog.h"
#include "store/append_log.h"

namespace kizashi::incidents {

struct IncidentServiceOptions {
  AppendLogOptions log;
  ReportPlaces places;
  std::function<std::shared_ptr<const Catalog>()> catalog;  // never null
  /// Told of what a person did to an incident, once it is on disk and as it is then; may be empty.
  std::function<void(const Incident&, const Edit&)> on_edit;
  /// Measures what an incident did; empty: nothing measures it.
  std::function<std::vector<Impact>(const Incident&)> impact;
  /// False while what is measured is not whole yet: drafts wait. Empty: always true.
  std::function<bool()> ready;
  std::string page_url;
  Duration poll{1'000};
  /// A draft that nobody touched is written again once its incident was quiet for so long.
  Duration draft_quiet{5'000};
};

class IncidentService {
 public:
  static constexpr size_t kPendingMax = 10'000;  // events that wait for the disk to take them
  static constexpr Duration kRedraftFor = std::chrono::hours(1);  // after the end

  static StatusOr<std::unique_ptr<IncidentService>> Open(IncidentServiceOptions options,
                                                         const Clock& clock, Registry* registry);
  ~IncidentService();
  void Start();
  void Stop();

  /// Takes events that their sender tells again after a restart. What the disk refuses waits.
  void Tell(std::vector<IncidentEvent> events);
  /// OK when they are on disk; else nothing was taken, or the sender may tell them again.
  Status TellAndWait(std::vector<IncidentEvent> events);
  /// What a person does, on disk. The incident: the one opened for kOpen. A report is read first:
  /// InvalidArgument with every error of it, a line each. Its time is now when it has none.
  StatusOr<uint64_t> Do(Edit edit);

  /// The newest first.
  IncidentViews All() const;
  std::shared_ptr<const IncidentView> Find(uint64_t number) const;
  std::optional<ReportFiles::Known> FileOf(uint64_t number) const;
  /// Grows with every change.
  uint64_t version() const;
  /// When anything was told last; 1970 when nothing was.
  Time last_received() const;

  /// Writes the drafts that are due, looks at the files, as the thread does.
  void Look(Time now);

 private:
  IncidentService(IncidentServiceOptions options, const Clock& clock, Registry* registry);
  Status TakeEvents(const std::vector<IncidentEvent>& events, Time now);
  StatusOr<uint64_t> TakeEdit(const Edit& edit);
  Status CheckReport(const Edit& edit) const;
  void CloseIfPublished(const Edit& edit);
  Status WaitForDisk();
  void MaybeCompact();
  void Refresh(const std::vector<uint64_t>& numbers);
  void RefreshOne(const Incident& incident);
  void TakePending(Time now);
  void LookAtDraft(const std::shared_ptr<const IncidentView>& view, Time now);
  void LookAtFile(const std::shared_ptr<const IncidentView>& view);
  std::string Draft(const IncidentView& view) const;
  void Run();
  void AddMetrics(Registry* registry);

  const IncidentServiceOptions options_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool wanted_ = false;  // the thread is to look at once
  IncidentBook book_;
  std::unique_ptr<AppendLog> log_;
  std::map<uint64_t, std::shared_ptr<const IncidentView>> views_;
  std::deque<IncidentEvent> pending_;

  mutable std::mutex files_mutex_;  // before mutex_
  ReportFiles files_;
  struct Drafted {
    uint64_t changed = 0;  // as the incident was when it was drafted
    uint64_t noticed = 0;  // a change since
    Time noticed_at{};
  };
  std::map<uint64_t, Drafted> drafted_;
  std::map<uint64_t, std::string> told_;  // troubles of files that are in the log

  Counter* events_ = nullptr;
  Counter* refused_ = nullptr;
  std::thread thread_;
};

/// What the daily report tells of the incidents of a service; empty for nullptr.
IncidentsOfTeam DailyIncidentsOf(const IncidentService* service);

}  // namespace kizashi::incidents
