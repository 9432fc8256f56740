// The calls that a PhoneCaller has under way: their number, their events, their metrics.
//
// Any thread. `tell` is called under no lock.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "act/notify/phone/phone.h"
#include "base/metrics.h"

namespace kizashi::phone {

class CallBook {
 public:
  /// `way` is a label of the metrics: "sip". `registry` may be null.
  CallBook(std::string way, size_t calls_max, const Clock* clock, Registry* registry);

  /// ResourceExhausted when calls_max are under way, InvalidArgument when this id is.
  Status Add(const PhoneCall& call, PhoneCaller::Tell tell);
  /// Tells, once each, ringing, answered and the end, which takes the call out; keys as they come.
  /// Nothing for a call that is not under way.
  void Tell(const std::string& id, PhoneEventKind kind, char digit, PhoneEnd end,
            std::string detail);
  bool Has(const std::string& id) const;

 private:
  struct Entry {
    PhoneCaller::Tell tell;
    Stopwatch since;
    bool rang = false;
    bool answered = false;
  };
  void Count(const PhoneEvent& event);

  const std::string way_;
  const size_t calls_max_;
  const Clock* const clock_;
  Registry* const registry_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> calls_;
};

}  // namespace kizashi::phone
