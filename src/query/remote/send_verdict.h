// What an answer to remote write means for what was sent. A pure function.
// Source: "Prometheus Remote-Write 1.0 specification", "Retries & Backoff".
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "net/http_client.h"

namespace kizashi {

struct SendVerdict {
  enum class Kind {
    kSent,
    kRetry,   // later the same may be taken
    kDivide,  // something in it is not taken, or there is too much: halves may be
    kRefused,
  };
  Kind kind = Kind::kRetry;
  Duration wait{0};    // kRetry: what the receiver asked for
  std::string reason;  // on one line; not for kSent
};

SendVerdict VerdictOf(const FetchResult& result);

}  // namespace kizashi
