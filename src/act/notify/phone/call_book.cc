#include "act/notify/phone/call_book.h"

#include <utility>

#include "base/log.h"

namespace kizashi::phone {

CallBook::CallBook(std::string way, size_t calls_max, const Clock* clock, Registry* registry)
    : way_(std::move(way)), calls_max_(calls_max), clock_(clock), registry_(registry) {}

Status CallBook::Add(const PhoneCall& call, PhoneCaller::Tell tell) {
  const std::lock_guard lock(mutex_);
  if (calls_.size() >= calls_max_) {
    return ResourceExhausted("{} calls are under way, as many as may be at once", calls_.size());
  }
  auto entry = std::make_shared<Entry>();
  entry->tell = std::move(tell);
  if (!calls_.emplace(call.id, std::move(entry)).second) {
    return InvalidArgument("call {} is under way already", call.id);
  }
  return OkStatus();
}

bool CallBook::Has(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return calls_.contains(id);
}

void CallBook::Tell(const std::string& id, PhoneEventKind kind, char digit, PhoneEnd end,
                    std::string detail) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(id);
    if (found == calls_.end()) return;
    entry = found->second;
    if (kind == PhoneEventKind::kAnswered && std::exchange(entry->answered, true)) return;
    // Not after the answer: callbacks overtake each other.
    const bool rings = kind == PhoneEventKind::kRinging;
    if (rings && (entry->answered || std::exchange(entry->rang, true))) return;
    if (kind == PhoneEventKind::kEnded) calls_.erase(found);
  }
  PhoneEvent event;
  event.call_id = id;
  event.kind = kind;
  event.at = clock_->Now();
  event.since_call = entry->since.Elapsed();
  event.digit = digit;
  event.end = end;
  event.detail = std::move(detail);
  Count(event);
  entry->tell(event);
}

void CallBook::Count(const PhoneEvent& event) {
  Log(LogLevel::kInfo, "phone call",
      {{"call", event.call_id},
       {"event", PhoneEventName(event.kind)},
       {"after_ms", event.since_call.count()},
       {"end", PhoneEndName(event.end)},
       {"detail", event.detail}});
  if (registry_ == nullptr) return;
  if (event.kind == PhoneEventKind::kRinging) {
    registry_
        ->GetHistogram("kizashi_phone_ringing_seconds", "From the order to call to the ringing",
                       {0.05, 0.1, 0.3, 0.5, 1, 2, 5, 10, 30}, {{"way", way_}})
        .Observe(ToSeconds(event.since_call));
  }
  if (event.kind != PhoneEventKind::kEnded) return;
  registry_
      ->GetCounter("kizashi_phone_calls_total", "Telephone calls by their end",
                   {{"way", way_}, {"end", std::string(PhoneEndName(event.end))}})
      .Add();
}

}  // namespace kizashi::phone
