#include "query/promql/budget.h"

#include <algorithm>

namespace kizashi::promql {
namespace {

// The clock is read once for so many samples: some tenths of a millisecond.
constexpr uint64_t kWorkBetweenChecks = 100'000;
constexpr uint64_t kBytesOfSample = 8;

}  // namespace

Status Budget::Hold(uint64_t samples) {
  if (samples > limits_.samples_max || samples_ > limits_.samples_max - samples) {
    return ResourceExhausted(
        "query processing would load too many samples into memory in query execution");
  }
  samples_ += samples;
  samples_peak_ = std::max(samples_peak_, samples_);
  return CheckBytes();
}

void Budget::Release(uint64_t samples) { samples_ -= samples; }

Status Budget::HoldBytes(uint64_t bytes) {
  other_bytes_ += bytes;
  return CheckBytes();
}

Status Budget::CheckBytes() const {
  if (samples_ * kBytesOfSample + other_bytes_ <= limits_.bytes_max) return OkStatus();
  return ResourceExhausted("query needs more than {} bytes of memory in query execution",
                           limits_.bytes_max);
}

Status Budget::Spend(uint64_t work) {
  work_ += work + 1;
  if (work_ < kWorkBetweenChecks) return OkStatus();
  work_ = 0;
  if (limits_.cancelled != nullptr && limits_.cancelled->load(std::memory_order_relaxed)) {
    return Errorf(absl::StatusCode::kCancelled, "query was canceled in expression evaluation");
  }
  if (stopwatch_.Elapsed() >= limits_.timeout) {
    return Errorf(absl::StatusCode::kDeadlineExceeded, "query timed out in expression evaluation");
  }
  return OkStatus();
}

}  // namespace kizashi::promql
