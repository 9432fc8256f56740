// One followed file: what of it was acknowledged, and the records behind that.
//
// Lines that may still belong together (a begun stack trace, a partial line of a container) are not
// given until they are whole, and the cursor does not move past them: they are read again, also
// after a restart. So nothing is lost and nothing is given twice. A compressed file is read once,
// when it has stopped growing; its cursor counts decoded bytes. One thread. Limits: kReadBytesMax
// at a time, kBatchLinesMax lines a time, lines of kLogTextBytesMax (the rest is passed over and
// LogLine::cut says so).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "ingest/line_file.h"
#include "wire/telemetry.h"

namespace kizashi {

/// How far a file was read.
struct TailCursor {
  int64_t offset = 0;         // bytes, of a compressed file decoded ones
  uint64_t head_size = 0;     // of how many first bytes...
  uint64_t head_hash = 0;     // ...this is the hash: tells a reused inode or a truncated file
  bool in_long_line = false;  // the rest of the line at `offset` is passed over
  bool finished = false;      // a compressed file was read to its end

  std::string Encode() const;
  /// False when `bytes` are none. Reads version 1 too, which knows no flags.
  static bool Decode(std::string_view bytes, TailCursor* cursor);
};

/// Lines of one service in their order, and where the file stands behind them.
struct TailRun {
  std::string service;  // what the lines say of it; empty: nothing
  std::vector<LogLine> lines;
  size_t line_count = 0;  // of the file; a record may have many
  size_t cut = 0;         // lines that were too long
  TailCursor next;
};

/// Of plain files that were read: the hash of their first bytes, and how far they were read.
using ReadContents = std::map<uint64_t, int64_t>;

class TailFile {
 public:
  static constexpr size_t kReadBytesMax = 1 << 20;
  static constexpr size_t kBatchLinesMax = 5'000;
  static constexpr size_t kHeadBytes = 256;
  /// A renamed file may still be written by a process that has not opened the new one yet; a
  /// compressed one may still be made.
  static constexpr Duration kSettle{5000};

  /// Takes over `fd`. A compressed file begins where a file of the same beginning in *read_before,
  /// which outlives this, ended.
  TailFile(std::string path, int fd, Time now, const ReadContents* read_before);
  ~TailFile();

  /// The cursor says something about this very file.
  bool Matches(const TailCursor& cursor) const;
  void GoOnFrom(const TailCursor& cursor) { cursor_ = cursor; }
  /// Begins behind `offset`.
  void SkipTo(int64_t offset) { cursor_.offset = offset; }

  /// What can be given now, in order; empty when nothing can. The runs are to be acknowledged in
  /// this order; what is not acknowledged comes again. A compressed file is read only if
  /// `may_decode`, which takes memory until it is finished.
  std::vector<TailRun> Read(Time now, bool may_decode);
  void Acknowledge(const TailRun& run);

  /// Its path leads to another file now.
  void SetRenamed(Time now);
  bool renamed() const { return renamed_; }
  /// A renamed file that was read to its end and has not grown for a while.
  bool IsDone(Time now) const;
  bool compressed() const { return compressed_; }
  /// Compressed, and not read to its end.
  bool wants_decoding() const { return compressed_ && !cursor_.finished; }
  const TailCursor& cursor() const { return cursor_; }

 private:
  struct Lines;

  void CheckTruncated();
  void SeeGrowth(int64_t end, Time now);
  /// The bytes from the cursor on, some of them; *last: nothing follows for good.
  std::string_view Peek(Time now, std::string* buffer, bool* last);
  std::string_view PeekDecoded(Time now, bool* last);
  void SeeWhetherCompressed();
  bool OpenSource();
  uint64_t DecodedHeadHash() const;
  void SetFinished();
  std::vector<TailRun> Runs(Lines* lines, bool last, bool more, size_t bytes, Time now);
  TailCursor CursorAt(int64_t offset, bool in_long_line) const;

  const std::string path_;
  const int fd_;
  const ReadContents* const read_before_;
  bool compressed_ = false;
  TailCursor cursor_;
  bool renamed_ = false;
  int64_t end_seen_ = -1;
  Time last_growth_{};
  // Of a compressed file: where it is decoded, and decoded bytes from the cursor on.
  std::unique_ptr<ByteSource> source_;
  std::string decoded_;
};

}  // namespace kizashi
