// What the tests of this folder share: an Api over the shop's judged hour, asked without a network.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/api.h"
#include "catalog/test_folder.h"
#include "judge/test_journal.h"
#include "store/test_points.h"

namespace kizashi {

inline constexpr std::string_view kShopYaml = R"yaml(
service:
  name: shop
  title: Shop "front"
  owner: shop-team
  developers: [aiko]
  depends_on: [pay.api]
  tier: "1"
  redundancy: {need: 2, of: 3}
  slo: {target: 99, window: 1d, good: 'req_total{code!="500"}', total: req_total}
---
service: {name: pay.api}
---
team:
  name: shop-team
  members: [aiko]
  notify: [{slack: "https://hooks.slack.com/services/T0/B0/secret"}]
---
person: {name: aiko}
)yaml";

/// Beside it: aiko alone, on working days alone.
inline constexpr std::string_view kOnCallYaml = R"yaml(
schedule:
  name: shop-primary
  team: shop-team
  layers:
    - {name: day, rotation: weekly, start: 2025-01-06, people: [aiko], only: {days: mon-fri}}
)yaml";

class ApiTest : public testing::Test {
 protected:
  static constexpr Time kNow = kMidnight + std::chrono::minutes(20);

  ApiTest() : catalog_(folder_.name() + "/catalog", &clock_) {
    folder_.Write("catalog/shop.yaml", kShopYaml);
    folder_.Write("catalog/oncall.yaml", kOnCallYaml);
    catalog_.Reload();
    records_ = *RecordStore::Open(folder_.name() + "/records.sqlite");
    edits_ = *oncall::EditLog::Open({folder_.name() + "/edits", "edits"}, &registry_);
    oncall_ = std::make_unique<oncall::OnCallHolder>(&catalog_, edits_.get());
    StartAlerts();
    JudgeTheHour();
    Api::Options options;
    options.version = "1.2.3";
    Start(options);
  }

  void Start(Api::Options options) {
    Api::Parts parts;
    parts.records = records_.get();
    parts.telemetry = &telemetry_;
    parts.catalog = &catalog_;
    parts.client = &client_;
    parts.registry = &registry_;
    parts.incidents = incidents_;
    parts.foreign_alerts = foreign_alerts_.get();
    parts.clock = &clock_;
    parts.oncall = oncall_.get();
    parts.oncall_edits = edits_.get();
    parts.snapshot = [this] { return snapshot_; };
    parts.ready = [this] { return ready_; };
    parts.series_uses = [](size_t most) {
      SeriesBudget::OwnerUse use{"shop", 12, 10, 3, {{"logins", 9}}, {{"user", 8.6}}};
      if (most == 0) use.metrics.clear();
      return std::vector<SeriesBudget::OwnerUse>{use, {}};
    };
    parts.deliveries = [](const AlertRecord&) {
      return std::vector<AlertDelivery>{
          {"team shop-team/slack/0", true, true, 2, "answered 503", kNow}};
    };
    parts.loki_push = [](const HttpRequest&, const Responder& respond) {
      respond(TextResponse(204, ""));
    };
    parts.ndjson_push = parts.loki_push;
    parts.otlp_logs = parts.otlp_metrics = parts.otlp_traces = parts.remote_write =
        parts.metric_metadata = parts.loki_push;
    api_ = std::make_unique<Api>(std::move(parts), std::move(options));
  }

  /// Asks for "/path?query"; the answer must come at once.
  HttpResponse Ask(const std::string& method, const std::string& target, HttpHeaders headers = {}) {
    std::optional<HttpResponse> answer;
    Send(method, target, std::move(headers), [&](HttpResponse got) { answer = std::move(got); });
    EXPECT_TRUE(answer.has_value()) << method << " " << target;
    return answer.value_or(HttpResponse{});
  }
  HttpResponse Get(const std::string& target) { return Ask("GET", target); }
  void Send(const std::string& method, const std::string& target, HttpHeaders headers,
            Responder respond) {
    HttpRequest request;
    request.method = method;
    request.path = target.substr(0, target.find('?'));
    if (target.size() > request.path.size()) request.query = target.substr(request.path.size() + 1);
    request.headers = std::move(headers);
    api_->Handle(std::move(request), std::move(respond));
  }
  std::string first_anomaly() const { return told_.anomalies.at(0).id; }

  TestFolder folder_;
  ManualClock clock_{kNow};
  CatalogHolder catalog_;
  Registry registry_;
  HttpClient client_;
  PointsOnly telemetry_;
  std::unique_ptr<RecordStore> records_;
  std::unique_ptr<oncall::EditLog> edits_;
  std::unique_ptr<oncall::OnCallHolder> oncall_;
  std::shared_ptr<const Snapshot> snapshot_;
  bool ready_ = true;
  std::unique_ptr<alerts::AlertService> alerts_;
  std::unique_ptr<ForeignAlertFeed> foreign_feed_;
  std::vector<FetchRequest> fetched_;  // of SNS
  FetchResult fetch_answer_;
  std::unique_ptr<ForeignAlertRoutes> foreign_alerts_;
  incidents::IncidentService* incidents_ = nullptr;
  Told told_;
  std::unique_ptr<Api> api_;

 private:
  void StartAlerts() {
    alerts::AlertServiceOptions options;
    options.log.directory = folder_.name() + "/alerts";
    options.log.name = "alerts";
    options.load_config = [] {
      return alerts::ReadAlertConfig("{route: {receiver: r}, receivers: [{name: r}]}", "t.yml", {});
    };
    alerts_ = *alerts::AlertService::Open(std::move(options), clock_, registry_);
    foreign_feed_ = std::make_unique<ForeignAlertFeed>(*alerts_, telemetry_,
                                                       ForeignAlertFeed::Options{"https://k"});
    foreign_alerts_ = std::make_unique<ForeignAlertRoutes>(
        ForeignAlertRoutes::Parts{foreign_feed_.get(), &clock_,
                                  [this] { return ready_ ? snapshot_ : nullptr; },
                                  [this] { return catalog_.Current(); },
                                  [this](FetchRequest request, const HttpClient::Callback& done) {
                                    fetched_.push_back(std::move(request));
                                    done(fetch_answer_);
                                  }},
        LoadForeignSources("", "").sources);
  }

  // A member goes and stays away, half the requests fail at the end, a stranger sends.
  void JudgeTheHour() {
    TestJournal journal;
    journal.Catalog(kMidnight, kShopYaml);
    double good = 0;
    double bad = 0;
    for (int second = 0; second <= 1200; second += 15) {
      const Time now = kMidnight + std::chrono::seconds(second);
      good += 300;
      bad += second >= 1080 ? 300 : 0;
      journal.Scrape(now, "a",
                     {{R"(up{service="shop",instance="a"})", 1},
                      {R"(req_total{service="shop",code="200"})", good},
                      {R"(req_total{service="shop",code="500"})", bad},
                      {R"(http_requests_total{service="shop",code="200"})", good}});
      journal.Scrape(now, "b", {{R"(up{service="shop",instance="b"})", second < 600 ? 1 : 0}});
      journal.Scrape(now, "c", {{R"(up{job="stranger"})", 1}});
    }
    Judge judge(journal);
    told_ = JudgeRest(journal, &judge);
    snapshot_ = std::make_shared<Snapshot>(judge.MakeSnapshot(7));
    const VerdictBatch batch{told_.anomalies, told_.alerts, told_.verdicts, {}, told_.prices};
    EXPECT_TRUE(records_->Apply(batch).ok());
    EXPECT_TRUE(telemetry_.PutPoints(told_.points).ok());
  }
};

}  // namespace kizashi
