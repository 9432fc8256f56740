#include "net/stream_server.h"

#include <array>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <mutex>
#include <set>
#include <utility>

#include "net/transport.h"

namespace kizashi {
namespace stream_server {
class Connection;
}
using stream_server::Connection;

struct StreamServer::Impl {
  EventLoop* loop = nullptr;
  StreamServerOptions options;
  MakeHandler make;
  std::unique_ptr<Listener> listener;
  std::mutex tls_mutex;
  std::shared_ptr<TlsContext> tls;
  // The loop's thread only.
  std::set<std::shared_ptr<Connection>> open;
  size_t buffered_bytes = 0;
  bool reading = true;
  // May be null.
  Registry* registry = nullptr;
  Gauge* open_gauge = nullptr;

  void Add(std::unique_ptr<Transport> transport);
  void Remove(const std::shared_ptr<Connection>& connection);
  void CountRefused(std::string_view reason);
  void ShowOpen();
};

namespace stream_server {

using Next = StreamHandler::Next;

// What is under way holds it alive; the server is not touched after Close.
class Connection final : public StreamConnection, public std::enable_shared_from_this<Connection> {
 public:
  Connection(StreamServer::Impl& server, std::unique_ptr<Transport> transport)
      : server_(server),
        transport_(std::move(transport)),
        remote_(transport_->remote()),
        read_timer_(server.loop->io()),
        write_timer_(server.loop->io()) {}

  void Start() {
    SetDeadline(&read_timer_, server_.options.handshake_timeout);
    transport_->Handshake([self = shared_from_this()](bool ok) {
      if (self->closed_) return;
      if (!ok) return self->Close();
      self->handler_ = self->server_.make(*self);
      self->Follow(self->handler_->OnOpen());
    });
  }

  void Send(std::string bytes) override {
    if (closed_ || bytes.empty()) return;
    unsent_ += bytes;
    if (unsent_.size() > server_.options.unsent_bytes_max) {
      server_.CountRefused("unsent");
      return Close();
    }
    if (writing_.empty()) Write();
  }

  void Resume() override {
    server_.loop->Post([self = shared_from_this()] {
      if (self->closed_ || self->finishing_ || self->next_ != Next::kBusy) return;
      self->Give({});
    });
  }

  void Finish() override {
    if (closed_ || std::exchange(finishing_, true)) return;
    read_timer_.cancel();
    if (!writing_.empty()) return;
    // Not at once: the handler that asks for it is still at work.
    server_.loop->Post([self = shared_from_this()] { self->Close(); });
  }

  const std::string& remote() const override { return remote_; }

  void Close() {
    if (std::exchange(closed_, true)) return;
    const auto self = shared_from_this();
    read_timer_.cancel();
    write_timer_.cancel();
    transport_->Close();
    server_.buffered_bytes -= buffered_bytes_;
    if (handler_) handler_->OnEnd();
    server_.Remove(self);
  }

 private:
  void SetDeadline(asio::steady_timer* timer, Duration after) {
    timer->expires_after(after);
    timer->async_wait([self = shared_from_this(), timer](std::error_code cancelled) {
      // A timer that was set anew in the meantime is not this one.
      if (cancelled || self->closed_) return;
      if (timer->expiry() > std::chrono::steady_clock::now()) return;
      if (self->next_ != Next::kIdle) self->server_.CountRefused("timeout");
      self->Close();
    });
  }

  void Read() {
    if (std::exchange(read_under_way_, true)) return;
    transport_->ReadSome(buffer_.data(), buffer_.size(),
                         [self = shared_from_this()](bool ok, size_t bytes) {
                           self->read_under_way_ = false;
                           if (self->closed_) return;
                           if (!ok) return self->Close();
                           if (self->finishing_) return self->ReadAway();
                           // From here on it counts as unread: it is not acknowledged to anybody.
                           if (!self->server_.reading) return;
                           self->Give({self->buffer_.data(), bytes});
                         });
  }

  void Give(std::string_view bytes) {
    const Next next = handler_->OnBytes(bytes);
    if (closed_) return;
    const size_t held = handler_->buffered_bytes();
    const bool grew = held > buffered_bytes_;
    server_.buffered_bytes += held - buffered_bytes_;
    buffered_bytes_ = held;
    if (grew && server_.buffered_bytes > server_.options.buffered_bytes_max) {
      server_.CountRefused("memory");
      return Close();
    }
    Follow(next);
  }

  void Follow(Next next) {
    if (closed_ || finishing_) return;
    const Next before = std::exchange(next_, next);
    const uint64_t messages_before = std::exchange(messages_, handler_->messages());
    if (next == Next::kBusy) {
      read_timer_.cancel();
      return;
    }
    if (next == Next::kIdle) {
      SetDeadline(&read_timer_, server_.options.idle_timeout);
    } else if (before != Next::kWithin || messages_before != messages_ || !opened_) {
      // One deadline for a whole message: trickling does not renew it.
      SetDeadline(&read_timer_, server_.options.message_timeout);
    }
    opened_ = true;
    if (server_.reading) Read();
  }

