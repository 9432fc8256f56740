#include "net/http_server.h"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <ctime>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "base/log.h"
#include "net/content_coding.h"
#include "net/handler_pool.h"
#include <optional>
#include "net/http1.h"
#include "net/transport.h"

namespace kizashi {
namespace {

constexpr size_t kGzipBytesMin = 1024;

std::string_view Reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Status";
  }
}

std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[40];
  const size_t size = std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text, size};
}

bool IsText(std::string_view type) {
  return type.starts_with("text/") || type.find("json") != type.npos ||
         type.find("javascript") != type.npos || type.find("svg") != type.npos ||
         type.find("yaml") != type.npos;
}

// The response's head and body as they go over the wire.
std::string Serialize(HttpResponse response, bool head_only, bool accepts_gzip, bool keep_alive) {
  std::string_view coding = FindHeader(response.headers, "Content-Encoding");
  if (accepts_gzip && coding.empty() && response.body.size() > kGzipBytesMin &&
      IsText(FindHeader(response.headers, "Content-Type"))) {
    response.body = Gzip(response.body);
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.headers.emplace_back("Vary", "Accept-Encoding");
  }
  std::string out = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                                Reason(response.status), HttpDate());
  for (const auto& [name, value] : response.headers) {
    if (name == "Content-Encoding" && value == "identity") continue;
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (response.status != 204 && response.status != 304) {
    out += fmt::format("Content-Length: {}\r\n", response.body.size());
  }
  out += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  if (!head_only && response.status != 204 && response.status != 304) out += response.body;
  return out;
}

}  // namespace

class Connection;

struct HttpServer::Impl {
  HttpServerOptions options;
  HttpHandler handler;
  // Shared with every answer outstanding: a Responder may outlive the server.
  const std::shared_ptr<asio::io_context> io = std::make_shared<asio::io_context>(1);
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<HandlerPool> pool;
  std::thread thread;
  std::mutex tls_mutex;
  std::shared_ptr<TlsContext> tls;
  // Below: the event loop's thread only.
  std::set<std::shared_ptr<Connection>> connections;
  bool draining = false;
  std::function<void()> when_empty;

  Registry* registry = nullptr;
  Gauge* open_connections = nullptr;
  Histogram* duration = nullptr;

  void Accept(std::unique_ptr<Transport> transport);
  void Remove(const std::shared_ptr<Connection>& connection);
  void CountRefused(std::string_view reason);
  void CountAnswered(int status, std::chrono::steady_clock::duration took);
};

namespace {

// Hands one answer back to its connection, from any thread; a handler that lets it go unanswered
// answers 500.
class Answer {
 public:
  explicit Answer(std::function<void(HttpResponse)> send) : send_(std::move(send)) {}
  ~Answer() { Send(ErrorResponse(500, "the request was not answered")); }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  void Send(HttpResponse response) {
    if (!sent_.exchange(true)) send_(std::move(response));
  }

 private:
  std::atomic<bool> sent_{false};
  const std::function<void(HttpResponse)> send_;
};

}  // namespace

