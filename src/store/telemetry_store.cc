// The store on RocksDB: one thread commits groups of entries, everything else reads.
// docs/internals/journal.md has keys and values.
#include "store/telemetry_store.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/check.h"
#include "base/log.h"
#include "base/priority.h"
#include "store/commit_queue.h"
#include "store/database.h"
#include "store/definitions.h"
#include "store/derived_values.h"
#include "store/sample_loader.h"
#include "store/series/series_store.h"
#include "store/store_keys.h"
#include "store/telemetry_store_env.h"

namespace kizashi {
namespace {

constexpr int kNiceness = 15;            // of who counts: queries after a start come first
constexpr size_t kCountedAtOnce = 1024;  // series whose labels are made for the budget

class RocksTelemetryStore final : public TelemetryStore {
 public:
  RocksTelemetryStore(StoreOptions options, const Clock& clock, std::unique_ptr<Database> database)
      : options_(std::move(options)),
        clock_(clock),
        database_(std::move(database)),
        definitions_(*database_, options_.series_max),
        derived_(*database_),
        queue_(options_.queue_bytes_max) {
    definitions_.SetBudget(options_.budget);
  }
  ~RocksTelemetryStore() override {
    Stop();
    if (definer_.joinable()) definer_.join();
    if (counter_.joinable()) counter_.join();
  }

  Status Load(Registry* registry);
  void AddMetrics(Registry* registry);

  StatusOr<SeriesId> InternSeries(const Labels& labels) override {
    return definitions_.InternSeries(labels);
  }
  StatusOr<StreamId> InternStream(const Labels& labels) override {
    return definitions_.InternStream(labels);
  }
  void Append(ScrapeBatch batch, Done done) override { Enqueue(std::move(batch), std::move(done)); }
  void AppendSoon(ScrapeBatch batch, Done done) override {
    Enqueue(std::move(batch), std::move(done), true);
  }
  void Append(LogBatch batch, Done done) override { Enqueue(std::move(batch), std::move(done)); }
  std::vector<RefusedSample> Append(SampleBatch batch, Done done) override;
  void Append(CatalogChange change, Done done) override {
    Enqueue(std::move(change), std::move(done));
  }
  void Append(SliceBatch batch, Done done) override { Enqueue(std::move(batch), std::move(done)); }
  void Append(LedgerEdit edit, Done done) override { Enqueue(std::move(edit), std::move(done)); }
  void Append(AlertBatch batch, Done done) override { Enqueue(std::move(batch), std::move(done)); }
  void AppendTick() override {
    Enqueue(
        Tick{}, [](const Status&) {}, true);
  }
  std::string ReadCursor(const std::string& key) override;

  Labels SeriesLabels(SeriesId id) const override { return definitions_.series().Get(id); }
  void AppendSeriesLabels(std::span<const SeriesId> ids,
                          std::vector<Labels>* labels) const override {
    definitions_.series().Get(ids, labels);
  }
  const Labels& StreamLabels(StreamId id) const override { return definitions_.streams().Get(id); }

  void Start(Listener listener) override;
  void Stop() override;
  Status Scan(uint64_t after, const Visit& visit) override;
  Status ScanWithoutSamples(uint64_t after, const Visit& visit) override {
    return Merge(after, false, visit);
  }
  uint64_t last_seq() const override { return last_seq_.load(); }
  uint64_t first_samples_seq() const override { return series_->first_seq(); }
  void RecountSeries() override;
  const SeriesSource& series() const override { return *series_; }
  SeriesSummary SummarizeSeries(size_t most) const override { return series_->Summarize(most); }
  std::optional<Time> OldestInMemory() const override {
    const std::optional<int64_t> oldest = series_->head_oldest_ms();
    return oldest ? std::optional(TimeFromMs(*oldest)) : std::nullopt;
  }
  StatusOr<size_t> DeleteSamples(std::span<const LabelMatcher> matchers, Time from,
                                 Time to) override {
    return series_->Delete(matchers, from, to);
  }
  Status CleanDeleted() override { return series_->CleanDeleted(); }
  Status Snapshot(const std::string& directory) override;

