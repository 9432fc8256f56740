// The catalog's directory on disk: which files it has, their stamps, their texts.
//
// Links are followed as long as they stay inside the directory (Kubernetes mounts files that way);
// everything is visited once, so loops end. Any thread; does I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "catalog/load.h"

namespace kizashi {

inline constexpr size_t kCatalogFilesMax = 10'000;
inline constexpr size_t kCatalogBytesMax = 256 << 20;  // all files together
inline constexpr size_t kCatalogEntriesMax = 200'000;  // files and folders walked over

struct DirectoryRead {
  std::vector<CatalogSource> sources;  // by name
  /// Files that Locations name and a walk does not find (hidden, or not called *.yaml), there or
  /// not.
  std::vector<std::string> extra;
};

StatusOr<DirectoryRead> ReadDirectory(const std::string& directory);

/// A hash over the names, sizes, inodes and times of the files; `extra` as ReadDirectory gave it.
/// It changes when a file does, and when the directory cannot be read any more.
uint64_t DirectoryStamp(const std::string& directory, const std::vector<std::string>& extra);

}  // namespace kizashi