// One client. Reads a request, lets it be handled, writes the answer, reads on. All on the event
// loop's thread; callbacks hold it alive.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(HttpServer::Impl& server, std::unique_ptr<Transport> transport)
      : server_(server),
        transport_(std::move(transport)),
        parser_({server.options.header_bytes_max, server.options.body_bytes_max}),
        timer_(*server.io) {}

  void Start(bool refused) {
    SetDeadline(server_.options.header_timeout);
    transport_->Handshake([self = shared_from_this(), refused](bool ok) {
      if (!ok) return self->Close();
      if (refused) {
        self->server_.CountRefused("connections");
        return self->Refuse(503, "too many connections");
      }
      self->Read();
    });
  }

  bool is_busy() const { return busy_; }

  void Close() {
    if (std::exchange(closed_, true)) return;
    timer_.cancel();
    transport_->Close();
    server_.Remove(shared_from_this());
  }

 private:
  void SetDeadline(Duration after) {
    timer_.expires_after(after);
    timer_.async_wait([self = shared_from_this()](std::error_code cancelled) {
      // A timer that was set anew in the meantime is not this one.
      if (cancelled || self->timer_.expiry() > std::chrono::steady_clock::now()) return;
      if (!self->idle_) self->server_.CountRefused("timeout");
      self->Close();
    });
  }

  void Read() {
    const bool was_idle = idle_;
    idle_ = !parser_.in_request() && served_ > 0;
    if (idle_) {
      SetDeadline(server_.options.idle_timeout);
    } else if (was_idle || stage_ != Stage()) {
      // One deadline for all headers and one for the whole body: trickling does not renew it.
      stage_ = Stage();
      SetDeadline(stage_ == 2 ? server_.options.body_timeout : server_.options.header_timeout);
    }
    transport_->ReadSome(buffer_.data(), buffer_.size(),
                         [self = shared_from_this()](bool ok, size_t bytes) {
                           if (!ok || self->closed_) return self->Close();
                           self->OnBytes(bytes);
                         });
  }

  int Stage() const { return parser_.in_body() ? 2 : 1; }

  void OnBytes(size_t bytes) {
    idle_ = false;
    parser_.Feed({buffer_.data(), bytes});
    if (parser_.TakeExpectContinue() && parser_.error_status() == 0) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      transport_->Write(kContinue.data(), kContinue.size(),
                        [self = shared_from_this()](bool ok, size_t) {
                          if (!ok) return self->Close();
                          self->Next();
                        });
      return;
    }
    Next();
  }

  // Handles the next whole request, or reads on.
  void Next() {
    if (closed_) return;
    bool keep_alive = false;
    std::optional<HttpRequest> request = parser_.Take(&keep_alive);
    if (request) return Dispatch(*std::move(request), keep_alive);
    if (const int status = parser_.error_status(); status != 0) {
      server_.CountRefused(status == 413   ? "body_too_large"
                           : status == 431 ? "headers_too_large"
                                           : "malformed");
      return Refuse(status, status == 413   ? "the body is larger than this server takes"
                            : status == 431 ? "the headers are larger than this server takes"
                                            : "this is not a well-formed HTTP/1.1 request");
    }
    Read();
  }

  void Dispatch(HttpRequest request, bool keep_alive) {
    timer_.cancel();
    busy_ = true;
    begin_ = std::chrono::steady_clock::now();
    keep_alive_ = keep_alive && !server_.draining;
    head_only_ = request.method == "HEAD";
    accepts_gzip_ = request.Header("Accept-Encoding").find("gzip") != std::string_view::npos;
    request.remote = transport_->remote();
    auto answer = std::make_shared<Answer>(
        [weak = weak_from_this(), io = server_.io](HttpResponse response) {
          asio::post(*io, [weak, response = std::move(response)]() mutable {
            if (const auto self = weak.lock()) self->Write(std::move(response));
          });
        });
    auto work = [request = std::make_shared<HttpRequest>(std::move(request)), answer,
                 &server = server_]() mutable {
      Handle(server, std::move(*request), std::move(answer));
    };
    if (!server_.pool->Post(std::move(work))) {
      server_.CountRefused("handlers");
      answer->Send(ErrorResponse(503, "too many requests are waiting"));
    }
  }

  // On a handler's thread.
  static void Handle(HttpServer::Impl& server, HttpRequest request,
                     std::shared_ptr<Answer> answer) {
    const std::string coding(request.Header("Content-Encoding"));
    if (!coding.empty() && !request.body.empty()) {
      auto decoded = DecodeBody(coding, request.body, server.options.body_bytes_max);
      if (!decoded.ok()) {
        const int status = decoded.status().code() == absl::StatusCode::kNotFound ? 415
                           : decoded.status().code() == absl::StatusCode::kResourceExhausted
                               ? 413
                               : 400;
        return answer->Send(ErrorResponse(status, Message(decoded.status())));
      }
      request.body = *std::move(decoded);
    }
    server.handler(std::move(request), [answer = std::move(answer)](HttpResponse response) {
      answer->Send(std::move(response));
    });
  }

  void Write(HttpResponse response) {
    if (closed_) return;
    server_.CountAnswered(response.status, std::chrono::steady_clock::now() - begin_);
    keep_alive_ = keep_alive_ && !server_.draining;
    out_ = Serialize(std::move(response), head_only_, accepts_gzip_, keep_alive_);
    SetDeadline(server_.options.write_timeout);
    transport_->Write(out_.data(), out_.size(), [self = shared_from_this()](bool ok, size_t) {
      self->busy_ = false;
      self->out_.clear();
      ++self->served_;
      self->stage_ = 0;
      if (!ok || !self->keep_alive_) return self->Close();
      self->Next();
    });
  }

  void Refuse(int status, std::string_view message) {
    out_ = Serialize(ErrorResponse(status, message), false, false, false);
    SetDeadline(Duration(1000));
    idle_ = true;  // told already; running out of time now is no second refusal
    transport_->Write(out_.data(), out_.size(), [self = shared_from_this()](bool ok, size_t) {
      if (!ok) return self->Close();
      self->Linger();
    });
  }

  // Reads away what the client still sends, shortly: closing at once would reset the connection and
  // the client might never see why it was refused.
  void Linger() {
    transport_->ReadSome(buffer_.data(), buffer_.size(),
                         [self = shared_from_this()](bool ok, size_t) {
                           if (!ok || self->closed_) return self->Close();
                           self->Linger();
                         });
  }

  HttpServer::Impl& server_;
  const std::unique_ptr<Transport> transport_;
  Http1Parser parser_;
  asio::steady_timer timer_;
  std::array<char, 16384> buffer_{};
  std::string out_;
  std::chrono::steady_clock::time_point begin_{};
  int stage_ = 0;  // 1 reading headers, 2 reading a body
  uint64_t served_ = 0;
  bool busy_ = false;
  bool idle_ = false;
  bool closed_ = false;
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool accepts_gzip_ = false;
};

