#include "act/price_text.h"

#include <cmath>

#include "act/format.h"

namespace kizashi {
namespace {

std::string Amount(double value) {
  if (value == std::floor(value)) return FormatNumber(value, 0);
  return value > 0 && value < 0.01 ? fmt::format("{:.2g}", value) : FormatAmount(value);
}

std::string Field(const Price& price, std::string_view name) {
  return Amount(FieldNumber(price.fields, name));
}

std::vector<std::string> ExplainEvidence(const Price& price, const PriceInputs& inputs,
                                         Language language) {
  std::vector<std::string> lines;
  const auto add = [&](TextId id, TextValues values) {
    lines.push_back(FillText(id, language, values));
  };
  const ObservedRatio ratio = RatioOf(inputs.followed, inputs.expected);
  add(TextId::kPriceSeen, {{"episodes", Amount(inputs.episodes)},
                           {"followed", Amount(inputs.followed)},
                           {"expected", Amount(inputs.expected)}});
  add(TextId::kPriceRatio,
      {{"ratio", Amount(ratio.mean)}, {"low", Amount(ratio.low)}, {"high", Amount(ratio.high)}});
  add(TextId::kPriceCredited, {{"credited", Amount(inputs.credited)}});
  add(TextId::kPricePool, {{"pooled", Amount(inputs.pool.mean())}});
  if (price.basis == kBasisPooled) {
    add(TextId::kPriceFew, {{"few", FormatNumber(PriceBook::kFewEpisodes, 0)}});
  }
  const double shape = FieldNumber(price.fields, "chance_shape");
  const double rate = FieldNumber(price.fields, "chance_rate");
  const double hazard = rate > 0 ? shape / rate : 0;
  const double before = inputs.calibration.Chance(inputs.others);
  const double rise = FieldNumber(price.fields, "failure_chance_mean");
  add(TextId::kPriceChance, {{"hazard", Amount(hazard)},
                             {"before", FormatChance(before)},
                             {"after", FormatChance(before + rise)}});
  add(TextId::kPriceCalibration, {{"slope", fmt::format("{:.3f}", inputs.calibration.slope)},
                                  {"offset", fmt::format("{:+.3f}", inputs.calibration.offset)}});
  add(TextId::kPriceCost,
      {{"minutes", Amount(inputs.failure_minutes)}, {"weight", Amount(inputs.failure_weight)}});
  add(TextId::kPriceProduct, {{"chance", FormatChance(rise)},
                              {"minutes", Amount(inputs.failure_minutes)},
                              {"mean", Amount(price.mean_minutes)},
                              {"low", Amount(price.low_minutes)},
                              {"high", Amount(price.high_minutes)}});
  return lines;
}

std::vector<std::string> ExplainTogether(const Price& price, Language language) {
  const double rise = FieldNumber(price.fields, "failure_chance_rise");
  const double chance = FieldNumber(price.fields, "chance");
  const auto window = Duration(int64_t(FieldNumber(price.fields, "window_minutes") * 60'000));
  return {FillText(TextId::kGroupHead, language,
                   {{"service", "redundancy"},
                    {"need", Field(price, "need")},
                    {"of", Field(price, "of")},
                    {"down", Field(price, "down")}}),
          FillText(TextId::kGroupRise, language,
                   {{"need", Field(price, "need")},
                    {"window", FormatSpan(window, language)},
                    {"before", FormatChance(chance - rise)},
                    {"after", FormatChance(chance)}}),
          FillText(TextId::kPriceProduct, language,
                   {{"chance", FormatChance(rise)},
                    {"minutes", Field(price, "failure_minutes")},
                    {"mean", Amount(price.mean_minutes)},
                    {"low", Amount(price.low_minutes)},
                    {"high", Amount(price.high_minutes)}})};
}

}  // namespace

std::string FormatChance(double chance) {
  if (chance <= 0) return "0%";
  if (chance >= 0.001) return fmt::format("{:.3g}%", 100 * chance);
  return fmt::format("1/{}", FormatNumber(1 / chance, 0));
}

std::optional<Price> PriceAgain(const Price& price) {
  if (price.basis == "together") return TogetherPriceAgain(price);
  const auto inputs = InputsOf(price);
  return inputs ? std::optional(EvidencePrice(*inputs, price.basis)) : std::nullopt;
}

std::vector<std::string> ExplainPrice(std::string_view kind, const Price& price,
                                      Language language) {
  std::vector<std::string> lines = {FillText(TextId::kPriceHead, language,
                                             {{"kind", std::string(kind)},
                                              {"mean", Amount(price.mean_minutes)},
                                              {"low", Amount(price.low_minutes)},
                                              {"high", Amount(price.high_minutes)}})};
  std::vector<std::string> more;
  if (const auto inputs = InputsOf(price)) {
    more = ExplainEvidence(price, *inputs, language);
  } else if (price.basis == "together") {
    more = ExplainTogether(price, language);
  } else {
    more = {FillText(TextId::kPricePrior, language,
                     {{"mean", Amount(price.mean_minutes)},
                      {"low", Amount(price.low_minutes)},
                      {"high", Amount(price.high_minutes)}})};
  }
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

std::string ExplainTold(const Price& price, Time time, Language language) {
  const std::string moment = FormatMoment(time, "UTC", language) + " UTC";
  const auto again = PriceAgain(price);
  if (!again) {
    return FillText(
        TextId::kPriceToldOtherwise, language,
        {{"time", moment}, {"mean", Amount(price.mean_minutes)}, {"basis", price.basis}});
  }
  return FillText(TextId::kPriceTold, language,
                  {{"time", moment},
                   {"mean", Amount(price.mean_minutes)},
                   {"again", Amount(again->mean_minutes)}});
}

GroupAnswers AnswersOf(const GroupSnapshot& group, Duration now_window, Duration window) {
  const GroupForecast forecast(group.counts, group.pool);
  GroupState up = group.state;
  up.down = 0;
  up.down_minutes = 0;
  GroupAnswers answers;
  answers.state = group.state;
  answers.now_window = now_window;
  answers.window = window;
  answers.has_history = GroupForecast::HasHistory(group.counts);
  answers.failures_a_month = forecast.failures_a_member_month(up.of);
  answers.repair_minutes = forecast.repair_minutes();
  answers.common_cause = forecast.common_cause(up.of);
  answers.now = forecast.TooFew(group.state, now_window);
  answers.general = forecast.TooFew(up, window);
  answers.independent = forecast.TooFewIndependent(up, window);
  answers.fatal = up.of - up.need + 1;
  answers.at_once = forecast.AtOnce(up.of, answers.fatal, window);
  if (group.state.down < answers.fatal) {
    GroupState next = group.state;
    next.down_minutes = next.down_minutes * next.down / (next.down + 1);
    ++next.down;
    if (next.down < answers.fatal) {
      answers.next = forecast.PriceOf(next, now_window, group.cost);
    }
  }
  answers.more_members = forecast.TooFew(up, window, {.more_members = 1});
  answers.faster_repair = forecast.TooFew(up, window, {.repair_speed = 2});
  answers.half_common_cause = forecast.TooFew(up, window, {.common_cause = 0.5});
  return answers;
}

std::vector<std::string> ExplainGroup(std::string_view service, const GroupSnapshot& group,
                                      const GroupAnswers& answers, Language language) {
  std::vector<std::string> lines;
  const auto add = [&](TextId id, TextValues values) {
    lines.push_back(FillText(id, language, values));
  };
  const auto add_range = [&](TextId id, const Range& range) {
    add(id, {{"chance", FormatChance(range.mean)},
             {"low", FormatChance(range.low)},
             {"high", FormatChance(range.high)}});
  };
  const std::string need = FormatNumber(answers.state.need, 0);
  const std::string window = FormatSpan(answers.window, language);
  add(TextId::kGroupHead, {{"service", std::string(service)},
                           {"need", need},
                           {"of", FormatNumber(answers.state.of, 0)},
                           {"down", FormatNumber(answers.state.down, 0)}});
  if (!answers.has_history) add(TextId::kGroupThin, {});
  add(TextId::kGroupRates, {{"days", Amount(group.counts.up_minutes / (24 * 60))},
                            {"events", Amount(group.counts.event_count())},
                            {"failures", Amount(group.counts.failures())},
                            {"repairs", Amount(group.counts.repairs)},
                            {"rate", Amount(answers.failures_a_month.mean)},
                            {"low", Amount(answers.failures_a_month.low)},
                            {"high", Amount(answers.failures_a_month.high)},
                            {"repair", Amount(answers.repair_minutes.mean)}});
  add(TextId::kGroupCommon, {{"share", FormatChance(answers.common_cause.mean)},
                             {"low", FormatChance(answers.common_cause.low)},
                             {"high", FormatChance(answers.common_cause.high)}});
  add(TextId::kGroupChance, {{"need", need},
                             {"window", FormatSpan(answers.now_window, language)},
                             {"chance", FormatChance(answers.now.mean)},
                             {"low", FormatChance(answers.now.low)},
                             {"high", FormatChance(answers.now.high)}});
  add(TextId::kGroupGeneral, {{"need", need},
                              {"window", window},
                              {"chance", FormatChance(answers.general.mean)},
                              {"low", FormatChance(answers.general.low)},
                              {"high", FormatChance(answers.general.high)},
                              {"independent", FormatChance(answers.independent.mean)}});
  add(TextId::kGroupAtOnce, {{"members", FormatNumber(answers.fatal, 0)},
                             {"window", window},
                             {"chance", FormatChance(answers.at_once.mean)},
                             {"low", FormatChance(answers.at_once.low)},
                             {"high", FormatChance(answers.at_once.high)}});
  if (answers.next) {
    add(TextId::kGroupNext, {{"mean", Amount(answers.next->mean_minutes)},
                             {"low", Amount(answers.next->low_minutes)},
                             {"high", Amount(answers.next->high_minutes)}});
  }
  add_range(TextId::kGroupMore, answers.more_members);
  add_range(TextId::kGroupFaster, answers.faster_repair);
  add_range(TextId::kGroupHalf, answers.half_common_cause);
  return lines;
}

}  // namespace kizashi
