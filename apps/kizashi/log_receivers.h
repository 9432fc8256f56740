// The receivers of log lines that have ports of their own: syslog and Fluent Forward.
//
// Owned by Serve; off unless an address is given.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "ingest/forward.h"
#include "ingest/syslog.h"
#include "ingest/telemetry_sink.h"

namespace kizashi {

struct LogReceiverOptions {
  std::string syslog_udp;  // HOST:PORT; "": does not listen
  std::string syslog_tcp;  // the same, or tls://HOST:PORT
  std::string forward;     // the same
  std::string forward_shared_key_file;
  bool allow_unauthenticated = false;
  std::string tls_cert;
  std::string tls_key;
};

class LogReceivers {
 public:
  /// InvalidArgument for options that are wrong or not safe.
  static Status Check(const LogReceiverOptions& options);
  /// Checks and begins to listen. What is handed in outlives the last answer of the sink.
  static StatusOr<std::unique_ptr<LogReceivers>> Start(const LogReceiverOptions& options,
                                                       TelemetrySink& sink, const Clock& clock,
                                                       Registry* registry);

  /// Logs where each listens; a port that the system chose is known only now.
  void LogListening() const;
  /// Reads the TLS files again.
  Status ReloadTls();
  /// Comes before the store's stop.
  void Stop();

 private:
  void Note(std::string receiver, std::string protocol, const std::string& host, uint16_t port,
            const std::string& tls_cert);

  struct Listening {
    std::string receiver;
    std::string protocol;
    std::string address;
    std::string tls;
  };
  std::vector<Listening> listening_;
  std::unique_ptr<SyslogReceiver> syslog_;
  std::unique_ptr<ForwardReceiver> forward_;
};

}  // namespace kizashi
