// The alert engine: which alerts there are, how they group, and whom that makes worth telling.
//
// A state machine over (event, time) without clock, disk or network: what is received goes in by
// Put, SetSilences, MergeTold and Ended, time passes by Advance, and what must be written and sent
// is taken out by Take. The same events at the same times give the same output, so whole days are
// simulated in a test. What is on disk is brought back by Restore, record by record, before the
// first Configure.
//
// Groups, waits, inhibition, silences and the notification log follow Alertmanager's documentation
// and what its acceptance tests ask for; where it loses or repeats something, this does not:
// - who is to be told is committed when the group is flushed, and waits in a queue until delivered;
// - an end is kept until everybody who was told of the beginning was told of it, also when it comes
//   under a silence;
// - a group that gets a graver member is flushed after group_wait instead of group_interval;
// - an alert that flaps is told as firing until it is quiet.
// Besides it knows who takes care of a group: acknowledged, it is not repeated and does not
// escalate; a group that nobody acknowledges is told to the receivers of its route's `escalation`,
// and to those that on-call names (GroupAction::Kind::kCall).
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "act/alert/alert.h"
#include "act/alert/alert_config.h"
#include "act/alert/alert_events.h"
#include "act/alert/group_state.h"
#include "act/alert/inhibitor.h"
#include "act/alert/notification.h"
#include "act/alert/records.h"
#include "act/alert/silences.h"
#include "base/clock.h"

