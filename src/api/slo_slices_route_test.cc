#include "api/slo_slices_route.h"

#include <gtest/gtest.h>

#include "api/api_test_support.h"
#include "api/openapi_check.h"
#include "base/hash.h"

namespace kizashi {
namespace {

using Strings = std::vector<std::string>;

class SloSlicesTest : public ApiTest {
 protected:
  HttpResponse Post(const std::string& body, const std::string& slo = "shop/availability") {
    HttpRequest request;
    request.method = "POST";
    request.path = "/kizashi/v1/slos/" + slo + "/slices";
    request.body = body;
    std::optional<HttpResponse> answer;
    api_->Handle(std::move(request), [&](HttpResponse got) { answer = std::move(got); });
    EXPECT_TRUE(answer.has_value()) << body;
    HttpResponse response = answer.value_or(HttpResponse{});
    const OpenApi openapi;
    EXPECT_EQ(openapi.Problems("post /slos/{service}/{slo}/slices", response.status, response.body),
              Strings{});
    return response;
  }
  // Slices that end that many minutes before midnight.
  static std::string Body(const std::string& slices, const std::string& more = "") {
    return R"({"interval_seconds":60,)" + more + R"("slices":[)" + slices + "]}";
  }
  static std::string Slice(int minutes_ago, const std::string& rest = "99,100,60") {
    return fmt::format("[{},{}]", ToMs(kMidnight) / 1000 - minutes_ago * 60, rest);
  }
  uint64_t meaning() const {
    return SloMeaningHash(snapshot_->catalog->FindService("shop")->slos.front());
  }
};

TEST_F(SloSlicesTest, TheyAreAcceptedOnceOnDisk) {
  const HttpResponse response = Post(Body(Slice(2) + "," + Slice(1, "0.5,1.5,59.5")));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"accepted":2})");
  ASSERT_EQ(telemetry_.slice_batches.size(), 1u);
  const SliceBatch& batch = telemetry_.slice_batches[0];
  EXPECT_EQ(batch.service, "shop");
  EXPECT_EQ(batch.slo, "availability");
  EXPECT_EQ(batch.meaning, meaning());
  EXPECT_EQ(batch.slices[1],
            (SliceBatch::Slice{kMidnight - std::chrono::minutes(1), 0.5, 1.5, 59.5}));
  EXPECT_EQ(Post(Body("")).body, R"({"accepted":0})");
  telemetry_.slices_answer = ResourceExhausted("the queue is full");
  EXPECT_EQ(Post(Body(Slice(1))).status, 429);
  telemetry_.slices_answer = Unavailable("the store is stopping");
  const HttpResponse stopping = Post(Body(Slice(1)));
  EXPECT_EQ(stopping.status, 503);
  EXPECT_EQ(FindHeader(stopping.headers, "Retry-After"), "1");
}

TEST_F(SloSlicesTest, WhatIsWrongIsNamed) {
  const std::string future = fmt::format("[{},1,1,60]", ToMs(kNow) / 1000 + 60);
  const std::vector<std::tuple<std::string, int, std::string>> cases = {
      {"[]", 400, "the body is no JSON object"},
      {R"({"slices":[]})", 400, "interval_seconds: expected a number"},
      {R"({"interval_seconds":90,"slices":[]})", 400, "expected 60 or a multiple of it"},
      {R"({"interval_seconds":60})", 400, "slices: expected a list"},
      {Body(Slice(3) + ",[1,2]"), 400, R"(slices[1])"},
      {Body(Slice(3, "1,\"2\",3")), 400, "four numbers"},
      {Body(Slice(3) + "," + Slice(3)), 400, "is not after that of the slice before"},
      {Body("[30,1,1,1]"), 400, "end 30 is no multiple of the interval"},
      {Body("[-60,1,1,1]"), 400, "no multiple"},
      {Body(future), 400, "is in the future"},
      {Body(Slice(3, "2,1,60")), 400, "good 2 is more than total 1"},
      {Body(Slice(3, "1,1,61")), 400, "covered_seconds 61 is not within"},
      {Body(Slice(3, "1,1,-1")), 400, "covered_seconds -1"},
      {Body("", R"("meaning":"0123456789abcdef",)"), 409, "means something else"},
      {Body("", R"("meaning":"xyz",)"), 400, "16 hexadecimal digits"},
  };
  for (const auto& [body, status, text] : cases) {
    const HttpResponse response = Post(body);
    EXPECT_EQ(response.status, status) << body << response.body;
    EXPECT_NE(response.body.find(text), std::string::npos) << text << " in " << response.body;
  }
  EXPECT_EQ(Post(Body("", fmt::format(R"("meaning":"{}",)", HexId(meaning())))).status, 200);
  EXPECT_EQ(Post(Body(""), "shop/none").status, 404);
  EXPECT_EQ(Post(Body(""), "none/availability").status, 404);
  EXPECT_EQ(Post(Body(""), "shop").status, 404);
  std::string many;
  for (int i = 50'001; i > 0; --i) many += Slice(i) + (i > 1 ? "," : "");
  EXPECT_EQ(Post(Body(many)).status, 413);
  EXPECT_EQ(Post(std::string(kSliceBytesMax + 1, ' ')).status, 413);
  EXPECT_TRUE(telemetry_.slice_batches.empty());
}

}  // namespace
}  // namespace kizashi
