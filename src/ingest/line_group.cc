#include "ingest/line_group.h"

#include <memory>
#include <mutex>
#include <utility>

namespace kizashi {
namespace {

size_t BytesOf(const LogLine& line) {
  size_t bytes = sizeof(LogLine) + line.text.size();
  for (const Label& label : line.metadata) {
    bytes += sizeof(Label) + label.name.size() + label.value.size();
  }
  return bytes;
}

// Waits for the sink's answers on one group. Any thread.
class GroupAnswer {
 public:
  explicit GroupAnswer(GroupDone done) : done_(std::move(done)) {}

  void Expect(size_t batches) { waiting_ = batches; }
  void Kept(size_t lines) {
    {
      const std::lock_guard lock(mutex_);
      kept_ += lines;
    }
    Release();
  }
  void Refused(const Status& status, LogBatch* copy) {
    {
      const std::lock_guard lock(mutex_);
      if (status_.ok()) status_ = status;
      if (copy != nullptr) refused_.Add(std::move(*copy));
    }
    Release();
  }

 private:
  void Release() {
    {
      const std::lock_guard lock(mutex_);
      if (--waiting_ > 0) return;
    }
    // The last one: nothing changes any more.
    done_(status_, kept_, std::move(refused_));
  }

  const GroupDone done_;
  std::mutex mutex_;
  size_t waiting_ = 0;
  size_t kept_ = 0;
  Status status_;
  LineGroup refused_;
};

}  // namespace

void LineGroup::Add(StreamId stream, LogLine line) {
  ++lines_;
  bytes_ += BytesOf(line);
  by_stream_[stream].push_back(std::move(line));
}

void LineGroup::Add(LogBatch batch) {
  for (LogLine& line : batch.lines) Add(batch.stream, std::move(line));
}

std::vector<LogBatch> LineGroup::Take() {
  std::vector<LogBatch> batches;
  batches.reserve(by_stream_.size());
  for (auto& [stream, lines] : by_stream_) {
    LogBatch& batch = batches.emplace_back();
    batch.stream = stream;
    batch.lines = std::move(lines);
  }
  *this = {};
  return batches;
}

void AppendGroup(TelemetrySink& sink, LineGroup group, bool hand_back, GroupDone done) {
  std::vector<LogBatch> batches = group.Take();
  if (batches.empty()) return done(OkStatus(), 0, {});
  const auto answer = std::make_shared<GroupAnswer>(std::move(done));
  answer->Expect(batches.size());
  for (LogBatch& batch : batches) {
    const size_t lines = batch.lines.size();
    const auto copy = hand_back ? std::make_shared<LogBatch>(batch) : nullptr;
    sink.Append(std::move(batch), [answer, lines, copy](const Status& status) {
      if (status.ok()) return answer->Kept(lines);
      answer->Refused(status, copy.get());
    });
  }
}

StatusOr<StreamIds> StreamIds::Open(TelemetrySink& sink, std::string_view receiver,
                                    size_t streams_max) {
  KZ_ASSIGN_OR_RETURN(const StreamId common,
                      sink.InternStream(Labels({Label{"job", std::string(receiver)}})));
  return StreamIds(sink, common, streams_max);
}

StreamId StreamIds::Of(std::span<const Label> labels, LogLine* line) {
  key_.clear();
  for (const Label& label : labels) {
    if (label.value.empty()) continue;
    key_ += label.name;
    key_ += '\0';
    key_ += std::to_string(label.value.size());
    key_ += '\0';
    key_ += label.value;
  }
  if (key_.empty()) return common_;
  if (const auto found = known_.find(std::string_view(key_)); found != known_.end()) {
    return found->second;
  }
  if (known_.size() < streams_max_) {
    const StatusOr<StreamId> id =
        sink_->InternStream(Labels(std::vector<Label>(labels.begin(), labels.end())));
    if (id.ok()) {
      known_.emplace(key_, *id);
      return *id;
    }
  }
  for (const Label& label : labels) line->metadata.Set(label.name, label.value);
  return common_;
}

}  // namespace kizashi
