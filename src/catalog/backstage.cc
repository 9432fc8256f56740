// Backstage's entities, as they are (format backstage.io/v1alpha1, "Descriptor Format of Catalog
// Entities"). What Backstage allows and we have no use for is passed over; annotations that begin
// with kizashi.dev/ are ours and are checked.
#include <re2/re2.h>

#include <algorithm>
#include <string>

#include "catalog/draft.h"
#include "catalog/suggest.h"

namespace kizashi {
namespace {

constexpr std::string_view kPrefix = "kizashi.dev/";

/// The annotations of an entity that are ours.
class Annotations {
 public:
  Annotations(const Field& metadata, const std::vector<std::string_view>& known)
      : field_(metadata.Key("annotations")) {
    if (field_.present() && !CheckMapping(field_, "a mapping of annotations")) return;
    if (!field_.present()) return;
    for (const YamlKey& key : field_.node().keys) {
      if (!std::string_view(key.name).starts_with(kPrefix)) continue;
      const std::string_view name = std::string_view(key.name).substr(kPrefix.size());
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      Place at = field_.Key(key.name).place();
      at.line = key.line;
      at.column = key.column;
      std::string names;
      for (const std::string_view one : known) names += fmt::format(" {}{}", kPrefix, one);
      field_.Error(
          at, fmt::format("the annotation {}", Quoted(key.name)),
          fmt::format("one of{}{}", names.empty() ? " none" : names, DidYouMean(name, known)));
    }
  }

  Field Get(std::string_view name) const { return field_.Key(fmt::format("{}{}", kPrefix, name)); }

