// The store on RocksDB. Column families: "default" (meta: what ids stand for, cursors), "derived",
// and "rows-<block>" for the journal. docs/internals/journal.md has keys and values.
#include "store/telemetry_store.h"

#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/log.h"
#include "store/series_table.h"

namespace kizashi {
namespace {

constexpr std::string_view kRowsPrefix = "rows-";
constexpr size_t kCommitBytesMax = 8 << 20;
// Keys of the meta column family: a letter, then the id, big endian.
constexpr char kMetaSeries = 'm';
constexpr char kMetaStream = 't';
constexpr char kMetaSource = 's';
constexpr char kMetaLayout = 'l';
constexpr char kMetaCursor = 'k';
constexpr char kMetaFormat = 'f';
constexpr std::string_view kStoreFormat = "kizashi-telemetry 1";
constexpr std::string_view kCheckpointPrefix = "c/";

rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

Status FromRocks(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return OkStatus();
  if (status.IsCorruption()) return DataLoss("store: {}: {}", doing, status.ToString());
  if (status.IsNoSpace()) return Unavailable("store: {}: the disk is full", doing);
  if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
    return Unavailable("store: another process has it open ({})", status.ToString());
  }
  return Unavailable("store: {}: {}", doing, status.ToString());
}

std::string MetaKey(char kind, uint32_t id) {
  ByteWriter key;
  key.U8(static_cast<uint8_t>(kind));
  key.BigU32(id);
  return key.Take();
}

std::string SeqKey(uint64_t seq) {
  ByteWriter key;
  key.BigU64(seq);
  return key.Take();
}

uint64_t SeqOfKey(std::string_view key) { return ByteReader(key).BigU64(); }

constexpr int64_t kDayMs = 86'400'000;
int64_t DayOf(Time time) { return ToMs(time) / kDayMs; }

// Points are kept by day, so that old days are dropped as one range.
std::string PointDayKey(int64_t day) {
  ByteWriter key;
  key.Raw("p/", 2);
  key.BigU64(static_cast<uint64_t>(day));
  return key.Take();
}

std::string PointKey(char kind, std::string_view name, Time time) {
  ByteWriter key;
  const std::string day = PointDayKey(DayOf(time));
  key.Raw(day.data(), day.size());
  key.U8(static_cast<uint8_t>(kind));
  key.Raw(name.data(), name.size());
  key.U8(0);
  key.BigU64(static_cast<uint64_t>(ToMs(time)));
  return key.Take();
}

std::string BlockName(Time start) { return fmt::format("{}{:020}", kRowsPrefix, ToMs(start)); }

rocksdb::ColumnFamilyOptions FamilyOptions(std::string_view name,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.checksum = rocksdb::kXXH3;
  options.write_buffer_size = 4 << 20;
  if (name.starts_with(kRowsPrefix)) {
    // Rows are written in order and dropped as a whole: compaction would only rewrite them.
    options.write_buffer_size = 16 << 20;
    options.max_write_buffer_number = 3;
    options.disable_auto_compactions = true;
    options.level0_slowdown_writes_trigger = 1 << 20;
    options.level0_stop_writes_trigger = 1 << 20;
    options.compression = rocksdb::kZSTD;
    table.block_size = 64 << 10;
  } else {
    options.compression = rocksdb::kLZ4Compression;
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

struct Pending {
  std::shared_ptr<JournalEntry> entry;
  TelemetrySink::Done done;
  size_t bytes = 0;
};

size_t EntryBytes(const JournalEntry& entry) {
  if (const auto* scrape = std::get_if<ScrapeBatch>(&entry.body)) {
    return 64 + scrape->values.size() * sizeof(double);
  }
  size_t bytes = 64;
  if (const auto* logs = std::get_if<LogBatch>(&entry.body)) {
    for (const LogLine& line : logs->lines) bytes += sizeof(LogLine) + line.text.size();
  }
  return bytes;
}

class RocksTelemetryStore final : public TelemetryStore, public RowResolver {
 public:
  RocksTelemetryStore(StoreOptions options, const Clock& clock)
      : options_(std::move(options)),
        clock_(clock),
        series_("series", options_.series_max),
        streams_("streams", options_.series_max) {}
  ~RocksTelemetryStore() override;

  Status OpenDatabase();
  Status LoadMeta();
  Status LoadLastSeq();
  void AddMetrics(Registry* registry);

  StatusOr<SeriesId> InternSeries(const Labels& labels) override {
    return Intern(&series_, kMetaSeries, labels);
  }
  StatusOr<StreamId> InternStream(const Labels& labels) override {
    return Intern(&streams_, kMetaStream, labels);
  }
  void Append(ScrapeBatch batch, Done done) override { Enqueue(std::move(batch), std::move(done)); }
  void Append(LogBatch batch, Done done) override { Enqueue(std::move(batch), std::move(done)); }
  void Append(CatalogChange change, Done done) override {
    Enqueue(std::move(change), std::move(done));
  }
  void AppendTick() override {
    Enqueue(Tick{}, [](const Status&) {});
  }
  std::string ReadCursor(const std::string& key) override;

  const Labels& SeriesLabels(SeriesId id) const override { return series_.Get(id); }
  const Labels& StreamLabels(StreamId id) const override { return streams_.Get(id); }
  StatusOr<std::string> Source(uint32_t id) const override;
  StatusOr<SeriesLayout> Layout(uint32_t id) const override;

  void Start(Listener listener) override;
  void Stop() override;
  Status Scan(uint64_t after, const std::function<bool(const JournalEntry&)>& visit) override;
  uint64_t last_seq() const override { return last_seq_.load(); }

  Status PutPoints(const std::vector<DerivedPoint>& points) override;
  Status ScanPoints(char kind, std::string_view name, Time from, Time to,
                    const std::function<bool(Time, std::string_view)>& visit) override;
  Status PutCheckpoint(uint64_t seq, Time time, std::string_view state) override;
  StatusOr<std::optional<Checkpoint>> LatestCheckpoint() override;
  StatusOr<std::optional<Checkpoint>> ReplayBase() override;
  Status ApplyRetention() override;

 private:
  struct Block {
    Time start;
    rocksdb::ColumnFamilyHandle* family;
  };

  Status ScanDerived(std::string_view begin, std::string_view end,
                     const std::function<bool(std::string_view, std::string_view)>& visit);
  StatusOr<uint32_t> Intern(SeriesTable* table, char kind, const Labels& labels);
  template <typename Body>
  void Enqueue(Body body, Done done);
  void CommitLoop();
  void CommitGroup(std::vector<Pending> group);
  Status WriteGroup(const std::vector<Pending>& group);
  StatusOr<rocksdb::ColumnFamilyHandle*> FamilyFor(Time time);
  RowIds IdsFor(const ScrapeBatch& batch, rocksdb::WriteBatch* out);
  StatusOr<SeriesLayout> LayoutLocked(uint32_t id) const;  // holds names_mutex_
  std::vector<Block> Blocks() const;
  uint64_t BlockBytes(const Block& block) const;
  Status DropBlock(const Block& block);
  StatusOr<std::vector<uint64_t>> CheckpointSeqs();
  StatusOr<std::optional<Checkpoint>> ReadCheckpoint(uint64_t seq);
  StatusOr<uint64_t> FirstSeq();

  const StoreOptions options_;
  const Clock& clock_;
  SeriesTable series_;
  SeriesTable streams_;

  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* meta_ = nullptr;
  rocksdb::ColumnFamilyHandle* derived_ = nullptr;
  std::shared_ptr<rocksdb::Cache> cache_;

  mutable std::mutex blocks_mutex_;
  std::map<int64_t, rocksdb::ColumnFamilyHandle*> blocks_;  // by start in ms

  // Names of sources and layouts; written by the committing thread.
  mutable std::mutex names_mutex_;
  std::vector<std::string> sources_;
  std::unordered_map<std::string, uint32_t> source_ids_;
  mutable std::vector<SeriesLayout> layouts_;
  std::unordered_multimap<uint64_t, uint32_t> layout_ids_;  // by hash of the encoded form
  struct LastLayout {
    SeriesLayout layout;
    uint32_t id;
  };
  std::unordered_map<uint32_t, LastLayout> last_layout_;  // by source

  std::mutex queue_mutex_;
  std::condition_variable queue_changed_;
  std::deque<Pending> queue_;
  std::vector<std::pair<std::string, std::string>> new_meta_;  // for the next commit
  size_t queue_bytes_ = 0;
  bool stopping_ = false;
  bool started_ = false;

  std::atomic<uint64_t> last_seq_{0};
  Time last_time_{};
  Listener listener_;
  std::thread committer_;
  Counter* commits_ = nullptr;
  Counter* commit_failures_ = nullptr;
  Counter* refused_ = nullptr;
  Histogram* commit_seconds_ = nullptr;
};

RocksTelemetryStore::~RocksTelemetryStore() {
  Stop();
  if (!db_) return;
  for (auto& [start, family] : blocks_) db_->DestroyColumnFamilyHandle(family);
  if (meta_ != nullptr) db_->DestroyColumnFamilyHandle(meta_);
  if (derived_ != nullptr) db_->DestroyColumnFamilyHandle(derived_);
  db_->Close();
}

Status RocksTelemetryStore::OpenDatabase() {
  rocksdb::DBOptions db_options;
  db_options.create_if_missing = !options_.read_only;
  db_options.create_missing_column_families = !options_.read_only;
  // One idle family must not pin every log file: this setting keeps restart short.
  db_options.max_total_wal_size = 96 << 20;
  db_options.avoid_flush_during_recovery = true;
  db_options.max_background_jobs = 2;
  db_options.keep_log_file_num = 3;
  db_options.max_open_files = 256;
  cache_ = rocksdb::NewLRUCache(16 << 20);

  std::vector<std::string> names;
  const rocksdb::Status listed =
      rocksdb::DB::ListColumnFamilies(db_options, options_.directory, &names);
  if (!listed.ok()) names = {"default"};
  if (std::find(names.begin(), names.end(), "derived") == names.end()) names.push_back("derived");
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) {
    families.emplace_back(name, FamilyOptions(name, cache_));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      options_.read_only
          ? rocksdb::DB::OpenForReadOnly(db_options, options_.directory, families, &handles, &db)
          : rocksdb::DB::Open(db_options, options_.directory, families, &handles, &db);
  KZ_RETURN_IF_ERROR(FromRocks(opened, fmt::format("open {}", options_.directory)));
  db_.reset(db);
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    const std::string name = handle->GetName();
    if (name == "default") {
      meta_ = handle;
    } else if (name == "derived") {
      derived_ = handle;
    } else {
      KZ_CHECK(name.starts_with(kRowsPrefix), "column family {}", name);
      blocks_[std::stoll(name.substr(kRowsPrefix.size()))] = handle;
    }
  }
  return OkStatus();
}

Status RocksTelemetryStore::LoadMeta() {
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, meta_));
  const std::string format_key(1, kMetaFormat);
  std::string format;
  const rocksdb::Status got = db_->Get({}, meta_, ToSlice(format_key), &format);
  if (got.IsNotFound() && !options_.read_only) {
    rocksdb::WriteOptions sync;
    sync.sync = true;
    KZ_RETURN_IF_ERROR(FromRocks(
        db_->Put(sync, meta_, ToSlice(format_key), ToSlice(kStoreFormat)), "write the format"));
  } else if (!got.ok() || format != kStoreFormat) {
    return DataLoss("store {}: its format is '{}', this program reads '{}'", options_.directory,
                    format, kStoreFormat);
  }
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const std::string_view key = ToView(it->key());
    const std::string_view value = ToView(it->value());
    const uint32_t id = ByteReader(key.substr(1)).BigU32();
    switch (key[0]) {
      case kMetaSeries:
      case kMetaStream: {
        KZ_ASSIGN_OR_RETURN(Labels labels, DecodeLabels(value));
        SeriesTable& table = key[0] == kMetaSeries ? series_ : streams_;
        KZ_RETURN_IF_ERROR(table.Restore(id, std::move(labels)));
        break;
      }
      case kMetaSource:
        if (id != sources_.size()) return DataLoss("store: sources are not numbered in order");
        source_ids_.emplace(std::string(value), id);
        sources_.emplace_back(value);
        break;
      case kMetaLayout:
        if (id != layouts_.size()) return DataLoss("store: layouts are not numbered in order");
        layout_ids_.emplace(Hash64(value), id);
        layouts_.push_back(nullptr);  // decoded when first asked for
        break;
      default: break;
    }
  }
  return FromRocks(it->status(), "read what ids stand for");
}

