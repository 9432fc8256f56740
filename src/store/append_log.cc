#include "store/append_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/log.h"

namespace kizashi {
namespace {

constexpr std::string_view kMagic = "KZALOG01";
constexpr size_t kHeaderBytes = 8 + 8 + 4;
constexpr size_t kFrameBytes = 8;
constexpr std::string_view kPrefix = "log-";
constexpr auto kLockPoll = std::chrono::milliseconds(10);
constexpr auto kLazySync = std::chrono::milliseconds(200);

uint32_t Checksum(std::string_view bytes) { return static_cast<uint32_t>(Hash64(bytes)); }

std::string FileName(uint64_t number) { return fmt::format("{}{:08}", kPrefix, number); }

// Owns a file descriptor.
class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

Status WriteAt(int fd, std::string_view bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int error = written < 0 ? errno : ENOSPC;
      return Unavailable("the log cannot be written: {}", std::strerror(error));
    }
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return OkStatus();
}

Status SyncFile(int fd) {
  if (fdatasync(fd) == 0) return OkStatus();
  return Unavailable("the log cannot be brought to the disk: {}", std::strerror(errno));
}

}  // namespace

std::string FrameRecord(std::string_view record) {
  ByteWriter out;
  out.U32(static_cast<uint32_t>(record.size()));
  out.U32(Checksum(record));
  out.Raw(record.data(), record.size());
  return out.Take();
}

std::string AppendLogHeader(uint64_t server_id) {
  ByteWriter out;
  out.Raw(kMagic.data(), kMagic.size());
  out.U64(server_id);
  out.U32(Checksum(out.bytes()));
  return out.Take();
}

AppendLogScan ScanAppendLog(std::string_view bytes,
                            const std::function<void(std::string_view record)>& record) {
  AppendLogScan scan;
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) {
    scan.damaged = bytes.size() >= kHeaderBytes;
    return scan;
  }
  ByteReader header(bytes.substr(kMagic.size(), kHeaderBytes - kMagic.size()));
  scan.server_id = header.U64();
  if (header.U32() != Checksum(bytes.substr(0, kHeaderBytes - 4))) {
    scan.damaged = true;
    return scan;
  }
  scan.good_bytes = kHeaderBytes;
  while (scan.good_bytes < bytes.size()) {
    ByteReader in(bytes.substr(scan.good_bytes));
    const uint32_t size = in.U32();
    const uint32_t checksum = in.U32();
    if (!in.ok() || size > in.remaining()) {
      // Not yet whole when the process ended, unless the size is none that we write.
      scan.damaged = in.ok() && size > kAppendRecordBytesMax;
      break;
    }
    const std::string_view payload = in.Bytes(size);
    if (size == 0 || checksum != Checksum(payload)) {
      scan.damaged = scan.good_bytes + kFrameBytes + size < bytes.size();
      break;
    }
    record(payload);
    scan.good_bytes += kFrameBytes + size;
  }
  return scan;
}

struct AppendLog::Impl {
  AppendLogOptions options;
  uint64_t server_id = 0;
  File directory;  // locked while it is open

  mutable std::mutex mutex;
  std::condition_variable changed;
  File file;
  uint64_t number = 0;
  uint64_t offset = 0;
  uint64_t compacted_bytes = 0;  // of the state that the file began with
  bool dirty = false;            // something was appended since the last sync began
  bool broken = false;           // a sync failed: what the disk has is not known
  bool compacting = false;
  std::string tail;  // appended since the compaction began
  std::vector<std::string> snapshot;
  std::vector<std::function<void(const Status&)>> waiting;
  bool stopping = false;
  std::thread thread;

  Counter* syncs = nullptr;
  Counter* failures = nullptr;
  Counter* compactions = nullptr;

  std::string PathOf(const std::string& name) const { return options.directory + "/" + name; }

  Status ReadAll(const std::function<void(std::string_view)>& restore);
  Status StartFile(const std::vector<std::string>& records);
  Status Replace(const std::vector<std::string>& records);
  void RemoveOthers();
  void Run();
};

