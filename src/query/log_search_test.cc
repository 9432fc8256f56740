#include "query/log_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <re2/re2.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "query/regex_literals.h"
#include "store/logs/log_test_support.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;

uint64_t PatternOfLine(std::string_view, uint64_t skeleton, const std::vector<Slot>&) {
  return skeleton % 11;
}

class LogSearchTest : public testing::Test {
 protected:
  LogSearchTest() {
    const auto* about = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) /
              fmt::format("kizashi-search-{}-{}", about->name(), ::getpid());
    fs::remove_all(folder_);
    LogStoreOptions options;
    options.directory = folder_.string();
    options.block_text_bytes = 150'000;
    auto opened = LogStore::Open(options, clock_, &registry_);
    KZ_CHECK(opened.ok(), "{}", opened.status().ToString());
    store_ = std::move(*opened);
  }
  ~LogSearchTest() override {
    store_.reset();
    fs::remove_all(folder_);
  }

  // Some blocks, and a tail that is in memory.
  void Fill(uint64_t seed, size_t lines) {
    LineMaker maker(seed);
    for (uint64_t seq = 1; lines_.size() < lines; ++seq) {
      LogBatch batch;
      batch.stream = static_cast<StreamId>(seq % 3);
      for (const TestLine& made : maker.Lines(50)) {
        batch.lines.push_back(made.line);
        lines_.push_back({made.line, batch.stream});
      }
      ASSERT_TRUE(store_->Append(seq, batch, PatternOfLine).ok());
    }
    // Wait for the blocks that are being made, without touching the tail.
    while (store_->View().tails.size() > 1) std::this_thread::yield();
    ASSERT_GE(store_->View().blocks.size(), 2U);
    ASSERT_EQ(store_->View().tails.size(), 1U);
  }

  std::vector<std::string> Found(const LogQuery& query, LogSearchLimits limits = {}) {
    limits.lines = std::max<uint64_t>(limits.lines, 1'000'000);
    std::vector<std::string> texts;
    const auto result = SearchLogs(*store_, query, limits, [&](const LogRow& row) {
      texts.push_back(row.line.text);
      return true;
    });
    KZ_CHECK(result.ok(), "{}", result.status().ToString());
    KZ_CHECK(result->end == LogSearchEnd::kAll && result->damaged.empty());
    KZ_CHECK(result->lines == texts.size());
    std::sort(texts.begin(), texts.end());
    return texts;
  }
  std::vector<std::string> Expected(const std::function<bool(const TestLine&)>& fits) const {
    std::vector<std::string> texts;
    for (const TestLine& line : lines_) {
      if (fits(line)) texts.push_back(line.line.text);
    }
    std::sort(texts.begin(), texts.end());
    return texts;
  }
  // The search and the count find what a scan of all lines does.
  void Check(const LogQuery& query, const std::function<bool(const TestLine&)>& fits) {
    const auto expected = Expected(fits);
    EXPECT_EQ(Found(query), expected);
    const auto count = CountLogs(*store_, query, {});
    ASSERT_TRUE(count.ok());
    EXPECT_EQ(count->lines, expected.size());
  }

  fs::path folder_;
  ManualClock clock_{TimeFromMs(1'700'000'000'000)};
  Registry registry_;
  std::unique_ptr<LogStore> store_;
  std::vector<TestLine> lines_;
};

