// Any bytes: one entry for each line that is not blank, none longer than its line.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/ndjson.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  NdjsonReader reader(text);
  NdjsonLine line;
  size_t lines = 0;
  size_t bytes = 0;
  while (reader.Next(&line)) {
    ++lines;
    bytes += line.text.size();
  }
  KZ_CHECK(bytes <= size);
  KZ_CHECK(lines <= size);
  return 0;
}
