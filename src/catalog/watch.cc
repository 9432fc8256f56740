#include "catalog/watch.h"

#include <utility>

#include "base/check.h"
#include "catalog/directory.h"

namespace kizashi {

CatalogHolder::CatalogHolder(std::string directory, const Clock* clock, ExpressionCheck check)
    : directory_(std::move(directory)), clock_(clock), check_(std::move(check)) {
  CatalogLoad empty = LoadCatalog({});
  KZ_CHECK(empty.catalog != nullptr, "an empty catalog has no errors");
  auto state = std::make_shared<CatalogState>();
  state->catalog = std::move(empty.catalog);
  state->loaded = clock_->Now();
  state_ = std::move(state);
}

bool CatalogHolder::Reload() {
  if (directory_.empty()) return false;
  uint64_t attempt = 0;
  std::vector<std::string> extra;
  {
    const std::lock_guard lock(mutex_);
    attempt = ++attempts_;
    extra = extra_;
  }
  // The stamp is taken first: what changes while the files are read shows in the next Poll.
  uint64_t stamp = DirectoryStamp(directory_, extra);
  auto read = ReadDirectory(directory_);
  CatalogState next;
  if (read.ok()) {
    if (read->extra != extra) {
      extra = std::move(read->extra);
      stamp = DirectoryStamp(directory_, extra);
    }
    CatalogLoad load = LoadCatalog(read->sources, check_);
    next.catalog = std::move(load.catalog);
    next.errors = std::move(load.errors);
    if (next.catalog != nullptr) {
      next.oncall_sources = OnCallSources(read->sources);
      next.sources = std::move(read->sources);
    }
  } else {
    next.errors.push_back({directory_, 0, 0, "", std::string(Message(read.status())),
                           "a directory of YAML files that can be read"});
  }
  next.loaded = clock_->Now();
  {
    const std::lock_guard lock(mutex_);
    stamp_ = stamp;
    extra_ = std::move(extra);
  }
  return Install(attempt, std::move(next));
}

bool CatalogHolder::Install(uint64_t attempt, CatalogState next) {
  const std::lock_guard lock(mutex_);
  if (attempt < installed_) return false;
  installed_ = attempt;
  const bool same_catalog =
      next.catalog == nullptr || next.catalog->version() == state_->catalog->version();
  if (next.catalog == nullptr) next.oncall_sources = state_->oncall_sources;
  const bool changed = !same_catalog || next.errors != state_->errors ||
                       next.oncall_sources != state_->oncall_sources;
  if (same_catalog) {
    next.catalog = state_->catalog;
    next.loaded = state_->loaded;
    // The texts stay those that this catalog was made of, also when only a comment changed.
    next.sources = state_->sources;
  }
  if (changed) state_ = std::make_shared<const CatalogState>(std::move(next));
  return changed;
}

bool CatalogHolder::Poll() const {
  if (directory_.empty()) return false;
  std::vector<std::string> extra;
  uint64_t stamp = 0;
  {
    const std::lock_guard lock(mutex_);
    extra = extra_;
    stamp = stamp_;
  }
  return DirectoryStamp(directory_, extra) != stamp;
}

std::shared_ptr<const CatalogState> CatalogHolder::Current() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace kizashi
