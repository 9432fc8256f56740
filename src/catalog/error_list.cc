#include "catalog/error_list.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace kizashi {
namespace {

bool Before(const CatalogError& a, const CatalogError& b) {
  return std::tie(a.file, a.line, a.column, a.field, a.found, a.expected) <
         std::tie(b.file, b.line, b.column, b.field, b.found, b.expected);
}

}  // namespace

void ErrorList::Add(CatalogError error) {
  errors_.push_back(std::move(error));
  if (errors_.size() >= 4 * kCatalogErrorsMax) Trim(kCatalogErrorsMax);
}

void ErrorList::Trim(size_t keep) {
  if (errors_.size() <= keep) return;
  std::nth_element(errors_.begin(), errors_.begin() + static_cast<ptrdiff_t>(keep), errors_.end(),
                   Before);
  dropped_ += errors_.size() - keep;
  errors_.resize(keep);
}

std::vector<CatalogError> ErrorList::Take() {
  // One place is for the entry that tells of the rest.
  if (dropped_ + errors_.size() > kCatalogErrorsMax) Trim(kCatalogErrorsMax - 1);
  std::sort(errors_.begin(), errors_.end(), Before);
  if (const size_t dropped = std::exchange(dropped_, 0); dropped > 0) {
    CatalogError rest;
    rest.found = fmt::format("{} more errors", dropped);
    rest.expected = "the ones above to be mended first";
    errors_.push_back(std::move(rest));
  }
  return std::exchange(errors_, {});
}

}  // namespace kizashi
