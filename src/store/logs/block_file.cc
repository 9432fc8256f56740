// Log blocks in files, read where they are asked for.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "store/logs/log_block.h"

namespace kizashi {
namespace {

class FileSource final : public BlockSource {
 public:
  FileSource(int file, uint64_t size) : file_(file), size_(size) {}
  ~FileSource() override { ::close(file_); }
  uint64_t size() const override { return size_; }
  StatusOr<std::string> Read(uint64_t offset, uint64_t bytes) override {
    std::string read(bytes, '\0');
    for (uint64_t at = 0; at < bytes;) {
      const ssize_t got =
          ::pread(file_, read.data() + at, bytes - at, static_cast<off_t>(offset + at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Internal("log block: reading failed: {}", std::strerror(errno));
      if (got == 0) return DataLoss("log block: the file ends early");
      at += static_cast<uint64_t>(got);
    }
    return read;
  }

 private:
  int file_;
  uint64_t size_;
};

}  // namespace

StatusOr<std::unique_ptr<LogBlock>> LogBlock::OpenFile(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return NotFound("log block {} is not there", path);
  if (file < 0) return Internal("cannot open log block {}: {}", path, std::strerror(errno));
  struct stat about {};
  if (::fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
    ::close(file);
    return Internal("cannot read log block {}: not a plain file", path);
  }
  auto block = Open(std::make_unique<FileSource>(file, static_cast<uint64_t>(about.st_size)));
  if (!block.ok()) {
    return Errorf(block.status().code(), "{}: {}", path, Message(block.status()));
  }
  return block;
}

}  // namespace kizashi
