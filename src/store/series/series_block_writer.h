// Writes one series block: a file that is there whole or not at all.
//
// Values go to the file as they come, so memory holds the small parts only. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "store/series/series_format.h"

namespace kizashi {

class SeriesBlockWriter {
 public:
  /// Begins PATH.tmp. ResourceExhausted when the disk is full, Internal for other refusals; so do
  /// the other calls.
  static StatusOr<std::unique_ptr<SeriesBlockWriter>> Create(const std::string& path);
  /// What was not finished is deleted.
  ~SeriesBlockWriter();
  SeriesBlockWriter(const SeriesBlockWriter&) = delete;
  SeriesBlockWriter& operator=(const SeriesBlockWriter&) = delete;

  /// The chunks of a source come one after the other, in the journal's order.
  Status AddChunk(const std::string& source, const ScrapeChunk& chunk);
  /// Once, after the chunks: columns by id, batches by seq.
  Status AddLoose(const std::vector<LooseColumn>& columns, const std::vector<LooseBatch>& batches);

  struct Range {
    uint8_t level = 0;
    uint64_t first_seq = 0;
    uint64_t last_seq = 0;
    int64_t first_entry_ms = 0;
    int64_t last_entry_ms = 0;
  };
  /// Syncs, renames, syncs the directory.
  Status Finish(const Range& range);

  uint64_t samples() const { return footer_.samples; }

 private:
  SeriesBlockWriter(std::string path, int file) : path_(std::move(path)), file_(file) {}
  Status Write(std::string_view bytes);
  Status WriteBuffered();
  Status AddSection(SectionKind kind, std::string_view bytes);
  void NoteTimes(int64_t min_ms, int64_t max_ms);

  const std::string path_;
  int file_ = -1;
  uint64_t written_ = 0;
  std::string buffer_;
  SeriesBlockFooter footer_;
  ChunkDirectory directory_;
  std::string shapes_;
  std::string journals_;
  bool loose_added_ = false;
};

}  // namespace kizashi
