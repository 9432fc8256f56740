#include "query/remote/remote_sender.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "base/log.h"
#include "store/logs/durable_file.h"

namespace kizashi {
namespace {

constexpr Duration kSlice = std::chrono::milliseconds(20);
constexpr Duration kComplainEvery = std::chrono::minutes(1);
constexpr Duration kSaveEvery = std::chrono::seconds(10);  // when nothing was sent

SampleBatch::Sample SampleAt(const JournalEntry& entry, size_t i) {
  if (const auto* scrape = std::get_if<ScrapeBatch>(&entry.body)) {
    return {(*scrape->layout)[i], scrape->time, scrape->values[i]};
  }
  return std::get<SampleBatch>(entry.body).samples[i];
}

}  // namespace

size_t SamplesOf(const JournalEntry& entry) {
  if (const auto* scrape = std::get_if<ScrapeBatch>(&entry.body)) return scrape->values.size();
  if (const auto* batch = std::get_if<SampleBatch>(&entry.body)) return batch->samples.size();
  return 0;
}

RemoteSender::Counters RemoteSender::MakeCounters(const std::string& name, Registry* registry) {
  const MetricLabels remote = {{"remote", name}};
  const auto dropped = [&](const char* reason) -> Counter& {
    return registry->GetCounter("kizashi_remote_write_samples_dropped_total",
                                "Samples that are not sent to the receiver, by reason.",
                                {{"reason", reason}, {"remote", name}});
  };
  return {
      registry->GetCounter("kizashi_remote_write_samples_sent_total",
                           "Samples that the receiver has taken.", remote),
      dropped("refused"),
      registry->GetCounter("kizashi_remote_write_samples_retried_total",
                           "Samples of requests that are sent again.", remote),
      dropped("relabelled"),
      dropped("too_old"),
      registry->GetCounter("kizashi_remote_write_entries_lost_total",
                           "Journal entries that were deleted before they could be sent.", remote),
      registry->GetGauge("kizashi_remote_write_pending_samples",
                         "Samples in memory that wait to be sent.", remote),
      registry->GetGauge("kizashi_remote_write_lag_entries",
                         "Journal entries that the receiver does not have.", remote),
      registry->GetGauge("kizashi_remote_write_lag_seconds",
                         "Age of the oldest sample that waits to be sent.", remote),
  };
}

RemoteSender::RemoteSender(RemoteWriteConfigPtr config, Parts parts)
    : config_(std::move(config)),
      parts_(std::move(parts)),
      position_file_(fmt::format("{}/{:016x}.position", parts_.directory, Hash64(config_->name))),
      counters_(MakeCounters(config_->name, parts_.registry)),
      labels_(*parts_.journal, config_->external_labels, config_->relabel) {}

RemoteSender::~RemoteSender() { Stop(); }

void RemoteSender::Start() {
  KZ_CHECK(!thread_.joinable());
  LoadPosition();
  thread_ = std::thread([this] { Run(); });
}

void RemoteSender::LoadPosition() {
  const JournalPlace end{parts_.journal->last_seq() + 1, 0};
  const auto read = ReadPosition(position_file_);
  SendPosition position{end, end};
  if (!read.ok()) {
    Log(LogLevel::kError, "remote write: where it was is not known; it begins with what comes now",
        {{"remote", config_->name}, {"reason", Message(read.status())}});
  } else if (*read && (*read)->done > end) {
    Log(LogLevel::kError, "remote write: the position is of another journal; it begins anew",
        {{"remote", config_->name}});
  } else if (*read) {
    position = **read;
    saved_ = position;
  }
  position_ = position;
  next_ = position_.done;
  if (position_.under_way > position_.done) cut_ = position_.under_way;
  // Also of one that is new: from here on nothing is to be lost.
  SavePosition();
}

void RemoteSender::SavePosition() {
  since_saved_ = Stopwatch();
  if (position_ == saved_) return;
  const Status saved = WriteDurably(position_file_, EncodePosition(position_));
  if (saved.ok()) {
    saved_ = position_;
    return;
  }
  // To go on is safe: after a crash more is sent again.
  Log(LogLevel::kWarn, "remote write: the position is not kept",
      {{"remote", config_->name}, {"reason", Message(saved)}});
}

void RemoteSender::Push(const TelemetryStore::Entries& entries) {
  const std::lock_guard lock(mutex_);
  for (const auto& entry : entries) {
    if (behind_) break;
    const size_t samples = SamplesOf(*entry);
    if (queue_samples_ + samples > config_->capacity || queue_.size() >= config_->capacity) {
      behind_ = true;
      break;
    }
    queue_samples_ += samples;
    queue_.push_back(entry);
  }
  changed_.notify_all();
}

void RemoteSender::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (!thread_.joinable()) return;
  thread_.join();
  for (Gauge* gauge : {&counters_.pending, &counters_.lag_entries, &counters_.lag_seconds}) {
    gauge->Set(0);
  }
}

