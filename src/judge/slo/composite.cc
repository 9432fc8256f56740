#include "judge/slo/composite.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace kizashi {
namespace {

bool IsComposite(const SloSpec& slo) {
  return slo.indicator.kind == Indicator::Kind::kComposite ||
         slo.indicator.kind == Indicator::Kind::kJourney;
}

/// The first SLO of a service that is measured by itself.
const SloSpec* FirstMeasured(const Service& service) {
  for (const SloSpec& slo : service.slos) {
    if (!IsComposite(slo)) return &slo;
  }
  return nullptr;
}

void AddWithDependencies(const Catalog& catalog, const std::string& name,
                         std::set<std::string>* seen, std::vector<SloMember>* members) {
  const Service* service = catalog.FindService(name);
  if (service == nullptr || !seen->insert(name).second) return;
  if (const SloSpec* slo = FirstMeasured(*service)) members->push_back({name, slo->name, 1});
  for (const std::string& other : service->depends_on) {
    AddWithDependencies(catalog, other, seen, members);
  }
}

}  // namespace

std::optional<double> CompositeShare(const Indicator& indicator,
                                     const std::vector<MemberSlice>& members) {
  double weights = 0;
  double mean = 0;
  double product = 1;
  for (const MemberSlice& member : members) {
    double share = 0;
    if (member.sum.covered_seconds <= 0 && member.sum.total == 0) {
      if (indicator.missing == Indicator::Missing::kIgnore) continue;
      share = indicator.missing == Indicator::Missing::kGood ? 1 : 0;
    } else if (member.sum.total > 0) {
      share = std::clamp(member.sum.good / member.sum.total, 0.0, 1.0);
    } else {
      continue;
    }
    weights += member.weight;
    mean += member.weight * share;
    product *= std::pow(share, member.weight);
  }
  if (weights <= 0) return std::nullopt;
  return indicator.kind == Indicator::Kind::kJourney ? product : mean / weights;
}

std::vector<SloMember> MembersOf(const Catalog& catalog, const Service& service,
                                 const SloSpec& slo) {
  std::vector<SloMember> members = slo.indicator.members;
  if (members.empty() && slo.indicator.kind == Indicator::Kind::kJourney) {
    std::set<std::string> seen;
    AddWithDependencies(catalog, service.name, &seen, &members);
  }
  for (SloMember& member : members) {
    if (member.service.empty()) member.service = service.name;
    const Service* of = catalog.FindService(member.service);
    if (!member.slo.empty() || of == nullptr) continue;
    if (const SloSpec* first = FirstMeasured(*of)) member.slo = first->name;
  }
  return members;
}

}  // namespace kizashi
