#include "judge/slo_formats/slo_import.h"

#include <algorithm>
#include <deque>
#include <set>

#include "judge/slo_formats/expression.h"
#include "judge/slo_formats/format_reader.h"

namespace kizashi {
namespace {

enum class Family { kShort, kSloth, kPyrra, kOpenSlo, kUnknown };

std::string TextAt(const YamlNode& node, std::string_view key) {
  const YamlNode* value = node.Find(key);
  return value != nullptr && value->kind == YamlNode::Kind::kScalar ? value->scalar : "";
}

Family FamilyOf(const YamlNode& object) {
  const std::string version = TextAt(object, "apiVersion");
  if (version.starts_with("sloth.slok.dev/") || TextAt(object, "version") == "prometheus/v1") {
    return Family::kSloth;
  }
  if (version.starts_with("pyrra.dev/")) return Family::kPyrra;
  if (version.starts_with("openslo")) return Family::kOpenSlo;
  for (const char* key : {"service", "team", "person"}) {
    const YamlNode* value = object.Find(key);
    if (value != nullptr && value->kind == YamlNode::Kind::kMapping) return Family::kShort;
  }
  return version.starts_with("backstage.io/") ? Family::kShort : Family::kUnknown;
}

/// A file as it was read; fields point into it.
struct ReadFile {
  YamlFile yaml;
  FieldSource source;
};

class Importer {
 public:
  Importer(const SloImportOptions& options, SloImport* out) : options_(options), out_(out) {}

  void Read(const CatalogSource& source) {
    ReadFile& file = files_.emplace_back();
    file.yaml = ReadYaml(source.text, YamlAliases::kFollowed);
    file.source = {source.file, true, &errors_, &out_->warnings, nullptr};
    const bool is_short =
        std::any_of(file.yaml.documents.begin(), file.yaml.documents.end(),
                    [](const YamlNode& one) { return FamilyOf(one) == Family::kShort; });
    if (is_short) {
      short_.push_back(source);  // reads it again, and tells its errors
      return;
    }
    for (const YamlError& error : file.yaml.errors) {
      errors_.Add({source.file, error.line, error.column, "", error.found, error.expected});
    }
    if (file.yaml.documents.empty() && file.yaml.errors.empty()) {
      errors_.Add({source.file, 1, 1, "", "nothing", kExpected});
    }
    for (const YamlNode& document : file.yaml.documents) {
      for (const Field& object : Objects(Field(&document, &file.source))) Sort(object);
    }
  }

  void Finish() {
    if (!short_.empty()) ImportShort();
    ImportSloth(sloth_, out_);
    ImportPyrra(pyrra_, options_, out_);
    ImportOpenSlo(openslo_, out_);
    RefuseTwice();
    for (CatalogError& error : errors_.Take()) out_->errors.push_back(std::move(error));
    const auto by_place = [](const auto& a, const auto& b) {
      return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
    };
    std::stable_sort(out_->errors.begin(), out_->errors.end(), by_place);
    std::stable_sort(out_->warnings.begin(), out_->warnings.end(), by_place);
    if (out_->warnings.size() > kCatalogErrorsMax) out_->warnings.resize(kCatalogErrorsMax);
  }

 private:
  static constexpr const char* kExpected =
      "SLOs of OpenSLO, Sloth, Pyrra or our own short form (service:)";

  void Sort(const Field& object) {
    if (!object.IsMapping()) return object.Wrong(kExpected);
    switch (FamilyOf(object.node())) {
      case Family::kSloth: sloth_.push_back(object); break;
      case Family::kPyrra: pyrra_.push_back(object); break;
      case Family::kOpenSlo: openslo_.push_back(object); break;
      case Family::kShort: object.Wrong("a file of its own for the short form"); break;
      case Family::kUnknown: object.Wrong(kExpected); break;
    }
  }

  void ImportShort() {
    CatalogLoad load = LoadCatalog(short_, CheckSloExpression);
    for (CatalogError& error : load.errors) out_->errors.push_back(std::move(error));
    for (CatalogWarning& warning : load.warnings) out_->warnings.push_back(std::move(warning));
    out_->catalog = load.catalog;
    if (load.catalog == nullptr) return;
    for (const Service& service : load.catalog->services()) {
      for (const SloSpec& slo : service.slos) {
        out_->slos.push_back({service.name, slo, SloFormat::kShort, service.file, 0, 0});
      }
    }
  }

  /// Two SLOs of a name in one service: the first stays.
  void RefuseTwice() {
    std::set<std::pair<std::string, std::string>> seen;
    std::erase_if(out_->slos, [&](const ImportedSlo& one) {
      if (seen.insert({one.service, one.slo.name}).second) return false;
      errors_.Add({one.file, one.line, one.column, "",
                   fmt::format("a second SLO {} of {}", Quoted(one.slo.name), Quoted(one.service)),
                   "a name of its own for each SLO of a service"});
      return true;
    });
  }

  const SloImportOptions& options_;
  SloImport* out_;
  ErrorList errors_;
  std::deque<ReadFile> files_;
  std::vector<CatalogSource> short_;
  std::vector<Field> sloth_;
  std::vector<Field> pyrra_;
  std::vector<Field> openslo_;
};

}  // namespace

std::string_view SloFormatName(SloFormat format) {
  switch (format) {
    case SloFormat::kShort: return "short";
    case SloFormat::kOpenSloV1Alpha: return "openslo-v1alpha";
    case SloFormat::kOpenSloV1: return "openslo";
    case SloFormat::kOpenSloV2Alpha: return "openslo-v2alpha";
    case SloFormat::kSloth: return "sloth";
    case SloFormat::kPyrra: return "pyrra";
  }
  return "";
}

SloImport ImportSlos(const std::vector<CatalogSource>& sources, const SloImportOptions& options) {
  SloImport out;
  Importer importer(options, &out);
  for (const CatalogSource& source : sources) importer.Read(source);
  importer.Finish();
  return out;
}

}  // namespace kizashi
