#include "ingest/scrape_target.h"

#include <algorithm>

#include "wire/exposition.h"

namespace kizashi {
namespace {

constexpr std::array<std::string_view, 3> kOwnNames = {"up", "scrape_duration_seconds",
                                                       "scrape_samples_scraped"};
// Texts that may be remembered beyond twice those of the last scrape.
constexpr size_t kSpareEntries = 1'000;

}  // namespace

TargetScrape::TargetScrape(TelemetrySink& sink, Labels target_labels, ScrapeLimits limits)
    : sink_(sink),
      target_labels_(std::move(target_labels)),
      limits_(limits),
      source_(fmt::format("{}/{}", target_labels_.Get("job"), target_labels_.Get("instance"))),
      own_layout_(std::make_shared<const std::vector<SeriesId>>()),
      layout_(own_layout_) {}

StatusOr<ScrapeBatch> TargetScrape::Parse(Time time, std::string_view body,
                                          double duration_seconds) {
  KZ_RETURN_IF_ERROR(InternOwn());
  ++scrape_;
  next_slots_.clear();
  next_slots_.reserve(slots_.size());
  next_ids_.reserve(layout_->size());
  next_ids_.assign(own_layout_->begin(), own_layout_->end());
  next_values_.clear();
  next_values_.reserve(layout_->size());
  next_values_.resize(kOwnSeries);
  refused_ = 0;
  refusal_ = OkStatus();
  if (Status status = ParseSamples(body); !status.ok()) {
    // A target that fails with ever new texts must not fill the memory.
    if (entries_.size() > 2 * slots_.size() + kSpareEntries) ForgetAll();
    return status;
  }
  last_samples_ = next_slots_.size() + refused_;
  next_values_[0] = 1;
  next_values_[1] = duration_seconds;
  next_values_[2] = static_cast<double>(last_samples_);

  ScrapeBatch batch = NewBatch(time);
  batch.values = std::move(next_values_);
  if (next_ids_ == *layout_) {
    batch.layout = layout_;
  } else {
    next_ids_.shrink_to_fit();
    auto layout = std::make_shared<const std::vector<SeriesId>>(next_ids_);
    batch.layout = layout;
    if (layout_lives_) AppendStaleMarkers(&batch);
    layout_ = std::move(layout);
  }
  own_lives_ = layout_lives_ = true;
  // A server has many targets and reads few at a time: what only a reading needs is not kept.
  const bool grew = next_slots_.size() > slots_.size();
  if (next_slots_ != slots_) slots_ = next_slots_;
  std::vector<uint32_t>().swap(next_slots_);
  std::vector<SeriesId>().swap(next_ids_);
  if (grew) entries_.Shrink();
  if (entries_.size() > 2 * slots_.size() + kSpareEntries) ForgetOld();
  return batch;
}

Status TargetScrape::ParseSamples(std::string_view body) {
  ExpositionReader reader(body);
  ExpositionSample sample;
  size_t guess = 0;  // the place in slots_ where the next text is expected
  while (true) {
    const uint32_t expected = guess < slots_.size() ? slots_[guess] : TextTable::kNone;
    const std::string_view text =
        expected == TextTable::kNone ? std::string_view() : entries_.Text(expected);
    if (!reader.Next(&sample, text)) break;
    if (next_slots_.size() + refused_ == limits_.samples_max) {
      return ResourceExhausted("the target has more than {} samples", limits_.samples_max);
    }
    uint32_t number = expected;
    if (expected == TextTable::kNone || sample.series != text) {
      const StatusOr<uint32_t> found = FindEntry(sample.series);
      if (!found.ok()) {
        return Errorf(found.status().code(), "line {}: {}", reader.Line(), Message(found.status()));
      }
      if (*found == TextTable::kNone) continue;  // refused
      number = *found;
      // Lines were put in or taken out: what follows is expected to follow as it did.
      if (entries_[number].seen != 0) guess = entries_[number].position + 1;
    } else {
      ++guess;
    }
    TakeSample(number, sample.value);
  }
  return reader.status();
}

void TargetScrape::TakeSample(uint32_t number, double value) {
  TextTable::Entry& entry = entries_[number];
  entry.position = static_cast<uint32_t>(next_slots_.size());
  next_slots_.push_back(number);
  TextTable::Entry& first = entries_[entry.first];
  const bool again = first.seen == scrape_;
  entry.seen = first.seen = scrape_;
  if (again || entry.is_ours) return;
  next_ids_.push_back(entry.id);
  next_values_.push_back(value);
}

StatusOr<uint32_t> TargetScrape::FindEntry(std::string_view text) {
  const uint32_t found = entries_.Find(text);
  if (found != TextTable::kNone) return found;
  return AddEntry(text);
}

StatusOr<uint32_t> TargetScrape::AddEntry(std::string_view text) {
  KZ_ASSIGN_OR_RETURN(const Labels scraped, ParseSeriesText(text));
  const StatusOr<SeriesId> id = sink_.InternSeries(MergeLabels(scraped));
  if (absl::IsResourceExhausted(id.status())) {
    // There are too many series; those that are known go on.
    ++refused_;
    refusal_ = id.status();
    return TextTable::kNone;
  }
  KZ_RETURN_IF_ERROR(id.status());
  const uint32_t number = entries_.Add(text, *id);
  entries_[number].is_ours =
      std::find(own_layout_->begin(), own_layout_->end(), *id) != own_layout_->end();
  return number;
}

// A scraped label that the target has too moves aside to exported_<name>, as in Prometheus.
Labels TargetScrape::MergeLabels(const Labels& scraped) const {
  std::vector<Label> labels;
  labels.reserve(scraped.size() + target_labels_.size());
  for (const Label& label : scraped) {
    std::string name = label.name;
    bool moves = target_labels_.Has(name);
    while (moves) {
      name = "exported_" + name;
      moves = target_labels_.Has(name) || scraped.Has(name);
    }
    labels.push_back({std::move(name), label.value});
  }
  labels.insert(labels.end(), target_labels_.begin(), target_labels_.end());
  return Labels(std::move(labels));
}

// Adds the series of the last good scrape that `next_ids_` no longer has.
void TargetScrape::AppendStaleMarkers(ScrapeBatch* batch) {
  std::vector<SeriesId> ids = next_ids_;
  for (const SeriesId id : *layout_) {
    const uint32_t found = entries_.FindId(id);
    const bool is_own =
        std::find(own_layout_->begin(), own_layout_->end(), id) != own_layout_->end();
    if (is_own || (found != TextTable::kNone && entries_[found].seen == scrape_)) continue;
    ids.push_back(id);
    batch->values.push_back(StaleNan());
  }
  if (ids.size() == next_ids_.size()) return;
  batch->layout = std::make_shared<const std::vector<SeriesId>>(std::move(ids));
}

ScrapeBatch TargetScrape::Failed(Time time, double duration_seconds) {
  ScrapeBatch batch = NewBatch(time);
  last_samples_ = refused_ = 0;
  // Without ids for up and its like there is nothing to write; the error shows in the status.
  if (!InternOwn().ok()) return batch;
  own_lives_ = true;
  batch.values = {0, duration_seconds, 0};
  batch.layout = own_layout_;
  if (layout_lives_) {
    // The layout begins with our own series, which go on.
    batch.layout = layout_;
    batch.values.resize(layout_->size(), StaleNan());
    layout_lives_ = false;
  }
  return batch;
}

ScrapeBatch TargetScrape::Gone(Time time) {
  ScrapeBatch batch = NewBatch(time);
  if (own_lives_) {
    batch.layout = layout_lives_ ? layout_ : own_layout_;
    batch.values.assign(batch.layout->size(), StaleNan());
  }
  own_lives_ = layout_lives_ = false;
  last_samples_ = 0;
  return batch;
}

Status TargetScrape::InternOwn() {
  if (own_interned_) return OkStatus();
  auto ids = std::make_shared<std::vector<SeriesId>>();
  for (const std::string_view name : kOwnNames) {
    Labels labels = target_labels_;
    labels.Set(kMetricName, name);
    KZ_ASSIGN_OR_RETURN(const SeriesId id, sink_.InternSeries(labels));
    ids->push_back(id);
  }
  own_layout_ = std::move(ids);
  own_interned_ = true;
  return OkStatus();
}

// Drops the texts that the scrape just read did not have.
void TargetScrape::ForgetOld() {
  const std::vector<uint32_t> numbers = entries_.KeepSeen(scrape_);
  for (uint32_t& slot : slots_) slot = numbers[slot];
}

void TargetScrape::ForgetAll() {
  slots_.clear();
  next_slots_.clear();
  entries_.Clear();
}

ScrapeBatch TargetScrape::NewBatch(Time time) const {
  static const auto kEmpty = std::make_shared<const std::vector<SeriesId>>();
  ScrapeBatch batch;
  batch.source = source_;
  batch.time = time;
  batch.layout = kEmpty;
  return batch;
}

}  // namespace kizashi
