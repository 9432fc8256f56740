#include "wire/remote_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "net/content_coding.h"

namespace kizashi {
namespace {

TEST(RemoteRequest, TheReaderReadsWhatIsWritten) {
  const Labels up({{"__name__", "up"}, {"job", "a\"\n"}});
  const Labels down({Label{"__name__", "down"}});
  const std::vector<RemoteSample> first = {{TimeFromMs(-5), -0.0},
                                           {TimeFromMs(1'700'000'000'123), StaleNan()}};
  const std::vector<RemoteSample> second = {
      {TimeFromMs(7), std::numeric_limits<double>::infinity()}};
  std::string request;
  AddRemoteSeries(EncodeRemoteLabels(up), first, &request);
  AddRemoteSeries(EncodeRemoteLabels(down), second, &request);

  const StatusOr<std::string> body = DecodeBody("snappy", Snappy(request), 1 << 20);
  ASSERT_TRUE(body.ok()) << body.status();
  RemoteWriteReader reader(*body);
  RemoteSeries series;
  ASSERT_TRUE(reader.Next(&series));
  EXPECT_EQ(*ParseRemoteLabels(series.labels), up);
  ASSERT_EQ(series.samples.size(), 2u);
  EXPECT_EQ(series.samples[0].time, first[0].time);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(std::bit_cast<uint64_t>(series.samples[i].value),
              std::bit_cast<uint64_t>(first[i].value));
  }
  ASSERT_TRUE(reader.Next(&series));
  EXPECT_EQ(*ParseRemoteLabels(series.labels), down);
  EXPECT_EQ(series.samples.at(0).value, second[0].value);
  EXPECT_FALSE(reader.Next(&series));
  EXPECT_TRUE(reader.status().ok()) << reader.status();
}

TEST(RemoteRequest, IsTheseBytes) {
  std::string request;
  const std::vector<RemoteSample> samples = {{TimeFromMs(300), 1.0}};
  AddRemoteSeries(EncodeRemoteLabels(Labels({Label{"a", "b"}})), samples, &request);
  // field 1 { field 1 { 1: "a", 2: "b" }, field 2 { 1: 1.0, 2: 300 } }
  EXPECT_EQ(request, std::string("\x0a\x16\x0a\x06\x0a\x01"
                                 "a\x12\x01"
                                 "b\x12\x0c\x09\0\0\0\0\0\0\xf0\x3f\x10\xac\x02",
                                 24));
}

}  // namespace
}  // namespace kizashi
