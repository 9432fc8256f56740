// The RocksDB database of the telemetry store: opened, with its column families, as Status.
//
// Families: meta (RocksDB's "default"), derived, and for each block of time one of journal entries,
// for each shorter one one of entries with samples.
// Owned by the store; any thread may call, but BlockFor is for the committing thread alone. Inside
// of src/store: RocksDB's types go no further.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "store/store_keys.h"

namespace rocksdb {
class Cache;
class ColumnFamilyHandle;
class DB;
class Env;
class Status;
class WriteBatch;
}  // namespace rocksdb

namespace kizashi {

class Database {
 public:
  struct Options {
    std::string directory;
    Duration block_length = std::chrono::hours(2);
    Duration samples_block_length = std::chrono::minutes(10);
    bool read_only = false;
    rocksdb::Env* env = nullptr;  // RocksDB's own when null; outlives the database
  };
  using Family = rocksdb::ColumnFamilyHandle;
  /// A block's family stays readable while somebody holds it, also after the block is dropped.
  struct Block {
    RowKind kind = RowKind::kEntries;
    Time start{};
    std::shared_ptr<Family> family;
  };
  /// Opens the directory or, unless it is read only, makes it. Unavailable when another process has
  /// it open, DataLoss, with nothing changed, when it is not in the format that this program
  /// writes.
  static StatusOr<std::unique_ptr<Database>> Open(Options options);
  ~Database();

  /// The format that the store had when it was opened, and after SetFormat.
  int format() const { return format_; }
  /// Raises an older format to this program's, when all is as it should be there.
  Status SetFormat();

  Family* meta() const { return meta_.get(); }
  Family* derived() const { return derived_.get(); }

  /// The family for entries of that time, made when there is none. Good until the block is dropped.
  StatusOr<Family*> BlockFor(Time time, RowKind kind = RowKind::kEntries);
  /// All blocks of a kind, in order of time.
  std::vector<Block> Blocks(RowKind kind = RowKind::kEntries) const;
  /// Bytes in files; what is in memory still is not counted.
  uint64_t BlockBytes(const Block& block) const;
  Status DropBlock(const Block& block);

  /// Everything in `batch` or nothing. Commit: on disk when it returns. Write: with the next Commit
  /// or SyncLog at the latest. `doing` is for messages.
  Status Commit(rocksdb::WriteBatch* batch, std::string_view doing);
  Status Write(rocksdb::WriteBatch* batch, std::string_view doing);
  Status SyncLog();
  /// After an error of the disk all writes are refused. This goes on when the disk is well again:
  /// no room, and now there is some. Unavailable when it is not, or when only a new start helps.
  /// For the committing thread, before BlockFor and Commit.
  Status GoOnAfterError();
  /// Nothing when there is no such key.
  StatusOr<std::optional<std::string>> Get(Family* family, std::string_view key) const;
  /// Calls `visit` with key and value for the keys from `begin` on, in order, until it returns
  /// false.
  Status Visit(Family* family, std::string_view begin, std::string_view doing,
               const std::function<bool(std::string_view, std::string_view)>& visit) const;
  /// Makes `directory`, which must not exist, a database of what was committed; files are linked
  /// where they can be.
  Status Snapshot(const std::string& directory) const;
  /// Walks over the entries of several blocks, which keep alive what it reads.
  class Cursor {
   public:
    virtual ~Cursor() = default;
    virtual bool Valid() const = 0;
    virtual std::string_view key() const = 0;
    virtual std::string_view value() const = 0;
    virtual void Next() = 0;
    /// Not OK: it ended before the end.
    virtual Status status() const = 0;
  };
  /// Stands at the first key that is not below `begin`. Blocks follow each other.
  std::unique_ptr<Cursor> Walk(std::vector<Block> blocks, std::string begin) const;
  /// The first or last key of a family with its value; nothing when it is empty.
  using Row = std::optional<std::pair<std::string, std::string>>;
  StatusOr<Row> First(Family* family) const;
  StatusOr<Row> Last(Family* family) const;
  /// The last key that is not above `key`, with its value; nothing when there is none.
  StatusOr<Row> Floor(Family* family, const std::string& key) const;

 private:
  explicit Database(Options options);
  /// The families that are there, and those that must be. DataLoss when another program made them.
  StatusOr<std::vector<std::string>> FamilyNames() const;
  Status CheckUnused() const;
  Status OpenFamilies();
  Status CheckFormat();
  std::shared_ptr<Family> Own(Family* family);
  Status Noted(const rocksdb::Status& status, std::string_view doing);
  void KeepLogReplaceable();
  bool IsLogReplaceable() const;

  const Options options_;
  std::shared_ptr<rocksdb::Cache> cache_;
  std::unique_ptr<rocksdb::DB> db_;
  std::shared_ptr<Family> meta_;
  std::shared_ptr<Family> derived_;
  std::shared_mutex writing_mutex_;  // shared by those who write; GoOnAfterError has it alone
  std::atomic<bool> failed_{false};  // a write, since the last GoOnAfterError
  int format_ = 0;
  mutable std::mutex blocks_mutex_;
  std::map<std::pair<RowKind, Time>, std::shared_ptr<Family>> blocks_;  // by kind and start
};

}  // namespace kizashi
