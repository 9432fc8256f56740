// What the tests of the HTTP server share.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/http_server.h"

namespace kizashi {

// A blocking client socket on loopback.
class RawClient {
 public:
  explicit RawClient(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawClient() { close(fd_); }
  bool connected() const { return connected_; }
  void Send(std::string_view text) {
    ASSERT_EQ(send(fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // Sends no more; still receives.
  void EndSending() { shutdown(fd_, SHUT_WR); }
  // False once the server has closed.
  bool SendSome(std::string_view text) {
    return send(fd_, text.data(), text.size(), MSG_NOSIGNAL) > 0;
  }
  // Everything until the server closes, or until `until` was seen; at most five seconds.
  std::string Receive(std::string_view until = "") {
    std::string got;
    char buffer[4096];
    while (until.empty() || got.find(until) == got.npos) {
      pollfd wait{fd_, POLLIN, 0};
      if (poll(&wait, 1, 5000) <= 0) return got + "<timeout>";
      const ssize_t size = recv(fd_, buffer, sizeof(buffer), 0);
      if (size <= 0) return got + "<closed>";
      got.append(buffer, static_cast<size_t>(size));
    }
    return got;
  }

 private:
  const int fd_;
  bool connected_ = false;
};

inline void Echo(const HttpRequest& request, const Responder& respond) {
  if (request.path == "/drop") return;
  if (request.path == "/big") return respond(TextResponse(200, std::string(100'000, 'a')));
  respond(TextResponse(200, request.method + " " + request.path + " " + request.body));
}

inline std::unique_ptr<HttpServer> Start(HttpServerOptions options = {},
                                         Registry* registry = nullptr, HttpHandler handler = Echo) {
  auto server = HttpServer::Start(std::move(options), std::move(handler), registry);
  EXPECT_TRUE(server.ok()) << Message(server.status());
  return *std::move(server);
}

}  // namespace kizashi
