#include "net/transport.h"

#include <array>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <utility>

#include "net/tls_transport.h"

namespace kizashi {
namespace {

using asio::ip::tcp;

std::string RemoteOf(const tcp::socket& socket) {
  std::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "?";
  return fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
}

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(tcp::socket socket)
      : socket_(std::move(socket)), remote_(RemoteOf(socket_)) {}
  void Handshake(std::function<void(bool)> done) override { done(true); }
  void ReadSome(char* data, size_t size, Done done) override {
    socket_.async_read_some(
        asio::buffer(data, size),
        [done = std::move(done)](std::error_code error, size_t bytes) { done(!error, bytes); });
  }
  void Write(std::string_view head, std::string_view body, Done done) override {
    asio::async_write(
        socket_, std::array{asio::buffer(head), asio::buffer(body)},
        [done = std::move(done)](std::error_code error, size_t bytes) { done(!error, bytes); });
  }
  void Close() override {
    std::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }
  std::string remote() const override { return remote_; }

 private:
  tcp::socket socket_;
  const std::string remote_;
};

class AsioListener final : public Listener {
 public:
  explicit AsioListener(asio::io_context& io) : io_(io), acceptor_(io), pause_(io) {}

  Status Bind(const std::string& host, uint16_t port) {
    std::error_code error;
    const auto address = asio::ip::make_address(host, error);
    if (error) return InvalidArgument("cannot listen on '{}': it is not an IP address", host);
    const tcp::endpoint endpoint(address, port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(1024, error);
    if (error) return Unavailable("cannot listen on {}:{}: {}", host, port, error.message());
    return OkStatus();
  }

  uint16_t port() const override {
    std::error_code error;
    return acceptor_.local_endpoint(error).port();
  }

  void Start(std::function<std::shared_ptr<TlsContext>()> tls,
             std::function<void(std::unique_ptr<Transport>)> accepted) override {
    tls_ = std::move(tls);
    accepted_ = std::move(accepted);
    Accept();
  }

  void Close() override {
    std::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

 private:
  void Accept() {
    acceptor_.async_accept([this](std::error_code error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) {
        // Out of file descriptors, most likely: trying at once would only spin.
        pause_.expires_after(std::chrono::milliseconds(50));
        pause_.async_wait([this](std::error_code stopped) {
          if (!stopped) Accept();
        });
        return;
      }
      std::error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      // A peer that is gone without a word is noticed on connections that are long idle.
      socket.set_option(tcp::socket::keep_alive(true), ignored);
      if (const std::shared_ptr<TlsContext> tls = tls_()) {
        const bool ipv6 = socket.local_endpoint(ignored).protocol() == tcp::v6();
        const std::string remote = RemoteOf(socket);
        const int native = socket.release(ignored);
        if (!ignored) accepted_(MakeTlsTransport(io_, native, ipv6, remote, tls));
      } else {
        accepted_(std::make_unique<PlainTransport>(std::move(socket)));
      }
      Accept();
    });
  }

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::function<std::shared_ptr<TlsContext>()> tls_;
  std::function<void(std::unique_ptr<Transport>)> accepted_;
};

}  // namespace

StatusOr<std::unique_ptr<Listener>> Listener::Open(asio::io_context& io, const std::string& host,
                                                   uint16_t port) {
  auto listener = std::make_unique<AsioListener>(io);
  KZ_RETURN_IF_ERROR(listener->Bind(host, port));
  return std::unique_ptr<Listener>(std::move(listener));
}

}  // namespace kizashi
