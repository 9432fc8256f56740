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

TEST(MessageTest, SlackFiringInEnglish) {
  const MessageContext context = {Language::kEnglish, "UTC", "shop", std::string(kPage)};
  EXPECT_EQ(
      SlackMessage(ShopAlert(), "firing", context),
      R"({"text":"Page: shop burns the error budget of availability at 20.1 times the sustainable)"
      R"( rate","blocks":[{"type":"header","text":{"type":"plain_text",)"
      R"("text":"🔴 Page: shop is burning its error budget"}},{"type":"section","fields":[)"
      R"({"type":"mrkdwn","text":"*Service*\nshop"},)"
      R"({"type":"mrkdwn","text":"*Owner*\nshop-team"},)"
      R"({"type":"mrkdwn","text":"*SLO*\navailability, target 99.9%"},)"
      R"({"type":"mrkdwn","text":"*Burn rate*\n20.1× over 1 h, 31.0× over 5 min"},)"
      R"({"type":"mrkdwn","text":"*Rule*\nabove 14.4× over 1 h and 5 min"},)"
      R"({"type":"mrkdwn","text":"*Error budget spent*\n12.3%"},)"
      R"({"type":"mrkdwn","text":"*Budget empty in*\n1 d 7 h"},)"
      R"({"type":"mrkdwn","text":"*Begin*\n23 Nov 2026 08:15"}]},)"
      R"({"type":"context","elements":[{"type":"mrkdwn","text":)"
      R"("<http://kizashi.example:7600/services/shop|Open shop in Kizashi> · )"
      R"(Alert 00000000000000aa"}]}]})");
}

TEST(MessageTest, SlackResolvedInJapanese) {
  AlertRecord alert = ShopAlert();
  alert.severity = Severity::kTicket;
  alert.end = alert.begin + std::chrono::minutes(65);
  const auto catalog = ShopCatalog();
  const std::string message =
      SlackMessage(alert, "resolved", MakeMessageContext(alert, *catalog, ""));
  EXPECT_TRUE(Has(message, "✅ チケット解消: Shop | front"));
  EXPECT_TRUE(Has(message, "*開始*\\n2026年11月23日 17:15"));
  EXPECT_TRUE(Has(message, "*終了*\\n2026年11月23日 18:20"));
  EXPECT_TRUE(Has(message, "*継続時間*\\n1 時間 5 分"));
  EXPECT_FALSE(Has(message, "バーンレート"));
  EXPECT_TRUE(Has(message, R"("text":"アラート 00000000000000aa")"));  // no page, no link
}

TEST(MessageTest, TicketsAreMarked) {
  AlertRecord alert = ShopAlert();
  alert.severity = Severity::kTicket;
  const MessageContext context = {Language::kEnglish, "UTC", "shop", ""};
  EXPECT_TRUE(Has(SlackMessage(alert, "firing", context), "🟡 Ticket: shop"));
  EXPECT_TRUE(Has(WebhookMessage(alert, "firing", context), R"("severity":"ticket")"));
}

TEST(MessageTest, NamesCannotMentionOrLink) {
  MessageContext context = {Language::kEnglish, "UTC", "<!channel> & <http://evil|shop>",
                            std::string(kPage)};
  const std::string message = SlackMessage(ShopAlert(), "firing", context);
  EXPECT_FALSE(Has(message, "<!channel>"));
  EXPECT_FALSE(Has(message, "<http://evil"));
  EXPECT_TRUE(Has(message, "&lt;!channel&gt; &amp; "));
  EXPECT_TRUE(Has(message, "|Open &lt;!channel&gt; &amp; &lt;http://evil/shop&gt; in"));
}

TEST(MessageTest, WhatIsNotKnownIsADash) {
  AlertRecord alert = ShopAlert();
  alert.fields = {{"hours_to_empty", std::numeric_limits<double>::infinity()}};
  alert.owner = "";
  const MessageContext context = {Language::kEnglish, "UTC", "shop", ""};
  const std::string message = SlackMessage(alert, "firing", context);
  EXPECT_TRUE(Has(message, "*Budget empty in*\\n–"));
  EXPECT_TRUE(Has(message, "*Error budget spent*\\n–"));
  EXPECT_TRUE(Has(message, "*Owner*\\n–"));
}

TEST(MessageTest, WebhookSaysEverything) {
  AlertRecord alert = ShopAlert();
  alert.fields = {{"factor", 14.4}, {"note", "a\"b"}};
  const MessageContext context = {Language::kEnglish, "UTC", "Shop", "http://k/base"};
  EXPECT_EQ(WebhookMessage(alert, "firing", context),
            R"({"version":1,"event":"firing","id":"00000000000000aa",)"
            R"("dedup_key":"00000000000000aa-firing","service":"shop","service_title":"Shop",)"
            R"("owner":"shop-team","slo":"availability","severity":"page","code":"burn",)"
            R"("begin":"2026-11-23T08:15:00.000Z","end":null,)"
            R"("summary":"Page: Shop burns the error budget of availability at – times the )"
            R"(sustainable rate","fields":{"factor":14.4,"note":"a\"b"},)"
            R"("links":{"service":"http://k/base/services/shop",)"
            R"("slo":"http://k/base/slos/shop/availability"}})");
}

