#include "store/logs/log_store.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "store/logs/durable_file.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBlockSuffix = ".kzlog";
constexpr std::string_view kAsideSuffix = ".damaged";
constexpr size_t kLinesUnderLock = 256;

std::string BlockName(uint64_t number) { return fmt::format("{:010}{}", number, kBlockSuffix); }

// The number in a block's file name.
std::optional<uint64_t> BlockNumber(std::string_view name) {
  if (!name.ends_with(kBlockSuffix)) return std::nullopt;
  name.remove_suffix(kBlockSuffix.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

}  // namespace

void LogTail::Visit(uint32_t below, uint32_t count,
                    const std::function<bool(const BlockRows& rows, uint32_t line)>& visit) const {
  const std::lock_guard lock(mutex_);
  const uint32_t last = below > count ? below - count : 0;
  for (uint32_t line = std::min(below, writer_.lines()); line > last; --line) {
    if (!visit(writer_.rows(), line - 1)) return;
  }
}

LogStore::LogStore(LogStoreOptions options, const Clock& clock, Registry* registry)
    : options_(std::move(options)),
      clock_(clock),
      lines_total_(registry->GetCounter("kizashi_log_store_lines_total", "Lines taken.")),
      sealed_total_(
          registry->GetCounter("kizashi_log_store_blocks_written_total", "Blocks written.")),
      failed_total_(
          registry->GetCounter("kizashi_log_store_write_failures_total",
                               "Blocks that could not be written; they are tried again.")),
      aside_total_(registry->GetCounter("kizashi_log_store_damaged_blocks_total",
                                        "Files set aside because they are no whole block.")),
      retired_total_(registry->GetCounter("kizashi_log_store_retired_blocks_total",
                                          "Blocks deleted by retention.")),
      blocks_gauge_(registry->GetGauge("kizashi_log_store_blocks", "Blocks on disk.")),
      bytes_gauge_(registry->GetGauge("kizashi_log_store_bytes", "Bytes of the blocks on disk.")),
      active_(std::make_shared<LogTail>()) {}

StatusOr<std::unique_ptr<LogStore>> LogStore::Open(LogStoreOptions options, const Clock& clock,
                                                   Registry* registry) {
  if (options.block_text_bytes > kLogBlockTextTarget) {
    return InvalidArgument("a log block has at most {} bytes of text, not {}", kLogBlockTextTarget,
                           options.block_text_bytes);
  }
  if (!options.write_file) options.write_file = WriteDurably;
  std::unique_ptr<LogStore> store(new LogStore(std::move(options), clock, registry));
  KZ_RETURN_IF_ERROR(store->LoadDirectory());
  store->sealer_ = std::thread([raw = store.get()] { raw->SealLoop(); });
  return store;
}

LogStore::~LogStore() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (sealer_.joinable()) sealer_.join();
}

Status LogStore::LoadDirectory() {
  std::error_code error;
  fs::create_directories(options_.directory, error);
  fs::directory_iterator files(options_.directory, error);
  if (error) {
    return Internal("the log store's directory {} cannot be used: {}", options_.directory,
                    error.message());
  }
  std::vector<std::pair<uint64_t, std::string>> found;
  for (const fs::directory_entry& file : files) {
    const std::string name = file.path().filename().string();
    if (name.ends_with(std::string(kBlockSuffix) + std::string(kUnfinishedSuffix))) {
      fs::remove(file.path(), error);
    }
    if (const auto number = BlockNumber(name)) found.emplace_back(*number, file.path().string());
  }
  std::sort(found.begin(), found.end());
  for (const auto& [number, path] : found) {
    next_number_ = number + 1;
    if (const Status loaded = LoadBlock(path, number); !loaded.ok()) SetAside(path, loaded);
  }
  appended_ = durable_;
  CountBlocks();
  return OkStatus();
}

Status LogStore::LoadBlock(const std::string& path, uint64_t number) {
  KZ_ASSIGN_OR_RETURN(const auto block, LogBlock::OpenFile(path));
  const BlockFooter& footer = block->footer();
  LogBlockInfo info;
  info.number = number;
  info.path = path;
  info.file_bytes = block->file_bytes();
  info.text_bytes = footer.text_bytes;
  info.lines = footer.lines;
  info.first_time = footer.first_time;
  info.last_time = footer.last_time;
  info.end = {footer.last_seq, footer.last_lines};
  for (const BlockStream& stream : footer.streams) info.streams.push_back(stream.id);
  durable_ = std::max(durable_, info.end);
  blocks_.push_back(std::make_shared<const LogBlockInfo>(std::move(info)));
  return OkStatus();
}

void LogStore::SetAside(const std::string& path, const Status& why) {
  Log(LogLevel::kError, "a log block is damaged and was set aside",
      {{"file", path + std::string(kAsideSuffix)}, {"reason", Message(why)}});
  std::error_code error;
  fs::rename(path, path + std::string(kAsideSuffix), error);
  aside_total_.Add();
}

void LogStore::CountBlocks() {
  uint64_t bytes = 0;
  for (const auto& block : blocks_) bytes += block->file_bytes;
  blocks_gauge_.Set(static_cast<double>(blocks_.size()));
  bytes_gauge_.Set(static_cast<double>(bytes));
}

