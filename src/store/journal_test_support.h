// What the tests of the journal share: names to refer to, one entry of each kind, and comparison.
#pragma once

#include <algorithm>
#include <bit>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/journal.h"

namespace kizashi {

/// Sources and layouts by id, as the store would resolve them.
class TestResolver final : public RowResolver {
 public:
  uint32_t AddSource(std::string source) {
    sources_.push_back(std::move(source));
    return static_cast<uint32_t>(sources_.size() - 1);
  }
  uint32_t AddLayout(std::vector<SeriesId> layout) {
    layouts_.push_back(std::make_shared<const std::vector<SeriesId>>(std::move(layout)));
    return static_cast<uint32_t>(layouts_.size() - 1);
  }
  StatusOr<std::string> Source(uint32_t id) const override {
    if (id >= sources_.size()) return DataLoss("no source {}", id);
    return sources_[id];
  }
  StatusOr<SeriesLayout> Layout(uint32_t id) const override {
    if (id >= layouts_.size()) return DataLoss("no layout {}", id);
    return layouts_[id];
  }

 private:
  std::vector<std::string> sources_;
  std::vector<SeriesLayout> layouts_;
};

/// An entry with the numbers that it is stored with.
struct TestEntry {
  const char* name;
  JournalEntry entry;
  RowIds ids;
};

/// One entry of each kind, with lines as every version knows them. Their bytes are in
/// tests/golden/journal_v1.txt and journal_v2.txt: leave them as they are.
inline std::vector<TestEntry> EntryOfEachKind(TestResolver* names) {
  const Time time = TimeFromMs(1'700'000'000'123);
  RowIds ids;
  names->AddSource("node/a:9100");
  ids.source = names->AddSource("shop/b:8080");
  ids.layout = names->AddLayout({3, 4, 300, 7, 8, 9, 10, 11, 12});
  ScrapeBatch scrape;
  scrape.source = *names->Source(ids.source);
  scrape.layout = *names->Layout(ids.layout);
  scrape.time = time - Duration(45);
  scrape.values = {0, 1, -1, 0.25, 1e300, StaleNan(), -0.0, 9007199254740991.0, 1234567};
  LogBatch logs;
  logs.stream = 5;
  logs.lines = {{time - Duration(1), "兆し: payment refused"}, {time + Duration(2), ""}};
  CatalogChange change;
  change.sources = {{"shop.yaml", "service: shop\nowner: team-a\n"}, {"empty.yaml", ""}};
  return {{"tick", {.seq = 1, .time = time, .body = Tick{}}, {}},
          {"scrape", {.seq = 2, .time = time, .body = scrape}, ids},
          {"logs", {.seq = 300, .time = time, .body = logs}, {}},
          {"catalog", {.seq = 70'000, .time = time, .body = change}, {}}};
}

/// Lines with all that a record may say. Their bytes are in tests/golden/journal_v2.txt.
inline TestEntry EntryOfFullLines() {
  const Time time = TimeFromMs(1'700'000'000'123);
  LogBatch logs;
  logs.stream = 5;
  LogLine line{time, "\xff not UTF-8", LogSeverity::kError};
  line.trace_id = "0af7651916cd43dd8448eb211c80319c";
  line.span_id = "b7ad6b7169203331";
  line.metadata = Labels({{"pod", "shop-1"}, {"user", "兆し"}});
  logs.lines = {line, {time, "cut", LogSeverity::kNone, true}, {time, "t", LogSeverity::kFatal}};
  logs.lines[2].trace_id = "Req-17";
  logs.lines[2].span_id = "abc";
  return {"full_lines", {.seq = 301, .time = time, .body = std::move(logs)}, {}};
}

/// Samples with times of their own. Their bytes are in tests/golden/journal_v3.txt.
inline TestEntry EntryOfSamples() {
  const Time time = TimeFromMs(1'700'007'200'123);
  SampleBatch batch;
  batch.samples = {{1, time, 0.5}, {1, time + Duration(15'000), StaleNan()}, {0, time, 7}};
  return {"samples", {.seq = 302, .time = time, .body = std::move(batch)}, {}};
}

/// Slices of an SLO's past. Their bytes are in tests/golden/journal_v4.txt.
inline TestEntry EntryOfSlices() {
  const Time time = TimeFromMs(1'700'007'200'123);
  SliceBatch batch{"shop", "availability", 0x0123456789abcdef, {}};
  batch.slices = {{TimeFromMs(1'699'999'980'000), 99, 100, 60},
                  {TimeFromMs(1'700'000'040'000), 0.25, 0.5, 42.5},
                  {TimeFromMs(1'700'000'100'000), 0, 0, 0}};
  return {"slices", {.seq = 303, .time = time, .body = std::move(batch)}, {}};
}

/// An edit of the ledger. Its bytes are in tests/golden/journal_v5.txt.
inline TestEntry EntryOfEdit() {
  const Time time = TimeFromMs(1'700'007'200'123);
  LedgerEdit edit{"e-1", LedgerEdit::What::kExpect, "shop", "shop/redundancy/member_down"};
  edit.until = TimeFromMs(1'700'610'000'000);
  edit.actor = "hanako";
  edit.reason = "兆し: the rack moves";
  return {"edit", {.seq = 304, .time = time, .body = std::move(edit)}, {}};
}

/// Alerts of another program. Their bytes are in tests/golden/journal_v5.txt.
inline TestEntry EntryOfAlerts() {
  const Time time = TimeFromMs(1'700'007'200'123);
  AlertBatch batch{AlertSource::kSentry, {}};
  batch.alerts.push_back({"117", "KeyError: 兆し", "shop.cart", "https://sentry.io/117", "error",
                          false, TimeFromMs(1'700'007'100'000),
                          Labels({{"service", "shop"}, {"version", "1.2"}})});
  batch.alerts.push_back({"118", "gone", "", "", "", true, time, Labels()});
  return {"alerts", {.seq = 305, .time = time, .body = std::move(batch)}, {}};
}

/// True when both say the same, values bit by bit. A log's cursor is not part of an entry.
inline bool Same(const JournalEntry& a, const JournalEntry& b) {
  if (a.seq != b.seq || a.time != b.time || a.body.index() != b.body.index()) return false;
  if (const auto* scrape = std::get_if<ScrapeBatch>(&a.body)) {
    const auto& other = std::get<ScrapeBatch>(b.body);
    return scrape->source == other.source && scrape->time == other.time &&
           *scrape->layout == *other.layout &&
           std::ranges::equal(scrape->values, other.values, [](double x, double y) {
             return std::bit_cast<uint64_t>(x) == std::bit_cast<uint64_t>(y);
           });
  }
  if (const auto* logs = std::get_if<LogBatch>(&a.body)) {
    const auto& other = std::get<LogBatch>(b.body);
    return logs->stream == other.stream && logs->lines == other.lines;
  }
  if (const auto* samples = std::get_if<SampleBatch>(&a.body)) {
    return std::ranges::equal(
        samples->samples, std::get<SampleBatch>(b.body).samples, [](const auto& x, const auto& y) {
          return x.series == y.series && x.time == y.time &&
                 std::bit_cast<uint64_t>(x.value) == std::bit_cast<uint64_t>(y.value);
        });
  }
  if (const auto* slices = std::get_if<SliceBatch>(&a.body)) {
    const auto& other = std::get<SliceBatch>(b.body);
    return slices->service == other.service && slices->slo == other.slo &&
           slices->meaning == other.meaning &&
           std::ranges::equal(slices->slices, other.slices, [](const auto& x, const auto& y) {
             const auto same = [](double p, double q) {
               return std::bit_cast<uint64_t>(p) == std::bit_cast<uint64_t>(q);
             };
             return x.end == y.end && same(x.good, y.good) && same(x.total, y.total) &&
                    same(x.covered_seconds, y.covered_seconds);
           });
  }
  if (const auto* alerts = std::get_if<AlertBatch>(&a.body)) {
    return *alerts == std::get<AlertBatch>(b.body);
  }
  if (const auto* edit = std::get_if<LedgerEdit>(&a.body)) {
    return *edit == std::get<LedgerEdit>(b.body);
  }
  if (const auto* change = std::get_if<CatalogChange>(&a.body)) {
    const auto& other = std::get<CatalogChange>(b.body);
    if (change->sources.size() != other.sources.size()) return false;
    for (size_t i = 0; i < change->sources.size(); ++i) {
      if (change->sources[i].file != other.sources[i].file) return false;
      if (change->sources[i].text != other.sources[i].text) return false;
    }
  }
  return true;
}

}  // namespace kizashi
