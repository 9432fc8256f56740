#include "api/oncall_routes.h"

#include <gtest/gtest.h>

#include "api/api_test_support.h"
#include "api/openapi_check.h"

namespace kizashi {
namespace {

using Strings = std::vector<std::string>;

bool Has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

class OnCallRoutesTest : public ApiTest {
 protected:
  HttpResponse Post(const std::string& json, HttpHeaders headers = {}) {
    HttpRequest request;
    request.method = "POST";
    request.path = "/kizashi/v1/oncall/edits";
    request.body = json;
    request.headers = std::move(headers);
    std::optional<HttpResponse> answer;
    api_->Handle(std::move(request), [&](HttpResponse got) { answer = std::move(got); });
    EXPECT_TRUE(answer.has_value());
    return answer.value_or(HttpResponse{});
  }

  const OpenApi openapi_;
};

// kNow is 2026-01-01, a Thursday.
TEST_F(OnCallRoutesTest, SaysWhoIsOnCallAndWhenNobodyIs) {
  const std::string now = Get("/kizashi/v1/oncall").body;
  EXPECT_TRUE(Has(now, R"("person":"aiko","why":"turn","layer":"day")")) << now;
  EXPECT_TRUE(Has(now, R"("errors":[])"));
  const std::string preview = Get("/kizashi/v1/oncall/preview?weeks=1").body;
  EXPECT_TRUE(Has(preview, R"("gaps":[{"begin":1767398400000,"end":1767571200000}])")) << preview;
  const std::string findings = Get("/kizashi/v1/oncall/findings?weeks=1").body;
  EXPECT_EQ(findings, R"({"findings":[{"kind":"gap","schedule":"shop-primary","person":"",)"
                      R"("begin":1767398400000,"end":1767571200000}]})");
  EXPECT_EQ(Get("/kizashi/v1/oncall/preview?schedule=none").status, 404);
  EXPECT_EQ(Get("/kizashi/v1/oncall/preview?weeks=105").status, 400);
  EXPECT_EQ(Get("/kizashi/v1/oncall/none").status, 404);
}

TEST_F(OnCallRoutesTest, GivesWhatEachLayerGivesByItself) {
  const std::string with =
      Get("/kizashi/v1/oncall/preview?weeks=1&schedule=shop-primary&layers=true").body;
  EXPECT_TRUE(Has(with, R"("layers":[{"name":"day","spans":[{"begin":1767226800000)")) << with;
  EXPECT_FALSE(Has(Get("/kizashi/v1/oncall/preview?schedule=shop-primary").body, "layers"));
  EXPECT_EQ(Get("/kizashi/v1/oncall/preview?layers=true").status, 400) << "of one schedule";
  EXPECT_EQ(Get("/kizashi/v1/oncall/preview?schedule=shop-primary&layers=1").status, 400);
}

TEST_F(OnCallRoutesTest, SaysWhomEachServiceTellsAndWhatFilesChange) {
  const std::string files = std::string(kOnCallYaml) +
                            "  overrides:\n"
                            "    - {person: aiko, from: 2026-01-03, to: 2026-01-03}\n"
                            "    - {person: aiko, from: 2025-12-03, to: 2025-12-03}\n"
                            "---\n"
                            "escalation:\n"
                            "  team: shop-team\n"
                            "  steps:\n"
                            "    - {tell: {schedule: shop-primary}, wait: 5m}\n"
                            "    - {tell: [{person: aiko}, {channel: shop-team}], wait: 15m,\n"
                            "       only: {days: mon}, severity: page}\n"
                            "  repeat: 2\n";
  folder_.Write("catalog/oncall.yaml", files);
  catalog_.Reload();
  const std::string plan = Get("/kizashi/v1/oncall/plan").body;
  EXPECT_EQ(openapi_.Problems("get /oncall/plan", 200, plan), Strings{});
  for (
      const char* part :
      {R"("name":"shop-team","team":"shop-team","is_default":false,"services":["shop"])",
       R"({"targets":[{"kind":"schedule","name":"shop-primary","person":"aiko"}],"wait_ms":300000)",
       R"({"kind":"channel","name":"shop-team","person":null}],"wait_ms":900000,)"
       R"("only":[{"begin":0,"end":1440}])",
       R"("severities":["page"])", R"("repeat":2)",
       R"("name":"default","team":"","is_default":true,"services":["pay.api"],"steps":[])",
       R"("people":[{"name":"aiko","title":"aiko","teams":["shop-team"],)"
       R"("on_call_of":["shop-primary"],"away":false,"has_phone":false}])",
       R"("changes":[{"kind":"override","schedule":"shop-primary","person":"aiko","taker":"",)"
       R"("begin":1767398400000,"end":1767484800000}])"}) {
    EXPECT_TRUE(Has(plan, part)) << part << " in " << plan;
  }
  ASSERT_EQ(Post(R"({"kind":"leave","person":"aiko","begin":"2026-01-01T00:00:00Z",)"
                 R"("end":"2026-01-02T00:00:00Z"})")
                .status,
            200);
  const std::string away = Get("/kizashi/v1/oncall/plan").body;
  EXPECT_TRUE(Has(away, R"("on_call_of":[],"away":true)")) << away;
  EXPECT_TRUE(Has(away, R"({"kind":"person","name":"aiko","person":null})")) << away;
  EXPECT_FALSE(Has(away, R"("kind":"leave")")) << "an edit is no change of a file";
}

TEST_F(OnCallRoutesTest, AnEditCountsAtOnceAndCanBeTakenBack) {
  const HttpResponse added =
      Post(R"({"kind":"leave","person":"aiko","begin":"2026-01-01T00:00:00Z","end":1767312000000,)"
           R"("reason":"ill","via":"page"})");
  ASSERT_EQ(added.status, 200) << added.body;
  EXPECT_EQ(openapi_.Problems("post /oncall/edits", 200, added.body), Strings{});
  EXPECT_TRUE(Has(added.body, R"("id":1,"kind":"leave")"));
  EXPECT_TRUE(Has(added.body, R"("author":"page","made":)"));
  EXPECT_TRUE(Has(Get("/kizashi/v1/oncall").body, R"("person":null)"));
  const HttpResponse removed = Ask("DELETE", "/kizashi/v1/oncall/edits/1");
  EXPECT_EQ(removed.status, 200) << removed.body;
  EXPECT_EQ(openapi_.Problems("delete /oncall/edits/{id}", 200, removed.body), Strings{});
  EXPECT_TRUE(Has(Get("/kizashi/v1/oncall").body, R"("person":"aiko")"));
  EXPECT_EQ(Ask("DELETE", "/kizashi/v1/oncall/edits/1").status, 400);
  EXPECT_EQ(Ask("DELETE", "/kizashi/v1/oncall/edits/2").status, 404);
  EXPECT_EQ(Ask("DELETE", "/kizashi/v1/oncall/edits/x").status, 404);
  EXPECT_TRUE(Has(Get("/kizashi/v1/oncall/edits").body, R"("removed_by":"api")"));
}

TEST_F(OnCallRoutesTest, RefusesWhatIsWrongAndSaysWhere) {
  const auto error = [&](const std::string& json, int status) {
    const HttpResponse response = Post(json);
    EXPECT_EQ(response.status, status) << json << response.body;
    return response.body;
  };
  EXPECT_TRUE(Has(error("[]", 400), "no JSON object"));
  EXPECT_TRUE(Has(error(R"({"kind":"holiday","person":"aiko"})", 400), R"("item":"kind")"));
  EXPECT_TRUE(Has(error(R"({"kind":"leave","person":7})", 400), R"("item":"person")"));
  EXPECT_TRUE(
      Has(error(R"({"kind":"leave","person":"aiko","begin":"soon"})", 400), R"("item":"begin")"));
  EXPECT_TRUE(Has(error(R"({"kind":"leave","person":"zoe","begin":0,"end":60000})", 404), "zoe"));
  EXPECT_TRUE(Has(error(R"({"kind":"override","schedule":"x","person":"aiko"})", 404), "schedule"));
  EXPECT_TRUE(Has(error(R"({"kind":"override","schedule":"shop-primary","person":"aiko",)"
                        R"("begin":60000,"end":60000})",
                        400),
                  "an end behind the beginning"));
  EXPECT_EQ(Ask("POST", "/kizashi/v1/oncall").status, 405);
  EXPECT_EQ(edits_->List().size(), 0u);
}

TEST_F(OnCallRoutesTest, GivesACalendar) {
  const HttpResponse response = Get("/kizashi/v1/oncall/calendar?schedule=shop-primary");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(FindHeader(response.headers, "Content-Type"), "text/calendar; charset=utf-8");
  EXPECT_TRUE(Has(response.body, "SUMMARY:shop-primary: aiko\r\n"));
  EXPECT_TRUE(Has(Get("/kizashi/v1/oncall/calendar?person=aiko").body, "BEGIN:VEVENT\r\n"));
  EXPECT_EQ(Get("/kizashi/v1/oncall/calendar").status, 400);
  EXPECT_EQ(Get("/kizashi/v1/oncall/calendar?schedule=none").status, 404);
}

TEST_F(OnCallRoutesTest, KeepsTheLastGoodPlanAndSaysWhatIsWrong) {
  EXPECT_TRUE(Has(Get("/kizashi/v1/oncall").body, R"("person":"aiko")"));
  folder_.Write("catalog/oncall.yaml", "schedule: {name: shop-primary, team: shop-team}");
  catalog_.Reload();
  const std::string body = Get("/kizashi/v1/oncall").body;
  EXPECT_TRUE(Has(body, R"("person":"aiko")")) << body;
  EXPECT_TRUE(Has(body, R"("field":"layers","found":"nothing")")) << body;
}

}  // namespace
}  // namespace kizashi
