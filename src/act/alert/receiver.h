// What can be told: a kind of destination, such as a webhook.
//
// One object for each `*_configs` entry of a receiver; made anew at each reload. Send is called by
// one thread at a time for one destination and returns at once; `done` may be called on any thread,
// exactly once, also long after the object's end, and within the deadline that the kind has.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "act/alert/alert_config.h"
#include "act/alert/delivery_queues.h"
#include "act/alert/notification.h"
#include "base/status.h"

namespace kizashi::alerts {

class Receiver {
 public:
  using Done = std::function<void(SendResult)>;
  virtual ~Receiver() = default;
  virtual void Send(const Notification& notification, Done done) = 0;
  /// Of the vendor; none by default.
  virtual RateLimit limit() const { return {}; }
};

/// Makes the receivers of the kinds in `kinds`. The error is told at load, before anything changes.
struct ReceiverKinds {
  std::vector<std::string> kinds;
  std::function<StatusOr<std::shared_ptr<Receiver>>(
      const AlertConfig& config, const ReceiverConfig& of, const Integration& integration)>
      make;
};

}  // namespace kizashi::alerts
