#include "catalog/resolve_slos.h"

#include <algorithm>
#include <map>
#include <utility>

#include "catalog/suggest.h"

namespace kizashi {
namespace {

class SloResolver {
 public:
  SloResolver(const UnreadWords& unread, Draft* draft, ErrorList* errors)
      : unread_(unread), draft_(draft), errors_(errors) {
    for (DraftService& one : draft->services) {
      services_.emplace(LowerCase(one.service.name), &one);
    }
    for (const DraftTeam& one : draft->teams) teams_.emplace(LowerCase(one.team.name), &one.team);
    for (const DraftPerson& one : draft->people) {
      people_.emplace(LowerCase(one.person.name), &one.person);
    }
  }

  void Run() {
    for (DraftService& service : draft_->services) {
      for (DraftSlo& slo : service.slos) Resolve(service.service, &slo);
    }
    FindCircles();
    for (DraftService& service : draft_->services) {
      for (DraftSlo& slo : service.slos) service.service.slos.push_back(std::move(slo.slo));
    }
  }

 private:
  void Unknown(const Place& at, std::string_view name, std::string expected) {
    if (unread_.contains(LowerCase(name))) return;
    errors_->Add({at.file, at.line, at.column, at.field, Quoted(name), std::move(expected)});
  }

  void Resolve(const Service& service, DraftSlo* draft) {
    SloSpec& slo = draft->slo;
    if (draft->owner) {
      const auto team = teams_.find(LowerCase(draft->owner->name));
      if (team == teams_.end()) {
        Unknown(draft->owner->place, draft->owner->name, "the name of a team of this catalog");
      } else {
        slo.agreement.owner = team->second->name;
      }
    }
    if (draft->approver) {
      const auto person = people_.find(LowerCase(draft->approver->name));
      if (person != people_.end()) {
        slo.agreement.approver = person->second->name;
      } else if (people_.empty()) {
        slo.agreement.approver = draft->approver->name;
      } else {
        Unknown(draft->approver->place, draft->approver->name,
                "the name of a person of this catalog");
      }
    }
    ResolveZones(service, &slo);
    for (size_t i = 0; i < slo.indicator.members.size(); ++i) {
      ResolveMember(service, draft->members[i], &slo.indicator.members[i]);
    }
  }

  void ResolveZones(const Service& service, SloSpec* slo) {
    const std::string& owner = slo->agreement.owner.empty() ? service.owner : slo->agreement.owner;
    const auto team = teams_.find(LowerCase(owner));
    const std::string zone = team == teams_.end() ? "UTC" : team->second->time_zone;
    if (slo->window.time_zone.empty()) slo->window.time_zone = zone;
    if (slo->indicator.time_zone.empty()) slo->indicator.time_zone = zone;
    for (BudgetChange& change : slo->changes) {
      if (change.time_zone.empty()) change.time_zone = zone;
    }
  }

  void ResolveMember(const Service& self, const DraftSlo::MemberPlaces& places, SloMember* member) {
    const std::string& name = member->service.empty() ? self.name : member->service;
    const auto at = services_.find(LowerCase(name));
    if (at == services_.end()) {
      return Unknown(places.service, name, "the name of a service of this catalog");
    }
    const DraftService& service = *at->second;
    if (!member->service.empty()) member->service = service.service.name;
    if (member->slo.empty()) {
      if (service.slos.empty()) Unknown(places.service, name, "a service with an SLO");
      return;
    }
    const bool known =
        std::any_of(service.slos.begin(), service.slos.end(),
                    [&](const DraftSlo& slo) { return slo.slo.name == member->slo; });
    if (known) return;
    std::vector<std::string_view> names;
    for (const DraftSlo& slo : service.slos) names.push_back(slo.slo.name);
    Unknown(places.slo, member->slo,
            fmt::format("the name of an SLO of {}{}", service.service.name,
                        DidYouMean(member->slo, names)));
  }

  using Node = std::pair<const DraftService*, const DraftSlo*>;

  std::vector<const DraftSlo*> Below(const Node& node) {
    std::vector<const DraftSlo*> below;
    for (const SloMember& member : node.second->slo.indicator.members) {
      const auto at = member.service.empty() ? services_.find(LowerCase(node.first->service.name))
                                             : services_.find(LowerCase(member.service));
      if (at == services_.end()) continue;
      for (const DraftSlo& slo : at->second->slos) {
        if (member.slo.empty() || slo.slo.name == member.slo) {
          below.push_back(&slo);
          break;
        }
      }
    }
    return below;
  }

  /// Each circle of composites is told once, at the SLO that closes it. Without recursion: a chain
  /// may be as long as the catalog.
  void FindCircles() {
    std::map<const DraftSlo*, const DraftService*> service_of;
    for (const DraftService& service : draft_->services) {
      for (const DraftSlo& slo : service.slos) service_of[&slo] = &service;
    }
    std::map<const DraftSlo*, int> state;  // 1: on the way, 2: done
    struct Step {
      const DraftSlo* slo;
      std::vector<const DraftSlo*> below;
      size_t next = 0;
    };
    for (const DraftService& service : draft_->services) {
      for (const DraftSlo& start : service.slos) {
        if (state[&start] != 0) continue;
        std::vector<Step> way;
        way.push_back({&start, Below({&service, &start})});
        state[&start] = 1;
        while (!way.empty()) {
          Step& step = way.back();
          if (step.next == step.below.size()) {
            state[step.slo] = 2;
            way.pop_back();
            continue;
          }
          const DraftSlo* to = step.below[step.next++];
          if (state[to] == 1) {
            const Place& at = step.slo->place;
            errors_->Add(
                {at.file, at.line, at.column, at.field,
                 fmt::format("SLOs in a circle ({} -> {})", step.slo->slo.name, to->slo.name),
                 "a composite that is not a member of itself"});
          } else if (state[to] == 0) {
            state[to] = 1;
            way.push_back({to, Below({service_of[to], to})});
          }
        }
      }
    }
  }

  const UnreadWords& unread_;
  Draft* draft_;
  ErrorList* errors_;
  std::map<std::string, DraftService*> services_;
  std::map<std::string, const Team*> teams_;
  std::map<std::string, const Person*> people_;
};

}  // namespace

void ResolveSlos(const UnreadWords& unread, Draft* draft, ErrorList* errors) {
  SloResolver(unread, draft, errors).Run();
}

}  // namespace kizashi
