#include "ingest/forward.h"

#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "ingest/line_pipe.h"
#include "wire/forward.h"
#include "wire/forward_session.h"

namespace kizashi {
namespace {

constexpr std::string_view kName = "forward";
constexpr Duration kDrain = std::chrono::seconds(2);

std::string MakeNonce() {
  std::array<unsigned char, 16> bytes{};
  KZ_CHECK(getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

bool IsFull(const Status& status) { return status.code() == absl::StatusCode::kResourceExhausted; }

std::string HostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "kizashi";
}

}  // namespace

// What the connections share. The loop's thread, but for what says otherwise.
class ForwardReceiver::Shared {
 public:
  Shared(TelemetrySink& sink_in, const Clock& clock_in, Registry* registry, StreamIds ids_in,
         std::shared_ptr<EventLoop> loop_in, std::string shared_key_in)
      : sink(sink_in),
        clock(clock_in),
        ids(std::move(ids_in)),
        loop(std::move(loop_in)),
        pipe(std::make_shared<LinePipe>(loop, sink, kName, registry)),
        shared_key(std::move(shared_key_in)),
        host(HostName()),
        registry_(*registry) {}

  void CountRefused(std::string_view reason, size_t count = 1) {
    registry_
        .GetCounter("kizashi_ingest_refused_total",
                    "Log lines, or items that hold them, that were not kept.",
                    {{"receiver", std::string(kName)}, {"reason", std::string(reason)}})
        .Add(static_cast<double>(count));
  }
  void CountLines(size_t kept) {
    registry_
        .GetCounter("kizashi_ingest_lines_total", "Log lines acknowledged.",
                    {{"receiver", std::string(kName)}})
        .Add(static_cast<double>(kept));
  }
  void CountCut() {
    registry_
        .GetCounter("kizashi_ingest_lines_cut_total", "Log lines that were too long and were cut.",
                    {{"receiver", std::string(kName)}})
        .Add();
  }

  /// Why a connection was closed: logged once in a while, since senders come again at once.
  void Tell(const std::string& remote, const std::string& why) {
    const Time now = clock.Now();
    if (now >= told_ && now - told_ < kTellEvery) return;
    told_ = now;
    Log(LogLevel::kWarn, "forward connection closed", {{"remote", remote}, {"reason", why}});
  }

  /// Chunks that the store has not answered for. Any thread.
  void AddUnderWay(int by) {
    const std::lock_guard lock(mutex_);
    under_way_ += by;
    if (under_way_ == 0) settled_.notify_all();
  }
  void WaitUntilSettled(Duration at_most) {
    std::unique_lock lock(mutex_);
    settled_.wait_for(lock, at_most, [this] { return under_way_ == 0; });
  }

  TelemetrySink& sink;
  const Clock& clock;
  StreamIds ids;
  const std::shared_ptr<EventLoop> loop;
  const std::shared_ptr<LinePipe> pipe;
  const std::string shared_key;
  const std::string host;

 private:
  static constexpr Duration kTellEvery = std::chrono::seconds(1);