  void Write() {
    writing_ = std::exchange(unsent_, {});
    SetDeadline(&write_timer_, server_.options.write_timeout);
    transport_->Write(writing_, {}, [self = shared_from_this()](bool ok, size_t) {
      self->writing_.clear();
      if (self->closed_) return;
      self->write_timer_.cancel();
      if (!ok) return self->Close();
      if (!self->unsent_.empty()) return self->Write();
      if (self->finishing_) self->Linger();
    });
  }

  // Reads away what the client still sends, shortly: closing at once would reset the connection,
  // and the client might never see the last answer.
  void Linger() {
    SetDeadline(&write_timer_, kLinger);
    next_ = Next::kIdle;
    ReadAway();
  }
  void ReadAway() {
    if (std::exchange(read_under_way_, true)) return;
    transport_->ReadSome(buffer_.data(), buffer_.size(),
                         [self = shared_from_this()](bool ok, size_t) {
                           self->read_under_way_ = false;
                           if (!ok || self->closed_) return self->Close();
                           self->ReadAway();
                         });
  }

  static constexpr Duration kLinger{1000};

  StreamServer::Impl& server_;
  const std::unique_ptr<Transport> transport_;
  const std::string remote_;
  asio::steady_timer read_timer_;
  asio::steady_timer write_timer_;
  std::shared_ptr<StreamHandler> handler_;
  std::array<char, 64 << 10> buffer_;
  std::string unsent_;
  std::string writing_;
  size_t buffered_bytes_ = 0;
  uint64_t messages_ = 0;
  Next next_ = Next::kWithin;
  bool opened_ = false;
  bool read_under_way_ = false;
  bool finishing_ = false;
  bool closed_ = false;
};

}  // namespace stream_server

void StreamServer::Impl::Add(std::unique_ptr<Transport> transport) {
  if (open.size() >= options.connections_max) return CountRefused("connections");
  const auto connection = std::make_shared<Connection>(*this, std::move(transport));
  open.insert(connection);
  ShowOpen();
  connection->Start();
}

void StreamServer::Impl::Remove(const std::shared_ptr<Connection>& connection) {
  open.erase(connection);
  ShowOpen();
}

void StreamServer::Impl::ShowOpen() {
  if (open_gauge != nullptr) open_gauge->Set(static_cast<double>(open.size()));
}

void StreamServer::Impl::CountRefused(std::string_view reason) {
  if (registry == nullptr) return;
  registry
      ->GetCounter("kizashi_stream_refused_total", "Stream connections refused or ended.",
                   {{"receiver", options.name}, {"reason", std::string(reason)}})
      .Add();
}

StreamServer::StreamServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

StatusOr<std::unique_ptr<StreamServer>> StreamServer::Start(EventLoop& loop,
                                                            StreamServerOptions options,
                                                            MakeHandler make, Registry* registry) {
  auto server = std::unique_ptr<StreamServer>(new StreamServer(std::make_unique<Impl>()));
  Impl& of = *server->impl_;
  of.loop = &loop;
  of.options = std::move(options);
  of.make = std::move(make);
  of.registry = registry;
  if (registry != nullptr) {
    of.open_gauge =
        &registry->GetGauge("kizashi_stream_open_connections",
                            "Open connections that are not HTTP.", {{"receiver", of.options.name}});
  }
  if (!of.options.tls_cert_file.empty()) KZ_RETURN_IF_ERROR(server->ReloadTls());
  KZ_ASSIGN_OR_RETURN(of.listener, Listener::Open(loop.io(), of.options.host, of.options.port));
  loop.Post([&of] {
    of.listener->Start(
        [&of] {
          const std::lock_guard lock(of.tls_mutex);
          return of.tls;
        },
        [&of](std::unique_ptr<Transport> transport) { of.Add(std::move(transport)); });
  });
  return server;
}

StreamServer::~StreamServer() {
  if (impl_->listener == nullptr) return;
  impl_->loop->Run([this] {
    impl_->reading = false;
    impl_->listener->Close();
    const auto open = impl_->open;
    for (const auto& connection : open) connection->Close();
  });
  // What was under way is told of the end by the loop; the listener is there until it has been.
  impl_->loop->Settle();
}

uint16_t StreamServer::port() const { return impl_->listener->port(); }

Status StreamServer::ReloadTls() {
  KZ_ASSIGN_OR_RETURN(auto tls,
                      TlsContext::Load(impl_->options.tls_cert_file, impl_->options.tls_key_file));
  const std::lock_guard lock(impl_->tls_mutex);
  impl_->tls = std::move(tls);
  return OkStatus();
}

void StreamServer::StopReading() {
  impl_->loop->Run([this] {
    impl_->reading = false;
    impl_->listener->Close();
  });
}

}  // namespace kizashi