Status RocksTelemetryStore::LoadLastSeq() {
  for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block) {
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, block->second));
    it->SeekToLast();
    KZ_RETURN_IF_ERROR(FromRocks(it->status(), "find the last entry"));
    if (!it->Valid()) continue;
    last_seq_ = SeqOfKey(ToView(it->key()));
    KZ_ASSIGN_OR_RETURN(const JournalEntry entry,
                        DecodeEntry(last_seq_, ToView(it->value()), *this));
    last_time_ = entry.time;
    return OkStatus();
  }
  // Everything may have been dropped by age: go on after the last checkpoint.
  KZ_ASSIGN_OR_RETURN(const std::vector<uint64_t> seqs, CheckpointSeqs());
  if (!seqs.empty()) last_seq_ = seqs.back();
  return OkStatus();
}

void RocksTelemetryStore::AddMetrics(Registry* registry) {
  commits_ = &registry->GetCounter("kizashi_store_commits_total", "Synced group commits.");
  commit_failures_ = &registry->GetCounter("kizashi_store_commit_failures_total",
                                           "Group commits that the disk refused.");
  refused_ = &registry->GetCounter("kizashi_store_refused_total",
                                   "Batches refused because the commit queue was full.");
  commit_seconds_ =
      &registry->GetHistogram("kizashi_store_commit_duration_seconds", "Time of a group commit.",
                              {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1});
  registry->AddCallback("kizashi_store_series", "Series known.",
                        [this] { return static_cast<double>(series_.size()); });
  registry->AddCallback("kizashi_store_streams", "Log streams known.",
                        [this] { return static_cast<double>(streams_.size()); });
  registry->AddCallback("kizashi_store_journal_entries", "The last journal entry's number.",
                        [this] { return static_cast<double>(last_seq_.load()); });
  registry->AddCallback("kizashi_store_queue_bytes", "Bytes that wait to be committed.", [this] {
    const std::lock_guard lock(queue_mutex_);
    return static_cast<double>(queue_bytes_);
  });
}

