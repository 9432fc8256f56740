#include "ingest/sample_append.h"

#include <mutex>
#include <optional>
#include <utility>

namespace kizashi {
namespace {

/// The store answers on its own thread, perhaps before it has told which samples it does not take:
/// whoever comes second tells the push.
class Join {
 public:
  explicit Join(std::shared_ptr<PushAnswer> answer) : answer_(std::move(answer)) {}

  void Stored(Status status) {
    {
      const std::lock_guard lock(mutex_);
      status_ = std::move(status);
      if (!kept_) return;
    }
    Tell();
  }
  void Taken(size_t kept) {
    {
      const std::lock_guard lock(mutex_);
      kept_ = kept;
      if (!status_) return;
    }
    Tell();
  }

 private:
  // Of a batch without a sample that is kept nobody waits for an answer.
  void Tell() const {
    if (*kept_ > 0) answer_->Store(*status_, *kept_);
  }

  const std::shared_ptr<PushAnswer> answer_;
  std::mutex mutex_;
  std::optional<Status> status_;
  std::optional<size_t> kept_;
};

}  // namespace

void AppendSamples(TelemetrySink& sink, SampleBatch batch,
                   const std::shared_ptr<PushAnswer>& answer,
                   const std::function<std::string(size_t)>& item_of,
                   const std::function<size_t(const std::vector<RefusedSample>&)>& count_of) {
  const size_t count = batch.samples.size();
  if (count == 0) return;
  answer->Expect(count);
  const auto join = std::make_shared<Join>(answer);
  const std::vector<RefusedSample> refused =
      sink.Append(std::move(batch), [join](const Status& status) { join->Stored(status); });
  if (!refused.empty()) {
    answer->Refuse(item_of(refused.front().index), std::string(Message(refused.front().reason)),
                   count_of ? count_of(refused) : refused.size());
    answer->Forgo(refused.size());
  }
  join->Taken(count - refused.size());
}

}  // namespace kizashi
