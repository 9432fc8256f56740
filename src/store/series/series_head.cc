#include "store/series/series_head.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"

namespace kizashi {
namespace {

SeriesSet SetOf(const std::vector<ColumnSetPtr>& scraped, const std::vector<SeriesId>& loose) {
  std::vector<SeriesSet::Run> runs;
  for (const ColumnSetPtr& columns : scraped) {
    for (const IdRuns::Run& run : columns->runs.runs()) runs.push_back({run.first, run.count});
  }
  for (const SeriesId id : loose) runs.push_back({id, 1});
  return SeriesSet(std::move(runs));
}

}  // namespace

std::vector<SeriesId> LooseSamples::Add(const JournalEntry& entry) {
  const auto& batch = std::get<SampleBatch>(entry.body);
  std::vector<SeriesId> added;
  const std::lock_guard lock(mutex_);
  LooseBatch& kept = batches_.emplace_back();
  kept.seq = entry.seq;
  kept.time_ms = ToMs(entry.time);
  kept.series.reserve(batch.samples.size());
  for (const SampleBatch::Sample& sample : batch.samples) {
    kept.series.push_back(sample.series);
    const int64_t time = ToMs(sample.time);
    std::vector<Sample>& samples = series_[sample.series];
    if (samples.empty()) added.push_back(sample.series);
    samples.push_back({entry.seq, time, sample.value});
    min_ms_ = samples_ == 0 ? time : std::min(min_ms_, time);
    max_ms_ = samples_ == 0 ? time : std::max(max_ms_, time);
    ++samples_;
  }
  return added;
}

std::vector<LooseSamples::Sample> LooseSamples::Get(SeriesId id, uint64_t last_seq) const {
  const std::lock_guard lock(mutex_);
  const auto found = series_.find(id);
  if (found == series_.end()) return {};
  const auto& samples = found->second;
  const auto end =
      std::upper_bound(samples.begin(), samples.end(), last_seq,
                       [](uint64_t seq, const Sample& sample) { return seq < sample.seq; });
  return {samples.begin(), end};
}

std::vector<uint32_t> LooseSamples::Match(const std::vector<SeriesId>& sorted, int64_t from_ms,
                                          int64_t to_ms) const {
  std::vector<uint32_t> matched;
  const std::lock_guard lock(mutex_);
  if (samples_ == 0 || max_ms_ < from_ms || min_ms_ > to_ms) return matched;
  for (uint32_t i = 0; i < sorted.size(); ++i) {
    if (series_.count(sorted[i]) > 0) matched.push_back(i);
  }
  return matched;
}

bool LooseSamples::empty() const { return samples() == 0; }

size_t LooseSamples::samples() const {
  const std::lock_guard lock(mutex_);
  return samples_;
}

void LooseSamples::AppendIds(std::vector<SeriesId>* ids) const {
  const std::lock_guard lock(mutex_);
  ids->reserve(ids->size() + series_.size());
  for (const auto& [id, samples] : series_) ids->push_back(id);
}

std::optional<int64_t> LooseSamples::min_ms() const {
  const std::lock_guard lock(mutex_);
  return samples_ == 0 ? std::nullopt : std::optional(min_ms_);
}

void SeriesHead::Append(std::shared_ptr<const JournalEntry> entry, bool with_chunks) {
  const std::lock_guard appending(append_mutex_);
  const uint64_t seq = entry->seq;
  if (std::holds_alternative<ScrapeBatch>(entry->body)) {
    AppendScrape(std::move(entry), with_chunks);
  } else if (const auto* batch = std::get_if<SampleBatch>(&entry->body)) {
    const std::vector<SeriesId> added = loose_->Add(*entry);
    if (touch_ && !added.empty()) touch_(added);
    const std::lock_guard lock(mutex_);
    samples_ += batch->samples.size();
    load_ += 8 * batch->samples.size();
  }
  const std::lock_guard lock(mutex_);
  last_seq_ = seq;
}

// The state of a source is copied, changed and put back, so that what somebody looks at stays as it
// is. That costs some dozen pointers a scrape.
void SeriesHead::AppendScrape(std::shared_ptr<const JournalEntry> entry, bool with_chunks) {
  const auto& batch = std::get<ScrapeBatch>(entry->body);
  if (batch.layout->empty()) return;
  const auto [found, is_new] = slot_of_.try_emplace(batch.source, slots_.size());
  if (is_new) {
    auto state = std::make_shared<HeadSource>();
    state->name = std::make_shared<const std::string>(batch.source);
    const std::lock_guard lock(mutex_);
    slots_.push_back({std::move(state), 0, nullptr});
  }
  Slot& slot = slots_[found->second];
  if (slot.columns == nullptr ||
      (slot.columns->ids != batch.layout && *slot.columns->ids != *batch.layout)) {
    if (touch_) touch_(*batch.layout);
    slot.columns = std::make_shared<const ColumnSet>(batch.layout);
  }
  auto next = std::make_shared<HeadSource>(*slot.state);
  if (next->rows.size() == kRowsMax) {
    auto segment = std::make_shared<HeadSegment>();
    if (with_chunks) {
      segment->chunk = std::make_shared<const ScrapeChunk>(MakeChunk(next->rows, &encoder_));
      next->rows.clear();
    } else {
      segment->rows = std::exchange(next->rows, {});
      compact_from_ = 0;
    }
    next->segments.push_back(std::move(segment));
  }
  const size_t count = batch.values.size();
  next->rows.reserve(kRowsMax);
  next->rows.push_back({std::move(entry), slot.columns});
  const std::lock_guard lock(mutex_);
  slot.state = std::move(next);
  samples_ += count;
  load_ += count;
}

bool SeriesHead::CompactOne() {
  const std::lock_guard appending(append_mutex_);
  for (; compact_from_ < slots_.size(); ++compact_from_) {
    Slot& slot = slots_[compact_from_];
    std::shared_ptr<HeadSource> next;
    // What was sealed is on its way into a block.
    for (size_t i = slot.sealed; i < slot.state->segments.size(); ++i) {
      const HeadSegment& segment = *slot.state->segments[i];
      if (segment.chunk) continue;
      if (!next) next = std::make_shared<HeadSource>(*slot.state);
      auto compact = std::make_shared<HeadSegment>();
      compact->chunk = std::make_shared<const ScrapeChunk>(MakeChunk(segment.rows, &encoder_));
      next->segments[i] = std::move(compact);
    }
    if (!next) continue;
    const std::lock_guard lock(mutex_);
    slot.state = std::move(next);
    return true;
  }
  return false;
}

uint64_t SeriesHead::last_seq() const {
  const std::lock_guard lock(mutex_);
  return last_seq_;
}

HeadView SeriesHead::View() const {
  const std::lock_guard lock(mutex_);
  HeadView view;
  view.last_seq = last_seq_;
  view.sources.reserve(slots_.size());
  for (const Slot& slot : slots_) {
    if (!slot.state->segments.empty() || !slot.state->rows.empty()) {
      view.sources.push_back(slot.state);
    }
  }
  if (sealed_loose_) view.loose.push_back(sealed_loose_);
  view.loose.push_back(loose_);
  return view;
}

HeadView SeriesHead::Seal() {
  const std::lock_guard appending(append_mutex_);
  const std::lock_guard lock(mutex_);
  HeadView view;
  view.last_seq = last_seq_;
  for (Slot& slot : slots_) {
    if (!slot.state->rows.empty()) {
      auto next = std::make_shared<HeadSource>(*slot.state);
      auto segment = std::make_shared<HeadSegment>();
      segment->rows = std::move(next->rows);
      next->rows = {};
      next->segments.push_back(std::move(segment));
      slot.state = std::move(next);
    }
    slot.sealed = slot.state->segments.size();
    if (slot.sealed > 0) view.sources.push_back(slot.state);
  }
  KZ_CHECK(sealed_loose_ == nullptr);
  if (!loose_->empty()) {
    sealed_loose_ = std::exchange(loose_, std::make_shared<LooseSamples>());
    view.loose.push_back(sealed_loose_);
  }
  sealed_samples_ = samples_;
  sealed_load_ = load_;
  return view;
}

// A source that has nothing left is forgotten, as is the set of its series.
void SeriesHead::Release() {
  const std::lock_guard appending(append_mutex_);
  const std::lock_guard lock(mutex_);
  std::vector<Slot> kept;
  slot_of_.clear();
  for (Slot& slot : slots_) {
    if (slot.sealed > 0) {
      auto next = std::make_shared<HeadSource>(*slot.state);
      next->segments.erase(next->segments.begin(),
                           next->segments.begin() + static_cast<ptrdiff_t>(slot.sealed));
      next->segments.shrink_to_fit();
      slot.state = std::move(next);
      slot.sealed = 0;
    } else if (slot.state->segments.empty() && slot.state->rows.empty()) {
      continue;
    }
    slot_of_.emplace(*slot.state->name, kept.size());
    kept.push_back(std::move(slot));
  }
  slots_ = std::move(kept);
  compact_from_ = 0;
  released_loose_.clear();
  if (sealed_loose_) sealed_loose_->AppendIds(&released_loose_);
  released_loose_.shrink_to_fit();
  sealed_loose_ = nullptr;
  samples_ -= std::exchange(sealed_samples_, 0);
  load_ -= std::exchange(sealed_load_, 0);
}

SeriesSet SeriesHead::Held() const {
  std::set<ColumnSetPtr> scraped;
  std::vector<SeriesId> loose;
  {
    const std::lock_guard appending(append_mutex_);
    const std::lock_guard lock(mutex_);
    for (const Slot& slot : slots_) {
      scraped.insert(slot.columns);
      for (const ScrapeRow& row : slot.state->rows) scraped.insert(row.columns);
      for (const HeadSegmentPtr& segment : slot.state->segments) {
        if (segment->chunk) scraped.insert(segment->chunk->shape.columns);
        for (const ScrapeRow& row : segment->rows) scraped.insert(row.columns);
      }
    }
    loose = released_loose_;
    if (sealed_loose_) sealed_loose_->AppendIds(&loose);
    loose_->AppendIds(&loose);
  }
  return SetOf({scraped.begin(), scraped.end()}, loose);
}

SeriesSet SeriesHead::Living() const {
  std::vector<ColumnSetPtr> scraped;
  std::vector<SeriesId> loose;
  {
    const std::lock_guard appending(append_mutex_);
    const std::lock_guard lock(mutex_);
    for (const Slot& slot : slots_) scraped.push_back(slot.columns);
    loose = released_loose_;
    if (sealed_loose_) sealed_loose_->AppendIds(&loose);
    loose_->AppendIds(&loose);
  }
  return SetOf(scraped, loose);
}

std::optional<int64_t> SeriesHead::oldest_ms() const {
  const std::lock_guard lock(mutex_);
  std::optional<int64_t> oldest;
  const auto note = [&](std::optional<int64_t> ms) {
    if (ms && (!oldest || *ms < *oldest)) oldest = ms;
  };
  for (const Slot& slot : slots_) {
    const HeadSource& source = *slot.state;
    const HeadSegment* const first = source.segments.empty() ? nullptr : source.segments[0].get();
    if (first != nullptr && first->chunk) {
      note(first->chunk->shape.min_ms);
    } else if (const auto& rows = first != nullptr ? first->rows : source.rows; !rows.empty()) {
      note(ToMs(rows.front().batch().time));
    }
  }
  if (sealed_loose_) note(sealed_loose_->min_ms());
  note(loose_->min_ms());
  return oldest;
}

size_t SeriesHead::samples() const {
  const std::lock_guard lock(mutex_);
  return samples_;
}

size_t SeriesHead::load() const {
  const std::lock_guard lock(mutex_);
  return load_;
}

size_t SeriesHead::sources() const {
  const std::lock_guard lock(mutex_);
  return slots_.size();
}

std::vector<std::unique_ptr<SeriesPart>> PartsOf(const HeadSource& source) {
  std::vector<std::unique_ptr<SeriesPart>> parts;
  const auto add_rows = [&](const std::vector<ScrapeRow>& rows) {
    for (size_t begin = 0; begin < rows.size();) {
      size_t end = begin + 1;
      while (end < rows.size() && rows[end].columns == rows[begin].columns) ++end;
      parts.push_back(std::make_unique<RowsPart>(
          std::vector<ScrapeRow>(rows.begin() + static_cast<ptrdiff_t>(begin),
                                 rows.begin() + static_cast<ptrdiff_t>(end))));
      begin = end;
    }
  };
  for (const HeadSegmentPtr& segment : source.segments) {
    if (segment->chunk) {
      parts.push_back(std::make_unique<ChunkPart>(segment->chunk));
    } else {
      add_rows(segment->rows);
    }
  }
  add_rows(source.rows);
  return parts;
}

}  // namespace kizashi
