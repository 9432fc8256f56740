#include "ingest/metric_metadata.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kizashi {
namespace {

class MetricMetadataTest : public ::testing::Test {
 protected:
  HttpResponse Ask(std::string query) {
    HttpRequest request;
    request.query = std::move(query);
    return metadata_.Answer(request);
  }

  Registry registry_;
  MetricMetadata metadata_{&registry_, 1000};
};

TEST_F(MetricMetadataTest, AnswersAsPrometheusDoes) {
  metadata_.Put("a", "up", {"gauge", "Whether it is.", ""});
  metadata_.Put("b", "up", {"gauge", "Whether it is.", ""});
  metadata_.Put("c", "up", {"unknown", "", "s"});
  metadata_.Put("c", "x_total", {"counter", "X.", ""});
  EXPECT_EQ(Ask("metric=up").body,
            R"({"status":"success","data":{"up":[{"type":"gauge","help":"Whether it is.",)"
            R"("unit":""},{"type":"unknown","help":"","unit":"s"}]}})");
  EXPECT_EQ(Ask("metric=nothing").body, R"({"status":"success","data":{}})");
  EXPECT_EQ(Ask("limit=0").body, R"({"status":"success","data":{}})");
  EXPECT_EQ(Ask("limit=1").body, Ask("metric=up").body);
  EXPECT_NE(Ask("").body.find("x_total"), std::string::npos);
  EXPECT_EQ(Ask("limit=-1").status, 400);
}

TEST_F(MetricMetadataTest, ASourceSaysSomethingElseOrNothingAnyMore) {
  metadata_.Replace("a", {{"x", {"gauge", "", ""}}, {"y", {"gauge", "", ""}}});
  metadata_.Put("a", "x", {"counter", "", ""});
  EXPECT_EQ(metadata_.OfSource("a").at("x").type, "counter");
  metadata_.Replace("a", {{"y", {"gauge", "", ""}}});
  EXPECT_EQ(metadata_.Read().count("x"), 0u);
  metadata_.Replace("a", {});
  EXPECT_TRUE(metadata_.Read().empty());
}

TEST_F(MetricMetadataTest, BytesHaveALimit) {
  for (int i = 0; i < 100; ++i) metadata_.Put("a", fmt::format("metric_{}", i), {"gauge", "", ""});
  const size_t kept = metadata_.Read().size();
  EXPECT_GT(kept, 0u);
  EXPECT_LT(kept, 10u);
  metadata_.Replace("a", {});
  metadata_.Put("a", "one_more", {"gauge", "", ""});
  EXPECT_EQ(metadata_.Read().size(), 1u) << "room is given back";
  metadata_.Put("a", "long", {"gauge", std::string(MetricMetadata::kTextBytesMax, 'x'), ""});
  EXPECT_EQ(metadata_.Read().count("long"), 0u);
}

}  // namespace
}  // namespace kizashi
