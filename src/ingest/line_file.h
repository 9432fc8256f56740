// The lines of a file: plain, gzip (all its members), zstd (all its frames), or standard input.
//
// What is compressed is told by its first bytes, not by its name. A file that is cut off or damaged
// gives the lines that it holds up to there, and then an error. One thread. Limits: a line of
// kLogTextBytesMax bytes; a longer one is given cut at it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace kizashi {

/// A compressed file is known by these first bytes (RFC 1952, RFC 8878).
bool IsCompressed(std::string_view head);

/// The bytes of a file as they were before compression.
class ByteSource {
 public:
  /// Takes over `fd`. `name` is for messages.
  ByteSource(int fd, std::string name);
  ~ByteSource();

  /// Replaces *chunk by the next bytes; false at the end, or with status() not OK at an error.
  bool Next(std::string_view* chunk);

  const Status& status() const { return status_; }
  /// Bytes of the file itself that were read so far, and all of them (0: not known).
  uint64_t bytes_read() const { return bytes_read_; }
  uint64_t bytes_total() const { return bytes_total_; }

 private:
  class Decoder;
  class GzipDecoder;
  class ZstdDecoder;

  bool ReadRaw();
  void Begin();

  const int fd_;
  const std::string name_;
  std::string raw_;
  std::string_view rest_;  // of raw_, not decoded yet
  std::string decoded_;
  std::unique_ptr<Decoder> decoder_;
  Status status_;
  uint64_t bytes_read_ = 0;
  uint64_t bytes_total_ = 0;
  bool begun_ = false;
  bool ended_ = false;
};

struct LineFileProgress {
  uint64_t bytes = 0;  // of the file itself
  uint64_t bytes_total = 0;
  uint64_t lines = 0;
};

struct LineFileOptions {
  /// Called about once a MiB.
  std::function<void(const LineFileProgress&)> progress;
};

/// Calls `line` with each line of `path` ("-" is standard input), without its end ("\n", "\r\n").
/// The last line needs no end. NotFound when it cannot be opened, DataLoss when it is damaged or
/// cut off: what it held was given before.
Status ReadLines(const std::string& path,
                 const std::function<void(std::string_view line, bool cut)>& line,
                 const LineFileOptions& options = {});

}  // namespace kizashi
