#include "ingest/line_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "wire/telemetry.h"

namespace kizashi {
namespace {

constexpr size_t kReadBytes = 1 << 20;
constexpr size_t kDecodedBytes = 1 << 20;
constexpr size_t kHeadBytes = 4;
constexpr int kZstdWindowLogMax = 31;  // whatever `zstd --ultra --long=31` makes
constexpr std::string_view kGzip = "\x1f\x8b";
constexpr std::string_view kZstd = "\x28\xb5\x2f\xfd";

std::string_view WithoutCarriageReturn(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Puts lines together from chunks.
class LineSplitter {
 public:
  explicit LineSplitter(const std::function<void(std::string_view, bool)>& line) : line_(line) {}

  void Add(std::string_view chunk) {
    for (size_t end; (end = chunk.find('\n')) != chunk.npos; chunk.remove_prefix(end + 1)) {
      if (begun_.empty() && !cut_) {
        Give(chunk.substr(0, end));
      } else {
        Keep(chunk.substr(0, end));
        Give(begun_);
      }
    }
    Keep(chunk);
  }
  void End() {
    if (!begun_.empty() || cut_) Give(begun_);
  }
  uint64_t lines() const { return lines_; }

 private:
  // One byte more than a line may have: it may be a carriage return.
  void Keep(std::string_view part) {
    const size_t room = kLogTextBytesMax + 1 - begun_.size();
    begun_.append(part.substr(0, room));
    cut_ = cut_ || part.size() > room;
  }
  void Give(std::string_view line) {
    if (!cut_) line = WithoutCarriageReturn(line);
    const bool cut = cut_ || line.size() > kLogTextBytesMax;
    line_(line.substr(0, kLogTextBytesMax), cut);
    ++lines_;
    begun_.clear();
    cut_ = false;
  }

  const std::function<void(std::string_view, bool)>& line_;
  std::string begun_;
  bool cut_ = false;
  uint64_t lines_ = 0;
};

}  // namespace

bool IsCompressed(std::string_view head) {
  return head.starts_with(kGzip) || head.starts_with(kZstd);
}

/// One way to decompress.
class ByteSource::Decoder {
 public:
  virtual ~Decoder() = default;
  /// Takes from *rest, fills *out (up to its size), sets how much. False when it is damaged.
  virtual bool Decode(std::string_view* rest, std::string* out, size_t* size) = 0;
  /// Between two members or frames: the file may end here.
  virtual bool at_boundary() const = 0;
};

class ByteSource::GzipDecoder final : public Decoder {
 public:
  GzipDecoder() { ok_ = inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK; }
  ~GzipDecoder() override { inflateEnd(&stream_); }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  bool Decode(std::string_view* rest, std::string* out, size_t* size) override {
    *size = 0;
    if (!ok_) return false;
    if (boundary_) {
      // Padding of zeros may follow the last member; a tape's block is filled with them.
      while (!rest->empty() && begun_ && (*rest)[0] == '\0') rest->remove_prefix(1);
      if (rest->empty()) return true;
      if (inflateReset(&stream_) != Z_OK) return false;
      begun_ = true;
      boundary_ = false;
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest->data()));
    stream_.avail_in = static_cast<uInt>(rest->size());
    stream_.next_out = reinterpret_cast<Bytef*>(out->data());
    stream_.avail_out = static_cast<uInt>(out->size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    rest->remove_prefix(rest->size() - stream_.avail_in);
    *size = out->size() - stream_.avail_out;
    boundary_ = result == Z_STREAM_END;
    return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
  }
  bool at_boundary() const override { return boundary_; }

