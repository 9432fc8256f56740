#include "ingest/remote_write.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <protozero/pbf_writer.hpp>

#include "ingest/scrape_test_sink.h"

namespace kizashi {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kNowMs = 1'700'000'000'000;

using Pairs = std::vector<std::pair<std::string, std::string>>;

void AddLabels(protozero::pbf_writer* series, const Pairs& labels) {
  for (const auto& [name, value] : labels) {
    protozero::pbf_writer label(*series, 1);
    label.add_string(1, name);
    label.add_string(2, value);
  }
}

void AddSample(protozero::pbf_writer* series, double value, int64_t ms) {
  protozero::pbf_writer sample(*series, 2);
  sample.add_double(1, value);
  sample.add_int64(2, ms);
}

std::string Series(const Pairs& labels, const std::vector<std::pair<double, int64_t>>& samples) {
  std::string body;
  protozero::pbf_writer request(body);
  protozero::pbf_writer series(request, 1);
  AddLabels(&series, labels);
  for (const auto& [value, ms] : samples) AddSample(&series, value, ms);
  series.commit();
  return body;
}

Pairs Up(const std::string& instance) { return {{"__name__", "up"}, {"instance", instance}}; }

class RemoteWriteTest : public ::testing::Test {
 protected:
  HttpResponse Post(std::string body, HttpHeaders headers = {}) {
    HttpRequest request;
    request.headers = std::move(headers);
    request.body = std::move(body);
    std::vector<HttpResponse> responses;
    write_.Write(request, [&](HttpResponse response) { responses.push_back(std::move(response)); });
    EXPECT_EQ(responses.size(), 1u);
    return responses.at(0);
  }
  SeriesId Id(const Labels& labels) { return *sink_.InternSeries(labels); }

  TestSink sink_;
  Registry registry_;
  ExemplarRing exemplars_{&registry_};
  MetricMetadata metadata_{&registry_};
  RemoteWriteLimits limits_{3, 2, {}};
  RemoteWrite write_{sink_, &exemplars_, &metadata_, &registry_};
  RemoteWrite narrow_{sink_, nullptr, nullptr, &registry_, limits_};
};

TEST_F(RemoteWriteTest, SamplesAreKeptAsTheyCame) {
  const double stale = StaleNan();
  EXPECT_EQ(Post(Series(Up("a"), {{1.5, kNowMs}, {2, kNowMs - 5}, {stale, kNowMs + 1}})).status,
            204);
  const auto batches = sink_.samples();
  ASSERT_EQ(batches.size(), 1u);
  ASSERT_EQ(batches[0].samples.size(), 3u);
  EXPECT_EQ(batches[0].samples[0].series, Id(Labels({{"__name__", "up"}, {"instance", "a"}})));
  EXPECT_EQ(batches[0].samples[0].value, 1.5);
  EXPECT_EQ(batches[0].samples[1].time, TimeFromMs(kNowMs - 5));
  EXPECT_EQ(std::bit_cast<uint64_t>(batches[0].samples[2].value), kStaleNanBits);
  EXPECT_EQ(Post(Series(Up("a"), {{1.5, kNowMs}})).status, 204) << "what comes again is silent";
  EXPECT_EQ(sink_.series_count(), 1u);
  EXPECT_EQ(Post("").status, 204);
}

TEST_F(RemoteWriteTest, TheGoodOnesOfABadRequestAreKept) {
  const HttpResponse response = Post(
      Series(Up("a"), {{1, kNowMs}}) + Series({{"instance", "b"}}, {{1, kNowMs}, {2, kNowMs}}) +
      Series({{"__name__", "up"}, {"a b", "c"}}, {{1, kNowMs}}) + Series(Up("c"), {{1, kNowMs}}));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            R"({"error":"the label __name__ is missing","item":"timeseries[1]","kept":2,)"
            R"("refused":3})");
  EXPECT_EQ(sink_.samples().at(0).samples.size(), 2u);
}