StatusOr<uint32_t> RocksTelemetryStore::Intern(SeriesTable* table, char kind,
                                               const Labels& labels) {
  bool is_new = false;
  // One lock around both keeps the definitions in the order of their ids.
  const std::lock_guard lock(queue_mutex_);
  KZ_ASSIGN_OR_RETURN(const uint32_t id, table->Intern(labels, &is_new));
  if (is_new) new_meta_.emplace_back(MetaKey(kind, id), EncodeLabels(labels));
  return id;
}

template <typename Body>
void RocksTelemetryStore::Enqueue(Body body, Done done) {
  Pending pending;
  pending.entry = std::make_shared<JournalEntry>();
  pending.entry->body = std::move(body);
  pending.bytes = EntryBytes(*pending.entry);
  pending.done = std::move(done);
  Status refused;
  {
    const std::lock_guard lock(queue_mutex_);
    if (stopping_ || !started_) {
      refused = Unavailable("the store is stopping");
    } else if (queue_bytes_ + pending.bytes > options_.queue_bytes_max && !queue_.empty()) {
      refused = ResourceExhausted("the store's queue is full ({} bytes)", queue_bytes_);
    } else {
      queue_bytes_ += pending.bytes;
      queue_.push_back(std::move(pending));
      queue_changed_.notify_one();
      return;
    }
  }
  if (refused_ != nullptr) refused_->Add();
  pending.done(refused);
}