void RemoteSender::Run() {
  CatchUp();
  while (!stopping_) {
    TakeQueued();
    if (stopping_) break;
    const Duration waited = since_first_.Elapsed();
    if (!request_.empty() && waited >= config_->send_deadline) Deliver(std::nullopt);
    if (request_.empty() && !cut_) position_ = {next_, next_};
    const bool is_noted = saved_ && saved_->done == saved_->under_way;
    if (!is_noted || since_saved_.Elapsed() >= kSaveEvery) SavePosition();
    UpdateGauges();
    Duration wait = kIdle;
    if (!request_.empty()) wait = std::clamp(config_->send_deadline - waited, Duration(1), kIdle);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, wait, [this] { return stopping_ || behind_ || !queue_.empty(); });
  }
  SavePosition();
}

void RemoteSender::TakeQueued() {
  std::deque<std::shared_ptr<const JournalEntry>> entries;
  bool behind = false;
  {
    const std::lock_guard lock(mutex_);
    entries = std::exchange(queue_, {});
    behind = std::exchange(behind_, false);
    queue_samples_ = 0;
  }
  for (const auto& entry : entries) {
    if (entry->seq > next_.seq) CatchUp();
    if (stopping_) return;
    if (entry->seq >= next_.seq && !Take(*entry, std::nullopt)) return;
  }
  if (behind) CatchUp();
}

// Reads from the journal what was not pushed. A scan that waits for a receiver would keep what is
// deleted meanwhile, so it ends when that takes long, and is begun again.
void RemoteSender::CatchUp() {
  while (!stopping_) {
    NoteLost();
    bool taken = true;
    const Status scanned = parts_.journal->Scan(next_.seq - 1, [&](const JournalEntry& entry) {
      return taken = Take(entry, kPatience) && !stopping_;
    });
    if (!scanned.ok()) {
      Log(LogLevel::kError, "remote write: the journal cannot be read; trying again",
          {{"remote", config_->name}, {"reason", Message(scanned)}});
      Pause(config_->backoff_max);
      continue;
    }
    if (taken) return;
    if (!lanes_.empty()) Deliver(std::nullopt);
  }
}

void RemoteSender::NoteLost() {
  const uint64_t first = parts_.journal->first_samples_seq();
  if (first <= next_.seq) return;
  const uint64_t lost = first - next_.seq;
  counters_.lost.Add(static_cast<double>(lost));
  Log(LogLevel::kError, "remote write: entries were deleted before the receiver could have them",
      {{"remote", config_->name}, {"entries", lost}, {"from", next_.seq}});
  next_ = {first, 0};
}

// False when told to stop, or when the receiver did not answer in time.
bool RemoteSender::Take(const JournalEntry& entry, std::optional<Duration> patience) {
  if (!Step(std::max(next_, {entry.seq, 0}), patience)) return false;
  const size_t samples = SamplesOf(entry);
  for (size_t i = next_.samples; i < samples; ++i) {
    Collect(SampleAt(entry, i), entry.time);
    if (!Step({entry.seq, i + 1}, patience)) return false;
  }
  return Step({entry.seq + 1, 0}, patience);
}

// Collected up to `next`: sends what is full, or what was one request before a crash.
bool RemoteSender::Step(JournalPlace next, std::optional<Duration> patience) {
  next_ = next;
  const bool is_cut = cut_ && next_ >= *cut_;
  if (is_cut) cut_.reset();
  const size_t full = config_->samples_per_send_max * config_->requests_at_once;
  if (request_.empty() || (!is_cut && request_.size() < full)) return true;
  return Deliver(patience);
}

void RemoteSender::Collect(const SampleBatch::Sample& sample, Time entry_time) {
  const Duration age_max = config_->sample_age_max;
  if (age_max > Duration(0) && parts_.clock->Now() - sample.time > age_max) {
    counters_.too_old.Add();
  } else if (labels_.Of(sample.series).empty()) {
    counters_.relabelled.Add();
  } else {
    if (request_.empty()) {
      oldest_ = entry_time;
      since_first_ = Stopwatch();
    }
    request_.Add(sample);
  }
}

bool RemoteSender::Deliver(std::optional<Duration> patience) {
  if (lanes_.empty()) BeginRound();
  if (!FinishRound(patience)) return false;
  lanes_.clear();
  request_.Clear();
  position_ = {position_.under_way, position_.under_way};
  return true;
}

// After a crash the same samples make the same requests.
void RemoteSender::BeginRound() {
  const size_t most = config_->samples_per_send_max;
  const bool is_small = request_.size() <= most;
  const std::vector<size_t> ends = request_.Divide(is_small ? 1 : config_->requests_at_once);
  lanes_ = std::vector<Lane>(ends.size());
  size_t begin = 0;
  for (size_t i = 0; i < ends.size(); ++i) {
    for (; begin < ends[i]; begin = std::min(begin + most, ends[i])) {
      lanes_[i].pieces.push_back({begin, std::min(begin + most, ends[i])});
    }
    std::reverse(lanes_[i].pieces.begin(), lanes_[i].pieces.end());
  }
  divisions_ = 0;
  position_.under_way = next_;
  SavePosition();
}

