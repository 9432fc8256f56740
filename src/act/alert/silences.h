// Silences: who asked that alerts of these labels tell nobody, from when to when.
//
// A pure book: what is asked is planned first (what would be written), and merged once that is on
// disk. One thread at a time.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "act/alert/matcher.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi::alerts {

inline constexpr size_t kSilencesMax = 10'000;
inline constexpr size_t kSilenceTextMax = 64 << 10;  // author and comment

struct Silence {
  std::string id;  // a UUID; empty: a new one
  Matchers matchers;
  Time starts_at{};
  Time ends_at{};
  Time updated_at{};
  std::string created_by;
  std::string comment;
};

enum class SilenceState { kActive, kPending, kExpired };
SilenceState StateOf(const Silence& silence, Time now);
std::string_view SilenceStateName(SilenceState state);  // "active", "pending", "expired"

/// A random UUID of version 4.
std::string NewUuid();

class Silences {
 public:
  /// What is written when `wanted` is set: itself under the id it has from then on, last; before
  /// it, where it replaces one that cannot be changed, that one's end. NotFound for an unknown id,
  /// InvalidArgument for what Alertmanager refuses.
  StatusOr<std::vector<Silence>> PlanSet(Silence wanted, Time now) const;
  /// What is written when silence `id` is ended; nothing when it is over. NotFound.
  StatusOr<std::vector<Silence>> PlanExpire(std::string_view id, Time now) const;

  /// Of two with one id the one that was updated last stays. True when this changed the book.
  bool Merge(Silence silence);
  /// Drops those that ended before `before`; how many.
  size_t Forget(Time before);

  /// The ids of those active now whose matchers all fit, in their order.
  std::vector<std::string> Silencing(const Labels& labels, Time now) const;
  const Silence* Find(std::string_view id) const;
  const std::map<std::string, Silence, std::less<>>& all() const { return silences_; }

 private:
  std::map<std::string, Silence, std::less<>> silences_;
};

void WriteSilence(const Silence& silence, ByteWriter* out);
bool ReadSilence(ByteReader* in, Silence* silence);

}  // namespace kizashi::alerts
