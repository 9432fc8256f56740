// The HTTP/1.1 server: one port, one event-loop thread, a small pool for handlers.
//
// A slow or silent client holds one connection and nothing else: every read and write has a
// deadline, bodies and headers have limits, and connections beyond the limit are answered 503.
// The metrics kizashi_http_* count requests by code, open connections and refusals by reason.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "net/http.h"

namespace kizashi {

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 0;          // 0: the system chooses
  std::string tls_cert_file;  // PEM; both or neither
  std::string tls_key_file;
  size_t connections_max = 2048;
  size_t header_bytes_max = 64 << 10;
  size_t body_bytes_max = 16 << 20;   // also of the decompressed body
  size_t handlers_queued_max = 1024;  // beyond: 503 with Retry-After
  size_t handler_threads = 2;
  Duration header_timeout{10'000};
  Duration body_timeout{30'000};
  Duration write_timeout{30'000};
  Duration idle_timeout{75'000};
};

class HttpServer {
 public:
  /// Binds and starts answering. `registry` may be null; it and what `handler` uses outlive the
  /// server.
  static StatusOr<std::unique_ptr<HttpServer>> Start(HttpServerOptions options, HttpHandler handler,
                                                     Registry* registry);
  /// Stops at once what Drain did not end.
  ~HttpServer();

  /// The bound port.
  uint16_t port() const;
  /// Reads the TLS files again for new connections; the old ones stay when they are wrong.
  Status ReloadTls();
  /// Stops accepting, closes idle connections, waits up to `deadline` for requests under way.
  void Drain(Duration deadline);

  struct Impl;

 private:
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kizashi
