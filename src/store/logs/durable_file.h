// Files that are there whole or not at all, whatever happens to the process or the power.
//
// Any thread; two writers of one path are the caller's mistake.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace kizashi {

/// What a file is called while it is not whole; a restart may delete such files.
inline constexpr std::string_view kUnfinishedSuffix = ".tmp";

/// Writes beside `path`, syncs, renames, syncs the directory. ResourceExhausted when the disk is
/// full, Internal with the system's reason otherwise; nothing is left behind then.
Status WriteDurably(const std::string& path, std::string_view bytes);

/// Makes lasting that files of the directory that holds `path` were made, renamed or deleted.
Status SyncDirectoryOf(const std::string& path);

}  // namespace kizashi
