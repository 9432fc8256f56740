#include "api/foreign_sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/test_folder.h"
#include "wire/signature.h"

namespace kizashi {
namespace {

using Strings = std::vector<std::string>;

class ForeignSourcesTest : public testing::Test {
 protected:
  ForeignSourcesTest() {
    folder_.Write("secret", "# both count\nfirst secret of 16\nsecond secret of 16\n");
  }
  ForeignSourcesResult Load(const std::string& text) {
    folder_.Write("sources.yml", text);
    return LoadForeignSources(folder_.name() + "/sources.yml", "");
  }
  /// Without the file's name.
  Strings Errors(const std::string& text) {
    Strings errors = ReadForeignSources(text, "sources.yml").errors;
    for (std::string& error : errors) error = error.substr(error.find(".yml:") + 5);
    return errors;
  }
  TestFolder folder_;
};

TEST_F(ForeignSourcesTest, TheFiveAreThereWithoutAFile) {
  const auto sources = LoadForeignSources("", "").sources;
  ASSERT_NE(sources, nullptr);
  Strings names;
  for (const auto& [name, source] : *sources) {
    names.push_back(name);
    EXPECT_FALSE(source.has_proof()) << name;
  }
  EXPECT_EQ(names, (Strings{"alertmanager", "cloudwatch", "datadog", "generic", "sentry"}));
}

TEST_F(ForeignSourcesTest, AFileSaysWhoSendsAndHowItIsProven) {
  const auto sources = Load(R"(
alertmanager: {secret_file: secret}
sentry: {secret_file: secret}
cloudwatch: {topics: ["arn:aws:sns:eu-west-1:123456789012:alarms"], urgent: by_severity}
backup:
  secret_file: secret
  hmac: X-Hub-Signature-256
  urgent: never
  map: {list: /jobs, name: /title, status: /state, resolved: [OK], label: {service: /app}}
)")
                           .sources;
  ASSERT_NE(sources, nullptr);
  const ForeignSource& backup = sources->at("backup");
  EXPECT_EQ(backup.kind, AlertSource::kGeneric);
  EXPECT_TRUE(backup.never_urgent);
  EXPECT_EQ(backup.mapping->list, "/jobs");
  EXPECT_EQ(backup.mapping->resolved, Strings{"ok"});
  HttpRequest request;
  request.body = "body";
  EXPECT_FALSE(HoldsSecret(backup, request));
  request.headers = {
      {"X-Hub-Signature-256", "sha256=" + HmacSha256Hex("second secret of 16", "body")}};
  EXPECT_TRUE(HoldsSecret(backup, request));
  request.headers = {{"Authorization", "Bearer first secret of 16"}};
  EXPECT_TRUE(HoldsSecret(sources->at("alertmanager"), request));
  EXPECT_FALSE(HoldsSecret(sources->at("sentry"), request));
  request.headers = {{"Sentry-Hook-Signature", HmacSha256Hex("first secret of 16", "body")}};
  EXPECT_TRUE(HoldsSecret(sources->at("sentry"), request));
  request.headers = {{"Authorization", "Bearer # both count"}};
  EXPECT_FALSE(HoldsSecret(sources->at("alertmanager"), request));
  EXPECT_TRUE(sources->at("cloudwatch").has_proof());
}

TEST_F(ForeignSourcesTest, WhoseSecretsWereNotReadLetsNobodyIn) {
  const auto sources = ReadForeignSources("generic: {secret_file: secret}\n", "f.yml").sources;
  ASSERT_NE(sources, nullptr);
  HttpRequest request;
  EXPECT_FALSE(HoldsSecret(sources->at("generic"), request));
  request.headers = {{"Authorization", "Bearer first secret of 16"}};
  EXPECT_FALSE(HoldsSecret(sources->at("generic"), request));
}

TEST_F(ForeignSourcesTest, EveryErrorHasItsPlaceAndShowsNoSecret) {
  folder_.Write("short", "hunter2");
  EXPECT_EQ(Errors("backup: {secret_file: secret}\n"),
            Strings{"1:1: backup: expected map, or one of alertmanager, datadog, sentry, "
                    "cloudwatch and generic"});
  EXPECT_EQ(Errors("datadog: {map: {name: /a}}\nCaps: {}\n"),
            (Strings{"1:1: datadog.map: its form is known",
                     "2:1: Caps: expected small letters, digits, - and _, at most 64"}));
  EXPECT_EQ(Errors("sentry: {secret_file: secret, header: X}\n"),
            Strings{"1:1: sentry: it is always signed by Sentry-Hook-Signature: give secret_file "
                    "alone"});
  EXPECT_EQ(Errors("generic: {hmac: X-S}\n"),
            Strings{"1:1: generic: header and hmac need secret_file"});
  const std::string shown = Load("generic: {secret_file: short}\n").errors.at(0);
  EXPECT_THAT(shown, testing::HasSubstr("short: a secret has fewer than 16 characters"));
  EXPECT_THAT(shown, testing::Not(testing::HasSubstr("hunter2")));
  EXPECT_THAT(Load("generic: {secret_file: none}\n").errors.at(0),
              testing::HasSubstr("none: No such file or directory"));
  EXPECT_EQ(Errors("datadog: {topics: [a]}\n"), Strings{"1:19: datadog.topics: of cloudwatch"});
  EXPECT_EQ(Errors("a: {map: {name: title, odd: /x}, urgent: maybe}\n"),
            (Strings{"1:17: a.map.name: found 'title', expected a JSON pointer such as /data/title",
                     "1:24: a.map.odd: unknown field",
                     "1:42: a.urgent: found 'maybe', expected by_severity or never"}));
  EXPECT_EQ(Errors("a: {map: {name: /a, status: /s}}\n"),
            Strings{"1:10: a.map: status and resolved go together"});
  EXPECT_EQ(Errors("[]\n").size(), 1u);
  EXPECT_THAT(LoadForeignSources(folder_.name() + "/nowhere", "").errors.at(0),
              testing::HasSubstr("nowhere:1:1: cannot be read"));
  EXPECT_THAT(LoadForeignSources("", folder_.name() + "/short").errors.at(0),
              testing::HasSubstr("a secret has fewer than 16 characters"));
}

}  // namespace
}  // namespace kizashi
