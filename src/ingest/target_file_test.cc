#include "ingest/target_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace kizashi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(MakeScrapeTargetTest, CompletesAddresses) {
  const auto url = [](std::string_view address, Labels labels = {}) {
    const auto target = MakeScrapeTarget(address, std::move(labels), "j");
    return target.ok() ? target->url + " " + std::string(target->labels.Get("instance"))
                       : std::string(Message(target.status()));
  };
  EXPECT_EQ(url("a:1"), "http://a:1/metrics a:1");
  EXPECT_EQ(url("a"), "http://a:80/metrics a:80");
  EXPECT_EQ(url("[::1]"), "http://[::1]:80/metrics [::1]:80");
  EXPECT_EQ(url("[::1]:9"), "http://[::1]:9/metrics [::1]:9");
  EXPECT_EQ(url("https://a/x?y=z"), "https://a:443/x?y=z a:443");
  EXPECT_EQ(url("http://a:8/"), "http://a:8/metrics a:8");
  EXPECT_EQ(url("a", Labels({{"__scheme__", "https"}, {"__metrics_path__", "/m"}})),
            "https://a:443/m a:443");
  EXPECT_EQ(url("a:1", Labels({Label{"instance", "box"}})), "http://a:1/metrics box");
  EXPECT_EQ(url(""), "found '', expected host:port");
  EXPECT_EQ(url("a b:1"), "found 'a b:1', expected host:port");
  EXPECT_EQ(url("::1"), "found '::1', expected host:port");
  EXPECT_EQ(url("a:0"), "found 'a:0', expected a port from 1 to 65535 after ':'");
  EXPECT_EQ(url("ftp://a"), "found scheme 'ftp', expected http or https");
}

TEST(ParseTargetFileTest, ReadsYaml) {
  const TargetList list = ParseTargetFile("/etc/nodes.yaml",
                                          "- targets: [a:1, 'b:2']\n"
                                          "  labels: {zone: x, __metrics_path__: /m, __other: y}\n"
                                          "- targets:\n    - c:3\n  labels:\n    job: own\n");
  EXPECT_THAT(list.errors, ElementsAre());
  ASSERT_EQ(list.targets.size(), 3u);
  EXPECT_EQ(list.targets[0].url, "http://a:1/m");
  EXPECT_EQ(list.targets[0].labels, Labels({{"instance", "a:1"}, {"job", "nodes"}, {"zone", "x"}}));
  EXPECT_EQ(list.targets[2].labels, Labels({{"instance", "c:3"}, {"job", "own"}}));
}

TEST(ParseTargetFileTest, ReadsJson) {
  const TargetList list = ParseTargetFile(
      "x.json", "[\n\t{\"targets\": [\"a:1\"],\n\t \"labels\": {\"n\": \"1\"}\n\t}\n]\n");
  EXPECT_THAT(list.errors, ElementsAre());
  ASSERT_EQ(list.targets.size(), 1u);
  EXPECT_EQ(list.targets[0].labels.Get("n"), "1");
}

TEST(ParseTargetFileTest, AnEmptyFileHasNoTargets) {
  EXPECT_TRUE(ParseTargetFile("x.yaml", "").errors.empty());
  EXPECT_TRUE(ParseTargetFile("x.yaml", "[]").errors.empty());
}

TEST(ParseTargetFileTest, TellsEveryErrorWithItsPlace) {
  const TargetList list = ParseTargetFile("x.yaml",
                                          "- targets: [good:1, 'bad one']\n"
                                          "  labels: {1x: y}\n"
                                          "- labels: {a: b}\n"
                                          "- target: [a:1]\n"
                                          "  targets: a:1\n"
                                          "- text\n");
  EXPECT_THAT(
      list.errors,
      ElementsAre("x.yaml:2:12: [0].labels: found '1x', expected a label name",
                  "x.yaml:1:21: [0].targets[1]: found 'bad one', expected host:port",
                  "x.yaml:3:3: [1]: targets is missing",
                  "x.yaml:4:3: [2]: found 'target', expected targets or labels",
                  "x.yaml:5:12: [2].targets: found 'a:1', expected a list of host:port",
                  "x.yaml:6:3: [3]: found 'text', expected a mapping with targets and labels"));
  EXPECT_TRUE(list.targets.empty());
  EXPECT_EQ(ParseTargetFile("x", "a: b").errors.size(), 1u);
  EXPECT_FALSE(ParseTargetFile("x", "[{").errors.empty());
}

TEST(ParseTargetFileTest, TargetsHaveALimit) {
  std::string text = "- targets:\n";
  for (size_t i = 0; i < kTargetsMax; ++i) text += fmt::format("  - h{}:1\n", i);
  EXPECT_EQ(ParseTargetFile("x", text).targets.size(), kTargetsMax);
  const TargetList list = ParseTargetFile("x", text + "  - h:1\n  - i:1\n");
  ASSERT_EQ(list.errors.size(), 1u);
  EXPECT_THAT(list.errors[0], HasSubstr("at most 10000 targets"));
}

TEST(TargetFileTest, FollowsTheFileAndKeepsTheLastGoodList) {
  std::string folder = (std::filesystem::temp_directory_path() / "kizashi-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/web.yaml";
  const auto write = [&](std::string_view text) {
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);  // a new inode
  };
  TargetFile file(path);
  EXPECT_FALSE(file.Poll());
  EXPECT_THAT(file.error(), HasSubstr("No such file"));
  write("- targets: [a:1]\n");
  EXPECT_TRUE(file.Poll());
  EXPECT_FALSE(file.Poll());
  EXPECT_EQ(file.error(), "");
  ASSERT_EQ(file.targets().size(), 1u);
  EXPECT_EQ(file.targets()[0].labels.Get("job"), "web");
  write("- targets: a:2\n");
  EXPECT_FALSE(file.Poll());
  EXPECT_THAT(file.error(), HasSubstr("web.yaml:1:12: "));
  EXPECT_EQ(file.targets().size(), 1u);
  std::filesystem::remove(path);
  EXPECT_FALSE(file.Poll());
  EXPECT_EQ(file.targets().size(), 1u);
  write("- targets: [a:1, b:1]\n");
  EXPECT_TRUE(file.Poll());
  EXPECT_EQ(file.targets().size(), 2u);
  EXPECT_EQ(file.error(), "");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace kizashi