void RocksTelemetryStore::Start(Listener listener) {
  KZ_CHECK(!options_.read_only && !started_);
  listener_ = std::move(listener);
  started_ = true;
  committer_ = std::thread([this] { CommitLoop(); });
}

void RocksTelemetryStore::Stop() {
  {
    const std::lock_guard lock(queue_mutex_);
    stopping_ = true;
    queue_changed_.notify_all();
  }
  if (committer_.joinable()) committer_.join();
}

void RocksTelemetryStore::CommitLoop() {
  while (true) {
    std::vector<Pending> group;
    {
      std::unique_lock lock(queue_mutex_);
      queue_changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      // While one group is being synced the next one gathers; no delay is added.
      size_t bytes = 0;
      while (!queue_.empty() && (group.empty() || bytes + queue_.front().bytes <= kCommitBytesMax)) {
        bytes += queue_.front().bytes;
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
    }
    CommitGroup(std::move(group));
  }
}

void RocksTelemetryStore::CommitGroup(std::vector<Pending> group) {
  const auto begin = std::chrono::steady_clock::now();
  Status status = WriteGroup(group);
  if (!status.ok()) {
    // RocksDB refuses writes after an I/O error until it is told to go on.
    if (commit_failures_ != nullptr) commit_failures_->Add();
    Log(LogLevel::kError, "commit failed", {{"reason", Message(status)}});
    db_->Resume().PermitUncheckedError();
  } else if (commits_ != nullptr) {
    commits_->Add();
    commit_seconds_->Observe(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  size_t bytes = 0;
  Entries entries;
  for (Pending& pending : group) {
    bytes += pending.bytes;
    pending.done(status);
    if (status.ok()) entries.push_back(std::move(pending.entry));
  }
  if (listener_ && !entries.empty()) listener_(std::move(entries));
  const std::lock_guard lock(queue_mutex_);
  queue_bytes_ -= bytes;
}

Status RocksTelemetryStore::WriteGroup(const std::vector<Pending>& group) {
  rocksdb::WriteBatch batch;
  const Time now = std::max(clock_.Now(), last_time_);
  KZ_ASSIGN_OR_RETURN(rocksdb::ColumnFamilyHandle* const family, FamilyFor(now));
  size_t meta_count = 0;
  {
    const std::lock_guard lock(queue_mutex_);
    meta_count = new_meta_.size();
    for (const auto& [key, value] : new_meta_) batch.Put(meta_, ToSlice(key), ToSlice(value));
  }
  uint64_t seq = last_seq_.load();
  for (const Pending& pending : group) {
    JournalEntry& entry = *pending.entry;
    entry.seq = ++seq;
    entry.time = now;
    RowIds ids;
    if (const auto* scrape = std::get_if<ScrapeBatch>(&entry.body)) ids = IdsFor(*scrape, &batch);
    if (const auto* logs = std::get_if<LogBatch>(&entry.body); logs && !logs->cursor_key.empty()) {
      batch.Put(meta_, ToSlice(kMetaCursor + logs->cursor_key), ToSlice(logs->cursor_value));
    }
    batch.Put(family, ToSlice(SeqKey(seq)), ToSlice(EncodeEntry(entry, ids)));
  }
  rocksdb::WriteOptions sync;
  sync.sync = true;
  KZ_RETURN_IF_ERROR(FromRocks(db_->Write(sync, &batch), "commit"));
  last_seq_ = seq;
  last_time_ = now;
  const std::lock_guard lock(queue_mutex_);
  new_meta_.erase(new_meta_.begin(), new_meta_.begin() + static_cast<ptrdiff_t>(meta_count));
  return OkStatus();
}

StatusOr<rocksdb::ColumnFamilyHandle*> RocksTelemetryStore::FamilyFor(Time time) {
  const Time start = FloorTo(time, options_.block_length);
  const std::lock_guard lock(blocks_mutex_);
  if (const auto found = blocks_.find(ToMs(start)); found != blocks_.end()) return found->second;
  const std::string name = BlockName(start);
  rocksdb::ColumnFamilyHandle* handle = nullptr;
  KZ_RETURN_IF_ERROR(
      FromRocks(db_->CreateColumnFamily(FamilyOptions(name, cache_), name, &handle), "new block"));
  blocks_[ToMs(start)] = handle;
  return handle;
}

// The numbers of a scrape's source and layout; new ones are defined in `out`. A definition whose
// commit fails is written again because the numbers below are only trusted once on disk.
RowIds RocksTelemetryStore::IdsFor(const ScrapeBatch& batch, rocksdb::WriteBatch* out) {
  const std::lock_guard lock(names_mutex_);
  RowIds ids;
  const auto source = source_ids_.find(batch.source);
  if (source != source_ids_.end()) {
    ids.source = source->second;
  } else {
    ids.source = static_cast<uint32_t>(sources_.size());
    sources_.push_back(batch.source);
    source_ids_.emplace(batch.source, ids.source);
    const std::lock_guard queue_lock(queue_mutex_);
    new_meta_.emplace_back(MetaKey(kMetaSource, ids.source), batch.source);
    out->Put(meta_, ToSlice(new_meta_.back().first), ToSlice(batch.source));
  }
  LastLayout& last = last_layout_[ids.source];
  if (last.layout == batch.layout) {
    ids.layout = last.id;
    return ids;
  }
  const std::string encoded = EncodeLayout(*batch.layout);
  const auto [begin, end] = layout_ids_.equal_range(Hash64(encoded));
  for (auto it = begin; it != end; ++it) {
    const auto known = LayoutLocked(it->second);
    if (known.ok() && **known == *batch.layout) {
      last = {batch.layout, it->second};
      ids.layout = it->second;
      return ids;
    }
  }
  ids.layout = static_cast<uint32_t>(layouts_.size());
  layouts_.push_back(batch.layout);
  layout_ids_.emplace(Hash64(encoded), ids.layout);
  last = {batch.layout, ids.layout};
  const std::lock_guard queue_lock(queue_mutex_);
  new_meta_.emplace_back(MetaKey(kMetaLayout, ids.layout), encoded);
  out->Put(meta_, ToSlice(new_meta_.back().first), ToSlice(encoded));
  return ids;
}

StatusOr<std::string> RocksTelemetryStore::Source(uint32_t id) const {
  const std::lock_guard lock(names_mutex_);
  if (id >= sources_.size()) return DataLoss("store: source {} is not defined", id);
  return sources_[id];
}

StatusOr<SeriesLayout> RocksTelemetryStore::Layout(uint32_t id) const {
  const std::lock_guard lock(names_mutex_);
  return LayoutLocked(id);
}

StatusOr<SeriesLayout> RocksTelemetryStore::LayoutLocked(uint32_t id) const {
  if (id >= layouts_.size()) return DataLoss("store: layout {} is not defined", id);
  if (!layouts_[id]) {
    std::string encoded;
    KZ_RETURN_IF_ERROR(FromRocks(
        db_->Get({}, meta_, ToSlice(MetaKey(kMetaLayout, id)), &encoded), "read a layout"));
    KZ_ASSIGN_OR_RETURN(layouts_[id], DecodeLayout(encoded));
  }
  return layouts_[id];
}

std::string RocksTelemetryStore::ReadCursor(const std::string& key) {
  std::string value;
  const rocksdb::Status got = db_->Get({}, meta_, ToSlice(kMetaCursor + key), &value);
  return got.ok() ? value : std::string();
}

std::vector<RocksTelemetryStore::Block> RocksTelemetryStore::Blocks() const {
  const std::lock_guard lock(blocks_mutex_);
  std::vector<Block> blocks;
  for (const auto& [start, family] : blocks_) blocks.push_back({TimeFromMs(start), family});
  return blocks;
}

Status RocksTelemetryStore::Scan(uint64_t after,
                                 const std::function<bool(const JournalEntry&)>& visit) {
  rocksdb::ReadOptions read;
  read.fill_cache = false;
  for (const Block& block : Blocks()) {
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(read, block.family));
    for (it->Seek(ToSlice(SeqKey(after + 1))); it->Valid(); it->Next()) {
      KZ_ASSIGN_OR_RETURN(const JournalEntry entry,
                          DecodeEntry(SeqOfKey(ToView(it->key())), ToView(it->value()), *this));
      if (!visit(entry)) return OkStatus();
    }
    KZ_RETURN_IF_ERROR(FromRocks(it->status(), "read the journal"));
  }
  return OkStatus();
}

Status RocksTelemetryStore::PutPoints(const std::vector<DerivedPoint>& points) {
  if (points.empty()) return OkStatus();
  rocksdb::WriteBatch batch;
  for (const DerivedPoint& point : points) {
    batch.Put(derived_, ToSlice(PointKey(point.kind, point.name, point.time)),
              ToSlice(point.value));
  }
  return FromRocks(db_->Write({}, &batch), "write derived values");
}

Status RocksTelemetryStore::ScanPoints(
    char kind, std::string_view name, Time from, Time to,
    const std::function<bool(Time, std::string_view)>& visit) {
  bool go_on = true;
  for (int64_t day = DayOf(from); day <= DayOf(to) && go_on; ++day) {
    const Time midnight = TimeFromMs(day * kDayMs);
    const Time last = std::min(to, TimeFromMs((day + 1) * kDayMs - 1));
    const std::string begin = PointKey(kind, name, std::max(from, midnight));
    const std::string end = PointKey(kind, name, last) + '\0';
    KZ_RETURN_IF_ERROR(ScanDerived(begin, end, [&](std::string_view key, std::string_view value) {
      const auto ms = static_cast<int64_t>(ByteReader(key.substr(key.size() - 8)).BigU64());
      return go_on = visit(TimeFromMs(ms), value);
    }));
  }
  return OkStatus();
}

Status RocksTelemetryStore::ScanDerived(
    std::string_view begin, std::string_view end,
    const std::function<bool(std::string_view, std::string_view)>& visit) {
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, derived_));
  for (it->Seek(ToSlice(begin)); it->Valid() && ToView(it->key()) < end; it->Next()) {
    if (!visit(ToView(it->key()), ToView(it->value()))) break;
  }
  return FromRocks(it->status(), "read derived values");
}

