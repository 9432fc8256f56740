#include "net/tls_transport.h"

#include <array>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/write.hpp>
#include <utility>

namespace kizashi {
namespace {

using asio::ip::tcp;

class AsioTlsContext final : public TlsContext {
 public:
  AsioTlsContext() : context(asio::ssl::context::tls_server) {}
  asio::ssl::context context;
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(tcp::socket socket, std::string remote, std::shared_ptr<AsioTlsContext> context)
      : context_(std::move(context)),
        remote_(std::move(remote)),
        stream_(std::move(socket), context_->context) {}
  void Handshake(std::function<void(bool)> done) override {
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [done = std::move(done)](std::error_code error) { done(!error); });
  }
  void ReadSome(char* data, size_t size, Done done) override {
    stream_.async_read_some(
        asio::buffer(data, size),
        [done = std::move(done)](std::error_code error, size_t bytes) { done(!error, bytes); });
  }
  void Write(std::string_view head, std::string_view body, Done done) override {
    asio::async_write(
        stream_, std::array{asio::buffer(head), asio::buffer(body)},
        [done = std::move(done)](std::error_code error, size_t bytes) { done(!error, bytes); });
  }
  void Close() override {
    std::error_code ignored;
    stream_.next_layer().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.next_layer().close(ignored);
  }
  std::string remote() const override { return remote_; }

 private:
  const std::shared_ptr<AsioTlsContext> context_;
  const std::string remote_;
  asio::ssl::stream<tcp::socket> stream_;
};

}  // namespace

std::unique_ptr<Transport> MakeTlsTransport(asio::io_context& io, int socket, bool ipv6,
                                            std::string remote,
                                            const std::shared_ptr<TlsContext>& context) {
  // TlsContext::Load makes no other kind.
  return std::make_unique<TlsTransport>(tcp::socket(io, ipv6 ? tcp::v6() : tcp::v4(), socket),
                                        std::move(remote),
                                        std::static_pointer_cast<AsioTlsContext>(context));
}

StatusOr<std::shared_ptr<TlsContext>> TlsContext::Load(const std::string& cert_file,
                                                       const std::string& key_file) {
  auto made = std::make_shared<AsioTlsContext>();
  std::error_code error;
  SSL_CTX_set_min_proto_version(made->context.native_handle(), TLS1_2_VERSION);
  made->context.use_certificate_chain_file(cert_file, error);
  if (error) return InvalidArgument("TLS certificate {}: {}", cert_file, error.message());
  made->context.use_private_key_file(key_file, asio::ssl::context::pem, error);
  if (error) return InvalidArgument("TLS key {}: {}", key_file, error.message());
  if (SSL_CTX_check_private_key(made->context.native_handle()) != 1) {
    return InvalidArgument("TLS key {} does not belong to certificate {}", key_file, cert_file);
  }
  return std::shared_ptr<TlsContext>(std::move(made));
}

}  // namespace kizashi
