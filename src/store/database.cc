#include "store/database.h"

#include <fmt/core.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>

#include <array>
#include <cstdarg>
#include <cstdio>

#include "base/log.h"
#include "store/store_keys.h"

namespace kizashi {
namespace {

constexpr std::string_view kFormat = "kizashi-telemetry 2";
constexpr std::string_view kFormat1 =
    "kizashi-telemetry 1";  // its scrapes are among the other entries
constexpr std::string_view kMetaName = "default";
constexpr std::string_view kDerivedName = "derived";
constexpr std::string_view kNothing = "n";  // a key that is never there

// RocksDB has no code for it: by another process, or by this one.
bool IsLockHeld(std::string_view message) {
  return message.find("While lock file:") != std::string_view::npos ||
         message.find("lock hold by current process") != std::string_view::npos;
}

Status FromRocks(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return OkStatus();
  if (status.IsCorruption()) return DataLoss("store: {}: {}", doing, status.ToString());
  if (status.IsNoSpace()) return Unavailable("store: {}: the disk is full", doing);
  if (status.IsIOError() && IsLockHeld(status.ToString())) {
    return Unavailable("store: another process has it open ({})", status.ToString());
  }
  return Unavailable("store: {}: {}", doing, status.ToString());
}

Status NeedsRestart(std::string_view reason) {
  return Unavailable(
      "store: nothing more is kept after an error of the disk ({}): mend the disk and restart",
      reason);
}

// RocksDB would go on from a full disk on a thread of its own, and without the care that
// GoOnAfterError takes.
class NoRecoveryOfItsOwn final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

// RocksDB's diary. As a file it would end the process on a full disk: RocksDB writes on to a file
// of which a write failed, and Debian builds it with the assertions that forbid that. Errors come
// as statuses, so only what ends the process is told.
class Diary final : public rocksdb::Logger {
 public:
  Diary() : Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}
  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    std::array<char, 1000> text{};
    if (std::vsnprintf(text.data(), text.size(), format, arguments) < 0) return;
    Log(LogLevel::kError, "rocksdb", {{"text", text.data()}});
  }
};

rocksdb::DBOptions DatabaseOptions(const Database::Options& from) {
  rocksdb::DBOptions options;
  if (from.env != nullptr) options.env = from.env;
  options.create_if_missing = !from.read_only;
  options.create_missing_column_families = !from.read_only;
  // One idle family must not pin every log file: this setting keeps restart short.
  options.max_total_wal_size = 96 << 20;
  options.avoid_flush_during_recovery = true;
  options.max_background_jobs = 2;
  options.info_log = std::make_shared<Diary>();
  options.avoid_flush_during_shutdown = true;  // what must stay is in the log
  options.listeners.push_back(std::make_shared<NoRecoveryOfItsOwn>());
  // Who only reads has all files open from the beginning: the writer may delete them.
  options.max_open_files = from.read_only ? -1 : 256;
  return options;
}