bool RemoteSender::FinishRound(std::optional<Duration> patience) {
  const Stopwatch since_begin;
  std::optional<Stopwatch> since_stop;
  while (true) {
    if (stopping_ && !since_stop) since_stop.emplace();
    const bool is_over = stopping_ || (patience && since_begin.Elapsed() > *patience);
    bool is_done = true;
    bool is_under_way = false;
    for (size_t i = 0; i < lanes_.size(); ++i) {
      Lane& lane = lanes_[i];
      is_done = is_done && lane.pieces.empty();
      const bool is_due = !lane.pieces.empty() && lane.since_answer.Elapsed() >= lane.wait;
      if (is_due && !lane.is_under_way && !is_over) Send(i);
      is_under_way = is_under_way || lane.is_under_way;
    }
    if (is_done) return true;
    if (is_over && !is_under_way) return false;
    if (since_stop && since_stop->Elapsed() > kStopWait) return false;
    std::vector<std::pair<size_t, FetchResult>> answers;
    {
      std::unique_lock lock(mailbox_->mutex);
      mailbox_->came.wait_for(lock, kSlice, [this] { return !mailbox_->answers.empty(); });
      answers.swap(mailbox_->answers);
    }
    for (const auto& [lane, result] : answers) TakeAnswer(result, &lanes_[lane]);
    UpdateGauges();
  }
}

void RemoteSender::Send(size_t lane) {
  lanes_[lane].is_under_way = true;
  const auto answer = [mailbox = mailbox_, lane](FetchResult result) {
    const std::lock_guard lock(mailbox->mutex);
    mailbox->answers.emplace_back(lane, std::move(result));
    mailbox->came.notify_all();
  };
  FetchRequest request;
  request.method = "POST";
  request.url = config_->url;
  request.timeout = config_->timeout;
  request.body_bytes_max = 1 << 20;
  request.headers = {{"Content-Type", "application/x-protobuf"},
                     {"Content-Encoding", "snappy"},
                     {"X-Prometheus-Remote-Write-Version", "0.1.0"}};
  FetchResult failed;
  failed.status = config_->http.Apply(&request);
  if (!failed.status.ok()) return answer(std::move(failed));
  const Piece piece = lanes_[lane].pieces.back();
  request.body = request_.Body(piece.begin, piece.end, &labels_);
  parts_.fetch(std::move(request), answer);
}

void RemoteSender::TakeAnswer(const FetchResult& result, Lane* lane) {
  using Kind = SendVerdict::Kind;
  const Piece piece = lane->pieces.back();
  const auto samples = static_cast<double>(piece.size());
  const SendVerdict verdict = VerdictOf(result);
  lane->is_under_way = false;
  lane->since_answer = Stopwatch();
  if (verdict.kind == Kind::kRetry) {
    counters_.retried.Add(samples);
    Complain(verdict, piece.size());
    lane->backoff = std::clamp(lane->backoff * 2, config_->backoff_min, config_->backoff_max);
    lane->wait = std::max(lane->backoff, verdict.wait);
    return;
  }
  lane->backoff = lane->wait = Duration(0);
  lane->pieces.pop_back();
  if (verdict.kind == Kind::kSent) {
    counters_.sent.Add(samples);
  } else if (verdict.kind == Kind::kDivide && piece.size() > 1 && divisions_ < kDivisionsMax) {
    ++divisions_;
    const size_t middle = piece.begin + piece.size() / 2;
    lane->pieces.push_back({middle, piece.end});
    lane->pieces.push_back({piece.begin, middle});
  } else {
    counters_.refused.Add(samples);
    Complain(verdict, piece.size());
  }
}

// False when told to stop.
bool RemoteSender::Pause(Duration wait) {
  const Stopwatch since_begin;
  while (!stopping_ && since_begin.Elapsed() < wait) {
    UpdateGauges();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::min(kIdle, wait - since_begin.Elapsed()),
                      [this] { return stopping_.load(); });
  }
  return !stopping_;
}

void RemoteSender::Complain(const SendVerdict& verdict, size_t samples) {
  if (since_complaint_ && since_complaint_->Elapsed() < kComplainEvery) return;
  since_complaint_.emplace();
  const bool again = verdict.kind == SendVerdict::Kind::kRetry;
  Log(again ? LogLevel::kWarn : LogLevel::kError,
      again ? "remote write: trying again" : "remote write: samples are refused and dropped",
      {{"remote", config_->name}, {"samples", samples}, {"reason", verdict.reason}});
}

void RemoteSender::UpdateGauges() {
  size_t queued = 0;
  {
    const std::lock_guard lock(mutex_);
    queued = queue_samples_;
  }
  const uint64_t last = parts_.journal->last_seq();
  const uint64_t done = position_.done.seq - 1;
  const Duration lag = request_.empty() ? Duration(0) : parts_.clock->Now() - oldest_;
  counters_.pending.Set(static_cast<double>(request_.size() + queued));
  counters_.lag_entries.Set(static_cast<double>(last > done ? last - done : 0));
  counters_.lag_seconds.Set(std::max(0.0, ToSeconds(lag)));
}

}  // namespace kizashi
