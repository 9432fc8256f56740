#include "act/delivery.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "act/message.h"
#include "base/log.h"

namespace kizashi {
namespace {

/// Deliveries asked for at once. URLs take turns in the answer, so this many destinations are seen.
constexpr int kDueMax = 256;
/// Answers of receivers are short; of a longer one the head is enough.
constexpr size_t kAnswerBytesMax = 1 << 20;

/// What other threads leave for the sender's. Shared with the client's callbacks, which may come
/// after the sender ended.
struct Inbox {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::pair<int64_t, FetchResult>> answers;  // by delivery id
  bool woken = false;
  bool stopping = false;
};

FetchRequest MakeRequest(const DeliveryRecord& delivery, const AlertRecord& alert,
                         const DeliveryOptions& options) {
  const std::shared_ptr<const Catalog> catalog = options.catalog();
  const MessageContext context = MakeMessageContext(alert, *catalog, options.page_url);
  FetchRequest request;
  request.method = "POST";
  request.url = delivery.url;
  request.timeout = options.request_timeout;
  request.body_bytes_max = kAnswerBytesMax;
  request.headers = {{"Content-Type", "application/json"},
                     {"User-Agent", "kizashi"},
                     {"Idempotency-Key", DedupKey(alert, delivery.event)}};
  request.body = delivery.kind == "slack" ? SlackMessage(alert, delivery.event, context)
                                          : WebhookMessage(alert, delivery.event, context);
  return request;
}

}  // namespace

class DeliverySender::Impl {
 public:
  Impl(RecordStore& store, HttpClient& client, const Clock& clock, Registry& registry,
       DeliveryOptions options)
      : store_(store),
        client_(client),
        clock_(clock),
        registry_(registry),
        options_(std::move(options)),
        waiting_(registry.GetGauge("kizashi_notifications_waiting",
                                   "Messages that wait to be delivered.")),
        thread_([this] { Run(); }) {}

  void Wake() {
    const std::lock_guard lock(inbox_->mutex);
    inbox_->woken = true;
    inbox_->changed.notify_one();
  }

