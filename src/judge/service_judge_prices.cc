// The part of ServiceJudge that is about prices: failures and episodes go to the book, prices come
// back; what a redundancy group's members put at risk.
#include <algorithm>

#include "judge/price/price.h"
#include "judge/service_judge.h"
#include "judge/together/group_forecast.h"

namespace kizashi {
namespace {

constexpr Duration kReadersEvery = std::chrono::minutes(1);
constexpr std::string_view kRedundancy = "redundancy";

}  // namespace

// Of an episode that begins. Its record holds the prior that stands while nothing was observed.
Price ServiceJudge::PriceOf(const AnomalyRecord& record) const {
  if (record.source == kRedundancy) return record.price;
  return prices_->PriceOf(service_->name, record.source, record.kind, record.begin, record.price);
}

GroupState ServiceJudge::GroupNow(int down, Time now) const {
  const Redundancy& group = *service_->redundancy;
  GroupState state{group.need, group.of, down, 0};
  double minutes = 0;
  int count = 0;
  for (const auto& [name, member] : members_.members()) {
    if (!member.was_up || member.up) continue;
    minutes += ToMinutes(now - member.since);
    ++count;
  }
  if (count > 0) state.down_minutes = minutes / count;
  return state;
}

Price ServiceJudge::PriceOfGroup(int down, Time now) const {
  const GroupHistory::Counts counts = group_history_.counts();
  if (!GroupForecast::HasHistory(counts)) {
    return PriceMemberDown(service_->redundancy->need, service_->redundancy->of, down);
  }
  return GroupForecast(counts, prices_->groups())
      .PriceOf(GroupNow(down, now), kGroupWindow, prices_->CostOf(service_->name));
}

std::optional<GroupSeen> ServiceJudge::group_seen() const {
  if (!service_->redundancy) return std::nullopt;
  return GroupSeen{group_history_.counts(), service_->redundancy->of};
}

void ServiceJudge::TickPrices(Time now, JudgeOutput* out) {
  for (const FailureWatch::Event& event : failures_.Look(slo_order_, now)) {
    if (event.began) {
      prices_->FailureBegan(service_->name, event.at);
    } else {
      prices_->FailureEnded(service_->name, event.at, event.minutes);
    }
  }
  if (service_->redundancy) {
    const int down = members_.down_count();
    int known = 0;
    for (const auto& [name, member] : members_.members()) known += member.was_up ? 1 : 0;
    group_history_.Advance(now, known - down, down);
  }
  const uint64_t version = prices_->version(service_->name);
  if (version != priced_version_) {
    priced_version_ = version;
    PriceAgain(now, out);
  }
  if (version == kind_prices_version_ || now - kind_prices_time_ < kReadersEvery) return;
  kind_prices_version_ = version;
  kind_prices_time_ = now;
  auto prices = std::make_shared<std::vector<KindPrice>>();
  const ServiceEvidence* const evidence = prices_->Find(service_->name);
  if (evidence == nullptr) return;
  for (const ServiceEvidence::Kind& kind : evidence->kinds()) {
    if (kind.name.empty()) continue;
    prices->push_back({kind.name, kind.source, kind.last,
                       prices_->InputsOf(service_->name, kind.source, kind.name, now)});
  }
  kind_prices_ = std::move(prices);
}

// A group's price is of the moment in which the member went; the others follow the evidence.
void ServiceJudge::PriceAgain(Time now, JudgeOutput* out) {
  for (auto& [id, open] : open_) {
    AnomalyRecord& record = open.record;
    if (record.source == kRedundancy) continue;
    const Price price =
        prices_->PriceAgain(service_->name, record.source, record.kind, record.price);
    if (!PriceBook::IsMaterial(record.price, price)) continue;
    record.price = price;
    spends_.Reprice(record);
    if (release_ && release_->record.id == id) release_->record.price = price;
    open.last_told = now;
    open.changed = false;
    out->verdicts.anomalies.push_back(record);
    out->verdicts.prices.push_back({id, now, price});
  }
}

void ServiceJudge::AddPrices(Time now, ServiceSnapshot* snapshot) const {
  snapshot->kind_prices = kind_prices_;
  if (!service_->redundancy) return;
  const int down = std::min(members_.down_count(), service_->redundancy->of);
  snapshot->group = GroupSnapshot{GroupNow(down, now), group_history_.counts(),
                                  prices_->CostOf(service_->name), prices_->groups()};
}

}  // namespace kizashi
