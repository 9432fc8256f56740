// The numbered migrations of the record store's file. docs/internals/records.md has the tables.
#pragma once

#include "base/status.h"
#include "store/record_store_sqlite.h"

namespace kizashi {

/// Says that a SQLite file is ours ("KZRS").
inline constexpr int64_t kRecordStoreApplicationId = 0x4b5a5253;
inline constexpr int64_t kRecordStoreVersion = 5;

/// Brings the file to kRecordStoreVersion, each migration in a transaction of its own.
Status MigrateRecordStore(SqliteDb* db, const std::string& path);

}  // namespace kizashi
