#include "judge/together/group_history.h"

#include <algorithm>
#include <cmath>

namespace kizashi {
namespace {
constexpr int64_t kDayMs = 24 * 3600 * 1000;
}  // namespace

double GroupHistory::Counts::event_count() const {
  double sum = 0;
  for (const double count : events) sum += count;
  return sum;
}

double GroupHistory::Counts::failures() const {
  double sum = 0;
  for (int i = 0; i < kSizes; ++i) sum += (i + 1) * events[size_t(i)];
  return sum;
}

void GroupHistory::CloseEvent() {
  if (first_) counts_.events[size_t(std::min(size_, kSizes) - 1)] += 1;
  first_.reset();
}

void GroupHistory::Down(Time at) {
  if (first_ && at - *first_ <= kTogether) {
    ++size_;
    return;
  }
  CloseEvent();
  first_ = at;
  size_ = 1;
}

void GroupHistory::Advance(Time now, int up, int down) {
  if (last_ && now > *last_) {
    // A pause was not watched.
    const double minutes = ToMinutes(std::min<Duration>(now - *last_, std::chrono::minutes(1)));
    counts_.up_minutes += minutes * up;
    counts_.down_minutes += minutes * down;
    counts_.group_minutes += up + down > 0 ? minutes : 0;
  }
  last_ = now;
  const int64_t day = ToMs(now) / kDayMs;
  if (day == day_) return;
  if (day_ != 0) {
    const double kept =
        std::exp2(-double(day - day_) * double(kDayMs) / double(kForgetHalf.count()));
    counts_.up_minutes *= kept;
    counts_.down_minutes *= kept;
    counts_.group_minutes *= kept;
    counts_.repairs *= kept;
    for (double& count : counts_.events) count *= kept;
  }
  day_ = day;
}

GroupHistory::Counts GroupHistory::counts() const {
  GroupHistory copy = *this;
  copy.CloseEvent();
  return copy.counts_;
}

}  // namespace kizashi
