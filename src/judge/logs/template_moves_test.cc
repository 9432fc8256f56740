#include "judge/logs/template_moves.h"

#include <gtest/gtest.h>

#include <map>

#include "base/archive.h"
#include "judge/logs/line_patterns.h"

namespace kizashi {
namespace {

using std::chrono::hours;

constexpr Time kBegin = TimeFromMs(1'767'225'600'000);

std::shared_ptr<const PatternTemplates> Make(const std::vector<std::string>& texts) {
  std::vector<PatternTemplate> templates;
  for (const std::string& text : texts) templates.push_back({0, text, "n"});
  return std::make_shared<const PatternTemplates>(std::move(templates));
}

// Patterns that were found, and the finder that counts them.
class TemplateMovesTest : public testing::Test {
 protected:
  uint64_t Log(const std::string& line) {
    mined_.Add(line);
    mined_.Update();
    const uint64_t id = mined_.pattern(mined_.Lookup(line)).id;
    finder_.Add(id, LogSeverity::kInfo, line, kBegin);
    return id;
  }
  bool Explained(uint64_t id, Time now) const { return moves_.Explain(id, finder_, mined_, now); }

  PatternSet mined_;
  LogFinder finder_;
  TemplateMoves moves_;
};

TEST_F(TemplateMovesTest, ACoveredPatternStaysAwayForGood) {
  const uint64_t card = Log("order 1 paid by card");
  const uint64_t cart = Log("cart 1 opened");
  const auto templates = Make({"order <*> paid by <*>"});
  const uint64_t paid = templates->all()[0].id;
  moves_.Follow(templates, true, kBegin);
  moves_.Saw(card, paid);
  finder_.Add(paid, LogSeverity::kInfo, "order 2 paid by card", kBegin, false);
  EXPECT_TRUE(moves_.WasLogged(card));
  EXPECT_FALSE(moves_.WasLogged(cart));
  EXPECT_TRUE(Explained(card, kBegin));
  EXPECT_TRUE(Explained(paid, kBegin));
  EXPECT_FALSE(Explained(cart, kBegin));
  const Time later = kBegin + TemplateMoves::kSettle;
  EXPECT_TRUE(Explained(card, later));
  EXPECT_FALSE(Explained(paid, later)) << "its own rate is known by then";
  // When it is taken away, it is the template that stays away.
  moves_.Follow(nullptr, true, later);
  EXPECT_TRUE(Explained(card, later));
  EXPECT_FALSE(Explained(card, later + TemplateMoves::kSettle));
  EXPECT_TRUE(Explained(paid, later + hours(100)));
}

TEST_F(TemplateMovesTest, APatternThatWasSplitIsKnownAnewAfterAWhile) {
  const uint64_t job = Log("job 1 ended with code 0");
  moves_.Follow(Make({"job <*> ended with code 1"}), true, kBegin);
  moves_.Saw(job, 1);
  EXPECT_TRUE(Explained(job, kBegin + hours(1)));
  EXPECT_FALSE(Explained(job, kBegin + TemplateMoves::kSettle));
}

TEST_F(TemplateMovesTest, TheSameTemplatesAreNoChangeAfterARestart) {
  const uint64_t job = Log("job 1 ended with code 0");
  const auto templates = Make({"job <*> ended with code 1"});
  moves_.Follow(templates, true, kBegin);
  moves_.Saw(job, 1);
  StateWriter out;
  out(moves_);
  const std::string state = out.Take();
  StateReader in(state);
  moves_ = {};
  in(moves_);
  ASSERT_TRUE(in.ok());
  moves_.Follow(templates, true, kBegin + hours(1));
  EXPECT_TRUE(Explained(job, kBegin + hours(1)));
  EXPECT_FALSE(Explained(job, kBegin + TemplateMoves::kSettle));
}

TEST_F(TemplateMovesTest, ATemplateKeepsItsKeyWhateverMiningMerges) {
  const auto templates = Make({"order <*> paid by card"});
  const uint64_t id = templates->all()[0].id;
  // While it is in force its text stays a pattern.
  moves_.Follow(templates, true, kBegin);
  EXPECT_FALSE(moves_.Renamed(id, 7));
  EXPECT_EQ(moves_.KeyOf(id), id);
  EXPECT_EQ(moves_.ByKey(id), &templates->all()[0]);
  // What was merged before it was written is counted as another.
  moves_.Follow(nullptr, true, kBegin);
  EXPECT_TRUE(moves_.Renamed(id, 7));
  moves_.Follow(templates, true, kBegin);
  EXPECT_NE(moves_.KeyOf(id), id);
  EXPECT_EQ(moves_.ByKey(moves_.KeyOf(id)), &templates->all()[0]);
  EXPECT_EQ(moves_.ByKey(id), nullptr);
}

TEST(LinePatterns, LinesOfTemplatesCountForThem) {
  const auto templates = Make({"order <*> paid by <*>", "order 7 paid by card"});
  LinePatterns lines;
  lines.UseTemplates(templates.get());
  std::map<std::string, uint64_t> counts;
  const auto add = [&](const std::string& text) {
    LogLine line;
    line.text = text;
    if (const auto named = lines.Add(line, 0, true)) ++counts[std::string(named->text)];
  };
  const auto resolve = [&] {
    lines.Resolve({}, [&](const LinePatterns::Held& held, const LinePatterns::Named& named) {
      counts[std::string(named.text)] += held.count;
      EXPECT_EQ(named.id, PatternIdOf(named.text));
      EXPECT_EQ(named.mined == named.id, named.name.empty());
    });
  };
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 10; ++i) add(fmt::format("order {} paid by card", i));
    add("order 1 paid by bank");
    add("order 1 lost");
    resolve();
  }
  const std::map<std::string, uint64_t> expected = {
      {"order <*> paid by <*>", 20}, {"order 7 paid by card", 2}, {"order <*> lost", 2}};
  EXPECT_EQ(counts, expected);
}

}  // namespace
}  // namespace kizashi
