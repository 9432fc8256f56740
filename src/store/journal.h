// The journal: everything that came in, in the one order in which it was acknowledged and judged.
//
// An entry is a scrape, a batch of log lines, samples with times of their own, a change of the
// catalog, slices of an SLO's past, what somebody decided about an anomaly, or a tick (time
// passed). Encoding: docs/internals/journal.md. Decoding is total.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "catalog/load.h"
#include "ingest/telemetry_sink.h"
#include "wire/foreign_alerts.h"

namespace kizashi {

/// Nothing came, but time did.
struct Tick {};

/// From here on this catalog is in force. It is whole: replay needs no other source of it.
struct CatalogChange {
  std::vector<CatalogSource> sources;
};

/// Slices of the past of one SLO, for where nothing was measured; see docs/use/slo-backfill.md.
struct SliceBatch {
  struct Slice {
    Time end{};
    double good = 0;
    double total = 0;
    double covered_seconds = 0;
    bool operator==(const Slice&) const = default;
  };
  std::string service;
  std::string slo;
  uint64_t meaning = 0;  // SloMeaningHash of what was measured
  std::vector<Slice> slices;
  bool operator==(const SliceBatch&) const = default;
};

/// What somebody decided about a kind of anomaly, or about one episode of it
/// (docs/use/anomalies.md).
struct LedgerEdit {
  enum class What : uint8_t {
    kAcknowledge,  // `anomaly` is known and somebody looks at it
    kExpect,       // episodes of `kind` until `until` are no news: they spend nothing
    kUnexpect,     // takes that back
    kFixed,        // `reason` fixed what `kind` was about: what comes after it came back
    kReopen,       // takes that back
  };
  static constexpr size_t kTextBytesMax = 1024;  // of each text

  std::string id{};  // so that an edit that is sent twice counts once; not empty
  What what = What::kAcknowledge;
  std::string service{};
  std::string kind{};
  std::string anomaly{};  // of kAcknowledge
  Time until{};           // of kExpect
  std::string actor{};    // the token's name, or "page", "cli", "api" where tokens have no name
  std::string reason{};
  bool operator==(const LedgerEdit&) const = default;
};
std::string_view LedgerEditName(LedgerEdit::What what);  // "acknowledge", "expect", ...

/// Alerts of other programs, as one of their webhooks sent them.
struct AlertBatch {
  AlertSource source = AlertSource::kGeneric;
  std::vector<ForeignAlert> alerts;
  bool operator==(const AlertBatch&) const = default;
};

struct JournalEntry {
  uint64_t seq = 0;  // from 1, without gaps
  Time time{};       // when it was accepted; never before the entry in front
  std::variant<Tick, ScrapeBatch, LogBatch, CatalogChange, SampleBatch, SliceBatch, LedgerEdit,
               AlertBatch>
      body;
};

/// Numbers for a row's source and layout, which are stored once and named by id.
struct RowIds {
  uint32_t source = 0;
  uint32_t layout = 0;
};

/// The value stored under the entry's seq. `ids` is used by scrapes only.
std::string EncodeEntry(const JournalEntry& entry, RowIds ids);

/// What an encoded scrape refers to.
class RowResolver {
 public:
  virtual ~RowResolver() = default;
  virtual StatusOr<std::string> Source(uint32_t id) const = 0;
  virtual StatusOr<SeriesLayout> Layout(uint32_t id) const = 0;
};

/// DataLoss when the bytes are not what EncodeEntry wrote.
StatusOr<JournalEntry> DecodeEntry(uint64_t seq, std::string_view bytes,
                                   const RowResolver& resolver);

std::string EncodeLabels(const Labels& labels);
StatusOr<Labels> DecodeLabels(std::string_view bytes);
std::string EncodeLayout(const std::vector<SeriesId>& layout);
StatusOr<SeriesLayout> DecodeLayout(std::string_view bytes);

}  // namespace kizashi