rocksdb::ColumnFamilyOptions FamilyOptions(std::string_view name,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.checksum = rocksdb::kXXH3;
  options.write_buffer_size = 4 << 20;
  const bool has_samples = BlockStart(name, RowKind::kSamples).has_value();
  if (has_samples || BlockStart(name)) {
    // Rows are written in order and dropped as a whole: compaction would only rewrite them.
    options.write_buffer_size = has_samples ? 8 << 20 : 16 << 20;
    options.max_write_buffer_number = 3;
    options.disable_auto_compactions = true;
    options.level0_slowdown_writes_trigger = 1 << 20;
    options.level0_stop_writes_trigger = 1 << 20;
    // Samples are numbers in few bytes, and are in columns soon.
    options.compression = has_samples ? rocksdb::kNoCompression : rocksdb::kZSTD;
    table.block_size = 64 << 10;
  } else {
    options.compression = rocksdb::kLZ4Compression;
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

// Where the iterator stands; nothing when the family is empty.
StatusOr<Database::Row> RowAt(const rocksdb::Iterator& it, std::string_view doing) {
  KZ_RETURN_IF_ERROR(FromRocks(it.status(), doing));
  if (!it.Valid()) return Database::Row();
  return Database::Row({it.key().ToString(), it.value().ToString()});
}

}  // namespace

Database::Database(Options options) : options_(std::move(options)) {}

Database::~Database() {
  if (!db_) return;
  blocks_.clear();
  meta_.reset();
  derived_.reset();
  db_->Close().PermitUncheckedError();
}

StatusOr<std::unique_ptr<Database>> Database::Open(Options options) {
  std::unique_ptr<Database> database(new Database(std::move(options)));
  KZ_RETURN_IF_ERROR(database->OpenFamilies());
  KZ_RETURN_IF_ERROR(database->CheckFormat());
  return database;
}

StatusOr<std::vector<std::string>> Database::FamilyNames() const {
  std::vector<std::string> names;
  const rocksdb::Status listed =
      rocksdb::DB::ListColumnFamilies(DatabaseOptions(options_), options_.directory, &names);
  // Nothing there yet, or nothing that can be read: opening it tells which.
  if (!listed.ok()) names = {std::string(kMetaName)};
  bool has_derived = false;
  for (const std::string& name : names) {
    has_derived = has_derived || name == kDerivedName;
    if (name != kMetaName && name != kDerivedName && !BlockStart(name) &&
        !BlockStart(name, RowKind::kSamples)) {
      return DataLoss("store {}: another program has a database there (with a family '{}')",
                      options_.directory, name);
    }
  }
  if (!has_derived) {
    if (listed.ok()) KZ_RETURN_IF_ERROR(CheckUnused());
    names.emplace_back(kDerivedName);
  }
  return names;
}

// Our own database has a second family from the moment it is made, unless that was broken off.
Status Database::CheckUnused() const {
  rocksdb::Options options(DatabaseOptions(options_), {});
  rocksdb::DB* opened = nullptr;
  KZ_RETURN_IF_ERROR(FromRocks(rocksdb::DB::OpenForReadOnly(options, options_.directory, &opened),
                               fmt::format("open {}", options_.directory)));
  const std::unique_ptr<rocksdb::DB> db(opened);
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
  it->SeekToFirst();
  if (!it->Valid()) return FromRocks(it->status(), "look into it");
  return DataLoss("store {}: another program has a database there (with a key '{}')",
                  options_.directory, it->key().ToString());
}

Status Database::OpenFamilies() {
  const rocksdb::DBOptions options = DatabaseOptions(options_);
  cache_ = rocksdb::NewLRUCache(8 << 20);
  KZ_ASSIGN_OR_RETURN(const std::vector<std::string> names, FamilyNames());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, FamilyOptions(name, cache_));
  std::vector<Family*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      options_.read_only
          ? rocksdb::DB::OpenForReadOnly(options, options_.directory, families, &handles, &db)
          : rocksdb::DB::Open(options, options_.directory, families, &handles, &db);
  KZ_RETURN_IF_ERROR(FromRocks(opened, fmt::format("open {}", options_.directory)));
  db_.reset(db);
  for (Family* handle : handles) {
    const std::string name = handle->GetName();
    std::shared_ptr<Family> family = Own(handle);
    if (name == kMetaName) {
      meta_ = std::move(family);
    } else if (name == kDerivedName) {
      derived_ = std::move(family);
    } else {
      const auto samples_start = BlockStart(name, RowKind::kSamples);
      const RowKind kind = samples_start ? RowKind::kSamples : RowKind::kEntries;
      blocks_[{kind, samples_start ? *samples_start : BlockStart(name).value()}] =
          std::move(family);
    }
  }
  return OkStatus();
}

Status Database::CheckFormat() {
  KZ_ASSIGN_OR_RETURN(const std::optional<std::string> format, Get(meta(), FormatKey()));
  if (!format && !options_.read_only) {
    rocksdb::WriteBatch batch;
    batch.Put(meta(), FormatKey(), kFormat);
    format_ = 2;
    return Commit(&batch, "write the format");
  }
  if (format != kFormat && format != kFormat1) {
    return DataLoss("store {}: its format is '{}', this program reads '{}' and '{}'",
                    options_.directory, format.value_or(""), kFormat1, kFormat);
  }
  format_ = format == kFormat ? 2 : 1;
  return OkStatus();
}

