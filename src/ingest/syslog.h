// Receives syslog: over UDP, and over TCP with either framing of RFC 6587, with TLS or without.
//
// A record's stream is named by service_name (the program) and host (the message's, or else the
// sender's address). Nothing that was read is lost while the server runs: when the store has no
// room, nothing more is read; TCP senders then wait, and of UDP the system keeps what fits into the
// socket's buffer, drops the rest and tells how many. What syslog itself cannot promise: a sender
// is never told what was kept, so what is on the way when the server or the network dies is lost.
//
// Owned by main; one thread of its own. Limits: StreamServerOptions, LinePipe::kBytesMax,
// StreamIds::kStreamsMax, texts of kSyslogTextBytesMax.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "ingest/telemetry_sink.h"
#include "net/datagram_server.h"
#include "net/stream_server.h"

namespace kizashi {

struct SyslogOptions {
  std::optional<DatagramServerOptions> udp;
  std::optional<StreamServerOptions> tcp;
};

class SyslogReceiver {
 public:
  /// Binds and begins to read; what is handed in outlives the last answer of the sink.
  static StatusOr<std::unique_ptr<SyslogReceiver>> Start(TelemetrySink& sink, const Clock& clock,
                                                         Registry* registry, SyslogOptions options);
  /// Stops.
  ~SyslogReceiver();

  /// 0 where it does not listen.
  uint16_t udp_port() const;
  uint16_t tcp_port() const;
  /// Reads the TLS files again.
  Status ReloadTls();
  /// Reads no more, and waits shortly until what was read is kept. Comes before the store's stop.
  void Stop();

 private:
  class Lines;
  class Handler;
  SyslogReceiver();
  Status Listen(SyslogOptions options, Registry* registry);
  bool TakeDatagrams(std::span<const Datagram> datagrams);

  std::shared_ptr<EventLoop> loop_;
  std::shared_ptr<Lines> lines_;
  std::unique_ptr<DatagramServer> udp_;
  std::unique_ptr<StreamServer> tcp_;
};

/// The zone of this machine at `time`: local time minus UTC.
Duration LocalUtcOffset(Time time);

}  // namespace kizashi