 private:
  Field field_;
};

/// "3 of 5" or "3 of 5 by pod".
std::optional<Redundancy> ReadRedundancyText(const Field& field) {
  const auto text = ReadText(field);
  if (!text) return std::nullopt;
  Redundancy redundancy;
  std::string by;
  if (!RE2::FullMatch(*text, "([0-9]{1,6}) of ([0-9]{1,6})(?: by ([A-Za-z_][A-Za-z0-9_./-]*))?",
                      &redundancy.need, &redundancy.of, &by) ||
      redundancy.need < 1 || redundancy.need > redundancy.of) {
    field.Wrong("'3 of 5' or '3 of 5 by instance', the first number no larger than the second");
    return std::nullopt;
  }
  if (!by.empty()) redundancy.by = by;
  return redundancy;
}

void ReadSlo(const Annotations& annotations, DraftService* draft) {
  const Field target = annotations.Get("slo-target");
  const Field window = annotations.Get("slo-window");
  const Field good = annotations.Get("slo-good");
  const Field total = annotations.Get("slo-total");
  if (!target.present() && !window.present() && !good.present() && !total.present()) return;
  if (!target.present()) target.Wrong("a number between 0 and 100");
  if (!good.present()) good.Wrong("a selector of the good events");
  if (!total.present()) total.Wrong("a selector of all events");
  SloSpec slo;
  const auto share = ReadPercent(target, false);
  slo.window.length =
      ReadDuration(window, SloSpec::kWindowMin, SloSpec::kWindowMax).value_or(slo.window.length);
  const auto good_selector = ReadSelector(good);
  const auto total_selector = ReadSelector(total);
  if (!share || !good_selector || !total_selector) return;
  slo.target = *share;
  slo.indicator.good.counters = {*good_selector};
  slo.indicator.total.counters = {*total_selector};
  DraftSlo out;
  out.slo = std::move(slo);
  out.place = target.place();
  draft->slos.push_back(std::move(out));
}

/// The pieces that every entity has.
struct Entity {
  Field metadata;
  Field spec;
  std::string name;  // empty when wrong
  Place place;       // of the name
};

/// Groups and users carry theirs in the profile.
std::string TitleOf(const Entity& entity) {
  if (auto name = ReadText(entity.spec.Key("profile").Key("displayName"))) return *std::move(name);
  return ReadText(entity.metadata.Key("title")).value_or(entity.name);
}

void ReadComponent(const Entity& entity, Draft* draft) {
  DraftService out;
  Service& service = out.service;
  service.file = entity.metadata.file();
  service.name = entity.name;
  service.title = TitleOf(entity);
  out.place = entity.place;
  out.owner = ReadReference(entity.spec.Key("owner"));
  out.depends_on = ReadReferences(entity.spec.Key("dependsOn"), "entities");
  out.dependents = ReadReferences(entity.spec.Key("dependencyOf"), "entities");
  out.system = ReadReference(entity.spec.Key("system"));
  const Annotations annotations(
      entity.metadata, {"match", "tier", "redundancy", "slo-target", "slo-window", "slo-good",
                        "slo-total", "anomaly-budget"});
  service.tier = ReadText(annotations.Get("tier")).value_or("");
  if (auto match = ReadSelector(annotations.Get("match"))) {
    service.match.push_back(*std::move(match));
  }
  service.redundancy = ReadRedundancyText(annotations.Get("redundancy"));
  ReadSlo(annotations, &out);
  service.anomaly_share =
      ReadPercent(annotations.Get("anomaly-budget"), true).value_or(service.anomaly_share);
  draft->services.push_back(std::move(out));
}

void ReadGroup(const Entity& entity, Draft* draft) {
  DraftTeam out;
  Team& team = out.team;
  team.file = entity.metadata.file();
  team.name = entity.name;
  team.title = TitleOf(entity);
  out.place = entity.place;
  out.parent = ReadReference(entity.spec.Key("parent"));
  out.members = ReadReferences(entity.spec.Key("members"), "users");
  out.children = ReadReferences(entity.spec.Key("children"), "groups");
  const Annotations annotations(entity.metadata, {"slack", "webhook", "time-zone", "language"});
  team.time_zone = ReadTimeZone(annotations.Get("time-zone")).value_or(team.time_zone);
  team.language = ReadOneOf(annotations.Get("language"), {"en", "ja"}).value_or(team.language);
  if (auto url = ReadUrl(annotations.Get("slack"))) {
    team.notify.push_back({Destination::Kind::kSlack, *std::move(url)});
  }
  if (auto url = ReadUrl(annotations.Get("webhook"))) {
    team.notify.push_back({Destination::Kind::kWebhook, *std::move(url)});
  }
  draft->teams.push_back(std::move(out));
}

void ReadUser(const Entity& entity, Draft* draft) {
  DraftPerson out;
  out.person.file = entity.metadata.file();
  out.person.name = entity.name;
  out.person.title = TitleOf(entity);
  out.person.email = ReadText(entity.spec.Key("profile").Key("email")).value_or("");
  out.place = entity.place;
  out.teams = ReadReferences(entity.spec.Key("memberOf"), "groups");
  const Annotations no_annotations(entity.metadata, {});
  draft->people.push_back(std::move(out));
}

void ReadOther(const Entity& entity, std::string kind, Draft* draft) {
  DraftEntity out;
  out.part_of = ReadReference(entity.spec.Key(kind == "system" ? "domain" : "system"));
  out.kind = std::move(kind);
  out.name = entity.name;
  out.place = entity.place;
  out.owner = ReadReference(entity.spec.Key("owner"));
  const Annotations no_annotations(entity.metadata, {});
  draft->entities.push_back(std::move(out));
}

void ReadLocation(const Entity& entity, Draft* draft) {
  const auto type = ReadText(entity.spec.Key("type"));
  if (type && *type != "file" && *type != "url") {
    entity.spec.Key("type").Wrong("file; only files are read");
  }
  std::vector<Field> targets = ReadList(entity.spec.Key("targets"), "paths");
  if (entity.spec.Key("target").present()) targets.push_back(entity.spec.Key("target"));
  if (targets.empty() && !entity.spec.Key("targets").present()) {
    entity.spec.Key("target").Wrong("the path of a file");
  }
  for (const Field& field : targets) {
    auto target = ReadText(field);
    if (!target) continue;
    if (target->find("://") != std::string::npos) {
      field.Wrong("a path inside the catalog's directory; only files are read, no URLs");
      continue;
    }
    draft->targets.push_back({*std::move(target), field.place()});
  }
}

/// Reports and returns false when the document is not for us.
bool CheckVersion(const Field& document) {
  const Field version = document.Key("apiVersion");
  constexpr std::string_view kExpected = "backstage.io/v1alpha1 or backstage.io/v1beta1";
  if (!version.present() || version.node().kind != YamlNode::Kind::kScalar) {
    version.Wrong(std::string(kExpected));
    return false;
  }
  const std::string& text = version.node().scalar;
  if (text.starts_with("scaffolder.backstage.io/")) return false;  // templates of new software
  if (text == "backstage.io/v1alpha1" || text == "backstage.io/v1beta1") return true;
  version.Wrong(std::string(kExpected));
  return false;
}

}  // namespace

void ReadBackstageEntity(const Field& document, Draft* draft) {
  if (!CheckVersion(document)) return;
  const std::vector<std::string_view> kinds = {"Component", "Resource", "API",  "System",
                                               "Domain",    "Group",    "User", "Location"};
  const auto kind = ReadOneOf(document.Key("kind"), kinds);
  if (!document.Key("kind").present()) document.Key("kind").Wrong("Component, Group, User, ...");
  if (!kind) return;
  Entity entity{document.Key("metadata"), document.Key("spec"), "", {}};
  if (!CheckMapping(entity.metadata, "a mapping with at least a name")) return;
  if (entity.spec.present() && !CheckMapping(entity.spec, "a mapping")) return;
  const Field profile = entity.spec.Key("profile");
  if (profile.present() && !CheckMapping(profile, "a mapping")) return;
  entity.name = ReadName(entity.metadata.Key("name")).value_or("");
  entity.place = entity.metadata.Key("name").place();
  if (*kind == "Component" || *kind == "Resource") return ReadComponent(entity, draft);
  if (*kind == "Group") return ReadGroup(entity, draft);
  if (*kind == "User") return ReadUser(entity, draft);
  if (*kind == "Location") return ReadLocation(entity, draft);
  ReadOther(entity, LowerCase(*kind), draft);
}

}  // namespace kizashi