Status LogStore::Append(uint64_t seq, const LogBatch& batch, const PatternOf& pattern_of) {
  const std::lock_guard appending(append_mutex_);
  // An entry that is known to its end, or in part: LogPosition says how much.
  if (seq < appended_.seq) return OkStatus();
  if (seq > appended_.seq) appended_ = {seq, 0};
  for (const LogLine& line : batch.lines) {
    if (line.text.size() > kLogTextMax) {
      return InvalidArgument("a log line has at most {} bytes, not {}", kLogTextMax,
                             line.text.size());
    }
  }
  std::vector<Slot> slots;
  while (appended_.lines < batch.lines.size()) {
    if (!Fits(*active_, batch.lines[appended_.lines].text.size())) KZ_RETURN_IF_ERROR(MakeRoom());
    const std::lock_guard lock(active_->mutex_);
    if (!active_->first_came_) active_->first_came_ = clock_.Now();
    for (size_t i = 0; i < kLinesUnderLock && appended_.lines < batch.lines.size(); ++i) {
      const LogLine& line = batch.lines[appended_.lines];
      if (!Fits(*active_, line.text.size())) break;
      LineShape shape;
      shape.skeleton = SplitLine(line.text, &slots);
      shape.pattern = pattern_of(line.text, shape.skeleton, slots);
      shape.slots = &slots;
      active_->writer_.Add(line, batch.stream, shape, seq, appended_.lines);
      ++appended_.lines;
      lines_total_.Add();
    }
  }
  return OkStatus();
}

bool LogStore::Fits(const LogTail& tail, size_t text_bytes) const {
  const LogBlockWriter& writer = tail.writer_;
  return writer.lines() == 0 ||
         (writer.Fits(text_bytes) && writer.text_bytes() + text_bytes < options_.block_text_bytes);
}

// The active tail becomes the one that is sealed, as soon as there is none.
Status LogStore::MakeRoom() {
  std::unique_lock lock(mutex_);
  while (sealing_ != nullptr) {
    if (!seal_status_.ok()) {
      return Unavailable("lines cannot be taken while a log block cannot be written: {}",
                         Message(seal_status_));
    }
    changed_.wait(lock);
  }
  sealing_ = std::exchange(active_, std::make_shared<LogTail>());
  sealing_end_ = appended_;
  changed_.notify_all();
  return OkStatus();
}

void LogStore::SealOld() {
  const std::lock_guard appending(append_mutex_);
  {
    const std::lock_guard lock(active_->mutex_);
    if (!active_->first_came_ || clock_.Now() - *active_->first_came_ < options_.block_age) return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (sealing_ != nullptr) return;  // the next time
  }
  KZ_CHECK(MakeRoom().ok());
}

Status LogStore::SealAll() {
  const std::lock_guard appending(append_mutex_);
  if (active_->writer_.lines() > 0) KZ_RETURN_IF_ERROR(MakeRoom());
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return sealing_ == nullptr || !seal_status_.ok(); });
  return seal_status_;
}

void LogStore::SealLoop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return sealing_ != nullptr || stop_; });
    if (stop_) return;
    const std::shared_ptr<LogTail> tail = sealing_;
    LogBlockInfo info;
    info.number = next_number_;
    info.end = sealing_end_;
    lock.unlock();
    const std::string bytes = Describe(*tail, &info);
    Status written = options_.write_file(info.path, bytes);
    lock.lock();
    while (!written.ok() && !stop_) {
      if (seal_status_.ok()) {
        Log(LogLevel::kError, "a log block cannot be written", {{"reason", Message(written)}});
      }
      failed_total_.Add();
      seal_status_ = written;
      changed_.notify_all();
      changed_.wait_for(lock, options_.retry, [&] { return stop_; });
      if (stop_) return;
      lock.unlock();
      written = options_.write_file(info.path, bytes);
      lock.lock();
    }
    if (!written.ok()) return;
    seal_status_ = OkStatus();
    blocks_.push_back(std::make_shared<const LogBlockInfo>(std::move(info)));
    durable_ = sealing_end_;
    ++next_number_;
    sealing_ = nullptr;
    sealed_total_.Add();
    CountBlocks();
    changed_.notify_all();
  }
}

// Nobody changes a tail that is being sealed, so it is read without its lock.
std::string LogStore::Describe(const LogTail& tail, LogBlockInfo* info) const {
  std::string bytes = tail.writer_.Encode();
  const BlockRows& rows = tail.writer_.rows();
  const auto [first, last] = std::minmax_element(rows.times_ms.begin(), rows.times_ms.end());
  info->path = (fs::path(options_.directory) / BlockName(info->number)).string();
  info->file_bytes = bytes.size();
  info->text_bytes = rows.text_bytes;
  info->lines = tail.writer_.lines();
  info->first_time = TimeFromMs(*first);
  info->last_time = TimeFromMs(*last);
  for (const BlockStream& stream : rows.streams) info->streams.push_back(stream.id);
  return bytes;
}

LogPosition LogStore::durable() const {
  const std::lock_guard lock(mutex_);
  return durable_;
}

LogStoreView LogStore::View() const {
  const std::lock_guard lock(mutex_);
  LogStoreView view;
  view.blocks = blocks_;
  for (const auto& tail : {sealing_, active_}) {
    if (tail == nullptr) continue;
    const std::lock_guard tail_lock(tail->mutex_);
    if (tail->writer_.lines() > 0) view.tails.push_back({tail, tail->writer_.lines()});
  }
  return view;
}

Status LogStore::ApplyRetention() {
  const std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  for (const auto& block : blocks_) bytes += block->file_bytes;
  const Time oldest = clock_.Now() - options_.retention;
  // The last one stays: it tells how far the journal was taken.
  while (blocks_.size() > 1 &&
         (blocks_[0]->last_time < oldest || bytes > options_.retention_bytes)) {
    std::error_code error;
    fs::remove(blocks_[0]->path, error);
    if (error) return Internal("{} cannot be deleted: {}", blocks_[0]->path, error.message());
    bytes -= blocks_[0]->file_bytes;
    blocks_.erase(blocks_.begin());
    retired_total_.Add();
  }
  CountBlocks();
  return OkStatus();
}

}  // namespace kizashi