  Registry& registry_;
  Time told_{};
  std::mutex mutex_;
  std::condition_variable settled_;
  int under_way_ = 0;
};

class ForwardReceiver::Handler final : public StreamHandler,
                                       public std::enable_shared_from_this<Handler> {
 public:
  Handler(StreamConnection& connection, std::shared_ptr<Shared> shared)
      : connection_(connection),
        shared_(std::move(shared)),
        remote_(connection.remote()),
        session_({MakeNonce(), shared_->shared_key, shared_->host}) {}

  Next OnOpen() override {
    connection_.Send(session_.Greeting());
    return HowOn();
  }

  Next OnBytes(std::string_view bytes) override {
    session_.Feed(bytes);
    while (open_ && !Busy() && TakeStep(session_.Next(shared_->clock.Now()))) {
    }
    shared_->pipe->Flush();
    session_.Compact();
    return HowOn();
  }

  void OnEnd() override { open_ = false; }
  uint64_t messages() const override { return session_.messages(); }
  size_t buffered_bytes() const override { return session_.size(); }

 private:
  using Kind = ForwardStep::Kind;

  bool Busy() const { return chunks_ >= kChunksUnderWayMax || shared_->pipe->full(); }

  Next HowOn() {
    if (!Busy()) return session_.within() ? Next::kWithin : Next::kIdle;
    busy_ = true;
    if (shared_->pipe->full()) {
      shared_->pipe->WhenRoom([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->GoOn();
      });
    }
    return Next::kBusy;
  }

  void GoOn() {
    if (open_ && std::exchange(busy_, false)) connection_.Resume();
  }

  // False when there is nothing more to take for now.
  bool TakeStep(ForwardStep step) {
    if (step.kind == Kind::kMore) return false;
    connection_.Send(std::move(step.answer));
    if (step.kind == Kind::kRefuse) {
      shared_->CountRefused(step.reason);
      Close(step.why);
    }
    if (step.kind == Kind::kMessage) OnMessage(std::move(step.message));
    return true;
  }

  void OnMessage(ForwardMessage message) {
    LineGroup group;
    std::array<Label, 2> labels = {Label{"service_name", ""}, Label{"tag", message.tag}};
    for (ForwardEvent& event : message.events) {
      labels[0].value = std::move(event.service);
      const StreamId stream = shared_->ids.Of(labels, &event.line);
      if (message.chunk.empty()) {
        shared_->pipe->Add(stream, std::move(event.line));
      } else {
        if (event.line.cut) shared_->CountCut();
        group.Add(stream, std::move(event.line));
      }
    }
    if (!message.chunk.empty()) SendChunk(std::move(message.chunk), std::move(group));
  }

  void SendChunk(std::string chunk, LineGroup group) {
    ++chunks_;
    shared_->AddUnderWay(1);
    const size_t lines = group.lines();
    AppendGroup(shared_->sink, std::move(group), /*hand_back=*/false,
                [shared = shared_, weak = weak_from_this(), chunk = std::move(chunk), lines](
                    const Status& status, size_t kept, const LineGroup&) {
                  shared->CountLines(kept);
                  shared->loop->Post([raw = shared.get(), weak, chunk, status, lines, kept] {
                    if (const auto self = weak.lock()) self->OnKept(chunk, status, lines - kept);
                    raw->AddUnderWay(-1);
                  });
                });
  }

  // The store has answered for a whole chunk.
  void OnKept(const std::string& chunk, const Status& status, size_t lost) {
    --chunks_;
    if (!status.ok()) {
      shared_->CountRefused(IsFull(status) ? "queue_full" : "unavailable", lost);
      return Close(std::string(Message(status)));
    }
    if (!open_) return;
    connection_.Send(ForwardAck(chunk));
    GoOn();
  }

  void Close(const std::string& why) {
    if (!std::exchange(open_, false)) return;
    shared_->Tell(remote_, why);
    connection_.Finish();
  }

  StreamConnection& connection_;
  const std::shared_ptr<Shared> shared_;
  const std::string remote_;
  ForwardSession session_;
  size_t chunks_ = 0;
  bool busy_ = false;
  bool open_ = true;
};

ForwardReceiver::ForwardReceiver() = default;
ForwardReceiver::~ForwardReceiver() { Stop(); }

StatusOr<std::unique_ptr<ForwardReceiver>> ForwardReceiver::Start(TelemetrySink& sink,
                                                                  const Clock& clock,
                                                                  Registry* registry,
                                                                  ForwardOptions options) {
  KZ_ASSIGN_OR_RETURN(StreamIds ids, StreamIds::Open(sink, kName));
  auto made = std::unique_ptr<ForwardReceiver>(new ForwardReceiver());
  made->loop_ = std::make_shared<EventLoop>();
  made->shared_ = std::make_shared<Shared>(sink, clock, registry, std::move(ids), made->loop_,
                                           std::move(options.shared_key));
  options.tcp.name = kName;
  auto make = [shared = made->shared_](StreamConnection& connection) {
    return std::make_shared<Handler>(connection, shared);
  };
  KZ_ASSIGN_OR_RETURN(made->tcp_, StreamServer::Start(*made->loop_, options.tcp, make, registry));
  DatagramServerOptions udp;
  udp.name = kName;
  udp.host = options.tcp.host;
  udp.port = made->tcp_->port();
  udp.receive_buffer_bytes = 64 << 10;
  auto heartbeat = DatagramServer::Start(
      *made->loop_, udp,
      [](std::span<const Datagram> datagrams) {
        for (const Datagram& one : datagrams) {
          if (one.bytes.size() <= 1) one.reply(std::string_view("\0", 1));
        }
        return true;
      },
      registry);
  if (heartbeat.ok()) {
    made->heartbeat_ = *std::move(heartbeat);
  } else {
    // Senders that ask over UDP think that nobody is there; all others do not care.
    Log(LogLevel::kWarn, "forward heartbeats are not answered",
        {{"reason", Message(heartbeat.status())}});
  }
  return made;
}

uint16_t ForwardReceiver::port() const { return tcp_->port(); }

Status ForwardReceiver::ReloadTls() { return tcp_->ReloadTls(); }

void ForwardReceiver::Stop() {
  if (!loop_) return;
  if (tcp_) {
    tcp_->StopReading();
    shared_->WaitUntilSettled(kDrain);
  }
  tcp_.reset();
  heartbeat_.reset();
  if (shared_) {
    if (const size_t lost = shared_->pipe->Drain(kDrain); lost > 0) {
      Log(LogLevel::kError, "forward stopped before its lines were kept", {{"lines", lost}});
    }
  }
  loop_->Stop();
  loop_.reset();
}

}  // namespace kizashi
