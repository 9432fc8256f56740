#include "catalog/catalog_builder.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "catalog/slo_writer.h"
#include "wire/yaml_writer.h"

namespace kizashi {
namespace {

void Write(const std::vector<std::string>& texts, ByteWriter* out) {
  out->Varint(texts.size());
  for (const std::string& text : texts) out->String(text);
}

void Write(const Selector& selector, ByteWriter* out) {
  out->Varint(selector.matchers.size());
  for (const LabelMatcher& matcher : selector.matchers) {
    out->String(matcher.name);
    out->U8(static_cast<uint8_t>(matcher.op));
    out->String(matcher.value);
  }
}

/// The short form has every field, and equal SLOs have equal texts; so has the JSON of it, which is
/// made in one pass.
void Write(const SloSpec& slo, ByteWriter* out) { out->String(WriteYamlAsJson(SloTree(slo))); }

void Write(const Service& service, ByteWriter* out) {
  for (const std::string* text : {&service.name, &service.title, &service.owner, &service.tier,
                                  &service.system, &service.file}) {
    out->String(*text);
  }
  Write(service.developers, out);
  Write(service.depends_on, out);
  out->Varint(service.match.size());
  for (const Selector& selector : service.match) Write(selector, out);
  out->U8(service.redundancy ? 1 : 0);
  if (service.redundancy) {
    out->SignedVarint(service.redundancy->need);
    out->SignedVarint(service.redundancy->of);
    out->String(service.redundancy->by);
  }
  out->Varint(service.slos.size());
  for (const SloSpec& slo : service.slos) Write(slo, out);
  out->Double(service.anomaly_share);
  out->Varint(service.anomaly_policy.size());
  for (const PolicyStep& step : service.anomaly_policy) {
    out->U8(static_cast<uint8_t>(step.action));
    out->Double(step.spent);
    out->Double(step.burn);
    out->SignedVarint(step.over.count());
    out->String(step.text);
  }
  out->Varint(service.anomaly_overrides.size());
  for (const PolicyOverride& override : service.anomaly_overrides) {
    out->SignedVarint(ToMs(override.until));
    out->String(override.reason);
    out->String(override.author);
  }
  out->SignedVarint(service.series_limit.value_or(0));
  out->U64(service.log_patterns == nullptr ? 0 : service.log_patterns->hash());
}

void Write(const Team& team, ByteWriter* out) {
  for (const std::string* text :
       {&team.name, &team.title, &team.parent, &team.time_zone, &team.language, &team.file}) {
    out->String(*text);
  }
  Write(team.members, out);
  out->Varint(team.notify.size());
  for (const Destination& destination : team.notify) {
    out->U8(static_cast<uint8_t>(destination.kind));
    out->String(destination.url);
  }
  out->U8(team.report.on ? 1 : 0);
  out->SignedVarint(team.report.at.count());
  Write(team.report.emails, out);
  out->SignedVarint(team.report.lines_min);
}

void Write(const Person& person, ByteWriter* out) {
  for (const std::string* text : {&person.name, &person.title, &person.email, &person.slack,
                                  &person.phone, &person.language, &person.file}) {
    out->String(*text);
  }
}

template <typename T>
void SortByName(std::vector<T>* things) {
  const auto by_name = [](const T& a, const T& b) { return a.name < b.name; };
  std::sort(things->begin(), things->end(), by_name);
  const auto twice = std::adjacent_find(things->begin(), things->end(),
                                        [](const T& a, const T& b) { return a.name == b.name; });
  KZ_CHECK(twice == things->end(), "the name {} stands twice in the catalog", twice->name);
}

/// The matcher that a claim is found by: any that needs one value of one label.
const LabelMatcher* IndexableMatcher(const Selector& selector) {
  for (const LabelMatcher& matcher : selector.matchers) {
    if (matcher.op == LabelMatcher::Op::kEqual && !matcher.value.empty()) return &matcher;
  }
  return nullptr;
}

}  // namespace

StatusOr<std::shared_ptr<const Catalog>> CatalogBuilder::Build() {
  SortByName(&services_);
  SortByName(&teams_);
  SortByName(&people_);
  auto catalog = std::make_shared<Catalog>();
  ByteWriter bytes;
  bytes.Varint(services_.size());
  for (size_t i = 0; i < services_.size(); ++i) {
    const Service& service = services_[i];
    Write(service, &bytes);
    for (const Selector& selector : service.match) {
      KZ_ASSIGN_OR_RETURN(CompiledSelector compiled, CompiledSelector::Compile(selector));
      const size_t claim = catalog->claims_.size();
      catalog->claims_.push_back({std::move(compiled), i});
      if (const LabelMatcher* key = IndexableMatcher(selector)) {
        catalog->indexed_claims_[key->name][key->value].push_back(claim);
      } else {
        catalog->other_claims_.push_back(claim);
      }
    }
  }
  bytes.Varint(teams_.size());
  for (const Team& team : teams_) Write(team, &bytes);
  bytes.Varint(people_.size());
  for (const Person& person : people_) Write(person, &bytes);
  catalog->version_ = Hash64(bytes.bytes());
  catalog->services_ = std::move(services_);
  catalog->teams_ = std::move(teams_);
  catalog->people_ = std::move(people_);
  return std::shared_ptr<const Catalog>(std::move(catalog));
}

}  // namespace kizashi
