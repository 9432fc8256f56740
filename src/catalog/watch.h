// Holds the catalog in use and reads it anew: the last good one stays while the newest has errors.
//
// Owned by the server. Any thread may call; no I/O happens under the lock. The caller decides when
// to look (Poll every two seconds is cheap) and when to reload (SIGHUP, a change, the page's
// button).
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "catalog/load.h"

namespace kizashi {

/// Immutable.
struct CatalogState {
  std::shared_ptr<const Catalog> catalog;  // the last good one; empty at first; never null
  std::vector<CatalogSource> sources;      // that it was read from, to be kept for replay
  Time loaded{};                           // when it was taken into use
  std::vector<CatalogError> errors;        // of the newest attempt; empty: `catalog` is the newest
  /// Those of the newest good attempt: on-call may change while the catalog does not.
  std::vector<CatalogSource> oncall_sources;
};

class CatalogHolder {
 public:
  /// An empty `directory` means that there is no catalog: nothing is read, everything is unclaimed.
  /// Reads nothing yet: call Reload. `clock` outlives this. `check` as of LoadCatalog.
  CatalogHolder(std::string directory, const Clock* clock, ExpressionCheck check = {});

  /// Reads and checks the directory. True when the catalog in use, the texts of on-call or the
  /// errors changed.
  bool Reload();

  /// True when the directory is not as the last Reload found it. Looks at names, sizes and times of
  /// the files; opens none.
  bool Poll() const;

  /// Never null.
  std::shared_ptr<const CatalogState> Current() const;

 private:
  /// Takes the outcome of one attempt into use unless a later one was faster.
  bool Install(uint64_t attempt, CatalogState next);

  const std::string directory_;
  const Clock* const clock_;
  const ExpressionCheck check_;

  mutable std::mutex mutex_;  // guards all that follows
  std::shared_ptr<const CatalogState> state_;
  std::vector<std::string> extra_;  // see DirectoryRead
  uint64_t stamp_ = 0;              // of the last attempt
  uint64_t attempts_ = 0;
  uint64_t installed_ = 0;  // the attempt that state_ is of
};

}  // namespace kizashi
