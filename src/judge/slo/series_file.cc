#include "judge/slo/series_file.h"

#include "query/promql/ast.h"
#include "query/rules/yaml_fields.h"

namespace kizashi {
namespace {

using rules::YamlFields;

void ReadSeries(const YamlNode& node, YamlFields* fields, SeriesFile* file) {
  if (!fields->Mapping(node, "the series", {"series", "values"})) return;
  const std::string text = fields->Text(node.Find("series"), "series") + " " +
                           fields->Text(node.Find("values"), "values");
  auto series = promql::ParseSeriesDescription(text);
  if (series.ok()) {
    file->series.push_back(*std::move(series));
  } else {
    fields->Error(node,
                  fmt::format("series {}: {}", text.substr(0, 200), Message(series.status())));
  }
}

}  // namespace

SeriesFile ParseSeriesFile(const std::string& name, std::string_view text) {
  SeriesFile file;
  YamlFields fields(name);
  const auto document = fields.Read(text);
  if (document) {
    const YamlNode* node = &*document;
    if (const YamlNode* tests = node->Find("tests")) {
      const auto& list = fields.List(tests, "tests");
      if (list.empty()) {
        fields.Error(*tests, "no test in it");
      } else {
        node = &list.front();
      }
    }
    if (node->Find("input_series") == nullptr) {
      fields.Error(*node, "input_series: found nothing, expected a list of series and values");
    }
    if (node->Find("interval") != nullptr) {
      file.interval = fields.Time(node->Find("interval"), "interval");
      if (file.interval.count() <= 0) {
        fields.Error(*node->Find("interval"), "interval: expected a duration above zero");
      }
    }
    for (const YamlNode& series : fields.List(node->Find("input_series"), "input_series")) {
      ReadSeries(series, &fields, &file);
    }
  } else {
    fields.Error(1, 1, "expected a mapping with interval and input_series");
  }
  file.errors = fields.TakeErrors();
  return file;
}

}  // namespace kizashi
