// Brings rows of samples back into memory after a start, which waits for it: one thread reads them,
// another and the caller decode them, the caller takes them in order.
#pragma once

#include <functional>
#include <memory>

#include "base/status.h"
#include "store/database.h"
#include "store/journal.h"

namespace kizashi {

/// Calls `take` for every entry from where `cursor` stands, in order, on the calling thread.
/// Entries that cannot be decoded are logged and passed over: they must not keep the server from
/// starting. Ends with the first error of `take`.
Status LoadSamples(Database::Cursor* cursor, const RowResolver& resolver,
                   const std::function<Status(std::shared_ptr<const JournalEntry>)>& take);

}  // namespace kizashi
