#include "net/content_coding.h"

#include <gtest/gtest.h>
#include <snappy.h>
#include <zstd.h>

namespace kizashi {
namespace {

std::string Zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

std::string Snappy(std::string_view text) {
  std::string out;
  snappy::Compress(text.data(), text.size(), &out);
  return out;
}

absl::StatusCode CodeOf(std::string_view coding, std::string_view body, size_t bytes_max) {
  return DecodeBody(coding, body, bytes_max).status().code();
}

class ContentCodingTest : public ::testing::TestWithParam<const char*> {
 protected:
  std::string Encode(std::string_view text) const {
    const std::string_view coding = GetParam();
    return coding == "gzip" ? Gzip(text) : coding == "zstd" ? Zstd(text) : Snappy(text);
  }
};

TEST_P(ContentCodingTest, DecodesUpToTheLimit) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + " line\n";
  for (const std::string& one : {text, std::string(), std::string("x")}) {
    const auto decoded = DecodeBody(GetParam(), Encode(one), one.size());
    ASSERT_TRUE(decoded.ok()) << Message(decoded.status());
    EXPECT_EQ(*decoded, one);
  }
  EXPECT_EQ(CodeOf(GetParam(), Encode(text), text.size() - 1),
            absl::StatusCode::kResourceExhausted);
}

TEST_P(ContentCodingTest, DamageIsRefused) {
  const std::string whole = Encode(std::string(5'000, 'x') + "the end");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(CodeOf(GetParam(), whole.substr(0, size), 10'000), absl::StatusCode::kInvalidArgument)
        << size;
  }
  EXPECT_EQ(CodeOf(GetParam(), "no such thing", 10'000), absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(Codings, ContentCodingTest, ::testing::Values("gzip", "zstd", "snappy"));

TEST(ContentCodingsTest, FramesOfZstdFollowEachOther) {
  EXPECT_EQ(*DecodeBody("zstd", Zstd("one ") + Zstd("two"), 100), "one two");
}

TEST(ContentCodingsTest, MembersOfGzipFollowEachOther) {
  const std::string long_text(1 << 20, 'y');
  EXPECT_EQ(*DecodeBody("gzip", Gzip(long_text) + Gzip("two"), 2 << 20), long_text + "two");
  EXPECT_EQ(*DecodeBody("gzip", Gzip("") + Gzip("one") + Gzip(""), 3), "one");
  EXPECT_EQ(CodeOf("gzip", Gzip("one") + Gzip("two"), 5), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(CodeOf("gzip", Gzip("one") + "more", 100), absl::StatusCode::kInvalidArgument);
}

TEST(ContentCodingsTest, DeflateIsAStreamOfZlib) {
  // What zlib.compress(b'hello hello hello') of Python gives.
  const std::string stream("\x78\x9c\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\x00\x3a\x2e\x06\x7d", 16);
  EXPECT_EQ(*DecodeBody("deflate", stream, 17), "hello hello hello");
  EXPECT_EQ(CodeOf("deflate", stream, 16), absl::StatusCode::kResourceExhausted);
}

TEST(ContentCodingsTest, TheSizeAtTheEndOfGzipIsNotBelieved) {
  std::string body = Gzip("hello");
  body.replace(body.size() - 4, 4, "\xff\xff\xff\x7f");
  EXPECT_EQ(CodeOf("gzip", body, 1 << 30), absl::StatusCode::kInvalidArgument);
}

TEST(ContentCodingsTest, AClaimOfMuchIsNotBelieved) {
  EXPECT_EQ(CodeOf("snappy", "\xff\xff\xff\xff\x0f", 1 << 20),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(CodeOf("snappy", std::string("\x80\x80\x40\x00", 4), 1 << 20),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf("br", "x", 100), absl::StatusCode::kNotFound);
  EXPECT_EQ(*DecodeBody("", "as it is", 1), "as it is");
}

}  // namespace
}  // namespace kizashi