TEST_F(RemoteWriteTest, LabelsAreCheckedAsPrometheusDoes) {
  const auto error = [&](const Pairs& labels) { return Post(Series(labels, {{1, kNowMs}})).body; };
  EXPECT_THAT(error({{"__name__", "up"}, {"a", "1"}, {"a", "2"}}), HasSubstr("'a' stands twice"));
  EXPECT_THAT(error({{"__name__", "up-down"}}), HasSubstr("expected a metric name"));
  EXPECT_THAT(error({{"__name__", "up"}, {"", "1"}}), HasSubstr("expected a label name"));
  EXPECT_THAT(error({{"__name__", "up"}, {"a", "\xff"}}), HasSubstr("not UTF-8"));
  EXPECT_THAT(error({{"__name__", "up"}, {"a", std::string(8193, 'x')}}), HasSubstr("8193 bytes"));
  EXPECT_THAT(error({{"__name__", "up"}, {std::string(1025, 'x'), "a"}}), HasSubstr("1025 bytes"));
  Pairs many{{"__name__", "up"}};
  for (int i = 0; i < 128; ++i) many.push_back({fmt::format("l{}", i), "x"});
  EXPECT_THAT(error(many), HasSubstr("more than 128 labels"));
  EXPECT_EQ(error({{"__name__", "up"}, {"empty", ""}}), "") << "an empty value is an absent label";
  EXPECT_EQ(error({{"z", "1"}, {"__name__", "up"}}), "") << "they are sorted";
  EXPECT_EQ(sink_.series_count(), 2u);
}

TEST_F(RemoteWriteTest, LabelsMayStandApart) {
  std::string body;
  protozero::pbf_writer request(body);
  {
    protozero::pbf_writer series(request, 1);
    AddLabels(&series, {{"__name__", "up"}});
    AddSample(&series, 1, kNowMs);
    AddLabels(&series, {{"instance", "a"}});
  }
  EXPECT_EQ(Post(body).status, 204);
  EXPECT_EQ(Post(Series(Up("a"), {{2, kNowMs + 1}})).status, 204);
  EXPECT_EQ(sink_.series_count(), 1u);
}

TEST_F(RemoteWriteTest, TimesBeyondTheWindowAreRefusedByName) {
  sink_.RefuseBefore(TimeFromMs(kNowMs));
  const HttpResponse response =
      Post(Series(Up("a"), {{1, kNowMs}}) + Series(Up("b"), {{1, kNowMs - 1}, {1, kNowMs + 1}}) +
           Series(Up("c"), {{1, std::numeric_limits<int64_t>::min()}}));
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr(R"("item":"timeseries[1] up{instance=\"b\"}")"));
  EXPECT_THAT(response.body, HasSubstr(R"("kept":2,"refused":2)"));
  EXPECT_EQ(Post(Series(Up("a"), {{1, 5}})).status, 400) << "nothing of it is kept";
}

TEST_F(RemoteWriteTest, AFullStoreAsksToComeBackWithACodeAfterWhichPrometheusDoes) {
  sink_.AnswerWith(ResourceExhausted("the queue is full"));
  const HttpResponse response = Post(Series(Up("a"), {{1, kNowMs}}));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(FindHeader(response.headers, "Retry-After"), "1");
  sink_.AnswerWith(OkStatus());
  EXPECT_EQ(Post(Series(Up("a"), {{1, kNowMs}})).status, 204);
}

TEST_F(RemoteWriteTest, AtTheLimitOfSeriesTheSenderDoesNotLoop) {
  sink_.LimitSeries(1);
  const HttpResponse response =
      Post(Series(Up("a"), {{1, kNowMs}}) + Series(Up("b"), {{1, kNowMs}}));
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr(R"("kept":1,"refused":1)"));
}

