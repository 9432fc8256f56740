// KZ_CHECK: an invariant of ours, always on. Ends the process with file, line and message.
// Never used on input: input gets a Status.
#pragma once

#include <fmt/core.h>

#include <string>

namespace kizashi {

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              const std::string& message);

}  // namespace kizashi

#define KZ_CHECK(condition, ...)                                                           \
  do {                                                                                     \
    if (!(condition)) [[unlikely]] {                                                       \
      ::kizashi::CheckFailed(__FILE__, __LINE__, #condition, fmt::format("" __VA_ARGS__)); \
    }                                                                                      \
  } while (false)