TEST(MessageTest, WhoBurnedItAndHowManyFailuresItTook) {
  AlertRecord alert = ShopAlert();
  alert.fields.insert(alert.fields.end(), {{"bad", 1234.0},
                                           {"bad_minutes", 4.0},
                                           {"needed", 17.0},
                                           {"burned_by", "code=500 (92 %), version=1.4 (100 %)"},
                                           {"dependency", "bank"}});
  MessageContext context = {Language::kEnglish, "UTC", "shop", ""};
  std::string message = SlackMessage(alert, "firing", context);
  EXPECT_TRUE(Has(message, "*Failures*\\n1,234; this alert needs at least 17"));
  EXPECT_TRUE(Has(message, "*Burned by*\\ncode=500 (92 %), version=1.4 (100 %)"));
  EXPECT_TRUE(Has(message, "*Partner*\\nbank"));
  // Block Kit takes ten fields a section: the eleventh begins another.
  size_t sections = 0;
  for (size_t at = message.find("\"section\""); at != message.npos;
       at = message.find("\"section\"", at + 1)) {
    ++sections;
  }
  EXPECT_EQ(sections, 2u);
  EXPECT_TRUE(Has(WebhookMessage(alert, "firing", context), R"("burned_by":"code=500 (92 %))"));
  context.language = Language::kJapanese;
  message = SlackMessage(alert, "firing", context);
  EXPECT_TRUE(Has(message, "*失敗数*\\n1,234 件（このアラートには 17 件以上が必要）"));
  EXPECT_TRUE(Has(message, "*主な消費元*\\ncode=500"));
  EXPECT_TRUE(Has(message, "*外部の依存先*\\nbank"));
}

TEST(MessageTest, NoData) {
  AlertRecord alert = ShopAlert();
  alert.severity = Severity::kTicket;
  alert.fields = {{"code", "no_data"}, {"silent_seconds", 620.0}, {"target", 0.999}};
  MessageContext context = {Language::kEnglish, "UTC", "shop", ""};
  std::string message = SlackMessage(alert, "firing", context);
  EXPECT_TRUE(Has(message, "⚪ No data: shop"));
  EXPECT_TRUE(Has(message,
                  "shop: availability was not measured for 10 min 20 s; its alerts are "
                  "frozen"));
  EXPECT_TRUE(Has(message, "*Alerts*\\nfrozen: they neither fire nor resolve"));
  EXPECT_FALSE(Has(message, "Burn rate"));
  EXPECT_FALSE(Has(message, "burning"));
  EXPECT_TRUE(Has(WebhookMessage(alert, "firing", context), R"("code":"no_data")"));
  alert.end = alert.begin + std::chrono::minutes(65);
  context.language = Language::kJapanese;
  message = SlackMessage(alert, "resolved", context);
  EXPECT_TRUE(Has(message, "✅ データ復旧: shop"));
  EXPECT_TRUE(Has(message, "shop: availability の計測が再開しました（1 時間 5 分 後）"));
}

TEST(MessageTest, PolicySteps) {
  AlertRecord alert = ShopAlert();
  alert.severity = Severity::kTicket;
  alert.fields = {{"code", "policy"},       {"action", "hold"},     {"condition", "100 % spent"},
                  {"text", "Fixes <only>"}, {"spent_share", 1.034}, {"target", 0.999}};
  MessageContext context = {Language::kEnglish, "UTC", "shop", ""};
  std::string message = SlackMessage(alert, "firing", context);
  EXPECT_TRUE(Has(message, "📋 Budget policy of shop: hold releases"));
  EXPECT_TRUE(Has(message, "shop availability: hold releases (100% of the error budget spent)"));
  EXPECT_TRUE(Has(message, "*Agreed*\\nFixes &lt;only&gt;"));
  EXPECT_TRUE(Has(message, "*Error budget spent*\\n103.4%"));
  context.language = Language::kJapanese;
  alert.fields[1].second = "ticket";
  alert.fields[2].second = "burn 3 over 7d";
  message = SlackMessage(alert, "firing", context);
  EXPECT_TRUE(Has(message, "📋 shop のバジェットポリシー: 対応チケット"));
  EXPECT_TRUE(Has(message, "*条件*\\n7 日 のバーンレートが 3 以上"));
  alert.fields[2].second = "something else";
  EXPECT_TRUE(Has(SlackMessage(alert, "firing", context), "*条件*\\nsomething else"));
}

TEST(MessageTest, AFiringSentLateIsTheSameAsInTime) {
  const MessageContext context = {Language::kEnglish, "UTC", "shop", ""};
  const std::string in_time = WebhookMessage(ShopAlert(), "firing", context);
  AlertRecord ended = ShopAlert();
  ended.end = ended.begin + std::chrono::minutes(1);
  EXPECT_EQ(WebhookMessage(ended, "firing", context), in_time);
  EXPECT_TRUE(
      Has(WebhookMessage(ended, "resolved", context), R"("end":"2026-11-23T08:16:00.000Z")"));
  EXPECT_TRUE(Has(WebhookMessage(ended, "resolved", context), R"("links":{})"));
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

TEST(SlackEscapeTest, AHugeNameStaysWithinBlockKitsLimits) {
  AlertRecord alert = ShopAlert();
  alert.service = alert.slo = alert.owner = std::string(20'000, '<');
  const MessageContext context = {Language::kJapanese, "UTC", alert.service, std::string(kPage)};
  const std::string message = SlackMessage(alert, "firing", context);
  // Header 150, eight fields of at most 2,000, text and context of at most 3,000 each.
  EXPECT_LT(message.size(), 30'000u);
  const size_t header = message.find("plain_text\",\"text\":\"") + 20;
  EXPECT_LE(Units(message.substr(header, message.find('"', header) - header)), 150u);
}

}  // namespace
}  // namespace kizashi
