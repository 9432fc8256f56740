#include "ingest/tail_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/log.h"
#include "ingest/record_reader.h"

namespace kizashi {
namespace {

constexpr uint8_t kVersion = 2;
constexpr uint8_t kVersionWithoutFlags = 1;

int64_t SizeOf(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 ? info.st_size : -1;
}

uint64_t HashHead(int fd, uint64_t size) {
  char head[TailFile::kHeadBytes];
  const ssize_t got = pread(fd, head, size, 0);
  return got == static_cast<ssize_t>(size) ? Hash64({head, size}) : 0;
}

}  // namespace

std::string TailCursor::Encode() const {
  ByteWriter out;
  out.U8(kVersion);
  out.SignedVarint(offset);
  out.Varint(head_size);
  out.U64(head_hash);
  out.U8(static_cast<uint8_t>((in_long_line ? 1 : 0) | (finished ? 2 : 0)));
  return out.Take();
}

bool TailCursor::Decode(std::string_view bytes, TailCursor* cursor) {
  ByteReader in(bytes);
  const uint8_t version = in.U8();
  cursor->offset = in.SignedVarint();
  cursor->head_size = in.Varint();
  cursor->head_hash = in.U64();
  const uint8_t flags = version == kVersionWithoutFlags ? uint8_t{0} : in.U8();
  cursor->in_long_line = (flags & 1) != 0;
  cursor->finished = (flags & 2) != 0;
  return in.ok() && in.AtEnd() && (version == kVersion || version == kVersionWithoutFlags) &&
         cursor->offset >= 0 && cursor->head_size <= TailFile::kHeadBytes;
}

TailFile::TailFile(std::string path, int fd, Time now, const ReadContents* read_before)
    : path_(std::move(path)), fd_(fd), read_before_(read_before), last_growth_(now) {
  SeeWhetherCompressed();
}

// A file that was just made may have no bytes yet.
void TailFile::SeeWhetherCompressed() {
  if (compressed_ || cursor_.offset > 0) return;
  char head[4];
  const ssize_t got = pread(fd_, head, sizeof(head), 0);
  compressed_ = got > 0 && IsCompressed({head, static_cast<size_t>(got)});
}

TailFile::~TailFile() { close(fd_); }

bool TailFile::Matches(const TailCursor& cursor) const {
  return cursor.head_size > 0 && HashHead(fd_, cursor.head_size) == cursor.head_hash;
}

// A file that is shorter than what was read, or begins otherwise, was truncated and written anew.
void TailFile::CheckTruncated() {
  if (compressed_) return;
  const int64_t size = SizeOf(fd_);
  const bool shorter = size >= 0 && size < cursor_.offset;
  const bool differs = cursor_.head_size > 0 && size >= static_cast<int64_t>(cursor_.head_size) &&
                       HashHead(fd_, cursor_.head_size) != cursor_.head_hash;
  if (shorter || differs) cursor_ = TailCursor{};
}

void TailFile::SeeGrowth(int64_t end, Time now) {
  if (end != end_seen_) last_growth_ = now;
  end_seen_ = end;
  if (now < last_growth_) last_growth_ = now;  // the clock was put back
}

bool TailFile::OpenSource() {
  const int fd = open(fmt::format("/proc/self/fd/{}", fd_).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  if (cursor_.offset == 0) {
    const auto read = read_before_->find(DecodedHeadHash());
    if (read != read_before_->end()) cursor_.offset = read->second;
  }
  source_ = std::make_unique<ByteSource>(fd, path_);
  decoded_.clear();
  int64_t skip = cursor_.offset;
  for (std::string_view chunk; skip > 0 && source_->Next(&chunk);) {
    const auto size = static_cast<int64_t>(chunk.size());
    if (size > skip) decoded_ = chunk.substr(static_cast<size_t>(skip));
    skip -= std::min(skip, size);
  }
  return true;
}

std::string_view TailFile::Peek(Time now, std::string* buffer, bool* last) {
  const int64_t size = SizeOf(fd_);
  if (size > cursor_.offset) {
    buffer->resize(static_cast<size_t>(std::min<int64_t>(kReadBytesMax, size - cursor_.offset)));
    const ssize_t got = pread(fd_, buffer->data(), buffer->size(), cursor_.offset);
    buffer->resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  }
  SeeGrowth(size, now);
  *last = renamed_ && now - last_growth_ >= kSettle;
  return *buffer;
}

std::string_view TailFile::PeekDecoded(Time now, bool* last) {
  SeeGrowth(SizeOf(fd_), now);
  if (now - last_growth_ < kSettle || (!source_ && !OpenSource())) return {};
  std::string_view chunk;
  while (decoded_.size() < kReadBytesMax) {
    if (!source_->Next(&chunk)) {
      *last = true;
      break;
    }
    decoded_.append(chunk);
  }
  if (*last && decoded_.empty()) {
    if (!source_->status().ok()) {
      Log(LogLevel::kWarn, "tailed file", {{"reason", Message(source_->status())}});
    }
    SetFinished();
  }
  return decoded_;
}

void TailFile::SetFinished() {
  cursor_.finished = true;
  source_.reset();
  decoded_ = {};
}

TailCursor TailFile::CursorAt(int64_t offset, bool in_long_line) const {
  TailCursor next = cursor_;
  next.offset = offset;
  next.in_long_line = in_long_line;
  if (next.head_size < kHeadBytes) {
    const int64_t known = compressed_ ? SizeOf(fd_) : offset;
    next.head_size = static_cast<uint64_t>(std::clamp<int64_t>(known, 0, kHeadBytes));
    next.head_hash = HashHead(fd_, next.head_size);
  }
  return next;
}

/// The lines of the bytes that were read, and where each of them ends.
struct TailFile::Lines {
  struct End {
    int64_t offset = 0;
    bool in_long_line = false;
    bool cut = false;
  };

  /// `last`: what has no end is a line too. Returns whether there is more than was taken.
  bool Split(std::string_view bytes, const TailCursor& from, bool last, Time now) {
    size_t used = 0;
    if (from.in_long_line) {
      const size_t end = bytes.find('\n');
      used = end == bytes.npos ? bytes.size() : end + 1;
      passed = static_cast<int64_t>(used);
      in_long_line = end == bytes.npos;
    }
    while (used < bytes.size() && ends.size() < kBatchLinesMax) {
      const size_t end = bytes.find('\n', used);
      const bool whole = end != bytes.npos;
      std::string_view line = bytes.substr(used, whole ? end - used : end);
      if (whole && line.ends_with('\r')) line.remove_suffix(1);
      const bool cut = line.size() > kLogTextBytesMax;
      // The last line may still be growing.
      if (!whole && !cut && !last) break;
      used = whole ? end + 1 : bytes.size();
      reader.Add(line.substr(0, kLogTextBytesMax), cut, now);
      ends.push_back({from.offset + static_cast<int64_t>(used), !whole && cut && !last, cut});
    }
    return used < bytes.size();
  }

  RecordReader reader{{.one_service_at_a_time = true}};
  std::vector<End> ends;
  int64_t passed = 0;  // of a long line's rest
  bool in_long_line = false;
};

std::vector<TailRun> TailFile::Read(Time now, bool may_decode) {
  SeeWhetherCompressed();
  CheckTruncated();
  if (compressed_ && (cursor_.finished || !may_decode)) return {};
  bool last = false;
  std::string buffer;
  const std::string_view bytes = compressed_ ? PeekDecoded(now, &last) : Peek(now, &buffer, &last);
  if (bytes.empty()) return {};
  Lines lines;
  const bool more = lines.Split(bytes, cursor_, last, now);
  if (lines.ends.empty()) {
    if (lines.passed > 0) {
      if (compressed_) decoded_.erase(0, static_cast<size_t>(lines.passed));
      cursor_.offset += lines.passed;
      cursor_.in_long_line = lines.in_long_line;
    }
    return {};
  }
  std::vector<TailRun> runs = Runs(&lines, last, more, bytes.size(), now);
  if (compressed_ && last && !more && !runs.empty()) runs.back().next.finished = true;
  return runs;
}

std::vector<TailRun> TailFile::Runs(Lines* lines, bool last, bool more, size_t bytes, Time now) {
  std::vector<Record> records;
  const auto drain = [&] {
    for (Record record; lines->reader.Next(&record);) records.push_back(std::move(record));
  };
  const bool quiet = !more && now - last_growth_ >= kTraceGapMax;
  const bool full = more || bytes >= kReadBytesMax;
  if (last || quiet) {
    lines->reader.Close();
  } else {
    lines->reader.CloseWhole();
  }
  drain();
  if (records.empty() && full) {
    lines->reader.Close();
    drain();
  }
  std::vector<TailRun> runs;
  uint64_t next = 0;  // the line that has not come out yet
  for (Record& record : records) {
    if (runs.empty() || runs.back().service != record.service) {
      runs.emplace_back().service = record.service;
    }
    TailRun& run = runs.back();
    run.lines.push_back(std::move(record.line));
    run.line_count += record.lines;
    next = std::max(next, record.last + 1);
    const Lines::End& end = lines->ends[next - 1];
    run.cut += lines->ends[record.first].cut ? 1 : 0;
    run.next = CursorAt(end.offset, end.in_long_line);
  }
  return runs;
}

void TailFile::Acknowledge(const TailRun& run) {
  if (compressed_) decoded_.erase(0, static_cast<size_t>(run.next.offset - cursor_.offset));
  cursor_ = run.next;
  if (cursor_.finished) SetFinished();
}

void TailFile::SetRenamed(Time now) {
  renamed_ = true;
  last_growth_ = now;
}

bool TailFile::IsDone(Time now) const {
  if (!renamed_) return false;
  if (compressed_) return cursor_.finished;
  return cursor_.offset >= SizeOf(fd_) && now - last_growth_ >= kSettle;
}

/// The hash of the first kHeadBytes decoded bytes, 0 when there are fewer.
uint64_t TailFile::DecodedHeadHash() const {
  const int fd = open(fmt::format("/proc/self/fd/{}", fd_).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ByteSource source(fd, path_);
  std::string head;
  for (std::string_view chunk; head.size() < kHeadBytes && source.Next(&chunk);) head += chunk;
  return head.size() < kHeadBytes ? 0 : Hash64(std::string_view(head).substr(0, kHeadBytes));
}

}  // namespace kizashi
