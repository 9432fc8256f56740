#include "catalog/load.h"

#include <algorithm>

#include "catalog/catalog_builder.h"
#include "catalog/draft.h"
#include "catalog/locations.h"
#include "catalog/resolve.h"
#include "wire/yaml.h"

namespace kizashi {
namespace {

void ReadSource(const CatalogSource& source, Draft* draft, UnreadWords* unread, ErrorList* errors) {
  const YamlFile yaml = ReadYaml(source.text);
  for (const YamlError& error : yaml.errors) {
    errors->Add({source.file, error.line, error.column, "", error.found, error.expected});
  }
  if (!yaml.complete) AddWords(source.text, unread);
  for (const YamlNode& document : yaml.documents) {
    const bool backstage =
        document.Find("apiVersion") != nullptr || document.Find("kind") != nullptr;
    const FieldSource from{source.file, backstage, errors};
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

CatalogLoad LoadCatalog(const std::vector<CatalogSource>& sources) {
  std::vector<const CatalogSource*> in_order;
  in_order.reserve(sources.size());
  for (const CatalogSource& source : sources) in_order.push_back(&source);
  std::stable_sort(in_order.begin(), in_order.end(),
                   [](const auto* a, const auto* b) { return a->file < b->file; });
  ErrorList errors;
  Draft draft;
  UnreadWords unread;
  for (const CatalogSource* source : in_order) ReadSource(*source, &draft, &unread, &errors);
  CheckTargets(draft.targets, in_order, &errors);
  ResolveDraft(unread, &draft, &errors);

  CatalogLoad load;
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
  return load;
}

}  // namespace kizashi
