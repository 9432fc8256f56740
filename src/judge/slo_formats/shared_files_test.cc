// Every file of ../shared/data/slo: what it gives, or why it is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "catalog/slo_writer.h"
#include "judge/slo_formats/slo_import.h"
#include "judge/slo_formats/test_support.h"
#include "wire/yaml_writer.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

struct Gives {
  size_t slos;
  size_t errors;
  size_t warnings;
  bool operator==(const Gives&) const = default;
};
void PrintTo(const Gives& gives, std::ostream* out) {
  *out << gives.slos << " SLOs, " << gives.errors << " errors, " << gives.warnings << " warnings";
}

const std::map<std::string, Gives> kFiles = {
    {"openslo/v1/alert_conditions.yaml", {0, 0, 3}},
    {"openslo/v1/alert_notification_targets.yaml", {0, 0, 0}},
    {"openslo/v1/alert_policies.yaml", {0, 0, 3}},
    {"openslo/v1/data_sources.yaml", {0, 0, 0}},
    {"openslo/v1/services.yaml", {0, 0, 0}},
    {"openslo/v1/slis.yaml", {0, 0, 0}},
    {"openslo/v1/slos.yaml", {1, 0, 2}},
    {"openslo/v1alpha/services.yaml", {0, 0, 0}},
    {"openslo/v1alpha/slos.yaml", {1, 2, 5}},
    {"openslo/v2alpha/alert_conditions.yaml", {0, 0, 3}},
    {"openslo/v2alpha/alert_notification_targets.yaml", {0, 0, 0}},
    {"openslo/v2alpha/alert_policies.yaml", {0, 0, 3}},
    {"openslo/v2alpha/data_sources.yaml", {0, 0, 0}},
    {"openslo/v2alpha/services.yaml", {0, 0, 0}},
    {"openslo/v2alpha/slis.yaml", {0, 0, 0}},
    {"openslo/v2alpha/slos.yaml", {1, 0, 4}},
    {"pyrra/caddy-response-latency.yaml", {1, 0, 3}},
    {"pyrra/nginx.yaml", {2, 0, 6}},
    {"pyrra/parca-grpc-queryrange-errors.yaml", {1, 0, 2}},
    {"pyrra/prometheus-http.yaml", {1, 0, 3}},
    {"pyrra/prometheus-operator.yaml", {1, 0, 2}},
    {"pyrra/prometheus-probe-success.yaml", {1, 0, 3}},
    {"pyrra/pyrra-connect-errors.yaml", {1, 0, 3}},
    {"pyrra/pyrra-connect-latency.yaml", {0, 1, 1}},
    {"pyrra/pyrra-filesystem-errors.yaml", {1, 0, 2}},
    {"pyrra/pyrra-kubernetes-errors.yaml", {1, 0, 2}},
    {"pyrra/thanos-grpc.yaml", {1, 0, 2}},
    {"pyrra/thanos-http.yaml", {1, 0, 2}},
    {"sloth/contrib-denominator-corrected.yaml", {1, 0, 2}},
    {"sloth/contrib-slo-plugins.yml", {2, 0, 3}},
    {"sloth/getting-started.yml", {1, 0, 1}},
    {"sloth/home-wifi.yml", {2, 0, 5}},
    {"sloth/k8s-getting-started.yml", {1, 0, 1}},
    {"sloth/k8s-home-wifi.yml", {2, 0, 5}},
    {"sloth/k8s-multifile.yml", {2, 0, 2}},
    {"sloth/kubernetes-apiserver.yml", {2, 0, 1}},
    {"sloth/multifile.yml", {2, 0, 2}},
    {"sloth/no-alerts.yml", {1, 0, 1}},
    {"sloth/openslo-getting-started.yml", {1, 0, 1}},
    {"sloth/openslo-kubernetes-apiserver.yml", {3, 0, 3}},
    {"sloth/plugin-getting-started.yml", {0, 1, 1}},
    {"sloth/plugin-k8s-getting-started.yml", {0, 1, 3}},
    {"sloth/raw-home-wifi.yml", {1, 0, 1}},
    {"sloth/slo-plugin-getting-started.yml", {1, 0, 3}},
    {"sloth/slo-plugin-k8s-getting-started.yml", {1, 0, 3}},
    {"sloth/victoria-metrics.yml", {0, 4, 3}},
    {"sloth/windows/7d.yaml", {0, 0, 0}},
    {"sloth/windows/custom-30d.yaml", {0, 0, 0}},
};

/// Why these are refused, in part or whole.
const std::map<std::string, std::string> kReasons = {
    {"openslo/v1alpha/slos.yaml", "a metric of 'datadog'"},
    {"pyrra/pyrra-connect-latency.yaml", "a native histogram"},
    {"sloth/plugin-getting-started.yml", "the plugin 'getting_started_availability'"},
    {"sloth/plugin-k8s-getting-started.yml", "the plugin 'getting_started_availability'"},
    {"sloth/victoria-metrics.yml", "unknown function with name \"histogram_share\""},
};

std::vector<fs::path> YamlFiles(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".yaml" || extension == ".yml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(SharedSloFiles, EachGivesWhatTheTableSays) {
  if (!fs::exists(kSharedSlos)) GTEST_SKIP() << kSharedSlos << " is not there";
  for (const fs::path& path : YamlFiles(kSharedSlos)) {
    const std::string name = fs::relative(path, kSharedSlos).string();
    SCOPED_TRACE(name);
    const SloImport import = ImportSlos({{name, ReadSharedFile(path.string())}}, {});
    std::vector<std::string> errors;
    for (const CatalogError& error : import.errors) {
      EXPECT_GT(error.line, 0) << error.ToString();
      EXPECT_GT(error.column, 0) << error.ToString();
      errors.push_back(error.ToString());
    }
    if (name.find("_gen/") != std::string::npos) {
      EXPECT_THAT(errors, Contains(HasSubstr("expected SLOs of OpenSLO, Sloth, Pyrra or our own")))
          << "rules are no SLOs";
      continue;
    }
    const auto expected = kFiles.find(name);
    ASSERT_NE(expected, kFiles.end()) << "a file that the table does not have";
    EXPECT_EQ((Gives{import.slos.size(), import.errors.size(), import.warnings.size()}),
              expected->second)
        << testing::PrintToString(errors);
    if (const auto reason = kReasons.find(name); reason != kReasons.end()) {
      EXPECT_THAT(errors, Contains(HasSubstr(reason->second)));
    } else {
      EXPECT_THAT(errors, testing::IsEmpty());
    }
  }
}

TEST(SharedSloFiles, TheShortFormOfEachReadsBack) {
  if (!fs::exists(kSharedSlos)) GTEST_SKIP() << kSharedSlos << " is not there";
  for (const fs::path& path : YamlFiles(kSharedSlos)) {
    const SloImport import = ImportSlos({{path.string(), ReadSharedFile(path.string())}}, {});
    for (const ImportedSlo& one : import.slos) {
      const std::string text = WriteYaml(ServiceTree(one.service, {one.slo}));
      const SloImport again = ImportSlos({{"a.yaml", text}}, {});
      ASSERT_EQ(again.slos.size(), 1u) << text << again.errors.at(0).ToString();
      EXPECT_EQ(again.slos[0].slo, one.slo) << text << FormatSlo(again.slos[0].slo);
    }
  }
}

}  // namespace
}  // namespace kizashi
