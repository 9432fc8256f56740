#include "log_receivers.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "address.h"
#include "base/log.h"

namespace kizashi {
namespace {

constexpr std::string_view kTlsScheme = "tls://";
constexpr size_t kSharedKeyBytesMin = 16;
constexpr size_t kSharedKeyBytesMax = 4096;

// Refuses what other machines could send without proving who they are.
Status CheckReach(const LogReceiverOptions& options, std::string_view option,
                  const Address& address, std::string_view mend) {
  if (IsLoopback(address.host) || options.allow_unauthenticated) return OkStatus();
  return InvalidArgument(
      "{} {} can be reached from other machines, which could send anything: {}listen on "
      "127.0.0.1, or say that it is meant with --allow-unauthenticated",
      option, FormatAddress(address.host, address.port), mend);
}

StatusOr<StreamServerOptions> StreamOptions(const LogReceiverOptions& options,
                                            std::string_view option, std::string text) {
  StreamServerOptions stream;
  if (text.starts_with(kTlsScheme)) {
    text.erase(0, kTlsScheme.size());
    if (options.tls_cert.empty()) {
      return InvalidArgument("{} {}{} needs --tls-cert and --tls-key", option, kTlsScheme, text);
    }
    stream.tls_cert_file = options.tls_cert;
    stream.tls_key_file = options.tls_key;
  }
  KZ_ASSIGN_OR_RETURN(const Address address, ParseAddress(option, text));
  stream.host = address.host;
  stream.port = address.port;
  return stream;
}

// The whole file, without the line end that an editor leaves.
StatusOr<std::string> ReadSharedKey(const std::string& file) {
  if (file.empty()) return std::string();
  std::ifstream in(file, std::ios::binary);
  if (!in) return NotFound("--forward-shared-key-file {}: {}", file, std::strerror(errno));
  std::string key{std::istreambuf_iterator<char>(in), {}};
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();
  if (key.size() < kSharedKeyBytesMin || key.size() > kSharedKeyBytesMax) {
    return InvalidArgument(
        "--forward-shared-key-file {}: the key has {} characters, expected {} to {}", file,
        key.size(), kSharedKeyBytesMin, kSharedKeyBytesMax);
  }
  return key;
}

StatusOr<SyslogOptions> ReadSyslogOptions(const LogReceiverOptions& options) {
  SyslogOptions syslog;
  if (!options.syslog_udp.empty()) {
    KZ_ASSIGN_OR_RETURN(const Address address, ParseAddress("--syslog-udp", options.syslog_udp));
    KZ_RETURN_IF_ERROR(CheckReach(options, "--syslog-udp", address, ""));
    syslog.udp.emplace();
    syslog.udp->host = address.host;
    syslog.udp->port = address.port;
  }
  if (!options.syslog_tcp.empty()) {
    KZ_ASSIGN_OR_RETURN(syslog.tcp, StreamOptions(options, "--syslog-tcp", options.syslog_tcp));
    KZ_RETURN_IF_ERROR(
        CheckReach(options, "--syslog-tcp", {syslog.tcp->host, syslog.tcp->port}, ""));
  }
  return syslog;
}

StatusOr<std::optional<ForwardOptions>> ReadForwardOptions(const LogReceiverOptions& options) {
  if (options.forward.empty()) {
    if (options.forward_shared_key_file.empty()) return std::optional<ForwardOptions>();
    return InvalidArgument("--forward-shared-key-file goes with --forward");
  }
  ForwardOptions forward;
  KZ_ASSIGN_OR_RETURN(forward.tcp, StreamOptions(options, "--forward", options.forward));
  KZ_ASSIGN_OR_RETURN(forward.shared_key, ReadSharedKey(options.forward_shared_key_file));
  if (forward.shared_key.empty()) {
    KZ_RETURN_IF_ERROR(CheckReach(options, "--forward", {forward.tcp.host, forward.tcp.port},
                                  "give --forward-shared-key-file FILE, "));
  }
  return std::optional<ForwardOptions>(std::move(forward));
}

}  // namespace

StatusOr<std::unique_ptr<LogReceivers>> LogReceivers::Start(const LogReceiverOptions& options,
                                                            TelemetrySink& sink, const Clock& clock,
                                                            Registry* registry) {
  KZ_ASSIGN_OR_RETURN(const SyslogOptions syslog, ReadSyslogOptions(options));
  KZ_ASSIGN_OR_RETURN(const auto forward, ReadForwardOptions(options));
  auto made = std::make_unique<LogReceivers>();
  if (syslog.udp || syslog.tcp) {
    KZ_ASSIGN_OR_RETURN(made->syslog_, SyslogReceiver::Start(sink, clock, registry, syslog));
    const SyslogReceiver& of = *made->syslog_;
    if (syslog.udp) made->Note("syslog", "udp", syslog.udp->host, of.udp_port(), "");
    if (syslog.tcp) {
      made->Note("syslog", "tcp", syslog.tcp->host, of.tcp_port(), syslog.tcp->tls_cert_file);
    }
  }
  if (forward) {
    KZ_ASSIGN_OR_RETURN(made->forward_, ForwardReceiver::Start(sink, clock, registry, *forward));
    made->Note("forward", "tcp", forward->tcp.host, made->forward_->port(),
               forward->tcp.tls_cert_file);
  }
  return made;
}

void LogReceivers::Note(std::string receiver, std::string protocol, const std::string& host,
                        uint16_t port, const std::string& tls_cert) {
  listening_.push_back({std::move(receiver), std::move(protocol), FormatAddress(host, port),
                        tls_cert.empty() ? "off" : "on"});
}

void LogReceivers::LogListening() const {
  for (const auto& [receiver, protocol, address, tls] : listening_) {
    Log(LogLevel::kInfo, "listening",
        {{"receiver", receiver}, {"protocol", protocol}, {"address", address}, {"tls", tls}});
  }
}

Status LogReceivers::Check(const LogReceiverOptions& options) {
  KZ_RETURN_IF_ERROR(ReadSyslogOptions(options).status());
  return ReadForwardOptions(options).status();
}

Status LogReceivers::ReloadTls() {
  Status status = syslog_ ? syslog_->ReloadTls() : OkStatus();
  if (status.ok() && forward_) status = forward_->ReloadTls();
  return status;
}

void LogReceivers::Stop() {
  if (syslog_) syslog_->Stop();
  if (forward_) forward_->Stop();
}

}  // namespace kizashi
