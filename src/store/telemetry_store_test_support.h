// What the tests of the telemetry store share: a store in a folder of its own with a clock that the
// test moves, and batches.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "store/telemetry_store.h"

namespace kizashi {

/// Entries as text, in order: "3 logs [a b]".
using Lines = std::vector<std::string>;

inline std::string Describe(const JournalEntry& entry) {
  std::string text = fmt::format("{} ", entry.seq);
  if (const auto* scrape = std::get_if<ScrapeBatch>(&entry.body)) {
    text += "scrape " + scrape->source + " [";
    for (size_t i = 0; i < scrape->values.size(); ++i) {
      text += fmt::format("{}{}={}", i == 0 ? "" : " ", (*scrape->layout)[i], scrape->values[i]);
    }
    return text + "]";
  }
  if (const auto* logs = std::get_if<LogBatch>(&entry.body)) {
    text += fmt::format("logs {} [", logs->stream);
    for (size_t i = 0; i < logs->lines.size(); ++i) {
      text += (i == 0 ? "" : " ") + logs->lines[i].text;
    }
    return text + "]";
  }
  if (const auto* change = std::get_if<CatalogChange>(&entry.body)) {
    text += "catalog [";
    for (const CatalogSource& source : change->sources) text += source.file + ":" + source.text;
    return text + "]";
  }
  if (const auto* batch = std::get_if<SliceBatch>(&entry.body)) {
    return text +
           fmt::format("slices {}/{} [{}]", batch->service, batch->slo, batch->slices.size());
  }
  if (const auto* alerts = std::get_if<AlertBatch>(&entry.body)) {
    return text + fmt::format("{} alerts", alerts->alerts.size());
  }
  if (const auto* edit = std::get_if<LedgerEdit>(&entry.body)) {
    return text + fmt::format("edit {} {}", LedgerEditName(edit->what), edit->kind);
  }
  return text + "tick";
}

class TelemetryStoreTest : public testing::Test {
 protected:
  using StorePtr = std::unique_ptr<TelemetryStore>;

  void SetUp() override {
    std::string pattern = testing::TempDir() + "telemetry-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    options_.directory = folder_ + "/telemetry";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// Opened but not started.
  StorePtr Open() {
    auto store = TelemetryStore::Open(options_, clock_, nullptr);
    EXPECT_TRUE(store.ok()) << Message(store.status());
    return store.ok() ? *std::move(store) : nullptr;
  }
  StorePtr OpenAndStart() {
    StorePtr store = Open();
    if (store) store->Start(nullptr);
    return store;
  }

  /// Appends and waits for the answer.
  template <typename Batch>
  static Status Append(TelemetryStore& store, Batch batch) {
    std::promise<Status> answer;
    store.Append(std::move(batch), [&](Status status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
  }

  static LogBatch Logs(const std::string& line) {
    LogBatch batch;
    batch.lines = {{TimeFromMs(1), line}};
    return batch;
  }
  /// A batch that takes `bytes` in the queue and on disk, or a little more.
  static LogBatch BigLogs(size_t bytes, char fill = 'x') { return Logs(std::string(bytes, fill)); }

  static Labels Up(const std::string& instance) {
    return Labels({{"__name__", "up"}, {"instance", instance}});
  }
  static SeriesLayout Layout(std::vector<SeriesId> ids) {
    return std::make_shared<const std::vector<SeriesId>>(std::move(ids));
  }

  /// All entries after `after`.
  static Lines Read(TelemetryStore& store, uint64_t after = 0) {
    Lines lines;
    const Status read = store.Scan(after, [&](const JournalEntry& entry) {
      lines.push_back(Describe(entry));
      return true;
    });
    EXPECT_TRUE(read.ok()) << Message(read);
    return lines;
  }

  const Time start_ = TimeFromMs(1'700'006'400'000);  // 2023-11-15, midnight
  std::string folder_;
  ManualClock clock_{start_};
  StoreOptions options_;
};

}  // namespace kizashi
