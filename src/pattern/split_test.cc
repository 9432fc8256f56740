#include "pattern/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "pattern/byte_masks.h"

namespace kizashi {
namespace {

// The line with its slots in brackets.
std::string Shown(std::string_view line) {
  std::vector<Slot> slots;
  SplitLine(line, &slots);
  std::string out;
  size_t done = 0;
  for (const Slot& slot : slots) {
    out += std::string(line.substr(done, slot.begin - done)) + "[" +
           std::string(line.substr(slot.begin, slot.end - slot.begin)) + "]";
    done = slot.end;
  }
  return out + std::string(line.substr(done));
}

uint64_t SkeletonOf(std::string_view line) {
  std::vector<Slot> slots;
  return SplitLine(line, &slots);
}

TEST(Split, FindsWhatHasDigits) {
  EXPECT_EQ(Shown("took 15 ms, -3 left."), "took [15] ms, [-3] left.");
  EXPECT_EQ(Shown("from 10.0.0.7:5432 (4KB)"), "from [10.0.0.7]:[5432] ([4KB])");
  EXPECT_EQ(Shown("id a994ac1b-af0a-44a8-a9d1-a768e1d6785d."),
            "id [a994ac1b-af0a-44a8-a9d1-a768e1d6785d].");
  EXPECT_EQ(Shown("blk_-1608999687919862906 ok"), "[blk_-1608999687919862906] ok");
}

TEST(Split, KeepsNamesWithOneDigitAndPrefixes) {
  EXPECT_EQ(Shown("jk2_init() over IPv4 by ssh2"), "jk2_init() over IPv4 by ssh2");
  EXPECT_EQ(Shown("core.1234 on node-31"), "core.[1234] on node-[31]");
  EXPECT_EQ(Shown("enable......0"), "enable......[0]");
  EXPECT_EQ(Shown("r24=0x1f key1=7"), "r24=[0x1f] key1=[7]");
  EXPECT_EQ(Shown("deadbeef1 a1b2"), "[deadbeef1] [a1b2]");
}

TEST(Split, ReadsTimesAndAddressesAsOne) {
  EXPECT_EQ(Shown("at 12:30:01,123 for 00:15"), "at [12:30:01,123] for [00:15]");
  EXPECT_EQ(Shown("2026-01-02T03:04:05.678+09:00 go"), "[2026-01-02T03:04:05.678+09:00] go");
  EXPECT_EQ(Shown("mac 5c:50:15:4c:18:13 up"), "mac [5c:50:15:4c:18:13] up");
  EXPECT_EQ(Shown("v6 fe80::1a2b:3c4d up"), "v6 [fe80::1a2b:3c4d] up");
  EXPECT_EQ(Shown("port:80: gone"), "port:[80]: gone");
}

TEST(Split, FindsPathsAndUrls) {
  EXPECT_EQ(Shown("open /etc/httpd/conf failed: ./x and ../y/z"),
            "open [/etc/httpd/conf] failed: [./x] and [../y/z]");
  EXPECT_EQ(Shown("read/write of a/b/c"), "read/write of [a/b/c]");
  EXPECT_EQ(Shown("GET https://shop.example/a?b=1&c=2 now"),
            "GET https://[shop.example/a?b=1&c=2] now");
  EXPECT_EQ(Shown("in C:\\Windows\\Temp, \\\\srv\\share"),
            "in [C:\\Windows\\Temp], [\\\\srv\\share]");
  EXPECT_EQ(Shown("a / b /"), "a / b /");
}

TEST(Split, FindsValuesOfKeysButNotTexts) {
  EXPECT_EQ(Shown("user=bob tty=ssh, state=(x)"), "user=[bob] tty=[ssh], state=(x)");
  EXPECT_EQ(Shown("level=info msg=\"all 3 good\" who=\"Ann B\""),
            "level=info msg=\"all [3] good\" who=\"[Ann B]\"");
  EXPECT_EQ(Shown(R"({"level":"warn","msg":"late","who":"Ann \"B\"","n": 4})"),
            R"({"level":"warn","msg":"late","who":"[Ann \"B\"]","n": [4]})");
}

TEST(Split, OtherScriptsEndARun) {
  EXPECT_EQ(Shown("注文123件を処理"), "注文[123]件を処理");
  EXPECT_EQ(Shown("\xff\xfe 12 \x80"), "\xff\xfe [12] \x80");
}

TEST(Split, LongLinesEndInOneSlot) {
  std::string list = "items:";
  for (int i = 100; i < 400; ++i) list += " " + std::to_string(i);
  std::vector<Slot> slots;
  SplitLine(list, &slots);
  ASSERT_EQ(slots.size(), kSlotsMax + 1);
  EXPECT_EQ(slots.back().kind, SlotKind::kRest);
  EXPECT_EQ(slots.back().end, list.size());
  EXPECT_EQ(SkeletonOf(list), SkeletonOf(list + " and 17 more of them"));
  const std::string words(kSplitBytesMax + 5, 'x');
  SplitLine(words, &slots);
  ASSERT_EQ(slots.size(), 1U);
  EXPECT_EQ(slots[0].begin, kSplitBytesMax);
}

// Of equal skeletons the bytes outside the slots are equal; every slot is inside and in order.
TEST(Split, SlotsAreInOrderAndSkeletonsTellConstants) {
  std::mt19937 random(7);
  const std::string alphabet = "ab0 1.-_/:=\"',()[]{}\\T+xyz\xe3\x81\x82\n9";
  std::map<uint64_t, std::string> constants;
  std::vector<Slot> slots;
  for (int round = 0; round < 200'000; ++round) {
    std::string line;
    const size_t size = random() % 24;
    for (size_t i = 0; i < size; ++i) line += alphabet[random() % alphabet.size()];
    const uint64_t skeleton = SplitLine(line, &slots);
    std::string constant;
    uint32_t done = 0;
    for (const Slot& slot : slots) {
      ASSERT_LE(done, slot.begin) << line;
      ASSERT_LT(slot.begin, slot.end) << line;
      ASSERT_LE(slot.end, line.size()) << line;
      constant += line.substr(done, slot.begin - done) + '\0';
      done = slot.end;
    }
    constant += line.substr(done);
    const auto [found, added] = constants.try_emplace(skeleton, constant);
    ASSERT_TRUE(added || found->second == constant) << line;
  }
}

TEST(ByteMasks, VectorAndPlainAgree) {
  std::mt19937 random(11);
  for (size_t size = 0; size < 300; ++size) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    std::vector<ByteMasks> fast(6);
    std::vector<ByteMasks> plain(6);
    MakeByteMasks(text.data(), size, fast.data());
    MakeByteMasksPlain(text.data(), size, plain.data());
    for (size_t i = 0; i < 6; ++i) {
      ASSERT_EQ(fast[i].word, plain[i].word) << size;
      ASSERT_EQ(fast[i].digit, plain[i].digit) << size;
      ASSERT_EQ(fast[i].event, plain[i].event) << size;
    }
  }
}

}  // namespace
}  // namespace kizashi
