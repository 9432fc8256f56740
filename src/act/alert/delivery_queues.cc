#include "act/alert/delivery_queues.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/hash.h"

namespace kizashi::alerts {

void DeliveryQueues::SetLimit(const std::string& destination, RateLimit limit) {
  queues_[destination].limit = limit;
}

// Of the numbers of one group only the first may be sent, so that an end never overtakes its
// beginning.
void DeliveryQueues::Offer(Queue& queue, const std::string& group_key) {
  const auto found = queue.of_group.find(group_key);
  if (found == queue.of_group.end()) return;
  const uint64_t first = *found->second.begin();
  if (queue.sending.count(first) == 0) queue.ready.emplace(queue.items[first].not_before, first);
}

void DeliveryQueues::Retire(Queue& queue, const std::string& group_key) {
  const auto found = queue.of_group.find(group_key);
  if (found == queue.of_group.end()) return;
  const uint64_t first = *found->second.begin();
  queue.ready.erase({queue.items[first].not_before, first});
}

void DeliveryQueues::Add(const std::string& destination, uint64_t number,
                         const std::string& group_key, Time created_at) {
  Queue& queue = queues_[destination];
  if (!queue.items.emplace(number, Item{group_key, created_at, 0, Time{}}).second) return;
  ++waiting_;
  Retire(queue, group_key);
  queue.of_group[group_key].insert(number);
  Offer(queue, group_key);
  Touch(destination, queue);
}

void DeliveryQueues::Erase(Queue& queue, uint64_t number) {
  const auto found = queue.items.find(number);
  const std::string group_key = found->second.group_key;
  Retire(queue, group_key);
  const auto of_group = queue.of_group.find(group_key);
  of_group->second.erase(number);
  if (of_group->second.empty()) queue.of_group.erase(of_group);
  queue.items.erase(found);
  --waiting_;
  Offer(queue, group_key);
}

void DeliveryQueues::Remove(const std::string& destination, uint64_t number) {
  Queue& queue = queues_[destination];
  if (queue.sending.count(number) != 0 || queue.items.count(number) == 0) return;
  Erase(queue, number);
  Touch(destination, queue);
}

std::optional<Time> DeliveryQueues::DueOf(const Queue& queue) const {
  if (queue.sending.size() >= policy_.parallel || queue.ready.empty()) return std::nullopt;
  Time due = std::max(queue.ready.begin()->first, queue.hold_until);
  if (queue.limit.messages > 0 && queue.sent.size() >= queue.limit.messages) {
    due = std::max(due, queue.sent[queue.sent.size() - queue.limit.messages] + queue.limit.window);
  }
  return due;
}

void DeliveryQueues::Touch(const std::string& destination, Queue& queue) {
  const auto before = due_of_.find(destination);
  if (before != due_of_.end()) {
    due_.erase({before->second, destination});
    due_of_.erase(before);
  }
  if (const auto due = DueOf(queue)) {
    due_.emplace(*due, destination);
    due_of_[destination] = *due;
  }
}

std::vector<uint64_t> DeliveryQueues::Start(Time now) {
  std::vector<uint64_t> numbers;
  while (!due_.empty() && due_.begin()->first <= now) {
    const std::string destination = due_.begin()->second;
    Queue& queue = queues_[destination];
    // The oldest of those that may be tried now: the first that never failed, or one that did.
    uint64_t number = queue.ready.begin()->second;
    for (auto failed = queue.ready.upper_bound({Time{}, UINT64_MAX});
         failed != queue.ready.end() && failed->first <= now; ++failed) {
      number = std::min(number, failed->second);
    }
    queue.ready.erase({queue.items[number].not_before, number});
    queue.sending.insert(number);
    if (queue.limit.messages > 0) {
      queue.sent.push_back(now);
      if (queue.sent.size() > queue.limit.messages) queue.sent.pop_front();
    }
    numbers.push_back(number);
    Touch(destination, queue);
  }
  return numbers;
}

// backoff_min * 1.5^(attempts-1), at most backoff_max, less up to a quarter that depends on the
// message alone: those that failed together do not come back together.
Duration DeliveryQueues::Backoff(uint64_t number, int attempts) const {
  const double grown =
      static_cast<double>(policy_.backoff_min.count()) * std::pow(1.5, std::min(attempts - 1, 40));
  const double full = std::min(grown, static_cast<double>(policy_.backoff_max.count()));
  const std::string text = std::to_string(number) + "/" + std::to_string(attempts);
  const double share = static_cast<double>(Hash64(text) % 1000) / 4000.0;
  return Duration(static_cast<int64_t>(full * (1 - share)));
}

DeliveryQueues::Then DeliveryQueues::Result(const std::string& destination, uint64_t number,
                                            const SendResult& result, Time now) {
  Queue& queue = queues_[destination];
  queue.sending.erase(number);
  Item& item = queue.items[number];
  const bool answered = result.outcome != SendResult::Outcome::kNoAnswer;
  queue.silent = answered ? 0 : queue.silent + 1;
  Then then = Then::kEnded;
  if (result.hold_until) queue.hold_until = std::max(queue.hold_until, *result.hold_until);
  if (result.outcome == SendResult::Outcome::kDelivered) {
    ++queue.status.delivered;
    queue.status.last_delivered = now;
  } else {
    ++queue.status.failed;
    queue.status.last_error = result.error;
    queue.status.last_error_at = now;
    ++item.attempts;
    const Duration backoff = Backoff(number, answered ? item.attempts : queue.silent);
    item.not_before = now + backoff;
    if (!answered) queue.hold_until = std::max(queue.hold_until, now + backoff);
    const bool over = item.created_at + policy_.give_up_after <= now;
    then = over || result.outcome == SendResult::Outcome::kRefused ? Then::kGivenUp
                                                                   : Then::kTriedAgain;
  }
  // What the receiver asked to come back with needs no further wait of ours.
  if (result.hold_until) item.not_before = *result.hold_until;
  if (then == Then::kGivenUp) ++queue.status.given_up;
  if (then == Then::kTriedAgain) {
    Offer(queue, item.group_key);
  } else {
    Erase(queue, number);
  }
  Touch(destination, queue);
  return then;
}

void DeliveryQueues::ClockWentBack(Time now) {
  const Time latest = now + policy_.backoff_max;
  for (auto& [destination, queue] : queues_) {
    queue.hold_until = std::min(queue.hold_until, latest);
    queue.sent.clear();
    std::set<std::pair<Time, uint64_t>> ready;
    for (const auto& [not_before, number] : queue.ready) {
      queue.items[number].not_before = std::min(not_before, latest);
      ready.emplace(queue.items[number].not_before, number);
    }
    queue.ready = std::move(ready);
    Touch(destination, queue);
  }
}

std::optional<Time> DeliveryQueues::NextDue() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

std::vector<QueueStatus> DeliveryQueues::Status() const {
  std::vector<QueueStatus> all;
  for (const auto& [destination, queue] : queues_) {
    QueueStatus status = queue.status;
    status.destination = destination;
    status.waiting = queue.items.size();
    status.sending = !queue.sending.empty();
    if (queue.hold_until != Time{}) status.held_until = queue.hold_until;
    if (!queue.items.empty()) status.oldest = queue.items.begin()->second.created_at;
    status.next_attempt = DueOf(queue);
    status.limit = queue.limit;
    all.push_back(std::move(status));
  }
  return all;
}

std::optional<std::pair<int, Time>> DeliveryQueues::Attempts(const std::string& destination,
                                                             uint64_t number) const {
  const auto queue = queues_.find(destination);
  if (queue == queues_.end()) return std::nullopt;
  const auto item = queue->second.items.find(number);
  if (item == queue->second.items.end()) return std::nullopt;
  return std::pair(item->second.attempts,
                   std::max(item->second.not_before, queue->second.hold_until));
}

}  // namespace kizashi::alerts
