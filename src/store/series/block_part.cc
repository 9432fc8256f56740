#include "store/series/block_part.h"

#include <algorithm>
#include <utility>

namespace kizashi {
namespace {

// So many bytes are read at once where most groups will be asked for.
constexpr uint32_t kStretchBytes = 64 << 10;

}  // namespace

const GroupStretch& StretchCache::Keep(GroupStretch stretch) {
  bytes_ += stretch.bytes.size();
  while (bytes_ > bytes_max_ && !stretches_.empty()) {
    const GroupStretch& oldest = stretches_.front();
    oldest.part->Forget(oldest);
    bytes_ -= oldest.bytes.size();
    stretches_.pop_front();
  }
  return stretches_.emplace_back(std::move(stretch));
}

Status BlockPart::LoadShape() {
  if (shape_) return OkStatus();
  KZ_ASSIGN_OR_RETURN(shape_, shapes_->Get(block_, *contents_, chunk_));
  return OkStatus();
}

StatusOr<ColumnSetPtr> BlockPart::Columns() {
  KZ_RETURN_IF_ERROR(LoadShape());
  return shape_->shape.columns;
}

void BlockPart::Forget(const GroupStretch& stretch) { std::erase(loaded_, &stretch); }

const GroupStretch* BlockPart::Find(uint32_t group) const {
  for (auto at = loaded_.rbegin(); at != loaded_.rend(); ++at) {
    if (group >= (*at)->first && group < (*at)->end) return *at;
  }
  return nullptr;
}

StatusOr<const GroupStretch*> BlockPart::Load(uint32_t group) {
  const std::vector<uint32_t>& ends = shape_->group_ends;
  const uint32_t begin = group == 0 ? 0 : ends[group - 1];
  GroupStretch stretch;
  stretch.part = this;
  stretch.first = group;
  stretch.end = group + 1;
  if (expected_ * 4 >= ends.size()) {
    while (stretch.end < ends.size() && ends[stretch.end] - begin <= kStretchBytes &&
           Find(stretch.end) == nullptr) {
      ++stretch.end;
    }
  }
  KZ_ASSIGN_OR_RETURN(stretch.bytes,
                      block_->ReadGroups(entry(), *shape_, stretch.first, stretch.end));
  loaded_.push_back(&stretches_->Keep(std::move(stretch)));
  return loaded_.back();
}

StatusOr<std::string_view> BlockPart::Group(uint32_t group) {
  const GroupStretch* stretch = Find(group);
  if (stretch == nullptr) {
    KZ_ASSIGN_OR_RETURN(stretch, Load(group));
  }
  const std::vector<uint32_t>& ends = shape_->group_ends;
  const uint32_t first = stretch->first == 0 ? 0 : ends[stretch->first - 1];
  const uint32_t begin = group == 0 ? 0 : ends[group - 1];
  return std::string_view(stretch->bytes).substr(begin - first, ends[group] - begin);
}

Status BlockPart::Read(uint32_t place, int64_t from_ms, int64_t to_ms, SampleColumns* out) {
  KZ_RETURN_IF_ERROR(LoadShape());
  // The directory says by a hash which series a chunk has; damage may have made it lie.
  if (place >= shape_->shape.columns->ids->size()) {
    return DataLoss("{}: a chunk has fewer series than it says", block_->path());
  }
  KZ_ASSIGN_OR_RETURN(const std::string_view group, Group(place / kGroupColumns));
  if (ReadColumn(shape_->shape, group, place, from_ms, to_ms, out)) return OkStatus();
  return DataLoss("{}: the values of a series cannot be decoded", block_->path());
}

}  // namespace kizashi
