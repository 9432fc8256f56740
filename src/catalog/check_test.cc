#include "catalog/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/test_folder.h"

namespace kizashi {
namespace {

using testing::HasSubstr;

struct Outcome {
  int code = 0;
  std::string out;
};

Outcome RunCheck(const std::string& dir, bool json) {
  Outcome outcome;
  FILE* out = std::tmpfile();
  outcome.code = CheckCatalogCommand(dir, json, {}, out);
  std::rewind(out);
  char buffer[4096];
  while (const size_t size = std::fread(buffer, 1, sizeof(buffer), out)) {
    outcome.out.append(buffer, size);
  }
  std::fclose(out);
  return outcome;
}

TEST(CheckTest, AGoodCatalogIsCounted) {
  const TestFolder folder;
  folder.Write("a.yaml", "service: {name: a}\n---\nteam: {name: t}\n---\nteam: {name: u}\n");
  const Outcome text = RunCheck(folder.name(), false);
  EXPECT_EQ(text.code, 0);
  EXPECT_EQ(text.out, folder.name() + ": fine: 1 service, 2 teams, 0 people in 1 file\n");
  const Outcome json = RunCheck(folder.name(), true);
  EXPECT_EQ(json.code, 0);
  EXPECT_EQ(json.out, "{\"ok\":true,\"services\":1,\"teams\":2,\"people\":0,\"errors\":[]}\n");
}

TEST(CheckTest, ErrorsArePrintedOneALine) {
  const TestFolder folder;
  folder.Write("a.yaml", "service:\n  name: a\n  owner: \"x\"\n");
  const Outcome text = RunCheck(folder.name(), false);
  EXPECT_EQ(text.code, 1);
  EXPECT_EQ(text.out,
            "a.yaml:3:10: owner: found 'x', expected the name of a team of this catalog, which has "
            "none\n");
  const Outcome json = RunCheck(folder.name(), true);
  EXPECT_EQ(json.code, 1);
  EXPECT_EQ(json.out,
            "{\"ok\":false,\"errors\":[{\"file\":\"a.yaml\",\"line\":3,\"column\":10,\"field\":"
            "\"owner\",\"found\":\"'x'\",\"expected\":\"the name of a team of this catalog, which "
            "has none\"}]}\n");
}

TEST(CheckTest, ADirectoryThatIsNotThereIsNoFinding) {
  const TestFolder folder;
  const Outcome text = RunCheck(folder.name() + "/none", false);
  EXPECT_EQ(text.code, 3);
  EXPECT_EQ(text.out, "") << "the reason goes to standard error";
  const Outcome json = RunCheck(folder.name() + "/none", true);
  EXPECT_EQ(json.code, 3);
  EXPECT_THAT(json.out, HasSubstr("\"ok\":false,\"error\":\"the catalog's directory"));
}

}  // namespace
}  // namespace kizashi
