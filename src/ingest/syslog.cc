#include "ingest/syslog.h"

#include <array>
#include <ctime>
#include <utility>

#include "base/log.h"
#include "ingest/line_pipe.h"
#include "wire/syslog.h"

namespace kizashi {
namespace {

constexpr std::string_view kName = "syslog";
constexpr Duration kDrain = std::chrono::seconds(2);

// "127.0.0.1:514" without the port.
std::string_view AddressOf(std::string_view remote) { return remote.substr(0, remote.rfind(':')); }

// An IPv4 address as a socket of IPv6 shows it, without its prefix.
std::string_view PlainAddress(std::string_view address) {
  constexpr std::string_view kMapped = "::ffff:";
  if (address.starts_with(kMapped)) address.remove_prefix(kMapped.size());
  return address;
}

}  // namespace

Duration LocalUtcOffset(Time time) {
  const auto seconds = static_cast<time_t>(ToMs(FloorTo(time, std::chrono::seconds(1))) / 1000);
  tm local{};
  if (localtime_r(&seconds, &local) == nullptr) return Duration(0);
  return std::chrono::seconds(local.tm_gmtoff);
}

// Messages to lines, lines to the pipe. The loop's thread.
class SyslogReceiver::Lines {
 public:
  Lines(StreamIds ids, std::shared_ptr<LinePipe> pipe_in, const Clock& clock)
      : pipe(std::move(pipe_in)), ids_(std::move(ids)), clock_(clock) {}

  /// Messages added from here on were received now.
  void Begin() {
    received_ = clock_.Now();
    utc_offset_ = LocalUtcOffset(received_);
  }
  void Add(std::string_view message, std::string_view sender, bool cut) {
    SyslogRecord record = ParseSyslog(message, received_, utc_offset_);
    if (cut) record.line.cut = true;
    if (record.host.empty()) record.host = PlainAddress(sender);
    labels_[0].value = std::move(record.host);
    labels_[1].value = std::move(record.service);
    const StreamId stream = ids_.Of(labels_, &record.line);
    pipe->Add(stream, std::move(record.line));
  }

  const std::shared_ptr<LinePipe> pipe;

 private:
  StreamIds ids_;
  const Clock& clock_;
  Time received_{};
  Duration utc_offset_{};
  std::array<Label, 2> labels_ = {Label{"host", ""}, Label{"service_name", ""}};
};

class SyslogReceiver::Handler final : public StreamHandler,
                                      public std::enable_shared_from_this<Handler> {
 public:
  Handler(StreamConnection& connection, std::shared_ptr<Lines> lines)
      : connection_(connection),
        lines_(std::move(lines)),
        sender_(AddressOf(connection.remote())) {}

  Next OnOpen() override { return HowOn(); }
  Next OnBytes(std::string_view bytes) override {
    lines_->Begin();
    framer_.Feed(bytes);
    std::string_view frame;
    while (framer_.Next(&frame)) {
      lines_->Add(frame, sender_, framer_.cut());
      ++messages_;
    }
    lines_->pipe->Flush();
    return HowOn();
  }
  // A last message without an end is one all the same.
  void OnEnd() override {
    open_ = false;
    std::string_view frame;
    lines_->Begin();
    if (framer_.Rest(&frame)) lines_->Add(frame, sender_, framer_.cut());
    lines_->pipe->Flush();
  }
  uint64_t messages() const override { return messages_; }
  size_t buffered_bytes() const override { return framer_.size(); }

 private:
  Next HowOn() {
    if (!lines_->pipe->full()) return framer_.within() ? Next::kWithin : Next::kIdle;
    lines_->pipe->WhenRoom([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && self->open_) self->connection_.Resume();
    });
    return Next::kBusy;
  }

  StreamConnection& connection_;
  const std::shared_ptr<Lines> lines_;
  const std::string sender_;
  SyslogFramer framer_;
  uint64_t messages_ = 0;
  bool open_ = true;
};

SyslogReceiver::SyslogReceiver() = default;
SyslogReceiver::~SyslogReceiver() { Stop(); }

StatusOr<std::unique_ptr<SyslogReceiver>> SyslogReceiver::Start(TelemetrySink& sink,
                                                                const Clock& clock,
                                                                Registry* registry,
                                                                SyslogOptions options) {
  KZ_ASSIGN_OR_RETURN(StreamIds ids, StreamIds::Open(sink, kName));
  auto made = std::unique_ptr<SyslogReceiver>(new SyslogReceiver());
  made->loop_ = std::make_shared<EventLoop>();
  auto pipe = std::make_shared<LinePipe>(made->loop_, sink, kName, registry);
  made->lines_ = std::make_shared<Lines>(std::move(ids), std::move(pipe), clock);
  KZ_RETURN_IF_ERROR(made->Listen(std::move(options), registry));
  return made;
}

Status SyslogReceiver::Listen(SyslogOptions options, Registry* registry) {
  if (options.udp) {
    options.udp->name = kName;
    auto take = [this](std::span<const Datagram> datagrams) { return TakeDatagrams(datagrams); };
    KZ_ASSIGN_OR_RETURN(udp_, DatagramServer::Start(*loop_, *options.udp, take, registry));
  }
  if (options.tcp) {
    options.tcp->name = kName;
    auto make = [lines = lines_](StreamConnection& connection) {
      return std::make_shared<Handler>(connection, lines);
    };
    KZ_ASSIGN_OR_RETURN(tcp_, StreamServer::Start(*loop_, *options.tcp, make, registry));
  }
  return OkStatus();
}

bool SyslogReceiver::TakeDatagrams(std::span<const Datagram> datagrams) {
  lines_->Begin();
  for (const Datagram& one : datagrams) {
    if (!one.bytes.empty()) lines_->Add(one.bytes, one.sender, false);
  }
  LinePipe& pipe = *lines_->pipe;
  pipe.Flush();
  if (!pipe.full()) return true;
  pipe.WhenRoom([this] { udp_->Resume(); });
  return false;
}

uint16_t SyslogReceiver::udp_port() const { return udp_ ? udp_->port() : 0; }
uint16_t SyslogReceiver::tcp_port() const { return tcp_ ? tcp_->port() : 0; }

Status SyslogReceiver::ReloadTls() { return tcp_ ? tcp_->ReloadTls() : OkStatus(); }

void SyslogReceiver::Stop() {
  if (!loop_) return;
  if (udp_) udp_->StopReading();
  if (tcp_) tcp_->StopReading();
  tcp_.reset();
  if (lines_) {
    if (const size_t lost = lines_->pipe->Drain(kDrain); lost > 0) {
      Log(LogLevel::kError, "syslog stopped before its lines were kept", {{"lines", lost}});
    }
  }
  udp_.reset();
  loop_->Stop();
  loop_.reset();
}

}  // namespace kizashi
