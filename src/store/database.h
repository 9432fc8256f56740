// The RocksDB database of the telemetry store: opened, with its column families, as Status.
//
// Families: meta (RocksDB's "default"), derived, and one of journal entries for each block of time.
// Owned by the store; any thread may call, but BlockFor is for the committing thread alone. Inside
// of src/store: RocksDB's types go no further.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace rocksdb {
class Cache;
class ColumnFamilyHandle;
class DB;
class Env;
class Iterator;
class WriteBatch;
}  // namespace rocksdb

namespace kizashi {

class Database {
 public:
  struct Options {
    std::string directory;
    Duration block_length = std::chrono::hours(2);
    bool read_only = false;
    rocksdb::Env* env = nullptr;  // RocksDB's own when null; outlives the database
  };
  using Family = rocksdb::ColumnFamilyHandle;
  /// A block's family stays readable while somebody holds it, also after the block is dropped.
  struct Block {
    Time start{};
    std::shared_ptr<Family> family;
  };
  enum class Sync { kNo, kYes };

  /// Opens the directory or, unless it is read only, makes it. Unavailable when another process has
  /// it open, DataLoss, with nothing changed, when it is not in the format that this program
  /// writes.
  static StatusOr<std::unique_ptr<Database>> Open(Options options);
  ~Database();

  Family* meta() const { return meta_.get(); }
  Family* derived() const { return derived_.get(); }

  /// The family for entries of that time, made when there is none. Good until the block is dropped.
  StatusOr<Family*> BlockFor(Time time);
  /// All blocks, in order of time.
  std::vector<Block> Blocks() const;
  /// Bytes in files; what is in memory still is not counted.
  uint64_t BlockBytes(const Block& block) const;
  Status DropBlock(const Block& block);

  /// Everything in `batch` or nothing; on disk when it returns, if asked for. `doing` is for
  /// messages.
  Status Write(rocksdb::WriteBatch* batch, Sync sync, std::string_view doing);
  /// What was written without Sync::kYes is on disk when it returns.
  Status SyncLog();
  /// RocksDB refuses writes after an error of the disk until it is told to go on.
  void GoOnAfterError();
  /// Nothing when there is no such key.
  StatusOr<std::optional<std::string>> Get(Family* family, std::string_view key) const;
  /// Calls `visit` with key and value for the keys from `begin` on, in order, until it returns
  /// false.
  Status Visit(Family* family, std::string_view begin, std::string_view doing,
               const std::function<bool(std::string_view, std::string_view)>& visit) const;
  /// The first or last key of a family with its value; nothing when it is empty.
  using Row = std::optional<std::pair<std::string, std::string>>;
  StatusOr<Row> First(Family* family) const;
  StatusOr<Row> Last(Family* family) const;

 private:
  explicit Database(Options options);
  /// The families that are there, and those that must be. DataLoss when another program made them.
  StatusOr<std::vector<std::string>> FamilyNames() const;
  Status CheckUnused() const;
  Status OpenFamilies();
  Status CheckFormat();
  std::shared_ptr<Family> Own(Family* family);

  const Options options_;
  std::shared_ptr<rocksdb::Cache> cache_;
  std::unique_ptr<rocksdb::DB> db_;
  std::shared_ptr<Family> meta_;
  std::shared_ptr<Family> derived_;
  mutable std::mutex blocks_mutex_;
  std::map<Time, std::shared_ptr<Family>> blocks_;  // by start
};

}  // namespace kizashi