// The newest file is whole: it got its name when it was.
Status AppendLog::Impl::ReadAll(const std::function<void(std::string_view)>& restore) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(options.directory, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    uint64_t read = 0;
    const char* const end = name.data() + name.size();
    const auto result = std::from_chars(name.data() + kPrefix.size(), end, read);
    if (result.ec == std::errc() && result.ptr == end) number = std::max(number, read);
  }
  if (error) {
    return Internal("the directory {} cannot be read: {}", options.directory, error.message());
  }
  if (number == 0) return OkStatus();
  const std::string path = PathOf(FileName(number));
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) return Internal("{} cannot be read", path);
  const AppendLogScan scan = ScanAppendLog(bytes, restore);
  server_id = scan.server_id;
  if (scan.damaged) {
    failures->Add();
    std::ofstream(path + ".damaged", std::ios::binary) << bytes;
    Log(LogLevel::kError, "the log is damaged: what follows the damage is lost",
        {{"file", path},
         {"at", scan.good_bytes},
         {"bytes", bytes.size() - scan.good_bytes},
         {"kept", path + ".damaged"}});
  }
  if (scan.good_bytes == 0) return OkStatus();
  file = File(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.is_open()) return Internal("{} cannot be opened: {}", path, std::strerror(errno));
  offset = scan.good_bytes;
  if (offset < bytes.size() && ftruncate(file.fd(), static_cast<off_t>(offset)) != 0) {
    return Internal("{} cannot be cut: {}", path, std::strerror(errno));
  }
  return OkStatus();
}

// A file under its final name, on disk, with these records. The caller holds the mutex or is alone.
Status AppendLog::Impl::StartFile(const std::vector<std::string>& records) {
  std::string bytes = AppendLogHeader(server_id);
  for (const std::string& record : records) bytes += FrameRecord(record);
  const std::string name = FileName(number + 1);
  const std::string temporary = PathOf(name + ".tmp");
  File made(open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!made.is_open()) {
    return Unavailable("{} cannot be made: {}", temporary, std::strerror(errno));
  }
  KZ_RETURN_IF_ERROR(WriteAt(made.fd(), bytes, 0));
  KZ_RETURN_IF_ERROR(SyncFile(made.fd()));
  uint64_t end = bytes.size();
  const std::unique_lock lock(mutex);
  KZ_RETURN_IF_ERROR(WriteAt(made.fd(), tail, end));
  KZ_RETURN_IF_ERROR(SyncFile(made.fd()));
  if (rename(temporary.c_str(), PathOf(name).c_str()) != 0 || fsync(directory.fd()) != 0) {
    return Unavailable("{} cannot be named: {}", temporary, std::strerror(errno));
  }
  file = std::move(made);
  compacted_bytes = bytes.size();
  offset = end + tail.size();
  ++number;
  broken = false;
  return OkStatus();
}

Status AppendLog::Impl::Replace(const std::vector<std::string>& records) {
  const Status status = StartFile(records);
  if (status.ok()) {
    RemoveOthers();
    compactions->Add();
  }
  const std::unique_lock lock(mutex);
  compacting = false;
  tail.clear();
  return status;
}

void AppendLog::Impl::RemoveOthers() {
  std::error_code error;
  const std::string mine = FileName(number);
  for (const auto& entry : std::filesystem::directory_iterator(options.directory, error)) {
    const std::string name = entry.path().filename().string();
    const bool is_ours = name.starts_with(kPrefix) && !name.ends_with(".damaged");
    if (is_ours && name != mine) std::filesystem::remove(entry.path(), error);
  }
}

void AppendLog::Impl::Run() {
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait_for(lock, kLazySync,
                     [this] { return stopping || !waiting.empty() || !snapshot.empty(); });
    if (!snapshot.empty()) {
      const std::vector<std::string> records = std::exchange(snapshot, {});
      lock.unlock();
      if (const Status status = Replace(records); !status.ok()) {
        failures->Add();
        Log(LogLevel::kError, "the log could not be compacted", {{"reason", Message(status)}});
      }
      lock.lock();
    }
    if (waiting.empty() && !dirty) {
      if (stopping) return;
      continue;
    }
    const auto done = std::exchange(waiting, {});
    dirty = false;
    const bool was_broken = broken;
    const int fd = file.fd();
    lock.unlock();
    Status status = was_broken ? Unavailable("the log is being written anew") : SyncFile(fd);
    syncs->Add();
    if (!status.ok()) failures->Add();
    for (const auto& call : done) call(status);
    lock.lock();
    if (!status.ok()) broken = true;
  }
}

