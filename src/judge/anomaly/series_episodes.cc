// What was unusual before on one series: remembered, and told from what is news.
#include <algorithm>
#include <cmath>

#include "judge/anomaly/series_detector.h"

namespace kizashi {
namespace {

constexpr float kSameShare = 0.2f;  // falls that leave shares so near are alike
constexpr int kLastedMax = 255;     // minutes
constexpr int kLonger = 2;          // times as long as before, and some minutes: no more the same
constexpr int kLongerMinutes = 10;

// Between a minute since 1970 and one of the day, round the clock.
uint32_t MinutesApart(uint32_t minute, uint32_t of_day) {
  const uint32_t apart = (minute % 1440 + 1440 - of_day + 720) % 1440;  // 720: the same time
  return apart > 720 ? apart - 720 : 720 - apart;
}

}  // namespace

void SeriesDetector::RememberEpisode(const Reading& reading, float value, float size,
                                     uint32_t minute) {
  const auto size256 = static_cast<int16_t>(std::clamp(size * 256, -32'000.0f, 32'000.0f));
  const int side = reading.direction > 0 ? 0 : 1;
  if (running_[side] >= 0) {
    Episode& now = episodes_[size_t(running_[side])];
    if (minute - now.minute <= 60 && now.direction == reading.direction) {
      now.minute = minute;
      if (now.size >= size256) return;
      now.size = size256;
      now.value = value;
      return;
    }
  }
  EndRunning(side);
  size_t slot = 0;
  bool found = false;
  for (size_t i = 0; i < episodes_.size(); ++i) {
    const Episode& e = episodes_[i];
    if (e.count == 0 || e.direction != reading.direction) continue;
    const uint32_t off = MinutesApart(minute, e.at);
    if (off > 30 && (off < 50 || off > 70)) continue;  // or an hour off: the clocks were changed
    if (!found || e.on_time > episodes_[slot].on_time) slot = i;
    found = true;
  }
  if (found) {
    Episode& e = episodes_[slot];
    running_before_[side] = e.count;
    running_size_[side] = e.size;
    e.count = uint8_t(std::min(e.count + 1, 255));
    e.on_time = uint8_t(std::min(e.on_time + 1, 255));
    e.size = std::max(int16_t(std::max(e.size - 25, -32'000)), size256);
    e.value = value;
    e.minute = minute;
  } else {
    // The emptiest goes: what came once, longest ago.
    for (size_t i = 1; i < episodes_.size(); ++i) {
      const Episode& e = episodes_[i];
      const Episode& least = episodes_[slot];
      if (e.count < least.count || (e.count == least.count && e.minute < least.minute)) slot = i;
    }
    running_before_[side] = 0;
    running_size_[side] = 0;
    episodes_[slot] = {minute, value, size256, 0, 1, 0, reading.direction, 0};
  }
  episodes_[slot].at = uint16_t(minute % 1440);
  running_[side] = int8_t(slot);
  running_began_[side] = uint16_t(minute);
}

// The episode of this side that went on, if any, is over: how long it was is kept.
void SeriesDetector::EndRunning(int side) {
  if (running_[side] < 0) return;
  Episode& e = episodes_[size_t(running_[side])];
  if (e.direction != (side == 0 ? 1 : -1)) return;  // gave its place to another
  const auto lasted = uint16_t(uint16_t(e.minute) - running_began_[side]);
  e.lasted = uint8_t(std::max(std::min<int>(lasted, kLastedMax), int{e.lasted}));
}

void SeriesDetector::Know(float size, uint32_t minute) {
  const auto size256 = static_cast<int16_t>(std::clamp(size * 256, -32'000.0f, 32'000.0f));
  known_size_ = minute - known_minute_ <= 60 ? std::max(known_size_, size256) : size256;
  known_minute_ = minute;
}

// Came at this time of the day at least twice, about as large.
bool SeriesDetector::OnTime(int direction, float size) const {
  const int side = direction > 0 ? 0 : 1;
  return running_before_[side] >= 2 && size <= float(running_size_[side]) / 256 + 0.7f;
}

// One that comes on time goes on, or ended less than an hour ago.
bool SeriesDetector::InJob(uint32_t minute) const {
  for (int side = 0; side < 2; ++side) {
    if (running_[side] < 0 || running_before_[side] < 2) continue;
    if (minute - episodes_[size_t(running_[side])].minute <= 60) return true;
  }
  return false;
}

// Goes back after an episode of the other direction, not further than that went.
bool SeriesDetector::Returns(int direction, float size, bool usual, uint32_t minute) const {
  const int other = running_[direction > 0 ? 1 : 0];
  if (other < 0) return false;
  const Episode& e = episodes_[size_t(other)];
  if (size > float(e.size) / 256 + 0.4f) return false;
  // Soon behind it; or within a day, when that ends where it is usual.
  return minute - e.minute <= 60 || (minute - e.minute <= 1440 && usual);
}

// What comes at its time is not there yet: it is what is expected that moved.
bool SeriesDetector::Awaited(int direction, float size, uint32_t minute) const {
  for (const Episode& e : episodes_) {
    if (e.count == 0 || e.direction == direction || e.on_time < 2) continue;
    if (size > float(e.size) / 256 + 0.4f || MinutesApart(minute, e.at) > 60) continue;
    const uint32_t since = minute - e.minute;
    if (since <= 2160 || (since + 720) % 10'080 <= 1440) return true;  // of each day, or each week
  }
  return false;
}

// Of what it was expected to be, the share that it still is; above 1 for what rose.
float SeriesDetector::ShareLeft(float value, float size) const {
  const auto now = static_cast<float>(base_ + double{value});
  return now / (now + std::exp2(size));
}

bool SeriesDetector::IsLike(const Episode& e, float size_then, float value, float size) const {
  if (size < size_then + 0.4f && size > size_then - 1) return true;
  if (std::abs(value - e.value) < 0.15f * std::exp2(size)) return true;
  // A fall to nothing is kept with the rounding of a float.
  if (e.direction > 0 || base_ + double{value} < -1e-6 * std::abs(base_)) return false;
  return std::abs(ShareLeft(value, size) - ShareLeft(e.value, size_then)) < kSameShare;
}

// Came at least twice at no time in particular, and has not lasted longer than they did.
bool SeriesDetector::SeenTwice(const Reading& reading, float value, float size,
                               uint32_t minute) const {
  const int side = reading.direction > 0 ? 0 : 1;
  int before = 0;
  int longest = 0;
  for (size_t i = 0; i < episodes_.size(); ++i) {
    const Episode& e = episodes_[i];
    // Of the one that goes on only what it was before: its value is that of now.
    const bool runs = int(i) == running_[side];
    const int count = runs ? running_before_[side] : e.count;
    if (count == 0 || e.direction != reading.direction) continue;
    if (e.on_time >= 3 || minute - e.minute > 8 * 10'080) continue;  // its own time; eight weeks
    const float size_then = float(runs ? running_size_[side] : e.size) / 256;
    const bool like =
        runs ? size < size_then + 0.4f && size > size_then - 1 : IsLike(e, size_then, value, size);
    if (!like) continue;
    before += count;
    longest = std::max(longest, int{e.lasted});
  }
  const auto lasts = uint16_t(uint16_t(minute) - running_began_[side]);
  return before >= 2 && (longest >= kLastedMax || lasts <= kLonger * longest + kLongerMinutes);
}

// What was unusual goes on.
bool SeriesDetector::EpisodeRuns(uint32_t minute) const {
  return std::any_of(std::begin(running_), std::end(running_), [&](int8_t slot) {
    return slot >= 0 && minute - episodes_[size_t(slot)].minute <= 60;
  });
}

}  // namespace kizashi
