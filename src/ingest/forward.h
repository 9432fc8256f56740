// Receives the Fluent Forward protocol v1 over TCP, with TLS or without, with a shared key or
// without.
//
// A record's stream is named by its tag and service_name (see wire/forward.h). A message with a
// chunk id is acknowledged when all of its lines are on disk; when the store has no room for them,
// the connection is closed, so that the sender sends the chunk again: some of its lines may then be
// there twice. Of messages without one nothing is dropped while the server runs: the connection is
// not read further until there is room. On the same UDP port, heartbeats are answered.
//
// Owned by main; one thread of its own. Limits: StreamServerOptions, those of wire/forward.h,
// kChunksUnderWayMax, LinePipe::kBytesMax, StreamIds::kStreamsMax.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "ingest/telemetry_sink.h"
#include "net/datagram_server.h"
#include "net/stream_server.h"

namespace kizashi {

struct ForwardOptions {
  StreamServerOptions tcp;
  std::string shared_key;  // empty: none is asked for
};

class ForwardReceiver {
 public:
  /// Chunks of one connection that the store has not answered for; beyond, nothing is read.
  static constexpr size_t kChunksUnderWayMax = 16;

  /// Binds and begins to read; what is handed in outlives the last answer of the sink.
  static StatusOr<std::unique_ptr<ForwardReceiver>> Start(TelemetrySink& sink, const Clock& clock,
                                                          Registry* registry,
                                                          ForwardOptions options);
  /// Stops.
  ~ForwardReceiver();

  uint16_t port() const;
  /// Reads the TLS files again.
  Status ReloadTls();
  /// Reads no more, and waits shortly until what was read is kept and acknowledged. Comes before
  /// the store's stop.
  void Stop();

 private:
  class Shared;
  class Handler;
  ForwardReceiver();

  std::shared_ptr<EventLoop> loop_;
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<StreamServer> tcp_;
  std::unique_ptr<DatagramServer> heartbeat_;
};

}  // namespace kizashi
