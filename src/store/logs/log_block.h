// A log block for reading: opened from bytes or a file, decoded as far as it is asked for.
//
// Owned by who opened it; one thread. Nothing but the footer is read at first; what was unpacked
// stays until the object goes, at most kBlockRawMax and some 20 bytes a slot, in practice a few
// times the file. Any bytes give a block or DataLoss, at opening or when the damaged part is read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/logs/block_format.h"
#include "store/logs/block_pack.h"
#include "store/logs/block_rows.h"

namespace kizashi {

/// Where a block's bytes come from. One thread.
class BlockSource {
 public:
  virtual ~BlockSource() = default;
  virtual uint64_t size() const = 0;
  /// Exactly `bytes` from `offset`; requires that they are inside of size().
  virtual StatusOr<std::string> Read(uint64_t offset, uint64_t bytes) = 0;
};

/// One column, unpacked. What of it is filled depends on the kind, which is never kCopy.
struct Column {
  const ColumnEntry* entry = nullptr;
  std::vector<uint32_t> indexes;  // kDictionary, kMapped: into entry->values; kId: into the table
  std::vector<int64_t> numbers;   // kNumber; kTime: units of the layout
  std::vector<uint32_t> ends;     // kText: where each row ends in `text`
  std::string_view text;
  const IdTable* table = nullptr;  // kId
  const char* ids = nullptr;
};

class LogBlock {
 public:
  static StatusOr<std::unique_ptr<LogBlock>> Open(std::unique_ptr<BlockSource> source);
  static StatusOr<std::unique_ptr<LogBlock>> OpenBytes(std::string bytes);
  /// NotFound, Internal with the system's reason, or DataLoss; the messages name the file.
  static StatusOr<std::unique_ptr<LogBlock>> OpenFile(const std::string& path);

  const BlockFooter& footer() const { return footer_; }
  uint64_t file_bytes() const { return source_->size(); }
  StatusOr<std::vector<PatternCount>> Counts();
  /// Requires number < footer().lines.
  StatusOr<LogRow> Read(uint32_t number);
  /// Unpacks what every line needs; a caller that reads many lines pays it once. Read calls it.
  Status LoadLines();

  // For searches. Load() comes before the others; they return what lives as long as the block.
  Status Load();
  const BlockSchema& schema() const { return *schema_; }
  /// The bytes of all values, joined, and where each one ends.
  std::string_view values() const { return values_; }
  const std::vector<uint32_t>& value_ends() const { return value_ends_; }
  std::string_view Value(uint32_t value) const {
    const uint32_t begin = value == 0 ? 0 : value_ends_[value - 1];
    return std::string_view(values_).substr(begin, value_ends_[value] - begin);
  }
  /// The column `at` of a skeleton; a copy gives what it is a copy of.
  StatusOr<const Column*> GetColumn(uint32_t skeleton, size_t at);
  StatusOr<const std::vector<uint32_t>*> StreamsOf(
      uint32_t skeleton);  // indexes of footer().streams
  StatusOr<const std::vector<uint32_t>*> FlagsOf(uint32_t skeleton);
  /// Appends what stands in a row of a column.
  void AppendValue(const Column& column, uint32_t row, std::string* out) const;
  /// Appends the text of a row.
  Status AppendText(uint32_t skeleton, uint32_t row, std::string* out);
  /// Of each line its skeleton, its row there, its time. Filled by LoadLines.
  const std::vector<uint32_t>& order() const { return order_; }
  const std::vector<uint32_t>& rows() const { return rows_; }
  const std::vector<int64_t>& times_ms() const { return times_ms_; }
  /// The bytes of a pack, unpacked.
  StatusOr<std::string_view> GetPack(uint32_t pack);

 private:
  struct SkeletonColumns {
    std::vector<std::unique_ptr<Column>> columns;
    std::optional<std::vector<uint32_t>> streams;
    std::optional<std::vector<uint32_t>> flags;
  };
  LogBlock(std::unique_ptr<BlockSource> source, BlockFooter footer)
      : source_(std::move(source)), footer_(std::move(footer)), packs_(footer_.packs.size()) {}

  Status LoadValues();
  Status LoadOrder();
  Status LoadTimes();
  Status LoadIds();
  StatusOr<std::string_view> RowsOf(const ColumnEntry& entry);
  Status ReadIndexes(const ColumnEntry& entry, uint32_t lines, size_t limit,
                     std::vector<uint32_t>* indexes);
  Status ReadNumbers(uint32_t skeleton, Column* column);
  Status ReadText(uint32_t lines, Column* column);
  Status ReadMapped(uint32_t skeleton, Column* column);
  StatusOr<const std::vector<uint32_t>*> SmallColumn(const ColumnEntry& entry, uint32_t lines,
                                                     std::optional<std::vector<uint32_t>>* kept);

  std::unique_ptr<BlockSource> source_;
  BlockFooter footer_;
  std::vector<std::optional<UnpackedBytes>> packs_;
  std::unique_ptr<const BlockSchema> schema_;
  std::string_view values_;
  std::vector<uint32_t> value_ends_;
  std::vector<SkeletonColumns> skeletons_;
  std::vector<uint32_t> order_;
  std::vector<uint32_t> rows_;
  std::vector<std::vector<uint32_t>> lines_of_;  // by skeleton, for columns of times
  std::vector<int64_t> times_ms_;
  bool ids_loaded_ = false;
};

}  // namespace kizashi
