// What routes read from a request's query, and how a Status becomes an answer.
//
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"
#include "net/http.h"

namespace kizashi {

/// Reads a whole number and nothing else.
bool ReadInteger(const std::string& text, int64_t* value);

/// The integer query parameter `name` in [low, high]; `fallback` when absent.
StatusOr<int64_t> IntegerQuery(const HttpRequest& request, std::string_view name, int64_t fallback,
                               int64_t low, int64_t high);

/// One of `choices`, the first when absent.
StatusOr<std::string> ChoiceQuery(const HttpRequest& request, std::string_view name,
                                  std::initializer_list<std::string_view> choices);

/// A time in RFC 3339 or in milliseconds since 1970; nothing when absent.
StatusOr<std::optional<Time>> TimeQuery(const HttpRequest& request, std::string_view name);

/// An id of 16 hexadecimal digits.
StatusOr<uint64_t> ReadId(std::string_view name, std::string_view text);

/// 429 or 503 with Retry-After: the sender may try again.
HttpResponse ComeBackResponse(int status, std::string_view reason);

/// The answer to what was to be stored: `accepted` once it is on disk, else that the sender may
/// come back.
HttpResponse StoredResponse(const Status& stored, std::string accepted);

/// The answer that an error calls for.
HttpResponse StatusResponse(const Status& status);

}  // namespace kizashi
