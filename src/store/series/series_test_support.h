// What the tests of the series store share: entries with scrapes, and what a reader finds.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/journal.h"
#include "store/series/series_reader.h"

namespace kizashi {

using TestSamples = std::vector<std::pair<int64_t, double>>;

inline SeriesLayout LayoutOf(std::vector<SeriesId> ids) {
  return std::make_shared<const std::vector<SeriesId>>(std::move(ids));
}

inline std::shared_ptr<const JournalEntry> ScrapeEntry(uint64_t seq, const std::string& source,
                                                       int64_t time_ms, SeriesLayout layout,
                                                       std::vector<double> values) {
  auto entry = std::make_shared<JournalEntry>();
  entry->seq = seq;
  entry->time = TimeFromMs(time_ms + 7);
  entry->body = ScrapeBatch{source, TimeFromMs(time_ms), std::move(layout), std::move(values)};
  return entry;
}

/// Everything that satisfies the matchers, by the series' text; values as bits, so that NaN
/// compare.
inline std::map<std::string, std::vector<std::pair<int64_t, uint64_t>>> ReadAll(
    SeriesReader& reader, const std::vector<LabelMatcher>& matchers,
    int64_t from_ms = INT64_MIN / 2, int64_t to_ms = INT64_MAX / 2) {
  std::map<std::string, std::vector<std::pair<int64_t, uint64_t>>> all;
  std::vector<SeriesReader::Ref> refs;
  const Time from = TimeFromMs(from_ms);
  const Time to = TimeFromMs(to_ms);
  const Status selected = reader.Select(matchers, from, to, &refs);
  EXPECT_TRUE(selected.ok()) << Message(selected);
  SampleColumns columns;
  for (const SeriesReader::Ref ref : refs) {
    const Status read = reader.Read(ref, from, to, &columns);
    EXPECT_TRUE(read.ok()) << Message(read);
    auto& samples = all[reader.LabelsOf(ref).ToString()];
    EXPECT_TRUE(samples.empty()) << "selected twice";
    for (size_t i = 0; i < columns.size(); ++i) {
      samples.emplace_back(columns.times_ms[i], std::bit_cast<uint64_t>(columns.values[i]));
    }
  }
  return all;
}

}  // namespace kizashi
