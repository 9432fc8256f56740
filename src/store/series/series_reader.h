// The read side of samples: what a query asks of a store.
//
// A SeriesSource is shared, any thread may call. A SeriesReader is one consistent view for one
// query: it sees what was acknowledged before it was opened, keeps what it needs of it alive, and
// belongs to one thread at a time. Times are inclusive at both ends.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "wire/telemetry.h"

namespace kizashi {

/// The float samples of one series in ascending order of time, no time twice: two columns of one
/// length. Stale markers (IsStaleNan) are among them.
struct SampleColumns {
  std::vector<int64_t> times_ms;  // since 1970, UTC
  std::vector<double> values;

  size_t size() const { return times_ms.size(); }
  void Clear() {
    times_ms.clear();
    values.clear();
  }
};

class SeriesReader {
 public:
  /// Stands for one series within one reader.
  using Ref = uint64_t;

  virtual ~SeriesReader() = default;

  /// Appends to *refs every series whose labels satisfy all `matchers` and that may have samples in
  /// [from, to], in the order in which they are read cheapest; no series twice. A matcher that the
  /// empty text satisfies also holds for series without the label. InvalidArgument for a regex that
  /// RE2 refuses.
  virtual Status Select(std::span<const LabelMatcher> matchers, Time from, Time to,
                        std::vector<Ref>* refs) = 0;

  virtual Labels LabelsOf(Ref ref) const = 0;
  /// Appends the labels of each.
  virtual void AppendLabels(std::span<const Ref> refs, std::vector<Labels>* labels) const {
    for (const Ref ref : refs) labels->push_back(LabelsOf(ref));
  }
  /// Appends of each the labels with these names, which are sorted: cheaper than all of them.
  virtual void AppendChosenLabels(std::span<const Ref> refs, std::span<const std::string> names,
                                  std::vector<Labels>* labels) const {
    for (const Ref ref : refs) {
      const Labels all = LabelsOf(ref);
      std::vector<Label> chosen;
      for (const std::string& name : names) chosen.push_back({name, std::string(all.Get(name))});
      labels->emplace_back(std::move(chosen));
    }
  }
  /// Puts the refs into the order of their labels.
  virtual void SortByLabels(std::vector<Ref>* refs) const {
    std::vector<std::pair<Labels, Ref>> all;
    for (const Ref ref : *refs) all.emplace_back(LabelsOf(ref), ref);
    std::sort(all.begin(), all.end());
    for (size_t i = 0; i < all.size(); ++i) (*refs)[i] = all[i].second;
  }

  /// Replaces *out with the samples of `ref` in [from, to]. Cheapest when refs come in the order of
  /// Select. DataLoss names the block that is damaged.
  virtual Status Read(Ref ref, Time from, Time to, SampleColumns* out) = 0;

  /// Sorted, unique names of labels (values of label `name`) of series that satisfy all `matchers`
  /// and may have samples in [from, to].
  virtual StatusOr<std::vector<std::string>> LabelNames(std::span<const LabelMatcher> matchers,
                                                        Time from, Time to) = 0;
  virtual StatusOr<std::vector<std::string>> LabelValues(std::string_view name,
                                                         std::span<const LabelMatcher> matchers,
                                                         Time from, Time to) = 0;
};

class SeriesSource {
 public:
  virtual ~SeriesSource() = default;
  virtual std::unique_ptr<SeriesReader> OpenReader() const = 0;
};

}  // namespace kizashi
