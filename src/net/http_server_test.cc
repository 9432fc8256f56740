#include "net/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "net/content_coding.h"
#include "net/http_client.h"

namespace kizashi {
namespace {

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

void Echo(HttpRequest request, Responder respond) {
  if (request.path == "/drop") return;
  if (request.path == "/big") return respond(TextResponse(200, std::string(100'000, 'a')));
  respond(TextResponse(200, request.method + " " + request.path + " " + request.body));
}

std::unique_ptr<HttpServer> Start(HttpServerOptions options = {}, Registry* registry = nullptr,
                                  HttpHandler handler = Echo) {
  auto server = HttpServer::Start(std::move(options), std::move(handler), registry);
  EXPECT_TRUE(server.ok()) << Message(server.status());
  return *std::move(server);
}

TEST(HttpServerTest, KeepsAliveAndPipelines) {
  const auto server = Start();
  RawClient client(server->port());
  client.Send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
  const std::string got = client.Receive("GET /2");
  EXPECT_LT(got.find("GET /1"), got.find("GET /2"));
  client.Send("POST /3 HTTP/1.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
  EXPECT_NE(client.Receive().find("POST /3 hi<closed>"), std::string::npos);
}

TEST(HttpServerTest, HeadHasNoBody) {
  const auto server = Start();
  RawClient client(server->port());
  client.Send("HEAD /x HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string got = client.Receive();
  EXPECT_NE(got.find("Content-Length: 8"), std::string::npos) << got;
  EXPECT_TRUE(got.ends_with("\r\n\r\n<closed>")) << got;
}

TEST(HttpServerTest, RefusesWhatIsTooLargeOrMalformed) {
  HttpServerOptions options;
  options.body_bytes_max = 100;
  options.header_bytes_max = 300;
  Registry registry;
  const auto server = Start(options, &registry);
  const auto answer = [&](std::string_view text) {
    RawClient client(server->port());
    client.Send(text);
    return client.Receive("\r\n\r\n").substr(0, 12);
  };
  EXPECT_EQ(answer("POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n"), "HTTP/1.1 413");
  EXPECT_EQ(answer("GET /" + std::string(400, 'a') + " HTTP/1.1\r\n\r\n"), "HTTP/1.1 431");
  EXPECT_EQ(answer("nonsense\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_NE(registry.Write().find("kizashi_http_refused_total{reason=\"body_too_large\"} 1"),
            std::string::npos);
}

TEST(HttpServerTest, ASilentClientIsClosedAndBlocksNobody) {
  HttpServerOptions options;
  options.header_timeout = Duration(300);
  options.body_timeout = Duration(300);
  const auto server = Start(options);
  RawClient silent(server->port());
  RawClient half(server->port());
  RawClient body(server->port());
  half.Send("GET / HT");
  body.Send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  RawClient quick(server->port());
  quick.Send("GET /quick HTTP/1.1\r\n\r\n");
  EXPECT_NE(quick.Receive("GET /quick").find("200 OK"), std::string::npos);
  EXPECT_EQ(silent.Receive(), "<closed>");
  EXPECT_EQ(half.Receive(), "<closed>");
  EXPECT_EQ(body.Receive(), "<closed>");
}

TEST(HttpServerTest, ATricklingBodyDoesNotRenewItsDeadline) {
  HttpServerOptions options;
  options.body_timeout = Duration(400);
  const auto server = Start(options);
  RawClient client(server->port());
  client.Send("POST / HTTP/1.1\r\nContent-Length: 10000000\r\n\r\n");
  const auto begin = std::chrono::steady_clock::now();
  auto elapsed = begin - begin;
  while (client.SendSome("x") && elapsed < std::chrono::seconds(5)) {
    RawClient probe(server->port());
    probe.Send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(probe.Receive().ends_with("<closed>"));
    elapsed = std::chrono::steady_clock::now() - begin;
  }
  EXPECT_GE(elapsed, std::chrono::milliseconds(350));
  EXPECT_LT(elapsed, std::chrono::seconds(3));
}

TEST(HttpServerTest, CompressedBodiesAreDecodedWithinTheLimit) {
  HttpServerOptions options;
  options.body_bytes_max = 10'000;
  const auto server = Start(options);
  HttpClient client;
  const auto post = [&](const std::string& body, const std::string& coding) {
    FetchRequest request;
    request.method = "POST";
    request.url = fmt::format("http://127.0.0.1:{}/p", server->port());
    request.headers = {{"Content-Encoding", coding}};
    request.body = body;
    return client.FetchAndWait(request);
  };
  EXPECT_EQ(post(Gzip("hello"), "gzip").body, "POST /p hello");
  EXPECT_EQ(post(Gzip(std::string(10'001, 'a')), "gzip").code, 413);
  EXPECT_EQ(post("no gzip", "gzip").code, 400);
  EXPECT_EQ(post("x", "br").code, 415);
}

TEST(HttpServerTest, LargeTextIsCompressedForThoseWhoTakeIt) {
  const auto server = Start();
  RawClient client(server->port());
  client.Send("GET /big HTTP/1.1\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n");
  const std::string got = client.Receive();
  EXPECT_NE(got.find("Content-Encoding: gzip"), std::string::npos);
  EXPECT_LT(got.size(), 10'000u);
}

TEST(HttpServerTest, ADroppedResponderAnswers500) {
  const auto server = Start();
  RawClient client(server->port());
  client.Send("GET /drop HTTP/1.1\r\n\r\n");
  EXPECT_NE(client.Receive("answered").find("HTTP/1.1 500"), std::string::npos);
}

TEST(HttpServerTest, AnswersOnlyOnceAndFromAnyThread) {
  const auto server = Start({}, nullptr, [](HttpRequest, Responder respond) {
    std::thread([respond] {
      respond(TextResponse(200, "first"));
      respond(TextResponse(500, "second"));
    }).detach();
  });
  RawClient client(server->port());
  client.Send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.Receive().ends_with("first<closed>"));
}

TEST(HttpServerTest, ConnectionsBeyondTheLimitAreTold) {
  HttpServerOptions options;
  options.connections_max = 2;
  const auto server = Start(options);
  RawClient one(server->port());
  RawClient two(server->port());
  one.Send("GET / HTTP/1.1\r\n\r\n");
  one.Receive("GET /");
  two.Send("GET / HTTP/1.1\r\n\r\n");
  two.Receive("GET /");
  RawClient three(server->port());
  EXPECT_TRUE(three.Receive("\r\n\r\n").starts_with("HTTP/1.1 503"));
}

TEST(HttpServerTest, AFullHandlerQueueAnswers503) {
  HttpServerOptions options;
  options.handler_threads = 1;
  options.handlers_queued_max = 1;
  std::mutex gate;
  gate.lock();
  std::promise<void> entered;
  std::once_flag first;
  const auto server = Start(options, nullptr, [&](HttpRequest, Responder respond) {
    std::call_once(first, [&] { entered.set_value(); });
    gate.lock();
    gate.unlock();
    respond(TextResponse(200, "late"));
  });
  std::vector<std::unique_ptr<RawClient>> clients;
  const auto send = [&] {
    clients.push_back(std::make_unique<RawClient>(server->port()));
    clients.back()->Send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  };
  send();
  entered.get_future().wait();
  for (int i = 0; i < 5; ++i) send();
  // One runs and one waits; the other four are told while the gate is still closed.
  std::mutex answers_mutex;
  std::vector<std::string> answers;
  std::promise<void> four;
  std::vector<std::thread> readers;
  for (const auto& client : clients) {
    readers.emplace_back([&answers_mutex, &answers, &four, reading = client.get()] {
      const std::string answer = reading->Receive();
      const std::lock_guard lock(answers_mutex);
      answers.push_back(answer.substr(0, 12));
      if (answers.size() == 4) four.set_value();
    });
  }
  EXPECT_EQ(four.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  gate.unlock();
  for (std::thread& reader : readers) reader.join();
  const std::string busy = "HTTP/1.1 503";
  const std::string late = "HTTP/1.1 200";
  EXPECT_EQ(answers, (std::vector{busy, busy, busy, busy, late, late}));
}

TEST(HttpServerTest, DrainWaitsForRequestsUnderWay) {
  Responder kept;
  std::promise<void> arrived;
  const auto server = Start({}, nullptr, [&](HttpRequest, Responder respond) {
    kept = std::move(respond);
    arrived.set_value();
  });
  RawClient idle(server->port());
  RawClient client(server->port());
  client.Send("GET / HTTP/1.1\r\n\r\n");
  arrived.get_future().wait();
  std::thread drain([&] { server->Drain(Duration(5000)); });
  EXPECT_EQ(idle.Receive(), "<closed>");
  kept(TextResponse(200, "done"));
  EXPECT_TRUE(client.Receive().ends_with("done<closed>"));
  drain.join();
}

// A self-signed certificate for 127.0.0.1 in two PEM files.
void WriteCertificate(const std::string& cert_file, const std::string& key_file) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const cert = X509_new();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -60);
  X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
  X509_set_pubkey(cert, key);
  X509_NAME* const name = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("127.0.0.1"), -1, -1, 0);
  X509_set_issuer_name(cert, name);
  X509_sign(cert, key, EVP_sha256());
  FILE* file = fopen(cert_file.c_str(), "w");
  PEM_write_X509(file, cert);
  fclose(file);
  file = fopen(key_file.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  fclose(file);
  X509_free(cert);
  EVP_PKEY_free(key);
}

TEST(HttpServerTest, AnAnswerAfterTheServersEndDoesNothing) {
  Responder kept;
  std::promise<void> taken;
  auto server = Start({}, nullptr, [&](HttpRequest, Responder respond) {
    kept = std::move(respond);
    taken.set_value();
  });
  RawClient client(server->port());
  client.Send("GET /late HTTP/1.1\r\n\r\n");
  taken.get_future().wait();
  server.reset();
  EXPECT_EQ(client.Receive(), "<closed>");
  kept(TextResponse(200, "late"));
  kept = nullptr;
}

TEST(HttpServerTest, EndsWhileRequestsComeIn) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> answered = 0;
    auto server = Start({}, nullptr, [&](HttpRequest, Responder respond) {
      ++answered;
      respond(TextResponse(200, "ok"));
    });
    std::jthread sender([port = server->port()](const std::stop_token& stop) {
      RawClient client(port);
      const std::string_view request = "GET / HTTP/1.1\r\n\r\n";
      while (!stop.stop_requested() && client.SendSome(request)) client.Receive("ok");
    });
    while (answered < 50) std::this_thread::yield();
    server.reset();
  }
}

TEST(HttpServerTest, SpeaksTlsFromFiles) {
  char directory[] = "/tmp/tls-XXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  HttpServerOptions options;
  options.tls_cert_file = std::string(directory) + "/cert.pem";
  options.tls_key_file = std::string(directory) + "/key.pem";
  EXPECT_FALSE(HttpServer::Start(options, Echo, nullptr).ok());
  WriteCertificate(options.tls_cert_file, options.tls_key_file);
  const auto server = Start(options);
  // The certificate is not trusted by the client: the handshake itself must have happened.
  HttpClient client;
  FetchRequest request;
  request.url = fmt::format("https://127.0.0.1:{}/", server->port());
  const FetchResult refused = client.FetchAndWait(request);
  EXPECT_NE(Message(refused.status).find("certificate"), std::string_view::npos)
      << Message(refused.status);
  EXPECT_TRUE(server->ReloadTls().ok());
  RawClient plain(server->port());
  plain.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(plain.Receive().find("HTTP/1.1 200"), std::string::npos);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace kizashi
