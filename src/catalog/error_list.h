// Gathers what is wrong in a catalog, however much it is. One thread.
#pragma once

#include <cstddef>
#include <vector>

#include "catalog/load.h"

namespace kizashi {

/// More errors than this are counted, not kept; the list's last entry then says how many.
inline constexpr size_t kCatalogErrorsMax = 1000;

class ErrorList {
 public:
  void Add(CatalogError error);
  bool empty() const { return errors_.empty(); }

  /// By file, line, column and field, at most kCatalogErrorsMax entries. Leaves the list empty.
  std::vector<CatalogError> Take();

 private:
  void Trim(size_t keep);

  std::vector<CatalogError> errors_;
  size_t dropped_ = 0;
};

}  // namespace kizashi
