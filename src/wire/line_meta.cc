#include "wire/line_meta.h"

namespace kizashi {

Time LineTime(std::string_view line, Time received) {
  // "2026-01-31T23:59:59Z" is the shortest form that is taken.
  if (line.size() < 20 || line[0] < '0' || line[0] > '9' || line[4] != '-') return received;
  const size_t end = line.find_first_of(" \t", 11);
  const auto time = ParseTime(line.substr(0, end));
  if (!time.ok()) return received;
  const Duration off = *time > received ? *time - received : received - *time;
  return off <= std::chrono::hours(24) ? *time : received;
}

}  // namespace kizashi
