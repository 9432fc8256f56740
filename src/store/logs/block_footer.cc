// The footer and the counts of a log block.
#include <algorithm>

#include "base/bytes.h"
#include "base/hash.h"
#include "store/logs/block_format.h"

namespace kizashi {
namespace {

constexpr int64_t kMinuteMs = 60'000;

}  // namespace

std::string EncodeEnd(const BlockFooter& footer) {
  ByteWriter out;
  out.Varint(footer.lines);
  out.Varint(footer.text_bytes);
  out.SignedVarint(ToMs(footer.first_time));
  out.SignedVarint(ToMs(footer.last_time) - ToMs(footer.first_time));
  out.Varint(footer.first_seq);
  out.Varint(footer.last_seq - footer.first_seq);
  out.Varint(footer.last_lines);
  out.Varint(footer.values);
  out.Varint(footer.streams.size());
  for (const BlockStream& stream : footer.streams) {
    out.Varint(stream.id);
    out.Varint(stream.lines);
  }
  out.Varint(footer.patterns.size());
  for (const uint64_t pattern : footer.patterns) out.U64(pattern);
  out.Varint(footer.packs.size());
  for (const PackEntry& pack : footer.packs) {
    out.Varint(pack.stored);
    out.Varint(pack.raw);
    out.U64(pack.checksum);
  }
  const uint64_t checksum = Hash64(out.bytes());
  const auto size = static_cast<uint32_t>(out.size());
  out.U32(size);
  out.U64(checksum);
  out.Raw(kBlockMagic.data(), kBlockMagic.size());
  return out.Take();
}

StatusOr<uint32_t> FooterSize(std::string_view trailer) {
  if (trailer.size() != kTrailerBytes || !trailer.ends_with(kBlockMagic)) {
    return DataLoss("log block: this is not a block, or its end is missing");
  }
  const uint32_t size = ByteReader(trailer).U32();
  if (size > kFooterBytesMax) return DataLoss("log block: the footer is damaged");
  return size;
}

StatusOr<BlockFooter> DecodeFooter(std::string_view bytes, std::string_view trailer,
                                   uint64_t file_size) {
  ByteReader end(trailer);
  if (end.U32() != bytes.size() || end.U64() != Hash64(bytes)) {
    return DataLoss("log block: the footer is damaged");
  }
  ByteReader in(bytes);
  BlockFooter footer;
  const uint64_t lines = in.Varint();
  footer.text_bytes = in.Varint();
  const int64_t first_ms = in.SignedVarint();
  const int64_t span_ms = in.SignedVarint();
  footer.first_seq = in.Varint();
  footer.last_seq = footer.first_seq + in.Varint();
  const uint64_t last_lines = in.Varint();
  const uint64_t values = in.Varint();
  const uint64_t streams = in.Varint();
  if (!in.ok() || lines == 0 || lines > kBlockLinesMax || footer.text_bytes > kBlockTextMax ||
      values > kBlockTextMax || streams == 0 || streams > kBlockStreamsMax || span_ms < 0 ||
      last_lines > UINT32_MAX) {
    return DataLoss("log block: the footer is damaged");
  }
  footer.lines = static_cast<uint32_t>(lines);
  footer.last_lines = static_cast<uint32_t>(last_lines);
  footer.values = static_cast<uint32_t>(values);
  footer.first_time = TimeFromMs(first_ms);
  footer.last_time = TimeFromMs(
      static_cast<int64_t>(static_cast<uint64_t>(first_ms) + static_cast<uint64_t>(span_ms)));
  for (uint64_t i = 0; i < streams && in.ok(); ++i) {
    const uint64_t id = in.Varint();
    const uint64_t count = in.Varint();
    if (id > UINT32_MAX || count > lines) in.Fail();
    footer.streams.push_back({static_cast<uint32_t>(id), static_cast<uint32_t>(count)});
  }
  const uint64_t patterns = in.Varint();
  if (patterns == 0 || patterns > kBlockSkeletonsMax) in.Fail();
  for (uint64_t i = 0; i < patterns && in.ok(); ++i) footer.patterns.push_back(in.U64());
  const uint64_t packs = in.Varint();
  if (packs < kRowPacks || packs > kBlockPacksMax) in.Fail();
  uint64_t offset = kBlockMagic.size();
  uint64_t raw_sum = 0;
  for (uint64_t i = 0; i < packs && in.ok(); ++i) {
    const uint64_t stored = in.Varint();
    const uint64_t raw = in.Varint();
    const uint64_t checksum = in.U64();
    raw_sum += std::min(raw, kBlockRawMax);
    if (stored > raw || raw > kBlockPackRawMax || raw_sum > kBlockRawMax) in.Fail();
    footer.packs.push_back(
        {offset, static_cast<uint32_t>(stored), static_cast<uint32_t>(raw), checksum});
    offset += stored;
  }
  if (!in.ok() || !in.AtEnd() || offset + bytes.size() + kTrailerBytes != file_size) {
    return DataLoss("log block: the footer is damaged");
  }
  return footer;
}

// Three runs, so that like stands beside like: the groups (pattern, severity, how many minutes),
// the minutes, the counts.
std::string EncodeCounts(const std::vector<PatternCount>& counts,
                         const std::vector<uint64_t>& patterns) {
  ByteWriter out;
  ByteWriter groups;
  ByteWriter minutes;
  ByteWriter lines;
  size_t group_count = 0;
  size_t pattern = 0;
  int64_t base = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const int64_t minute = ToMs(counts[i].minute) / kMinuteMs;
    if (i == 0 || minute < base) base = minute;
  }
  for (size_t at = 0; at < counts.size();) {
    const PatternCount& first = counts[at];
    size_t end = at;
    int64_t before = base;
    for (; end < counts.size() && counts[end].pattern == first.pattern &&
           counts[end].severity == first.severity;
         ++end) {
      const int64_t minute = ToMs(counts[end].minute) / kMinuteMs;
      minutes.Varint(static_cast<uint64_t>(minute - before));
      lines.Varint(counts[end].lines);
      before = minute + 1;
    }
    size_t skipped = 0;
    for (; patterns[pattern] != first.pattern; ++pattern) ++skipped;
    groups.Varint(skipped);
    groups.U8(static_cast<uint8_t>(first.severity));
    groups.Varint(end - at);
    ++group_count;
    at = end;
  }
  out.SignedVarint(base);
  out.Varint(group_count);
  out.Varint(counts.size());
  for (const ByteWriter* part : {&groups, &minutes, &lines}) out.String(part->bytes());
  return out.Take();
}

