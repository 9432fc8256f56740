#include "act/oncall/calendar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/oncall/oncall_test_support.h"

namespace kizashi::oncall {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kText =
    "schedule: {name: p, title: 'お店, 一次; 対応の当番表でとても長い名前が付いているもの', "
    "team: dev, layers: [{rotation: daily, start: 2026-03-02 09:00, people: [ann, bob]}]}";

TEST(Calendar, HasAnEventForEachTurn) {
  const OnCall oncall = OnCallOf(kText);
  const Time from = At("2026-03-02T00:00:00Z");
  const std::string text =
      ScheduleCalendar(oncall, "p", from, At("2026-03-04T00:00:00Z"), At("2026-03-01T12:00:00Z"));
  EXPECT_TRUE(text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
  EXPECT_TRUE(text.ends_with("END:VEVENT\r\nEND:VCALENDAR\r\n"));
  EXPECT_THAT(text, HasSubstr("DTSTAMP:20260301T120000Z\r\nDTSTART:20260302T000000Z\r\n"
                              "DTEND:20260303T000000Z\r\n"));
  EXPECT_THAT(text, HasSubstr("お店\\, 一次\\; "));
}

TEST(Calendar, FoldsLinesWhereCharactersEnd) {
  const OnCall oncall = OnCallOf(kText);
  const std::string text = ScheduleCalendar(oncall, "p", At("2026-03-02T00:00:00Z"),
                                            At("2026-03-04T00:00:00Z"), At("2026-03-01T12:00:00Z"));
  std::string unfolded;
  size_t begin = 0;
  for (size_t end = text.find("\r\n"); end != std::string::npos; end = text.find("\r\n", begin)) {
    const std::string line = text.substr(begin, end - begin);
    EXPECT_LE(line.size(), 75u) << line;
    EXPECT_NE(static_cast<unsigned char>(line[line.size() > 1 ? 1 : 0]) & 0xc0, 0x80) << line;
    unfolded += line.starts_with(' ') ? line.substr(1) : "\n" + line;
    begin = end + 2;
  }
  EXPECT_EQ(begin, text.size());
  EXPECT_THAT(unfolded, HasSubstr("\nSUMMARY:お店\\, 一次\\; "
                                  "対応の当番表でとても長い名前が付いているもの: ann\n"));
}

TEST(Calendar, OfAPersonHasTheirTurnsAlone) {
  const OnCall oncall = OnCallOf(kText);
  const auto of = [&](const char* person) {
    return PersonCalendar(oncall, person, At("2026-03-02T00:00:00Z"), At("2026-03-04T00:00:00Z"),
                          At("2026-03-01T12:00:00Z"));
  };
  EXPECT_THAT(of("bob"), HasSubstr("DTSTART:20260303T000000Z"));
  EXPECT_THAT(of("bob"), Not(HasSubstr("DTSTART:20260302T000000Z")));
  EXPECT_THAT(of("nobody"), Not(HasSubstr("VEVENT")));
  EXPECT_EQ(ScheduleCalendar(oncall, "q", At("2026-03-02T00:00:00Z"), At("2026-03-04T00:00:00Z"),
                             At("2026-03-01T12:00:00Z")),
            "");
}

}  // namespace
}  // namespace kizashi::oncall
