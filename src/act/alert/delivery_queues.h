// The queues of notifications, one for each destination: which one may be sent now, and what
// becomes of it after an attempt.
//
// A state machine without clock or network. A destination gets one message at a time (or as many as
// QueuePolicy says), so that after a crash at most one is sent twice; one that waits after a
// failure holds up nothing but what is about the same group. What a receiver says by Retry-After
// holds its whole destination until then, to the millisecond. One thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"

namespace kizashi::alerts {

/// How often a destination may be sent to: at most `messages` in any `window`; 0: no limit.
struct RateLimit {
  size_t messages = 0;
  Duration window{0};
};

struct QueuePolicy {
  Duration backoff_min{300};  // before the second attempt; grows by half with each further one
  Duration backoff_max{60'000};
  Duration give_up_after{24 * 3'600'000};  // since it was queued
  size_t parallel = 1;                     // messages being sent to one destination
};

/// What came of one attempt.
struct SendResult {
  enum class Outcome {
    kDelivered,
    kRefused,  // the receiver will never take it
    kFailed,   // try again
    kNoAnswer  // try again, and nothing else before that: nobody seems to be there
  };
  Outcome outcome = Outcome::kDelivered;
  std::optional<Time> hold_until;  // as the receiver asked
  std::string error;               // for people, without secrets; empty when delivered
  /// Kept, and given with the next notification of the group to this destination. Empty: as before.
  std::string receipt = {};
};

/// What people see of a queue.
struct QueueStatus {
  std::string destination;
  size_t waiting = 0;
  bool sending = false;
  uint64_t delivered = 0;
  uint64_t failed = 0;    // attempts
  uint64_t given_up = 0;  // messages
  Time last_delivered{};
  std::string last_error;
  Time last_error_at{};
  std::optional<Time> held_until;
  std::optional<Time> oldest;        // of those that wait: when it was queued
  std::optional<Time> next_attempt;  // when something waits and nothing is being sent
  RateLimit limit;
};

class DeliveryQueues {
 public:
  explicit DeliveryQueues(QueuePolicy policy) : policy_(policy) {}

  void SetLimit(const std::string& destination, RateLimit limit);
  void Add(const std::string& destination, uint64_t number, const std::string& group_key,
           Time created_at);
  /// It is not to be sent any more. One that is being sent stays until its result.
  void Remove(const std::string& destination, uint64_t number);

  /// The numbers to send now; each is being sent from here on, until its Result.
  std::vector<uint64_t> Start(Time now);
  enum class Then { kEnded, kGivenUp, kTriedAgain };
  Then Result(const std::string& destination, uint64_t number, const SendResult& result, Time now);

  /// The clock was set back to `now`: nothing waits longer than it would have from now on.
  void ClockWentBack(Time now);
  /// When Start may have something more to give, as far as time alone decides.
  std::optional<Time> NextDue() const;
  std::vector<QueueStatus> Status() const;
  size_t waiting() const { return waiting_; }
  /// How often a number was tried in vain, and when it may be tried again.
  std::optional<std::pair<int, Time>> Attempts(const std::string& destination,
                                               uint64_t number) const;

 private:
  struct Item {
    std::string group_key;
    Time created_at{};
    int attempts = 0;
    Time not_before{};
  };
  struct Queue {
    std::map<uint64_t, Item> items;
    std::set<std::pair<Time, uint64_t>> ready;  // by not_before: the first of each group
    std::map<std::string, std::set<uint64_t>> of_group;
    std::set<uint64_t> sending;
    Time hold_until{};
    int silent = 0;  // attempts without an answer, in a row
    RateLimit limit;
    std::deque<Time> sent;  // within the limit's window
    QueueStatus status;
  };
  void Erase(Queue& queue, uint64_t number);
  void Offer(Queue& queue, const std::string& group_key);
  void Retire(Queue& queue, const std::string& group_key);
  Duration Backoff(uint64_t number, int attempts) const;
  std::optional<Time> DueOf(const Queue& queue) const;
  void Touch(const std::string& destination, Queue& queue);

  const QueuePolicy policy_;
  size_t waiting_ = 0;
  std::map<std::string, Queue> queues_;
  std::set<std::pair<Time, std::string>> due_;
  std::map<std::string, Time> due_of_;
};

}  // namespace kizashi::alerts
