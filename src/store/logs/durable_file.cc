#include "store/logs/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace kizashi {
namespace {

Status Failed(const std::string& path, const char* step) {
  const int error = errno;
  if (error == ENOSPC || error == EDQUOT) {
    return ResourceExhausted("the disk is full: {} cannot be written", path);
  }
  return Internal("{} of {} failed: {}", step, path, std::strerror(error));
}

Status WriteAll(int file, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(file, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return Failed(path, "writing");
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return ::fsync(file) == 0 ? OkStatus() : Failed(path, "syncing");
}

}  // namespace

Status WriteDurably(const std::string& path, std::string_view bytes) {
  const std::string unfinished = path + std::string(kUnfinishedSuffix);
  const int file = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return Failed(unfinished, "opening");
  Status written = WriteAll(file, unfinished, bytes);
  if (::close(file) != 0 && written.ok()) written = Failed(unfinished, "closing");
  if (written.ok() && std::rename(unfinished.c_str(), path.c_str()) != 0) {
    written = Failed(unfinished, "renaming");
  }
  if (!written.ok()) {
    ::unlink(unfinished.c_str());
    return written;
  }
  return SyncDirectoryOf(path);
}

Status SyncDirectoryOf(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return Failed(directory, "opening");
  const Status synced = ::fsync(file) == 0 ? OkStatus() : Failed(directory, "syncing");
  ::close(file);
  return synced;
}

}  // namespace kizashi
