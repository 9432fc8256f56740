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

#include "base/log.h"

namespace kizashi {
namespace {

constexpr Duration kPoll{100};
constexpr Duration kDiscoverEvery{1000};
constexpr size_t kReadContentsMax = 100'000;

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

struct TailManager::Followed {
  Followed(std::string path, int fd, Time now, const ReadContents* read_before)
      : file(std::move(path), fd, now, read_before) {}

  TailFile file;
  std::string cursor_key;
  Labels labels;
  std::map<std::string, StreamId> streams;  // by service; "": that of the labels
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
    cut_ = &registry->GetCounter("kizashi_ingest_lines_cut_total",
                                 "Log lines cut at the longest size.", {{"receiver", "tail"}});
    refused_ = &registry->GetCounter("kizashi_tail_refused_total",
                                     "Batches of tailed lines that will be read again.");
  }
}

TailManager::~TailManager() { Stop(); }

void TailManager::Start() {
  if (specs_.empty()) return;
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
    const bool more = PollOnce() >= TailFile::kBatchLinesMax;
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
  std::vector<std::pair<Followed*, std::vector<TailRun>>> all;
  bool may_decode = true;  // one compressed file at a time
  for (auto& [id, followed] : files_) {
    std::vector<TailRun> runs = followed->file.Read(now, may_decode);
    if (followed->file.wants_decoding()) may_decode = false;
    if (!runs.empty()) all.emplace_back(followed.get(), std::move(runs));
  }
  const size_t lines = SendAll(&all);
  if (lines_ != nullptr) lines_->Add(static_cast<double>(lines));
  for (const auto& [id, followed] : files_) {
    const TailCursor& cursor = followed->file.cursor();
    if (followed->file.compressed() || cursor.head_size < TailFile::kHeadBytes ||
        (read_contents_.size() >= kReadContentsMax &&
         read_contents_.count(cursor.head_hash) == 0)) {
      continue;
    }
    read_contents_[cursor.head_hash] = cursor.offset;
  }
  std::erase_if(files_, [now](const auto& item) { return item.second->file.IsDone(now); });
  return lines;
}

// The runs of one file one after another, since each carries the cursor behind it; those of
// different files together. Returns how many lines were acknowledged.
size_t TailManager::SendAll(std::vector<std::pair<Followed*, std::vector<TailRun>>>* all) {
  size_t lines = 0;
  for (size_t number = 0; !all->empty(); ++number) {
    std::vector<std::future<Status>> answers;
    for (auto& [followed, runs] : *all) answers.push_back(Send(followed, runs[number]));
    size_t kept = 0;
    for (size_t i = 0; i < all->size(); ++i) {
      auto& [followed, runs] = (*all)[i];
      if (!answers[i].get().ok()) {
        if (refused_ != nullptr) refused_->Add();
        continue;
      }
      followed->file.Acknowledge(runs[number]);
      lines += runs[number].line_count;
      if (cut_ != nullptr) cut_->Add(static_cast<double>(runs[number].cut));
      if (number + 1 < runs.size()) std::swap((*all)[kept++], (*all)[i]);
    }
    all->resize(kept);
  }
  return lines;
}

std::future<Status> TailManager::Send(Followed* followed, const TailRun& run) {
  auto done = std::make_shared<std::promise<Status>>();
  std::future<Status> answer = done->get_future();
  const auto known = followed->streams.find(run.service);
  if (known == followed->streams.end()) {
    Labels labels = followed->labels;
    if (!run.service.empty()) labels.Set("service", run.service);
    const StatusOr<StreamId> stream = sink_.InternStream(labels);
    if (!stream.ok()) {
      done->set_value(stream.status());
      return answer;
    }
    followed->streams[run.service] = *stream;
  }
  LogBatch batch;
  batch.stream = followed->streams[run.service];
  batch.lines = run.lines;
  batch.cursor_key = followed->cursor_key;
  batch.cursor_value = run.next.Encode();
  sink_.Append(std::move(batch), [done](const Status& status) { done->set_value(status); });
  return answer;
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
  for (auto& [id, followed] : files_) {
    if (current.count(id) == 0 && !followed->file.renamed()) {
      followed->file.SetRenamed(clock_.Now());
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
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    Log(LogLevel::kWarn, "cannot tail", {{"file", path}, {"reason", std::strerror(errno)}});
    return;
  }
  auto followed = std::make_unique<Followed>(path, fd, clock_.Now(), &read_contents_);
  TailFile& file = followed->file;
  followed->cursor_key = fmt::format("tail/{}/{}", id.first, id.second);
  TailCursor cursor;
  const bool known =
      TailCursor::Decode(sink_.ReadCursor(followed->cursor_key), &cursor) && file.Matches(cursor);
  const bool read_whole = file.compressed() ? cursor.finished : cursor.offset >= info.st_size;
  if (from_cursor_only && (!known || read_whole)) return;
  if (known) {
    file.GoOnFrom(cursor);
  } else if (!file.compressed() && first_discovery_ && info.st_size > kFirstReadWhole) {
    file.SkipTo(info.st_size - kFirstReadTail);
  }
  if (!matched) file.SetRenamed(clock_.Now());
  std::vector<Label> labels = {
      {"filename", path}, {"instance", Stem(path)}, {"job", "tail"}, {"service", Stem(path)}};
  labels.insert(labels.end(), spec.labels.begin(), spec.labels.end());
  followed->labels = Labels(std::move(labels));
  const auto stream = sink_.InternStream(followed->labels);
  if (!stream.ok()) {
    Log(LogLevel::kWarn, "cannot tail", {{"file", path}, {"reason", Message(stream.status())}});
    return;
  }
  followed->streams[""] = *stream;
  files_.emplace(id, std::move(followed));
}

}  // namespace kizashi
