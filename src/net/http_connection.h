// One client of the HTTP server, and what the clients of one server share.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string_view>

#include "base/metrics.h"
#include "net/handler_pool.h"
#include "net/http.h"
#include "net/http_server.h"
#include "net/transport.h"

namespace kizashi {

/// Reads a request, lets it be handled, writes the answer, reads on. All on the event loop's
/// thread; what is under way holds it alive.
class HttpConnection {
 public:
  virtual ~HttpConnection() = default;
  /// `refused`: only tells the client that there are too many.
  virtual void Start(bool refused) = 0;
  /// A request is being handled or answered.
  virtual bool is_busy() const = 0;
  virtual void Close() = 0;
};

/// What the connections of one server share; outlives the event loop's thread.
struct HttpConnections {
  HttpServerOptions options;
  HttpHandler handler;
  // Shared with every answer outstanding: a Responder may outlive the server.
  std::shared_ptr<asio::io_context> io;
  std::unique_ptr<HandlerPool> pool;
  // Below: the event loop's thread only.
  std::set<std::shared_ptr<HttpConnection>> open;
  bool draining = false;
  std::function<void()> when_empty;
  // May be null, all of them.
  Registry* registry = nullptr;
  Gauge* open_gauge = nullptr;
  Histogram* duration = nullptr;

  /// Begins to serve a client.
  void Add(std::unique_ptr<Transport> transport);
  void Remove(const std::shared_ptr<HttpConnection>& connection);
  void CountRefused(std::string_view reason);
  void CountAnswered(int status, std::chrono::steady_clock::duration took);
};

}  // namespace kizashi
