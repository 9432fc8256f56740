#include "query/log_patterns.h"

#include <algorithm>

#include "pattern/held_bytes.h"

namespace kizashi {
namespace {

constexpr uint32_t kTailChunk = 256;  // lines of a tail that are looked at under its lock
constexpr std::string_view kNoName = "(none)";

uint64_t Known(uint64_t skeleton) { return skeleton == 0 ? 1 : skeleton; }

}  // namespace

struct LogPatterns::ServiceSet {
  std::string name;
  std::mutex mutex;
  PatternSet set;
  std::unordered_map<uint64_t, HeldBytes> examples;  // by skeleton
};

LogPatterns::LogPatterns(const SeriesDirectory& directory, CatalogNow catalog)
    : directory_(directory), catalog_now_(std::move(catalog)), catalog_(catalog_now_()) {}

LogPatterns::~LogPatterns() = default;

std::string LogPatterns::NameOf(const Catalog& catalog, StreamId stream) const {
  const Labels& labels = directory_.StreamLabels(stream);
  if (const Service* service = catalog.Claim(labels)) return service->name;
  for (const std::string_view name : {"service_name", "service.name", "service",
                                      "app_kubernetes_io_name", "app.kubernetes.io/name", "job"}) {
    if (labels.Has(name)) return std::string(labels.Get(name));
  }
  return std::string(kNoName);
}

std::shared_ptr<LogPatterns::ServiceSet> LogPatterns::SetOf(StreamId stream) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<ServiceSet>& of = streams_[stream];
  if (of == nullptr) of = SetNamed(NameOf(*catalog_, stream));
  return of;
}

// Requires mutex_. Beyond the limit of services all others are one.
std::shared_ptr<LogPatterns::ServiceSet> LogPatterns::SetNamed(std::string name) {
  if (services_.size() >= kServicesMax && services_.count(name) == 0) name = kNoName;
  std::shared_ptr<ServiceSet>& set = services_[name];
  if (set == nullptr) {
    set = std::make_shared<ServiceSet>();
    set->name = std::move(name);
  }
  return set;
}

void LogPatterns::AddTo(ServiceSet* set, std::string_view text, uint64_t skeleton,
                        const std::vector<Slot>& slots) {
  const std::lock_guard lock(set->mutex);
  if (skeletons_ >= kSkeletonsMax) return;
  const size_t before = set->set.skeletons();
  set->set.Add(text, skeleton, slots);
  if (set->set.skeletons() == before) return;
  ++skeletons_;
  set->examples.try_emplace(Known(skeleton), HeldBytes(text.substr(0, kExampleBytes)));
}

void LogPatterns::Add(StreamId stream, std::string_view text, uint64_t skeleton,
                      const std::vector<Slot>& slots) {
  AddTo(SetOf(stream).get(), text, skeleton, slots);
}

void LogPatterns::NoteStreams(const std::vector<uint32_t>& streams) {
  for (const uint32_t stream : streams) SetOf(stream);
}

Status LogPatterns::Absorb(const LogBlockInfo& info) {
  auto block = LogBlock::OpenFile(info.path);
  if (block.status().code() == absl::StatusCode::kNotFound) return OkStatus();  // retired since
  KZ_RETURN_IF_ERROR(block.status());
  KZ_RETURN_IF_ERROR((*block)->Load());
  for (uint32_t i = 0; i < (*block)->schema().skeletons.size(); ++i) {
    KZ_RETURN_IF_ERROR(AbsorbSkeleton(block->get(), i));
  }
  return OkStatus();
}

// Of each service with such lines the first one, and of each slot one with another value, if any.
Status LogPatterns::AbsorbSkeleton(LogBlock* block, uint32_t skeleton) {
  const SkeletonEntry& entry = block->schema().skeletons[skeleton];
  KZ_ASSIGN_OR_RETURN(const std::vector<uint32_t>* streams, block->StreamsOf(skeleton));
  std::map<ServiceSet*, std::vector<uint32_t>> rows_of;
  std::vector<ServiceSet*> set_of(block->footer().streams.size());
  for (uint32_t row = 0; row < entry.lines; ++row) {
    ServiceSet*& set = set_of[(*streams)[row]];
    if (set == nullptr) set = SetOf(block->footer().streams[(*streams)[row]].id).get();
    rows_of[set].push_back(row);
  }
  std::vector<Slot> slots;
  for (const auto& [set, rows] : rows_of) {
    const auto settled = [&, of = set](uint64_t hash) {
      const std::lock_guard lock(of->mutex);
      return of->set.IsSettled(hash);
    };
    const auto add = [&, to = set](uint32_t row) -> Status {
      std::string text;
      KZ_RETURN_IF_ERROR(block->AppendText(skeleton, row, &text));
      const uint64_t hash = SplitLine(text, &slots);
      AddTo(to, text, hash, slots);
      return OkStatus();
    };
    const uint64_t hash = block->footer().patterns[entry.pattern];
    if (settled(hash)) continue;
    KZ_RETURN_IF_ERROR(add(rows[0]));
    for (size_t slot = 0; slot < entry.slots() && !settled(hash); ++slot) {
      if (entry.columns[slot].kind == ColumnKind::kConst) continue;
      KZ_ASSIGN_OR_RETURN(const Column* column, block->GetColumn(skeleton, slot));
      std::string first;
      std::string other;
      block->AppendValue(*column, rows[0], &first);
      for (const uint32_t row : rows) {
        other.clear();
        block->AppendValue(*column, row, &other);
        if (other == first) continue;
        KZ_RETURN_IF_ERROR(add(row));
        break;
      }
    }
  }
  return OkStatus();
}