void HttpServer::Impl::Accept(std::unique_ptr<Transport> transport) {
  const bool full = connections.size() >= options.connections_max;
  // Those that are told "full" are bounded too.
  if (connections.size() >= options.connections_max + 64) return CountRefused("connections");
  auto connection = std::make_shared<Connection>(*this, std::move(transport));
  connections.insert(connection);
  if (open_connections != nullptr) {
    open_connections->Set(static_cast<double>(connections.size()));
  }
  connection->Start(full);
}

void HttpServer::Impl::Remove(const std::shared_ptr<Connection>& connection) {
  connections.erase(connection);
  if (open_connections != nullptr) {
    open_connections->Set(static_cast<double>(connections.size()));
  }
  if (connections.empty() && when_empty) std::exchange(when_empty, nullptr)();
}

void HttpServer::Impl::CountRefused(std::string_view reason) {
  if (registry == nullptr) return;
  registry
      ->GetCounter("kizashi_http_refused_total", "Connections and requests refused.",
                   {{"reason", std::string(reason)}})
      .Add();
}

void HttpServer::Impl::CountAnswered(int status, std::chrono::steady_clock::duration took) {
  if (registry == nullptr) return;
  registry
      ->GetCounter("kizashi_http_requests_total", "HTTP requests answered.",
                   {{"code", std::to_string(status)}})
      .Add();
  duration->Observe(std::chrono::duration<double>(took).count());
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerOptions options,
                                                        HttpHandler handler, Registry* registry) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  impl->handler = std::move(handler);
  impl->registry = registry;
  if (registry != nullptr) {
    impl->open_connections =
        &registry->GetGauge("kizashi_http_open_connections", "Open HTTP connections.");
    impl->duration = &registry->GetHistogram(
        "kizashi_http_request_duration_seconds", "Time from a whole request to its answer.",
        {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30});
  }
  auto server = std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
  Impl& of = *server->impl_;
  if (!of.options.tls_cert_file.empty()) KZ_RETURN_IF_ERROR(server->ReloadTls());
  KZ_ASSIGN_OR_RETURN(of.listener, Listener::Open(*of.io, of.options.host, of.options.port));
  of.pool = std::make_unique<HandlerPool>(of.options.handler_threads,
                                          of.options.handlers_queued_max);
  of.listener->Start(
      [&of] {
        const std::lock_guard lock(of.tls_mutex);
        return of.tls;
      },
      [&of](std::unique_ptr<Transport> transport) { of.Accept(std::move(transport)); });
  of.work.emplace(of.io->get_executor());
  of.thread = std::thread([&of] { of.io->run(); });
  return server;
}

HttpServer::~HttpServer() {
  if (!impl_->thread.joinable()) return;
  // The pool first: handlers under way still post their answers to a living loop. The loop still
  // serves connections then, so the stopped pool stays until the loop has ended.
  impl_->pool->Stop();
  asio::post(*impl_->io, [this] {
    impl_->listener->Close();
    const auto connections = impl_->connections;
    for (const auto& connection : connections) connection->Close();
    impl_->work.reset();
  });
  impl_->thread.join();
}

uint16_t HttpServer::port() const { return impl_->listener->port(); }

Status HttpServer::ReloadTls() {
  KZ_ASSIGN_OR_RETURN(auto tls, TlsContext::Load(impl_->options.tls_cert_file,
                                                 impl_->options.tls_key_file));
  const std::lock_guard lock(impl_->tls_mutex);
  impl_->tls = std::move(tls);
  return OkStatus();
}

void HttpServer::Drain(Duration deadline) {
  auto done = std::make_shared<std::promise<void>>();
  asio::post(*impl_->io, [this, done] {
    impl_->draining = true;
    impl_->listener->Close();
    const auto connections = impl_->connections;
    for (const auto& connection : connections) {
      if (!connection->is_busy()) connection->Close();
    }
    if (impl_->connections.empty()) return done->set_value();
    impl_->when_empty = [done] { done->set_value(); };
  });
  done->get_future().wait_for(deadline);
}

}  // namespace kizashi
