// What we need of SQLite, with RAII and Status: a connection, prepared statements, transactions.
//
// Inside of src/store/record_store.cc; not for others. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/status.h"

struct sqlite3;
struct sqlite3_stmt;

namespace kizashi {

/// An open database file. `path` names it in messages.
class SqliteDb {
 public:
  static StatusOr<SqliteDb> Open(const std::string& path);

  /// Runs statements that give no rows.
  Status Execute(const std::string& sql);
  /// The first column of the first row, 0 when there is none.
  StatusOr<int64_t> QueryInt(const std::string& sql);
  /// Rows that the last statement put, changed or took out.
  int64_t Changes() const;
  /// What SQLite's `code` means for this file, as a Status of ours.
  Status Error(int code) const;

  sqlite3* handle() const { return db_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  std::string path_;
  std::unique_ptr<sqlite3, Close> db_;
};

/// A prepared statement. Parameters are bound in order; Step resets and forgets them at the end.
class SqliteStatement {
 public:
  static StatusOr<SqliteStatement> Prepare(const SqliteDb& db, const char* sql);

  SqliteStatement& Bind(std::string_view text);
  SqliteStatement& Bind(double value);
  SqliteStatement& Bind(int64_t value);
  SqliteStatement& Bind(Time time) { return Bind(ToMs(time)); }
  SqliteStatement& Bind(const std::optional<Time>& time);

  /// True when there is a row, false at the end. After false or an error it can be bound anew.
  StatusOr<bool> Step(const SqliteDb& db);
  /// For statements without rows.
  Status Run(const SqliteDb& db);
  /// Ends before the last row was read.
  void Reset();

  /// Columns of the row, in order, each call the next one.
  std::string Text();
  double Real();
  int64_t Int();
  Time At() { return TimeFromMs(Int()); }
  std::optional<Time> MaybeAt();

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int parameter_ = 0;
  int column_ = 0;
  int bind_error_ = 0;  // SQLITE_OK
};

/// BEGIN IMMEDIATE now; ROLLBACK at the end unless committed.
class SqliteTransaction {
 public:
  static StatusOr<SqliteTransaction> Begin(SqliteDb* db);
  SqliteTransaction(SqliteTransaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  ~SqliteTransaction();
  Status Commit();

 private:
  explicit SqliteTransaction(SqliteDb* db) : db_(db) {}
  SqliteDb* db_;
};

}  // namespace kizashi