  void Stop() {
    {
      const std::lock_guard lock(inbox_->mutex);
      inbox_->stopping = true;
      inbox_->changed.notify_one();
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  using Answers = std::vector<std::pair<int64_t, FetchResult>>;

  void Run() {
    std::unique_lock lock(inbox_->mutex);
    while (!inbox_->stopping) {
      inbox_->woken = false;
      Answers answers = std::exchange(inbox_->answers, {});
      lock.unlock();
      const Duration pause = Pass(std::move(answers));
      lock.lock();
      inbox_->changed.wait_for(lock, pause, [this] {
        return inbox_->stopping || inbox_->woken || !inbox_->answers.empty();
      });
    }
    inbox_->changed.wait_for(lock, options_.stop_wait,
                             [this] { return inbox_->answers.size() >= in_flight_.size(); });
    Answers answers = std::exchange(inbox_->answers, {});
    lock.unlock();
    for (auto& [id, result] : answers) Finish(id, result);
    SaveAgain();
  }

  /// Files what was answered, starts what is due; returns how long nothing will happen by itself.
  Duration Pass(Answers answers) {
    for (auto& [id, result] : answers) Finish(id, result);
    SaveAgain();
    StartDue();
    if (const auto count = store_.CountWaitingDeliveries(); count.ok()) {
      waiting_.Set(static_cast<double>(*count));
    }
    const Time now = clock_.Now();
    wake_at_.erase(wake_at_.begin(), wake_at_.upper_bound(now));
    if (wake_at_.empty()) return options_.poll;
    return std::min(options_.poll, *wake_at_.begin() - now);
  }

  void StartDue() {
    const Time now = clock_.Now();
    std::erase_if(held_until_, [now](const auto& held) { return held.second <= now; });
    if (IsFull()) return;
    auto due = store_.DueDeliveries(now, kDueMax);
    if (!due.ok()) {
      LogStore("cannot read the deliveries that are due", due.status());
      return;
    }
    for (DeliveryRecord& delivery : *due) {
      if (IsFull()) return;
      const bool busy = in_flight_.contains(delivery.url) || held_until_.contains(delivery.url);
      if (!busy && !unsaved_.contains(delivery.id)) Start(std::move(delivery));
    }
  }

  bool IsFull() const { return in_flight_.size() >= static_cast<size_t>(options_.parallel_max); }

  void Start(DeliveryRecord delivery) {
    const auto alert = store_.GetAlert(delivery.alert_id);
    if (!alert.ok()) {
      LogStore("cannot read the alert of a delivery", alert.status());
      return;
    }
    if (!alert->has_value()) {
      delivery.state = DeliveryRecord::State::kGivenUp;
      delivery.last_error = "the alert is not in the record store";
      Count(delivery, DeliveryOutcome::kGivenUp);
      Save(delivery);
      return;
    }
    FetchRequest request = MakeRequest(delivery, **alert, options_);
    const int64_t id = delivery.id;
    in_flight_.emplace(delivery.url, std::move(delivery));
    client_.Fetch(std::move(request), [inbox = inbox_, id](FetchResult result) {
      const std::lock_guard lock(inbox->mutex);
      inbox->answers.emplace_back(id, std::move(result));
      inbox->changed.notify_one();
    });
  }

  void Finish(int64_t id, const FetchResult& result) {
    const auto found = std::find_if(in_flight_.begin(), in_flight_.end(),
                                    [id](const auto& sent) { return sent.second.id == id; });
    if (found == in_flight_.end()) return;
    AttemptResult after =
        AfterAttempt(std::move(found->second), result, clock_.Now(), options_.policy);
    in_flight_.erase(found);
    if (after.hold_until) {
      held_until_[after.delivery.url] = *after.hold_until;
      wake_at_.insert(*after.hold_until);
    }
    if (after.outcome == DeliveryOutcome::kRetried) wake_at_.insert(after.delivery.next_attempt);
    Count(after.delivery, after.outcome);
    Save(after.delivery);
    options_.on_attempt(after.delivery);
  }

  void Count(const DeliveryRecord& delivery, DeliveryOutcome outcome) {
    registry_
        .GetCounter(
            "kizashi_notifications_total", "Attempts to send a message, by what became of it.",
            {{"kind", delivery.kind}, {"outcome", std::string(DeliveryOutcomeName(outcome))}})
        .Add();
    if (outcome == DeliveryOutcome::kDelivered) return;
    const bool given_up = outcome == DeliveryOutcome::kGivenUp;
    Log(given_up ? LogLevel::kError : LogLevel::kWarn,
        given_up ? "message given up" : "message not delivered, will be tried again",
        {{"destination", DestinationName(delivery.kind, delivery.url)},
         {"alert", delivery.alert_id},
         {"event", delivery.event},
         {"attempts", delivery.attempts},
         {"reason", delivery.last_error}});
  }

  /// What cannot be stored is remembered: sending it again at once would be a flood of copies.
  void Save(const DeliveryRecord& delivery) {
    const Status status = store_.UpdateDelivery(delivery);
    if (status.ok() || status.code() == absl::StatusCode::kNotFound) return;
    LogStore("cannot store what became of a delivery", status);
    unsaved_[delivery.id] = delivery;
  }

  void SaveAgain() {
    std::erase_if(unsaved_, [this](const auto& entry) {
      const Status status = store_.UpdateDelivery(entry.second);
      return status.ok() || status.code() == absl::StatusCode::kNotFound;
    });
  }

  static void LogStore(std::string_view message, const Status& status) {
    Log(LogLevel::kError, message, {{"reason", Message(status)}});
  }

  RecordStore& store_;
  HttpClient& client_;
  const Clock& clock_;
  Registry& registry_;
  const DeliveryOptions options_;
  Gauge& waiting_;
  const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();

  // The rest is the thread's alone.
  std::map<std::string, DeliveryRecord> in_flight_;  // by URL
  std::map<std::string, Time> held_until_;           // by URL: Retry-After
  std::map<int64_t, DeliveryRecord> unsaved_;        // by id
  std::set<Time> wake_at_;

  std::thread thread_;  // last: it uses the others
};

DeliverySender::DeliverySender(RecordStore& store, HttpClient& client, const Clock& clock,
                               Registry& registry, DeliveryOptions options)
    : impl_(std::make_unique<Impl>(store, client, clock, registry, std::move(options))) {}

DeliverySender::~DeliverySender() { Stop(); }

void DeliverySender::Wake() { impl_->Wake(); }

void DeliverySender::Stop() { impl_->Stop(); }

}  // namespace kizashi
