// What was read before names are resolved: the parts with the places of every reference, so that
// resolve.cc can name them. Lives while one catalog is loaded; one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/field.h"

namespace kizashi {

/// `group:default/shop-team`, `component:shop` or plain `shop`.
struct Reference {
  std::string kind;  // in lower case; empty when none is given
  std::string name;  // as written
  Place place;
};

/// An SLO whose references are not resolved. Time zones that are empty become the owner's.
struct DraftSlo {
  SloSpec slo;
  Place place;  // of the name, or of the whole
  struct MemberPlaces {
    Place service;
    Place slo;
  };
  std::vector<MemberPlaces> members;  // as many as those of the indicator
  std::optional<Reference> owner;     // of the agreement
  std::optional<Reference> approver;
};

struct DraftService {
  Service service;  // without SLOs
  std::vector<DraftSlo> slos;
  Place place;  // of the name
  std::optional<Reference> owner;
  std::vector<Reference> developers;
  std::vector<Reference> depends_on;
  std::vector<Reference> dependents;  // Backstage's spec.dependencyOf
  std::optional<Reference> system;
};

struct DraftTeam {
  Team team;
  Place place;
  std::optional<Reference> parent;
  std::vector<Reference> members;
  std::vector<Reference> children;
};

struct DraftPerson {
  Person person;
  Place place;
  std::vector<Reference> teams;  // Backstage's spec.memberOf
};

/// An API, System or Domain: only known by name.
struct DraftEntity {
  std::string kind;  // in lower case
  std::string name;
  Place place;
  std::optional<Reference> owner;
  std::optional<Reference> part_of;  // a system's domain, an API's system
};

/// One target of a Location.
struct DraftTarget {
  std::string target;  // as written
  Place place;
};

struct Draft {
  std::vector<DraftService> services;
  std::vector<DraftTeam> teams;
  std::vector<DraftPerson> people;
  std::vector<DraftEntity> entities;
  std::vector<DraftTarget> targets;
};

/// Reads a reference; an absent field gives nothing.
std::optional<Reference> ReadReference(const Field& field);
std::vector<Reference> ReadReferences(const Field& list, std::string_view of_what);

/// Reads one document of either form into the draft.
void ReadDocument(const Field& document, Draft* draft);
void ReadBackstageEntity(const Field& document, Draft* draft);

}  // namespace kizashi
