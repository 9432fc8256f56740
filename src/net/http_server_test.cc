#include "net/http_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "net/content_coding.h"
#include "net/http_client.h"
#include "net/http_server_test_support.h"

namespace kizashi {
namespace {

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
  std::chrono::steady_clock::duration elapsed{};
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

TEST(HttpServerTest, ALargeBodyStandsBehindItsHead) {
  const auto server = Start();
  RawClient client(server->port());
  // Two at once: what is written for the first is gone before the second is.
  client.Send("GET /big HTTP/1.1\r\n\r\nGET /big HTTP/1.1\r\n\r\nHEAD /big HTTP/1.1\r\n\r\n");
  client.Send("GET /small HTTP/1.1\r\nConnection: close\r\n\r\n");
  std::string got = client.Receive();
  const std::string body = "\r\n\r\n" + std::string(100'000, 'a') + "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 2; ++i) {
    const size_t at = got.find("\r\n\r\n");
    ASSERT_NE(at, got.npos);
    ASSERT_EQ(got.compare(at, body.size(), body), 0) << i;
    got.erase(0, at + 4 + 100'000);
  }
  EXPECT_NE(got.find("Content-Length: 100000\r\nConnection: keep-alive\r\n\r\nHTTP/1.1 200"),
            got.npos);
  EXPECT_TRUE(got.ends_with("\r\n\r\nGET /small <closed>")) << got;
}

TEST(HttpServerTest, ADroppedResponderAnswers500) {
  const auto server = Start();
  RawClient client(server->port());
  client.Send("GET /drop HTTP/1.1\r\n\r\n");
  EXPECT_NE(client.Receive("answered").find("HTTP/1.1 500"), std::string::npos);
}

TEST(HttpServerTest, AnswersOnlyOnceAndFromAnyThread) {
  const auto server = Start({}, nullptr, [](const HttpRequest&, const Responder& respond) {
    std::thread([respond] {
      respond(TextResponse(200, "first"));
      respond(TextResponse(500, "second"));
    }).detach();
  });
  RawClient client(server->port());
  client.Send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.Receive().ends_with("first<closed>"));
}

TEST(HttpServerTest, AHandlerSeesThatItsClientLeft) {
  std::promise<bool> left;
  const auto server = Start({}, nullptr, [&](const HttpRequest& request, const Responder& respond) {
    if (request.path == "/slow") {
      const Stopwatch waited;
      while (!request.gone->load() && waited.Elapsed() < std::chrono::seconds(10)) {
        std::this_thread::yield();
      }
      left.set_value(request.gone->load());
    }
    respond(TextResponse(200, request.path + (request.gone->load() ? " gone" : " here")));
  });
  {
    RawClient client(server->port());
    client.Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  EXPECT_TRUE(left.get_future().get());
  RawClient patient(server->port());
  patient.Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(patient.Receive("/b here").find("/a here"), std::string::npos);
}

TEST(HttpServerTest, AClientThatClosedItsOwnSideGetsItsAnswer) {
  const auto server = Start();
  RawClient client(server->port());
  client.Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  client.EndSending();
  EXPECT_NE(client.Receive("GET /a").find("200 OK"), std::string::npos);
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
  const auto server = Start(options, nullptr, [&](const HttpRequest&, const Responder& respond) {
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
  readers.reserve(clients.size());
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

}  // namespace
}  // namespace kizashi
