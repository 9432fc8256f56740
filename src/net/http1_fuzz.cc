#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "net/http1.h"

// Any bytes, in two pieces, stay within the limits.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t split = data[0] % size;
  Http1Parser parser({1024, 4096});
  for (const std::string_view piece : {bytes.substr(0, split), bytes.substr(split)}) {
    if (!parser.Feed(piece)) break;
    bool keep_alive = false;
    while (const auto request = parser.Take(&keep_alive)) {
      KZ_CHECK(request->body.size() <= 4096 && request->path.starts_with('/'));
      (void)request->Query("a");
    }
  }
  return 0;
}
