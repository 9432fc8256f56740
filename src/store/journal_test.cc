#include "store/journal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/bytes.h"
#include "base/hash.h"
#include "store/journal_test_support.h"

namespace kizashi {
namespace {

// What EncodeEntry would have stored, had it meant to write that content.
std::string Checked(std::string content, uint64_t seq) {
  ByteWriter out;
  out.Raw(content.data(), content.size());
  out.U32(static_cast<uint32_t>(Hash64(content, seq)));
  return out.Take();
}

// An entry's beginning: format, time, kind.
ByteWriter Begin(uint8_t format, uint8_t kind) {
  ByteWriter out;
  out.U8(format);
  out.SignedVarint(1'000);
  out.U8(kind);
  return out;
}

constexpr uint8_t kScrape = 1;
constexpr uint8_t kLogs = 2;
constexpr uint8_t kCatalog = 3;

class JournalTest : public testing::Test {
 protected:
  // Why the bytes are refused; empty when they are not.
  std::string Refusal(const std::string& bytes, uint64_t seq = 1) const {
    const auto entry = DecodeEntry(seq, bytes, names_);
    if (entry.ok()) return "";
    EXPECT_EQ(entry.status().code(), absl::StatusCode::kDataLoss);
    return std::string(Message(entry.status()));
  }
  bool ComesBack(const JournalEntry& entry, RowIds ids = {}) const {
    const auto decoded = DecodeEntry(entry.seq, EncodeEntry(entry, ids), names_);
    EXPECT_TRUE(decoded.ok()) << Message(decoded.status());
    return decoded.ok() && Same(*decoded, entry);
  }

  // One of each kind, and lines with all that a record may say.
  std::vector<TestEntry> Entries() {
    std::vector<TestEntry> entries = EntryOfEachKind(&names_);
    entries.push_back(EntryOfFullLines());
    entries.push_back(EntryOfSamples());
    entries.push_back(EntryOfSlices());
    entries.push_back(EntryOfEdit());
    return entries;
  }

  TestResolver names_;
};

TEST_F(JournalTest, EveryKindComesBackAsItWas) {
  for (const TestEntry& test : Entries()) {
    EXPECT_TRUE(ComesBack(test.entry, test.ids)) << test.name;
  }
}

TEST_F(JournalTest, ValuesComeBackBitByBit) {
  constexpr double kTwo53 = 9007199254740992.0;
  using Limits = std::numeric_limits<double>;
  ScrapeBatch batch;
  batch.source = "s";
  batch.values = {0.0,
                  -0.0,
                  kTwo53,
                  -kTwo53,
                  kTwo53 - 1,
                  1 - kTwo53,
                  Limits::infinity(),
                  -Limits::infinity(),
                  Limits::denorm_min(),
                  Limits::max(),
                  Limits::lowest(),
                  Limits::quiet_NaN(),
                  StaleNan(),
                  0.1,
                  -1,
                  127,
                  128,
                  4503599627370495.5};
  std::vector<SeriesId> layout(batch.values.size());
  RowIds ids;
  ids.source = names_.AddSource(batch.source);
  ids.layout = names_.AddLayout(layout);
  batch.layout = *names_.Layout(ids.layout);
  EXPECT_TRUE(ComesBack({.seq = 9, .time = TimeFromMs(5), .body = batch}, ids));
}

TEST_F(JournalTest, NothingInItIsTooEmptyOrTooFarAway) {
  constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
  for (const int64_t at : {kFirst, int64_t{-1}, int64_t{0}, kLast}) {
    LogBatch logs;
    logs.stream = std::numeric_limits<StreamId>::max();
    logs.lines = {{TimeFromMs(kFirst), std::string("\0\n\xff", 3)}, {TimeFromMs(kLast), ""}};
    EXPECT_TRUE(ComesBack({.seq = 1, .time = TimeFromMs(at), .body = logs})) << at;
    EXPECT_TRUE(ComesBack({.seq = 1, .time = TimeFromMs(at), .body = LogBatch{}})) << at;
    EXPECT_TRUE(ComesBack({.seq = 1, .time = TimeFromMs(at), .body = CatalogChange{}})) << at;
  }
  RowIds ids{names_.AddSource(""), names_.AddLayout({})};
  ScrapeBatch empty;
  empty.layout = *names_.Layout(ids.layout);
  EXPECT_TRUE(ComesBack({.seq = ~uint64_t{0}, .time = Time{}, .body = empty}, ids));
}

TEST_F(JournalTest, ALogsCursorIsKeptElsewhere) {
  LogBatch logs;
  logs.cursor_key = "/var/log/shop.log";
  logs.cursor_value = "4096";
  const auto decoded = DecodeEntry(1, EncodeEntry({1, Time{}, logs}, {}), names_);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<LogBatch>(decoded->body).cursor_key, "");
}

TEST_F(JournalTest, RandomEntriesComeBack) {
  std::mt19937_64 random(20240131);
  const auto text = [&] {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  };
  for (uint64_t seq = 1; seq <= 500; ++seq) {
    JournalEntry entry{.seq = seq, .time = TimeFromMs(static_cast<int64_t>(random())), .body = {}};
    RowIds ids;
    if (seq % 3 == 0) {
      ScrapeBatch batch;
      batch.source = text();
      batch.time = TimeFromMs(static_cast<int64_t>(random()));
      std::vector<SeriesId> layout(random() % 30);
      for (SeriesId& id : layout) {
        id = static_cast<SeriesId>(random());
        const bool integer = random() % 2 == 0;
        batch.values.push_back(integer ? static_cast<double>(random() % 100'000)
                                       : std::bit_cast<double>(random()));
      }
      ids = {names_.AddSource(batch.source), names_.AddLayout(layout)};
      batch.layout = *names_.Layout(ids.layout);
      entry.body = std::move(batch);
    } else if (seq % 3 == 1) {
      LogBatch batch;
      batch.stream = static_cast<StreamId>(random());
      for (uint64_t i = random() % 5; i > 0; --i) {
        batch.lines.push_back({TimeFromMs(static_cast<int64_t>(random())), text()});
      }
      entry.body = std::move(batch);
    } else {
      CatalogChange change;
      for (uint64_t i = random() % 5; i > 0; --i) change.sources.push_back({text(), text()});
      entry.body = std::move(change);
    }
    ASSERT_TRUE(ComesBack(entry, ids)) << "entry " << seq;
  }
}

TEST_F(JournalTest, ATornTailIsRefused) {
  for (const TestEntry& test : Entries()) {
    const std::string whole = EncodeEntry(test.entry, test.ids);
    for (size_t size = 0; size < whole.size(); ++size) {
      EXPECT_NE(Refusal(whole.substr(0, size), test.entry.seq), "") << test.name << " " << size;
    }
    EXPECT_NE(Refusal(whole + '\0', test.entry.seq), "") << test.name;
  }
}

TEST_F(JournalTest, AFlippedBitIsFoundByTheChecksum) {
  for (const TestEntry& test : Entries()) {
    const std::string whole = EncodeEntry(test.entry, test.ids);
    for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
      std::string damaged = whole;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      EXPECT_NE(Refusal(damaged, test.entry.seq).find("wrong checksum"), std::string::npos)
          << test.name << " bit " << bit;
    }
  }
}

TEST_F(JournalTest, AValueUnderAnotherKeyIsRefused) {
  for (const TestEntry& test : Entries()) {
    const std::string bytes = EncodeEntry(test.entry, test.ids);
    EXPECT_EQ(Refusal(bytes, test.entry.seq + 1),
              fmt::format("journal entry {} has a wrong checksum", test.entry.seq + 1));
  }
}

TEST_F(JournalTest, AnotherFormatIsNamed) {
  EXPECT_EQ(Refusal(Checked(Begin(6, 0).Take(), 1)),
            "journal entry 1 has format 6, this program reads 1 to 5");
  EXPECT_EQ(Refusal(Checked(Begin(1, 8).Take(), 1)), "journal entry 1 is of an unknown kind");
  EXPECT_EQ(Refusal(Checked(Begin(1, 0).Take(), 1)), "");
}

TEST_F(JournalTest, APlainLineCostsOneByteBesidesTimeAndText) {
  const auto size_of = [&](std::vector<LogLine> lines) {
    LogBatch logs;
    logs.lines = std::move(lines);
    const JournalEntry entry{1, TimeFromMs(0), std::move(logs)};
    EXPECT_TRUE(ComesBack(entry));
    return EncodeEntry(entry, {}).size();
  };
  const LogLine plain{TimeFromMs(0), "12345"};
  LogLine error = plain;
  error.severity = LogSeverity::kError;
  error.cut = true;
  EXPECT_EQ(size_of({plain}) - size_of({}), 1u + 1u + 1u + 5u);  // time, flags, length, text
  EXPECT_EQ(size_of({error}), size_of({plain}));
  LogLine traced = plain;
  traced.trace_id = "0af7651916cd43dd8448eb211c80319c";
  traced.span_id = "b7ad6b7169203331";
  EXPECT_EQ(size_of({traced}) - size_of({plain}), 17u + 9u);
}

TEST_F(JournalTest, ASeverityThatDoesNotExistIsRefused) {
  ByteWriter logs = Begin(2, kLogs);
  logs.Varint(0);
  logs.Varint(1);
  logs.SignedVarint(0);
  logs.U8(7);
  logs.String("text");
  EXPECT_NE(Refusal(Checked(logs.Take(), 1)), "");
}

TEST_F(JournalTest, BytesAfterTheEndAreRefused) {
  for (const TestEntry& test : Entries()) {
    std::string content = EncodeEntry(test.entry, test.ids);
    content.resize(content.size() - 4);
    EXPECT_EQ(Refusal(Checked(content, test.entry.seq), test.entry.seq), "") << test.name;
    EXPECT_NE(Refusal(Checked(content + 'x', test.entry.seq), test.entry.seq), "") << test.name;
  }
}

TEST_F(JournalTest, CountsBeyondTheBytesAreRefusedWithoutBelievingThem) {
  const uint64_t many = std::numeric_limits<uint64_t>::max();
  ByteWriter logs = Begin(1, kLogs);
  logs.Varint(0);
  logs.Varint(many);
  EXPECT_NE(Refusal(Checked(logs.Take(), 1)), "");
  ByteWriter catalog = Begin(1, kCatalog);
  catalog.Varint(many);
  EXPECT_NE(Refusal(Checked(catalog.Take(), 1)), "");
  names_.AddSource("s");
  names_.AddLayout({1, 2});
  for (const uint64_t count : {many, uint64_t{1} << 40, uint64_t{17}, uint64_t{3}}) {
    ByteWriter scrape = Begin(1, kScrape);
    scrape.Varint(0);
    scrape.Varint(0);
    scrape.SignedVarint(0);
    scrape.Varint(count);
    scrape.Raw("\xff\x01\x02", 3);
    EXPECT_EQ(Refusal(Checked(scrape.Take(), 1)),
              "journal entry 1: a scrape's values do not fit its layout");
  }
}

TEST_F(JournalTest, SlicesThatAreNotWholeAreRefused) {
  const auto slices = [](uint8_t format, uint64_t values) {
    ByteWriter out = Begin(format, 5);
    out.String("shop");
    out.String("availability");
    out.U64(1);
    out.Varint(values);
    out.U8(0x07);
    for (uint64_t i = 0; i < values; ++i) out.SignedVarint(1);
    out.SignedVarint(0);
    return Checked(out.Take(), 1);
  };
  EXPECT_EQ(Refusal(slices(4, 3)), "");
  EXPECT_NE(Refusal(slices(4, 2)), "");
  EXPECT_NE(Refusal(slices(4, 6)), "");
  EXPECT_NE(Refusal(slices(3, 3)), "") << "version 3 has none";
}

TEST_F(JournalTest, AScrapeThatNamesWhatIsNotDefinedIsRefused) {
  const std::vector<TestEntry> entries = EntryOfEachKind(&names_);
  const JournalEntry& scrape = entries[1].entry;
  const RowIds good = entries[1].ids;
  EXPECT_EQ(Refusal(EncodeEntry(scrape, {99, good.layout}), 2), "no source 99");
  EXPECT_EQ(Refusal(EncodeEntry(scrape, {good.source, 99}), 2), "no layout 99");
  // An id of more than 32 bits is not another id of 32.
  ByteWriter wide = Begin(1, kLogs);
  wide.Varint(uint64_t{1} << 32);
  wide.Varint(0);
  EXPECT_NE(Refusal(Checked(wide.Take(), 1)), "");
}

TEST(JournalLabelsTest, ComeBackAndAreRefusedWhenTorn) {
  const Labels labels({{"__name__", "up"}, {"job", "兆"}, {"zero", std::string("\0", 1)}});
  const std::string bytes = EncodeLabels(labels);
  const auto decoded = DecodeLabels(bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, labels);
  EXPECT_EQ(*DecodeLabels(EncodeLabels(Labels())), Labels());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeLabels(bytes.substr(0, size)).ok()) << size;
  }
  EXPECT_EQ(Message(DecodeLabels(bytes + 'x').status()), "a stored label set is damaged");
}

TEST(JournalLayoutTest, ComesBackAndIsRefusedWhenTornOrOutOfRange) {
  constexpr SeriesId kMax = std::numeric_limits<SeriesId>::max();
  const std::vector<SeriesId> layout = {5, 6, 7, 3, kMax, 0, kMax, kMax};
  const std::string bytes = EncodeLayout(layout);
  const auto decoded = DecodeLayout(bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(**decoded, layout);
  EXPECT_TRUE((*DecodeLayout(EncodeLayout({})))->empty());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeLayout(bytes.substr(0, size)).ok()) << size;
  }
  using Steps = std::vector<int64_t>;
  constexpr int64_t kFar = std::numeric_limits<int64_t>::max();
  for (const Steps& steps : {Steps{-1}, Steps{int64_t{kMax} + 1}, Steps{1, -2}, Steps{1, kFar}}) {
    ByteWriter out;
    out.Varint(steps.size());
    for (const int64_t step : steps) out.SignedVarint(step);
    EXPECT_EQ(Message(DecodeLayout(out.bytes()).status()), "a stored layout is damaged");
  }
}

}  // namespace
}  // namespace kizashi