TEST_F(LogSearchTest, FindsByEachCondition) {
  Fill(1, 6'000);
  Check({}, [](const TestLine&) { return true; });
  LogQuery text;
  text.text = "took=1";
  Check(text,
        [](const TestLine& line) { return line.line.text.find("took=1") != std::string::npos; });
  LogQuery severity;
  severity.severity_min = LogSeverity::kError;
  Check(severity, [](const TestLine& line) { return line.line.severity >= LogSeverity::kError; });
  LogQuery streams;
  streams.streams = {0, 2};
  Check(streams, [](const TestLine& line) { return line.stream != 1; });
  streams.streams = {77};
  Check(streams, [](const TestLine&) { return false; });
  LogQuery pattern;
  pattern.patterns = {4};
  Check(pattern, [](const TestLine& line) {
    std::vector<Slot> slots;
    return SplitLine(line.line.text, &slots) % 11 == 4;
  });
  LogQuery times;
  times.from = lines_[1'000].line.time;
  times.to = lines_[5'500].line.time;
  Check(times, [&](const TestLine& line) {
    return line.line.time >= *times.from && line.line.time <= *times.to;
  });
  LogQuery trace;
  for (const TestLine& line : lines_)
    trace.trace_id = line.line.trace_id.empty() ? trace.trace_id : line.line.trace_id;
  Check(trace, [&](const TestLine& line) { return line.line.trace_id == trace.trace_id; });
}

TEST_F(LogSearchTest, FindsByTheValueOfAParameter) {
  Fill(2, 5'000);
  for (const auto& slot : {std::optional<uint32_t>(), std::optional<uint32_t>(1)}) {
    LogQuery query;
    query.parameter = LogParameter{slot, "17"};
    Check(query, [&](const TestLine& line) {
      std::vector<Slot> slots;
      SplitLine(line.line.text, &slots);
      for (size_t i = 0; i < slots.size(); ++i) {
        if (slot && *slot != i) continue;
        if (line.line.text.substr(slots[i].begin, slots[i].end - slots[i].begin) == "17")
          return true;
      }
      return false;
    });
  }
}

TEST_F(LogSearchTest, FindsByRegexWhatRe2Finds) {
  Fill(3, 5'000);
  RE2::Options options;
  options.set_dot_nl(true);
  for (const std::string regex :
       {"took=1[0-9]+$", "TraceID: [0-9a-f]{6}0", "(GET|connection).*HTTP", "order=\\d{2} user",
        "円で?す", "^\\d\\d:\\d\\d", "x|y", "(?i)WARN", "a{0}b", "WARN+ +order", "HTTP/1\\.1",
        "[[:digit:]]+円", "se*at=\\d+9\\)"}) {
    const RE2 re(regex, options);
    ASSERT_TRUE(re.ok()) << regex;
    LogQuery query;
    query.regex = regex;
    SCOPED_TRACE(regex);
    Check(query, [&](const TestLine& line) { return RE2::PartialMatch(line.line.text, re); });
  }
  LogQuery bad;
  bad.regex = "a(b";
  EXPECT_EQ(CountLogs(*store_, bad, {}).status().code(), absl::StatusCode::kInvalidArgument);
  LogQuery longest;
  longest.text = std::string(kLogQueryTextMax, 'x');
  EXPECT_TRUE(CountLogs(*store_, longest, {}).ok());
  longest.text += 'x';
  EXPECT_EQ(CountLogs(*store_, longest, {}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(LogSearchTest, FindsByConditionsTogether) {
  Fill(4, 6'000);
  LineMaker maker(4);
  for (int round = 0; round < 60; ++round) {
    const TestLine& one = lines_[maker.Below(lines_.size())];
    LogQuery query;
    if (maker.Below(2) == 0 && !one.line.text.empty())
      query.text = one.line.text.substr(maker.Below(one.line.text.size()), 4);
    if (maker.Below(2) == 0) query.severity_min = one.line.severity;
    if (maker.Below(2) == 0) query.streams = {one.stream};
    if (maker.Below(2) == 0) query.from = one.line.time;
    if (maker.Below(2) == 0) query.to = one.line.time + Duration(maker.Below(20'000));
    if (maker.Below(4) == 0) query.regex = "[0-9]" + std::to_string(maker.Below(10));
    const RE2 re(query.regex);
    Check(query, [&](const TestLine& line) {
      return line.line.text.find(query.text) != std::string::npos &&
             line.line.severity >= query.severity_min &&
             (!query.streams || line.stream == one.stream) &&
             (!query.from || line.line.time >= *query.from) &&
             (!query.to || line.line.time <= *query.to) &&
             (query.regex.empty() || RE2::PartialMatch(line.line.text, re));
    });
  }
}

TEST_F(LogSearchTest, TheNewestComeFirstAndNoMoreThanAsked) {
  Fill(5, 6'000);
  LogSearchLimits limits;
  limits.lines = 3'000;
  std::vector<LogRow> rows;
  const auto result = SearchLogs(*store_, {}, limits, [&](const LogRow& row) {
    rows.push_back(row);
    return true;
  });
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->end, LogSearchEnd::kLines);
  ASSERT_EQ(rows.size(), 3'000U);
  EXPECT_EQ(rows[0].line, lines_.back().line);
  EXPECT_GT(result->blocks_left, 0U);
  // Of the lines in blocks, each is no later than the one before.
  const uint32_t in_memory = store_->View().tails[0].lines;
  const uint32_t in_block = store_->View().blocks.back()->lines;
  for (uint32_t i = in_memory + 1; i < std::min<size_t>(in_memory + in_block, rows.size()); ++i) {
    EXPECT_LE(rows[i].line.time, rows[i - 1].line.time);
  }
}

TEST_F(LogSearchTest, StopsAtEachLimitAndSaysSo) {
  Fill(6, 8'000);
  LogQuery query;
  query.text = "nowhere";
  LogSearchLimits bytes;
  bytes.text_bytes = 1;
  auto result = CountLogs(*store_, query, bytes);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->end, LogSearchEnd::kBytes);
  EXPECT_EQ(result->blocks_left, store_->View().blocks.size());
  bytes.text_bytes = 200'000;  // the tail and one block
  result = CountLogs(*store_, query, bytes);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->end, LogSearchEnd::kBytes);
  EXPECT_GT(result->blocks_searched, 0U);
  EXPECT_GT(result->blocks_left, 0U);
  LogSearchLimits time;
  time.time = Duration(0);
  EXPECT_EQ(CountLogs(*store_, query, time)->end, LogSearchEnd::kTime);
  const std::atomic<bool> cancelled = true;
  LogSearchLimits flag;
  flag.cancelled = &cancelled;
  EXPECT_EQ(CountLogs(*store_, query, flag)->end, LogSearchEnd::kCancelled);
  int seen = 0;
  result = SearchLogs(*store_, {}, {}, [&](const LogRow&) { return ++seen < 7; });
  EXPECT_EQ(result->end, LogSearchEnd::kVisitor);
  EXPECT_EQ(seen, 7);
}

TEST_F(LogSearchTest, CancelsInTheMiddle) {
  Fill(7, 8'000);
  std::atomic<bool> cancelled = false;
  LogSearchLimits limits;
  limits.lines = 1'000'000;
  limits.cancelled = &cancelled;
  size_t seen = 0;
  const auto result = SearchLogs(*store_, {}, limits, [&](const LogRow&) {
    if (++seen == 3'000) cancelled = true;
    return true;
  });
  EXPECT_EQ(result->end, LogSearchEnd::kCancelled);
  EXPECT_LT(seen, lines_.size());
}

TEST_F(LogSearchTest, PassesBlocksOutsideOfTheTimeRange) {
  Fill(8, 8'000);
  LogQuery query;
  query.from = lines_.back().line.time + std::chrono::hours(1);
  const auto result = CountLogs(*store_, query, {});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->blocks_passed, store_->View().blocks.size());
  EXPECT_EQ(result->blocks_searched, 0U);
}

TEST_F(LogSearchTest, ADamagedBlockIsSaidAndTheOthersSearched) {
  Fill(9, 8'000);
  const auto blocks = store_->View().blocks;
  fs::resize_file(blocks[0]->path, blocks[0]->file_bytes / 2);
  fs::remove(blocks[1]->path);  // as retention does while a search runs
  const auto result = CountLogs(*store_, {}, {});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->end, LogSearchEnd::kAll);
  ASSERT_EQ(result->damaged.size(), 1U);
  EXPECT_THAT(result->damaged[0], testing::HasSubstr(blocks[0]->path));
  EXPECT_EQ(result->lines, lines_.size() - blocks[0]->lines - blocks[1]->lines);
}

TEST_F(LogSearchTest, CountsOfPatternsAreThoseOfTheLines) {
  Fill(10, 8'000);
  std::map<std::tuple<uint64_t, LogSeverity, Time>, uint32_t> expected;
  std::vector<Slot> slots;
  for (const TestLine& line : lines_) {
    ++expected[{SplitLine(line.line.text, &slots) % 11, line.line.severity,
                FloorTo(line.line.time, std::chrono::minutes(1))}];
  }
  const Time begin = TimeFromMs(0);
  const Time end = TimeFromMs(2'000'000'000'000);
  const auto counts = CountPatterns(*store_, {begin, end});
  ASSERT_TRUE(counts.ok());
  decltype(expected) found;
  for (const PatternCount& count : counts->skeletons)
    found[{count.pattern, count.severity, count.minute}] = count.lines;
  EXPECT_EQ(found, expected);
  const auto one = CountPatterns(*store_, {begin, end, {}, std::vector<uint64_t>{4}});
  ASSERT_TRUE(one.ok());
  ASSERT_FALSE(one->skeletons.empty());
  EXPECT_TRUE(std::all_of(one->skeletons.begin(), one->skeletons.end(),
                          [](const PatternCount& count) { return count.pattern == 4; }));
  const Time middle = counts->skeletons[counts->skeletons.size() / 2].minute;
  const auto minute = CountPatterns(*store_, {middle + Duration(5), middle + Duration(5)});
  ASSERT_TRUE(minute.ok());
  ASSERT_FALSE(minute->skeletons.empty());
  for (const PatternCount& count : minute->skeletons) EXPECT_EQ(count.minute, middle);
}

std::shared_ptr<const PatternTemplates> Templates(const std::vector<std::string>& texts) {
  std::vector<PatternTemplate> templates;
  for (const std::string& text : texts) templates.push_back({0, text, ""});
  return std::make_shared<const PatternTemplates>(std::move(templates));
}

// Of two services; the third has none.
StreamTemplates SomeTemplates() {
  return {{0, Templates({"connection from <*> closed", "connection from 10.0.1.7:<*> closed",
                         "count <*> of 7", "<*> INFO <*> took=<*>", "<*> WARN <*>", "sold [<*>",
                         "<*> state=on1", "<*> 1<*>"})},
          {2, Templates({"GET <*> at <*>", "count <*> of <*>", "値段は<*>円です。 日付=<*>"})}};
}

TEST_F(LogSearchTest, FindsLinesOfTemplatesAndOfSkeletonsWithoutThem) {
  Fill(11, 6'000);
  const StreamTemplates of = SomeTemplates();
  const auto template_of = [&](const TestLine& line) {
    const auto found = of.find(line.stream);
    const PatternTemplate* one = found == of.end() ? nullptr : found->second->Find(line.line.text);
    return one == nullptr ? 0 : one->id;
  };
  std::vector<Slot> slots;
  std::set<uint64_t> ids = {4};
  for (const auto& [stream, templates] : of) {
    for (const PatternTemplate& one : templates->all()) ids.insert(one.id);
  }
  size_t found = 0;
  for (const uint64_t id : ids) {
    LogQuery query;
    query.patterns = {id};
    query.templates = LogTemplateQuery{id, of};
    const auto fits = [&](const TestLine& line) {
      const uint64_t one = template_of(line);
      return one != 0 ? one == id : SplitLine(line.line.text, &slots) % 11 == id;
    };
    Check(query, fits);
    found += Found(query).empty() ? 0 : 1;
    query.streams = {2};
    query.text = "7";
    Check(query, [&](const TestLine& line) {
      return fits(line) && line.stream == 2 && line.line.text.find('7') != std::string::npos;
    });
  }
  EXPECT_EQ(found, ids.size()) << "each has lines";
}

TEST_F(LogSearchTest, CountsOfTemplatesAreThoseOfTheLines) {
  Fill(12, 8'000);
  const auto templates = SomeTemplates().at(0);
  using Counts = std::map<std::tuple<uint64_t, LogSeverity, Time>, uint32_t>;
  const auto map_of = [](const std::vector<PatternCount>& counts) {
    Counts map;
    for (const PatternCount& count : counts) {
      map[{count.pattern, count.severity, count.minute}] = count.lines;
    }
    return map;
  };
  std::vector<Slot> slots;
  for (const std::optional<uint64_t> only :
       {std::optional<uint64_t>(), std::optional(templates->all()[2].id)}) {
    PatternCountQuery query;
    query.to = TimeFromMs(2'000'000'000'000);
    query.streams = {0, 2};
    query.templates = templates;
    query.template_id = only;
    if (only) query.patterns = {4};
    Counts of_skeletons;
    Counts of_templates;
    for (const TestLine& line : lines_) {
      if (line.stream == 1) continue;
      const PatternTemplate* const one = templates->Find(line.line.text);
      const uint64_t skeleton = SplitLine(line.line.text, &slots) % 11;
      if (only && (one == nullptr ? skeleton != 4 : one->id != *only)) continue;
      ++(one == nullptr ? of_skeletons
                        : of_templates)[{one == nullptr ? skeleton : one->id, line.line.severity,
                                         FloorTo(line.line.time, std::chrono::minutes(1))}];
    }
    const auto counts = CountPatterns(*store_, query);
    ASSERT_TRUE(counts.ok());
    EXPECT_EQ(map_of(counts->skeletons), of_skeletons);
    EXPECT_EQ(map_of(counts->templates), of_templates);
    EXPECT_FALSE(of_templates.empty());
  }
}

TEST(RegexLiterals, AreInEveryMatch) {
  using testing::ElementsAre;
  EXPECT_THAT(RequiredLiterals("connection reset"), ElementsAre("connection reset"));
  EXPECT_THAT(RequiredLiterals("took \\d+ms$"), ElementsAre("took ", "ms"));
  EXPECT_THAT(RequiredLiterals("(a|b)cde"), ElementsAre("cde"));
  EXPECT_THAT(RequiredLiterals("abc?de"), ElementsAre("ab", "de"));
  EXPECT_THAT(RequiredLiterals("ab+cd"), ElementsAre("ab", "cd"));
  EXPECT_THAT(RequiredLiterals("値段*です"), ElementsAre("値", "です"));
  EXPECT_THAT(RequiredLiterals("abc{2,3}de"), ElementsAre("ab", "de"));
  EXPECT_THAT(RequiredLiterals("a\\.b\\[c"), ElementsAre("a.b[c"));
  EXPECT_THAT(RequiredLiterals("[]x]yes[^a\\]]no"), ElementsAre("yes", "no"));
  for (const std::string none :
       {"", "abc|def", "(?i)abc", "(abc)?", "\\Qabc\\E", "\\x41bcd", ".*", "(?:abc)def"}) {
    EXPECT_TRUE(RequiredLiterals(none).empty()) << none;
  }
}

}  // namespace
}  // namespace kizashi
