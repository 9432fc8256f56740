#include "ingest/scrape_target.h"

#include <algorithm>

namespace kizashi {
namespace {

constexpr std::array<std::string_view, 5> kOwnNames = {
    "up", "scrape_duration_seconds", "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling", "scrape_series_added"};
// Texts that may be remembered beyond twice those of the last scrape.
constexpr size_t kSpareEntries = 1'000;

}  // namespace

TargetScrape::TargetScrape(TelemetrySink& sink, Labels target_labels, const ScrapeRules& rules,
                           const ScrapeHooks& hooks)
    : sink_(sink),
      target_labels_(std::move(target_labels)),
      rules_(rules),
      hooks_(hooks),
      source_(fmt::format("{}/{}", target_labels_.Get("job"), target_labels_.Get("instance"))),
      own_layout_(std::make_shared<const std::vector<SeriesId>>()),
      layout_(own_layout_) {}

StatusOr<ScrapeBatch> TargetScrape::Parse(Time time, std::string_view body, double duration_seconds,
                                          ExpositionFormat format) {
  KZ_RETURN_IF_ERROR(InternOwn());
  ++scrape_;
  time_ = time;
  kept_ = added_ = 0;
  timed_.samples.clear();
  next_slots_.clear();
  next_slots_.reserve(slots_.size());
  next_ids_.reserve(layout_->size());
  next_ids_.assign(own_layout_->begin(), own_layout_->end());
  next_values_.clear();
  next_values_.reserve(layout_->size());
  next_values_.resize(kOwnSeries);
  refused_ = 0;
  refusal_ = OkStatus();
  if (Status status = ParseSamples(body, format); !status.ok()) {
    timed_.samples.clear();
    // A target that fails with ever new texts must not fill the memory.
    if (entries_.size() > 2 * slots_.size() + kSpareEntries) ForgetAll();
    return status;
  }
  last_good_ = scrape_;
  last_samples_ = next_slots_.size() + refused_;
  next_values_[0] = 1;
  next_values_[1] = duration_seconds;
  next_values_[2] = static_cast<double>(last_samples_);
  next_values_[3] = static_cast<double>(kept_);
  next_values_[4] = static_cast<double>(added_);

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
  // Families come and go with their series.
  if (added_ > 0) TakeMetadata(body);
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

Status TargetScrape::ParseSamples(std::string_view body, ExpositionFormat format) {
  ExpositionReader reader(body, format);
  ExpositionSample sample;
  size_t guess = 0;  // the place in slots_ where the next text is expected
  while (true) {
    const uint32_t expected = guess < slots_.size() ? slots_[guess] : TextTable::kNone;
    const std::string_view text =
        expected == TextTable::kNone ? std::string_view() : entries_.Text(expected);
    if (!reader.Next(&sample, text)) break;
    if (next_slots_.size() + refused_ == rules_.limits.samples_max) {
      return ResourceExhausted("the target has more than {} samples", rules_.limits.samples_max);
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
    if (!TakeSample(number, sample)) {
      return ResourceExhausted("the target has more than sample_limit ({}) samples",
                               rules_.limits.sample_limit);
    }
  }
  return reader.status();
}

// False at the limit of samples.
bool TargetScrape::TakeSample(uint32_t number, const ExpositionSample& sample) {
  TextTable::Entry& entry = entries_[number];
  entry.position = static_cast<uint32_t>(next_slots_.size());
  next_slots_.push_back(number);
  TextTable::Entry& first = entries_[entry.first];
  const uint32_t seen = std::exchange(first.seen, scrape_);
  entry.seen = scrape_;
  if (entry.is_dropped) return true;
  ++kept_;
  if (rules_.limits.sample_limit > 0 && kept_ > rules_.limits.sample_limit) return false;
  // With a time of its own a series may come more than once.
  const bool is_timed = sample.timestamp.has_value() && rules_.honor_timestamps;
  if ((seen == scrape_ && !is_timed) || entry.is_left_out) return true;
  if (seen != last_good_ && seen != scrape_) ++added_;
  if (is_timed) {
    timed_.samples.push_back({entry.id, *sample.timestamp, sample.value});
  } else {
    next_ids_.push_back(entry.id);
    next_values_.push_back(sample.value);
  }
  if (!sample.exemplar.empty() && hooks_.exemplars != nullptr) {
    TakeExemplar(entry.id, sample.exemplar, is_timed ? *sample.timestamp : time_);
  }
  return true;
}

// An exemplar that cannot be read is no reason to lose a scrape.
void TargetScrape::TakeExemplar(SeriesId id, std::string_view text, Time time) {
  StatusOr<ExpositionExemplar> exemplar = ParseExemplarText(text);
  if (!exemplar.ok()) return;
  hooks_.exemplars->Add(
      id, {std::move(exemplar->labels), exemplar->value, exemplar->timestamp.value_or(time)});
}

void TargetScrape::TakeMetadata(std::string_view body) {
  if (hooks_.metadata == nullptr) return;
  MetricMetadata::Families families;
  VisitExpositionComments(body, [&](const ExpositionComment& comment) {
    if (families.size() == MetricMetadata::kFamiliesMax) return;
    MetricInfo& info = families[std::string(comment.family)];
    if (info.type.empty()) info.type = "unknown";
    switch (comment.kind) {
      case ExpositionComment::Kind::kType:
        info.type = comment.text == "untyped" ? "unknown" : comment.text;
        break;
      case ExpositionComment::Kind::kHelp: info.help = comment.text; break;
      case ExpositionComment::Kind::kUnit: info.unit = comment.text; break;
    }
  });
  hooks_.metadata->Replace(source_, std::move(families));
}

StatusOr<uint32_t> TargetScrape::FindEntry(std::string_view text) {
  const uint32_t found = entries_.Find(text);
  if (found != TextTable::kNone) return found;
  return AddEntry(text);
}

StatusOr<uint32_t> TargetScrape::AddEntry(std::string_view text) {
  std::vector<std::string> empty;
  KZ_ASSIGN_OR_RETURN(const Labels scraped, ParseSeriesText(text, &empty));
  Labels labels = MergeLabels(scraped, empty);
  const bool is_dropped = rules_.relabel != nullptr && !rules_.relabel->Apply(&labels);
  if (is_dropped) return entries_.AddDropped(text);
  if (!labels.Has(kMetricName)) return InvalidArgument("relabelling left no metric name");
  KZ_RETURN_IF_ERROR(CheckLimits(labels));
  const StatusOr<SeriesId> id = sink_.InternSeries(labels);
  if (absl::IsResourceExhausted(id.status())) {
    // There are too many series; those that are known go on.
    ++refused_;
    refusal_ = id.status();
    return TextTable::kNone;
  }
  KZ_RETURN_IF_ERROR(id.status());
  const uint32_t number = entries_.Add(text, *id);
  entries_[number].is_left_out =
      std::find(own_layout_->begin(), own_layout_->end(), *id) != own_layout_->end();
  return number;
}

Status TargetScrape::CheckLimits(const Labels& labels) const {
  const ScrapeLimits& limits = rules_.limits;
  if (limits.label_limit > 0 && labels.size() > limits.label_limit) {
    return ResourceExhausted("{} has {} labels, label_limit is {}", labels.Get(kMetricName),
                             labels.size(), limits.label_limit);
  }
  for (const Label& label : labels) {
    if (limits.label_name_length_limit > 0 && label.name.size() > limits.label_name_length_limit) {
      return ResourceExhausted("label name '{}' has {} bytes, label_name_length_limit is {}",
                               label.name.substr(0, 60), label.name.size(),
                               limits.label_name_length_limit);
    }
    if (limits.label_value_length_limit > 0 &&
        label.value.size() > limits.label_value_length_limit) {
      return ResourceExhausted("the value of '{}' has {} bytes, label_value_length_limit is {}",
                               label.name, label.value.size(), limits.label_value_length_limit);
    }
  }
  return OkStatus();
}

// A scraped label that the target has too moves aside to exported_<name>, or, when the target's
// labels are honored, wins; an empty one then takes the target's away, as a Pushgateway's
// `instance=""` does.
Labels TargetScrape::MergeLabels(const Labels& scraped,
                                 const std::vector<std::string>& empty) const {
  std::vector<Label> labels;
  labels.reserve(scraped.size() + target_labels_.size());
  if (rules_.honor_labels) {
    // Of two with one name the later stays.
    labels.assign(target_labels_.begin(), target_labels_.end());
    labels.insert(labels.end(), scraped.begin(), scraped.end());
    for (const std::string& name : empty) labels.push_back({name, ""});
    return Labels(std::move(labels));
  }
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
  batch.values = {0, duration_seconds, 0, 0, 0};
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
  if (hooks_.metadata != nullptr) hooks_.metadata->Replace(source_, {});
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
