#include "judge/price/price.h"

#include <algorithm>

#include "base/check.h"

namespace kizashi {
namespace {

constexpr double kLow = 0.05;
constexpr double kHigh = 0.95;

// How many more have to go, with `down` away, until fewer than `need` are left.
int MoreToFail(int need, int of, int down) { return of - down - need + 1; }

Price PriceByPrior(const BetaPrior& prior, std::string_view basis) {
  Price price;
  price.mean_minutes = prior.mean() * kPriorFailureMinutes;
  price.low_minutes = BetaQuantile(prior, kLow) * kPriorFailureMinutes;
  price.high_minutes = BetaQuantile(prior, kHigh) * kPriorFailureMinutes;
  price.basis = basis;
  price.fields = {{"failure_chance_mean", prior.mean()}, {"failure_minutes", kPriorFailureMinutes}};
  return price;
}

}  // namespace

Price PriceMemberDown(int need, int of, int down) {
  KZ_CHECK(need >= 1 && need <= of && down >= 1 && down <= of, "{} of {}, {} down", need, of, down);
  const bool failed = MoreToFail(need, of, down) <= 0;
  // The rise by this member when every other one goes with chance q.
  const auto rise = [&](double q) {
    return BinomialTail(of - down, MoreToFail(need, of, down), q) -
           BinomialTail(of - down + 1, MoreToFail(need, of, down - 1), q);
  };
  const double mean =
      BetaBinomialTail(of - down, MoreToFail(need, of, down), kPriorMemberLoss) -
      BetaBinomialTail(of - down + 1, MoreToFail(need, of, down - 1), kPriorMemberLoss);
  const double at_low = rise(BetaQuantile(kPriorMemberLoss, kLow));
  const double at_high = rise(BetaQuantile(kPriorMemberLoss, kHigh));
  const auto minutes = [&](double chance) {
    return failed ? 0.0 : std::max(0.0, chance) * kPriorFailureMinutes;
  };
  Price price;
  price.mean_minutes = minutes(mean);
  price.low_minutes = minutes(std::min(at_low, at_high));
  price.high_minutes = minutes(std::max(at_low, at_high));
  price.basis = "prior_redundancy";
  price.fields = {{"need", double(need)},
                  {"of", double(of)},
                  {"down", double(down)},
                  {"member_loss_mean", kPriorMemberLoss.mean()},
                  {"failure_chance_rise", failed ? 0.0 : std::max(0.0, mean)},
                  {"failure_minutes", kPriorFailureMinutes},
                  {"failed", failed ? 1.0 : 0.0}};
  return price;
}

Price PriceNovelty() { return PriceByPrior(kPriorNovelty, "prior_novelty"); }

Price PriceForeignAlert() { return PriceByPrior(kPriorForeignAlert, "prior_alert"); }

Price PriceSignals() { return PriceByPrior(kPriorSignals, "prior_signals"); }

}  // namespace kizashi
