#include "net/http_server.h"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "net/http_connection.h"

namespace kizashi {

struct HttpServer::Impl {
  HttpConnections clients;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::unique_ptr<Listener> listener;
  std::thread thread;
  std::mutex tls_mutex;
  std::shared_ptr<TlsContext> tls;

  const HttpServerOptions& options() const { return clients.options; }
  asio::io_context& io() { return *clients.io; }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerOptions options,
                                                        HttpHandler handler, Registry* registry) {
  auto impl = std::make_unique<Impl>();
  HttpConnections& clients = impl->clients;
  clients.options = std::move(options);
  clients.handler = std::move(handler);
  clients.io = std::make_shared<asio::io_context>(1);
  clients.registry = registry;
  if (registry != nullptr) {
    clients.open_gauge =
        &registry->GetGauge("kizashi_http_open_connections", "Open HTTP connections.");
    clients.duration = &registry->GetHistogram(
        "kizashi_http_request_duration_seconds", "Time from a whole request to its answer.",
        {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30});
  }
  auto server = std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
  Impl& of = *server->impl_;
  if (!of.options().tls_cert_file.empty()) KZ_RETURN_IF_ERROR(server->ReloadTls());
  KZ_ASSIGN_OR_RETURN(of.listener, Listener::Open(of.io(), of.options().host, of.options().port));
  of.clients.pool =
      std::make_unique<HandlerPool>(of.options().handler_threads, of.options().handlers_queued_max);
  of.listener->Start(
      [&of] {
        const std::lock_guard lock(of.tls_mutex);
        return of.tls;
      },
      [&of](std::unique_ptr<Transport> transport) { of.clients.Add(std::move(transport)); });
  of.work.emplace(of.io().get_executor());
  of.thread = std::thread([&of] { of.io().run(); });
  return server;
}

HttpServer::~HttpServer() {
  if (!impl_->thread.joinable()) return;
  // The pool first: handlers under way still post their answers to a living loop. The loop still
  // serves connections then, so the stopped pool stays until the loop has ended.
  impl_->clients.pool->Stop();
  asio::post(impl_->io(), [this] {
    impl_->listener->Close();
    const auto open = impl_->clients.open;
    for (const auto& connection : open) connection->Close();
    impl_->work.reset();
  });
  impl_->thread.join();
}

uint16_t HttpServer::port() const { return impl_->listener->port(); }

Status HttpServer::ReloadTls() {
  KZ_ASSIGN_OR_RETURN(
      auto tls, TlsContext::Load(impl_->options().tls_cert_file, impl_->options().tls_key_file));
  const std::lock_guard lock(impl_->tls_mutex);
  impl_->tls = std::move(tls);
  return OkStatus();
}

void HttpServer::Drain(Duration deadline) {
  auto done = std::make_shared<std::promise<void>>();
  asio::post(impl_->io(), [this, done] {
    impl_->clients.draining = true;
    impl_->listener->Close();
    const auto open = impl_->clients.open;
    for (const auto& connection : open) {
      if (!connection->is_busy()) connection->Close();
    }
    if (impl_->clients.open.empty()) return done->set_value();
    impl_->clients.when_empty = [done] { done->set_value(); };
  });
  done->get_future().wait_for(deadline);
}

}  // namespace kizashi
