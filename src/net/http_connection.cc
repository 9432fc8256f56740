#include "net/http_connection.h"

#include <array>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include "net/content_coding.h"
#include "net/http1.h"
#include "net/http1_response.h"

namespace kizashi {
namespace {

constexpr size_t kOnePieceMax = 16 << 10;  // a smaller body is sent together with its head

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

class Connection final : public HttpConnection, public std::enable_shared_from_this<Connection> {
 public:
  Connection(HttpConnections& server, std::unique_ptr<Transport> transport)
      : server_(server),
        transport_(std::move(transport)),
        parser_({server.options.header_bytes_max, server.options.body_bytes_max}),
        timer_(*server.io) {}

  void Start(bool refused) override {
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

  bool is_busy() const override { return busy_; }

  void Close() override {
    if (std::exchange(closed_, true)) return;
    if (gone_) gone_->store(true, std::memory_order_relaxed);
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
    StartReading();
  }

  // Also while a request is handled, to see that its client left. What comes then is the beginning
  // of the next request; no more than one read of it is taken before the answer is written.
  void StartReading() {
    if (std::exchange(reading_, true)) return;
    transport_->ReadSome(buffer_.data(), buffer_.size(),
                         [self = shared_from_this()](bool ok, size_t bytes) {
                           self->reading_ = false;
                           self->OnRead(ok, bytes);
                         });
  }

  void OnRead(bool ok, size_t bytes) {
    if (closed_) return;
    if (!ok) {
      // It may have closed its own side only, and still wait for the answer.
      ended_ = true;
      if (!busy_) return Close();
      return gone_->store(true, std::memory_order_relaxed);
    }
    if (!busy_) return OnBytes(bytes);
    parser_.Feed({buffer_.data(), bytes});
  }

  int Stage() const { return parser_.in_body() ? 2 : 1; }

  void OnBytes(size_t bytes) {
    idle_ = false;
    parser_.Feed({buffer_.data(), bytes});
    if (parser_.TakeExpectContinue() && parser_.error_status() == 0) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      transport_->Write(kContinue, {}, [self = shared_from_this()](bool ok, size_t) {
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
    const bool takes_gzip =
        request.Header("Accept-Encoding").find("gzip") != std::string_view::npos;
    request.remote = transport_->remote();
    request.gone = gone_ = std::make_shared<std::atomic<bool>>(false);
    StartReading();
    auto answer = std::make_shared<Answer>(
        [weak = weak_from_this(), io = server_.io, takes_gzip](HttpResponse response) {
          // Here, where the answer was made: the loop has all the other connections to serve.
          if (takes_gzip) CompressResponse(&response);
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
  static void Handle(HttpConnections& server, HttpRequest request, std::shared_ptr<Answer> answer) {
    const std::string coding(request.Header("Content-Encoding"));
    if (!coding.empty() && !request.body.empty()) {
      auto decoded = DecodeBody(coding, request.body, server.options.body_bytes_max);
      if (!decoded.ok()) {
        const int status = decoded.status().code() == absl::StatusCode::kNotFound            ? 415
                           : decoded.status().code() == absl::StatusCode::kResourceExhausted ? 413
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
    SetDeadline(server_.options.write_timeout);
    Send(std::move(response), head_only_, keep_alive_, [self = shared_from_this()](bool ok) {
      self->busy_ = false;
      ++self->served_;
      self->stage_ = 0;
      if (!ok || !self->keep_alive_ || self->ended_) return self->Close();
      self->Next();
    });
  }

  void Send(HttpResponse response, bool head_only, bool keep_alive,
            std::function<void(bool ok)> done) {
    head_ = ResponseHead(response, keep_alive);
    body_ = TakeResponseBody(std::move(response), head_only);
    if (body_.size() <= kOnePieceMax) head_ += std::exchange(body_, {});
    transport_->Write(head_, body_,
                      [self = shared_from_this(), done = std::move(done)](bool ok, size_t) {
                        // An idle connection keeps no large answer.
                        self->head_ = {};
                        self->body_ = {};
                        done(ok);
                      });
  }

  void Refuse(int status, std::string_view message) {
    SetDeadline(Duration(1000));
    idle_ = true;  // told already; running out of time now is no second refusal
    Send(ErrorResponse(status, message), false, false, [self = shared_from_this()](bool ok) {
      if (!ok) return self->Close();
      self->Linger();
    });
  }

  // Reads away what the client still sends, shortly: closing at once would reset the connection and
  // the client might never see why it was refused.
  void Linger() {
    if (reading_) return;  // its end closes
    transport_->ReadSome(buffer_.data(), buffer_.size(),
                         [self = shared_from_this()](bool ok, size_t) {
                           if (!ok || self->closed_) return self->Close();
                           self->Linger();
                         });
  }

  HttpConnections& server_;
  const std::unique_ptr<Transport> transport_;
  Http1Parser parser_;
  asio::steady_timer timer_;
  std::array<char, 16384> buffer_{};
  std::string head_;  // of the answer that is written, and its body
  std::string body_;
  std::chrono::steady_clock::time_point begin_{};
  int stage_ = 0;  // 1 reading headers, 2 reading a body
  uint64_t served_ = 0;
  std::shared_ptr<std::atomic<bool>> gone_;  // of the request being handled
  bool reading_ = false;
  bool ended_ = false;  // nothing more comes from the client
  bool busy_ = false;
  bool idle_ = false;
  bool closed_ = false;
  bool keep_alive_ = false;
  bool head_only_ = false;
};

}  // namespace

void HttpConnections::Add(std::unique_ptr<Transport> transport) {
  const bool full = open.size() >= options.connections_max;
  // Those that are told "full" are bounded too.
  if (open.size() >= options.connections_max + 64) return CountRefused("connections");
  auto connection = std::make_shared<Connection>(*this, std::move(transport));
  open.insert(connection);
  if (open_gauge != nullptr) {
    open_gauge->Set(static_cast<double>(open.size()));
  }
  connection->Start(full);
}

void HttpConnections::Remove(const std::shared_ptr<HttpConnection>& connection) {
  open.erase(connection);
  if (open_gauge != nullptr) {
    open_gauge->Set(static_cast<double>(open.size()));
  }
  if (open.empty() && when_empty) std::exchange(when_empty, nullptr)();
}

void HttpConnections::CountRefused(std::string_view reason) {
  if (registry == nullptr) return;
  registry
      ->GetCounter("kizashi_http_refused_total", "Connections and requests refused.",
                   {{"reason", std::string(reason)}})
      .Add();
}

void HttpConnections::CountAnswered(int status, std::chrono::steady_clock::duration took) {
  if (registry == nullptr) return;
  registry
      ->GetCounter("kizashi_http_requests_total", "HTTP requests answered.",
                   {{"code", std::to_string(status)}})
      .Add();
  duration->Observe(std::chrono::duration<double>(took).count());
}

}  // namespace kizashi
