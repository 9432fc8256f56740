#include "store/record_store_sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

namespace kizashi {
namespace {

constexpr int kBusyTimeoutMs = 5'000;

std::string_view SystemReason(sqlite3* db) {
  const int error = sqlite3_system_errno(db);
  return error == 0 ? std::string_view("no reason given") : std::string_view(std::strerror(error));
}

/// SQLite makes the file, its WAL and its index with the rights that the file has.
Status MakePrivateFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return Internal("cannot open record store {}: {}", path, std::strerror(errno));
  close(fd);
  return OkStatus();
}

}  // namespace

void SqliteDb::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

StatusOr<SqliteDb> SqliteDb::Open(const std::string& path) {
  KZ_RETURN_IF_ERROR(MakePrivateFile(path));
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteDb db;
  db.path_ = path;
  db.db_.reset(handle);
  if (code != SQLITE_OK) return db.Error(code);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  // SQLite has no checksums: at least what it can see to be wrong is refused when it is read.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  KZ_RETURN_IF_ERROR(db.Execute("PRAGMA cell_size_check = ON"));
  return db;
}

Status SqliteDb::Execute(const std::string& sql) {
  const int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? OkStatus() : Error(code);
}

StatusOr<int64_t> SqliteDb::QueryInt(const std::string& sql) {
  KZ_ASSIGN_OR_RETURN(SqliteStatement statement, SqliteStatement::Prepare(*this, sql.c_str()));
  KZ_ASSIGN_OR_RETURN(const bool found, statement.Step(*this));
  return found ? statement.Int() : 0;
}

int64_t SqliteDb::Changes() const { return sqlite3_changes64(db_.get()); }

Status SqliteDb::Error(int code) const {
  const char* detail = db_ ? sqlite3_errmsg(db_.get()) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_FULL:
      return ResourceExhausted("no space left for record store {}: free some space", path_);
    case SQLITE_IOERR:
      return Internal("record store {}: input/output error ({}; {})", path_, detail,
                      SystemReason(db_.get()));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return DataLoss("record store {} is damaged: {}; restore it from a copy or move it away",
                      path_, detail);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Unavailable("record store {} is held by another process: {}", path_, detail);
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Internal("cannot open record store {}: {} ({})", path_, detail,
                      SystemReason(db_.get()));
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG: return InvalidArgument("record store {} refuses: {}", path_, detail);
    default: return Internal("record store {}: {}", path_, detail);
  }
}

StatusOr<SqliteStatement> SqliteStatement::Prepare(const SqliteDb& db, const char* sql) {
  sqlite3_stmt* handle = nullptr;
  const int code =
      sqlite3_prepare_v3(db.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return db.Error(code);
  SqliteStatement statement;
  statement.statement_.reset(handle);
  return statement;
}

SqliteStatement& SqliteStatement::Bind(std::string_view text) {
  // SQLite takes a null pointer for NULL; an empty view may have one.
  const char* data = text.data() == nullptr ? "" : text.data();
  const int code = sqlite3_bind_text64(statement_.get(), ++parameter_, data, text.size(),
                                       SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) bind_error_ = code;
  return *this;
}

SqliteStatement& SqliteStatement::Bind(double value) {
  const int code = sqlite3_bind_double(statement_.get(), ++parameter_, value);
  if (code != SQLITE_OK) bind_error_ = code;
  return *this;
}

SqliteStatement& SqliteStatement::Bind(int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), ++parameter_, value);
  if (code != SQLITE_OK) bind_error_ = code;
  return *this;
}

SqliteStatement& SqliteStatement::Bind(const std::optional<Time>& time) {
  if (time) return Bind(*time);
  const int code = sqlite3_bind_null(statement_.get(), ++parameter_);
  if (code != SQLITE_OK) bind_error_ = code;
  return *this;
}

StatusOr<bool> SqliteStatement::Step(const SqliteDb& db) {
  if (bind_error_ != SQLITE_OK) {
    const int code = bind_error_;
    Reset();
    return db.Error(code);
  }
  column_ = 0;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  Status status = code == SQLITE_DONE ? OkStatus() : db.Error(code);
  Reset();
  if (!status.ok()) return status;
  return false;
}

Status SqliteStatement::Run(const SqliteDb& db) {
  const StatusOr<bool> row = Step(db);
  if (row.ok() && *row) Reset();
  return row.status();
}

void SqliteStatement::Reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  parameter_ = 0;
  bind_error_ = SQLITE_OK;
}

double SqliteStatement::Real() { return sqlite3_column_double(statement_.get(), column_++); }

int64_t SqliteStatement::Int() { return sqlite3_column_int64(statement_.get(), column_++); }

std::string SqliteStatement::Text() {
  const int column = column_++;
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) return "";
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column));
  return std::string(reinterpret_cast<const char*>(text), size);
}

std::optional<Time> SqliteStatement::MaybeAt() {
  if (sqlite3_column_type(statement_.get(), column_) == SQLITE_NULL) {
    ++column_;
    return std::nullopt;
  }
  return At();
}

StatusOr<SqliteTransaction> SqliteTransaction::Begin(SqliteDb* db) {
  KZ_RETURN_IF_ERROR(db->Execute("BEGIN IMMEDIATE"));
  return SqliteTransaction(db);
}

SqliteTransaction::~SqliteTransaction() {
  // Some errors (a full disk among them) have rolled back already.
  if (db_ != nullptr && sqlite3_get_autocommit(db_->handle()) == 0) {
    (void)db_->Execute("ROLLBACK");
  }
}

Status SqliteTransaction::Commit() {
  const Status status = db_->Execute("COMMIT");
  if (status.ok()) db_ = nullptr;
  return status;
}

}  // namespace kizashi