// A checkpoint's key is "c/" and the seq; its value is the time, the state, and a checksum.
Status RocksTelemetryStore::PutCheckpoint(uint64_t seq, Time time, std::string_view state) {
  ByteWriter value;
  value.U64(static_cast<uint64_t>(ToMs(time)));
  value.String(state);
  value.U64(Hash64(value.bytes(), seq));
  rocksdb::WriteBatch batch;
  batch.Put(derived_, ToSlice(std::string(kCheckpointPrefix) + SeqKey(seq)),
            ToSlice(value.bytes()));
  // Keep the first one of each day as a base for replay, and this one.
  int64_t day_kept = -1;
  KZ_RETURN_IF_ERROR(ScanDerived(
      kCheckpointPrefix, std::string(kCheckpointPrefix) + SeqKey(seq),
      [&](std::string_view key, std::string_view old) {
        const int64_t day = static_cast<int64_t>(ByteReader(old).U64()) / kDayMs;
        if (day == day_kept) batch.Delete(derived_, ToSlice(key));
        day_kept = day;
        return true;
      }));
  return FromRocks(db_->Write({}, &batch), "write a checkpoint");
}

StatusOr<std::vector<uint64_t>> RocksTelemetryStore::CheckpointSeqs() {
  std::vector<uint64_t> seqs;
  KZ_RETURN_IF_ERROR(ScanDerived("c/", "c0", [&](std::string_view key, std::string_view) {
    seqs.push_back(SeqOfKey(key.substr(kCheckpointPrefix.size())));
    return true;
  }));
  return seqs;
}