TEST_F(RemoteWriteTest, ExemplarsMetadataAndHistograms) {
  std::string body;
  protozero::pbf_writer request(body);
  {
    protozero::pbf_writer series(request, 1);
    AddLabels(&series, Up("a"));
    protozero::pbf_writer exemplar(series, 3);
    AddLabels(&exemplar, {{"trace_id", "abc"}});
    exemplar.add_double(2, 0.5);
    exemplar.add_int64(3, kNowMs);
  }
  {
    protozero::pbf_writer series(request, 1);
    AddLabels(&series, Up("b"));
    series.add_message(4, std::string("\x08\x01"));
  }
  {
    protozero::pbf_writer metadata(request, 3);
    metadata.add_enum(1, 1);
    metadata.add_string(2, "requests_total");
    metadata.add_string(4, "Requests.");
  }
  const HttpResponse response = Post(body);
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("native histograms are not kept"));
  EXPECT_THAT(response.body, HasSubstr(R"(timeseries[1] up{instance=\"b\"})"));
  const Exemplar wanted{Labels({Label{"trace_id", "abc"}}), 0.5, TimeFromMs(kNowMs)};
  EXPECT_EQ(exemplars_.Read(Id(Labels({{"__name__", "up"}, {"instance", "a"}})), TimeFromMs(kNowMs),
                            TimeFromMs(kNowMs)),
            std::vector<Exemplar>{wanted});
  EXPECT_EQ(metadata_.Read("requests_total").at("requests_total"),
            (std::vector<MetricInfo>{{"counter", "Requests.", ""}}));
}

TEST_F(RemoteWriteTest, WhatIsNoRequestIsRefusedAsAWhole) {
  EXPECT_EQ(Post("\x0a\x7f").status, 400);
  EXPECT_EQ(
      Post("", {{"Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request"}})
          .status,
      415);
  const auto narrow = [&](std::string body) {
    int status = 0;
    HttpRequest request;
    request.body = std::move(body);
    narrow_.Write(request, [&](const HttpResponse& response) { status = response.status; });
    return status;
  };
  EXPECT_EQ(narrow(Series(Up("a"), {{1, 1}, {1, 2}, {1, 3}})), 204);
  EXPECT_EQ(narrow(Series(Up("a"), {{1, 1}, {1, 2}, {1, 3}, {1, 4}})), 400);
  EXPECT_EQ(narrow(Series(Up("a"), {}) + Series(Up("b"), {})), 204);
  EXPECT_EQ(narrow(Series(Up("a"), {}) + Series(Up("b"), {}) + Series(Up("c"), {})), 400);
}

TEST(ExemplarRingTest, TheOldestGoFirst) {
  Registry registry;
  ExemplarRing ring(&registry, 20);
  const auto make = [](int64_t ms) { return Exemplar{Labels(), 1.0, TimeFromMs(ms)}; };
  const auto count = [&](SeriesId id) {
    return ring.Read(id, TimeFromMs(0), TimeFromMs(99)).size();
  };
  for (int i = 0; i < 18; ++i) ring.Add(1, make(i));
  EXPECT_EQ(count(1), ExemplarRing::kPerSeriesMax);
  ring.Add(1, make(17));
  ring.Add(1, make(3));
  EXPECT_EQ(ring.Read(1, TimeFromMs(0), TimeFromMs(99)).front().time, TimeFromMs(2));
  for (int i = 0; i < 10; ++i) ring.Add(2, make(i));
  EXPECT_EQ(ring.size(), 20u);
  EXPECT_EQ(count(1), 10u);
  for (int i = 0; i < 100; ++i) ring.Add(static_cast<SeriesId>(3 + i), make(i));
  EXPECT_EQ(ring.size(), 20u);
  EXPECT_EQ(count(1), 0u);
  EXPECT_EQ(count(102), 1u);
}

TEST(SeriesCacheTest, WhatIsAskedForStays) {
  SeriesCache cache(10);
  SeriesCache::Batch batch(cache);
  const auto key = [](int i) { return SeriesCache::KeyOf(std::to_string(i)); };
  for (int i = 0; i < 100; ++i) {
    batch.Put(key(i), static_cast<SeriesId>(i));
    EXPECT_EQ(batch.Find(key(0)), 0u) << i;
  }
  EXPECT_EQ(batch.Find(key(50)), std::nullopt);
  EXPECT_EQ(batch.Find(key(99)), 99u);
}

}  // namespace
}  // namespace kizashi