void LogPatterns::Absorb(const LogStoreView::Tail& tail) {
  std::vector<Slot> slots;
  for (uint32_t below = tail.lines; below > 0; below -= std::min(below, kTailChunk)) {
    tail.tail->Visit(below, kTailChunk, [&](const BlockRows& rows, uint32_t line) {
      const SkeletonRows& skeleton = rows.skeletons[rows.order[line]];
      std::string text;
      rows.AppendText(line, &text);
      const uint64_t hash = SplitLine(text, &slots);
      Add(rows.streams[skeleton.streams[rows.row[line]]].id, text, hash, slots);
      return true;
    });
  }
}

bool LogPatterns::FollowCatalog() {
  const std::shared_ptr<const Catalog> now = catalog_now_();
  const std::lock_guard lock(mutex_);
  if (now == catalog_ || now->version() == catalog_->version()) return false;
  catalog_ = now;
  bool moved = false;
  for (const auto& [stream, set] : streams_) {
    moved = moved || (set->name != kNoName && NameOf(*now, stream) != set->name);
    moved =
        moved || (set->name == kNoName && now->Claim(directory_.StreamLabels(stream)) != nullptr);
  }
  if (!moved) return false;
  services_.clear();
  skeletons_ = 0;
  for (auto& [stream, of] : streams_) of = SetNamed(NameOf(*now, stream));
  return true;
}

std::string LogPatterns::ServiceOf(StreamId stream) { return SetOf(stream)->name; }

std::vector<StreamId> LogPatterns::StreamsOf(std::string_view service) const {
  const std::lock_guard lock(mutex_);
  std::vector<StreamId> found;
  for (const auto& [stream, set] : streams_) {
    if (set->name == service) found.push_back(stream);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> LogPatterns::Services() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, set] : services_) names.push_back(name);
  return names;
}

std::vector<LogPattern> LogPatterns::PatternsOf(std::string_view service) {
  std::shared_ptr<ServiceSet> of;
  {
    const std::lock_guard lock(mutex_);
    const auto found = services_.find(service);
    if (found == services_.end()) return {};
    of = found->second;
  }
  const std::shared_ptr<const PatternTemplates> templates = TemplatesOf(service);
  std::map<uint64_t, LogPattern> named;  // by id
  for (size_t i = 0; templates != nullptr && i < templates->all().size(); ++i) {
    const PatternTemplate& one = templates->all()[i];
    named[one.id] = {one.id, one.text, one.name, "", {}};
  }
  const std::lock_guard lock(of->mutex);
  of->set.Update();
  std::map<uint32_t, LogPattern> patterns;
  of->set.ForEachSkeleton([&](uint64_t skeleton, uint32_t index) {
    LogPattern& pattern = patterns[index];
    pattern.skeletons.push_back(skeleton);
    if (!pattern.example.empty() && templates == nullptr) return;
    const auto found = of->examples.find(skeleton);
    if (found == of->examples.end()) return;
    const std::string_view example = found->second.view();
    const PatternTemplate* const one = templates == nullptr ? nullptr : templates->Find(example);
    LogPattern& whose = one == nullptr ? pattern : named.at(one->id);
    if (whose.example.empty()) whose.example = example;
  });
  std::vector<LogPattern> found;
  for (auto& [index, pattern] : patterns) {
    pattern.id = of->set.pattern(index).id;
    pattern.text = of->set.pattern(index).text;
    std::sort(pattern.skeletons.begin(), pattern.skeletons.end());
    const auto same = named.find(pattern.id);
    if (same == named.end()) {
      found.push_back(std::move(pattern));
    } else {
      same->second.skeletons = std::move(pattern.skeletons);
    }
  }
  for (auto& [id, pattern] : named) found.push_back(std::move(pattern));
  std::sort(found.begin(), found.end(),
            [](const LogPattern& a, const LogPattern& b) { return a.id < b.id; });
  return found;
}

std::shared_ptr<const PatternTemplates> LogPatterns::TemplatesOf(std::string_view service) const {
  const std::shared_ptr<const Catalog> catalog = catalog_now_();
  const Service* const found = catalog->FindService(service);
  return found == nullptr ? nullptr : found->log_patterns;
}

std::map<StreamId, std::shared_ptr<const PatternTemplates>> LogPatterns::TemplatesByStream(
    const std::optional<std::string>& service) const {
  std::map<StreamId, std::shared_ptr<const PatternTemplates>> found;
  const std::shared_ptr<const Catalog> catalog = catalog_now_();
  const std::lock_guard lock(mutex_);
  for (const auto& [stream, set] : streams_) {
    if (service && set->name != *service) continue;
    const Service* const of = catalog->FindService(set->name);
    if (of != nullptr && of->log_patterns != nullptr) found.emplace(stream, of->log_patterns);
  }
  return found;
}

std::vector<uint64_t> LogPatterns::SkeletonsOf(uint64_t id, std::optional<std::string> service) {
  std::vector<uint64_t> found;
  for (const std::string& name : service ? std::vector{*service} : Services()) {
    for (const LogPattern& pattern : PatternsOf(name)) {
      if (pattern.id != id) continue;
      found.insert(found.end(), pattern.skeletons.begin(), pattern.skeletons.end());
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace kizashi