StatusOr<std::optional<TelemetryStore::Checkpoint>> RocksTelemetryStore::ReadCheckpoint(
    uint64_t seq) {
  std::string value;
  KZ_RETURN_IF_ERROR(FromRocks(
      db_->Get({}, derived_, ToSlice(std::string(kCheckpointPrefix) + SeqKey(seq)), &value),
      "read a checkpoint"));
  ByteReader in(value);
  in.U64();
  Checkpoint checkpoint{seq, std::string(in.String())};
  const uint64_t expected = value.size() < 8 ? 0 : Hash64(value.substr(0, value.size() - 8), seq);
  if (in.U64() != expected || !in.ok()) return DataLoss("checkpoint {} is damaged", seq);
  return std::optional<Checkpoint>(std::move(checkpoint));
}

StatusOr<std::optional<TelemetryStore::Checkpoint>> RocksTelemetryStore::LatestCheckpoint() {
  KZ_ASSIGN_OR_RETURN(const std::vector<uint64_t> seqs, CheckpointSeqs());
  // A checkpoint is not synced: after a power cut the journal may end before it. Then it is void.
  for (auto seq = seqs.rbegin(); seq != seqs.rend(); ++seq) {
    if (*seq > last_seq_) continue;
    auto checkpoint = ReadCheckpoint(*seq);
    if (checkpoint.ok()) return checkpoint;
    Log(LogLevel::kWarn, "checkpoint skipped", {{"reason", Message(checkpoint.status())}});
  }
  return std::optional<Checkpoint>();
}

