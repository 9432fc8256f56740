#include "pattern/templates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <array>
#include <map>
#include <memory>
#include <random>

#include "pattern/pattern_set.h"
#include "pattern/split.h"

namespace kizashi {
namespace {

PatternTemplates Make(const std::vector<std::string>& texts) {
  std::vector<PatternTemplate> templates;
  for (const std::string& text : texts) templates.push_back({0, text, ""});
  return PatternTemplates(std::move(templates));
}

std::string TextOf(const PatternTemplate* found) { return found == nullptr ? "" : found->text; }

std::string Find(const std::vector<std::string>& texts, std::string_view line) {
  return TextOf(Make(texts).Find(line));
}

bool Matches(const std::string& text, std::string_view line) { return !Find({text}, line).empty(); }

TEST(PatternTemplates, ConstantTextIsEqualAndParametersHaveBytes) {
  EXPECT_TRUE(Matches("order <*> placed", "order 17 placed"));
  EXPECT_TRUE(Matches("order <*> placed", "order of ann and bob placed"));
  EXPECT_FALSE(Matches("order <*> placed", "order placed"));
  EXPECT_FALSE(Matches("order <*> placed", "order 17 placed twice"));
  EXPECT_FALSE(Matches("order <*> placed", "reorder 17 placed"));
  EXPECT_TRUE(Matches("cache cleared", "cache cleared"));
  EXPECT_FALSE(Matches("cache cleared", "cache cleared."));
  EXPECT_TRUE(Matches("<*>:<*>", "a:b:c"));
  EXPECT_FALSE(Matches("<*>:<*>", ":b"));
  EXPECT_FALSE(Matches("a<*>a", "aa"));
  EXPECT_TRUE(Matches("a<*>a", "aaa"));
  EXPECT_TRUE(Matches("<*> x <*> x <*>", "1 x x x 2 x 3"));
  EXPECT_FALSE(Matches("order <*>", ""));
  EXPECT_TRUE(Matches("注文<*>件", "注文12件"));
}

TEST(PatternTemplates, WhiteSpaceIsOneSpace) {
  EXPECT_TRUE(Matches("order <*> placed", "  order\t 17 \n placed "));
  EXPECT_FALSE(Matches("a <*> b", "a   b"));
  EXPECT_TRUE(Matches("a <*> b", "a  x  b"));
  EXPECT_EQ(PatternTemplates::Normalize(" \ta  b\r\n"), "a b");
  EXPECT_EQ(PatternTemplates::Normalize(" \t"), "");
}

TEST(PatternTemplates, TheMostConstantBytesWinThenTheOrder) {
  const std::vector<std::string> texts = {"order <*>", "order <*> paid by <*>",
                                          "order <*> paid by card"};
  EXPECT_EQ(Find(texts, "order 1 paid by card"), texts[2]);
  EXPECT_EQ(Find(texts, "order 1 paid by bank"), texts[1]);
  EXPECT_EQ(Find(texts, "order 1 lost"), texts[0]);
  EXPECT_EQ(Find(texts, "invoice 1 lost"), "");
  EXPECT_EQ(Find({"<*> ab", "ab <*>"}, "ab ab ab"), "<*> ab");
  EXPECT_EQ(Find({"ab <*>", "<*> ab"}, "ab ab ab"), "ab <*>");
  EXPECT_EQ(Find({"<*> lost <*>", "order <*>"}, "order lost 7"), "<*> lost <*>");
}

TEST(PatternTemplates, IdsAreThoseOfPatterns) {
  const PatternTemplates templates({{0, "order <*> placed", "Order placed"}});
  const PatternTemplate* const found = templates.Find("order 1 placed");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->id, PatternIdOf("order <*> placed"));
  EXPECT_EQ(found->name, "Order placed");
  EXPECT_EQ(templates.ById(found->id), found);
  EXPECT_EQ(templates.ById(1), nullptr);
  EXPECT_NE(templates.hash(), Make({"order <*> placed"}).hash());
}

TEST(PatternTemplates, SaysWhatIsWrongWithAText) {
  const auto fault = [](const std::string& text) {
    return PatternTemplates::FaultOf(PatternTemplates::Normalize(text)).value_or("");
  };
  EXPECT_EQ(fault("order <*>"), "");
  EXPECT_EQ(fault("<*> order <*> x"), "");
  EXPECT_EQ(fault("a<*> <*>"), "");
  EXPECT_EQ(fault(" \t "), "an empty pattern");
  EXPECT_EQ(fault("<*>"), "a pattern of parameters alone");
  EXPECT_EQ(fault("<*> <*>"), "a pattern of parameters alone");
  EXPECT_EQ(fault("a <*><*>"), "two parameters without text between them");
  EXPECT_EQ(fault("a\1"), "a control character");
  EXPECT_EQ(fault(std::string(PatternTemplates::kTextBytesMax, 'x')), "");
  EXPECT_EQ(fault(std::string(PatternTemplates::kTextBytesMax + 1, 'x')), "4097 bytes");
}

// No text may make a match slow: 4 KiB of template, each piece of it almost everywhere in 1 MB.
TEST(PatternTemplates, TakesTimeInProportion) {
  std::string text;
  while (text.size() + 8 < PatternTemplates::kTextBytesMax) text += "<*>aaaab";
  EXPECT_FALSE(Matches(text, std::string(1 << 20, 'a') + "b"));
  EXPECT_FALSE(Matches(text + "<*>", std::string(1 << 20, 'a')));
}

// Texts of few different bytes, so that much matches by accident.
class RandomTexts {
 public:
  explicit RandomTexts(uint32_t seed) : random_(seed) {}
  size_t Below(size_t end) { return random_() % end; }
  std::string Line() {
    std::string line;
    for (size_t i = Below(14); i > 0; --i) {
      static constexpr std::array<std::string_view, 12> kParts = {
          "a", "b", " ", "  ", "\t", "12", "/x/y", "k=v", "k=\"a b\"", "k='", "ab", "7"};
      line += kParts[Below(kParts.size())];
    }
    return line;
  }
  std::string Template() {
    while (true) {
      std::string text;
      for (size_t i = 1 + Below(7); i > 0; --i) {
        static constexpr std::array<std::string_view, 9> kParts = {"<*>", "<*>", "a",  "b", " ",
                                                                   "ab",  "k=",  "\"", "1"};
        text += kParts[Below(kParts.size())];
      }
      text = PatternTemplates::Normalize(text);
      if (!PatternTemplates::FaultOf(text)) return text;
    }
  }

