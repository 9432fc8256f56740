#include "query/promql/memory_source.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "catalog/regex.h"

namespace kizashi::promql {
namespace {

/// Matchers with their regexes compiled, one regex for all series.
class CompiledMatchers {
 public:
  static StatusOr<CompiledMatchers> Compile(std::span<const LabelMatcher> matchers) {
    CompiledMatchers compiled;
    for (const LabelMatcher& matcher : matchers) {
      std::optional<Regex> regex;
      if (matcher.op == LabelMatcher::Op::kRegex || matcher.op == LabelMatcher::Op::kNotRegex) {
        KZ_ASSIGN_OR_RETURN(regex, Regex::Compile(matcher.value));
      }
      compiled.matchers_.push_back({&matcher, std::move(regex)});
    }
    return compiled;
  }

  bool Matches(const Labels& labels) const {
    return std::all_of(matchers_.begin(), matchers_.end(), [&labels](const auto& entry) {
      const auto& [matcher, regex] = entry;
      const std::string_view value = labels.Get(matcher->name);
      switch (matcher->op) {
        case LabelMatcher::Op::kEqual: return value == matcher->value;
        case LabelMatcher::Op::kNotEqual: return value != matcher->value;
        case LabelMatcher::Op::kRegex: return regex->Matches(value);
        case LabelMatcher::Op::kNotRegex: return !regex->Matches(value);
      }
      return false;
    });
  }

 private:
  std::vector<std::pair<const LabelMatcher*, std::optional<Regex>>> matchers_;
};

}  // namespace

class MemoryReader final : public SeriesReader {
 public:
  explicit MemoryReader(const MemorySource* source) {
    for (const auto& [labels, samples] : source->series_) series_.push_back({&labels, &samples});
  }

  Status Select(std::span<const LabelMatcher> matchers, Time from, Time to,
                std::vector<Ref>* refs) override {
    KZ_ASSIGN_OR_RETURN(const CompiledMatchers compiled, CompiledMatchers::Compile(matchers));
    for (Ref ref = 0; ref < series_.size(); ++ref) {
      const auto& times = series_[ref].samples->times_ms;
      const auto first = std::lower_bound(times.begin(), times.end(), ToMs(from));
      if (first == times.end() || *first > ToMs(to)) continue;
      if (compiled.Matches(*series_[ref].labels)) refs->push_back(ref);
    }
    return OkStatus();
  }

  Labels LabelsOf(Ref ref) const override { return *series_[ref].labels; }

  Status Read(Ref ref, Time from, Time to, SampleColumns* out) override {
    const SampleColumns& all = *series_[ref].samples;
    const auto begin = std::lower_bound(all.times_ms.begin(), all.times_ms.end(), ToMs(from));
    const auto end = std::upper_bound(begin, all.times_ms.end(), ToMs(to));
    out->times_ms.assign(begin, end);
    const auto offset = begin - all.times_ms.begin();
    out->values.assign(all.values.begin() + offset, all.values.begin() + offset + (end - begin));
    return OkStatus();
  }

  StatusOr<std::vector<std::string>> LabelNames(std::span<const LabelMatcher> matchers, Time from,
                                                Time to) override {
    return Collect(matchers, from, to, [](const Labels& labels, std::set<std::string>* found) {
      for (const Label& label : labels) found->insert(label.name);
    });
  }

  StatusOr<std::vector<std::string>> LabelValues(std::string_view name,
                                                 std::span<const LabelMatcher> matchers, Time from,
                                                 Time to) override {
    return Collect(matchers, from, to, [name](const Labels& labels, std::set<std::string>* found) {
      if (labels.Has(name)) found->emplace(labels.Get(name));
    });
  }

 private:
  template <typename F>
  StatusOr<std::vector<std::string>> Collect(std::span<const LabelMatcher> matchers, Time from,
                                             Time to, F&& add) {
    std::vector<Ref> refs;
    KZ_RETURN_IF_ERROR(Select(matchers, from, to, &refs));
    std::set<std::string> found;
    for (const Ref ref : refs) add(*series_[ref].labels, &found);
    return std::vector<std::string>(found.begin(), found.end());
  }

  struct Entry {
    const Labels* labels;
    const SampleColumns* samples;
  };
  std::vector<Entry> series_;
};

void MemorySource::Add(const Labels& labels, int64_t time_ms, double value) {
  SampleColumns& samples = series_[labels];
  auto at = samples.times_ms.end();
  if (samples.size() > 0 && samples.times_ms.back() >= time_ms) {
    at = std::lower_bound(samples.times_ms.begin(), samples.times_ms.end(), time_ms);
  }
  const auto index = at - samples.times_ms.begin();
  if (at != samples.times_ms.end() && *at == time_ms) {
    samples.values[static_cast<size_t>(index)] = value;
    return;
  }
  samples.times_ms.insert(at, time_ms);
  samples.values.insert(samples.values.begin() + index, value);
}

std::unique_ptr<SeriesReader> MemorySource::OpenReader() const {
  return std::make_unique<MemoryReader>(this);
}

}  // namespace kizashi::promql
