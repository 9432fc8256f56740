// Turns the rows of a block into its bytes: decides for each column how it is kept, and packs.
//
// One use, one thread. Needs about the memory of the rows once more.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "store/logs/block_format.h"
#include "store/logs/block_pack.h"
#include "store/logs/block_rows.h"
#include "store/logs/column_chooser.h"

namespace kizashi {

class BlockEncoder {
 public:
  explicit BlockEncoder(const BlockRows& rows);
  /// The block's bytes. Requires a line at least. What came from the journal is kept as it is.
  std::string Encode(uint64_t first_seq, uint64_t last_seq, uint32_t last_lines);

 private:
  void EncodeSkeletons();
  void EncodeSkeleton(const SkeletonRows& rows, SkeletonEntry* entry);
  void EncodeColumn(const SkeletonRows& rows, ColumnChooser* chooser, size_t at,
                    SkeletonEntry* entry);
  void EncodeNumbers(const std::vector<uint32_t>& rows, ColumnEntry* column);
  void EncodeTimes(const SkeletonRows& rows, const std::vector<uint32_t>& values,
                   ColumnEntry* column);
  void EncodeWhole(const std::vector<uint32_t>& values, ColumnEntry* column);
  void EncodeText(const std::vector<uint32_t>& values, ColumnEntry* column);
  void EncodeIds(std::string* tracks);
  bool AssignTrack(const IdForm& form, SkeletonEntry* entry, ColumnEntry* column);
  void AddRows(std::string_view bytes, ColumnEntry* column);
  uint32_t FinalValue(uint32_t value);
  uint32_t PatternIndex(uint64_t pattern);
  std::vector<PatternCount> Counts() const;
  void Put(uint32_t pack, std::string_view raw, int level, bool far = false);

  const BlockRows& rows_;
  BlockSchema schema_;
  std::vector<std::vector<uint32_t>> line_of_row_;  // by skeleton
  std::vector<uint32_t> final_values_;  // by number in rows_: that in the block, or UINT32_MAX
  std::unordered_map<uint64_t, uint32_t> pattern_index_;  // of footer_.patterns
  std::string value_bytes_;
  ByteWriter value_sizes_;
  uint32_t values_ = 0;
  std::string ids_;
  std::string text_;
  std::vector<std::string> row_packs_;
  std::vector<std::string> stored_;  // by pack
  BlockFooter footer_;
  Packer packer_;
};

}  // namespace kizashi
