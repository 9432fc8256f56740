#include "judge/price/evidence_price.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <vector>

namespace kizashi {
namespace {

constexpr int kChanceParts = 32;
constexpr int kCostParts = 8;

double QuantileOf(const std::vector<double>& sorted, double p) {
  const double at = p * static_cast<double>(sorted.size()) - 0.5;
  const auto low = static_cast<size_t>(std::max(0.0, std::floor(at)));
  const size_t high = std::min(low + 1, sorted.size() - 1);
  const double part = std::clamp(at - static_cast<double>(low), 0.0, 1.0);
  return sorted[low] + part * (sorted[high] - sorted[low]);
}

}  // namespace

double Calibration::Chance(double hazard) const {
  if (hazard <= 0) return 0;
  const double chance = -std::expm1(-hazard);
  const double logit = std::log(chance) + hazard;  // log(p / (1 - p)), as 1 - p = exp(-hazard)
  return 1 / (1 + std::exp(-(offset + slope * logit)));
}

Price EvidencePrice(const PriceInputs& inputs, std::string_view basis) {
  const bool own = basis == kBasisEvidence;
  const GammaBelief chance =
      BeliefOf(inputs.pool, own ? KindCount{inputs.credited, inputs.episodes} : KindCount{});
  const double before = inputs.calibration.Chance(inputs.others);
  std::vector<double> rises = GammaParts(chance, kChanceParts);
  for (double& rise : rises) {
    rise = std::max(0.0, inputs.calibration.Chance(inputs.others + rise) - before);
  }
  const std::vector<double> costs = GammaParts(
      {inputs.failure_weight, inputs.failure_weight / inputs.failure_minutes}, kCostParts);
  std::vector<double> products;
  double sum = 0;
  for (const double rise : rises) {
    for (const double cost : costs) {
      products.push_back(rise * cost);
      sum += products.back();
    }
  }
  std::sort(products.begin(), products.end());
  Price price;
  price.mean_minutes = sum / static_cast<double>(products.size());
  // Of a belief with nearly all its weight at zero the mean may lie beyond its quantiles.
  price.low_minutes = std::min(QuantileOf(products, 0.05), price.mean_minutes);
  price.high_minutes = std::max(QuantileOf(products, 0.95), price.mean_minutes);
  price.basis = basis;
  double rise_sum = 0;
  for (const double rise : rises) rise_sum += rise;
  price.fields = {{"rule", double(kPriceRule)},
                  {"episodes", inputs.episodes},
                  {"followed", inputs.followed},
                  {"expected", inputs.expected},
                  {"credited", inputs.credited},
                  {"pooled_chance", inputs.pool.mean()},
                  {"pool", PoolText(inputs.pool)},
                  {"chance_shape", chance.shape},
                  {"chance_rate", chance.rate},
                  {"others", inputs.others},
                  {"calibration_offset", inputs.calibration.offset},
                  {"calibration_slope", inputs.calibration.slope},
                  {"failure_chance_mean", rise_sum / kChanceParts},
                  {"failure_minutes", inputs.failure_minutes},
                  {"failure_weight", inputs.failure_weight}};
  return price;
}

std::optional<PriceInputs> InputsOf(const Price& price) {
  const auto number = [&](std::string_view name) { return FieldNumber(price.fields, name); };
  const bool mine = price.basis == kBasisEvidence || price.basis == kBasisPooled;
  if (!mine || number("rule") != kPriceRule) return std::nullopt;
  PriceInputs inputs;
  const auto pool = ReadPool(FieldText(price.fields, "pool"));
  if (!pool) return std::nullopt;
  inputs.pool = *pool;
  inputs.others = number("others");
  inputs.calibration = {number("calibration_offset"), number("calibration_slope")};
  inputs.failure_minutes = number("failure_minutes");
  inputs.failure_weight = number("failure_weight");
  inputs.episodes = number("episodes");
  inputs.followed = number("followed");
  inputs.expected = number("expected");
  inputs.credited = number("credited");
  const auto above_zero = [](double value) { return std::isfinite(value) && value > 0; };
  const bool whole = inputs.episodes >= 0 && inputs.credited >= 0 && inputs.others >= 0 &&
                     above_zero(inputs.failure_minutes) && above_zero(inputs.failure_weight);
  return whole ? std::optional(inputs) : std::nullopt;
}

ObservedRatio RatioOf(double followed, double expected) {
  const GammaBelief belief{followed + 0.5, expected + 0.5};
  return {belief.mean(), GammaQuantile(belief, 0.05), GammaQuantile(belief, 0.95)};
}

}  // namespace kizashi