  Status PutPoints(const std::vector<DerivedPoint>& points) override {
    return derived_.PutPoints(points);
  }
  Status ScanPoints(char kind, std::string_view name, Time from, Time to,
                    const std::function<bool(Time, std::string_view)>& visit) override {
    return derived_.ScanPoints(kind, name, from, to, visit);
  }
  Status PutCheckpoint(uint64_t seq, Time time, std::string_view state) override {
    return derived_.PutCheckpoint(seq, time, state);
  }
  StatusOr<std::optional<Checkpoint>> LatestCheckpoint() override;
  StatusOr<std::optional<Checkpoint>> ReplayBase() override;
  Status ApplyRetention() override;

 private:
  Status LoadLastSeq();
  Status OpenSeries(Registry* registry);
  std::string SeriesDirectoryPath() const {
    return options_.series_directory.empty() ? options_.directory + "/series"
                                             : options_.series_directory;
  }
  Status LoadSeries();
  Status TakeSamples(Database::Cursor* cursor);
  Status WaitForSeries();
  Status MigrateFormat1();
  void DropSampleRows();
  Status Merge(uint64_t after, bool with_samples, const Visit& visit);
  void Enqueue(decltype(JournalEntry::body) body, Done done, bool may_wait = false);
  void CommitLoop();
  void CommitGroup(CommitQueue::Group group);
  Status WriteGroup(const std::vector<PendingEntry>& entries);
  StatusOr<uint64_t> FirstSeq();
  Status NoteDropped(uint64_t seq);
  Status DropOldBlocks(Time oldest);

  const StoreOptions options_;
  const Clock& clock_;
  const std::unique_ptr<Database> database_;
  Definitions definitions_;
  DerivedValues derived_;
  std::unique_ptr<SeriesStore> series_;
  CommitQueue queue_;

