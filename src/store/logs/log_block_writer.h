// Fills a log block line by line, and turns it into the bytes of its file.
//
// Owned by one LogStore (or a test); one thread at a time. Memory: the distinct values of the lines
// and about 50 bytes a line, at most some 200 MiB with kBlockTextMax of text; Finish needs as much
// again. Lines can be read back before Finish.
#pragma once

#include <cstdint>
#include <string>

#include "store/logs/block_rows.h"

namespace kizashi {

class LogBlockWriter {
 public:
  /// Whether a line with so much text may be added; if not, Finish comes first. A block that is
  /// empty takes any line up to kLogTextMax.
  bool Fits(size_t text_bytes) const;
  /// Requires Fits(line.text.size()), and slots as SplitLine finds them: in order, inside the text,
  /// without overlap. `seq` is the journal entry the line came with, none lower than the one
  /// before, and `of_entry` counts the lines of that entry.
  void Add(const LogLine& line, uint32_t stream, const LineShape& shape, uint64_t seq,
           uint32_t of_entry = 0);

  uint32_t lines() const { return static_cast<uint32_t>(rows_.order.size()); }
  /// Of the lines, each with one byte for its end.
  uint64_t text_bytes() const { return rows_.text_bytes; }
  const BlockRows& rows() const { return rows_; }

  /// The block's bytes. Requires a line.
  std::string Encode() const;
  /// The same, and the writer is as new afterwards.
  std::string Finish();

 private:
  BlockRows rows_;
  uint64_t first_seq_ = 0;
  uint64_t last_seq_ = 0;
  uint32_t last_lines_ = 0;
};

/// The longest text of a line; receivers cut far below.
inline constexpr size_t kLogTextMax = 7 << 20;
inline constexpr uint64_t kLogBlockTextTarget = 64ULL << 20;

}  // namespace kizashi
