// `kizashi oncall check | now | next | preview | calendar`: from a catalog's files, and from the
// edits in a server's data directory when one is given. One thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "act/oncall/edits.h"
#include "base/clock.h"
#include "catalog/load.h"

namespace kizashi::oncall {

struct OnCallCommandOptions {
  std::string catalog;
  std::string data;      // empty: files alone
  std::string schedule;  // empty: all
  std::string person;    // of a calendar
  std::string at;        // RFC 3339; empty: now
  uint64_t weeks = 8;
  std::string format = "text";
};

/// `what` is the command's name. The exit code: 0 fine, 1 findings or no such schedule, 2 wrong
/// usage, 3 the catalog or the data directory could not be read.
int OnCallCommand(const std::string& what, const OnCallCommandOptions& options,
                  const ExpressionCheck& check, const Clock& clock, FILE* out);

/// The edits that a server keeps in its data directory, as they are on disk now. The server may
/// run.
StatusOr<std::vector<Edit>> ReadEdits(const std::string& data);

}  // namespace kizashi::oncall
