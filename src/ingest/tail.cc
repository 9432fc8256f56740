#include "ingest/tail.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <future>
#include <set>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/log.h"
#include "wire/log_fields.h"

namespace kizashi {
namespace {

constexpr Duration kPoll{100};
constexpr Duration kDiscoverEvery{1000};
// A renamed file may still be written by a process that has not opened the new one yet.
constexpr Duration kDrain{5000};
constexpr size_t kHeadBytes = 256;

struct Cursor {
  int64_t offset = 0;
  uint64_t head_size = 0;
  uint64_t head_hash = 0;
};

std::string EncodeCursor(const Cursor& cursor) {
  ByteWriter out;
  out.U8(1);
  out.SignedVarint(cursor.offset);
  out.Varint(cursor.head_size);
  out.U64(cursor.head_hash);
  return out.Take();
}

bool DecodeCursor(std::string_view bytes, Cursor* cursor) {
  ByteReader in(bytes);
  const uint8_t version = in.U8();
  cursor->offset = in.SignedVarint();
  cursor->head_size = in.Varint();
  cursor->head_hash = in.U64();
  return in.ok() && in.AtEnd() && version == 1 && cursor->offset >= 0 &&
         cursor->head_size <= kHeadBytes;
}

uint64_t HashHead(int fd, uint64_t size) {
  char head[kHeadBytes];
  const ssize_t got = pread(fd, head, size, 0);
  return got == static_cast<ssize_t>(size) ? Hash64({head, size}) : 0;
}

int64_t SizeOf(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 ? info.st_size : -1;
}

std::string Stem(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename();
  return name.substr(0, name.find('.'));
}

std::vector<std::string> Glob(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  return paths;
}

}  // namespace

struct TailManager::File {
  std::string path;
  int fd = -1;
  std::string cursor_key;
  Cursor cursor;
  StreamId stream = 0;
  Time last_growth{};
  bool renamed = false;  // its path leads elsewhere now

  ~File() {
    if (fd >= 0) close(fd);
  }
};

// A batch under way, and where the file stands once it is acknowledged.
struct TailManager::Sent {
  File* file = nullptr;
  Cursor next;
  size_t lines = 0;
  std::future<Status> done;
};

StatusOr<TailSpec> ParseTailSpec(const std::string& text) {
  TailSpec spec;
  size_t at = text.find(',');
  spec.glob = text.substr(0, at);
  if (spec.glob.empty()) return InvalidArgument("--tail '{}' has no path", text);
  while (at != text.npos) {
    const size_t next = text.find(',', at + 1);
    const std::string pair = text.substr(at + 1, next == text.npos ? next : next - at - 1);
    const size_t equals = pair.find('=');
    if (equals == text.npos || equals == 0) {
      return InvalidArgument("--tail '{}': '{}' is not label=value", text, pair);
    }
    spec.labels.push_back({pair.substr(0, equals), pair.substr(equals + 1)});
    at = next;
  }
  return spec;
}

TailManager::TailManager(TelemetrySink& sink, const Clock& clock, Registry* registry,
                         std::vector<TailSpec> specs)
    : sink_(sink), clock_(clock), specs_(std::move(specs)) {
  if (registry != nullptr) {
    lines_ = &registry->GetCounter("kizashi_ingest_lines_total", "Log lines acknowledged.",
                                   {{"receiver", "tail"}});
    refused_ = &registry->GetCounter("kizashi_tail_refused_total",
                                     "Batches of tailed lines that will be read again.");
  }
}

TailManager::~TailManager() { Stop(); }

void TailManager::Start() {
  thread_ = std::thread([this] { Run(); });
}

void TailManager::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void TailManager::Run() {
  while (true) {
    // A file that has more than one batch is read on without a pause.
    const bool more = PollOnce() >= kBatchLinesMax;
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, more ? Duration(0) : kPoll, [this] { return stopping_; })) return;
  }
}

size_t TailManager::PollOnce() {
  const Time now = clock_.Now();
  if (first_discovery_ || now - last_discovery_ >= kDiscoverEvery || now < last_discovery_) {
    last_discovery_ = now;
    Discover();
    first_discovery_ = false;
  }
  std::vector<std::unique_ptr<Sent>> sent;
  for (auto& [id, file] : files_) {
    if (auto batch = Read(file.get())) sent.push_back(std::move(batch));
  }
  size_t lines = 0;
  for (const auto& batch : sent) {
    const Status status = batch->done.get();
    if (status.ok()) {
      batch->file->cursor = batch->next;
      lines += batch->lines;
    } else if (refused_ != nullptr) {
      refused_->Add();
    }
  }
  if (lines_ != nullptr) lines_->Add(static_cast<double>(lines));
  std::erase_if(files_, [this](const auto& item) { return ShouldDrop(*item.second); });
  return lines;
}

// A renamed file is let go once it is read to its end and has not grown for a while.
bool TailManager::ShouldDrop(const File& file) const {
  return file.renamed && file.cursor.offset >= SizeOf(file.fd) &&
         clock_.Now() - file.last_growth >= kDrain;
}

