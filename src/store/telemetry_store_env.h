// Opens the telemetry store on a file system that is handed in, so that a test owns the disk.
// Inside of src/store; everyone else calls TelemetryStore::Open.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "store/telemetry_store.h"

namespace rocksdb {
class Env;
}

namespace kizashi {

/// As TelemetryStore::Open. `env` is RocksDB's own when null and outlives the store.
StatusOr<std::unique_ptr<TelemetryStore>> OpenTelemetryStore(StoreOptions options,
                                                             const Clock& clock, Registry* registry,
                                                             rocksdb::Env* env);

}  // namespace kizashi
