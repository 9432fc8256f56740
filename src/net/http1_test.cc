#include "net/http1.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

TEST(Http1Test, ReadsARequestByteByByte) {
  const std::string text =
      "POST /a%20b/c?x=1&y=a+b%26 HTTP/1.1\r\n"
      "Host: h\r\nX-Long: one\r\nContent-Length: 4\r\n\r\nbody";
  Http1Parser parser({});
  bool keep_alive = false;
  for (size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(parser.Take(&keep_alive).has_value());
    ASSERT_TRUE(parser.Feed(text.substr(i, 1)));
  }
  const auto request = parser.Take(&keep_alive);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->path, "/a b/c");
  EXPECT_EQ(request->Query("y"), "a b&");
  EXPECT_EQ(request->Query("z"), std::nullopt);
  EXPECT_EQ(request->Header("x-LONG"), "one");
  EXPECT_EQ(request->body, "body");
  EXPECT_TRUE(keep_alive);
}

TEST(Http1Test, PipelinedRequestsComeInOrder) {
  Http1Parser parser({});
  ASSERT_TRUE(parser.Feed("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nConnection: close\r\n\r\n"));
  bool keep_alive = false;
  EXPECT_EQ(parser.Take(&keep_alive)->path, "/1");
  EXPECT_TRUE(keep_alive);
  EXPECT_EQ(parser.Take(&keep_alive)->path, "/2");
  EXPECT_FALSE(keep_alive);
  EXPECT_FALSE(parser.Take(&keep_alive).has_value());
  EXPECT_FALSE(parser.in_request());
}

TEST(Http1Test, ChunkedBodiesAreJoined) {
  Http1Parser parser({});
  ASSERT_TRUE(parser.Feed(
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  bool keep_alive = false;
  EXPECT_EQ(parser.Take(&keep_alive)->body, "abcde");
}

TEST(Http1Test, LimitsHold) {
  Http1Parser headers({200, 10});
  EXPECT_FALSE(headers.Feed("GET / HTTP/1.1\r\nA: " + std::string(300, 'x') + "\r\n\r\n"));
  EXPECT_EQ(headers.error_status(), 431);
  Http1Parser body({200, 10});
  EXPECT_FALSE(body.Feed("POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n"));
  EXPECT_EQ(body.error_status(), 413);
  Http1Parser chunked({200, 10});
  EXPECT_FALSE(
      chunked.Feed("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n"));
  EXPECT_EQ(chunked.error_status(), 413);
  Http1Parser exact({200, 10});
  EXPECT_TRUE(exact.Feed("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n0123456789"));
}

TEST(Http1Test, NonsenseIsRefused) {
  for (const char* text : {"\x16\x03\x01\x02", "GET\r\n\r\n",
                           "GET / HTTP/1.1\r\nbad header\r\n\r\n", "GET * HTTP/1.1\r\n\r\n"}) {
    Http1Parser parser({});
    bool keep_alive = false;
    const bool taken = parser.Feed(text) && parser.Take(&keep_alive).has_value();
    EXPECT_FALSE(taken) << text;
  }
}

TEST(Http1Test, ExpectContinueIsToldOnce) {
  Http1Parser parser({});
  ASSERT_TRUE(parser.Feed("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"));
  EXPECT_TRUE(parser.TakeExpectContinue());
  EXPECT_FALSE(parser.TakeExpectContinue());
  EXPECT_TRUE(parser.in_body());
}

}  // namespace
}  // namespace kizashi
