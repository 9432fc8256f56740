#include "catalog/local_time.h"

#include <absl/time/time.h>

namespace kizashi {

int32_t UtcOffsetSeconds(std::string_view zone, Time at) {
  if (zone == "UTC") return 0;
  absl::TimeZone loaded;
  if (!absl::LoadTimeZone(absl::string_view(zone.data(), zone.size()), &loaded)) return 0;
  return loaded.At(absl::FromUnixMillis(ToMs(at))).offset;
}

}  // namespace kizashi
