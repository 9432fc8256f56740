// The catalog: services, teams, people, and who owns which telemetry.
//
// A Catalog is immutable once loaded; readers share it by shared_ptr<const Catalog>. It is read
// from a directory of YAML (docs/use/catalog.md) by LoadCatalog in catalog/load.h.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "base/status.h"
#include "catalog/selector.h"
#include "catalog/slo.h"
#include "pattern/templates.h"
#include "wire/telemetry.h"

namespace kizashi {

/// k of n: the service lives while at least `need` of `of` members do.
struct Redundancy {
  int need = 1;
  int of = 1;
  std::string by = "instance";  // the label that tells members apart
};

/// A ticket once the whole budget of anomalies is spent.
inline PolicyStep DefaultAnomalyStep() {
  PolicyStep step;
  step.action = PolicyStep::Action::kTicket;
  step.spent = 1;
  return step;
}

struct Service {
  std::string name;   // unique; Backstage: metadata.name of a Component or Resource
  std::string title;  // for people; the name when none is given
  std::string owner;  // a team's name
  std::vector<std::string> developers;  // names of people
  std::string tier;                     // free text, "" when not given
  std::string system;                   // Backstage's spec.system
  std::vector<std::string> depends_on;  // names of services
  std::vector<Selector> match;          // telemetry of this service; empty: the default labels
  std::optional<Redundancy> redundancy;
  std::vector<SloSpec> slos;
  /// The share of the error budget that anomalies may spend, and what follows when so much of that
  /// is spent. A hold asks for the lower bound of what was spent, the other steps for the mean.
  double anomaly_share = 0.25;
  std::vector<PolicyStep> anomaly_policy = {DefaultAnomalyStep()};
  std::vector<PolicyOverride> anomaly_overrides;
  /// The most series it may have; nothing: as many as its tier (series_limit.h).
  std::optional<int> series_limit;
  /// Patterns of its log as the team wants them; null: as they are found.
  std::shared_ptr<const PatternTemplates> log_patterns;
  std::string file;  // where it was read from
};

/// Where a team's messages go.
struct Destination {
  enum class Kind { kSlack, kWebhook };
  Kind kind = Kind::kWebhook;
  std::string url;
};

/// A team's daily report: when, to whom beside `notify`'s Slack, and what is worth a row in it.
struct TeamReport {
  static constexpr int kLinesMin = 3;
  bool on = true;
  Duration at{std::chrono::hours(8)};  // of the day, in the team's time zone
  std::vector<std::string> emails;
  int lines_min = kLinesMin;  // a log pattern never seen before is told when it had so many lines
};

struct Team {
  std::string name;
  std::string title;
  std::string parent;  // Backstage's spec.parent, "" for none
  std::vector<std::string> members;
  std::string time_zone = "UTC";
  std::string language = "en";  // "en" or "ja", for messages and reports
  std::vector<Destination> notify;
  TeamReport report;
  std::string file;
};

struct Person {
  std::string name;
  std::string title;
  std::string email;
  // How on-call reaches them; "" for what is not there.
  std::string slack;            // a member's id: "U0G9QF9C6"
  std::string phone;            // "+81312345678" or "sip:ann@pbx.example"
  std::string language = "en";  // "en" or "ja", of what they are told
  std::string file;
};

class Catalog {
 public:
  /// Sorted by name. What is not known is nullptr.
  const std::vector<Service>& services() const { return services_; }
  const std::vector<Team>& teams() const { return teams_; }
  const std::vector<Person>& people() const { return people_; }
  const Service* FindService(std::string_view name) const;
  const Team* FindTeam(std::string_view name) const;
  const Person* FindPerson(std::string_view name) const;

  /// The service that owns telemetry with these labels: the first service, by name, one of whose
  /// `match` selectors holds; else, when it has no `match` of its own, the one named by the first
  /// present of service_name, service.name, service, app_kubernetes_io_name, app.kubernetes.io/name
  /// and job. Nullptr: unclaimed. Any thread.
  const Service* Claim(const Labels& labels) const;
  /// What the catalog calls a service that telemetry gives this name (OTLP's service.name): that
  /// which claims service_name or service.name of this value, else the name itself. Any thread.
  std::string NameOf(std::string_view name) const;

  /// A hash of everything in the catalog; equal catalogs have equal versions.
  uint64_t version() const { return version_; }

 private:
  friend class CatalogBuilder;
  std::vector<Service> services_;
  std::vector<Team> teams_;
  std::vector<Person> people_;
  struct ClaimRule {
    CompiledSelector selector;
    size_t service;
  };
  /// Places in claims_, by the value of one label that the selector wants equal; ascending.
  using ClaimsByValue =
      std::unordered_map<std::string, std::vector<size_t>, StringHash, std::equal_to<>>;
  std::vector<ClaimRule> claims_;  // in order of services_
  std::map<std::string, ClaimsByValue, std::less<>> indexed_claims_;
  std::vector<size_t> other_claims_;  // of selectors without such a label; ascending
  uint64_t version_ = 0;
};

}  // namespace kizashi
