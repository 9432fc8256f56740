// One alert as Alertmanager's API has it: labels that name it, annotations that tell of it, and the
// time over which it is true.
//
// Immutable once it is in the book (AlertPtr); any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi::alerts {

inline constexpr size_t kAlertBytesMax = 64 << 10;  // labels, annotations and URL of one alert
inline constexpr size_t kAlertLabelsMax = 256;      // labels, and annotations, of one alert

inline constexpr size_t kFiringsKept = 8;

/// Never: what Go prints as 0001-01-01T00:00:00Z.
inline constexpr Time kNever = TimeFromMs(-62'135'596'800'000);

struct Alert {
  Labels labels;
  Labels annotations;
  std::string generator_url;
  Time starts_at{};
  Time ends_at{};        // in the future: it fires, and is over then unless it is sent again
  Time updated_at{};     // when it was last received
  Time received_at{};    // when this firing was first received
  bool timeout = false;  // `ends_at` is the receiver's resolve_timeout, nobody said so
  uint64_t fingerprint = 0;
  std::vector<Time> firings;  // when it began to fire, the last kFiringsKept times

  bool Resolved(Time now) const { return ends_at <= now; }
  bool operator==(const Alert&) const = default;
};
using AlertPtr = std::shared_ptr<const Alert>;

/// FNV-1a over names and values, each followed by 0xff: Prometheus' LabelSet.Fingerprint.
uint64_t FingerprintOf(const Labels& labels);

/// `{a="b", c="d"}` as Go prints a model.LabelSet, the text of group keys.
std::string LabelSetText(const Labels& labels);

/// What Alertmanager refuses: no labels, a name that is none, an end before the start; and what is
/// larger than the limits.
Status ValidateAlert(const Alert& alert);

/// The alert that is kept when `received` comes on top of `old` (may be null): of two whose times
/// overlap the earliest start and, of the ends, the last that somebody said. `now` is when it came.
Alert MergeAlert(const Alert* old, Alert received, Time now);

void WriteAlert(const Alert& alert, ByteWriter* out);
/// Total: false at bytes that are no alert.
bool ReadAlert(ByteReader* in, Alert* alert);

void WriteLabels(const Labels& labels, ByteWriter* out);
bool ReadLabels(ByteReader* in, Labels* labels);

}  // namespace kizashi::alerts
