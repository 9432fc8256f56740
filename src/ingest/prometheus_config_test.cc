#include "ingest/prometheus_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kizashi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PrometheusConfig Read(std::string_view text) {
  return ParsePrometheusConfig("/etc/prometheus/prometheus.yml", text);
}

constexpr char kWhole[] = R"(
global:
  scrape_interval: 30s
  scrape_timeout: 20s
  evaluation_interval: 30s
  external_labels: {cluster: a}
rule_files: [rules/*.yml]
scrape_configs:
  - job_name: node
    scrape_interval: 1m
    honor_labels: true
    honor_timestamps: false
    metrics_path: /probe
    scheme: https
    params: {module: [http_2xx, other], target: ["a b"]}
    sample_limit: 1000
    label_limit: 30
    label_name_length_limit: 200
    label_value_length_limit: 300
    body_size_limit: 10MB
    target_limit: 50
    basic_auth: {username: me, password_file: secret}
    tls_config: {ca_file: ca.pem, insecure_skip_verify: true}
    static_configs:
      - targets: ['a:9100', 'b:9100']
        labels: {rack: r1}
    file_sd_configs:
      - files: [targets/*.json, /srv/x.yml]
        refresh_interval: 1m
    http_sd_configs:
      - url: http://sd/targets
        refresh_interval: 10s
    relabel_configs:
      - source_labels: [__address__]
        target_label: __param_target
      - {action: labeldrop, regex: rack}
    metric_relabel_configs:
      - {source_labels: [__name__], regex: 'go_.*', action: drop}
  - job_name: pods
    kubernetes_sd_configs: [{role: pod}]
)";

TEST(PrometheusConfigTest, AWholeFileIsReadAsItIs) {
  const PrometheusConfig config = Read(kWhole);
  EXPECT_THAT(config.errors, IsEmpty());
  EXPECT_THAT(
      config.notes,
      ElementsAre(
          "/etc/prometheus/prometheus.yml:6:3: global.external_labels: given to remote_write alone",
          "/etc/prometheus/prometheus.yml:7:1: rule_files: not used by Kizashi",
          "/etc/prometheus/prometheus.yml:40:5: scrape_configs[1].kubernetes_sd_configs: "
          "this discovery is not supported, its targets are not scraped"));
  ASSERT_EQ(config.jobs.size(), 2u);
  const PrometheusJob& node = config.jobs[0];
  EXPECT_EQ(node.job->name, "node");
  EXPECT_EQ(node.job->interval, Duration(60'000));
  EXPECT_EQ(node.job->timeout, Duration(20'000));
  EXPECT_TRUE(node.job->honor_labels);
  EXPECT_FALSE(node.job->honor_timestamps);
  EXPECT_EQ(node.job->limits, (ScrapeLimits{200'000, 1000, 30, 200, 300}));
  EXPECT_EQ(node.job->body_bytes_max, 10u << 20);
  EXPECT_EQ(node.job->target_limit, 50u);
  EXPECT_EQ(node.job->http.username, "me");
  EXPECT_EQ(node.job->http.password.file, "/etc/prometheus/secret");
  EXPECT_EQ(node.job->http.tls.ca_file, "/etc/prometheus/ca.pem");
  EXPECT_TRUE(node.job->http.tls.skips_verification);
  ASSERT_EQ(node.static_targets.size(), 2u);
  EXPECT_EQ(node.static_targets[1].address, "b:9100");
  EXPECT_EQ(node.static_targets[1].labels, Labels({Label{"rack", "r1"}}));
  EXPECT_THAT(node.files, ElementsAre("/etc/prometheus/targets/*.json", "/srv/x.yml"));
  ASSERT_EQ(node.discoveries.size(), 1u);
  EXPECT_EQ(node.discoveries[0].url, "http://sd/targets");
  EXPECT_EQ(node.discoveries[0].refresh, Duration(10'000));
  EXPECT_EQ(config.jobs[1].job->interval, Duration(30'000));
}

TEST(PrometheusConfigTest, AJobMakesTargets) {
  const PrometheusConfig config = Read(kWhole);
  const PrometheusJob& node = config.jobs.at(0);
  const auto target = MakeJobTarget(node.job, node.static_targets[0]);
  ASSERT_TRUE(target.ok() && target->has_value()) << target.status();
  EXPECT_EQ((*target)->url, "https://a:9100/probe?module=http_2xx&module=other&target=a%3A9100");
  EXPECT_EQ((*target)->labels, Labels({{"instance", "a:9100"}, {"job", "node"}}));
  EXPECT_EQ((*target)->interval, Duration(60'000));
  EXPECT_EQ((*target)->timeout, Duration(20'000));
}

TEST(PrometheusConfigTest, RelabellingDropsAndMovesTargets) {
  const PrometheusConfig config = Read(R"(
scrape_configs:
  - job_name: a
    static_configs: [{targets: [x, y, z]}]
    relabel_configs:
      - {source_labels: [__address__], regex: y, action: drop}
      - {source_labels: [__address__], regex: z, target_label: __scrape_interval__, replacement: 5s}
      - {source_labels: [__address__], regex: z, target_label: __scrape_timeout__, replacement: 2s}
      - {source_labels: [__address__], regex: z, target_label: __address__, replacement: 'm:1'}
      - {source_labels: [__address__], target_label: instance}
)");
  EXPECT_THAT(config.errors, IsEmpty());
  std::vector<std::string> made;
  for (const RawTarget& raw : config.jobs.at(0).static_targets) {
    const auto target = MakeJobTarget(config.jobs[0].job, raw);
    ASSERT_TRUE(target.ok()) << target.status();
    made.push_back(!target->has_value()
                       ? "dropped"
                       : fmt::format("{} {} {}", (*target)->url, (*target)->labels.ToString(),
                                     FormatDuration((*target)->interval)));
  }
  EXPECT_THAT(made, ElementsAre(R"(http://x:80/metrics {instance="x", job="a"} 1m)", "dropped",
                                R"(http://m:1/metrics {instance="m:1", job="a"} 5s)"));
}

TEST(PrometheusConfigTest, AllErrorsAreToldAtOnceWithTheirPlaces) {
  const PrometheusConfig config = Read(R"(
global: {scrape_interval: soon}
scrape_configs:
  - job_name: a
    honor_labels: maybe
    scrape_timeout: 2m
    relabel_configs:
      - {action: swap, target_label: x}
      - {regex: '(', target_label: x}
    static_configs: [{targets: ['http://a/metrics']}]
  - job_name: a
    file_sd_configs: [{files: ['*/x.json', 'x.txt']}]
  - metrics_path: /x
    http_sd_configs: [{url: sd}]
    sample_limit: -1
    body_size_limit: much
)");
  EXPECT_THAT(config.jobs, IsEmpty());
  const auto at = [](std::string_view rest) {
    return HasSubstr(fmt::format("/etc/prometheus/prometheus.yml:{}", rest));
  };
  EXPECT_THAT(
      config.errors,
      ElementsAre(at("2:27: global.scrape_interval: found 'soon', expected a duration above 0"),
                  at("5:19: scrape_configs[0].honor_labels: found 'maybe'"),
                  at("8:18: scrape_configs[0].relabel_configs[0].action: found 'swap'"),
                  at("9:9: scrape_configs[0].relabel_configs[1]: regex '('"),
                  at("10:33: scrape_configs[0].static_configs[0].targets[0]: found 'http://a"),
                  at("4:5: scrape_configs[0]: scrape_timeout 2m is longer"),
                  at("12:23: scrape_configs[1].file_sd_configs[0].files: found '*/x.json'"),
                  at("12:23: scrape_configs[1].file_sd_configs[0].files: found 'x.txt'"),
                  at("11:5: scrape_configs[1]: a job 'a' is there already"),
                  at("14:23: scrape_configs[2].http_sd_configs[0]: url is missing"),
                  at("15:19: scrape_configs[2].sample_limit: found '-1'"),
                  at("16:22: scrape_configs[2].body_size_limit: found 'much'"),
                  at("13:5: scrape_configs[2]: job_name is missing")));
}