Status Database::SetFormat() {
  rocksdb::WriteBatch batch;
  batch.Put(meta(), FormatKey(), kFormat);
  KZ_RETURN_IF_ERROR(Commit(&batch, "write the format"));
  format_ = 2;
  return OkStatus();
}

std::shared_ptr<Database::Family> Database::Own(Family* family) {
  return {family, [db = db_.get()](Family* owned) {
            db->DestroyColumnFamilyHandle(owned).PermitUncheckedError();
          }};
}

StatusOr<Database::Family*> Database::BlockFor(Time time, RowKind kind) {
  const bool samples = kind == RowKind::kSamples;
  const Time start = FloorTo(time, samples ? options_.samples_block_length : options_.block_length);
  {
    const std::lock_guard lock(blocks_mutex_);
    const auto found = blocks_.find({kind, start});
    if (found != blocks_.end()) return found->second.get();
  }
  const std::string name = BlockName(start, kind);
  const std::shared_lock writing(writing_mutex_);
  KeepLogReplaceable();
  Family* handle = nullptr;
  KZ_RETURN_IF_ERROR(
      Noted(db_->CreateColumnFamily(FamilyOptions(name, cache_), name, &handle), "new block"));
  const std::lock_guard lock(blocks_mutex_);
  blocks_[{kind, start}] = Own(handle);
  return handle;
}

std::vector<Database::Block> Database::Blocks(RowKind kind) const {
  const std::lock_guard lock(blocks_mutex_);
  std::vector<Block> blocks;
  for (const auto& [key, family] : blocks_) {
    if (key.first == kind) blocks.push_back({kind, key.second, family});
  }
  return blocks;
}

uint64_t Database::BlockBytes(const Block& block) const {
  rocksdb::ColumnFamilyMetaData data;
  db_->GetColumnFamilyMetaData(block.family.get(), &data);
  return data.size;
}

Status Database::DropBlock(const Block& block) {
  {
    const std::lock_guard lock(blocks_mutex_);
    blocks_.erase({block.kind, block.start});
  }
  const std::shared_lock writing(writing_mutex_);
  KeepLogReplaceable();
  return Noted(db_->DropColumnFamily(block.family.get()), "drop a block");
}

Status Database::Commit(rocksdb::WriteBatch* batch, std::string_view doing) {
  const std::shared_lock writing(writing_mutex_);
  KeepLogReplaceable();
  rocksdb::WriteOptions options;
  options.sync = true;
  return Noted(db_->Write(options, batch), doing);
}

Status Database::Write(rocksdb::WriteBatch* batch, std::string_view doing) {
  const std::shared_lock writing(writing_mutex_);
  KeepLogReplaceable();
  return Noted(db_->Write({}, batch), doing);
}

// As a write of its own, in line with the others: RocksDB may not be asked to sync a log that
// failed.
Status Database::SyncLog() {
  rocksdb::WriteBatch batch;
  batch.Delete(derived(), kNothing);
  return Commit(&batch, "sync");
}

Status Database::Noted(const rocksdb::Status& status, std::string_view doing) {
  if (!status.ok()) failed_ = true;
  return FromRocks(status, doing);
}

// A log that could not be written to or synced ends in bytes that nobody may rely on; it has to be
// replaced by a new one. Resume does so only when it has something in memory to write out. Without,
// it says that all is well, and the next write goes to the old log and ends the process (RocksDB
// issue 12998; Debian builds it with its assertions). So there is always something in memory.
void Database::KeepLogReplaceable() {
  uint64_t entries = 0;
  db_->GetIntProperty(derived(), rocksdb::DB::Properties::kNumEntriesActiveMemTable, &entries);
  if (entries > 0) return;
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  db_->Delete(options, derived(), kNothing).PermitUncheckedError();
}

bool Database::IsLogReplaceable() const {
  uint64_t entries = 0;
  return db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kNumEntriesActiveMemTable,
                                       &entries) &&
         entries > 0;
}

