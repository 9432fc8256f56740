#include "act/alert/alert_service.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <utility>

#include "base/hash.h"
#include "base/log.h"

namespace kizashi::alerts {
namespace {

constexpr Duration kMaintainEvery{30'000};

}  // namespace

AlertService::AlertService(AlertServiceOptions options, const Clock& clock, Registry& registry)
    : options_(std::move(options)),
      clock_(clock),
      registry_(registry),
      engine_(options_.engine),
      queues_(options_.queues) {
  alive_->service = this;
}

StatusOr<std::unique_ptr<AlertService>> AlertService::Open(AlertServiceOptions options,
                                                           const Clock& clock, Registry& registry) {
  std::unique_ptr<AlertService> service(new AlertService(std::move(options), clock, registry));
  AlertService& of = *service;
  of.AddMetrics();
  // Before the log: its id is part of what receivers send.
  size_t unreadable = 0;
  KZ_ASSIGN_OR_RETURN(of.log_,
                      AppendLog::Open(of.options_.log, &registry, [&](std::string_view record) {
                        if (!of.engine_.Restore(record)) ++unreadable;
                      }));
  if (unreadable > 0) {
    Log(LogLevel::kError, "records of the alert log are of no known kind and are passed over",
        {{"records", unreadable}});
  }
  AlertConfigPtr config;
  std::map<std::string, std::shared_ptr<Receiver>> receivers;
  KZ_RETURN_IF_ERROR(of.LoadConfig(&config, &receivers));
  of.reload_ok_->Set(1);
  of.reload_time_->Set(static_cast<double>(ToMs(clock.Now())) / 1000);
  {
    const Lock lock(of.mutex_);
    const Time now = clock.Now();
    of.maintained_ = now;
    for (const uint64_t number : of.engine_.Waiting()) {
      const Notification& waiting = *of.engine_.FindWaiting(number);
      of.queues_.Add(waiting.destination, number, waiting.group_key, waiting.created_at);
    }
    of.Use(std::move(config), std::move(receivers));
  }
  of.thread_ = std::thread([&of] { of.Run(); });
  return service;
}

AlertService::~AlertService() { Stop(Duration(0)); }

void AlertService::Stop(Duration deadline) {
  {
    Lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, deadline, [this] { return sending_ == 0; });
  }
  if (thread_.joinable()) thread_.join();
  {
    Lock lock(alive_->mutex);
    alive_->service = nullptr;
    alive_->ended.wait(lock, [this] { return alive_->calls == 0; });
  }
  Tell(std::exchange(heard_, {}));
}

void AlertService::Tell(std::vector<AlertEvent> events) const {
  for (const AlertEvent& event : events) {
    for (AlertListener* listener : options_.listeners) listener->OnAlertEvent(event);
  }
}

// Under the lock.
void AlertService::Hear(AlertEvent::Kind kind, uint64_t number, int attempt, std::string detail,
                        Time now) {
  if (options_.listeners.empty()) return;
  std::optional<AlertEvent> event = engine_.EventOf(number, kind, now);
  if (!event) return;
  event->attempt = attempt;
  event->detail = std::move(detail);
  heard_.push_back(*std::move(event));
}

void AlertService::AddMetrics() {
  const auto received = [this](const char* status) {
    return &registry_.GetCounter("alertmanager_alerts_received_total",
                                 "The total number of received alerts.",
                                 {{"status", status}, {"version", "v2"}});
  };
  received_firing_ = received("firing");
  received_resolved_ = received("resolved");
  invalid_ = &registry_.GetCounter("alertmanager_alerts_invalid_total",
                                   "The total number of received alerts that were invalid.",
                                   {{"version", "v2"}});
  refused_ = &registry_.GetCounter("kizashi_alerts_refused_total",
                                   "Alerts that were not taken: no disk, or no room.");
  reloads_failed_ = &registry_.GetCounter("kizashi_alert_config_reload_failures_total",
                                          "Reloads whose configuration had errors.");
  reload_ok_ = &registry_.GetGauge("alertmanager_config_last_reload_successful",
                                   "Whether the last configuration reload attempt was successful.");
  reload_time_ = &registry_.GetGauge("alertmanager_config_last_reload_success_timestamp_seconds",
                                     "Timestamp of the last successful configuration reload.");
  config_hash_ = &registry_.GetGauge("alertmanager_config_hash",
                                     "Hash of the currently loaded configuration.");
  const auto count = [this](const char* name, const char* help, auto read) {
    registry_.AddCallback(name, help, [this, read] {
      const Lock lock(mutex_);
      return static_cast<double>(read());
    });
  };
  count("kizashi_alerts", "Alerts that are kept.", [this] { return engine_.alerts(); });
  count("alertmanager_dispatcher_aggregation_groups", "Number of active aggregation groups.",
        [this] { return engine_.groups(); });
  count("kizashi_alert_notifications_waiting", "Notifications that are not delivered yet.",
        [this] { return engine_.waiting(); });
}

// Names and meaning as in Alertmanager, whose alerting rules read them.
void AlertService::CountAttempt(const std::string& destination, const SendResult& result) {
  const size_t begin = destination.rfind('/', destination.rfind('/') - 1) + 1;
  const MetricLabels labels = {
      {"integration", destination.substr(begin, destination.rfind('/') - begin)}};
  registry_
      .GetCounter("alertmanager_notifications_total",
                  "The total number of attempted notifications.", labels)
      .Add();
  Counter& failed = registry_.GetCounter("alertmanager_notifications_failed_total",
                                         "The total number of failed notifications.", labels);
  if (result.outcome != SendResult::Outcome::kDelivered) failed.Add();
}

StatusOr<std::map<std::string, std::shared_ptr<Receiver>>> AlertService::MakeReceivers(
    const AlertConfig& config) const {
  std::map<std::string, std::shared_ptr<Receiver>> made;
  const auto& kinds = options_.receivers.kinds;
  for (const ReceiverConfig& receiver : config.receivers) {
    for (const Integration& to : receiver.integrations) {
      if (std::find(kinds.begin(), kinds.end(), to.kind) == kinds.end()) continue;
      KZ_ASSIGN_OR_RETURN(made[DestinationKey(receiver.name, to.kind, to.index)],
                          options_.receivers.make(config, receiver, to));
    }
  }
  return made;
}

Status AlertService::LoadConfig(AlertConfigPtr* config,
                                std::map<std::string, std::shared_ptr<Receiver>>* receivers) const {
  AlertConfigResult read = options_.load_config
                               ? options_.load_config()
                               : LoadAlertConfig(options_.config_file, options_.receivers.kinds);
  if (!read.errors.empty()) return InvalidArgument("{}", fmt::join(read.errors, "\n"));
  for (const std::string& note : read.config->notes) {
    Log(LogLevel::kWarn, "alert configuration", {{"note", note}});
  }
  KZ_ASSIGN_OR_RETURN(*receivers, MakeReceivers(*read.config));
  *config = std::move(read.config);
  return OkStatus();
}

void AlertService::Use(AlertConfigPtr config,
                       std::map<std::string, std::shared_ptr<Receiver>> receivers) {
  receivers_ = std::move(receivers);
  for (const auto& [destination, receiver] : receivers_) {
    queues_.SetLimit(destination, receiver->limit());
  }
  // As many bits as a gauge has.
  config_hash_->Set(static_cast<double>(Hash64(config->shown) >> 16));
  engine_.Configure(std::move(config), clock_.Now());
  static_cast<void>(Write(engine_.Take()));
}

Status AlertService::Reload() {
  AlertConfigPtr config;
  std::map<std::string, std::shared_ptr<Receiver>> receivers;
  if (const Status status = LoadConfig(&config, &receivers); !status.ok()) {
    reloads_failed_->Add();
    reload_ok_->Set(0);
    return status;
  }
  std::vector<Sending> sending;
  {
    const Lock lock(mutex_);
    Use(std::move(config), std::move(receivers));
    sending = Pump(clock_.Now());
  }
  Send(std::move(sending));
  reload_ok_->Set(1);
  reload_time_->Set(static_cast<double>(ToMs(clock_.Now())) / 1000);
  return OkStatus();
}

// Under the lock.
Status AlertService::Write(const std::vector<Event>& events) {
  if (events.empty()) return OkStatus();
  std::vector<std::string> records;
  for (const Event& event : events) records.push_back(event.record);
  const Status status = log_->Append(records);
  if (!status.ok()) {
    // Being told twice after the next start is better than not being told.
    Log(LogLevel::kError, "what was told could not be written", {{"reason", Message(status)}});
  }
  for (const Event& event : events) {
    if (event.kind == Event::Kind::kQueued && event.is_new) {
      const Notification* queued = engine_.FindWaiting(event.number);
      if (queued == nullptr) continue;  // it ended at once
      queues_.Add(event.destination, event.number, queued->group_key, queued->created_at);
    } else if (event.kind == Event::Kind::kEnded) {
      queues_.Remove(event.destination, event.number);
    } else if ((event.kind == Event::Kind::kTold || event.kind == Event::Kind::kGroup) &&
               options_.cluster.share) {
      options_.cluster.share(event.record);
    }
  }
  return status;
}

std::vector<AlertService::Sending> AlertService::Pump(Time now) {
  if (options_.cluster.settled) {
    engine_.SetPaused(!options_.cluster.settled());
    engine_.SetWait(options_.cluster.wait());
  }
  if (now < last_now_) queues_.ClockWentBack(now);
  last_now_ = now;
  engine_.Advance(now);
  static_cast<void>(Write(engine_.Take()));
  std::vector<AlertEvent> happened = engine_.TakeAlertEvents();
  if (!options_.listeners.empty())
    std::move(happened.begin(), happened.end(), std::back_inserter(heard_));
  std::vector<Sending> sending;
  if (stopping_) return sending;
  for (const uint64_t number : queues_.Start(now)) {
    const Notification& notification = *engine_.FindWaiting(number);
    engine_.Begin(number);
    const auto tried = queues_.Attempts(notification.destination, number);
    Hear(AlertEvent::Kind::kAttempted, number, tried->first + 1, "", now);
    sending.push_back({receivers_[notification.destination], notification});
    engine_.Complete(&sending.back().notification);
    ++sending_;
  }
  Wake();
  return sending;
}

void AlertService::Wake() {
  std::optional<Time> due = engine_.NextDue();
  if (const auto next = queues_.NextDue(); next && (!due || *next < *due)) due = next;
  if (!heard_.empty() || (due && wakes_at_ && *due < *wakes_at_)) changed_.notify_all();
}

void AlertService::Send(std::vector<Sending> sending) {
  for (Sending& one : sending) {
    const std::string destination = one.notification.destination;
    const uint64_t number = one.notification.number;
    one.receiver->Send(one.notification,
                       [alive = alive_, destination, number](const SendResult& result) {
                         AlertService* service = nullptr;
                         {
                           const Lock lock(alive->mutex);
                           service = alive->service;
                           if (service == nullptr) return;
                           ++alive->calls;
                         }
                         service->Finish(destination, number, result);
                         const Lock lock(alive->mutex);
                         --alive->calls;
                         alive->ended.notify_all();
                       });
  }
}

void AlertService::Finish(const std::string& destination, uint64_t number,
                          const SendResult& result) {
  if (!result.error.empty()) {
    Log(LogLevel::kWarn, "a notification was not delivered",
        {{"destination", destination}, {"number", number}, {"reason", result.error}});
  }
  CountAttempt(destination, result);
  std::vector<Sending> sending;
  {
    const Lock lock(mutex_);
    const Time now = clock_.Now();
    --sending_;
    const auto tried = queues_.Attempts(destination, number);
    const int attempt = tried ? tried->first + 1 : 1;
    if (!result.receipt.empty()) engine_.SetReceipt(number, result.receipt);
    switch (queues_.Result(destination, number, result, now)) {
      case DeliveryQueues::Then::kTriedAgain:
        Hear(AlertEvent::Kind::kFailed, number, attempt, result.error, now);
        engine_.Back(number);
        break;
      case DeliveryQueues::Then::kGivenUp:
        Hear(AlertEvent::Kind::kGivenUp, number, attempt, result.error, now);
        engine_.End(number, EndReason::kGivenUp, now);
        break;
      case DeliveryQueues::Then::kEnded: {
        Hear(AlertEvent::Kind::kDelivered, number, attempt, "", now);
        const Notification* waiting = engine_.FindWaiting(number);
        const std::string key = waiting == nullptr ? "" : waiting->group_key;
        engine_.End(number, EndReason::kDelivered, now);
        const Told* told = waiting == nullptr ? nullptr : engine_.FindTold(key, destination);
        if (told != nullptr && options_.cluster.share) options_.cluster.share(EncodeRecord(*told));
        break;
      }
    }
    // It may have ended while it was sent: the configuration no longer has its destination.
    if (engine_.FindWaiting(number) == nullptr) queues_.Remove(destination, number);
    static_cast<void>(Write(engine_.Take()));
    sending = Pump(now);
    if (stopping_) changed_.notify_all();
  }
  Send(std::move(sending));
}

void AlertService::Post(std::vector<Alert> received, std::function<void(PostResult)> done) {
  PostResult result;
  std::vector<Sending> sending;
  {
    const Lock lock(mutex_);
    const Time now = clock_.Now();
    std::vector<Alert> good;
    for (Alert& alert : received) {
      alert.updated_at = now;
      if (alert.starts_at == Time{})
        alert.starts_at = alert.ends_at == Time{} ? now : alert.ends_at;
      alert.timeout = alert.ends_at == Time{};
      if (alert.timeout) alert.ends_at = now + engine_.config().resolve_timeout;
      (alert.ends_at > now ? received_firing_ : received_resolved_)->Add();
      if (const Status valid = ValidateAlert(alert); !valid.ok()) {
        invalid_->Add();
        result.refused.emplace_back(Message(valid));
        continue;
      }
      alert.fingerprint = FingerprintOf(alert.labels);
      good.push_back(std::move(alert));
    }
    result.status = PostGood(std::move(good), now);
    sending = Pump(clock_.Now());
  }
  Send(std::move(sending));
  if (!result.status.ok()) return done(std::move(result));
  log_->Sync([result = std::move(result), done = std::move(done)](const Status& status) mutable {
    result.status = status;
    done(std::move(result));
  });
}

// Under the lock. All of them or none.
Status AlertService::PostGood(std::vector<Alert> good, Time now) {
  size_t fresh = 0;
  for (const Alert& alert : good) fresh += engine_.Has(alert.fingerprint) ? 0 : 1;
  if (engine_.alerts() + fresh > options_.engine.alerts_max) {
    refused_->Add(static_cast<double>(good.size()));
    return ResourceExhausted("{} alerts are kept, the most are {}: none of these {} was taken",
                             engine_.alerts(), options_.engine.alerts_max, good.size());
  }
  // Of alerts that come twice in one message the later is merged into the earlier.
  std::vector<std::string> records;
  std::map<uint64_t, Alert> merged;
  std::vector<uint64_t> order;
  for (Alert& alert : good) {
    const auto before = merged.find(alert.fingerprint);
    if (before != merged.end()) {
      before->second = MergeAlert(&before->second, std::move(alert), now);
      continue;
    }
    order.push_back(alert.fingerprint);
    merged.emplace(order.back(), engine_.Merged(std::move(alert), now));
  }
  for (const uint64_t fingerprint : order) records.push_back(EncodeRecord(merged[fingerprint]));
  if (const Status status = log_->Append(records); !status.ok()) {
    refused_->Add(static_cast<double>(good.size()));
    return Unavailable("{}: none of these {} alerts was taken, send them again", Message(status),
                       good.size());
  }
  for (const uint64_t fingerprint : order) engine_.Put(std::move(merged[fingerprint]), now);
  return OkStatus();
}

Status AlertService::WaitForDisk() {
  std::promise<Status> synced;
  log_->Sync([&synced](const Status& status) { synced.set_value(status); });
  return synced.get_future().get();
}

Status AlertService::Act(uint64_t group_id, const GroupAction& action) {
  Status kept;
  std::vector<Sending> sending;
  {
    const Lock lock(mutex_);
    const Time now = clock_.Now();
    KZ_RETURN_IF_ERROR(engine_.Act(group_id, action, now));
    kept = Write(engine_.Take());
    sending = Pump(now);
  }
  Send(std::move(sending));
  if (!kept.ok()) return Unavailable("{}: it is done, but a restart forgets it", Message(kept));
  return WaitForDisk();
}

Status AlertService::WriteSilences(const std::vector<Silence>& silences) {
  std::vector<std::string> records;
  for (const Silence& silence : silences) records.push_back(EncodeRecord(silence));
  {
    const Lock lock(mutex_);
    KZ_RETURN_IF_ERROR(log_->Append(records));
    for (const Silence& silence : silences) engine_.SetSilence(silence);
  }
  if (options_.cluster.share) {
    for (std::string& record : records) options_.cluster.share(std::move(record));
  }
  return WaitForDisk();
}

StatusOr<std::string> AlertService::SetSilence(Silence wanted) {
  const Lock one(silence_mutex_);
  std::vector<Silence> plan;
  {
    const Lock lock(mutex_);
    KZ_ASSIGN_OR_RETURN(plan, engine_.silences().PlanSet(std::move(wanted), clock_.Now()));
  }
  KZ_RETURN_IF_ERROR(WriteSilences(plan));
  return plan.back().id;
}

Status AlertService::ExpireSilence(std::string_view id) {
  const Lock one(silence_mutex_);
  std::vector<Silence> plan;
  {
    const Lock lock(mutex_);
    KZ_ASSIGN_OR_RETURN(plan, engine_.silences().PlanExpire(id, clock_.Now()));
  }
  return plan.empty() ? OkStatus() : WriteSilences(plan);
}

bool AlertService::MergeShared(std::string_view bytes) {
  Record record;
  if (!DecodeRecord(bytes, &record)) return false;
  std::vector<Sending> sending;
  {
    const Lock lock(mutex_);
    bool is_news = false;
    if (auto* silence = std::get_if<Silence>(&record)) {
      const Silence* here = engine_.silences().Find(silence->id);
      is_news = here == nullptr || here->updated_at < silence->updated_at;
      if (is_news) engine_.SetSilence(std::move(*silence));
    } else if (auto* told = std::get_if<Told>(&record)) {
      is_news = engine_.MergeTold(std::move(*told));
    } else if (auto* state = std::get_if<GroupState>(&record)) {
      is_news = engine_.MergeState(std::move(*state), clock_.Now());
    } else {
      return false;
    }
    if (!is_news) return true;
    if (const Status status = log_->Append({std::string(bytes)}); !status.ok()) {
      Log(LogLevel::kError, "what a peer told could not be written", {{"reason", Message(status)}});
    }
    static_cast<void>(Write(engine_.Take()));
    sending = Pump(clock_.Now());
  }
  Send(std::move(sending));
  return true;
}

std::vector<std::string> AlertService::Shared() const {
  std::vector<std::string> records;
  const Lock lock(mutex_);
  engine_.SaveShared([&](std::string_view record) { records.emplace_back(record); });
  return records;
}

void AlertService::Maintain(Time now) {
  if (now - maintained_ >= kMaintainEvery) {
    maintained_ = now;
    engine_.Forget(now);
  }
  if (log_->WantsCompaction()) {
    std::vector<std::string> records;
    engine_.Save([&](std::string_view record) { records.emplace_back(record); });
    log_->Compact(std::move(records));
  }
}

void AlertService::Run() {
  Lock lock(mutex_);
  while (!stopping_) {
    const Time now = clock_.Now();
    std::vector<Sending> sending = Pump(now);
    Maintain(now);
    if (!sending.empty() || !heard_.empty()) {
      std::vector<AlertEvent> heard = std::exchange(heard_, {});
      lock.unlock();
      Send(std::move(sending));
      Tell(std::move(heard));
      lock.lock();
      continue;
    }
    // A second at most: a cluster settles, a clock is set.
    wakes_at_ = now + Duration(1000);
    if (const auto due = engine_.NextDue()) wakes_at_ = std::min(*wakes_at_, *due);
    if (const auto due = queues_.NextDue()) wakes_at_ = std::min(*wakes_at_, *due);
    if (*wakes_at_ > now && !stopping_) changed_.wait_for(lock, *wakes_at_ - now);
    wakes_at_.reset();
  }
}

std::vector<Silence> AlertService::ListSilences() const {
  std::vector<Silence> all;
  const Lock lock(mutex_);
  for (const auto& [id, silence] : engine_.silences().all()) all.push_back(silence);
  return all;
}

std::vector<ListedAlert> AlertService::List() const {
  const Lock lock(mutex_);
  return engine_.List(clock_.Now());
}

std::vector<AlertPtr> AlertService::Where(const std::function<bool(const Alert&)>& wanted) const {
  const Lock lock(mutex_);
  return engine_.Where(wanted);
}

std::vector<ListedGroup> AlertService::Groups() const {
  const Lock lock(mutex_);
  return engine_.Groups(clock_.Now());
}

std::vector<OpenGroup> AlertService::OpenGroups() const {
  const Lock lock(mutex_);
  return engine_.OpenGroups(clock_.Now());
}

StatusOr<ToldOf> AlertService::WhoWasTold(uint64_t fingerprint) const {
  const Lock lock(mutex_);
  return engine_.WhoWasTold(fingerprint, clock_.Now());
}

std::vector<QueueStatus> AlertService::Queues() const {
  const Lock lock(mutex_);
  return queues_.Status();
}

std::optional<std::pair<int, Time>> AlertService::Attempts(const std::string& destination,
                                                           uint64_t number) const {
  const Lock lock(mutex_);
  return queues_.Attempts(destination, number);
}

AlertConfigPtr AlertService::config() const {
  const Lock lock(mutex_);
  return engine_.config_ptr();
}

}  // namespace kizashi::alerts