StatusOr<uint64_t> RocksTelemetryStore::FirstSeq() {
  for (const Block& block : Blocks()) {
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, block.family));
    it->SeekToFirst();
    KZ_RETURN_IF_ERROR(FromRocks(it->status(), "find the first entry"));
    if (it->Valid()) return SeqOfKey(ToView(it->key()));
  }
  return last_seq_ + 1;
}

StatusOr<std::optional<TelemetryStore::Checkpoint>> RocksTelemetryStore::ReplayBase() {
  KZ_ASSIGN_OR_RETURN(const uint64_t first, FirstSeq());
  if (first <= 1) return std::optional<Checkpoint>();
  KZ_ASSIGN_OR_RETURN(const std::vector<uint64_t> seqs, CheckpointSeqs());
  for (const uint64_t seq : seqs) {
    if (seq + 1 >= first) return ReadCheckpoint(seq);
  }
  return NotFound("the journal begins at entry {} and no checkpoint covers what was before", first);
}

uint64_t RocksTelemetryStore::BlockBytes(const Block& block) const {
  rocksdb::ColumnFamilyMetaData data;
  db_->GetColumnFamilyMetaData(block.family, &data);
  return data.size;
}

Status RocksTelemetryStore::DropBlock(const Block& block) {
  Log(LogLevel::kInfo, "block dropped by retention", {{"block", FormatTime(block.start)}});
  {
    const std::lock_guard lock(blocks_mutex_);
    blocks_.erase(ToMs(block.start));
  }
  const rocksdb::Status dropped = db_->DropColumnFamily(block.family);
  db_->DestroyColumnFamilyHandle(block.family);
  return FromRocks(dropped, "drop a block");
}

