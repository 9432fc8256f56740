// What happens to groups of alerts, for whoever keeps a book of it: the timeline of incidents,
// escalation by schedules, the page.
//
// A group opens when it first has a firing alert to tell of, and is resolved when none fires any
// more; fired anew it is another episode. Events of one group come in the order in which they
// happened, on one thread of the alert service, under none of its locks. After a restart the groups
// that are still open are told as opened once more (`again`), so that a listener that was killed
// before it wrote knows them; the same thing told twice has the same id.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "act/alert/notification.h"
#include "base/clock.h"
#include "wire/telemetry.h"

namespace kizashi::alerts {

struct AlertEvent {
  enum class Kind : uint8_t {
    kOpened,        // it fires; `alerts` are its members
    kChanged,       // members joined, left or ended, and some still fire
    kSilenced,      // a silence, or a muted interval, hides all that fires; `detail`: silence ids
    kAttempted,     // a notification is on its way to `destination`
    kDelivered,     // `destination` has it
    kFailed,        // it has not, and will be asked again; `detail` is why, without secrets
    kGivenUp,       // it will not be asked again; `detail` is why
    kAcknowledged,  // `by` takes care of it
    kEscalated,     // `level` counts up: nobody acknowledged in time (`by` empty), or `by` asked
    kResolvedBy,    // a person ended its alerts
    kResolved,      // none fires any more
  };
  Kind kind = Kind::kOpened;
  std::string id;  // the same for the same event, over restarts
  Time at{};
  bool again = false;

  uint64_t group_id = 0;  // of its key; in hexadecimal it is the `group` of the API
  std::string group_key;
  uint64_t episode = 0;  // counts from 1 for each group
  Time opened_at{};      // of the episode
  std::string receiver;
  Labels group_labels;
  Labels labels;        // what its alerts have in common; its severity is the gravest's
  std::string service;  // of the labels, "" when they do not say
  int rank = 0;         // SeverityRank of the gravest that fires
  std::vector<ToldAlert> alerts;

  // Of kAttempted to kGivenUp.
  uint64_t number = 0;  // of the notification
  int attempt = 0;      // from 1
  bool firing = false;  // what it tells; false: that it is over
  std::string destination;

  // Of what people do, and of an escalation.
  std::string by;      // a name, as the place where it was said knows it
  std::string via;     // "slack", "pagerduty", "api", "phone", "schedule", "incident"
  std::string detail;  // a comment, or why
  int level = 0;       // 0: the first receiver; grows by one with each escalation
};

/// "opened", "acknowledged", ...
std::string_view AlertEventName(AlertEvent::Kind kind);

class AlertListener {
 public:
  virtual ~AlertListener() = default;
  /// Returns soon: what it does slowly it hands on. May call the service.
  virtual void OnAlertEvent(const AlertEvent& event) = 0;
};

/// What a person, or a schedule, does about a group of alerts.
struct GroupAction {
  enum class Kind : uint8_t {
    kAcknowledge,
    kEscalate,
    kResolve,
    kCall,  // on-call tells one more receiver; `detail` is why, in the receiver's language
    kNext,  // on-call says who is next
  };
  Kind kind = Kind::kAcknowledge;
  std::string by = {};
  std::string via = {};
  std::string detail = {};

  // Of kCall and kNext.
  std::string receiver = {};
  Time at{};  // of kNext: when `receiver` is told; "" and zero: nobody is. Of kCall: of its step
  // Of kCall; `by` is the person who asked for the step, "" when its time had come.
  std::string key = {};  // of the page: doing it again changes nothing
  bool again = false;    // also when the receiver was told in this episode
  int level = 0;         // the step, from 0; a higher one than before is an escalation
};
/// AlertService::Act(group_id, action): NotFound for a group that is not open, FailedPrecondition
/// for a kCall about one that somebody acknowledged, Unavailable when the disk does not take it.
/// Doing what is done already is fine and tells nobody.

}  // namespace kizashi::alerts
