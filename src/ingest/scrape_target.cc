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
  next_ids_.assign(own_layout_->begin(), own_layout_->end());
  next_values_.clear();
  next_values_.reserve(layout_->size());
  next_values_.resize(kOwnSeries);
  if (Status status = ParseSamples(body); !status.ok()) {
    // A target that fails with ever new texts must not fill the memory.
    if (entries_.size() > 2 * slots_.size() + kSpareEntries) ForgetAll();
    return status;
  }
  last_samples_ = next_slots_.size();
  next_values_[0] = 1;
  next_values_[1] = duration_seconds;
  next_values_[2] = static_cast<double>(last_samples_);

  ScrapeBatch batch = NewBatch(time);
  batch.values = std::move(next_values_);
  if (next_ids_ == *layout_) {
    batch.layout = layout_;
  } else {
    auto layout = std::make_shared<const std::vector<SeriesId>>(next_ids_);
    batch.layout = layout;
    if (layout_lives_) AppendStaleMarkers(&batch);
    layout_ = std::move(layout);
  }
  own_lives_ = layout_lives_ = true;
  slots_.swap(next_slots_);
  if (entries_.size() > 2 * slots_.size() + kSpareEntries) ForgetOld();
  return batch;
}

Status TargetScrape::ParseSamples(std::string_view body) {
  ExpositionReader reader(body);
  ExpositionSample sample;
  size_t guess = 0;  // the place in slots_ where the next text is expected
  while (true) {
    const Slot expected = guess < slots_.size() ? slots_[guess] : Slot{};
    if (!reader.Next(&sample, expected.text)) break;
    if (next_slots_.size() == limits_.samples_max) {
      return ResourceExhausted("the target has more than {} samples", limits_.samples_max);
    }
    Slot slot = expected;
    if (expected.entry == nullptr || sample.series != expected.text) {
      StatusOr<Slot> found = FindSlot(sample.series);
      if (!found.ok()) {
        return Errorf(found.status().code(), "line {}: {}", reader.Line(), Message(found.status()));
      }
      slot = *found;
      // Lines were put in or taken out: what follows is expected to follow as it did.
      if (slot.entry->seen != 0) guess = slot.entry->position + 1;
    } else {
      ++guess;
    }
    TakeSample(slot, sample.value);
  }
  return reader.status();
}

void TargetScrape::TakeSample(Slot slot, double value) {
  Entry& entry = *slot.entry;
  entry.position = static_cast<uint32_t>(next_slots_.size());
  next_slots_.push_back(slot);
  Entry& first = entry.first == nullptr ? entry : *entry.first;
  const bool again = first.seen == scrape_;
  entry.seen = first.seen = scrape_;
  if (again || entry.is_ours) return;
  next_ids_.push_back(entry.id);
  next_values_.push_back(value);
}

StatusOr<TargetScrape::Slot> TargetScrape::FindSlot(std::string_view text) {
  const auto found = entries_.find(text);
  if (found != entries_.end()) return Slot{found->first, &found->second};
  return AddEntry(text);
}

StatusOr<TargetScrape::Slot> TargetScrape::AddEntry(std::string_view text) {
  KZ_ASSIGN_OR_RETURN(const Labels scraped, ParseSeriesText(text));
  KZ_ASSIGN_OR_RETURN(const SeriesId id, sink_.InternSeries(MergeLabels(scraped)));
  auto& [key, entry] = *entries_.try_emplace(std::string(text)).first;
  entry.id = id;
  entry.is_ours = std::find(own_layout_->begin(), own_layout_->end(), id) != own_layout_->end();
  const auto [first, is_new] = first_of_id_.try_emplace(id, &entry);
  if (!is_new) entry.first = first->second;
  return Slot{key, &entry};
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
    const auto found = first_of_id_.find(id);
    const bool is_own =
        std::find(own_layout_->begin(), own_layout_->end(), id) != own_layout_->end();
    if (is_own || (found != first_of_id_.end() && found->second->seen == scrape_)) continue;
    ids.push_back(id);
    batch->values.push_back(StaleNan());
  }
  if (ids.size() == next_ids_.size()) return;
  batch->layout = std::make_shared<const std::vector<SeriesId>>(std::move(ids));
}

ScrapeBatch TargetScrape::Failed(Time time, double duration_seconds) {
  ScrapeBatch batch = NewBatch(time);
  last_samples_ = 0;
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
  // An alias is seen only together with the entry it points to, so no pointer is left dangling.
  std::erase_if(first_of_id_, [&](const auto& item) { return item.second->seen != scrape_; });
  std::erase_if(entries_, [&](const auto& item) { return item.second.seen != scrape_; });
}

void TargetScrape::ForgetAll() {
  slots_.clear();
  next_slots_.clear();
  first_of_id_.clear();
  entries_.clear();
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
