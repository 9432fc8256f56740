#include "judge/slo_formats/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "judge/slo_formats/test_support.h"

namespace kizashi {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

struct Ran {
  int exit = 0;
  std::string out;
  std::string err;
};

class SloCommands : public testing::Test {
 protected:
  SloCommands() {
    folder_ = (std::filesystem::temp_directory_path() / "kizashi-slo-XXXXXX").string();
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  ~SloCommands() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& name, std::string_view text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  template <typename Command>
  Ran Run(Command command, const SloCommandOptions& options) {
    Ran ran;
    FILE* out = std::fopen((folder_ + "/.out").c_str(), "w");
    FILE* err = std::fopen((folder_ + "/.err").c_str(), "w");
    ran.exit = command(options, out, err);
    std::fclose(out);
    std::fclose(err);
    ran.out = ReadSharedFile(folder_ + "/.out");
    ran.err = ReadSharedFile(folder_ + "/.err");
    return ran;
  }

  std::string folder_;
};

constexpr std::string_view kPyrra =
    "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {name: errors}\n"
    "spec:\n  target: '99'\n  window: 4w\n  indicator:\n    ratio:\n"
    "      errors: {metric: 'req_total{code=~\"5..\"}'}\n      total: {metric: req_total}\n";

TEST_F(SloCommands, ImportPrintsTheShortForm) {
  SloCommandOptions options;
  options.paths = {File("a.yaml", kPyrra)};
  options.service = "shop";
  const Ran ran = Run(ImportSlosCommand, options);
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, StartsWith("service:\n  name: shop\n  slo:\n    - name: errors\n"
                                  "      target: 99%\n      bad: req_total{code=~\"5..\"}\n"));
  EXPECT_THAT(ran.err, HasSubstr("a.yaml:6:11: spec.window: warning: Pyrra's burn rates"));
  options.format = "json";
  EXPECT_THAT(Run(ImportSlosCommand, options).out,
              StartsWith("{\"services\":[{\"name\":\"shop\",\"slo\":[{\"name\":\"errors\","));
}

TEST_F(SloCommands, ExportReadsCatalogsAndFiles) {
  File("shop.yaml", "service: {name: shop, slo: {target: 99.9, good: a, total: b}}\n");
  SloCommandOptions options;
  options.paths = {folder_};
  options.to = "openslo";
  const Ran ran = Run(ExportSlosCommand, options);
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, StartsWith("apiVersion: openslo/v1\nkind: SLO\nmetadata:\n  name: "
                                  "availability\n"));
  EXPECT_THAT(ran.err,
              HasSubstr("warning: shop/availability: OpenSLO cannot say the workbook's pairs"));
  options.to = "pyrra";
  EXPECT_EQ(Run(ExportSlosCommand, options).exit, 1) << "it is left out";
  options.to = "word";
  EXPECT_EQ(Run(ExportSlosCommand, options).exit, 2);
  options.to = "sloth";
  options.slo = "none";
  EXPECT_EQ(Run(ExportSlosCommand, options).exit, 2);
}

TEST_F(SloCommands, CheckTellsEverything) {
  SloCommandOptions options;
  options.paths = {File("good.yaml", kPyrra), File("bad.yaml", "service: {name: a, slo: {}}\n")};
  Ran ran = Run(CheckSlosCommand, options);
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.out, HasSubstr("bad.yaml:1:25: slo.target: found nothing"));
  EXPECT_THAT(ran.out, HasSubstr("1 SLO, 3 errors, 2 warnings\n"));
  options.paths.pop_back();
  EXPECT_EQ(Run(CheckSlosCommand, options).exit, 0);
  options.strict = true;
  EXPECT_EQ(Run(CheckSlosCommand, options).exit, 1);
  options.paths = {folder_ + "/none.yaml"};
  ran = Run(CheckSlosCommand, options);
  EXPECT_EQ(ran.exit, 3);
  EXPECT_THAT(ran.out, IsEmpty());
  EXPECT_THAT(ran.err, StartsWith("kizashi slo check: "));
}

TEST_F(SloCommands, CheckLooksIntoPromql) {
  SloCommandOptions options;
  options.paths = {
      File("a.yaml", "service: {name: a, slo: {target: 99, ratio: {bad: 'sum(('}}}\n")};
  EXPECT_THAT(Run(CheckSlosCommand, options).out,
              HasSubstr("a.yaml:1:57: slo.ratio.bad: found 'sum((', expected PromQL that can be "
                        "read: 1:6: parse error"));
}

TEST_F(SloCommands, ExplainTakesOne) {
  SloCommandOptions options;
  options.paths = {File("a.yaml", kPyrra)};
  options.slo = "errors";
  const Ran ran = Run(ExplainSlosCommand, options);
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, StartsWith("errors/errors\n  good: bad is the increase of req_total"));
}

}  // namespace
}  // namespace kizashi
