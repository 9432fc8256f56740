// What the writers of the formats share. Private to this folder; one thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "judge/slo_formats/slo_export.h"
#include "wire/yaml_writer.h"

namespace kizashi {

/// The documents and warnings of one export.
class FormatOutput {
 public:
  void Warn(const SloToExport& slo, std::string_view text);
  void WarnAll(std::string text) { warnings_.push_back(std::move(text)); }
  void Add(YamlNode document) { documents_.push_back(std::move(document)); }
  void Count() { ++exported_; }
  SloExport Take();

 private:
  std::vector<YamlNode> documents_;
  std::vector<std::string> warnings_;
  size_t exported_ = 0;
};

/// Which of an SLO's fields a format has a place for.
struct FormatKeeps {
  std::string_view format;  // for messages
  bool title = false;
  bool description = false;
  bool budgeting = false;
  bool calendar = false;
  bool labels = false;
};
/// Warns of all the others that are set.
void WarnOfLost(const SloToExport& slo, const FormatKeeps& keeps, FormatOutput* out);

using Texts = std::vector<std::pair<std::string, std::string>>;
/// Those whose key begins with `prefix`, without it.
Texts WithPrefix(const Texts& texts, std::string_view prefix);
/// Those whose key does not.
Texts WithoutPrefix(const Texts& texts, std::string_view prefix);
/// Those that a rule of Prometheus can have; warns of the others.
Texts RuleLabels(const SloToExport& slo, const Texts& labels, FormatOutput* out);
YamlNode TextsTree(const Texts& texts);
void AddTextsIfAny(std::string_view key, const Texts& texts, YamlMapping* out);

YamlNode DurationNode(Duration duration);

// The writers of the formats.
void ExportSloth(const std::vector<SloToExport>& slos, FormatOutput* out);
void ExportPyrra(const std::vector<SloToExport>& slos, FormatOutput* out);
void ExportOpenSlo(const std::vector<SloToExport>& slos, SloExportFormat format, FormatOutput* out);
void ExportSlothRules(const std::vector<SloToExport>& slos, FormatOutput* out);
void ExportPyrraRules(const std::vector<SloToExport>& slos, FormatOutput* out);

}  // namespace kizashi
