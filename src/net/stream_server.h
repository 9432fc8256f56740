// A TCP server for protocols that are not HTTP: one port on an event loop, one handler object for
// each connection, fed with the bytes that come.
//
// Everything happens on the loop's thread. A connection ends when its client or its handler ends
// it, at a deadline, or at a limit; the metrics kizashi_stream_* count open connections and
// refusals by reason (connections, timeout, memory, unsent). Back-pressure: a handler that says
// kBusy gets nothing more until it resumes, so the client's sends block.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "net/event_loop.h"

namespace kizashi {

struct StreamServerOptions {
  std::string name;  // the label `receiver` of the metrics
  std::string host = "127.0.0.1";
  uint16_t port = 0;          // 0: the system chooses
  std::string tls_cert_file;  // PEM; both or neither
  std::string tls_key_file;
  size_t connections_max = 1024;  // further ones are closed at once
  size_t buffered_bytes_max =
      256 << 20;                       // held by all handlers; the one that grows beyond is closed
  size_t unsent_bytes_max = 1 << 20;   // of answers that a client does not read
  Duration handshake_timeout{10'000};  // of TLS
  Duration message_timeout{60'000};    // from the first byte of a message to its last
  Duration write_timeout{30'000};
  Duration idle_timeout = std::chrono::hours(24);  // between two messages
};

/// The server's side of a connection, as its handler sees it. Good until OnEnd; the loop's thread.
class StreamConnection {
 public:
  virtual ~StreamConnection() = default;
  /// Writes `bytes` after what was sent before.
  virtual void Send(std::string bytes) = 0;
  /// After kBusy: OnBytes is called with no bytes, soon, and its answer says how it goes on.
  virtual void Resume() = 0;
  /// Reads nothing more, and ends the connection when what was sent is written.
  virtual void Finish() = 0;
  /// "127.0.0.1:51234"
  virtual const std::string& remote() const = 0;
};

/// What a protocol does with one connection. All calls come on the loop's thread.
class StreamHandler {
 public:
  /// What the handler is in the middle of.
  enum class Next {
    kIdle,    // between two messages: reads on, for as long as idle_timeout
    kWithin,  // in a message: its rest is due within message_timeout of the first kWithin
    kBusy,    // reads nothing until StreamConnection::Resume
  };

  virtual ~StreamHandler() = default;
  /// The connection is open; a TLS handshake is over.
  virtual Next OnOpen() { return Next::kIdle; }
  /// Takes `bytes`, all of them: what makes no whole message yet is the handler's to keep.
  virtual Next OnBytes(std::string_view bytes) = 0;
  /// Whole messages taken so far: each has a message_timeout of its own.
  virtual uint64_t messages() const { return 0; }
  /// The connection is over, for whatever reason; not called after OnOpen has not been.
  virtual void OnEnd() {}
  /// Bytes kept, counted against buffered_bytes_max after each OnBytes.
  virtual size_t buffered_bytes() const { return 0; }
};

class StreamServer {
 public:
  /// The connection outlives what its handler does with it up to OnEnd.
  using MakeHandler = std::function<std::shared_ptr<StreamHandler>(StreamConnection& connection)>;

  /// Binds and begins to accept. `loop` and `registry` (may be null) outlive the server.
  static StatusOr<std::unique_ptr<StreamServer>> Start(EventLoop& loop, StreamServerOptions options,
                                                       MakeHandler make, Registry* registry);
  /// Ends every connection. Not from the loop's thread.
  ~StreamServer();

  uint16_t port() const;
  /// Reads the TLS files again for new connections; the old ones stay when they are wrong.
  Status ReloadTls();
  /// Accepts and reads no more; what handlers send is still written. Not from the loop's thread.
  void StopReading();

  struct Impl;

 private:
  explicit StreamServer(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace kizashi
