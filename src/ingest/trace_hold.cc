#include "ingest/trace_hold.h"

#include <algorithm>

namespace kizashi {
namespace {

constexpr Duration kLook{100};

}  // namespace

TraceHold::TraceHold(TelemetrySink& sink, const Clock& clock)
    : sink_(sink), clock_(clock), thread_([this] { Run(); }) {}

TraceHold::~TraceHold() { Stop(); }

void TraceHold::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  LetGo(Time::max());
}

void TraceHold::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (held_.empty()) {
      changed_.wait(lock, [this] { return stopping_ || !held_.empty(); });
    } else {
      changed_.wait_for(lock, kLook, [this] { return stopping_; });
    }
    if (stopping_) return;
    lock.unlock();
    LetGo(clock_.Now());
    lock.lock();
  }
}

// Moves complete records to *out, and the shares of those who sent their lines. Requires the lock.
void TraceHold::Take(Held* held, std::vector<JoinedRecord>* done, Outgoing* out) {
  size_t lines = 0;
  for (JoinedRecord& record : *done) {
    lines += record.lines;
    out->records.push_back(std::move(record));
  }
  done->clear();
  while (lines > 0) {
    Share& front = held->shares.front();
    const size_t taken = std::min(lines, front.lines);
    if (out->shares.empty() || out->shares.back().answer != front.answer) {
      out->shares.push_back({front.answer, 0});
    }
    out->shares.back().lines += taken;
    front.lines -= taken;
    lines -= taken;
    if (front.lines == 0) held->shares.pop_front();
  }
}

void TraceHold::Append(StreamId stream, std::vector<PushedLine> lines,
                       const std::shared_ptr<PushAnswer>& answer) {
  answer->Expect(lines.size());
  Outgoing out;
  out.stream = stream;
  {
    const std::lock_guard lock(mutex_);
    std::vector<JoinedRecord> done;
    for (PushedLine& pushed : lines) {
      const bool is_stderr = pushed.line.metadata.Get("stream") == "stderr";
      Held& held = held_[{stream, is_stderr}];
      if (held.shares.empty() || held.shares.back().answer != answer) {
        held.shares.push_back({answer, 0});
      }
      ++held.shares.back().lines;
      const uint64_t number = next_number_++;
      held.joiner.Add(std::move(pushed.line), {number, number}, pushed.timed, &done);
      Take(&held, &done, &out);
    }
    for (const bool is_stderr : {false, true}) {
      const auto found = held_.find({stream, is_stderr});
      if (found == held_.end()) continue;
      Held& held = found->second;
      held_bytes_ -= held.bytes;
      held.bytes = held.joiner.open_bytes();
      held_bytes_ += held.bytes;
      // However many pushes bring more of it, the first one does not wait longer.
      if (!held.first || *held.first != held.joiner.first_open()) held.since = clock_.Now();
      held.first = held.joiner.first_open();
      if (held.joiner.in_trace() && held_bytes_ <= kHeldBytesMax && !stopping_) continue;
      held_bytes_ -= held.bytes;
      held.joiner.Close(&done);
      Take(&held, &done, &out);
      held_.erase(found);
    }
    if (!held_.empty()) changed_.notify_all();
  }
  std::sort(out.records.begin(), out.records.end(),
            [](const JoinedRecord& a, const JoinedRecord& b) { return a.first < b.first; });
  Send(std::move(out));
}

void TraceHold::LetGo(Time now) {
  std::vector<Outgoing> all;
  {
    const std::lock_guard lock(mutex_);
    std::vector<JoinedRecord> done;
    for (auto at = held_.begin(); at != held_.end();) {
      Held& held = at->second;
      // A clock that was put back must not keep anything waiting.
      if (now - held.since < kTraceGapMax && now >= held.since) {
        ++at;
        continue;
      }
      all.emplace_back().stream = at->first.first;
      held_bytes_ -= held.bytes;
      held.joiner.Close(&done);
      Take(&held, &done, &all.back());
      at = held_.erase(at);
    }
  }
  for (Outgoing& out : all) Send(std::move(out));
}

void TraceHold::Send(Outgoing out) {
  if (out.records.empty()) return;
  LogBatch batch;
  batch.stream = out.stream;
  batch.lines.reserve(out.records.size());
  for (JoinedRecord& record : out.records) batch.lines.push_back(std::move(record.line));
  sink_.Append(std::move(batch), [shares = std::move(out.shares)](const Status& status) {
    for (const Share& share : shares) share.answer->Store(status, share.lines);
  });
}

}  // namespace kizashi
