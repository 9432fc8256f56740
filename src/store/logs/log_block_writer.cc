#include "store/logs/log_block_writer.h"

#include "base/check.h"
#include "store/logs/block_encoder.h"

namespace kizashi {

static_assert(kLogBlockTextTarget + kLogTextMax < kBlockTextMax);

bool LogBlockWriter::Fits(size_t text_bytes) const {
  if (lines() == 0) return text_bytes <= kLogTextMax;
  return text_bytes <= kLogTextMax && rows_.text_bytes + text_bytes < kLogBlockTextTarget &&
         lines() < kBlockLinesMax && rows_.skeletons.size() < kBlockSkeletonsMax &&
         rows_.streams.size() < kBlockStreamsMax;
}

void LogBlockWriter::Add(const LogLine& line, uint32_t stream, const LineShape& shape, uint64_t seq,
                         uint32_t of_entry) {
  KZ_CHECK(Fits(line.text.size()) && seq >= last_seq_);
  if (lines() == 0) first_seq_ = seq;
  last_seq_ = seq;
  last_lines_ = of_entry + 1;
  rows_.Add(line, stream, shape);
}

std::string LogBlockWriter::Encode() const {
  return BlockEncoder(rows_).Encode(first_seq_, last_seq_, last_lines_);
}

std::string LogBlockWriter::Finish() {
  std::string block = Encode();
  *this = {};
  return block;
}

}  // namespace kizashi
