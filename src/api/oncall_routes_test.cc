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