TEST(PrometheusConfigTest, UnknownKeysAreNamedAndTheRestIsUsed) {
  const PrometheusConfig config = Read(R"(
glob: 1
scrape_configs:
  - job_name: a
    metric_path: /x
    static_configs: [{targets: [a], lables: {}}]
  - job_name: b
    proxy_url: http://p
    static_configs: [{targets: [b]}]
)");
  EXPECT_THAT(config.errors, IsEmpty());
  ASSERT_EQ(config.jobs.size(), 1u) << "without its proxy b would be asked on another way";
  EXPECT_EQ(config.jobs[0].job->name, "a");
  EXPECT_THAT(config.notes,
              ElementsAre(HasSubstr(":2:1: glob: unknown key"),
                          HasSubstr(":5:5: scrape_configs[0].metric_path: unknown key"),
                          HasSubstr(":6:37: scrape_configs[0].static_configs[0].lables: unknown"),
                          HasSubstr(":8:5: scrape_configs[1].proxy_url: not supported")));
}

TEST(PrometheusConfigTest, WhatSaysTheSameHasTheSameFingerprint) {
  const auto fingerprint = [](std::string_view text) {
    return Read(text).jobs.at(0).job->fingerprint;
  };
  const uint64_t one = fingerprint("scrape_configs: [{job_name: a, sample_limit: 1}]");
  EXPECT_EQ(one, fingerprint("# x\nscrape_configs:\n- job_name: a\n  sample_limit: '1'"));
  EXPECT_NE(one, fingerprint("scrape_configs: [{job_name: a, sample_limit: 2}]"));
  EXPECT_NE(one, fingerprint("global: {scrape_interval: 1s}\nscrape_configs: [{job_name: a, "
                             "sample_limit: 1}]"));
}

