// How many series each owner has, and which label of which metric is to blame when they are too
// many.
//
// The telemetry store asks Admit before it defines a series. Who owns a series is told by a
// function that main gives, from the catalog. Counts are of series that were defined and not
// forgotten; values of labels are counted by sketches (HyperLogLog), a few hundred bytes each, and
// those of refused series are among them.
//
// Counting all series anew, at a start and after a new catalog, takes about a second for each
// 400,000 and happens beside everything else: until the first count is done Admit waits for it,
// afterwards the last count holds.
//
// Any thread may call. Limits: kOwnersMax owners are told apart, kLabelsMax labels of each; what
// is beyond is counted together.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi {

/// About how many different texts were added, within a few per cent: HyperLogLog (Flajolet, Fusy,
/// Gandouet, Meunier 2007) with 256 registers and linear counting for few.
class DistinctCount {
 public:
  void Add(std::string_view text);
  double Estimate() const;

 private:
  static constexpr unsigned kBits = 8;
  std::array<uint8_t, 1U << kBits> registers_{};
};

struct SeriesBudgetOptions {
  /// The owner's name; "" when nobody claims the series. Called for new series, without a lock
  /// held.
  std::function<std::string(const Labels&)> owner_of;
  /// The most series of one owner; 0: no limit.
  std::function<size_t(std::string_view owner)> limit_of;
};

class SeriesBudget {
 public:
  static constexpr size_t kOwnersMax = 1000;
  static constexpr size_t kLabelsMax = 64;
  static constexpr size_t kMetricsMax = 2000;

  explicit SeriesBudget(SeriesBudgetOptions options) : options_(std::move(options)) {}

  /// Counts a new series. ResourceExhausted when its owner has as many as it may; the message names
  /// the owner, the limit, the metric with the most series and the label with the most values.
  Status Admit(const Labels& labels);
  /// Takes back an Admit of a series that was not defined after all.
  void Withdraw(const Labels& labels);
  /// There are series already: Admit waits until Recount has counted them.
  void ExpectRecount();
  /// Counts anew what `for_all` visits, by who owns it now. One call at a time.
  using Visit = std::function<void(const Labels&)>;
  void Recount(const std::function<void(const Visit&)>& for_all);

  struct LabelUse {
    std::string name;
    double values = 0;  // about
  };
  struct MetricUse {
    std::string name;
    size_t series = 0;
  };
  struct OwnerUse {
    std::string owner;
    size_t series = 0;
    size_t limit = 0;
    uint64_t refused = 0;
    std::vector<MetricUse> metrics;  // the most series first
    std::vector<LabelUse> labels;    // the most values first
  };
  /// Owners, the most series first; of each at most `most` metrics and labels.
  std::vector<OwnerUse> Uses(size_t most) const;

 private:
  struct Owner {
    size_t series = 0;
    uint64_t refused = 0;
    uint64_t explained = 0;   // `refused` when the explanation was made
    std::string explanation;  // who has too many of what
    std::unordered_map<std::string, size_t, StringHash, std::equal_to<>> metrics;
    std::map<std::string, DistinctCount, std::less<>> labels;
  };
  using Owners = std::map<std::string, Owner, std::less<>>;
  static Owner& Find(std::string_view name, Owners* owners);
  static void Count(const Labels& labels, Owner* owner);
  static void CountValues(const Labels& labels, Owner* owner);
  static void Explain(std::string_view name, size_t limit, Owner* owner);
  static OwnerUse Describe(std::string_view name, const Owner& owner, size_t most);

  const SeriesBudgetOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable counted_;
  Owners owners_;              // under mutex_, as all that follows
  bool is_expecting_ = false;  // the first count is not done
  bool is_recounting_ = false;
  std::vector<Labels> meanwhile_;  // admitted during a count
};

}  // namespace kizashi
