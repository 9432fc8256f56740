#include "api/incident_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/incident/incident_feed.h"
#include "api/api_test_support.h"
#include "api/openapi_check.h"
#include "base/json_writer.h"

namespace kizashi {
namespace {

using testing::HasSubstr;
using testing::Not;
using Strings = std::vector<std::string>;

class IncidentRoutesTest : public ApiTest {
 protected:
  IncidentRoutesTest() {
    incidents::IncidentServiceOptions options;
    options.log.directory = folder_.name() + "/incidents";
    options.log.name = "incidents";
    options.places = {folder_.name() + "/catalog", folder_.name() + "/own"};
    options.catalog = [this] { return catalog_.Current()->catalog; };
    options.impact = [this](const incidents::Incident& incident) {
      return incidents::MeasureImpact(*snapshot_, telemetry_, incident);
    };
    service_ = *incidents::IncidentService::Open(std::move(options), clock_, &registry_);
    // The judged hour: a member went away, then half the requests failed.
    VerdictBatch batch;
    batch.anomalies = told_.anomalies;
    batch.alerts = told_.alerts;
    service_->Tell(incidents::EventsOf(batch, *catalog_.Current()->catalog));
    incidents_ = service_.get();
    Start({});
  }

  HttpResponse Post(const std::string& path, const std::string& json) {
    HttpRequest request;
    request.method = "POST";
    request.path = "/kizashi/v1/incidents" + path;
    request.body = json;
    std::optional<HttpResponse> answer;
    api_->Handle(std::move(request), [&](HttpResponse got) { answer = std::move(got); });
    EXPECT_TRUE(answer.has_value());
    return answer.value_or(HttpResponse{});
  }
  std::string Read(const std::string& path) { return Get("/kizashi/v1/incidents" + path).body; }
  void Resolve() {
    EXPECT_EQ(Post("/1/edits", R"({"what":"resolve"})").status, 200);
    service_->Look(clock_.Now());
  }

