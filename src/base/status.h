// Status and StatusOr: how a fallible function answers. Values, never exceptions.
//
// Aliases of Abseil's, with constructors that take fmt formats, since Debian's Abseil has a
// string_view of its own. Messages name the thing and say what to do.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>

namespace kizashi {

using Status = absl::Status;
template <typename T>
using StatusOr = absl::StatusOr<T>;

inline Status OkStatus() { return absl::OkStatus(); }

/// The message of `status` as a standard view; lives as long as `status`.
inline std::string_view Message(const Status& status) {
  return {status.message().data(), status.message().size()};
}

/// A Status of `code` whose message is formatted by fmt.
template <typename... Args>
Status Errorf(absl::StatusCode code, fmt::format_string<Args...> format, Args&&... args) {
  return Status(code, fmt::format(format, std::forward<Args>(args)...));
}

/// The caller sent something wrong (answered 400, exit code 2).
template <typename... Args>
Status InvalidArgument(fmt::format_string<Args...> format, Args&&... args) {
  return Errorf(absl::StatusCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

/// The thing asked for does not exist.
template <typename... Args>
Status NotFound(fmt::format_string<Args...> format, Args&&... args) {
  return Errorf(absl::StatusCode::kNotFound, format, std::forward<Args>(args)...);
}

/// A limit was reached; trying again later may work (answered 429).
template <typename... Args>
Status ResourceExhausted(fmt::format_string<Args...> format, Args&&... args) {
  return Errorf(absl::StatusCode::kResourceExhausted, format, std::forward<Args>(args)...);
}

/// The other side or the system is not there now.
template <typename... Args>
Status Unavailable(fmt::format_string<Args...> format, Args&&... args) {
  return Errorf(absl::StatusCode::kUnavailable, format, std::forward<Args>(args)...);
}

/// Stored bytes that contradict their checksum or format.
template <typename... Args>
Status DataLoss(fmt::format_string<Args...> format, Args&&... args) {
  return Errorf(absl::StatusCode::kDataLoss, format, std::forward<Args>(args)...);
}

/// The system refused (open, write, bind); the message carries its reason.
template <typename... Args>
Status Internal(fmt::format_string<Args...> format, Args&&... args) {
  return Errorf(absl::StatusCode::kInternal, format, std::forward<Args>(args)...);
}

}  // namespace kizashi

/// Returns from the function when `expression` is not OK.
#define KZ_RETURN_IF_ERROR(expression)                                   \
  do {                                                                   \
    if (::kizashi::Status kz_status_ = (expression); !kz_status_.ok()) { \
      return kz_status_;                                                 \
    }                                                                    \
  } while (false)

#define KZ_CONCAT_INNER_(a, b) a##b
#define KZ_CONCAT_(a, b) KZ_CONCAT_INNER_(a, b)

/// `KZ_ASSIGN_OR_RETURN(auto value, Compute());` binds the value or returns the status.
#define KZ_ASSIGN_OR_RETURN(declaration, expression) \
  KZ_ASSIGN_OR_RETURN_IMPL_(KZ_CONCAT_(kz_or_, __LINE__), declaration, expression)
#define KZ_ASSIGN_OR_RETURN_IMPL_(result, declaration, expression) \
  auto result = (expression);                                      \
  if (!result.ok()) {                                              \
    return std::move(result).status();                             \
  }                                                                \
  declaration = std::move(result).value()