Status Database::GoOnAfterError() {
  if (!failed_) return OkStatus();
  // Nobody writes between Resume, which leaves nothing in memory, and what is put there again.
  const std::unique_lock writing(writing_mutex_);
  if (!IsLogReplaceable()) return NeedsRestart("its log cannot be replaced");
  // Resume insists on this after a failed write of the manifest, and does not always see to it.
  db_->DisableFileDeletions().PermitUncheckedError();
  const rocksdb::Status resumed = db_->Resume();
  db_->EnableFileDeletions(/*force=*/false).PermitUncheckedError();
  if (resumed.severity() >= rocksdb::Status::kFatalError) {
    return NeedsRestart(resumed.ToString());
  }
  KZ_RETURN_IF_ERROR(FromRocks(resumed, "go on after an error of the disk"));
  KeepLogReplaceable();
  failed_ = false;
  return OkStatus();
}

StatusOr<std::optional<std::string>> Database::Get(Family* family, std::string_view key) const {
  std::string value;
  const rocksdb::Status got = db_->Get({}, family, key, &value);
  if (got.IsNotFound()) return std::optional<std::string>();
  KZ_RETURN_IF_ERROR(FromRocks(got, "read"));
  return std::optional<std::string>(std::move(value));
}

Status Database::Visit(Family* family, std::string_view begin, std::string_view doing,
                       const std::function<bool(std::string_view, std::string_view)>& visit) const {
  rocksdb::ReadOptions options;
  options.fill_cache = family == derived();  // the journal is read once, from end to end
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, family));
  for (it->Seek(begin); it->Valid(); it->Next()) {
    if (!visit(it->key().ToStringView(), it->value().ToStringView())) break;
  }
  return FromRocks(it->status(), doing);
}

namespace {

class BlocksCursor final : public Database::Cursor {
 public:
  BlocksCursor(rocksdb::DB* db, std::vector<Database::Block> blocks, std::string begin)
      : db_(db), blocks_(std::move(blocks)), begin_(std::move(begin)) {
    GoOn();
  }
  bool Valid() const override { return it_ && it_->Valid(); }
  std::string_view key() const override { return it_->key().ToStringView(); }
  std::string_view value() const override { return it_->value().ToStringView(); }
  void Next() override {
    it_->Next();
    if (!it_->Valid()) GoOn();
  }
  Status status() const override { return status_; }

 private:
  // To the next block that has a key.
  void GoOn() {
    while (true) {
      if (it_) status_ = FromRocks(it_->status(), "read the journal");
      it_.reset();
      if (!status_.ok() || next_ == blocks_.size()) return;
      rocksdb::ReadOptions options;
      options.fill_cache = false;  // the journal is read once, from end to end
      options.readahead_size = 1 << 20;
      it_.reset(db_->NewIterator(options, blocks_[next_++].family.get()));
      it_->Seek(begin_);
      if (it_->Valid()) return;
    }
  }

  rocksdb::DB* const db_;
  const std::vector<Database::Block> blocks_;
  const std::string begin_;
  size_t next_ = 0;
  std::unique_ptr<rocksdb::Iterator> it_;
  Status status_;
};

}  // namespace

std::unique_ptr<Database::Cursor> Database::Walk(std::vector<Block> blocks,
                                                 std::string begin) const {
  return std::make_unique<BlocksCursor>(db_.get(), std::move(blocks), std::move(begin));
}

Status Database::Snapshot(const std::string& directory) const {
  rocksdb::Checkpoint* made = nullptr;
  KZ_RETURN_IF_ERROR(FromRocks(rocksdb::Checkpoint::Create(db_.get(), &made), "snapshot"));
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  return FromRocks(checkpoint->CreateCheckpoint(directory), fmt::format("snapshot {}", directory));
}

StatusOr<Database::Row> Database::First(Family* family) const {
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, family));
  it->SeekToFirst();
  return RowAt(*it, "find the first entry");
}

StatusOr<Database::Row> Database::Last(Family* family) const {
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, family));
  it->SeekToLast();
  return RowAt(*it, "find the last entry");
}

StatusOr<Database::Row> Database::Floor(Family* family, const std::string& key) const {
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, family));
  it->SeekForPrev(key);
  return RowAt(*it, "find an entry");
}

}  // namespace kizashi