TEST(PrometheusConfigTest, AnEmptyFileHasNoJobs) {
  EXPECT_THAT(Read("").errors, IsEmpty());
  EXPECT_THAT(Read("[]").errors, ElementsAre(HasSubstr("found 'a list', expected a mapping")));
  EXPECT_THAT(Read("scrape_configs: 1").errors, ElementsAre(HasSubstr("expected a list")));
}

TEST(PrometheusConfigTest, ReceiversAreReadAsTheyAre) {
  const PrometheusConfig config = Read(R"(
global: {external_labels: {cluster: west}}
remote_write:
  - url: https://there/api/v1/write
    name: there
    remote_timeout: 10s
    headers: {X-Scope-OrgID: me}
    basic_auth: {username: me, password_file: secret}
    write_relabel_configs: [{source_labels: [__name__], regex: 'go_.*', action: drop}]
    queue_config:
      {capacity: 10000, max_shards: 50, min_shards: 1, max_samples_per_send: 500,
       batch_send_deadline: 2s, min_backoff: 10ms, max_backoff: 1s, retry_on_http_429: true,
       sample_age_limit: 0s}
    send_exemplars: true
    surprise: 1
  - url: http://other/write
  - {url: 'http://proxied/write', proxy_url: 'http://proxy'}
)");
  EXPECT_THAT(config.errors, IsEmpty());
  EXPECT_THAT(config.notes,
              ElementsAre(HasSubstr(":2:10: global.external_labels: given to remote_write alone"),
                          HasSubstr("remote_write[0].send_exemplars: not used by Kizashi, which "
                                    "sends samples alone"),
                          HasSubstr("remote_write[0].surprise"),
                          HasSubstr("remote_write[2].proxy_url: not supported, this receiver is "
                                    "left out")));
  ASSERT_EQ(config.remotes.size(), 2u);
  const RemoteWriteConfig& there = *config.remotes[0];
  EXPECT_EQ(there.name, "there");
  EXPECT_EQ(there.url, "https://there/api/v1/write");
  EXPECT_EQ(there.timeout, std::chrono::seconds(10));
  EXPECT_EQ(there.http.headers.at(0).first, "X-Scope-OrgID");
  EXPECT_EQ(there.http.password.file, "/etc/prometheus/secret");
  EXPECT_EQ(there.external_labels, Labels({Label{"cluster", "west"}}));
  EXPECT_EQ(there.capacity, 10'000u);
  EXPECT_EQ(there.samples_per_send_max, 500u);
  EXPECT_EQ(there.requests_at_once, 16u);
  EXPECT_EQ(there.send_deadline, std::chrono::seconds(2));
  EXPECT_EQ(there.backoff_min, Duration(10));
  EXPECT_EQ(there.backoff_max, std::chrono::seconds(1));
  EXPECT_EQ(there.sample_age_max, Duration(0));
  Labels dropped({Label{"__name__", "go_threads"}});
  EXPECT_FALSE(there.relabel.Apply(&dropped));
  const RemoteWriteConfig& other = *config.remotes[1];
  EXPECT_EQ(other.name.size(), 6u);
  EXPECT_EQ(other.samples_per_send_max, 2'000u);
  EXPECT_EQ(other.requests_at_once, 4u);
  EXPECT_TRUE(other.relabel.empty());
}

TEST(PrometheusConfigTest, WhatIsWrongWithReceiversIsTold) {
  const PrometheusConfig config = Read(R"(
scrape_configs: [{job_name: a}]
remote_write:
  - {url: there}
  - {url: 'http://a', protobuf_message: io.prometheus.write.v2.Request}
  - {url: 'http://b'}
  - {url: 'http://b'}
  - {url: 'http://c', queue_config: {max_samples_per_send: many}}
)");
  EXPECT_THAT(
      config.errors,
      ElementsAre(HasSubstr("remote_write[0]: url is missing, or is neither http:// nor https://"),
                  HasSubstr("remote_write[1].protobuf_message: found "
                            "'io.prometheus.write.v2.Request', expected"),
                  HasSubstr("remote_write[3]: a receiver 'http://b' is there already"),
                  HasSubstr("remote_write[4].queue_config.max_samples_per_send: found 'many'")));
  EXPECT_THAT(config.remotes, IsEmpty());
  EXPECT_THAT(config.jobs, IsEmpty());
}

}  // namespace
}  // namespace kizashi