StatusOr<std::vector<PatternCount>> DecodeCounts(std::string_view bytes,
                                                 const std::vector<uint64_t>& patterns) {
  ByteReader in(bytes);
  const int64_t base = in.SignedVarint();
  const uint64_t group_count = in.Varint();
  const uint64_t cells = in.Varint();
  ByteReader groups(in.String());
  ByteReader minutes(in.String());
  ByteReader lines(in.String());
  std::vector<PatternCount> counts;
  if (!in.ok() || !in.AtEnd() || cells > kBlockLinesMax || group_count > cells ||
      base > INT64_MAX / kMinuteMs / 2 || base < INT64_MIN / kMinuteMs / 2) {
    return DataLoss("log block: the counts are damaged");
  }
  counts.reserve(cells);
  uint64_t at = 0;
  for (uint64_t i = 0; i < group_count; ++i) {
    at += std::min<uint64_t>(groups.Varint(), patterns.size());
    const uint8_t severity = groups.U8();
    uint64_t left = groups.Varint();
    if (at >= patterns.size() || severity > kSeverityMask || left > cells - counts.size())
      groups.Fail();
    int64_t minute = base;
    for (; left > 0 && groups.ok(); --left) {
      const uint64_t gap = minutes.Varint();
      const uint64_t count = lines.Varint();
      if (gap > INT64_MAX / kMinuteMs / 4 || count > kBlockLinesMax) minutes.Fail();
      minute += static_cast<int64_t>(gap);
      if (!minutes.ok() || !lines.ok() || minute > INT64_MAX / kMinuteMs / 2) {
        return DataLoss("log block: the counts are damaged");
      }
      counts.push_back({patterns[at], TimeFromMs(minute * kMinuteMs),
                        static_cast<LogSeverity>(severity), static_cast<uint32_t>(count)});
      ++minute;
    }
    if (!groups.ok()) return DataLoss("log block: the counts are damaged");
  }
  if (!groups.AtEnd() || !minutes.AtEnd() || !lines.AtEnd() || counts.size() != cells) {
    return DataLoss("log block: the counts are damaged");
  }
  return counts;
}

}  // namespace kizashi