 private:
  std::mt19937 random_;
};

std::string RegexOf(std::string_view text) {
  std::string regex = "(?s)\\A";
  for (size_t at; (at = text.find("<*>")) != text.npos;) {
    regex += RE2::QuoteMeta(std::string(text.substr(0, at))) + "(?:.+?)";
    text.remove_prefix(at + 3);
  }
  return regex + RE2::QuoteMeta(std::string(text)) + "\\z";
}

TEST(PatternTemplates, MatchesAsARegularExpressionDoes) {
  RandomTexts random(1);
  int matched = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<std::string> texts;
    for (size_t i = 1 + random.Below(6); i > 0; --i) texts.push_back(random.Template());
    const PatternTemplates templates = Make(texts);
    std::map<std::string, std::unique_ptr<RE2>> regexes;
    RE2::Options options(RE2::Latin1);
    for (const std::string& text : texts) {
      regexes[text] = std::make_unique<RE2>(RegexOf(text), options);
      ASSERT_TRUE(regexes[text]->ok()) << RegexOf(text);
    }
    const auto bytes = [](std::string_view text) {
      size_t parameters = 0;
      for (size_t at = 0; (at = text.find("<*>", at)) != text.npos; at += 3) ++parameters;
      return text.size() - 3 * parameters;
    };
    for (int i = 0; i < 200; ++i) {
      const std::string line = random.Line();
      const std::string normal = PatternTemplates::Normalize(line);
      std::string expected;
      for (const std::string& text : texts) {
        if (!RE2::FullMatch(normal, *regexes[text])) continue;
        if (expected.empty() || bytes(text) > bytes(expected)) expected = text;
      }
      matched += expected.empty() ? 0 : 1;
      ASSERT_EQ(TextOf(templates.Find(line)), expected) << "'" << line << "'";
    }
  }
  EXPECT_GT(matched, 1000);
}

// What the skeleton promises holds for each of its lines.
TEST(PatternTemplates, FitsAreTrueOfEveryLine) {
  RandomTexts random(2);
  std::vector<Slot> slots;
  std::map<std::string, int> seen;
  for (int round = 0; round < 400; ++round) {
    std::vector<std::string> texts;
    for (size_t i = 1 + random.Below(4); i > 0; --i) texts.push_back(random.Template());
    const PatternTemplates templates = Make(texts);
    for (int i = 0; i < 200; ++i) {
      const std::string line = random.Line();
      SplitLine(line, &slots);
      std::vector<std::string_view> pieces;
      size_t done = 0;
      for (const Slot& slot : slots) {
        pieces.push_back(std::string_view(line).substr(done, slot.begin - done));
        done = slot.end;
      }
      pieces.push_back(std::string_view(line).substr(done));
      const TemplateFit fit = templates.FitOf(pieces);
      const PatternTemplate* const found = templates.Find(line);
      if (fit.all != nullptr) {
        ASSERT_EQ(TextOf(found), fit.all->text) << "'" << line << "'";
      } else if (!fit.some) {
        ASSERT_EQ(found, nullptr) << "'" << line << "' is of " << found->text;
      }
      ++seen[fit.all != nullptr ? "all" : fit.some ? "some" : "none"];
    }
  }
  for (const char* kind : {"all", "some", "none"}) EXPECT_GT(seen[kind], 500) << kind;
}

TEST(PatternTemplates, FitsTellMostSkeletonsWithoutTheirLines) {
  const PatternTemplates templates =
      Make({"order <*> placed", "<*> INFO order <*> paid by <*>", "order <*> paid by card"});
  const auto fit = [&](const std::vector<std::string_view>& pieces) {
    const TemplateFit of = templates.FitOf(pieces);
    return of.all != nullptr ? of.all->text : of.some ? "some" : "none";
  };
  EXPECT_EQ(fit({"order ", " placed"}), "order <*> placed");
  EXPECT_EQ(fit({"order  ", "\tplaced "}), "order <*> placed");
  EXPECT_EQ(fit({"order ", " paid by card"}), "order <*> paid by card");
  EXPECT_EQ(fit({"order ", " lost"}), "none");
  EXPECT_EQ(fit({"", " INFO order ", " paid by bank"}), "<*> INFO order <*> paid by <*>");
  EXPECT_EQ(fit({"", " INFO invoice ", " paid by bank"}), "none");
  EXPECT_EQ(fit({"", " ", " order ", " paid by bank"}), "some");
}

TEST(PatternTemplates, CoverPatternsThatTheyAreWiderThan) {
  const PatternTemplates templates = Make({"order <*> paid by <*>"});
  EXPECT_TRUE(templates.Covers("order <*> paid by card"));
  EXPECT_TRUE(templates.Covers("order <*> paid by <*>"));
  EXPECT_FALSE(templates.Covers("order <*> paid <*> card"));
  EXPECT_FALSE(Make({"order <*> paid by card"}).Covers("order <*> paid by <*>"));
}

}  // namespace
}  // namespace kizashi