  std::atomic<uint64_t> last_seq_{0};
  Time last_time_{};  // of the last entry; committing thread only
  bool started_ = false;
  Listener listener_;
  std::thread committer_;
  std::thread definer_;  // of series, at a start
  Status defined_;       // what it ended with
  std::mutex counter_mutex_;
  std::thread counter_;  // of the budget's series
  Counter* commits_ = nullptr;
  Counter* commit_failures_ = nullptr;
  Counter* refused_ = nullptr;
  Histogram* commit_seconds_ = nullptr;
};

Status RocksTelemetryStore::Load(Registry* registry) {
  KZ_RETURN_IF_ERROR(definitions_.LoadSources());
  // Who only reads has all series in memory: the files change while another process writes.
  if (!options_.read_only) definitions_.KeepEndedIn(SeriesDirectoryPath() + "/ended");
  KZ_RETURN_IF_ERROR(OpenSeries(registry));
  KZ_RETURN_IF_ERROR(LoadLastSeq());
  // A start waits for both: samples name their series by numbers alone.
  definer_ = std::thread([this] { defined_ = definitions_.LoadSeries(); });
  const Status loaded = options_.read_only ? OkStatus() : LoadSeries();
  KZ_RETURN_IF_ERROR(WaitForSeries());
  KZ_RETURN_IF_ERROR(loaded);
  if (options_.budget != nullptr) {
    options_.budget->ExpectRecount();
    RecountSeries();
  }
  return OkStatus();
}

// Before what was loaded leaves memory, and at the end.
Status RocksTelemetryStore::WaitForSeries() {
  if (definer_.joinable()) definer_.join();
  series_->TouchLoaded();
  return defined_;
}

void RocksTelemetryStore::RecountSeries() {
  if (options_.budget == nullptr) return;
  const std::lock_guard lock(counter_mutex_);
  if (counter_.joinable()) counter_.join();
  counter_ = std::thread([this] {
    LowerPriority(kNiceness);
    options_.budget->Recount([this](const SeriesBudget::Visit& visit) {
      const SeriesNames& index = definitions_.series();
      const std::vector<SeriesId> ids = index.Living();
      std::vector<Labels> some;
      for (size_t at = 0; at < ids.size(); at += kCountedAtOnce) {
        some.clear();
        index.Get(std::span(ids).subspan(at, std::min(kCountedAtOnce, ids.size() - at)), &some);
        for (const Labels& labels : some) visit(labels);
      }
    });
  });
}

Status RocksTelemetryStore::OpenSeries(Registry* registry) {
  SeriesStoreOptions series;
  series.directory = SeriesDirectoryPath();
  series.read_only = options_.read_only;
  series.block_every = options_.series_block_every;
  series.retention = options_.retention;
  series.retention_bytes = options_.retention_bytes;
  KZ_ASSIGN_OR_RETURN(series_, SeriesStore::Open(series, definitions_.series(), clock_, registry));
  return OkStatus();
}

// The samples that are in no block yet. What cannot be read is not found by queries: that must not
// keep the server from starting.
Status RocksTelemetryStore::LoadSeries() {
  if (database_->format() == 1) KZ_RETURN_IF_ERROR(MigrateFormat1());
  const auto cursor =
      database_->Walk(database_->Blocks(RowKind::kSamples), SeqKey(series_->durable_seq() + 1));
  return TakeSamples(cursor.get());
}

Status RocksTelemetryStore::TakeSamples(Database::Cursor* cursor) {
  return LoadSamples(cursor, definitions_, [this](std::shared_ptr<const JournalEntry> entry) {
    series_->AppendLoaded(std::move(entry));
    if (!series_->IsOverfull()) return OkStatus();
    // Of a store of an older format, or after a long trouble.
    KZ_RETURN_IF_ERROR(WaitForSeries());
    return series_->Flush();
  });
}

// In format 1 scrapes are among the other entries, where they stay until retention drops them: here
// they are brought into columns too. From now on an older program refuses the store.
Status RocksTelemetryStore::MigrateFormat1() {
  const auto cursor = database_->Walk(database_->Blocks(), SeqKey(series_->durable_seq() + 1));
  KZ_RETURN_IF_ERROR(TakeSamples(cursor.get()));
  KZ_RETURN_IF_ERROR(WaitForSeries());
  KZ_RETURN_IF_ERROR(series_->Flush());
  KZ_ASSIGN_OR_RETURN(const uint64_t first, FirstSeq());
  if (first > 1) KZ_RETURN_IF_ERROR(NoteDropped(first - 1));
  return database_->SetFormat();
}

Status RocksTelemetryStore::LoadLastSeq() {
  last_seq_ = series_->durable_seq();
  last_time_ = series_->last_entry_time();
  for (const RowKind kind : {RowKind::kEntries, RowKind::kSamples}) {
    const std::vector<Database::Block> blocks = database_->Blocks(kind);
    for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {
      KZ_ASSIGN_OR_RETURN(const Database::Row last, database_->Last(block->family.get()));
      if (!last) continue;
      const uint64_t seq = SeqOfKey(last->first);
      KZ_ASSIGN_OR_RETURN(const JournalEntry entry, DecodeEntry(seq, last->second, definitions_));
      last_seq_ = std::max(last_seq_.load(), seq);
      last_time_ = std::max(last_time_, entry.time);
      break;
    }
  }
  // Everything may have been dropped by age: go on after the last checkpoint.
  KZ_ASSIGN_OR_RETURN(const std::vector<uint64_t> seqs, derived_.CheckpointSeqs());
  if (last_seq_ == 0 && !seqs.empty()) last_seq_ = seqs.back();
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
  registry->AddCallback("kizashi_store_series_ended", "Series that ended and left memory.",
                        [this] { return static_cast<double>(definitions_.series().ended()); });
  registry->AddCallback("kizashi_store_series", "Series in memory.",
                        [this] { return static_cast<double>(definitions_.series().size()); });
  registry->AddCallback("kizashi_store_streams", "Log streams known.",
                        [this] { return static_cast<double>(definitions_.streams().size()); });
  registry->AddCallback("kizashi_store_journal_entries", "The last journal entry's number.",
                        [this] { return static_cast<double>(last_seq_.load()); });
  registry->AddCallback("kizashi_store_queue_bytes", "Bytes that wait to be committed.",
                        [this] { return static_cast<double>(queue_.bytes()); });
}

void RocksTelemetryStore::Enqueue(decltype(JournalEntry::body) body, Done done, bool may_wait) {
  PendingEntry pending{std::make_shared<JournalEntry>(), std::move(done), may_wait};
  pending.entry->body = std::move(body);
  const Status pushed = queue_.Push(&pending);
  if (pushed.ok()) return;
  if (refused_ != nullptr) refused_->Add();
  pending.done(pushed);
}

std::vector<RefusedSample> RocksTelemetryStore::Append(SampleBatch batch, Done done) {
  const Time now = clock_.Now();
  std::vector<RefusedSample> refused;
  size_t kept = 0;
  for (size_t i = 0; i < batch.samples.size(); ++i) {
    const SampleBatch::Sample& sample = batch.samples[i];
    const Duration age = now - sample.time;
    if (age > options_.sample_age_max) {
      refused.push_back(
          {i, InvalidArgument("the sample is too old: it is of {}, those before {} are "
                              "not taken any more",
                              FormatTime(sample.time), FormatTime(now - options_.sample_age_max))});
    } else if (-age > options_.sample_ahead_max) {
      refused.push_back(
          {i, InvalidArgument("the sample is of the future: it is of {}, it is {} now",
                              FormatTime(sample.time), FormatTime(now))});
    } else {
      batch.samples[kept++] = sample;
    }
  }
  batch.samples.resize(kept);
  if (kept == 0) {
    done(OkStatus());
  } else {
    Enqueue(std::move(batch), std::move(done));
  }
  return refused;
}

void RocksTelemetryStore::Start(Listener listener) {
  KZ_CHECK(!options_.read_only && !started_);
  listener_ = std::move(listener);
  started_ = true;
  queue_.Open();
  committer_ = std::thread([this] { CommitLoop(); });
  series_->Start([this] { DropSampleRows(); }, [this] { RecountSeries(); });
}

void RocksTelemetryStore::Stop() {
  queue_.Close();
  if (committer_.joinable()) committer_.join();
  if (series_) series_->Stop();
}

// Rows whose samples are in columns, when the judge's newest checkpoint is behind them: a start
// then goes on from rows, which is quicker than from columns.
void RocksTelemetryStore::DropSampleRows() {
  const auto seqs = derived_.CheckpointSeqs();
  const uint64_t judged = seqs.ok() && !seqs->empty() ? seqs->back() : last_seq_.load();
  const uint64_t done = std::min(series_->durable_seq(), judged);
  std::vector<Database::Block> blocks = database_->Blocks(RowKind::kSamples);
  if (!blocks.empty()) blocks.pop_back();  // being written
  for (const Database::Block& block : blocks) {
    const StatusOr<Database::Row> last = database_->Last(block.family.get());
    Status status = last.status();
    if (last.ok() && *last && SeqOfKey((*last)->first) > done) return;
    if (status.ok()) status = database_->DropBlock(block);
    if (status.ok()) continue;
    Log(LogLevel::kWarn, "rows of samples are not dropped", {{"reason", Message(status)}});
    return;
  }
}

// While one group is being synced the next one gathers; no delay is added.
void RocksTelemetryStore::CommitLoop() {
  while (true) {
    CommitQueue::Group group = queue_.Take();
    if (group.entries.empty()) return;
    CommitGroup(std::move(group));
  }
}

void RocksTelemetryStore::CommitGroup(CommitQueue::Group group) {
  const Time begin = clock_.Now();
  const Status status = WriteGroup(group.entries);
  if (!status.ok()) {
    if (commit_failures_ != nullptr) commit_failures_->Add();
    Log(LogLevel::kError, "commit failed", {{"reason", Message(status)}});
  } else if (commits_ != nullptr) {
    commits_->Add();
    commit_seconds_->Observe(ToSeconds(std::max(clock_.Now() - begin, Duration(0))));
  }
  Entries entries;
  if (status.ok()) {
    // Before they are acknowledged: a reader that is opened afterwards sees them.
    for (const PendingEntry& pending : group.entries) series_->Append(pending.entry);
  }
  for (PendingEntry& pending : group.entries) {
    pending.done(status);
    if (status.ok()) entries.push_back(std::move(pending.entry));
  }
  if (listener_ && !entries.empty()) listener_(std::move(entries));
  queue_.Release(group);
}

Status RocksTelemetryStore::WriteGroup(const std::vector<PendingEntry>& entries) {
  rocksdb::WriteBatch batch;
  KZ_RETURN_IF_ERROR(database_->GoOnAfterError());
  const Time now = std::max(clock_.Now(), last_time_);
  Database::Family* entry_rows = nullptr;
  Database::Family* sample_rows = nullptr;
  uint64_t seq = last_seq_.load();
  for (const PendingEntry& pending : entries) {
    JournalEntry& entry = *pending.entry;
    entry.seq = ++seq;
    entry.time = now;
    RowIds ids;
    if (const auto* scrape = std::get_if<ScrapeBatch>(&entry.body)) {
      ids = definitions_.IdsFor(*scrape);
    }
    if (const auto* logs = std::get_if<LogBatch>(&entry.body); logs && !logs->cursor_key.empty()) {
      batch.Put(database_->meta(), CursorKey(logs->cursor_key), logs->cursor_value);
    }
    const bool has_samples = std::holds_alternative<ScrapeBatch>(entry.body) ||
                             std::holds_alternative<SampleBatch>(entry.body);
    Database::Family*& family = has_samples ? sample_rows : entry_rows;
    if (family == nullptr) {
      const RowKind kind = has_samples ? RowKind::kSamples : RowKind::kEntries;
      KZ_ASSIGN_OR_RETURN(family, database_->BlockFor(now, kind));
    }
    batch.Put(family, SeqKey(seq), EncodeEntry(entry, ids));
  }
  // Whatever these entries refer to was interned before they came.
  const Definitions::Put defined = definitions_.PutWaiting(&batch);
  KZ_RETURN_IF_ERROR(database_->Commit(&batch, "commit"));
  last_seq_ = seq;
  last_time_ = now;
  definitions_.Committed(defined);
  return OkStatus();
}

std::string RocksTelemetryStore::ReadCursor(const std::string& key) {
  const auto value = database_->Get(database_->meta(), CursorKey(key));
  return value.ok() ? value->value_or("") : std::string();
}

// First what is in columns and no more in rows, then rows of both kinds, by number.
Status RocksTelemetryStore::Scan(uint64_t after, const Visit& visit) {
  return Merge(after, true, visit);
}

Status RocksTelemetryStore::Merge(uint64_t after, bool with_samples, const Visit& visit) {
  // Sample rows are looked at before the columns: they are dropped after the columns are there.
  std::vector<Database::Block> sample_blocks;
  if (with_samples) sample_blocks = database_->Blocks(RowKind::kSamples);
  uint64_t rows_from = last_seq_ + 1;
  for (const Database::Block& block : sample_blocks) {
    KZ_ASSIGN_OR_RETURN(const Database::Row first, database_->First(block.family.get()));
    if (!first) continue;
    rows_from = SeqOfKey(first->first);
    break;
  }
  const auto entries = database_->Walk(database_->Blocks(), SeqKey(after + 1));
  const auto samples = database_->Walk(std::move(sample_blocks), SeqKey(after + 1));
  constexpr uint64_t kEnd = UINT64_MAX;
  const auto seq_at = [](const Database::Cursor& cursor) {
    return cursor.Valid() ? SeqOfKey(cursor.key()) : kEnd;
  };
  Status status;
  bool go_on = true;
  // Visits rows with numbers below `end`.
  const auto visit_rows = [&](uint64_t end) {
    while (go_on) {
      const uint64_t a = seq_at(*entries);
      const uint64_t b = seq_at(*samples);
      if (std::min(a, b) >= end) break;
      Database::Cursor& next = a < b ? *entries : *samples;
      const StatusOr<JournalEntry> entry = DecodeEntry(std::min(a, b), next.value(), definitions_);
      status = entry.status();
      go_on = entry.ok() && visit(*entry);
      next.Next();
    }
    return go_on;
  };
  if (with_samples && after + 1 < rows_from) {
    KZ_RETURN_IF_ERROR(series_->Replay(after, rows_from - 1, [&](JournalEntry entry) {
      if (!visit_rows(entry.seq)) return false;
      // A store that was of format 1 has it as a row too.
      if (seq_at(*entries) == entry.seq) return true;
      return go_on = visit(entry);
    }));
  }
  visit_rows(kEnd);
  KZ_RETURN_IF_ERROR(status);
  if (!go_on) return OkStatus();
  KZ_RETURN_IF_ERROR(entries->status());
  return samples->status();
}

// What the database has beyond the blocks is in its rows, what both have does no harm.
Status RocksTelemetryStore::Snapshot(const std::string& directory) {
  const std::filesystem::path parent = std::filesystem::path(directory).parent_path();
  std::error_code error;
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return Internal("store: {} cannot be made: {}", parent.string(), error.message());
  KZ_RETURN_IF_ERROR(series_->Flush());
  return series_->Snapshot(directory + "/series", [&] { return database_->Snapshot(directory); });
}

StatusOr<std::optional<TelemetryStore::Checkpoint>> RocksTelemetryStore::LatestCheckpoint() {
  KZ_ASSIGN_OR_RETURN(const std::vector<uint64_t> seqs, derived_.CheckpointSeqs());
  // A checkpoint is not synced: after a power cut the journal may end before it. Then it is void.
  for (auto seq = seqs.rbegin(); seq != seqs.rend(); ++seq) {
    if (*seq > last_seq_) continue;
    auto checkpoint = derived_.ReadCheckpoint(*seq);
    if (checkpoint.ok()) return std::optional<Checkpoint>(*std::move(checkpoint));
    Log(LogLevel::kWarn, "checkpoint skipped", {{"reason", Message(checkpoint.status())}});
  }
  return std::optional<Checkpoint>();
}

// The first entry from which on all are there.
StatusOr<uint64_t> RocksTelemetryStore::FirstSeq() {
  KZ_ASSIGN_OR_RETURN(const std::optional<std::string> dropped,
                      database_->Get(database_->meta(), DroppedKey()));
  uint64_t first = series_->first_seq();
  if (dropped) return std::max(first, SeqOfKey(*dropped) + 1);
  uint64_t row = last_seq_ + 1;
  for (const RowKind kind : {RowKind::kEntries, RowKind::kSamples}) {
    for (const Database::Block& block : database_->Blocks(kind)) {
      KZ_ASSIGN_OR_RETURN(const Database::Row key, database_->First(block.family.get()));
      if (key) row = std::min(row, SeqOfKey(key->first));
      if (key) break;
    }
  }
  // With blocks of samples a row may well not be the first entry: that is among the samples.
  return series_->durable_seq() > 0 ? first : row;
}

Status RocksTelemetryStore::NoteDropped(uint64_t seq) {
  rocksdb::WriteBatch batch;
  batch.Put(database_->meta(), DroppedKey(), SeqKey(seq));
  return database_->Write(&batch, "note what is dropped");
}

StatusOr<std::optional<TelemetryStore::Checkpoint>> RocksTelemetryStore::ReplayBase() {
  KZ_ASSIGN_OR_RETURN(const uint64_t first, FirstSeq());
  if (first <= 1) return std::optional<Checkpoint>();
  KZ_ASSIGN_OR_RETURN(const std::vector<uint64_t> seqs, derived_.CheckpointSeqs());
  for (const uint64_t seq : seqs) {
    if (seq + 1 < first) continue;
    auto checkpoint = derived_.ReadCheckpoint(seq);
    if (checkpoint.ok()) return std::optional<Checkpoint>(*std::move(checkpoint));
    Log(LogLevel::kWarn, "checkpoint skipped", {{"reason", Message(checkpoint.status())}});
  }
  return NotFound("the journal begins at entry {} and no checkpoint covers what was before", first);
}

Status RocksTelemetryStore::ApplyRetention() {
  const Time oldest = clock_.Now() - options_.retention;
  KZ_RETURN_IF_ERROR(DropOldBlocks(oldest));
  KZ_RETURN_IF_ERROR(series_->ApplyRetention());
  KZ_ASSIGN_OR_RETURN(const uint64_t first, FirstSeq());
  KZ_RETURN_IF_ERROR(derived_.DropCheckpointsBefore(first));
  return derived_.DropPointsBefore(oldest);
}

Status RocksTelemetryStore::DropOldBlocks(Time oldest) {
  const std::vector<Database::Block> blocks = database_->Blocks();
  uint64_t total = 0;
  for (const Database::Block& block : blocks) total += database_->BlockBytes(block);
  KZ_ASSIGN_OR_RETURN(const std::vector<uint64_t> seqs, derived_.CheckpointSeqs());
  // A checkpoint stands for the entries before it: it must be on disk before they are dropped.
  KZ_RETURN_IF_ERROR(database_->SyncLog());
  // The block being written stays, whatever its size.
  for (size_t i = 0; i + 1 < blocks.size(); ++i) {
    const bool too_old = blocks[i].start + options_.block_length <= oldest;
    if (!too_old && total <= options_.retention_bytes) break;
    KZ_ASSIGN_OR_RETURN(const Database::Row last, database_->Last(blocks[i].family.get()));
    // Without a checkpoint after it a replay would have nothing to begin from: wait for one.
    if (last && (seqs.empty() || SeqOfKey(last->first) > seqs.back())) break;
    if (last && options_.needed_from && SeqOfKey(last->first) >= options_.needed_from()) break;
    total -= std::min(total, database_->BlockBytes(blocks[i]));
    if (last) KZ_RETURN_IF_ERROR(NoteDropped(SeqOfKey(last->first)));
    Log(LogLevel::kInfo, "block dropped by retention", {{"block", FormatTime(blocks[i].start)}});
    KZ_RETURN_IF_ERROR(database_->DropBlock(blocks[i]));
  }
  return OkStatus();
}

}  // namespace

StatusOr<std::unique_ptr<TelemetryStore>> OpenTelemetryStore(StoreOptions options,
                                                             const Clock& clock, Registry* registry,
                                                             rocksdb::Env* env) {
  KZ_ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                      Database::Open({.directory = options.directory,
                                      .block_length = options.block_length,
                                      .samples_block_length = options.samples_block_length,
                                      .read_only = options.read_only,
                                      .env = env}));
  auto store =
      std::make_unique<RocksTelemetryStore>(std::move(options), clock, std::move(database));
  KZ_RETURN_IF_ERROR(store->Load(registry));
  if (registry != nullptr) store->AddMetrics(registry);
  return std::unique_ptr<TelemetryStore>(std::move(store));
}

StatusOr<std::unique_ptr<TelemetryStore>> TelemetryStore::Open(StoreOptions options,
                                                               const Clock& clock,
                                                               Registry* registry) {
  return OpenTelemetryStore(std::move(options), clock, registry, nullptr);
}

}  // namespace kizashi