Status RocksTelemetryStore::ApplyRetention() {
  std::vector<Block> blocks = Blocks();
  uint64_t total = 0;
  for (const Block& block : blocks) total += BlockBytes(block);
  KZ_ASSIGN_OR_RETURN(const std::vector<uint64_t> seqs, CheckpointSeqs());
  const Time oldest = clock_.Now() - options_.retention;
  // The block being written stays, whatever its size.
  for (size_t i = 0; i + 1 < blocks.size(); ++i) {
    const bool too_old = blocks[i].start + options_.block_length <= oldest;
    if (!too_old && total <= options_.retention_bytes) break;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, blocks[i].family));
    it->SeekToLast();
    // Without a checkpoint after it a replay would have nothing to begin from: wait for one.
    if (it->Valid() && (seqs.empty() || SeqOfKey(ToView(it->key())) > seqs.back())) break;
    total -= std::min(total, BlockBytes(blocks[i]));
    KZ_RETURN_IF_ERROR(DropBlock(blocks[i]));
  }
  return FromRocks(db_->DeleteRange({}, derived_, ToSlice(PointDayKey(0)),
                                    ToSlice(PointDayKey(DayOf(oldest)))),
                   "drop old derived values");
}

}  // namespace

StatusOr<std::unique_ptr<TelemetryStore>> TelemetryStore::Open(StoreOptions options,
                                                               const Clock& clock,
                                                               Registry* registry) {
  auto store = std::make_unique<RocksTelemetryStore>(std::move(options), clock);
  KZ_RETURN_IF_ERROR(store->OpenDatabase());
  KZ_RETURN_IF_ERROR(store->LoadMeta());
  KZ_RETURN_IF_ERROR(store->LoadLastSeq());
  if (registry != nullptr) store->AddMetrics(registry);
  return std::unique_ptr<TelemetryStore>(std::move(store));
}

}  // namespace kizashi