  std::unique_ptr<incidents::IncidentService> service_;
  const OpenApi openapi_;
};

TEST_F(IncidentRoutesTest, AnswersHaveTheirShape) {
  Post("/1/edits", R"({"what":"role","role":"commander","text":"aiko"})");
  Post("", R"({"title":"Customers call","service":"pay.api"})");
  Post("/2/edits", R"({"what":"link","incident":1,"relation":"caused_by"})");
  Resolve();
  const std::pair<const char*, const char*> asked[] = {
      {"get /incidents", ""},
      {"get /incidents/{id}", "/1"},
      {"get /incidents/{id}", "/2?language=ja"},
      {"get /incidents/{id}/report", "/1/report"},
      {"get /incidents/{id}/report/{version}", "/1/report/1"},
      {"get /incidents/actions", "/actions"},
      {"get /incidents/stats", "/stats"}};
  for (const auto& [operation, path] : asked) {
    EXPECT_EQ(openapi_.Problems(operation, 200, Read(path)), Strings{}) << path;
  }
  const std::string detail = Read("/1");
  for (const char* part :
       {R"("what":"anomaly_begin")", R"("what":"page_begin")", R"("text":"Page: shop )",
        R"("person":"aiko")", R"("relation":"caused")", R"("report_state":"draft")"}) {
    EXPECT_THAT(detail, HasSubstr(part));
  }
  EXPECT_THAT(Read("/1?language=ja"), HasSubstr("呼び出し: shop"));
  EXPECT_THAT(Read("?state=active"), HasSubstr(R"("id":2)"));
  EXPECT_THAT(Read("?state=active"), Not(HasSubstr(R"("id":1,)")));
  EXPECT_THAT(Read("?state=unpublished&service=shop"), HasSubstr(R"("id":1)"));
  EXPECT_THAT(Read("?team=nobody"), HasSubstr(R"("incidents":[])"));
  EXPECT_THAT(Read("/stats"), HasSubstr(R"("by_trigger":[{"name":"unknown","count":1}])"));
}

TEST_F(IncidentRoutesTest, TheDraftHasTheImpactThatTheSloMeasured) {
  Resolve();
  const std::string text = service_->Find(1)->incident.report.back().text;
  EXPECT_THAT(text, HasSubstr(" failed ("));
  EXPECT_THAT(text, Not(HasSubstr(" 0 of ")));
  EXPECT_THAT(text, HasSubstr("The first anomaly that fed it began"));
}

TEST_F(IncidentRoutesTest, PeopleAreToldWhatTheyCannotDo) {
  const std::tuple<const char*, const char*, int, const char*> wrong[] = {
      {"/1/edits", "nothing", 400, "no JSON object"},
      {"/1/edits", R"({"what":"burn"})", 400, "found 'burn'"},
      {"/1/edits", R"({"what":"report","text":"x"})", 400, "found 'report'"},
      {"/1/edits", R"({"what":"note"})", 400, "text: it is missing"},
      {"/1/edits", R"({"what":"note","text":7})", 400, "expected a text"},
      {"/1/edits", R"({"what":"severity","severity":9})", 400, "found 9"},
      {"/1/edits", R"({"what":"note","text":"x","via":"pigeon"})", 400, "page, cli or api"},
      {"/1/edits", R"({"what":"close"})", 409, "have to be resolved"},
      {"/1/edits", R"({"what":"merge","incident":1})", 400, "cannot go with itself"},
      {"/1/edits", R"({"what":"merge","incident":8})", 404, "no incident 8"},
      {"/8/edits", R"({"what":"acknowledge"})", 404, "no such incident"},
      {"/1/report", R"({"text":"x","base":0})", 400, "report.md:1:1"},
      {"", R"({"title":" "})", 400, "title"},
      {"", R"({"title":"x","service":"nobody"})", 404, "no such service"},
      {"", R"({"title":"x","team":"nobody"})", 404, "no such team"},
      {"/events", R"({"events":7})", 400, "expected a list"},
      {"/events", R"({"events":[{"kind":"deploy"}]})", 400, "id: it is missing"},
      {"/events", R"({"events":[{"kind":"deploy","id":"x","time":"soon"}]})", 400,
       "events[0].time"},
      {"/events", R"({"events":[{"kind":"deploy","id":"x","fields":{"a":[]}}]})", 400,
       "events[0].fields.a"}};
  for (const auto& [path, json, status, reason] : wrong) {
    const HttpResponse response = Post(path, json);
    EXPECT_EQ(response.status, status) << path << json << response.body;
    EXPECT_THAT(response.body, HasSubstr(reason)) << json;
  }
  EXPECT_EQ(Get("/kizashi/v1/incidents/x").status, 404);
  EXPECT_EQ(Get("/kizashi/v1/incidents/1/nothing").status, 404);
  EXPECT_EQ(Get("/kizashi/v1/incidents/1/edits").status, 405);
  EXPECT_EQ(Get("/kizashi/v1/incidents/1/report").status, 404) << "it is not resolved";
  EXPECT_EQ(Get("/kizashi/v1/incidents?state=odd").status, 400);
  EXPECT_EQ(Post("/1/edits", std::string(IncidentRoutes::kBodyBytesMax + 1, ' ')).status, 400);
}

TEST_F(IncidentRoutesTest, ASecondTryCountsOnce) {
  const std::string note = R"({"what":"note","text":"hello","id":"click 1","via":"page"})";
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(openapi_.Problems("post /incidents/{id}/edits", 200, Post("/1/edits", note).body),
              Strings{});
    clock_.Advance(std::chrono::seconds(1));
  }
  const std::string open = R"({"title":"Customers call","id":"click 2"})";
  EXPECT_EQ(Post("", open).body, Post("", open).body);
  const std::string deploy = R"({"events":[{"kind":"deploy","id":"d1","service":"shop"}]})";
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Post("/events", deploy).body, R"({"taken":1})");
  size_t notes = 0;
  size_t deploys = 0;
  for (const auto& line : service_->Find(1)->incident.timeline) {
    notes += line.what == "note";
    deploys += line.what == "deploy";
  }
  EXPECT_EQ(notes, 1u);
  EXPECT_EQ(deploys, 1u);
}

TEST_F(IncidentRoutesTest, AReportIsEditedFromItsNewestVersion) {
  Resolve();
  const auto edit = [&](const std::string& text, int base) {
    JsonWriter json;
    json.BeginObject().Key("text").String(text).Key("base").Int(base);
    return Post("/1/report", json.Key("by").String("aiko").EndObject().Take());
  };
  const std::string text = service_->Find(1)->incident.report.back().text;
  EXPECT_EQ(edit(text + "more\n", 1).status, 200);
  EXPECT_EQ(edit(text + "other\n", 1).status, 409);
  const HttpResponse wrong = edit("---\nincident: 1\nstate: x\nowner: [y]\n---\n", 2);
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(openapi_.ProblemsOf("IncidentReportErrors", wrong.body), Strings{});
  EXPECT_THAT(wrong.body, HasSubstr(R"("line":3,"column":8,"field":"state")"));
  EXPECT_THAT(Read("/1/report"), HasSubstr(R"("author":"aiko")"));
  EXPECT_THAT(Read("/1/report/1"), HasSubstr(R"("version":1,"newest":2)"));
  EXPECT_EQ(Get("/kizashi/v1/incidents/1/report/9").status, 404);
}

}  // namespace
}  // namespace kizashi
