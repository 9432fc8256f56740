#include "judge/together/group_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace kizashi {
namespace {

// The chance that an event that takes several takes a member, and the share of such events that
// take all of them whatever that chance is.
constexpr std::array kLethalities = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
constexpr std::array kLethalShares = {0.0, 0.2};
static_assert(kLethalities.size() * kLethalShares.size() == kSizeKinds);
// A kind is worth so many events beside those that were seen.
constexpr double kSizesWeight = 6;
constexpr int kRounds = 30;

double LogChoose(int n, int k) {
  return std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0);
}

int MostOf(int of) { return std::min(of, GroupHistory::kSizes); }

// How many take two, three, ... of `of` members, by a kind.
std::vector<double> SharesOf(size_t kind, int of) {
  const double lethality = kLethalities[kind / kLethalShares.size()];
  const double lethal = kLethalShares[kind % kLethalShares.size()];
  std::vector<double> shares(static_cast<size_t>(MostOf(of) - 1));
  double sum = 0;
  for (int size = 2; size <= of; ++size) {
    const double share = std::exp(LogChoose(of, size) + size * std::log(lethality) +
                                  (of - size) * std::log1p(-lethality));
    shares[static_cast<size_t>(std::min(size, MostOf(of)) - 2)] += share;
    sum += share;
  }
  for (double& share : shares) share *= (1 - lethal) / sum;
  shares.back() += lethal;
  return shares;
}

// Events by how many they took: two, three, ...
std::vector<double> SeenSizes(const GroupSeen& group) {
  std::vector<double> seen(static_cast<size_t>(MostOf(group.of) - 1));
  for (size_t size = 1; size < group.counts.events.size(); ++size) {
    seen[std::min(size, seen.size()) - 1] += group.counts.events[size];
  }
  return seen;
}

// Shares become those that are believed in after `seen`; returns the logarithm of the chance of
// `seen` (Dirichlet and multinomial), but for what all kinds share.
double Believe(const std::vector<double>& seen, std::vector<double>* shares) {
  double count = 0;
  double log_chance = 0;
  for (const double events : seen) count += events;
  for (size_t i = 0; i < seen.size(); ++i) {
    const double prior = kSizesWeight * std::max((*shares)[i], 1e-9);
    log_chance += std::lgamma(prior + seen[i]) - std::lgamma(prior);
    (*shares)[i] = (prior + seen[i]) / (kSizesWeight + count);
  }
  return log_chance;
}

std::array<double, kSizeKinds> LogChances(const GroupSeen& group) {
  const std::vector<double> seen = SeenSizes(group);
  std::array<double, kSizeKinds> logs{};
  for (size_t kind = 0; kind < kSizeKinds; ++kind) {
    std::vector<double> shares = SharesOf(kind, group.of);
    logs[kind] = Believe(seen, &shares);
  }
  return logs;
}

std::array<double, kSizeKinds> Weigh(const std::array<double, kSizeKinds>& beliefs,
                                     const std::array<double, kSizeKinds>& logs) {
  const double most = *std::max_element(logs.begin(), logs.end());
  std::array<double, kSizeKinds> posterior{};
  double sum = 0;
  for (size_t kind = 0; kind < kSizeKinds; ++kind) {
    posterior[kind] = beliefs[kind] * std::exp(logs[kind] - most);
    sum += posterior[kind];
  }
  if (!(sum > 0)) return beliefs;
  for (double& belief : posterior) belief /= sum;
  return posterior;
}

}  // namespace

double GroupSizes::mean() const {
  double size = 2;
  double mean = 0;
  for (const double share : shares) mean += share * size++;
  return mean;
}

KindCount SeveralOf(const GroupHistory::Counts& counts) {
  return {counts.event_count() - counts.events[0], counts.group_minutes / kMinutesOfMonth};
}

std::vector<GroupSizes> SizesOf(const GroupSeen& group, const GroupPool& pool) {
  if (group.of < 2) return {{1, {}}};
  const std::array<double, kSizeKinds> beliefs = Weigh(pool.sizes, LogChances(group));
  const std::vector<double> seen = SeenSizes(group);
  std::vector<GroupSizes> all;
  for (size_t kind = 0; kind < kSizeKinds; ++kind) {
    all.push_back({beliefs[kind], SharesOf(kind, group.of)});
    Believe(seen, &all.back().shares);
  }
  return all;
}

GroupPool PoolGroups(std::span<const GroupSeen> groups) {
  std::vector<KindCount> several;
  std::vector<std::array<double, kSizeKinds>> logs;
  for (const GroupSeen& group : groups) {
    several.push_back(SeveralOf(group.counts));
    if (group.of >= 2 && several.back().credited > 0) logs.push_back(LogChances(group));
  }
  GroupPool pool;
  pool.several = Pool(kStatedGroupPool, kStatedGroups, several);
  const std::array<double, kSizeKinds> stated = pool.sizes;
  for (int round = 0; round < kRounds && !logs.empty(); ++round) {
    std::array<double, kSizeKinds> next{};
    for (size_t kind = 0; kind < kSizeKinds; ++kind) next[kind] = kStatedGroups * stated[kind];
    for (const auto& group : logs) {
      const std::array<double, kSizeKinds> posterior = Weigh(pool.sizes, group);
      for (size_t kind = 0; kind < kSizeKinds; ++kind) next[kind] += posterior[kind];
    }
    for (double& belief : next) belief /= kStatedGroups + static_cast<double>(logs.size());
    pool.sizes = next;
  }
  return pool;
}

std::string GroupPoolText(const GroupPool& pool) {
  std::string text = PoolText(pool.several) + ";";
  for (const double belief : pool.sizes) text += fmt::format(" {}", belief);
  return text;
}

std::optional<GroupPool> ReadGroupPool(const std::string& text) {
  const size_t end = text.find(';');
  if (end == text.npos) return std::nullopt;
  const auto several = ReadPool(text.substr(0, end));
  if (!several) return std::nullopt;
  GroupPool pool;
  pool.several = *several;
  std::istringstream in(text.substr(end + 1));
  double sum = 0;
  for (double& belief : pool.sizes) {
    if (!(in >> belief) || !(belief >= 0)) return std::nullopt;
    sum += belief;
  }
  return std::abs(sum - 1) < 1e-6 ? std::optional(pool) : std::nullopt;
}

}  // namespace kizashi
