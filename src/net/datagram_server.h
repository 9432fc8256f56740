// A UDP socket on an event loop that hands over the datagrams that came, many at a time.
//
// Everything happens on the loop's thread. What comes while nobody reads waits in the socket's own
// buffer; what finds that full is dropped by the system, which tells how many: the metric
// kizashi_datagrams_dropped_total (SO_RXQ_OVFL, Linux). Senders are not told anything.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "base/status.h"
#include "net/event_loop.h"

namespace kizashi {

struct DatagramServerOptions {
  std::string name;  // the label `receiver` of the metrics
  std::string host = "127.0.0.1";
  uint16_t port = 0;  // 0: the system chooses
  /// Asked of the system, which gives a user without CAP_NET_ADMIN no more than net.core.rmem_max.
  size_t receive_buffer_bytes = 8 << 20;
};

struct Datagram {
  std::string_view bytes;   // whole, possibly none; good during the call
  std::string_view sender;  // the IP address
  /// Sends one datagram back, or drops it when the system takes none now.
  std::function<void(std::string_view)> reply;
};

class DatagramServer {
 public:
  static constexpr size_t kDatagramsAtOnce = 64;

  /// Takes what came; false: nothing more until Resume.
  using Handler = std::function<bool(std::span<const Datagram> datagrams)>;

  /// Binds and begins to read. `loop` and `registry` (may be null) outlive the server.
  static StatusOr<std::unique_ptr<DatagramServer>> Start(EventLoop& loop,
                                                         DatagramServerOptions options,
                                                         Handler handler, Registry* registry);
  /// Not from the loop's thread.
  ~DatagramServer();

  uint16_t port() const;
  /// What the system gave.
  size_t receive_buffer_bytes() const;
  /// Reads again. The loop's thread.
  void Resume();
  /// Hands over what has come up to now, as far as the handler takes it, and reads nothing more.
  /// Not from the loop's thread.
  void StopReading();

  struct Impl;

 private:
  explicit DatagramServer(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace kizashi