namespace kizashi::alerts {

struct EngineOptions {
  std::vector<std::string> sent_kinds = {"webhook"};  // of receivers; others are told nothing
  /// Kinds that are told, beside alerts, when somebody acknowledges or a group escalates.
  std::vector<std::string> acknowledged_kinds = {"slack", "pagerduty"};
  /// Those of them that show who is told next.
  std::vector<std::string> next_kinds = {"slack"};
  size_t alerts_max = 200'000;
  size_t waiting_max = 8;  // notifications of one group for one destination
  Duration keep_resolved{15 * 60'000};
  Duration retention{120 * 3'600'000};  // of silences that are over, and of what was told
  /// An alert that began to fire `flap_firings` times in `flap_window` flaps: its end counts after
  /// `flap_hold`. flap_firings 0: never.
  size_t flap_firings = 4;
  Duration flap_window{15 * 60'000};
  Duration flap_hold{5 * 60'000};
};

/// An alert as the API lists it.
struct ListedAlert {
  AlertPtr alert;
  std::vector<std::string> receivers;
  std::vector<std::string> silenced_by;
  std::vector<std::string> inhibited_by;  // fingerprints in hexadecimal
  bool suppressed() const { return !silenced_by.empty() || !inhibited_by.empty(); }
};

struct ListedGroup {
  std::string receiver;
  Labels labels;
  std::vector<AlertPtr> alerts;  // by start and labels
  bool operator<(const ListedGroup& other) const;
};

/// A group that fires, for those who take care of it.
struct OpenGroup {
  GroupState state;
  std::string receiver;
  Labels labels;  // of the group
  std::vector<ToldAlert> alerts;
  std::vector<std::string> destinations;  // that are told now
  /// What destinations gave for what they were told (SendResult::receipt), by destination.
  std::map<std::string, std::string> receipts;
  /// Who is told when nobody acknowledges, and when; in order.
  struct Step {
    std::string receiver;
    Time at{};
  };
  std::vector<Step> next;
};

/// Who was told of an alert, who is waiting to be told, and when its groups are looked at next.
struct ToldOf {
  AlertPtr alert;  // null when it is forgotten
  std::vector<OpenGroup> groups;
  std::vector<Told> told;
  std::vector<Notification> waiting;
  struct Next {
    std::string receiver;
    std::string group_key;
    Time at{};
    std::vector<std::string> destinations;
    std::vector<std::string> not_sent;  // destinations of kinds that cannot be sent to
    bool muted = false;                 // the route's intervals are silent now
  };
  std::vector<Next> next;
};

class AlertEngine {
 public:
  explicit AlertEngine(EngineOptions options = {});
  ~AlertEngine();

  /// One record of before; false at one that cannot be read. Only before the first Configure.
  bool Restore(std::string_view record);
  /// Everything that there is, as records.
  void Save(const std::function<void(std::string_view record)>& write) const;
  /// Of it what peers share: silences, and what was told.
  void SaveShared(const std::function<void(std::string_view record)>& write) const;

  /// A new configuration: all groups are made anew, as after a start of Alertmanager.
  void Configure(AlertConfigPtr config, Time now);

  /// What `received` becomes with what is here.
  Alert Merged(Alert received, Time now) const;
  bool Has(uint64_t fingerprint) const { return alerts_.count(fingerprint) != 0; }
  void Put(Alert merged, Time now);
  void SetSilence(Silence silence);
  /// What a peer told; true when it is news here.
  bool MergeTold(Told told);
  /// What a peer knows of a group; true when it is news here.
  bool MergeState(GroupState state, Time now);
  /// What a person does about group `id`. NotFound when it is not open.
  Status Act(uint64_t id, const GroupAction& action, Time now);
  /// What the destination of `number` gave for it, also when it is tried again.
  void SetReceipt(uint64_t number, const std::string& receipt);
  /// Fills in what is true at the moment of sending.
  void Complete(Notification* notification) const;
  /// A notification left its queue. Delivered: it is what its destination was told last.
  void End(uint64_t number, EndReason reason, Time now);
  /// From here on `number` is not changed any more: it is being sent.
  void Begin(uint64_t number) { sending_.insert(number); }
  /// The attempt failed, and it will be tried again.
  void Back(uint64_t number) { sending_.erase(number); }

  /// Flushes what is due. `now` may be earlier than before: the clock was set back, and no group
  /// waits longer than it would have from now on.
  void Advance(Time now);
  /// When Advance has something to do; nothing when never.
  std::optional<Time> NextDue() const;
  /// Drops what is over and no longer needed. Every minute or so.
  void Forget(Time now);
  /// How long after a flush its notifications are decided, so that a peer before this one may have
  /// told (cluster); and whether nothing is to be decided yet at all.
  void SetWait(Duration wait) { wait_ = wait; }
  void SetPaused(bool paused) { paused_ = paused; }

  /// What happened since the last Take, in order: to be written, then acted on.
  std::vector<Event> Take();
  /// What happened to groups since the last call, for listeners.
  std::vector<AlertEvent> TakeAlertEvents();
  /// An event about a notification that waits; nothing when it does not.
  std::optional<AlertEvent> EventOf(uint64_t number, AlertEvent::Kind kind, Time now) const;

  const Notification* FindWaiting(uint64_t number) const;
  const Told* FindTold(const std::string& group_key, const std::string& destination) const;
  std::vector<uint64_t> Waiting() const;
  const Silences& silences() const { return silences_; }
  const AlertConfig& config() const { return *config_; }
  const AlertConfigPtr& config_ptr() const { return config_; }
  size_t alerts() const { return alerts_.size(); }
  size_t groups() const { return groups_.size(); }
  size_t waiting() const { return waiting_.size(); }

  std::vector<ListedAlert> List(Time now) const;
  /// Those that `wanted` takes, also ones that are over.
  std::vector<AlertPtr> Where(const std::function<bool(const Alert&)>& wanted) const;
  std::vector<ListedGroup> Groups(Time now) const;
  /// Those that fire, by id.
  std::vector<OpenGroup> OpenGroups(Time now) const;
  /// NotFound for an alert that is not here.
  StatusOr<ToldOf> WhoWasTold(uint64_t fingerprint, Time now) const;

 private:
  struct Stored {
    AlertPtr alert;
    std::vector<const Route*> routes;
  };
  struct Group {
    const Route* route = nullptr;
    Labels labels;
    std::string key;
    std::set<uint64_t> members;
    Time next_flush{};
    std::optional<Time> decide_at;    // a flush that waits for the peers before this one
    std::optional<Time> empty_until;  // dropped then
    bool has_flushed = false;
    std::optional<Time> escalate_at;  // unless it is acknowledged
    std::vector<uint64_t> firing;     // as of the last decision; sorted
    bool hidden = false;              // all that fires is silenced
    int gravest = 0;  // SeverityRank of its members, as of the last Settle and since
    Time due() const;
  };
  using Groups_ = std::map<uint64_t, Group>;

  void Join(const Stored& stored, Time now);
  void Insert(Group& group, uint64_t id, const Alert& alert, Time now);
  void Reschedule(uint64_t id, Group& group, Time before);
  void DropGroup(Groups_::iterator group);
  void ClockWentBack(Time now);
  void Flush(Group& group, Time now);
  void Decide(Group& group, Time now);
  // Of a receiver by its name.
  struct Recipient {
    const std::string* receiver = nullptr;
    const Integration* to = nullptr;
    std::string destination;
  };
  enum class Why {
    kAlerts,
    kState,  // also when no alert changed
    kAgain,  // the same, as a page of its own
  };
  void DecideFor(const Group& group, const Recipient& recipient,
                 const std::vector<ToldAlert>& alerts, Why why, Time now);
  void TellState(Group& group, const std::vector<std::string>& kinds, Time now);
  std::vector<Recipient> Recipients(const Group& group) const;
  std::vector<const std::string*> ReceiversOf(const Group& group) const;
  // What becomes of groups as such (engine_states.cc).
  void Track(Group& group, const std::vector<ToldAlert>& alerts, Time now);
  void TrackFiring(Group& group, const std::vector<ToldAlert>& alerts, int rank, Time now);
  void Close(GroupState& state, const Group* group, Time now);
  void CloseLost(Time now);
  void KeepState(GroupState& state, Time now);
  void ScheduleEscalation(Group& group) const;
  std::optional<Time> EscalationAt(const Group& group, const GroupState& state, size_t step) const;
  void Escalate(Group& group, Time now);
  void Acknowledge(GroupState& state, const GroupAction& action, Time now);
  void EscalateBy(GroupState& state, const GroupAction& action, Time now);
  void ResolveBy(GroupState& state, const GroupAction& action, Time now);
  Status Call(GroupState& state, const GroupAction& action, Time now);
  void SetNext(GroupState& state, const GroupAction& action, Time now);
  std::vector<uint64_t> GroupsOf(const std::string& key) const;
  void ForEachGroup(const std::string& key, const std::function<void(Group&)>& what);
  const GroupState* FindState(const std::string& key) const;
  GroupState* FindState(const std::string& key);
  AlertEvent MakeEvent(AlertEvent::Kind kind, const GroupState& state, const Group* group,
                       std::vector<ToldAlert> alerts, Time now) const;
  AlertEvent& Emit(AlertEvent::Kind kind, const GroupState& state, const Group* group,
                   std::vector<ToldAlert> alerts, Time now);
  AlertEvent& EmitBy(const GroupAction& action, AlertEvent::Kind kind, const GroupState& state,
                     const Group* group, std::vector<ToldAlert> alerts, Time now);
  OpenGroup Describe(const Group& group, const GroupState& state, Time now) const;
  std::vector<ToldAlert> Members(const Group& group, Time now) const;
  void ForgetStates(const std::set<std::string>& live, Time now);
  void Settle(Group& group, Time now);
  std::vector<uint64_t> Needed(const Group& group) const;
  bool Holds(const Alert& alert, Time now) const;
  bool IsSent(const Integration& integration) const;
  std::vector<ToldAlert> Speaking(const Group& group, Time now) const;
  Notification* LastWaiting(const std::string& group_key, const std::string& destination);
  void SetTold(Told told);
  void RemoveWaiting(uint64_t number);
  std::optional<uint64_t> InhibitedBy(const Alert& alert, Time now) const;
  const Alert* Find(uint64_t fingerprint) const;

  const EngineOptions options_;
  AlertConfigPtr config_;
  Duration wait_{0};
  Time last_now_ = kNever;
  bool paused_ = false;

  std::unordered_map<uint64_t, Stored> alerts_;
  Silences silences_;
  std::unique_ptr<Inhibitor> inhibitor_;
  // Of each group's key, by destination.
  std::map<std::string, std::map<std::string, Told>> told_;
  std::map<uint64_t, Notification> waiting_;
  std::map<std::string, std::set<uint64_t>> waiting_of_;  // by group key
  std::set<uint64_t> sending_;
  uint64_t last_number_ = 0;

  std::map<std::string, GroupState> states_;  // by group key
  std::unordered_map<uint64_t, std::string> state_keys_;
  std::map<std::string, std::map<std::string, std::string>> receipts_;  // group, destination
  std::unordered_map<uint64_t, Time> closed_;  // alerts that a person ended
  std::set<std::string> announced_;            // open groups that listeners know
  std::vector<AlertEvent> alert_events_;

  Groups_ groups_;
  std::unordered_map<std::string, uint64_t> group_ids_;             // by route and labels
  std::unordered_map<std::string, std::set<uint64_t>> ids_of_key_;  // routes may share keys
  uint64_t last_group_ = 0;
  std::set<std::pair<Time, uint64_t>> timers_;
  std::vector<Event> events_;
};

}  // namespace kizashi::alerts
