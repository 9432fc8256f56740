#include "ingest/line_file.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "net/content_coding.h"
#include "wire/telemetry.h"

namespace kizashi {
namespace {

using Lines = std::vector<std::string>;

std::string Zstd(std::string_view text) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);  // as the program zstd does
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return out;
}

class LineFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/lines-XXXXXX";
    directory_ = mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  Status Read(const std::string& bytes) {
    const std::string path = directory_ + "/file";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    lines_.clear();
    cut_ = 0;
    return ReadLines(path, [&](std::string_view line, bool cut) {
      lines_.emplace_back(line);
      cut_ += cut ? 1 : 0;
    });
  }

  std::string directory_;
  Lines lines_;
  size_t cut_ = 0;
};

TEST_F(LineFileTest, PlainLines) {
  EXPECT_TRUE(Read("one\r\n\ntwo\nlast").ok());
  EXPECT_EQ(lines_, (Lines{"one", "", "two", "last"}));
  EXPECT_TRUE(Read("").ok());
  EXPECT_TRUE(lines_.empty());
  EXPECT_TRUE(Read("\xff\n").ok());
  EXPECT_EQ(lines_, Lines{"\xff"});
}

TEST_F(LineFileTest, CompressedInManyParts) {
  EXPECT_TRUE(Read(Gzip("one\ntw") + Gzip("o\nthree\n")).ok());
  EXPECT_EQ(lines_, (Lines{"one", "two", "three"}));
  EXPECT_TRUE(Read(Gzip("one\n") + std::string(512, '\0')).ok());
  EXPECT_EQ(lines_, Lines{"one"});
  EXPECT_TRUE(Read(Zstd("one\ntw") + Zstd("o\nthree\n")).ok());
  EXPECT_EQ(lines_, (Lines{"one", "two", "three"}));
}

TEST_F(LineFileTest, WhatIsThereOfACutFileIsGiven) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "line " + std::to_string(i * 7919 % 100'003) + "\n";
  for (const std::string& whole : {Gzip(text), Zstd(text)}) {
    EXPECT_TRUE(Read(whole).ok());
    const Lines all = lines_;
    EXPECT_EQ(all.size(), 200'000u);
    const Status cut = Read(whole.substr(0, whole.size() - 20));
    EXPECT_EQ(cut.code(), absl::StatusCode::kDataLoss);
    EXPECT_NE(Message(cut).find("is cut off"), std::string::npos) << Message(cut);
    ASSERT_GT(lines_.size(), 100'000u);
    lines_.pop_back();  // the last one may be a part of a line
    EXPECT_TRUE(std::equal(lines_.begin(), lines_.end(), all.begin()));
    std::string damaged = whole;
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
    EXPECT_EQ(Read(damaged).code(), absl::StatusCode::kDataLoss);
  }
}

TEST_F(LineFileTest, LongLinesAreCut) {
  const std::string longest(kLogTextBytesMax, 'x');
  for (const bool compressed : {false, true}) {
    const std::string text = longest + "\r\n" + longest + "y\n" + longest + longest + "\nend\n";
    EXPECT_TRUE(Read(compressed ? Gzip(text) : text).ok());
    EXPECT_EQ(lines_, (Lines{longest, longest, longest, "end"}));
    EXPECT_EQ(cut_, 2u);
  }
}

TEST_F(LineFileTest, LinesOverChunksArePutTogether) {
  std::string text;
  Lines expected;
  for (int i = 0; i < 50; ++i) {
    expected.push_back(std::string(99'991, static_cast<char>('a' + i % 26)) + std::to_string(i));
    text += expected.back() + "\n";
  }
  EXPECT_TRUE(Read(text).ok());
  EXPECT_EQ(lines_, expected);
}

TEST_F(LineFileTest, AFileThatIsNotThereIsNamed) {
  const Status status = ReadLines(directory_ + "/none", [](std::string_view, bool) {});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(Message(status).find("/none"), std::string::npos);
}

TEST_F(LineFileTest, ProgressIsTold) {
  const std::string path = directory_ + "/file";
  std::ofstream(path) << "one\ntwo\n";
  LineFileProgress last;
  EXPECT_TRUE(ReadLines(path, [](std::string_view, bool) {},
                        {.progress = [&](const LineFileProgress& progress) { last = progress; }})
                  .ok());
  EXPECT_EQ(last.bytes, 8u);
  EXPECT_EQ(last.bytes_total, 8u);
  EXPECT_EQ(last.lines, 2u);
}

}  // namespace
}  // namespace kizashi
