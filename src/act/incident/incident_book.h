// All incidents, as a fold over inputs: events that other parts tell and edits of people.
//
// Deterministic: the same inputs in the same order give the same book, so the inputs are what is
// kept (incident_records.h), and nothing here has a clock, a disk or a network. An input has an id;
// the same one again changes nothing. One thread, or under its owner's lock.
//
// To which incident an event belongs: the one that its links name ("incident", or the one that has
// its "alert" or "anomaly"); else those that watch its service and were under way at its time.
// What belongs to none is remembered for kLead, so that an incident finds what led to it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "act/incident/incident.h"
#include "base/status.h"

namespace kizashi::incidents {

class IncidentBook {
 public:
  static constexpr Duration kLead = std::chrono::hours(2);  // before an incident's begin
  /// An anomaly that was over so long before an incident's begin did not feed it.
  static constexpr Duration kLeadEnded = std::chrono::minutes(30);
  static constexpr Duration kTail = std::chrono::minutes(10);    // after its end
  static constexpr Duration kReopen = std::chrono::minutes(10);  // a page that comes back
  static constexpr Duration kEventAgeMax = std::chrono::hours(7 * 24);
  static constexpr Duration kAheadMax = std::chrono::minutes(5);  // of the clock
  // Beyond, the oldest closed one is forgotten; when all are under way none is opened.
  static constexpr size_t kIncidentsMax = 5000;
  static constexpr size_t kTimelineMax = 2000;  // events an incident; people's lines: as many more
  static constexpr size_t kRecentMax = 5000;
  static constexpr size_t kSeenMax = 100'000;  // ids of inputs that are remembered
  static constexpr size_t kReportVersionsMax = 50;
  static constexpr size_t kReportBytesMax = 256 << 10;
  static constexpr size_t kTextBytesMax = 16 << 10;  // of a note
  static constexpr size_t kNameBytesMax = 256;       // of a title, person, role

  /// What an input did.
  struct Outcome {
    std::vector<uint64_t> changed;  // incidents
    uint64_t opened = 0;            // 0: none
    uint64_t resolved = 0;          // 0: none
    bool is_full = false;           // a page opened none: kIncidentsMax are under way
  };

  /// Takes an event that Check (incident_event.h) allows, told at `received`.
  Outcome Tell(IncidentEvent event, Time received);

  /// Whether an edit can be done: NotFound, InvalidArgument, FailedPrecondition when the incident's
  /// state does not allow it, Aborted for a report that was made from an old version,
  /// ResourceExhausted beyond a limit. OK for one that was done already.
  Status Check(const Edit& edit) const;
  /// Does what Check allows, else nothing.
  Outcome Apply(const Edit& edit);
  /// The incident of an input that was seen, 0 for none.
  bool Seen(std::string_view kind, std::string_view id, uint64_t* incident = nullptr) const;

  /// False for bytes that are no record of ours.
  bool Restore(std::string_view record);
  /// Gives the records that make this book again.
  void Save(const std::function<void(std::string record)>& record) const;

  const std::map<uint64_t, Incident>& all() const { return incidents_; }
  const Incident* Find(uint64_t number) const;
  /// Where an incident was merged into, and so on; nullptr when there is none.
  const Incident* FindStanding(uint64_t number) const;
  /// Grows with every input that was new.
  uint64_t inputs() const { return inputs_; }
  /// When anything was told last; 1970 when nothing was.
  Time last_received() const { return last_received_; }

 private:
  struct Recent {
    Time received{};
    IncidentEvent event;
    template <typename A>
    void Fields(A& a) {
      a(received, event);
    }
  };
  struct Head {
    uint64_t next = 1;
    uint64_t inputs = 0;
    Time last_received{};
    std::vector<std::pair<uint64_t, uint64_t>> seen;
    template <typename A>
    void Fields(A& a) {
      a(next, inputs, last_received, seen);
    }
  };

  void Remember(uint64_t key, uint64_t incident);
  void KeepRecent(const IncidentEvent& event, Time received);
  Incident* Standing(uint64_t number);
  void Index(const Incident& incident);
  uint64_t OfPage(const IncidentEvent& event, Outcome* outcome);
  Incident& Open(const IncidentEvent& event);
  void Adopt(Incident* incident);
  std::vector<uint64_t> TargetsOf(const IncidentEvent& event) const;
  void Attach(Incident* incident, const IncidentEvent& event, Outcome* outcome);
  void EndAlert(Incident* incident, const IncidentEvent& event, Outcome* outcome);
  void AddLine(Incident* incident, TimelineEntry entry);
  void AddSystemLine(Incident* incident, Time time, std::string what, kizashi::Fields fields);
  void LinkBoth(Incident* incident, uint64_t other, const std::string& relation);
  Status CheckState(const Edit& edit, const Incident& incident) const;
  Status CheckOther(const Edit& edit, const Incident& incident) const;
  uint64_t OpenByPerson(const Edit& edit);
  void Do(const Edit& edit, Incident* incident, Outcome* outcome);
  void SetState(const Edit& edit, Incident* incident);
  void Merge(const Edit& edit, Incident* from, Outcome* outcome);
  void Forget();
  bool IsFull() const;
  static bool HasLineLike(const Incident& incident, const TimelineEntry& line);

  std::map<uint64_t, Incident> incidents_;
  std::deque<Recent> recent_;  // as received
  uint64_t next_ = 1;
  uint64_t inputs_ = 0;
  Time last_received_{};
  std::deque<uint64_t> seen_order_;
  std::unordered_map<uint64_t, uint64_t> seen_;  // by key; the incident, or 0
  std::map<std::string, uint64_t, std::less<>> by_alert_;
  std::map<std::string, std::vector<uint64_t>, std::less<>> by_anomaly_;
};

/// "anomaly" of links, "" when there is none.
std::string_view LinkOf(const std::vector<std::pair<std::string, std::string>>& links,
                        std::string_view name);

}  // namespace kizashi::incidents
