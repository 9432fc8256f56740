// Reads HTTP/1.1 requests from bytes, one after the other, within limits.
//
// Over Debian's http-parser, which is archived upstream: nothing of it is seen outside http1.cc.
// One per connection, one thread. Total: any bytes give requests or one error, after which the
// connection is to be closed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace kizashi {

struct Http1Limits {
  size_t header_bytes_max = 64 << 10;  // of the request line and all headers
  size_t body_bytes_max = 16 << 20;
};

class Http1Parser {
 public:
  explicit Http1Parser(Http1Limits limits);
  ~Http1Parser();

  /// Reads on. What comes after a whole request is kept for the next one. False: see error_status.
  bool Feed(std::string_view bytes);

  /// The next whole request; nothing when more bytes are needed. `keep_alive`: whether the client
  /// wants to go on with this connection.
  std::optional<HttpRequest> Take(bool* keep_alive);

  /// 400, 413, 431 or 505 once Feed or Take failed; 0 before.
  int error_status() const;
  /// Bytes of a request have come, and it is not whole yet.
  bool in_request() const;
  bool in_body() const;
  /// True once per request that waits for "100 Continue" before it sends its body.
  bool TakeExpectContinue();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kizashi