void TailManager::Discover() {
  std::set<std::pair<uint64_t, uint64_t>> current;
  for (const TailSpec& spec : specs_) {
    std::set<std::string> directories;
    const std::vector<std::string> paths = Glob(spec.glob);
    for (const std::string& path : paths) {
      Follow(path, spec, true, false);
      directories.insert(std::filesystem::path(path).parent_path());
      struct stat info {};
      if (stat(path.c_str(), &info) == 0) current.emplace(info.st_dev, info.st_ino);
    }
    if (!first_discovery_) continue;
    // What was renamed while nobody looked still has unread lines, under whatever name.
    directories.insert(std::filesystem::path(spec.glob).parent_path());
    for (const std::string& directory : directories) {
      std::error_code error;
      for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
        if (entry.is_regular_file(error)) Follow(entry.path(), spec, false, true);
      }
    }
  }
  for (auto& [id, file] : files_) {
    if (current.count(id) == 0 && !file->renamed) {
      file->renamed = true;
      file->last_growth = clock_.Now();
    }
  }
}

// Opens the file at `path` unless it is followed already. `matched`: the glob names it.
// `from_cursor_only`: only if it was read before and has not been read to its end.
void TailManager::Follow(const std::string& path, const TailSpec& spec, bool matched,
                         bool from_cursor_only) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return;
  const auto id = std::make_pair(uint64_t{info.st_dev}, uint64_t{info.st_ino});
  if (files_.count(id) > 0 || files_.size() >= kFilesMax) return;
  auto file = std::make_unique<File>();
  file->fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file->fd < 0) {
    Log(LogLevel::kWarn, "cannot tail", {{"file", path}, {"reason", std::strerror(errno)}});
    return;
  }
  file->path = path;
  file->cursor_key = fmt::format("tail/{}/{}", id.first, id.second);
  file->renamed = !matched;
  file->last_growth = clock_.Now();
  Cursor cursor;
  const bool known = DecodeCursor(sink_.ReadCursor(file->cursor_key), &cursor) &&
                     cursor.head_size > 0 &&
                     HashHead(file->fd, cursor.head_size) == cursor.head_hash;
  if (from_cursor_only && (!known || cursor.offset >= info.st_size)) return;
  if (known) {
    file->cursor = cursor;
  } else if (first_discovery_ && info.st_size > kFirstReadWhole) {
    file->cursor.offset = info.st_size - kFirstReadTail;
  }
  std::vector<Label> labels = {
      {"filename", path}, {"instance", Stem(path)}, {"job", "tail"}, {"service", Stem(path)}};
  labels.insert(labels.end(), spec.labels.begin(), spec.labels.end());
  const auto stream = sink_.InternStream(Labels(std::move(labels)));
  if (!stream.ok()) {
    Log(LogLevel::kWarn, "cannot tail", {{"file", path}, {"reason", Message(stream.status())}});
    return;
  }
  file->stream = *stream;
  files_.emplace(id, std::move(file));
}

// A file that is shorter than what was read, or begins otherwise, was truncated and written anew.
void TailManager::CheckTruncated(File* file) {
  Cursor& cursor = file->cursor;
  const int64_t size = SizeOf(file->fd);
  const bool shorter = size >= 0 && size < cursor.offset;
  const bool differs = cursor.head_size > 0 && size >= static_cast<int64_t>(cursor.head_size) &&
                       HashHead(file->fd, cursor.head_size) != cursor.head_hash;
  if (shorter || differs) cursor = Cursor{};
}

std::unique_ptr<TailManager::Sent> TailManager::Read(File* file) {
  CheckTruncated(file);
  std::string buffer(kReadBytesMax, '\0');
  const ssize_t got = pread(file->fd, buffer.data(), buffer.size(), file->cursor.offset);
  if (got <= 0) return nullptr;
  const std::string_view bytes(buffer.data(), static_cast<size_t>(got));
  const Time now = clock_.Now();
  LogBatch batch;
  batch.stream = file->stream;
  size_t used = 0;
  while (used < bytes.size() && batch.lines.size() < kBatchLinesMax) {
    const size_t end = bytes.find('\n', used);
    std::string_view line = bytes.substr(used, end == bytes.npos ? end : end - used);
    const bool cut = line.size() > kLineBytesMax;
    // The last line may still be growing, unless the file is let go.
    const bool last_words = file->renamed && now - file->last_growth >= kDrain;
    if (end == bytes.npos && !cut && !last_words) break;
    if (cut) line = line.substr(0, kLineBytesMax);
    used += line.size() + (cut || end == bytes.npos ? 0 : 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    batch.lines.push_back({LineTime(line, now), std::string(line)});
  }
  if (batch.lines.empty()) return nullptr;
  file->last_growth = now;
  auto sent = std::make_unique<Sent>();
  sent->file = file;
  sent->next = file->cursor;
  sent->next.offset += static_cast<int64_t>(used);
  if (sent->next.head_size < kHeadBytes) {
    sent->next.head_size = std::min<uint64_t>(kHeadBytes, static_cast<uint64_t>(sent->next.offset));
    sent->next.head_hash = HashHead(file->fd, sent->next.head_size);
  }
  batch.cursor_key = file->cursor_key;
  batch.cursor_value = EncodeCursor(sent->next);
  sent->lines = batch.lines.size();
  auto done = std::make_shared<std::promise<Status>>();
  sent->done = done->get_future();
  sink_.Append(std::move(batch), [done](const Status& status) { done->set_value(status); });
  return sent;
}

}  // namespace kizashi
