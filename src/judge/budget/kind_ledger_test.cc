#include "judge/budget/kind_ledger.h"

#include <gtest/gtest.h>

#include "base/archive.h"

namespace kizashi {
namespace {

using std::chrono::days;
using std::chrono::hours;

const std::string kKind = "shop/redundancy/member_down";
constexpr Time kStart = TimeFromMs(1'767'225'600'000);

LedgerEdit Edit(const std::string& id, LedgerEdit::What what, const std::string& reason = "",
                Time until = {}) {
  LedgerEdit edit{id, what, "shop", kKind};
  edit.actor = "hanako";
  edit.reason = reason;
  edit.until = until;
  return edit;
}

TEST(KindLedger, TheFirstEpisodeIsNews) {
  KindLedger ledger;
  EXPECT_EQ(ledger.Begin(kKind, kStart, kStart), EpisodeLedger());
  ASSERT_NE(ledger.Find(kKind), nullptr);
  EXPECT_EQ(ledger.Find(kKind)->episodes, 1u);
  EXPECT_EQ(ledger.Find("shop/other"), nullptr);
}

TEST(KindLedger, WhatWasNotSeenForLongCameBack) {
  KindLedger ledger;
  ledger.Begin(kKind, kStart, kStart);
  ledger.End(kKind, kStart + hours(1));
  const Time soon = kStart + hours(1) + KindLedger::kAbsent - Duration(1);
  EXPECT_EQ(ledger.Begin(kKind, soon, soon).came_back, "");
  ledger.End(kKind, soon);
  const Time late = soon + KindLedger::kAbsent;
  const EpisodeLedger back = ledger.Begin(kKind, late, late);
  EXPECT_EQ(back.came_back, "absent");
  EXPECT_EQ(back.last_seen, soon);
}

TEST(KindLedger, WhatWasFixedComesBackAtOnce) {
  KindLedger ledger;
  ledger.Begin(kKind, kStart, kStart);
  const auto fixed = ledger.Apply(Edit("1", LedgerEdit::What::kFixed, "PR 12"), kStart + hours(1));
  ASSERT_TRUE(fixed.has_value());
  EXPECT_TRUE(fixed->before.empty());
  EXPECT_EQ(FieldText(fixed->after, "fixed_by"), "PR 12");
  EXPECT_EQ(ledger.Begin(kKind, kStart + hours(2), kStart + hours(2)).came_back, "fixed");
  ledger.Apply(Edit("2", LedgerEdit::What::kReopen), kStart + hours(3));
  EXPECT_EQ(ledger.Begin(kKind, kStart + hours(4), kStart + hours(4)).came_back, "");
}

TEST(KindLedger, WhatIsExpectedIsSoUntilThenAndNoLonger) {
  KindLedger ledger;
  const Time until = kStart + days(7);
  const auto told =
      ledger.Apply(Edit("1", LedgerEdit::What::kExpect, "the rack moves", until), kStart);
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->what, "expect");
  EXPECT_EQ(told->actor, "hanako");
  EXPECT_EQ(told->until, until);
  EXPECT_EQ(FieldText(told->after, "expected_until"), FormatTime(until));
  const EpisodeLedger before = ledger.Begin(kKind, until - hours(1), until - hours(1));
  EXPECT_EQ(before.expected_until, until);
  EXPECT_EQ(before.expected_because, "the rack moves");
  EXPECT_FALSE(ledger.Begin(kKind, until, until).expected_until.has_value());
  EXPECT_FALSE(ledger.ExpectedUntil(kKind, until).has_value());
  const auto back = ledger.Apply(Edit("2", LedgerEdit::What::kUnexpect), kStart + hours(1));
  EXPECT_EQ(FieldText(back->before, "expected_because"), "the rack moves");
  EXPECT_TRUE(back->after.empty());
  EXPECT_FALSE(ledger.ExpectedUntil(kKind, kStart + hours(2)).has_value());
}

TEST(KindLedger, AnEditThatComesTwiceCountsOnce) {
  KindLedger ledger;
  const LedgerEdit edit = Edit("same", LedgerEdit::What::kFixed, "PR 12");
  EXPECT_TRUE(ledger.Apply(edit, kStart).has_value());
  EXPECT_TRUE(ledger.Apply(Edit("other", LedgerEdit::What::kReopen), kStart).has_value());
  EXPECT_FALSE(ledger.Apply(edit, kStart + hours(1)).has_value());
  EXPECT_FALSE(ledger.Find(kKind)->fixed.has_value()) << "the second try undoes nothing";
}

TEST(KindLedger, KindsThatNobodyDecidedAboutAreForgottenFirst) {
  KindLedger ledger;
  ledger.Apply(Edit("1", LedgerEdit::What::kFixed, "PR 12"), kStart);
  for (size_t i = 0; i < KindLedger::kKindsMax; ++i) {
    const Time time = kStart + std::chrono::seconds(i);
    ledger.Begin(fmt::format("shop/logs/{}", i), time, time);
  }
  EXPECT_NE(ledger.Find(kKind), nullptr);
  EXPECT_EQ(ledger.Find("shop/logs/0"), nullptr);
  EXPECT_NE(ledger.Find("shop/logs/1"), nullptr);
}

TEST(KindLedger, IsTheSameAfterSaveAndRestore) {
  KindLedger ledger;
  ledger.Begin(kKind, kStart, kStart);
  ledger.Apply(Edit("1", LedgerEdit::What::kExpect, "why", kStart + days(2)), kStart);
  StateWriter out;
  out(ledger);
  const std::string state = out.Take();
  KindLedger restored;
  StateReader in(state);
  in(restored);
  ASSERT_TRUE(in.ok() && in.AtEnd());
  EXPECT_EQ(restored.ExpectedUntil(kKind, kStart), kStart + days(2));
  EXPECT_FALSE(restored.Apply(Edit("1", LedgerEdit::What::kReopen), kStart).has_value());
}

}  // namespace
}  // namespace kizashi