AppendLog::AppendLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

StatusOr<std::unique_ptr<AppendLog>> AppendLog::Open(
    AppendLogOptions options, Registry* registry,
    const std::function<void(std::string_view record)>& restore) {
  auto impl = std::make_unique<Impl>();
  Impl& of = *impl;
  of.options = std::move(options);
  const MetricLabels labels = {{"log", of.options.name}};
  of.syncs = &registry->GetCounter("kizashi_append_log_syncs_total",
                                   "Times a log was brought to the disk.", labels);
  of.failures =
      &registry->GetCounter("kizashi_append_log_failures_total",
                            "Times the disk refused, or what was on it was damaged.", labels);
  of.compactions = &registry->GetCounter("kizashi_append_log_compactions_total",
                                         "Times a log was replaced by the state.", labels);
  std::error_code error;
  std::filesystem::create_directories(of.options.directory, error);
  of.directory = File(open(of.options.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!of.directory.is_open()) {
    return Internal("the directory {} cannot be opened: {}", of.options.directory,
                    std::strerror(errno));
  }
  const Stopwatch waited;
  while (flock(of.directory.fd(), LOCK_EX | LOCK_NB) != 0) {
    if (waited.Elapsed() < of.options.lock_wait) {
      std::this_thread::sleep_for(kLockPoll);
      continue;
    }
    return Unavailable("the directory {} is in use by another process", of.options.directory);
  }
  KZ_RETURN_IF_ERROR(of.ReadAll(restore));
  if (!of.file.is_open()) {
    if (of.server_id == 0) {
      std::random_device device;
      of.server_id = (static_cast<uint64_t>(device()) << 32) | device() | 1;
    }
    KZ_RETURN_IF_ERROR(of.StartFile({}));
  }
  of.RemoveOthers();
  registry->AddCallback("kizashi_append_log_bytes", "Size of the log.", [&of] {
    const std::lock_guard lock(of.mutex);
    return static_cast<double>(of.offset);
  });
  of.thread = std::thread([&of] { of.Run(); });
  return std::unique_ptr<AppendLog>(new AppendLog(std::move(impl)));
}

AppendLog::~AppendLog() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_one();
  impl_->thread.join();
}

Status AppendLog::Append(const std::vector<std::string>& records) {
  std::string bytes;
  for (const std::string& record : records) {
    if (record.size() > kAppendRecordBytesMax) {
      return ResourceExhausted("a record of {} bytes is larger than the log takes", record.size());
    }
    bytes += FrameRecord(record);
  }
  const std::lock_guard lock(impl_->mutex);
  if (impl_->broken) {
    return Unavailable(
        "the log cannot be trusted since the disk failed; it is being "
        "written anew");
  }
  if (const Status status = WriteAt(impl_->file.fd(), bytes, impl_->offset); !status.ok()) {
    impl_->failures->Add();
    // Nothing of it stays. If even this fails, the next record is written over it.
    if (ftruncate(impl_->file.fd(), static_cast<off_t>(impl_->offset)) != 0) impl_->dirty = true;
    return status;
  }
  impl_->offset += bytes.size();
  impl_->dirty = true;
  if (impl_->compacting) impl_->tail += bytes;
  return OkStatus();
}

void AppendLog::Sync(std::function<void(const Status&)> done) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->waiting.push_back(std::move(done));
  }
  impl_->changed.notify_one();
}

bool AppendLog::WantsCompaction() const {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->compacting) return false;
  return impl_->broken || impl_->offset > std::max<uint64_t>(impl_->options.compact_bytes_min,
                                                             4 * impl_->compacted_bytes);
}

void AppendLog::Compact(std::vector<std::string> records) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->compacting || records.empty()) return;
    impl_->compacting = true;
    impl_->snapshot = std::move(records);
  }
  impl_->changed.notify_one();
}

uint64_t AppendLog::server_id() const { return impl_->server_id; }

uint64_t AppendLog::bytes() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->offset;
}

}  // namespace kizashi
