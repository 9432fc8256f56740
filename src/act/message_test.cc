#include "act/message.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "act/test_support.h"
#include "act/test_text.h"

namespace kizashi {
namespace {

constexpr std::string_view kPage = "http://kizashi.example:7600/";

TEST(MessageTest, TheOwnersLanguageTimeZoneAndTheServicesTitle) {
  const auto catalog = ShopCatalog();
  MessageContext context = MakeMessageContext(ShopAlert(), *catalog, kPage);
  EXPECT_EQ(context.language, Language::kJapanese);
  EXPECT_EQ(context.time_zone, "Asia/Tokyo");
  EXPECT_EQ(context.service_title, "Shop | front");
  AlertRecord stranger = ShopAlert();
  stranger.owner = stranger.service = "stranger";
  context = MakeMessageContext(stranger, *catalog, kPage);
  EXPECT_EQ(context.language, Language::kEnglish);
  EXPECT_EQ(context.time_zone, "UTC");
  EXPECT_EQ(context.service_title, "stranger");
}

TEST(MessageTest, FiringInEnglish) {
  const MessageContext context = {Language::kEnglish, "UTC", "shop", std::string(kPage)};
  const AlertTexts texts = TextsOfAlert(ShopAlert(), "firing", context);
  EXPECT_EQ(texts.title, "🔴 Page: shop is burning its error budget");
  EXPECT_EQ(texts.summary,
            "Page: shop burns the error budget of availability at 20.1 times the sustainable rate");
  EXPECT_EQ(texts.details,
            "Service: shop\n"
            "Owner: shop-team\n"
            "SLO: availability, target 99.9%\n"
            "Burn rate: 20.1× over 1 h, 31.0× over 5 min\n"
            "Rule: above 14.4× over 1 h and 5 min\n"
            "Error budget spent: 12.3%\n"
            "Budget empty in: 1 d 7 h\n"
            "Begin: 23 Nov 2026 08:15\n");
}

TEST(MessageTest, ResolvedInJapanese) {
  AlertRecord alert = ShopAlert();
  alert.severity = Severity::kTicket;
  alert.end = alert.begin + std::chrono::minutes(65);
  const auto catalog = ShopCatalog();
  const AlertTexts texts = TextsOfAlert(alert, "resolved", MakeMessageContext(alert, *catalog, ""));
  EXPECT_EQ(texts.title, "✅ チケット解消: Shop | front");
  EXPECT_TRUE(Has(texts.details, "開始: 2026年11月23日 17:15\n"));
  EXPECT_TRUE(Has(texts.details, "終了: 2026年11月23日 18:20\n"));
  EXPECT_TRUE(Has(texts.details, "継続時間: 1 時間 5 分\n"));
  EXPECT_FALSE(Has(texts.details, "バーンレート"));
}

TEST(MessageTest, TicketsAreMarked) {
  AlertRecord alert = ShopAlert();
  alert.severity = Severity::kTicket;
  const MessageContext context = {Language::kEnglish, "UTC", "shop", ""};
  EXPECT_TRUE(Has(TextsOfAlert(alert, "firing", context).title, "🟡 Ticket: shop"));
}

TEST(MessageTest, WhatIsNotKnownIsADash) {
  AlertRecord alert = ShopAlert();
  alert.fields = {{"hours_to_empty", std::numeric_limits<double>::infinity()}};
  alert.owner = "";
  const MessageContext context = {Language::kEnglish, "UTC", "shop", ""};
  const std::string details = TextsOfAlert(alert, "firing", context).details;
  EXPECT_TRUE(Has(details, "Budget empty in: –"));
  EXPECT_TRUE(Has(details, "Error budget spent: –"));
  EXPECT_TRUE(Has(details, "Owner: –"));
}

TEST(MessageTest, WhoBurnedItAndHowManyFailuresItTook) {
  AlertRecord alert = ShopAlert();
  alert.fields.insert(alert.fields.end(), {{"bad", 1234.0},
                                           {"bad_minutes", 4.0},
                                           {"needed", 17.0},
                                           {"burned_by", "code=500 (92 %), version=1.4 (100 %)"},
                                           {"dependency", "bank"}});
  MessageContext context = {Language::kEnglish, "UTC", "shop", ""};
  std::string details = TextsOfAlert(alert, "firing", context).details;
  EXPECT_TRUE(Has(details, "Failures: 1,234; this alert needs at least 17"));
  EXPECT_TRUE(Has(details, "Burned by: code=500 (92 %), version=1.4 (100 %)"));
  EXPECT_TRUE(Has(details, "Partner: bank"));
  context.language = Language::kJapanese;
  details = TextsOfAlert(alert, "firing", context).details;
  EXPECT_TRUE(Has(details, "失敗数: 1,234 件（このアラートには 17 件以上が必要）"));
  EXPECT_TRUE(Has(details, "主な消費元: code=500"));
  EXPECT_TRUE(Has(details, "外部の依存先: bank"));
}

TEST(MessageTest, NoData) {
  AlertRecord alert = ShopAlert();
  alert.severity = Severity::kTicket;
  alert.fields = {{"code", "no_data"}, {"silent_seconds", 620.0}, {"target", 0.999}};
  MessageContext context = {Language::kEnglish, "UTC", "shop", ""};
  AlertTexts texts = TextsOfAlert(alert, "firing", context);
  EXPECT_TRUE(Has(texts.title, "⚪ No data: shop"));
  EXPECT_TRUE(Has(texts.summary,
                  "shop: availability was not measured for 10 min 20 s; its alerts are frozen"));
  EXPECT_TRUE(Has(texts.details, "Alerts: frozen: they neither fire nor resolve"));
  EXPECT_FALSE(Has(texts.details, "Burn rate"));
  EXPECT_FALSE(Has(texts.title, "burning"));
  alert.end = alert.begin + std::chrono::minutes(65);
  context.language = Language::kJapanese;
  texts = TextsOfAlert(alert, "resolved", context);
  EXPECT_TRUE(Has(texts.title, "✅ データ復旧: shop"));
  EXPECT_TRUE(Has(texts.summary, "shop: availability の計測が再開しました（1 時間 5 分 後）"));
}

TEST(MessageTest, PolicySteps) {
  AlertRecord alert = ShopAlert();
  alert.severity = Severity::kTicket;
  alert.fields = {{"code", "policy"},       {"action", "hold"},     {"condition", "100 % spent"},
                  {"text", "Fixes <only>"}, {"spent_share", 1.034}, {"target", 0.999}};
  MessageContext context = {Language::kEnglish, "UTC", "shop", ""};
  AlertTexts texts = TextsOfAlert(alert, "firing", context);
  EXPECT_TRUE(Has(texts.title, "📋 Budget policy of shop: hold releases"));
  EXPECT_TRUE(
      Has(texts.summary, "shop availability: hold releases (100% of the error budget spent)"));
  EXPECT_TRUE(Has(texts.details, "Agreed: Fixes <only>"));
  EXPECT_TRUE(Has(texts.details, "Error budget spent: 103.4%"));
  context.language = Language::kJapanese;
  alert.fields[1].second = "ticket";
  alert.fields[2].second = "burn 3 over 7d";
  texts = TextsOfAlert(alert, "firing", context);
  EXPECT_TRUE(Has(texts.title, "📋 shop のバジェットポリシー: 対応チケット"));
  EXPECT_TRUE(Has(texts.details, "条件: 7 日 のバーンレートが 3 以上"));
  alert.fields[2].second = "something else";
  EXPECT_TRUE(Has(TextsOfAlert(alert, "firing", context).details, "条件: something else"));
}

TEST(MessageTest, AFiringSentLateIsTheSameAsInTime) {
  const MessageContext context = {Language::kEnglish, "UTC", "shop", ""};
  AlertRecord ended = ShopAlert();
  ended.end = ended.begin + std::chrono::minutes(1);
  EXPECT_EQ(TextsOfAlert(ended, "firing", context).details,
            TextsOfAlert(ShopAlert(), "firing", context).details);
}

TEST(MessageTest, LinksAreEncoded) {
  EXPECT_EQ(ServiceLink("http://k//", "a b/c"), "http://k/services/a%20b%2Fc");
  EXPECT_EQ(ServiceLink("", "a"), "");
}

/// As Slack counts: UTF-16 units.
size_t Units(std::string_view text) {
  size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

TEST(SlackEscapeTest, CutsWithinTheLimit) {
  EXPECT_EQ(SlackEscape("a<b>&c", 100), "a&lt;b&gt;&amp;c");
  EXPECT_EQ(SlackEscape("abcdef", 6), "abcdef");
  EXPECT_EQ(SlackEscape("abcdefg", 6), "abcde…");
  EXPECT_EQ(SlackEscape("ab<<", 9), "ab&lt;…");
  EXPECT_EQ(SlackEscape("🔴🔴🔴", 6), "🔴🔴🔴");
  EXPECT_EQ(SlackEscape("🔴🔴🔴", 5), "🔴🔴…");
  EXPECT_EQ(SlackEscape("<", 0), "");
  EXPECT_LE(SlackEscape(std::string(1'000, '\x80'), 10).size(), 12u);  // no UTF-8
  std::string mixed;
  for (int i = 0; i < 50; ++i) mixed += "<🔴兆a";
  for (size_t limit = 1; limit < 200; ++limit) {
    EXPECT_LE(Units(SlackEscape(mixed, limit)), limit) << limit;
  }
}

TEST(MessageTest, HugeNamesAreCut) {
  AlertRecord alert = ShopAlert();
  alert.service = alert.slo = alert.owner = std::string(20'000, '<');
  const MessageContext context = {Language::kJapanese, "UTC", alert.service, std::string(kPage)};
  const AlertTexts texts = TextsOfAlert(alert, "firing", context);
  EXPECT_LT(texts.details.size(), 10'000u);
  EXPECT_LT(texts.title.size(), 400u);
}

}  // namespace
}  // namespace kizashi