 private:
  z_stream stream_{};
  bool ok_ = false;
  bool begun_ = false;
  bool boundary_ = true;
};

class ByteSource::ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx()) {
    if (context_ != nullptr) {
      ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kZstdWindowLogMax);
    }
  }
  ~ZstdDecoder() override { ZSTD_freeDCtx(context_); }
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;

  bool Decode(std::string_view* rest, std::string* out, size_t* size) override {
    *size = 0;
    if (context_ == nullptr) return false;
    ZSTD_inBuffer in{rest->data(), rest->size(), 0};
    ZSTD_outBuffer to{out->data(), out->size(), 0};
    const size_t result = ZSTD_decompressStream(context_, &to, &in);
    rest->remove_prefix(in.pos);
    *size = to.pos;
    // With nothing in and nothing out it asks for the next frame's header: still a boundary.
    if (in.pos > 0 || to.pos > 0) boundary_ = result == 0;
    return ZSTD_isError(result) == 0;
  }
  bool at_boundary() const override { return boundary_; }

 private:
  ZSTD_DCtx* const context_;
  bool boundary_ = true;
};

ByteSource::ByteSource(int fd, std::string name) : fd_(fd), name_(std::move(name)) {
  struct stat info {};
  if (fstat(fd_, &info) == 0 && S_ISREG(info.st_mode)) {
    bytes_total_ = static_cast<uint64_t>(info.st_size);
  }
}

ByteSource::~ByteSource() {
  if (fd_ > STDERR_FILENO) close(fd_);
}

// Reads the file's next bytes behind those that are not used yet; false at its end or an error.
bool ByteSource::ReadRaw() {
  raw_.erase(0, raw_.size() - rest_.size());
  const size_t kept = raw_.size();
  raw_.resize(kept + kReadBytes);
  ssize_t got = 0;
  do {
    got = read(fd_, raw_.data() + kept, kReadBytes);
  } while (got < 0 && errno == EINTR);
  if (got < 0) status_ = Internal("cannot read {}: {}", name_, std::strerror(errno));
  raw_.resize(kept + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  rest_ = raw_;
  bytes_read_ += static_cast<uint64_t>(std::max<ssize_t>(got, 0));
  return got > 0;
}

void ByteSource::Begin() {
  begun_ = true;
  while (rest_.size() < kHeadBytes && ReadRaw()) {
  }
  if (rest_.starts_with(kGzip)) decoder_ = std::make_unique<GzipDecoder>();
  if (rest_.starts_with(kZstd)) decoder_ = std::make_unique<ZstdDecoder>();
}

bool ByteSource::Next(std::string_view* chunk) {
  if (!begun_) Begin();
  if (ended_ || !status_.ok()) return false;
  if (!decoder_) {
    if (rest_.empty() && !ReadRaw()) return false;
    *chunk = std::exchange(rest_, {});
    return true;
  }
  decoded_.resize(kDecodedBytes);
  while (true) {
    size_t size = 0;
    const bool right = decoder_->Decode(&rest_, &decoded_, &size);
    if (!right) {
      ended_ = true;
      status_ =
          DataLoss("{} is damaged after {} compressed bytes", name_, bytes_read_ - rest_.size());
    }
    if (size > 0) {
      *chunk = std::string_view(decoded_).substr(0, size);
      return true;
    }
    if (!right) return false;
    if (!rest_.empty()) continue;
    if (ReadRaw()) continue;
    ended_ = true;
    if (status_.ok() && !decoder_->at_boundary()) {
      status_ = DataLoss("{} is cut off after {} compressed bytes", name_, bytes_read_);
    }
    return false;
  }
}

Status ReadLines(const std::string& path,
                 const std::function<void(std::string_view line, bool cut)>& line,
                 const LineFileOptions& options) {
  const int fd = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NotFound("cannot open {}: {}", path, std::strerror(errno));
  ByteSource source(fd, path);
  LineSplitter lines(line);
  for (std::string_view chunk; source.Next(&chunk);) {
    lines.Add(chunk);
    if (options.progress) {
      options.progress({source.bytes_read(), source.bytes_total(), lines.lines()});
    }
  }
  lines.End();
  return source.status();
}

}  // namespace kizashi
