#include "store/logs/value_form.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace kizashi {
namespace {

TEST(ValueForm, NumbersAreReadOnlyWhenTheyArePrintedTheSame) {
  for (const std::string text :
       {"0", "7", "-7", "1234567890", "999999999999999999", "-999999999999999999"}) {
    const auto number = ReadNumber(text);
    ASSERT_TRUE(number.has_value()) << text;
    std::string printed;
    AppendNumber(*number, &printed);
    EXPECT_EQ(printed, text);
  }
  for (const std::string text :
       {"", "-", "-0", "00", "07", "+7", "1.0", "1e3", " 1", "1 ", "1234567890123456789", "--1"}) {
    EXPECT_FALSE(ReadNumber(text).has_value()) << text;
  }
}

TEST(ValueForm, EveryTimeThatIsReadIsPrintedTheSame) {
  std::mt19937_64 random(4);
  for (size_t i = 0; i < TimeLayoutCount(); ++i) {
    const TimeLayout& layout = TimeLayoutAt(i);
    int read = 0;
    for (int round = 0; round < 20'000; ++round) {
      std::string text(layout.text);
      for (char& c : text) {
        if (std::string_view("YMDhmsf").find(c) == std::string_view::npos) continue;
        c = static_cast<char>('0' + random() % (round % 2 == 0 ? 3 : 10));
      }
      const auto units = ReadTime(layout, text);
      if (!units) continue;
      ++read;
      std::string printed;
      AppendTime(layout, *units, &printed);
      ASSERT_EQ(printed, text);
      ASSERT_TRUE(FindTimeLayout(text).has_value());
    }
    EXPECT_GT(read, 20) << layout.text;
  }
}

TEST(ValueForm, DatesAreThoseOfTheCalendar) {
  const TimeLayout& layout = TimeLayoutAt(*FindTimeLayout("2024-02-29 23:59:59"));
  EXPECT_EQ(ReadTime(layout, "1970-01-02 00:00:01"), 86'401);
  EXPECT_EQ(ReadTime(layout, "2024-02-29 23:59:59"), 1'709'251'199);
  for (const std::string text :
       {"2023-02-29 00:00:00", "2023-13-01 00:00:00", "2023-00-01 00:00:00", "2023-01-01 24:00:00",
        "2023-01-01 00:60:00", "0000-01-01 00:00:00"}) {
    EXPECT_FALSE(ReadTime(layout, text).has_value()) << text;
  }
}

TEST(ValueForm, IdsKeepTheirCaseAndDashes) {
  for (const std::string text :
       {"0123456789abcdef", "8e71ee0187c368bcbe6823b645d5bd51", "8E71EE0187C368BCBE6823B645D5BD51",
        "746e9d67-62cc-42f5-9eb6-f17e149a0074", "1234567890123456"}) {
    const auto form = FindIdForm(text);
    ASSERT_TRUE(form.has_value()) << text;
    std::array<char, kIdBytesMax> id;
    ASSERT_TRUE(ReadId(*form, text, id.data()));
    std::string printed;
    AppendId(*form, id.data(), &printed);
    EXPECT_EQ(printed, text);
  }
  for (const std::string text :
       {"", "abcdef", "0123456789abcdeg", "0123456789abcdeF", "0123456789abcde",
        "746e9d67-62cc-42f5-9eb6-f17e149a007-", "746e9d67-62cc-42f5-9eb6xf17e149a0074"}) {
    EXPECT_FALSE(FindIdForm(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace kizashi
