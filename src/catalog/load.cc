#include "catalog/load.h"

#include <algorithm>

#include "catalog/catalog_builder.h"
#include "catalog/draft.h"
#include "catalog/locations.h"
#include "catalog/resolve.h"
#include "catalog/resolve_slos.h"
#include "wire/yaml.h"

namespace kizashi {
namespace {

void ReadSource(const CatalogSource& source, const FieldSource& like, Draft* draft,
                UnreadWords* unread) {
  const YamlFile yaml = ReadYaml(source.text);
  for (const YamlError& error : yaml.errors) {
    like.errors->Add({source.file, error.line, error.column, "", error.found, error.expected});
  }
  if (!yaml.complete) AddWords(source.text, unread);
  for (const YamlNode& document : yaml.documents) {
    FieldSource from = like;
    from.file = source.file;
    from.nulls_absent = document.Find("apiVersion") != nullptr || document.Find("kind") != nullptr;
    ReadDocument(Field(&document, &from), draft);
  }
}

}  // namespace

std::string CatalogError::ToString() const {
  std::string out;
  if (!file.empty()) {
    out = file;
    if (line > 0) out += fmt::format(":{}:{}", line, column);
    out += ": ";
  }
  if (!field.empty()) out += field + ": ";
  if (!found.empty()) out += fmt::format("found {}, ", found);
  return out + "expected " + expected;
}

std::string CatalogWarning::ToString() const {
  std::string out;
  if (!file.empty()) out = line > 0 ? fmt::format("{}:{}:{}: ", file, line, column) : file + ": ";
  if (!field.empty()) out += field + ": ";
  return out + "warning: " + text;
}

std::vector<CatalogSource> OnCallSources(const std::vector<CatalogSource>& sources) {
  std::vector<CatalogSource> found;
  for (const CatalogSource& source : sources) {
    for (const std::string_view word : {"schedule", "escalation", "leave"}) {
      if (source.text.find(word) == std::string::npos) continue;
      found.push_back(source);
      break;
    }
  }
  return found;
}

CatalogLoad LoadCatalog(const std::vector<CatalogSource>& sources, const ExpressionCheck& check) {
  std::vector<const CatalogSource*> in_order;
  in_order.reserve(sources.size());
  for (const CatalogSource& source : sources) in_order.push_back(&source);
  std::stable_sort(in_order.begin(), in_order.end(),
                   [](const auto* a, const auto* b) { return a->file < b->file; });
  ErrorList errors;
  Draft draft;
  UnreadWords unread;
  CatalogLoad load;
  FieldSource like;
  like.errors = &errors;
  like.warnings = &load.warnings;
  like.check = check ? &check : nullptr;
  for (const CatalogSource* source : in_order) ReadSource(*source, like, &draft, &unread);
  CheckTargets(draft.targets, in_order, &errors);
  ResolveDraft(unread, &draft, &errors);
  ResolveSlos(unread, &draft, &errors);

  if (errors.empty()) {
    CatalogBuilder builder;
    for (DraftService& one : draft.services) builder.Add(std::move(one.service));
    for (DraftTeam& one : draft.teams) builder.Add(std::move(one.team));
    for (DraftPerson& one : draft.people) builder.Add(std::move(one.person));
    auto catalog = builder.Build();
    if (catalog.ok()) {
      load.catalog = *std::move(catalog);
    } else {
      errors.Add({"", 0, 0, "match", std::string(Message(catalog.status())), "a selector"});
    }
  }
  load.errors = errors.Take();
  if (load.warnings.size() > kCatalogErrorsMax) load.warnings.resize(kCatalogErrorsMax);
  return load;
}

}  // namespace kizashi
