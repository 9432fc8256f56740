// Which runs of four bytes occur in a text: a search skips the text when one of its needle's is not
// among them. A Bloom filter with one hash, folded to half its bits or fewer being set.
//
// "No" is certain, "perhaps" is not. Immutable after it was built or read; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace kizashi {

class TextFilter {
 public:
  TextFilter() = default;
  /// Of all runs inside of `text`. Costs about a nanosecond a byte.
  static TextFilter Of(std::string_view text);
  /// As Encode wrote it.
  static StatusOr<TextFilter> Read(std::string_view bytes);
  std::string Encode() const;

  /// False when `part` is certainly not in the text. Parts below four bytes may be anywhere.
  bool MayHold(std::string_view part) const;

 private:
  std::vector<uint64_t> bits_;  // a power of two of them, or none for a text that is empty
};

}  // namespace kizashi
