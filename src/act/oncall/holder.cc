#include "act/oncall/holder.h"

#include "act/oncall/reader.h"

namespace kizashi::oncall {

OnCallHolder::State OnCallHolder::Current() {
  const std::shared_ptr<const CatalogState> catalog = catalog_->Current();
  const uint64_t edits_version = edits_ == nullptr ? 0 : edits_->version();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (catalog == read_ && edits_version == edits_version_) return state_;
  if (catalog != read_) {
    PlanLoad load = ReadPlan(catalog->oncall_sources, *catalog->catalog);
    state_.errors = std::move(load.errors);
    if (state_.errors.empty()) plan_ = std::move(load.plan);
    state_.catalog = catalog->catalog;
    read_ = catalog;
  }
  const std::vector<Edit> edits = edits_ == nullptr ? std::vector<Edit>() : edits_->List();
  state_.oncall = std::make_shared<const OnCall>(plan_, edits);
  edits_version_ = edits_version;
  return state_;
}

Lookup OnCallHolder::Asking() {
  return {
      [this](std::string_view schedule, Time at) -> std::optional<std::string> {
        auto duty = Current().oncall->At(schedule, at);
        return duty ? std::optional<std::string>(std::move(duty->person)) : std::nullopt;
      },
      [this](std::string_view person, Time at) { return Current().oncall->IsAway(person, at); }};
}

}  // namespace kizashi::oncall
