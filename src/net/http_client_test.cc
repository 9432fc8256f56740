#include "net/http_client.h"

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <vector>

#include "net/content_coding.h"
#include "net/http_server.h"

namespace kizashi {
namespace {

class HttpClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = HttpServer::Start(
        {},
        [this](HttpRequest request, Responder respond) {
          if (request.path == "/hang") {
            const std::lock_guard lock(mutex_);
            hanging_.push_back(std::move(respond));
            return;
          }
          if (request.path == "/big") return respond(TextResponse(200, std::string(5000, 'x')));
          if (request.path == "/429") {
            return respond(ErrorResponse(429, "slow down"));
          }
          respond(TextResponse(200, fmt::format("{} {} {} {}", request.method, request.path,
                                                request.body, request.Header("X-Test"))));
        },
        nullptr);
    ASSERT_TRUE(server.ok());
    server_ = *std::move(server);
  }
  FetchRequest Request(const std::string& path) {
    FetchRequest request;
    request.url = fmt::format("http://127.0.0.1:{}{}", server_->port(), path);
    return request;
  }

  std::mutex mutex_;
  std::vector<Responder> hanging_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpClientTest, SendsMethodHeadersAndBody) {
  HttpClient client;
  FetchRequest request = Request("/x");
  request.method = "POST";
  request.headers = {{"X-Test", "yes"}};
  request.body = "hello";
  const FetchResult result = client.FetchAndWait(request);
  ASSERT_TRUE(result.status.ok());
  EXPECT_EQ(result.code, 200);
  EXPECT_EQ(result.body, "POST /x hello yes");
  request.method = "DELETE";
  request.body.clear();
  EXPECT_EQ(client.FetchAndWait(request).body, "DELETE /x  yes");
}

TEST_F(HttpClientTest, ABodyIsDecodedUnlessItKeepsItsCoding) {
  HttpClient client;
  FetchRequest request = Request("/big");
  const std::string whole(5000, 'x');
  EXPECT_EQ(client.FetchAndWait(request).body, whole);
  request.keeps_coding = true;
  const FetchResult result = client.FetchAndWait(request);
  EXPECT_EQ(FindHeader(result.headers, "Content-Encoding"), "gzip");
  EXPECT_EQ(*DecodeBody("gzip", result.body, 5000), whole);
  request.accept_gzip = false;
  EXPECT_EQ(client.FetchAndWait(request).body, whole);
}

TEST_F(HttpClientTest, GivesHeadersOfErrors) {
  HttpClient client;
  const FetchResult result = client.FetchAndWait(Request("/429"));
  EXPECT_EQ(result.code, 429);
  EXPECT_EQ(FindHeader(result.headers, "retry-after"), "1");
}

TEST_F(HttpClientTest, BoundsBodiesAndTime) {
  HttpClient client;
  FetchRequest big = Request("/big");
  big.body_bytes_max = 4999;
  EXPECT_EQ(client.FetchAndWait(big).status.code(), absl::StatusCode::kResourceExhausted);
  big.body_bytes_max = 5000;
  EXPECT_TRUE(client.FetchAndWait(big).status.ok());
  FetchRequest hang = Request("/hang");
  hang.timeout = Duration(200);
  EXPECT_EQ(client.FetchAndWait(hang).status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(HttpClientTest, RefusesOtherProtocolsAndDeadServers) {
  HttpClient client;
  FetchRequest file;
  file.url = "file:///etc/hostname";
  EXPECT_FALSE(client.FetchAndWait(file).status.ok());
  const FetchRequest gone = Request("/");
  server_.reset();
  EXPECT_EQ(client.FetchAndWait(gone).status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(HttpClientTest, ManyAtOnceAndCancelledAtTheEnd) {
  auto client = std::make_unique<HttpClient>();
  std::vector<std::promise<FetchResult>> results(50);
  for (auto& result : results) {
    client->Fetch(Request("/m"), [&](FetchResult r) { result.set_value(std::move(r)); });
  }
  for (auto& result : results) EXPECT_EQ(result.get_future().get().code, 200);
  std::promise<FetchResult> hanging;
  client->Fetch(Request("/hang"), [&](FetchResult r) { hanging.set_value(std::move(r)); });
  client.reset();
  EXPECT_FALSE(hanging.get_future().get().status.ok());
}

}  // namespace
}  // namespace kizashi
