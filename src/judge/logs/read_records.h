// Log files for the command line: their records, with progress on standard error's terminal.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "ingest/line_file.h"
#include "ingest/record_reader.h"
#include "pattern/templates.h"

namespace kizashi {

/// Calls `add` with each record of a file (plain, gzip, zstd; "-" is standard input): a line, or
/// the lines of one stack trace. What a damaged file holds is given before the error.
Status ReadRecords(const std::string& file, const std::function<void(const Record&)>& add);

/// The same line by line, without any joining.
Status ReadLinesShown(const std::string& file, const std::function<void(std::string_view)>& add);

/// Control characters become spaces, those of eight bits (in UTF-8: C2 80 to C2 9F) too: a line of
/// a log must not move a terminal's cursor nor end a table's row.
std::string Printable(std::string_view text);

/// A pattern for people: "[Order placed] order <*> placed", without brackets when it has no name.
std::string NamedPattern(std::string_view name, std::string_view text);

/// The log_patterns of a catalog's file (catalog/log_patterns.h), for --patterns FILE.
StatusOr<std::shared_ptr<const PatternTemplates>> ReadPatternsFile(const std::string& file,
                                                                   const std::string& service);
/// Says why there are none, for `kizashi logs COMMAND`; the exit code.
int PatternsFileFault(const char* command, const Status& status);

/// What is in `text` as a field of a CSV file (RFC 4180).
std::string CsvField(std::string_view text);

/// Prints as fmt::print, which would throw; whether it was written is asked once, by Flushed.
template <typename... Args>
void Print(std::FILE* out, fmt::format_string<Args...> format, Args&&... args) {
  const std::string text = fmt::format(format, std::forward<Args>(args)...);
  std::fwrite(text.data(), 1, text.size(), out);
}

/// Says on standard error, for `command`, when something could not be written.
bool Flushed(const char* command, std::FILE* out);

}  // namespace kizashi
