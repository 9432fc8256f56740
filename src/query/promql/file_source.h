// Reads samples with timestamps from exposition text into memory.
#pragma once

#include <string>

#include "base/status.h"
#include "query/promql/memory_source.h"

namespace kizashi::promql {

/// Adds the samples of `file` ("-": standard input) to `*source`. Times are milliseconds; seconds
/// when the text ends with `# EOF`, as OpenMetrics wants. A sample without a time is an error that
/// names the line. `*last_ms` becomes the latest time read.
Status LoadSamples(const std::string& file, MemorySource* source, int64_t* last_ms);

/// A whole file as text; "-" is standard input.
StatusOr<std::string> ReadText(const std::string& file);

}  // namespace kizashi::promql
